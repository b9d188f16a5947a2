"""Whether two criteria order candidates the same way (Spearman's rank correlation)."""

from dataclasses import dataclass
from itertools import combinations

from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.journal import Candidate

FEWEST = 5
"""Of fewer candidates an order says nothing."""
SIZES = "parameters", "multiplications"


@dataclass(frozen=True, slots=True)
class Correlation:
    """`rho` in [-1, 1], None where one of the two is the same for all; `chance` the probability of
    one as large, either way, where there is no relation."""

    one: str
    other: str
    resolution: int
    candidates: int
    rho: float | None
    chance: float | None


def correlations(history: History) -> list[Correlation]:
    """Of every two of the criteria, reports, parameters and multiplications, within each
    resolution."""
    sides = sorted({one.resolution for one in history.done})
    pairs = [pair for pair in combinations([*history.texts, *SIZES], 2) if pair[0] not in SIZES]
    return [
        _correlation(*pair, side, known)
        for side in sides
        for pair in pairs
        if len(known := _known(history, side, pair)) >= FEWEST
    ]


def _known(history: History, side: int, pair: tuple[str, str]) -> list[Candidate]:
    these = [one for one in history.done if one.resolution == side]
    return [one for one in these if None not in [of(one, text) for text in pair]]


def of(candidate: Candidate, text: str) -> float | None:
    """A value by its text, or one of the sizes."""
    if text == "parameters":
        return float(sum(candidate.parameters.values()))
    if text == "multiplications":
        return float(candidate.multiplications)
    return candidate.values.get(text)


def _correlation(one: str, other: str, side: int, known: list[Candidate]) -> Correlation:
    from scipy.stats import spearmanr

    columns = [[of(c, text) for c in known] for text in (one, other)]
    if any(len(set(column)) == 1 for column in columns):
        return Correlation(one, other, side, len(known), None, None)
    found = spearmanr(*columns)
    return Correlation(one, other, side, len(known), float(found[0]), float(found[1]))
