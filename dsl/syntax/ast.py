"""What a file says, as a tree: one record for each thing the grammar knows.

Every node carries the span it was read from. Spans take no part in equality, so two trees are
equal iff they mean the same text up to layout and comments.
"""

from dataclasses import field

from autodesign.dsl.record import record
from autodesign.dsl.source import Source, Span


@record
class Tree:
    span: Span = field(compare=False, repr=False)


# --- expressions: one grammar for layers, arguments, goals, metrics and pipelines ---------------


class Expr(Tree):
    __slots__ = ()


@record
class Name(Expr):
    id: str


@record
class Number(Expr):
    value: int | float


@record
class String(Expr):
    value: str


@record
class Bool(Expr):
    value: bool


@record
class NoneValue(Expr):
    """`none`"""


@record
class ListOf(Expr):
    """`[a, b]`"""

    items: tuple[Expr, ...]


@record
class SetOf(Expr):
    """`{a, b}`"""

    items: tuple[Expr, ...]


@record
class Range(Expr):
    """`a..b`; either end may be open (`0..`)"""

    low: Expr | None
    high: Expr | None


@record
class Unary(Expr):
    """`-x`, `not x`"""

    op: str
    operand: Expr


@record
class Binary(Expr):
    """Two operands and one of: | ?? or and == != < <= > >= in + - * / ^"""

    op: str
    left: Expr
    right: Expr
    op_span: Span = field(compare=False, repr=False)


@record
class IfElse(Expr):
    """`then if condition else otherwise`"""

    then: Expr
    condition: Expr
    otherwise: Expr


@record
class Keyword(Tree):
    """`name=value` in a call"""

    name: Name
    value: Expr


@record
class Loop(Tree):
    """`for i in n if c if d`; without `in` in an explicit metric (`for i`)"""

    variable: Name
    over: Expr | None
    conditions: tuple[Expr, ...]


@record
class Comprehension(Expr):
    """`value for i in n if c for j in m`, the only argument of a call"""

    value: Expr
    loops: tuple[Loop, ...]


@record
class Call(Expr):
    function: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


@record
class Index(Expr):
    """`h[i, j]`"""

    base: Expr
    indices: tuple[Expr, ...]


@record
class Attribute(Expr):
    """`G.rgb`"""

    base: Expr
    name: Name


@record
class After(Expr):
    """`P after OPT for k on L`; with `lean` before `on`, L is computed anew where it is needed"""

    player: Expr
    optimizer: Expr
    steps: Expr | None
    loss: Expr
    lean: bool = False


# --- types and parameters -------------------------------------------------------------------------


@record
class TypeName(Tree):
    """`int`, `image[3, h, w]`, `int[2]`, `[real]` (a list: name "list", one item in `of`)"""

    name: str
    dims: tuple[Expr, ...] = ()
    of: "TypeExpr | None" = None


@record
class TypeExpr(Tree):
    """One type or several alternatives (`int or int[2]`), with a domain (`in 0..1`, `in {3, 7}`).

    `names` is empty where only a domain is given (`size in {3, 7}`).
    """

    names: tuple[TypeName, ...]
    domain: Expr | None = None


@record
class Param(Tree):
    """`name: type = default`; `type` and `default` may be left out. `*name` takes many, `{name}`
    what is given under other names."""

    name: Name
    type: TypeExpr | None
    default: Expr | None
    many: bool = False
    doc: str = ""
    named: bool = False


# --- declarations ---------------------------------------------------------------------------------


@record
class Declaration(Tree):
    name: Name
    doc: str = field(kw_only=True, default="")


@record
class UseName(Tree):
    """`F1 as F` in a `use`; `alias` equals `name` where none is given"""

    name: Name
    alias: Name


@record
class Use(Tree):
    """`use std.metrics (F1, Accuracy as A)` or `use "blocks.ad" (conv)`"""

    module: str
    is_file: bool
    module_span: Span = field(compare=False, repr=False)
    names: tuple[UseName, ...]


