"""What a metric takes: tensors with kinds and named dimensions."""

from dataclasses import replace
from typing import cast, get_args

from autodesign.dsl import formula as f
from autodesign.dsl.check.metric.reading import Reading
from autodesign.dsl.check.metric.values import Num, Point, Single, Tru, Vec
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

KINDS: tuple[str, ...] = get_args(f.Kind)


def is_tensor(param: ast.Param) -> bool:
    """Whether a parameter is a tensor: it has dimensions, or a kind that always has them."""
    names = param.type.names if param.type else ()
    return any(
        bool(name.dims) or name.name in ("scores", "label", "flag", "point") for name in names
    )


def read_inputs(at: Reading, declaration: ast.MetricDeclaration) -> tuple[f.Input, ...]:
    """The inputs in order; binds their names and dimensions. Reports and raises Refused."""
    tensors = [param for param in declaration.params if is_tensor(param)]
    found = [_input(at, param) for param in tensors]
    scores = [one for one in found if one.kind == "scores"]
    if not scores:
        at.refuse(
            "AD416",
            f"the metric `{declaration.name.id}` takes no scores",
            declaration.name.span,
            "nothing a network could put out",
            help="write a parameter such as `s: scores[n, k]`",
        )
    for one in found:
        at.dims.update({dim: dim for dim in one.dims})
    labelled = [replace(one, classes=_classes(one, scores)) for one in found]
    for one in labelled:
        at.values[one.name] = vector(one)
    return tuple(labelled)


def _classes(one: f.Input, scores: list[f.Input]) -> str | None:
    """The dimension that a label indexes: the one that the scores have beyond its own."""
    if one.kind != "label":
        return None
    for other in scores:
        beyond = [dim for dim in other.dims if dim not in one.dims]
        if len(beyond) == 1:
            return beyond[0]
    return None


def _input(at: Reading, param: ast.Param) -> f.Input:
    assert param.type is not None
    type_ = param.type.names[0]
    if type_.name not in KINDS or len(param.type.names) > 1 or type_.of is not None:
        at.refuse(
            "AD402",
            f"a metric takes no `{type_.name}`",
            param.type.span,
            "not known here",
            help=did_you_mean(type_.name, KINDS) or f"its tensors are {', '.join(KINDS)}",
        )
    dims = [dim.id for dim in type_.dims if isinstance(dim, ast.Name)]
    if len(dims) < len(type_.dims) or not dims:
        at.refuse(
            "AD402",
            f"the dimensions of `{param.name.id}` have no names",
            param.type.span,
            "each is a name",
            help=f"write for example `{param.name.id}: {type_.name}[n]`",
        )
    return f.Input(param.name.id, cast(f.Kind, type_.name), tuple(dims))


def vector(one: f.Input) -> Vec:
    """An input with all its dimensions open."""

    def at(indices: tuple[f.Formula, ...], span: Span) -> Single:
        if one.kind == "point":
            places = (f.Entry(one.name, (*indices, f.Number(float(p))), span) for p in (0, 1))
            return Point(*places)
        entry = f.Entry(one.name, indices, span)
        if one.kind == "flag":
            return Tru(entry)
        return Num(entry, one.classes if one.kind == "label" else None)

    return Vec(one.dims, at)
