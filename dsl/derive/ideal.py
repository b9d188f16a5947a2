"""The scores of a perfect prediction, as the types of the inputs tell them."""

from collections.abc import Callable, Iterable

from autodesign.dsl import formula as f
from autodesign.dsl.derive.variables import Fresh, written
from autodesign.dsl.source import Span

LETTERS = "ijkpqrtuvw"
HALF, ONE, ZERO = f.Number(0.5), f.Number(1.0), f.Number(0.0)


def infer_ideal(metric: f.Metric, scores: f.Input) -> f.Ideal | str:
    """The ideal of one scores input, or why it cannot be told.

    Of a label over the last dimension: 1 at the label's place. Of a point: 1 at the cell nearest
    to it. Of a flag, real or label of the same dimensions: itself.
    """
    data = [one for one in metric.inputs if one.kind != "scores"]
    rules: tuple[tuple[_Fits, _Value], ...] = (
        (_labels, _one_hot),
        (_points, _nearest),
        (_same, _itself),
    )
    for fits, value in rules:
        found = [one for one in data if fits(scores, one)]
        if len(found) > 1:
            candidates = " and ".join(f"`{one.name}`" for one in found)
            return f"no ideal for `{scores.name}`: {candidates} both fit; state one"
        if found:
            loops = _loops(metric, scores)
            places = tuple(f.Variable(loop.variable) for loop in loops)
            return f.Ideal(scores.name, loops, value(scores, found[0], places, metric.span))
    return f"no ideal for `{scores.name}`: no data has its dimensions; state one"


_Fits = Callable[[f.Input, f.Input], bool]
_Value = Callable[[f.Input, f.Input, tuple[f.Variable, ...], Span], f.Formula]


def _labels(scores: f.Input, data: f.Input) -> bool:
    over = (data.dims, data.classes) == (scores.dims[:-1], scores.dims[-1])
    return data.kind == "label" and over


def _points(scores: f.Input, data: f.Input) -> bool:
    return data.kind == "point" and data.dims == scores.dims[:-2]


def _same(scores: f.Input, data: f.Input) -> bool:
    return data.kind != "point" and data.dims == scores.dims


def _loops(metric: f.Metric, scores: f.Input) -> tuple[f.Loop, ...]:
    stated = [loop.variable for ideal in metric.ideals for loop in ideal.loops]
    names = Fresh({*written(metric), *stated})
    reserved = {one.name for one in metric.inputs} | {*metric.dims, *metric.parameters}
    letters = (letter for letter in _letters() if letter not in reserved)
    return tuple(
        f.Loop(names.name(letter), dim) for letter, dim in zip(letters, scores.dims, strict=False)
    )


def _letters() -> Iterable[str]:
    yield from LETTERS
    number = 1
    while True:
        yield f"x{number}'"
        number += 1


def _one_hot(
    scores: f.Input, data: f.Input, places: tuple[f.Variable, ...], span: Span
) -> f.Formula:
    entry = f.Entry(data.name, places[:-1], span)
    return _number(f.Apply("==", (entry, places[-1]), span))


def _itself(
    scores: f.Input, data: f.Input, places: tuple[f.Variable, ...], span: Span
) -> f.Formula:
    entry = f.Entry(data.name, places, span)
    return _number(entry) if data.kind == "flag" else entry


def _nearest(
    scores: f.Input, data: f.Input, places: tuple[f.Variable, ...], span: Span
) -> f.Formula:
    """1 at the cell whose middle is nearest to the point, of those inside the map."""
    tests: list[f.Apply] = []
    for part in (0, 1):
        place, dim = places[part - 2], scores.dims[part - 2]
        entry = f.Entry(data.name, (*places[:-2], f.Number(float(part))), span)
        last = f.Apply("-", (f.Size(dim), ONE), span)
        inside = f.Apply("max", (f.Apply("min", (entry, last), span), ZERO), span)
        tests += [
            f.Apply(">=", (inside, f.Apply("-", (place, HALF), span)), span),
            f.Apply("<", (inside, f.Apply("+", (place, HALF), span)), span),
        ]
    joined = tests[0]
    for test in tests[1:]:
        joined = f.Apply("and", (joined, test), span)
    return _number(joined)


def _number(truth: f.Apply | f.Entry) -> f.Formula:
    """A truth as 0 or 1"""
    return f.Apply("choose", (truth, ONE, ZERO), truth.span)
