"""Metrics and losses applied to outputs and fields: do the types go together?"""

from collections.abc import Mapping

from autodesign.dsl.check.arguments import bind, match
from autodesign.dsl.check.misfit import place, refused
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.formula import Metric
from autodesign.dsl.library import Misfit
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, FieldType, FieldValue, Measure, OutputValue, Shape
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr

TENSORS = frozenset({"scores", "label", "flag", "real", "point", "box", "tensor"})
WHOLE = frozenset({"boxes", "detections"})
"""Types that need no dimensions: a list of boxes for each image."""


@record
class Given:
    """What stands as a tensor argument: its kind, the shape of one example."""

    kind: str
    shape: Shape
    classes: int | None
    text: str
    span: Span


def is_tensor(param: ast.Param) -> bool:
    """Whether a parameter of a metric or loss takes a tensor: `scores[n, k]`, but not `real`."""
    names = param.type.names if param.type else ()
    return any(name.name in WHOLE or (name.name in TENSORS and name.dims) for name in names)


def check_measure(
    program: Program,
    env: Env,
    entry: Entry,
    call: ast.Call,
    outputs: Mapping[str, Shape],
    fields: Mapping[str, FieldType] | None,
) -> Measure:
    """A metric or loss with its tensors and other arguments. Reports and raises Refused."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.ExternDeclaration | ast.MetricDeclaration)
    definition = definition_of(program, entry)
    tensors = [param for param in declaration.params if is_tensor(param)]
    written = match(program, entry, declaration.params, call, {})
    exprs = [written[param.name.id][0] for param in tensors]
    terms = [_term(program, expr, outputs, fields, entry) for expr in exprs]
    given = [
        _given(term, expr.span, outputs, fields) for term, expr in zip(terms, exprs, strict=True)
    ]
    rest = measured(program, env, entry, call, tensors, written, given)
    return Measure(rest, tuple(terms), call.span, definition)


def measured(
    program: Program,
    env: Env,
    entry: Entry,
    call: ast.Call,
    tensors: list[ast.Param],
    written: Mapping[str, list[ast.Expr]],
    given: list[Given],
) -> Call:
    """The call of a metric or loss with its arguments that are no tensors, which are `given`.

    Reports and raises Refused where they do not go together.
    """
    dims: dict[str, tuple[int | None, Given]] = {}
    for param, value in zip(tensors, given, strict=True):
        if value.kind != "unknown":
            _fit(program, entry, param, value, dims)
    rest = arguments(program, env, entry, call, tensors, written)
    if entry.kind == "loss":
        _agree(program, rest, given, written)
    return rest


def _agree(
    program: Program, loss: Call, given: list[Given], written: Mapping[str, list[ast.Expr]]
) -> None:
    """Refuses a loss of tensors whose shapes do not go together, or with its arguments."""
    shapes = tuple(None if one.kind == "unknown" else one.shape for one in given)
    try:
        program.library.loss(loss.module, loss.name, shapes, loss.args)
    except Misfit as misfit:
        at = place(misfit, written, loss.span)
        raise refused(program, misfit, loss.name, at, "", "AD704") from None


def definition_of(program: Program, entry: Entry) -> Metric | None:
    """The definition of a metric written in the language; None for what Python supplies."""
    if not isinstance(entry.declaration, ast.MetricDeclaration):
        return None
    metric = program.metric(entry)
    if metric is None:
        raise Refused()
    return metric


def arguments(
    program: Program,
    env: Env,
    entry: Entry,
    call: ast.Call,
    tensors: list[ast.Param],
    written: Mapping[str, list[ast.Expr]],
) -> Call:
    """The call with its arguments that are no tensors."""
    names = {param.name.id for param in tensors}
    keywords = tuple(
        ast.Keyword(exprs[0].span, ast.Name(exprs[0].span, name), exprs[0])
        for name, exprs in written.items()
        if name not in names
    )
    bare = ast.Call(call.span, call.function, (), keywords)
    bound = bind(program, env, entry, bare, dict.fromkeys(names))
    args = {name: value for name, value in bound.args.items() if name not in names}
    return Call(bound.kind, bound.name, bound.module, args, call.span)


def _term(
    program: Program,
    expr: ast.Expr,
    outputs: Mapping[str, Shape],
    fields: Mapping[str, FieldType] | None,
    entry: Entry,
) -> OutputValue | FieldValue:
    if isinstance(expr, ast.Name):
        if expr.id in outputs:
            return OutputValue(expr.id)
        if fields is None or expr.id in fields:
            return FieldValue(expr.id)
    choices = [*outputs, *(fields or ())]
    program.problems.error(
        "AD703",
        f"{entry.declaration.name.id} is applied to outputs and fields, not to"
        f" `{print_expr(expr)}`",
        expr.span,
        "neither an output of the network nor a field of the data",
        help=_guess(expr, choices) or f"choose among {', '.join(choices)}",
    )
    raise Refused()


def _given(
    term: OutputValue | FieldValue,
    span: Span,
    outputs: Mapping[str, Shape],
    fields: Mapping[str, FieldType] | None,
) -> Given:
    if isinstance(term, OutputValue):
        return Given("scores", outputs[term.name], None, term.name, span)
    if fields is None:
        return Given("unknown", (), None, term.name, span)
    field = fields[term.name]
    return Given(field.kind, field.shape, field.classes, term.name, span)


def _guess(expr: ast.Expr, choices: list[str]) -> str:
    return did_you_mean(expr.id, choices) if isinstance(expr, ast.Name) else ""


def _fit(
    program: Program,
    entry: Entry,
    param: ast.Param,
    given: Given,
    dims: dict[str, tuple[int | None, Given]],
) -> None:
    """Refuses a value that fits none of the parameter's alternatives; binds its dimensions."""
    assert param.type is not None
    trials = [_trial(name, given, dims) for name in param.type.names]
    for trial in trials:
        if isinstance(trial, dict):
            dims.update(trial)
            return
    clash = next((t for t in trials if isinstance(t, tuple)), None)
    wanted = " or ".join(_type_text(name) for name in param.type.names)
    if clash is not None:
        size, mine, other = clash
        program.problems.error(
            "AD713",
            f"`{given.text}` is for {mine} classes, and `{other.text}` for {size}",
            given.span,
            f"{entry.declaration.name.id} needs the same number of classes in both",
            related=[Label(other.span, "the other one")],
            help="change the width of the network's last layer, or the data",
        )
    else:
        program.problems.error(
            "AD704",
            f"`{param.name.id}` of {entry.declaration.name.id} takes {wanted}",
            given.span,
            f"`{given.text}` is {_kind_text(given)}",
            help=f"give it a value of the type {wanted}",
        )
    raise Refused()


