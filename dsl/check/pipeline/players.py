"""Players: their bodies, and the shapes that follow from what they are applied to."""

from dataclasses import dataclass, field, replace
from typing import NoReturn

from autodesign.dsl.check.arguments import bind
from autodesign.dsl.check.chain import KINDS, fit
from autodesign.dsl.check.clauses import declared
from autodesign.dsl.check.misfit import refused
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.check.pipeline.weights import layers
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.library import Misfit
from autodesign.dsl.pipeline import After, Index, Player, Playing
from autodesign.dsl.resolve.scope import unknown
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, FieldType, Nested, Network, Shape, Step
from autodesign.dsl.syntax import ast

MOST_PLAYERS = 200
MOST_SIZES = 16
"""Sizes of what one player is applied to, and so often its layers are fitted."""
Sources = tuple[Shape, ...]


@dataclass(slots=True)
class Actor:
    """A player as it is declared, and what is known of its shapes so far.

    `fitted` holds its layers and the shape they give by what they are applied to, the first
    application first; `detector` its call where it is a detector.
    """

    item: ast.PlayerItem
    place: int
    detector: Call | None
    optimizer: Call | None
    fitted: dict[Sources, tuple[tuple[Step, ...], Shape | None]] = field(default_factory=dict)
    refused: bool = False
    first: Span | None = None

    @property
    def type(self) -> FieldType:
        if self.detector is None:
            return FieldType("player")
        classes = self.detector.args.get("classes")
        return FieldType("detector", (), classes if isinstance(classes, int) else None)


def read_players(at: Reading) -> None:
    """Enters the players; what is wrong with one is reported, and it is left out."""
    if len(at.items.players) > MOST_PLAYERS:
        at.program.problems.error(
            "AD529",
            f"a pipeline has at most {MOST_PLAYERS} players",
            at.items.players[MOST_PLAYERS].name.span,
            "one too many",
            help="make one player of several",
        )
        return
    for item in at.items.players:
        try:
            detector = _detector(at, item.body)
        except Refused:
            continue
        optimizer = None
        if item.optimizer is not None:
            optimizer = declared(at.program, at.env, item.optimizer, "optimizer")
        at.actors.setdefault(item.name.id, Actor(item, len(at.actors), detector, optimizer))


def _detector(at: Reading, body: ast.Expr) -> Call | None:
    """The detector that a body names; None for layers."""
    call = body if isinstance(body, ast.Call) else ast.Call(body.span, body, (), ())
    if not isinstance(call.function, ast.Name):
        return None
    name = call.function
    if name.id in at.env.locals:
        given = at.env.locals[name.id]
        return given if isinstance(given, Call) and given.kind == "detector" else None
    entry = at.env.scope.find(name.id)
    if entry is None and name.id != "repeat":
        kinds = (*KINDS, "detector")
        unknown(at.program.problems, name, at.env.scope, kinds, "a layer, network or detector")
        raise Refused()
    if entry is None or entry.kind != "detector":
        return None
    return bind(at.program, at.env, entry, call)


def actor_of(at: Reading, player: Index) -> Actor:
    """The player that a value is, be it some steps later."""
    made = at.value(player).made
    while isinstance(made, After):
        made = at.value(made.player).made
    assert isinstance(made, Playing)
    return list(at.actors.values())[made.player]


def playing(at: Reading, name: ast.Name) -> Index:
    """The player itself as a value."""
    actor = at.actors[name.id]
    return at.add(Playing(actor.place), actor.type, name)


def apply(at: Reading, actor: Actor, sources: Sources, use: Span) -> Shape | None:
    """The shape that a player gives for sources of these shapes; None for a detector.

    Reports and raises Refused where its layers do not fit, or would be others than at first.
    """
    if actor.refused:
        raise Refused()
    if sources not in actor.fitted:
        if len(actor.fitted) >= MOST_SIZES:
            _refuse_others(at, actor, sources, use, "that is one size too many for one player")
        made = _fit(at, actor, sources, use)
        if actor.fitted:
            known = next(iter(actor.fitted.values()))[0]
            if _arguments(made[0]) != _arguments(known):
                _refuse_others(at, actor, sources, use, "its layers would have other sizes here")
        actor.fitted[sources] = made
        actor.first = actor.first or use
    return actor.fitted[sources][1]