@record
class ParamDeclaration(Declaration):
    """`param lam: real in 0..1 = 0.5`"""

    type: TypeExpr | None
    default: Expr | None


@record
class DataDeclaration(Declaration):
    """`data faces = LFWSubset(...)`"""

    source: Expr


@record
class BlockDeclaration(Declaration):
    """`block fc(d) = Linear(d) | ReLU`"""

    params: tuple[Param, ...]
    body: Expr


@record
class ExternDeclaration(Declaration):
    """`extern layer Conv2d(out_channels: int, ...)`; kind: layer, data, loss, optimizer, ..."""

    kind: Name
    params: tuple[Param, ...]
    result: TypeExpr | None


# networks


@record
class InputItem(Declaration):
    """`input x: image[3, 112, 112]`"""

    type: TypeExpr


@record
class NodeItem(Declaration):
    """`node C(A ?? 0, B) = add`: each argument a chain of `??`"""

    args: tuple[Expr, ...]
    body: Expr


@record
class Target(Tree):
    """One control edge `~> N2`, or a group `~> {A, B}`"""

    names: tuple[Name, ...]
    grouped: bool = False


@record
class ControlItem(Declaration):
    """`control Q(N1) = ... ~> N2, {A, B}, skip`"""

    args: tuple[Expr, ...]
    body: Expr
    targets: tuple[Target, ...]


@record
class OutputItem(Declaration):
    """`output y = N2 ?? N3`; in a pipeline `output image = y'`"""

    value: Expr


NetworkItem = InputItem | NodeItem | ControlItem | OutputItem


@record
class NetworkDeclaration(Declaration):
    """`network Name(params) { ... }`"""

    params: tuple[Param, ...]
    items: tuple[NetworkItem, ...]


# metrics


@record
class LetItem(Declaration):
    """`let p = ...`, in metrics and pipelines"""

    value: Expr


@record
class CompareItem(Tree):
    """`compare c[i, j] = s[j] - s[i] for i in n for j in n`; also `binary b[i, j] = ...`

    `keyword` is "compare" or "binary".
    """

    keyword: str
    target: Expr
    value: Expr
    loops: tuple[Loop, ...]


@record
class ValueItem(Tree):
    """`value ...`"""

    value: Expr


@record
class IdealItem(Tree):
    """`ideal s[i] = y[i] for ...`"""

    target: Expr
    value: Expr
    loops: tuple[Loop, ...]


MetricItem = LetItem | CompareItem | ValueItem | IdealItem


@record
class MetricDeclaration(Declaration):
    """`metric M(...) = expr` (one ValueItem) or `metric M(...) { ... }`"""

    params: tuple[Param, ...]
    items: tuple[MetricItem, ...]
    short: bool = False


# pipelines


@record
class DrawItem(Tree):
    """`draw (y, box) from labelled`"""

    names: tuple[Name, ...]
    source: Expr


@record
class PlayerItem(Declaration):
    """`player GX = ResnetGenerator(blocks=9) using Adam(lr=1e-4)`"""

    body: Expr
    optimizer: Expr | None = None


@record
class GoalItem(Tree):
    """`goal GX, GY minimize ... every 5 steps`"""

    players: tuple[Name, ...]
    direction: str
    value: Expr
    every: Expr | None = None


@record
class PretrainItem(Tree):
    """`pretrain GX, GY for 10 epochs`; `keyword` is "pretrain" or "joint", `unit` "epochs"/..."""

    keyword: str
    players: tuple[Name, ...]
    amount: Expr
    unit: str


PipelineItem = DrawItem | PlayerItem | LetItem | GoalItem | PretrainItem | OutputItem


@record
class PipelineDeclaration(Declaration):
    params: tuple[Param, ...]
    items: tuple[PipelineItem, ...]


@record
class ShortPipeline(Declaration):
    """`pipeline Small(w: real) = Pair(photos, w, size=32)`: another, with its arguments"""

    params: tuple[Param, ...]
    body: Expr