Trial = dict[str, tuple[int | None, Given]] | tuple[int, int, Given] | None


def _trial(name: ast.TypeName, given: Given, dims: Mapping[str, tuple[int | None, Given]]) -> Trial:
    """The dimensions a type binds; a clash (theirs, mine, other) of classes; None if unfit.

    Where one score for each example is taken, an output of two scores stands for their difference.
    """
    kinds = {"flag": ("flag", "label"), "real": ("real", "scores"), "tensor": ("*",)}
    allowed = kinds.get(name.name, (name.name,))
    if name.name != "tensor" and given.kind not in allowed:
        return None
    if name.name == "flag" and given.kind == "label" and given.classes not in (None, 2):
        return None
    if name.name == "tensor":
        return {}
    if name.name in WHOLE:
        return {}
    sizes = name.dims[1:]
    squeezed = given.shape in ((1,), (2,)) and not sizes and given.kind == "scores"
    if len(sizes) != len(given.shape) and not squeezed:
        return None
    bound: dict[str, tuple[int | None, Given]] = {}
    for dim, size in zip(sizes, given.shape, strict=False):
        if isinstance(dim, ast.Number) and dim.value != size:
            return None
        if isinstance(dim, ast.Name):
            known = dims.get(dim.id)
            if known is not None and known[0] not in (None, size):
                return (known[0] or 0, size, known[1])
            bound[dim.id] = (size, given)
    if name.name == "label" and given.classes is not None:
        known = dims.get("k")
        if known is not None and known[0] not in (None, given.classes):
            return (known[0] or 0, given.classes, known[1])
    return bound


def _type_text(name: ast.TypeName) -> str:
    dims = ", ".join(print_expr(dim) for dim in name.dims)
    return f"{name.name}[{dims}]" if dims else name.name


def _kind_text(given: Given) -> str:
    if given.kind == "label":
        return f"a label of {given.classes or 'unknown'} classes"
    shape = (
        f" of shape {list(given.shape)} for each example" if given.shape else " for each example"
    )
    noun = {"scores": "scores", "image": "an image", "vector": "a vector"}.get(
        given.kind, given.kind
    )
    return noun + shape


def number(program: Program, env: Env, expr: ast.Expr) -> float:
    """The value of a param or number in a goal. Reports and raises Refused."""
    value = evaluate(program, env, expr)
    if isinstance(value, bool) or not isinstance(value, int | float):
        program.problems.error(
            "AD224",
            "a goal is made of numbers",
            expr.span,
            "this is something else",
            help="use a number here",
        )
        raise Refused()
    return float(value)
