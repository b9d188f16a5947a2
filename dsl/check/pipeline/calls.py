"""Calls in a pipeline: players applied, operations, losses and metrics, `history`, `gradient`."""

from collections.abc import Callable

from autodesign.dsl.check.arguments import match
from autodesign.dsl.check.measures import Given, definition_of, is_tensor, measured
from autodesign.dsl.check.pipeline.counts import count
from autodesign.dsl.check.pipeline.kinds import FLOATS, PLAYERS, described
from autodesign.dsl.check.pipeline.operations import operation
from autodesign.dsl.check.pipeline.players import actor_of, apply
from autodesign.dsl.check.pipeline.read import APPLIED, named, not_a_value, number_of, read, unknown
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.pipeline import NUMBER, Applied, Fixed, GradientOf, History, Index, Operation
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.spec import FieldType
from autodesign.dsl.syntax import ast

MOST_KEPT = 1_000_000
"""Examples that a history keeps"""
MOST_STARTS = 100
"""Values that derivatives are looked for by, and players that are unrolled"""


def call(at: Reading, expr: ast.Call) -> Index:
    """What a call gives. Reports and raises Refused."""
    name = expr.function
    if not isinstance(name, ast.Name):
        at.refuse(
            "AD514",
            "what is applied is written by its name",
            name.span,
            "this is no name",
            help="layers are applied as players: `player N = Linear(10)`, then `N(x)`",
        )
    player = named(at, name)
    if player is not None:
        return _apply(at, expr, name, player)
    if name.id in at.env.locals:
        at.refuse(
            "AD514",
            f"the parameter `{name.id}` is not applied itself",
            name.span,
            "a player, operation or loss is needed here",
            help=f"declare a player of it, `player N = {name.id}`, and apply that",
        )
    if name.id in _BUILT_IN:
        return _BUILT_IN[name.id](at, expr)
    entry = at.env.scope.find(name.id)
    if entry is None:
        unknown(at, name, "an operation, loss, metric or player", APPLIED)
    if entry.kind == "operation":
        return operation(at, expr, entry, read)
    if entry.kind in ("loss", "metric"):
        return _measure(at, expr, entry)
    not_a_value(at, name, entry.kind)


def _apply(at: Reading, expr: ast.Call, name: ast.Name, player: Index) -> Index:
    type = at.type(player)
    if type.kind not in PLAYERS:
        at.refuse(
            "AD514",
            f"`{name.id}` is {described(type)}, and only players are applied",
            name.span,
            "applied here",
            help="name a player, an operation or a loss",
        )
    if type.kind == "detector":
        at.refuse(
            "AD514",
            f"`{name.id}` is a detector, which is not applied like a layer",
            name.span,
            "applied here",
            help=f"write `detections({name.id}, x)` for the boxes it finds,"
            f" `detection({name.id}, x, boxes)` for its loss",
        )
    if expr.keywords:
        at.refuse(
            "AD514",
            f"`{name.id}` is a player: what it is applied to has no names",
            expr.keywords[0].span,
            "named here",
            help="leave the name out",
        )
    inputs = tuple(_source(at, name, arg) for arg in expr.args)
    sources = tuple(at.type(index).shape for index in inputs)
    shape = apply(at, actor_of(at, player), sources, expr.span)
    assert shape is not None
    result = FieldType("scores", shape) if inputs or shape else NUMBER
    return at.add(Applied(player, inputs), result, expr)


def _source(at: Reading, name: ast.Name, arg: ast.Expr) -> Index:
    index = read(at, arg)
    type = at.type(index)
    if type.kind not in FLOATS:
        at.refuse(
            "AD514",
            f"`{name.id}` takes numbers for each example, such as an image",
            arg.span,
            f"this is {described(type)}",
            help="apply it to what is drawn, or to what a player gives",
        )
    return index


def _measure(at: Reading, expr: ast.Call, entry: Entry) -> Index:
    declaration = entry.declaration
    assert isinstance(declaration, ast.ExternDeclaration | ast.MetricDeclaration)
    definition = definition_of(at.program, entry)
    tensors = [param for param in declaration.params if is_tensor(param)]
    written = match(at.program, entry, declaration.params, expr, {})
    indices = [_tensor(at, entry, written[param.name.id][0]) for param in tensors]
    given = [
        Given(type.kind, type.shape, type.classes, at.value(index).text, span)
        for param, index in zip(tensors, indices, strict=True)
        for type, span in [(at.type(index), written[param.name.id][0].span)]
    ]
    rest = measured(at.program, at.env, entry, expr, tensors, written, given)
    names = [param.name.id for param in tensors]
    inputs = tuple(zip(names, indices, strict=True))
    return at.add(Operation(rest, inputs, definition), NUMBER, expr)


def _tensor(at: Reading, entry: Entry, arg: ast.Expr) -> Index:
    index = read(at, arg)
    type = at.type(index)
    if type == NUMBER or type.kind in PLAYERS:
        at.refuse(
            "AD516",
            f"{entry.declaration.name.id} is computed from values for each example",
            arg.span,
            f"this is {described(type)}",
            help="give it what a player puts out, and what is drawn",
        )
    return index


def _history(at: Reading, expr: ast.Call) -> Index:
    value, size = _two(at, expr, "history(v, n)", "a value and how many examples of it are kept")
    index = read(at, value)
    type = at.type(index)
    if type == NUMBER or type.kind in PLAYERS:
        at.refuse(
            "AD517",
            "a history keeps examples",
            value.span,
            f"this is {described(type)}",
            help="keep what a player puts out, as in `history(G(x), 50)`",
        )
    kept = count(at, size, "the number of examples that a history keeps", MOST_KEPT)
    return at.add(History(index, kept), type, expr)


def _gradient(at: Reading, expr: ast.Call) -> Index:
    of, by = _two(at, expr, "gradient(L, v)", "a number and the value that it is derived by")
    loss = number_of(at, of, "what is derived")
    index = read(at, by)
    type = at.type(index)
    if type.kind not in FLOATS and type != NUMBER:
        at.refuse(
            "AD515",
            "a gradient is taken by a value made of numbers",
            by.span,
            f"this is {described(type)}",
            help="the gradient by a player's weights is what its `goal` follows",
        )
    check_starts(at, expr)
    if isinstance(at.value(index).made, Fixed) or not at.values.reaches(index, loss):
        at.refuse(
            "AD515",
            f"`{at.value(loss).text}` does not depend on `{at.value(index).text}`",
            by.span,
            "its gradient by this would be 0",
            help="derive by a value that it is computed from; nothing passes through a history, a"
            " gradient or a metric",
        )
    return at.add(GradientOf(loss, index), type, expr)


def check_starts(at: Reading, expr: ast.Expr) -> None:
    """Refuses one gradient or unrolled player too many."""
    if at.values.starts >= MOST_STARTS:
        at.refuse(
            "AD529",
            f"a pipeline has at most {MOST_STARTS} gradients and unrolled players",
            expr.span,
            "one too many",
            help="spread them over several pipelines",
        )


def _two(at: Reading, expr: ast.Call, form: str, wanted: str) -> tuple[ast.Expr, ast.Expr]:
    if len(expr.args) != 2 or expr.keywords:
        at.refuse(
            "AD514",
            f"`{form.split('(')[0]}` takes {wanted}",
            expr.span,
            "written otherwise here",
            help=f"write `{form}`",
        )
    return expr.args[0], expr.args[1]


_BUILT_IN: dict[str, Callable[[Reading, ast.Call], Index]] = {
    "history": _history,
    "gradient": _gradient,
}
