"""The checked spec: all that the floors above read. Built by `check`, never changed after.

Records, not pydantic models: nothing here comes from outside unchecked (the checker is
the validation), and importing pydantic would take a third of the time `interpret check` may take.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal, TypeAlias

from autodesign.dsl.formula import Metric
from autodesign.dsl.record import record
from autodesign.dsl.source import Span

if TYPE_CHECKING:
    from autodesign.dsl.growth import Growth, Search
    from autodesign.dsl.pipeline import PipelineJob

Shape = tuple[int, ...]
"""Sizes of one example, without the batch dimension."""

Value: TypeAlias = "int | float | bool | str | tuple[Value, ...] | Call | None"
"""What an argument can be once it is evaluated. Lists and pairs are tuples."""


@record
class Call:
    """A declared thing with its arguments bound: `Adam(lr=1e-3)`, `Binary(Digits(), positive=0)`.

    `module` is the library module that declares it ("std.layers"); its Python half is found there
    under `name`. `args` holds every parameter with its value, defaults filled in; a parameter that
    takes many (`*shape`) holds a tuple.
    """

    kind: str
    name: str
    module: str
    args: Mapping[str, "Value"]
    span: Span = field(compare=False, repr=False)


# --- networks -------------------------------------------------------------------------------------


@record
class Layer:
    """One layer in a chain, its leading sizes (`in_channels`, ...) among `call.args`.

    `sources` are the shapes it takes, `shape` the one it gives, `cost` its multiplications for one
    example, `parameters` the numbers it learns. `given` are its arguments before sizes followed
    from shapes: with them it is fitted anew, to other shapes.
    """

    call: Call
    sources: tuple[Shape, ...]
    shape: Shape
    cost: int
    parameters: int = 0
    given: Mapping[str, "Value"] = field(default_factory=dict, repr=False)


@record
class Nested:
    """A network used as a layer. `label` tells it apart from others in the same node."""

    label: str
    network: "Network"
    shape: Shape


Step = Layer | Nested


@record
class Edge:
    """A data edge `A ?? B ?? 0`: the first source that is not null, else the default, else null.

    `shape` is that of the first source; a source of shape () is broadcast to it.
    """

    sources: tuple[str, ...]
    default: float | None
    shape: Shape
    span: Span = field(compare=False, repr=False)


@record
class Node:
    """A function node.

    `kind`: regular, control (its outgoing edges are control edges) or dummy (it has no inputs).
    `steps` are applied in order; the first takes all inputs, each further one takes one value.
    `targets[a]` names the nodes that action `a` of a control node activates (empty for `skip`).
    `controllers` lists the (control node, action) pairs that activate this node; empty if it is not
    controlled. `least` and `greatest` bound the multiplications of the node when it executes
    (they differ only where a nested network decides for itself).
    """

    name: str
    kind: Literal["regular", "control", "dummy"]
    inputs: tuple[Edge, ...]
    steps: tuple[Step, ...]
    shape: Shape
    targets: tuple[tuple[str, ...], ...]
    controllers: tuple[tuple[str, int], ...]
    least: int
    greatest: int
    span: Span = field(compare=False, repr=False)
    doc: str = ""


@record
class Input:
    name: str
    type: str
    shape: Shape


@record
class Output:
    name: str
    edge: Edge


Presence = Literal["always", "sometimes", "never"]


@record
class Analysis:
    """What holds over all decisions of the control nodes.

    `runs[node]`: whether it executes always, sometimes or never. `present[output]`: whether it has
    a value. `least` and `greatest` bound the cost of one example; they are attained iff `exact`.
    `when_present` and `when_null` bound it apart: where all outputs have a value, and where one has
    none (None: no decisions lead there). This is all that a network which holds this one as a layer
    needs to know of it.
    """

    runs: Mapping[str, Presence]
    present: Mapping[str, Presence]
    least: int
    greatest: int
    exact: bool = True
    when_present: tuple[int, int] | None = None
    when_null: tuple[int, int] | None = None


@record
class Network:
    """A checked network. `nodes` are in an order in which each comes after all it depends on
    (data and control edges); `analysis` is filled by the checker."""

    name: str
    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    analysis: Analysis
    span: Span = field(compare=False, repr=False)
    doc: str = ""

    def node(self, name: str) -> Node:
        return next(n for n in self.nodes if n.name == name)


# --- data -----------------------------------------------------------------------------------------


@record
class FieldType:
    """The type of one field of a data set.

    `kind`: image, vector, label, flag, real, point, box, boxes (rows of x1, y1, x2, y2 and class).
    `shape` is that of one example (() for label, flag, real); `classes` the number of classes of a
    label, or of boxes.
    """

    kind: str
    shape: Shape = ()
    classes: int | None = None


@record
class Data:
    """`fields` is None where they cannot be known before the data is there."""

    name: str
    call: Call
    fields: Mapping[str, FieldType] | None
    span: Span = field(compare=False, repr=False)


# --- jobs -----------------------------------------------------------------------------------------


@record
class Constant:
    value: float


@record
class OutputValue:
    """An output of the network, by name"""

    name: str


@record
class FieldValue:
    """A field of the data, by name"""

    name: str


@record
class Cost:
    """`cost`: multiplications executed for each example; `time`: the measured time of the nodes"""

    measure: Literal["cost", "time"] = "cost"


@record
class CostOf:
    """`cost(N1, N2)`: the multiplications of the named nodes, a number"""

    nodes: tuple[str, ...]
    value: int


@record
class TimeOf:
    """`time(N1, N2)`: the measured time of the named nodes, a number once they are timed"""

    nodes: tuple[str, ...]


@record
class Paths:
    """`paths`: how many examples took each path, only in `report`"""


@record
class Measure:
    """A metric or loss applied: `F1(y, label)`, `CrossEntropyLoss(y, label)`.

    `call.kind` is "metric" or "loss"; `inputs` are its tensors in the order of its definition,
    `call.args` its other arguments. `definition` is that of a metric written in the language, None
    for what Python supplies. Where its input is scores[n] and the output has two scores for each
    example, their difference (second less first) is meant.
    """

    call: Call
    inputs: tuple["Term", ...]
    span: Span = field(compare=False, repr=False)
    definition: Metric | None = None


@record
class Arithmetic:
    """`op` is one of + - * / ^"""

    op: str
    left: "Term"
    right: "Term"


@record
class Negative:
    operand: "Term"


Term = (
    Constant
    | OutputValue
    | FieldValue
    | Cost
    | CostOf
    | TimeOf
    | Paths
    | Measure
    | Arithmetic
    | Negative
)


@record
class Goal:
    """`method` is the call after `by`; where none is written, the one the checker picked."""

    direction: Literal["maximize", "minimize"]
    term: Term
    method: Call
    text: str
    span: Span = field(compare=False, repr=False)


@record
class Report:
    """A reported quantity and the text under which it is shown"""

    text: str
    term: Term


@record
class Start:
    """Weights that a network's nodes start from, or a pipeline's players: those that another job
    of a network or of a pipeline keeps, or a checkpoint's.

    `pairs` are a node or player of this job and the one it starts as; empty: all with weights that
    both have by the same name.
    """

    source: "Job | Call"
    pairs: tuple[tuple[str, str], ...]
    span: Span = field(compare=False, repr=False)


@record
class Train:
    """A checked `train` job.

    Each batch holds every class of the field `stratified` in proportion (None: chance decides).
    `patience` ends the job after that many epochs without gain on the validation split (None:
    never). `keep` is what "best" means there, and whether more of it is better. `makers` are the
    jobs that make examples which its data hold (`Made`).
    """

    name: str
    network: Network
    data: Data
    goals: tuple[Goal, ...]
    optimizer: Call
    schedule: Call | None
    epochs: int
    batch: int
    stratified: str | None
    reports: tuple[Report, ...]
    keep: Report
    keep_greater: bool
    patience: int | None
    clip: float | None
    precision: Literal["float32", "bfloat16"]
    seed: int
    span: Span = field(compare=False, repr=False)
    doc: str = ""
    starts: tuple[Start, ...] = ()
    makers: "tuple[PipelineJob, ...]" = ()


Job: TypeAlias = "Train | PipelineJob"
"""What `interpret FILE` runs: a network on its data, or a pipeline"""


@record
class Axis:
    """A param of a sweep and the values it takes.

    `declared` is its own name, where the file took it under another one. `repeats`: the job is
    seeded with it, so its values repeat one experiment.
    """

    param: str
    declared: str
    values: tuple["Value", ...]
    repeats: bool


@record
class Point:
    """One run of a sweep: `job` as it is where the params in `settings` have those values."""

    settings: Mapping[str, "Value"]
    job: "Job"


@record
class Figure:
    """What is plotted, under the words it was named by.

    `kind` "report": `texts` holds, by the name of each job of the sweep, the report that it is.
    `kind` "param": `name` is a param of the sweep; `choices` are its values where they are not all
    numbers, in the order in which they are shown. `greater`: more of it is better.
    """

    kind: Literal["report", "cost", "param"]
    name: str
    texts: Mapping[str, str]
    greater: bool
    choices: tuple["Value", ...] = ()


@record
class Plot:
    vertical: Figure
    horizontal: Figure


@record
class Sweep:
    """A checked `sweep`: the job `job` at each point of a grid, and other jobs to compare it with.

    `points` go through the grid with the last axis fastest; the settings of each are in the order
    of `axes`. A point of `beside` sets the params that its job depends on, and no others; so does
    one of `sources`, the jobs that others start from or learn from, each once of those that are
    equal.
    """

    name: str
    job: str
    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    beside: tuple[Point, ...]
    plots: tuple[Plot, ...]
    span: Span = field(compare=False, repr=False)
    doc: str = ""
    sources: tuple[Point, ...] = ()


@record
class Param:
    """A param with the value in force; `low`/`high`/`choices` as declared"""

    name: str
    value: "Value"
    default: "Value"
    low: float | None
    high: float | None
    choices: tuple["Value", ...] | None
    doc: str = ""


@record
class Spec:
    """A checked file: everything declared in it, by name, jobs in the order they run.

    `used` holds the texts of the files it takes names from, by their paths from its own folder.
    """

    name: str
    params: Mapping[str, Param]
    data: Mapping[str, Data]
    networks: Mapping[str, Network]
    jobs: Mapping[str, "Job"]
    text: str = field(repr=False)
    used: Mapping[str, str] = field(default_factory=dict, repr=False)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    sweeps: Mapping[str, Sweep] = field(default_factory=dict)
    growths: "Mapping[str, Growth]" = field(default_factory=dict)
    searches: "Mapping[str, Search]" = field(default_factory=dict)