# growth


@record
class GrownItem(Declaration):
    """`generator G { ... }`: a role and a network's items"""

    role: Name
    items: tuple[NetworkItem, ...]


@record
class InsertAction(Declaration):
    """`action grow_G(size in {3, 7}) = conv(filters, size) before G.rgb with fade_in(0.5)`"""

    params: tuple[Param, ...]
    body: Expr
    where: str
    anchor: Expr
    fade: Expr | None = None


@record
class Doubled(Tree):
    """`G by conv(64, 3)` in a `double`; `body` is None where no layers are named"""

    name: Name
    body: Expr | None


@record
class DoubleAction(Declaration):
    """`action upscale = double G by conv(64, 3), D with fade_in(0.5)`"""

    params: tuple[Param, ...]
    networks: tuple[Doubled, ...]
    fade: Expr | None


GrowthItem = GrownItem | InsertAction | DoubleAction


@record
class GrowthDeclaration(Declaration):
    items: tuple[GrowthItem, ...]


# jobs


@record
class GoalClause(Tree):
    """`maximize E by M` / `minimize E`"""

    direction: str
    value: Expr
    method: Expr | None


@record
class Clause(Tree):
    """`epochs 30`, `batch 256`, `using Adam(lr=1e-3)`, `report a, b`, `schedule S`, `seed 1`, ...

    `keyword` is the word it begins with, `values` what follows, in order; `field` is that of
    `batch 256 stratified by label`.
    """

    keyword: str
    values: tuple[Expr, ...]
    field: Name | None = None


TrainItem = GoalClause | Clause


@record
class TrainDeclaration(Declaration):
    """`train plain = MLP on digits { ... }`; a pipeline takes its data as arguments instead"""

    subject: Expr
    data: Expr | None
    items: tuple[TrainItem, ...]


@record
class TrainClause(Tree):
    """`train wgan_gp(penalty=10) using Adam(...) for 100_000 iterations`, in a search"""

    recipe: Expr
    optimizer: Expr | None
    amount: Expr
    unit: str


@record
class UntilClause(Tree):
    """`until resolution 32, layers 10`: pairs of a quantity and its bound"""

    bounds: tuple[tuple[Name, Expr], ...]


@record
class FinishClause(Tree):
    """`finish 300_000 iterations`"""

    amount: Expr
    unit: str


@record
class AgainstClause(Tree):
    """`against proggan`: the search whose distances these are divided by"""

    name: Name


SearchItem = GoalClause | Clause | TrainClause | FinishClause | UntilClause | AgainstClause


@record
class SearchDeclaration(Declaration):
    """`search grown = DGGAN on cifar { ... }`"""

    subject: Expr
    data: Expr
    items: tuple[SearchItem, ...]


@record
class PlotClause(Tree):
    """`plot F1 against cost`"""

    vertical: Expr
    horizontal: Expr


@record
class Spaced(Tree):
    """`0..1 step 0.2`: evenly spaced values"""

    low: Expr
    high: Expr
    step: Expr


@record
class SweepDeclaration(Declaration):
    """`sweep tradeoff = highlow over lam in [0, 0.5, 1] beside low { plot F1 against cost }`"""

    job: Expr
    over: tuple[tuple[Name, Expr | Spaced], ...]
    beside: tuple[Name, ...]
    items: tuple[PlotClause, ...]


AnyDeclaration = (
    ParamDeclaration
    | DataDeclaration
    | BlockDeclaration
    | ExternDeclaration
    | NetworkDeclaration
    | MetricDeclaration
    | PipelineDeclaration
    | ShortPipeline
    | GrowthDeclaration
    | TrainDeclaration
    | SearchDeclaration
    | SweepDeclaration
)


@record
class File:
    """A whole file: `ad 1`, then its statements. `version` is None where that line is missing."""

    source: Source = field(compare=False)
    version: int | None
    uses: tuple[Use, ...]
    declarations: tuple[AnyDeclaration, ...]
