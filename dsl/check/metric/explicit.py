"""The explicit form: `compare`, `binary`, and stated ideals."""

from collections.abc import Mapping
from typing import NoReturn

from autodesign.dsl import formula as f
from autodesign.dsl.check.metric import expressions, loops
from autodesign.dsl.check.metric.reading import Bound, Reading
from autodesign.dsl.derive.variables import key
from autodesign.dsl.syntax import ast


def read_families(at: Reading, declaration: ast.MetricDeclaration) -> tuple[f.Family, ...]:
    """The families of comparisons, binaries joined to them; binds their names and variables."""
    items = [item for item in declaration.items if isinstance(item, ast.CompareItem)]
    compares = {_name(at, i).id: i for i in items if i.keyword == "compare"}
    for item in items:
        if item.keyword == "binary":
            family = _family(at, item, compares)
            at.families[family.binary] = family
    for name, item in compares.items():
        if not any(family.compare == name for family in at.families.values()):
            at.refuse(
                "AD410",
                f"the comparison `{name}` has no binary",
                item.span,
                "compared for nothing",
                help=f"write `binary b[...] = {name}[...] > 0`",
            )
    return tuple(at.families.values())


def _name(at: Reading, item: ast.CompareItem | ast.IdealItem) -> ast.Name:
    target = item.target
    if isinstance(target, ast.Index) and isinstance(target.base, ast.Name):
        return target.base
    if isinstance(target, ast.Name):
        return target
    at.refuse(
        "AD410",
        "a name with its variables is needed here",
        target.span,
        "this is something else",
        help="write for example `c[i, j]`",
    )


def _variables(at: Reading, item: ast.CompareItem | ast.IdealItem) -> list[str]:
    indices = item.target.indices if isinstance(item.target, ast.Index) else ()
    names = [index.id for index in indices if isinstance(index, ast.Name)]
    if len(names) < len(indices):
        at.refuse("AD410", "an index here is a variable", item.target.span, help="write `c[i, j]`")
    return names


def _family(
    at: Reading, item: ast.CompareItem, compares: Mapping[str, ast.CompareItem]
) -> f.Family:
    compare = _compared(at, item, compares)
    inner, made = _shared_loops(at, compare)
    written = [loop.variable.id for loop in compare.loops]
    if _variables(at, compare) != written:
        at.refuse(
            "AD410",
            "a comparison is indexed by the variables of its loops, in their order",
            compare.target.span,
            f"its loops run over {', '.join(written)}",
            help=f"write `{_name(at, compare).id}[{', '.join(written)}]`",
        )
    difference = expressions.number(inner, compare.value).formula
    name = _name(at, item).id
    return f.Family(_name(at, compare).id, name, made, difference, compare.span)


def _compared(
    at: Reading, item: ast.CompareItem, compares: Mapping[str, ast.CompareItem]
) -> ast.CompareItem:
    """The comparison behind `binary b[i, j] = c[i, j] > 0`."""
    value = item.value
    if (
        isinstance(value, ast.Binary)
        and value.op == ">"
        and isinstance(value.right, ast.Number)
        and value.right.value == 0
        and isinstance(value.left, ast.Index | ast.Name)
    ):
        base = value.left.base if isinstance(value.left, ast.Index) else value.left
        indices = value.left.indices if isinstance(value.left, ast.Index) else ()
        own = item.target.indices if isinstance(item.target, ast.Index) else ()
        if isinstance(base, ast.Name) and base.id in compares and indices == own:
            return compares[base.id]
    at.refuse(
        "AD410",
        "a binary says that its comparison is above 0",
        item.span,
        "this says something else",
        help="write `binary b[i, j] = c[i, j] > 0`, c being a `compare`",
    )


def _shared_loops(at: Reading, compare: ast.CompareItem) -> tuple[Reading, tuple[f.Loop, ...]]:
    """The loops of a comparison; a prefix that an earlier one has too is the same loops."""
    inner = at
    made: list[f.Loop] = []
    for number, loop in enumerate(compare.loops):
        known = at.domains.get(loop.variable.id)
        same = known and _same_loop(at, inner, loop, made, number)
        if known is not None and same:
            inner = inner.within(loop.variable.id, known)
            made.append(same)
            continue
        if known is not None:
            _other_meaning(at, loop)
        inner, one = loops.enter(inner, (loop,))
        made.extend(one)
        name = one[0].variable
        at.domains[name] = inner.loops[loop.variable.id]
    return inner, tuple(made)


def _other_meaning(at: Reading, loop: ast.Loop) -> NoReturn:
    name = loop.variable.id
    at.refuse(
        "AD410",
        f"`{name}` runs over something else in an earlier comparison",
        loop.span,
        "a second meaning",
        help=f"give the variable another name: `for {name}` alone must have one meaning",
    )


def _same_loop(
    at: Reading, inner: Reading, loop: ast.Loop, made: list[f.Loop], number: int
) -> f.Loop | None:
    """The loop of an earlier family that says the same, after the same loops before it."""
    for family in at.families.values():
        before = family.loops[: number + 1]
        if (
            len(before) == number + 1
            and before[-1].variable == loop.variable.id
            and list(before[:-1]) == made
            and _says_again(inner, loop, before[-1])
        ):
            return before[-1]
    return None


def _says_again(at: Reading, loop: ast.Loop, known: f.Loop) -> bool:
    """Whether a loop says what a known one says; reading it for that takes no names."""
    taken = set(at.shared.variables)
    over: str | tuple[f.Formula, f.Formula] | None = None
    if isinstance(loop.over, ast.Name):
        over = at.dims.get(loop.over.id)
    elif isinstance(loop.over, ast.Range):
        over = loops.ends(at, loop.over)
    place = at.within(known.variable, Bound(known.variable, _dim(known)))
    conditions = tuple(expressions.truth(place, c).formula for c in loop.conditions)
    at.shared.variables = taken
    nothing = f.Number(0.0)
    says, said = (
        key(f.Reduce("sum", nothing, (one,), loop.span), {})
        for one in (f.Loop(known.variable, over, conditions), known)
    )
    return says == said


def _dim(loop: f.Loop) -> str | None:
    return loop.over if isinstance(loop.over, str) else None


def read_ideals(
    at: Reading, declaration: ast.MetricDeclaration, inputs: Mapping[str, f.Input]
) -> tuple[f.Ideal, ...]:
    """Stated ideals: `ideal s[i] = y[i]`, their variables running over the dimensions of `s`."""
    found: list[f.Ideal] = []
    for item in declaration.items:
        if isinstance(item, ast.IdealItem):
            found.append(_ideal(at, item, inputs))
    return tuple(found)


def _ideal(at: Reading, item: ast.IdealItem, inputs: Mapping[str, f.Input]) -> f.Ideal:
    name, variables = _name(at, item), _variables(at, item)
    one = inputs.get(name.id)
    if one is None or one.kind != "scores" or len(one.dims) != len(variables) or item.loops:
        at.refuse(
            "AD410",
            "an ideal gives the scores of a perfect prediction",
            item.target.span,
            "this is something else",
            help="write for example `ideal s[i] = y[i]`, one variable for each dimension",
        )
    made: list[f.Loop] = []
    for variable, dim in zip(variables, one.dims, strict=True):
        bound = Bound(at.fresh(variable), dim)
        at = at.within(variable, bound)
        made.append(f.Loop(bound.variable, dim))
    return f.Ideal(name.id, tuple(made), expressions.number(at, item.value).formula)