def _fit(
    at: Reading, actor: Actor, sources: Sources, use: Span
) -> tuple[tuple[Step, ...], Shape | None]:
    before = len(at.program.problems.found)
    name = actor.item.name.id
    try:
        if actor.detector is not None:
            _fit_detector(at, actor.detector, sources, use)
            return (), None
        steps, shape = fit(at.program, at.home, actor.item.body, sources)
        _refuse_decisions(at, actor, steps)
        return steps, shape
    except Refused:
        shapes = " and ".join(str(list(shape)) for shape in sources) or "nothing"
        _add_label(at, before, Label(use, f"`{name}` is applied to {shapes} here"))
        actor.refused = actor.refused or not actor.fitted
        raise


def _fit_detector(at: Reading, detector: Call, sources: Sources, use: Span) -> None:
    try:
        (image,) = sources
        at.program.library.detector(detector.module, detector.name, image, detector.args)
    except Misfit as misfit:
        raise refused(at.program, misfit, detector.name, use, "applied here", "AD531") from None


def _add_label(at: Reading, before: int, label: Label) -> None:
    found = at.program.problems.found
    for index in range(before, len(found)):
        found[index] = replace(found[index], related=(*found[index].related, label))


def _arguments(steps: tuple[Step, ...]) -> list[tuple[str, object]]:
    """The layers of a chain with their arguments, those that follow from shapes among them."""
    return [(layer.call.name, layer.call.args) for layer in layers(steps)]


def _refuse_others(at: Reading, actor: Actor, sources: Sources, use: Span, reason: str) -> NoReturn:
    first = next(iter(actor.fitted))
    at.refuse(
        "AD513",
        f"`{actor.item.name.id}` is applied to {_shapes(sources)} here,"
        f" and to {_shapes(first)} elsewhere: {reason}",
        use,
        "other shapes",
        related=(Label(actor.first or use, "applied here first"),),
        help="apply it to values of one shape, or declare a second player",
    )


def _shapes(shapes: Sources) -> str:
    return " and ".join(str(list(shape)) for shape in shapes) or "nothing"


def _refuse_decisions(at: Reading, actor: Actor, steps: tuple[Step, ...]) -> None:
    """Refuses a network that decides: a pipeline follows gradients, and decisions have none."""
    for step in steps:
        if isinstance(step, Nested):
            for node in step.network.nodes:
                if node.kind == "control":
                    at.refuse(
                        "AD528",
                        f"`{step.network.name}` decides by its control node `{node.name}`,"
                        " and a player learns by gradients alone",
                        actor.item.body.span,
                        "a player of this pipeline",
                        help="train it in a job of its own with `by q_learning()`",
                    )
                _refuse_decisions(at, actor, node.steps)


def finished(at: Reading, actor: Actor, whole: bool) -> Player | None:
    """The player with its shapes; None where it is never applied (reported) or refused.

    `whole`: nothing that might apply it was refused.
    """
    item = actor.item
    if not actor.fitted:
        if whole:
            at.program.problems.error(
                "AD501",
                f"the player `{item.name.id}` is never applied",
                item.name.span,
                "its sizes would follow from what it is applied to",
                help=f"apply it, as in `let out = {item.name.id}(x)`, or leave it out",
            )
        return None
    sources, (steps, shape) = next(iter(actor.fitted.items()))
    body: tuple[Step, ...] | Network | Call = steps
    if actor.detector is not None:
        body = actor.detector
    elif len(steps) == 1 and isinstance(steps[0], Nested):
        body = steps[0].network
    return Player(item.name.id, body, sources, shape, actor.optimizer, item.name.span, item.doc)
