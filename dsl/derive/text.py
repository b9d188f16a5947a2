"""Metrics as text: a declaration that is checked to an equal metric."""

import re

from autodesign.dsl import formula as f
from autodesign.dsl.derive.print import formula_text, loop_text, number_text
from autodesign.dsl.derive.variables import Fresh, bound, substitute, written
from autodesign.dsl.source import Source
from autodesign.dsl.syntax.format import format_text

HEAD = "ad 1\n\n"


def to_text(metric: f.Metric) -> str:
    """The declaration of a metric, definition or explicit form, in canonical form."""
    doc = "".join(f"## {line}".rstrip() + "\n" for line in metric.doc.splitlines())
    head = f"metric {metric.name}({', '.join(_params(metric))})"
    if metric.families or metric.ideals:
        items = [item for family in metric.families for item in _family(family)]
        items += [f"value {formula_text(metric.value)}", *_ideals(metric)]
        body = "{\n" + "\n".join(items) + "\n}"
    else:
        body = f"= {formula_text(metric.value)}"
    whole = format_text(Source("<metric>", f"{HEAD}{doc}{head} {body}\n"))
    return whole.removeprefix(HEAD)


def _params(metric: f.Metric) -> list[str]:
    tensors = [f"{one.name}: {one.kind}[{', '.join(one.dims)}]" for one in metric.inputs]
    numbers = [
        f"{name}: real" + ("" if default is None else f" = {number_text(default)}")
        for name, default in metric.parameters.items()
    ]
    return tensors + numbers


def _family(family: f.Family) -> tuple[str, str]:
    names = ", ".join(loop.variable for loop in family.loops)
    indices = f"[{names}]" if names else ""
    compare = f"compare {family.compare}{indices} = {formula_text(family.difference)}"
    loops = " ".join(map(loop_text, family.loops))
    return (
        f"{compare} {loops}".rstrip(),
        f"binary {family.binary}{indices} = {family.compare}{indices} > 0",
    )


def _ideals(metric: f.Metric) -> list[str]:
    """Their variables by short names, where reading those gives the names they have."""
    names = Fresh(written(metric))
    lines: list[str] = []
    for ideal in metric.ideals:
        own = [loop.variable for loop in ideal.loops]
        short = [re.sub(r"\d+$", "", name) for name in own]
        captured = bool(bound(ideal.value)) or len(set(short)) < len(own)
        if captured or [names.name(name) for name in short] != own:
            short = own
        names.taken.update(own)
        called = {name: f.Variable(shown) for name, shown in zip(own, short, strict=True)}
        value = formula_text(substitute(_truth(ideal.value), called))
        lines.append(f"ideal {ideal.input}[{', '.join(short)}] = {value}")
    return lines


def _truth(formula: f.Formula) -> f.Formula:
    """A truth counted as 0 or 1 may be written as such where a number is needed."""
    match formula:
        case f.Apply("choose", (condition, f.Number(1.0), f.Number(0.0))):
            return condition
    return formula
