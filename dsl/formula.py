"""A metric, checked: one small language for definitions and for what is derived from them.

A definition (`metric F1(s: scores[n, k], y: label[n]) = ...`) and its explicit form (`compare`,
`binary`, `value`) are both a `Metric`. Everything above reads this and nothing else: `derive` turns
one into the other, `interpreter/metric` evaluates both.

All variables of a metric have different names, so a formula means the same wherever it stands.
Formulas are frozen and compare by what they say; spans take no part in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from autodesign.dsl.record import record
from autodesign.dsl.source import Span

Kind = Literal["scores", "label", "flag", "real", "point"]


@record
class Input:
    """A tensor the metric takes: its kind and the dimensions it ranges over.

    A label's `classes` names the dimension its values index ("k"), where there is one of scores.
    A point is a pair (row, column); its last index is 0 or 1 and is no dimension.
    """

    name: str
    kind: Kind
    dims: tuple[str, ...]
    classes: str | None = None


# --- formulas -------------------------------------------------------------------------------------


@record
class Number:
    value: float


@record
class Truth:
    value: bool


@record
class Parameter:
    """A parameter of the metric that is a number: `alpha`, `k`"""

    name: str


@record
class Size:
    """The size of a dimension, written by its name where a number stands"""

    dim: str


@record
class Variable:
    """The variable of a loop around: a whole number from 0 (over a dimension)"""

    name: str


@record
class Entry:
    """One number of an input: `s[i, j]`, `y[i]`, `p[i, 0]`. A flag's is a truth."""

    input: str
    indices: tuple["Formula", ...]
    span: Span = field(compare=False, repr=False)


@record
class Apply:
    """An operation on numbers and truths.

    `op` is one of: + - * / ^ neg abs sqrt exp log log2 max min (of numbers), > >= < <= == !=,
    and or not, choose (condition, then, otherwise). `and`, `or`, `max`, `min` take two or more.
    """

    op: str
    args: tuple["Formula", ...]
    span: Span = field(compare=False, repr=False)


@record
class Loop:
    """`for variable in over if conditions`.

    `over` is a dimension's name, a pair (first, last) of formulas for `1..k`, both included, or
    None in the value of an explicit form: then the variable takes the values it has in the
    families of its name.
    """

    variable: str
    over: "str | tuple[Formula, Formula] | None"
    conditions: tuple["Formula", ...] = ()


@record
class Reduce:
    """`op` is one of mean, sum, prod, count, any, all, max, min, median, over nested loops.

    `count`, `any` and `all` take truths, the others numbers (a mean of truths counts them as 0/1).
    `mean`, `max`, `min`, `median` of nothing are undefined; sum, prod, count, any and all
    of nothing are 0, 1, 0, false and true.
    """

    op: str
    value: "Formula"
    loops: tuple[Loop, ...]
    span: Span = field(compare=False, repr=False)


@record
class Argmax:
    """The value that loop variable `component` has where `value` is greatest; of equals the first.

    One loop for `argmax(s[i])`; two for the argmax of a heat map, a point with components 0 and 1.
    """

    value: "Formula"
    loops: tuple[Loop, ...]
    component: int
    span: Span = field(compare=False, repr=False)


@record
class Bit:
    """One binary of a family: `b[i, j]`, a truth"""

    family: str
    indices: tuple["Formula", ...]
    span: Span = field(compare=False, repr=False)


Formula: TypeAlias = (
    Number | Truth | Parameter | Size | Variable | Entry | Apply | Reduce | Argmax | Bit
)


# --- metrics --------------------------------------------------------------------------------------


@record
class Family:
    """`compare c[i, j] = s[j] - s[i] for ...` with `binary b[i, j] = c[i, j] > 0`.

    `difference` is what is compared with 0: differentiable in the scores. The loops' conditions
    depend on data alone, so which comparisons there are is known without the scores. `compare` and
    `binary` are the names in the text.
    """

    compare: str
    binary: str
    loops: tuple[Loop, ...]
    difference: Formula
    span: Span = field(compare=False, repr=False)


@record
class Ideal:
    """`ideal s[i, c] = ...`: the scores of a perfect prediction, by their indices"""

    input: str
    loops: tuple[Loop, ...]
    value: Formula


@record
class Metric:
    """A definition (no families) or an explicit form.

    `parameters` are its numbers with their defaults (None: must be given). In an explicit form
    `value` holds no score under a comparison, only bits, data and, where it is differentiable,
    scores.
    """

    name: str
    inputs: tuple[Input, ...]
    parameters: Mapping[str, float | None]
    value: Formula
    families: tuple[Family, ...]
    ideals: tuple[Ideal, ...]
    span: Span = field(compare=False, repr=False)
    doc: str = ""

    def input(self, name: str) -> Input:
        return next(one for one in self.inputs if one.name == name)

    @property
    def dims(self) -> tuple[str, ...]:
        """The dimensions in the order in which the inputs name them."""
        return tuple(dict.fromkeys(dim for one in self.inputs for dim in one.dims))


def parts(formula: Formula) -> Iterator[Formula]:
    """The formulas directly inside a formula, those of its loops included."""
    if isinstance(formula, Entry | Bit):
        yield from formula.indices
    elif isinstance(formula, Apply):
        yield from formula.args
    elif isinstance(formula, Reduce | Argmax):
        for loop in formula.loops:
            if isinstance(loop.over, tuple):
                yield from loop.over
            yield from loop.conditions
        yield formula.value
