"""A checked growth and a checked search: architectures that grow, and what is sought among them.

An architecture is what its networks are after a sequence of moves (an action with its arguments
chosen). Each move makes a child of a parent: the networks of the child, and how it is trained while
the old gives way to the new (`Fading`). All of it is worked out here and in `check/growth`, without
tensors: a candidate is known, counted and refused before anything is trained.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from autodesign.dsl.record import record
from autodesign.dsl.said import said
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Data, Network, Term, Value

if TYPE_CHECKING:
    from autodesign.dsl.spec import Train

Role = Literal["generator", "discriminator", "network"]

Place = tuple[str, int]
"""A layer: the name of its node and its position among the node's steps."""


# --- the space ------------------------------------------------------------------------------------


@record
class Grown:
    """A network that grows: `generator G { ... }`, `discriminator D { ... }`, `network C { ... }`.

    `head` is the node next to which it grows where an action says no more (`double`): the node that
    gives the output of a generator, the one that reads the input of any other.
    """

    role: Role
    name: str
    network: Network
    head: str


@record
class Insert:
    """New layers before or after node `anchor` of the network `network`: a node of its own."""

    network: str
    calls: tuple[Call, ...]
    where: Literal["before", "after"]
    anchor: str


@record
class Double:
    """Twice the resolution of networks. `blocks` holds, by the network's name, the layers that
    work at the new size, without the resampling; none: a 3x3 `EqualizedConv2d` of the width that
    is there, and a LeakyReLU."""

    blocks: Mapping[str, tuple[Call, ...]]


@record
class Move:
    """An action with its arguments: `grow_G(size=3, filters=64)`.

    `fade` is the part of a candidate's training over which the new path takes over from the old
    one; None: the old one is dropped at once.
    """

    action: str
    args: tuple[tuple[str, Value], ...]
    change: Insert | Double
    fade: float | None

    @property
    def text(self) -> str:
        """As it is written: `grow_G(size=3, filters=64)`, `upscale`."""
        if not self.args:
            return self.action
        return f"{self.action}({', '.join(f'{n}={said(v)}' for n, v in self.args)})"


@record
class Growth:
    """`growth DGGAN { ... }`: its networks as they begin, and all moves there are.

    `parts` are the layers of the library that growing itself puts in, by their names.
    """

    name: str
    networks: tuple[Grown, ...]
    moves: tuple[Move, ...]
    parts: Mapping[str, Call] = field(repr=False)
    span: Span = field(compare=False, repr=False)
    doc: str = ""


# --- an architecture and its children -------------------------------------------------------------


@record
class Architecture:
    """Networks by name, settled: nothing fades. `layers` counts the insertions and doublings of
    each network, `resolution` is the side of the images (0 where there are none)."""

    networks: Mapping[str, Network]
    moves: tuple[Move, ...]
    resolution: int
    layers: Mapping[str, int]
    parameters: Mapping[str, int]


@record
class Child:
    """What a move makes of an architecture.

    `settled` is the child when its training is over. `trained` are the networks that are trained:
    where the move fades, they hold the parent's path beside the new one and `FadeIn` layers that
    mix them, else they are the settled ones. `inherited` says where layers of `trained` come from,
    `kept` where layers of `settled` come from: by network, pairs (layer there, layer it was).
    `widened` are the layers of `trained` that stand for one of the parent and differ from it in the
    width of their input, or work at twice its resolution: pairs as above, and the `inherit` rule
    says what becomes of them. `fade` is the part of the training over which the new path takes
    over; None: `trained` are the settled networks.
    """

    settled: Architecture
    trained: Mapping[str, Network]
    inherited: Mapping[str, tuple[tuple[Place, Place], ...]]
    widened: Mapping[str, tuple[tuple[Place, Place], ...]]
    kept: Mapping[str, tuple[tuple[Place, Place], ...]]
    fade: float | None


# --- the search -----------------------------------------------------------------------------------


@record
class Criterion:
    """What candidates are compared by: a call of kind "criterion", or a term over outputs and
    fields on the validation split (`Accuracy(y, label)`, `cost`).

    A call of kind "criterion" finds `features` among its args: a Call of kind "extractor". `cost`
    and `cost(G)` alone are a `CostOf` whose `nodes` name networks: the multiplications of those of
    a candidate together, for one example (its `value` is that of the first architecture).
    """

    text: str
    direction: Literal["minimize", "maximize"]
    value: Call | Term


@record
class Training:
    """`train RECIPE using OPT for n iterations`: `recipe` is a call of kind "recipe" (wgan_gp), or
    a loss over outputs and fields, to be minimised. `finish`: for how much longer the best of the
    last step is trained."""

    recipe: Call | Term
    optimizer: Call
    amount: int
    unit: Literal["iterations", "epochs", "images"]
    finish: int = 0


@record
class Until:
    """Where a search ends: no candidate grows past `resolution` (None: past that of the data), none
    has more than `layers` insertions and doublings in all."""

    resolution: int | None
    layers: int


@record
class Space:
    """What the checker counts before anything runs.

    `moves` of the growth; `steps` of the search; `most` candidates that each step may train (an
    expectation where moves are sampled); `trainings` their sum with the first candidates;
    `parameters` bounds those of all networks of one candidate together; `multiplications` bounds
    the forward multiplications of the whole search (0: not known before the data are), `likely` is
    what they come to where candidates grow at random.
    """

    moves: int
    steps: int
    most: tuple[int, ...]
    trainings: int
    parameters: tuple[int, int]
    multiplications: int
    likely: int = 0


@record
class Search:
    """A checked `search`. `criteria` are compared in order. `method` is a call of kind "search":
    `top_k(keep=, sample=, starts=)`, or `path(m1, m2, ...)` for moves fixed by hand (then `path`
    holds them: a chain of candidates, each the only child of the one before).
    `training` is None where candidates are judged untrained. `extractors` are the jobs whose
    networks give features, run first. `inherit`: "reinit", "overlap" or "identity".
    `baseline`: the search whose best at each resolution distances are divided by."""

    name: str
    growth: Growth
    data: Data
    criteria: tuple[Criterion, ...]
    method: Call
    path: tuple[Move, ...]
    training: Training | None
    until: Until
    inherit: Literal["reinit", "overlap", "identity"]
    batch: int
    seed: int
    reports: tuple[Criterion, ...]
    space: Space
    baseline: "Search | None"
    extractors: "tuple[Train, ...]"
    span: Span = field(compare=False, repr=False)
    doc: str = ""
