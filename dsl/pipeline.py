"""A checked pipeline: its players, and what one step of training computes, each value once.

A step is a list of values in an order in which each comes after those it is made of; a value names
others by their place in that list. Equal expressions are one value, so what two goals share is
computed once. All values of a step see the players as they were when the step began.
"""

from dataclasses import field
from typing import Literal

from autodesign.dsl.formula import Metric
from autodesign.dsl.record import record
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Data, FieldType, Network, Shape, Start, Step

Index = int
"""The place of a value in `Pipeline.values`."""

NUMBER = FieldType("number")
"""The type of one number for the whole batch, as a loss is."""

PLAYER = FieldType("player")
"""The type of a player, and of a player some optimiser steps later."""


@record
class Player:
    """A module with weights and an optimiser of its own.

    `body` is a chain of layers, a network, or a detector (a call of kind "detector"). `sources` are
    the shapes it is applied to, without the batch dimension; `shape` is what it gives (None for a
    detector, which gives losses or detections). `optimizer` is None where the job's serves.
    """

    name: str
    body: tuple[Step, ...] | Network | Call
    sources: tuple[Shape, ...]
    shape: Shape | None
    optimizer: Call | None
    span: Span = field(compare=False, repr=False)
    doc: str = ""


@record
class Draw:
    """A batch of examples from `data`: the fields `fields` under the names `names`."""

    names: tuple[str, ...]
    data: Data
    fields: tuple[str, ...]
    span: Span = field(compare=False, repr=False)


# --- the values of a step -------------------------------------------------------------------------


@record
class Drawn:
    """One field of the batch of a draw"""

    draw: int
    field: str


@record
class Placed:
    """What a call of kind "placement" gives: drawn at random, for each example of the draw `on`.

    `inputs` are values of kind Drawn, by the parameter that takes them. Nothing is differentiated
    through it.
    """

    call: Call
    inputs: tuple[tuple[str, Index], ...]


@record
class Fixed:
    """A number"""

    value: float


@record
class Playing:
    """A player itself: `players[player]`"""

    player: int


@record
class After:
    """`P after OPT for k on L`: player `player` (a value) `steps` optimiser steps on `loss` later.

    `rate` is the optimiser's `lr` where that is a value of the step and not a number. A function of
    all that `loss` depends on, and differentiated as one. `lean`: with less memory and more time.
    """

    player: Index
    optimizer: Call
    rate: Index | None
    steps: int
    loss: Index
    lean: bool = False


@record
class Applied:
    """A player (a value) applied to values"""

    player: Index
    inputs: tuple[Index, ...]


@record
class Operation:
    """A call of kind "operation", "loss" or "metric"; `inputs` by the parameter that takes them.

    Among the inputs may be players. What is not an input is in `call.args`. `definition` is that of
    a metric written in the language, whose inputs are then in its order.
    """

    call: Call
    inputs: tuple[tuple[str, Index], ...]
    definition: Metric | None = None


@record
class History:
    """`history(v, n)`: with chance one half each example of `value` is kept among the last `size`
    and one of those is given in its place. Carries no gradient."""

    value: Index
    size: int


@record
class GradientOf:
    """`gradient(L, v)`: the derivative of a number by a value, as a constant"""

    of: Index
    by: Index


@record
class Combined:
    """`op` is one of + - * / ^, or "minus" and then `right` is None"""

    op: str
    left: Index
    right: Index | None


Made = (
    Drawn | Placed | Fixed | Playing | After | Applied | Operation | History | GradientOf | Combined
)


def inputs(made: Made) -> tuple[Index, ...]:
    """The values that one is made of."""
    match made:
        case Applied(player=player, inputs=given):
            return (player, *given)
        case Operation(inputs=named) | Placed(inputs=named):
            return tuple(index for _, index in named)
        case After(player=player, rate=rate, loss=loss):
            return (player, loss) if rate is None else (player, rate, loss)
        case History(value=value):
            return (value,)
        case GradientOf(of=of, by=by):
            return (of, by)
        case Combined(left=left, right=right):
            return (left,) if right is None else (left, right)
        case Drawn() | Fixed() | Playing():
            return ()


@record
class StepValue:
    """A value of a step.

    `players` are those that it depends on, by their places in `Pipeline.players`: a derivative by
    their weights is not zero for a reason of structure. `involves` are all that have to exist for
    it to be computed, those among them that it carries no gradient to included.
    """

    made: Made
    type: FieldType
    players: frozenset[int]
    involves: frozenset[int]
    text: str
    span: Span = field(compare=False, repr=False)


# --- what is optimised ----------------------------------------------------------------------------


@record
class Objective:
    """A summand of a goal, its factor and sign included"""

    value: Index
    text: str


@record
class PlayerGoal:
    """`goal A, B minimize T1 + T2 ...`, every `every` steps: the players by their places.

    A goal to maximise is stored as its negative: all are minimised.
    """

    players: tuple[int, ...]
    terms: tuple[Objective, ...]
    every: int
    span: Span = field(compare=False, repr=False)


@record
class Phase:
    """`pretrain A, B for n epochs`, `joint for n epochs`.

    Only goals of its players are pursued, and of these only terms that involve no other player.
    """

    players: frozenset[int]
    length: int
    unit: Literal["epochs", "steps"]
    joint: bool


@record
class Pipeline:
    """A pipeline with its data bound.

    `outputs` are (name, value) pairs: what it makes when it is asked for examples
    (`output image = y'`). `lets` are (name, value) pairs, for reports and messages.
    """

    name: str
    draws: tuple[Draw, ...]
    players: tuple[Player, ...]
    values: tuple[StepValue, ...]
    lets: tuple[tuple[str, Index], ...]
    goals: tuple[PlayerGoal, ...]
    phases: tuple[Phase, ...]
    outputs: tuple[tuple[str, Index], ...]
    span: Span = field(compare=False, repr=False)
    doc: str = ""


@record
class ValueReport:
    """A reported value of a step and the text under which it is shown; `greater`: more is better.

    A metric is computed on what is gathered over the whole split, any other number is a mean over
    its batches.
    """

    text: str
    value: Index
    greater: bool


@record
class PipelineJob:
    """A checked `train` job of a pipeline.

    `optimizer` serves the players that name none. An epoch is one pass through the data of the
    first draw; the others are shuffled anew as often as they run out. `keep` is None where the last
    weights are kept. `makers` are the jobs that make examples which its data hold (`Made`),
    `starts` the weights that players start from.
    """

    name: str
    pipeline: Pipeline
    optimizer: Call | None
    schedule: Call | None
    batch: int
    reports: tuple[ValueReport, ...]
    keep: ValueReport | None
    clip: float | None
    seed: int
    span: Span = field(compare=False, repr=False)
    doc: str = ""
    makers: "tuple[PipelineJob, ...]" = ()
    starts: tuple[Start, ...] = ()
