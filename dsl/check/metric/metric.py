"""A metric's declaration, read into a `formula.Metric`: definition or explicit form."""

from typing import NoReturn

from autodesign.dsl import formula as f
from autodesign.dsl.check.metric import expressions
from autodesign.dsl.check.metric.explicit import read_families, read_ideals
from autodesign.dsl.check.metric.inputs import is_tensor, read_inputs
from autodesign.dsl.check.metric.reading import Reading, Shared
from autodesign.dsl.check.metric.values import Num, Value, Vec
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.syntax import ast


def check_metric(program: Program, entry: Entry) -> f.Metric | None:
    """The metric, or None where it is refused (and reported)."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.MetricDeclaration)
    at = Reading(program, entry.scope, Shared(trail=[entry]))
    try:
        inputs = read_inputs(at, declaration)
        parameters = _parameters(program, entry, declaration)
        for name in parameters:
            at.values[name] = Num(f.Parameter(name))
        at.lets = _lets(declaration)
        families = read_families(at, declaration)
        value = _value(at, declaration)
        ideals = read_ideals(at, declaration, {one.name: one for one in inputs})
    except Refused:
        return None
    return f.Metric(
        declaration.name.id,
        inputs,
        parameters,
        value,
        families,
        ideals,
        declaration.name.span,
        declaration.doc,
    )


def _parameters(
    program: Program, entry: Entry, declaration: ast.MetricDeclaration
) -> dict[str, float | None]:
    """The numbers a metric takes besides its tensors, with their defaults."""
    found: dict[str, float | None] = {}
    for param in declaration.params:
        if is_tensor(param):
            continue
        value = (
            None if param.default is None else evaluate(program, Env(entry.scope), param.default)
        )
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            program.problems.error(
                "AD402",
                f"the parameter `{param.name.id}` of a metric is a number",
                param.span,
                "this is something else",
                help=f"write for example `{param.name.id}: real = 0.5`",
            )
            raise Refused()
        found[param.name.id] = None if value is None else float(value)
    return found


def _lets(declaration: ast.MetricDeclaration) -> dict[str, ast.LetItem]:
    return {item.name.id: item for item in declaration.items if isinstance(item, ast.LetItem)}


def _value(at: Reading, declaration: ast.MetricDeclaration) -> f.Formula:
    items = [item for item in declaration.items if isinstance(item, ast.ValueItem)]
    if len(items) != 1:
        at.refuse(
            "AD411",
            f"the metric `{declaration.name.id}` has {len(items) or 'no'} values",
            declaration.name.span,
            "a metric is one number",
            help="write one `value ...`",
        )
    return expressions.number(at, items[0].value).formula


def inlined(
    at: Reading, entry: Entry, declaration: ast.MetricDeclaration, call: ast.Call
) -> f.Formula:
    """The value of another metric, called on inputs of this one. Reports and raises Refused."""
    if any(outer is entry for outer in at.shared.trail):
        at.refuse(
            "AD413",
            f"the metric `{declaration.name.id}` calls itself",
            call.span,
            "called here, inside itself",
            related=(Label(declaration.name.span, "declared here"),),
            help="write its value out",
        )
    inside = Reading(at.program, entry.scope, at.shared)
    given = _arguments(at, declaration, call)
    for param in declaration.params:
        if is_tensor(param):
            inside.values[param.name.id] = _tensor(at, inside, param, given, call)
        else:
            inside.values[param.name.id] = _scalar(at, entry, param, given, call)
    inside.lets = _lets(declaration)
    at.shared.trail.append(entry)
    value = _value(inside, declaration)
    at.shared.trail.pop()
    return value


def _arguments(
    at: Reading, declaration: ast.MetricDeclaration, call: ast.Call
) -> dict[str, ast.Expr]:
    names = [param.name.id for param in declaration.params]
    if len(call.args) > len(names) or any(k.name.id not in names for k in call.keywords):
        at.refuse(
            "AD408",
            f"`{declaration.name.id}` takes {', '.join(names)}",
            call.span,
            "given something else",
            related=(Label(declaration.name.span, "declared here"),),
            help="leave out what it does not take",
        )
    given = dict(zip(names, call.args, strict=False))
    return given | {keyword.name.id: keyword.value for keyword in call.keywords}


def _missing(at: Reading, param: ast.Param, call: ast.Call) -> NoReturn:
    at.refuse(
        "AD408",
        f"`{call.span.text.split('(')[0]}` needs `{param.name.id}`",
        call.span,
        "not given here",
        help=f"give it a value for `{param.name.id}`",
    )


def _tensor(
    at: Reading,
    inside: Reading,
    param: ast.Param,
    given: dict[str, ast.Expr],
    call: ast.Call,
) -> Value:
    if param.name.id not in given:
        _missing(at, param, call)
    expr = given[param.name.id]
    value = expressions.read(at, expr)
    assert param.type is not None
    names = [dim.id for dim in param.type.names[0].dims if isinstance(dim, ast.Name)]
    if not isinstance(value, Vec) or len(value.dims) != len(names):
        expressions.wanted(at, expr.span, value, f"an input with {len(names)} open dimensions")
    for own, theirs in zip(names, value.dims, strict=True):
        if inside.dims.setdefault(own, theirs) != theirs:
            at.refuse(
                "AD403",
                f"`{own}` would be both `{inside.dims[own]}` and `{theirs}`",
                expr.span,
                "dimensions that do not go together",
                help="give inputs that range over the same dimensions",
            )
    return value


def _scalar(
    at: Reading,
    entry: Entry,
    param: ast.Param,
    given: dict[str, ast.Expr],
    call: ast.Call,
) -> Value:
    if param.name.id in given:
        return expressions.number(at, given[param.name.id])
    if param.default is None:
        _missing(at, param, call)
    return expressions.number(Reading(at.program, entry.scope, at.shared), param.default)
