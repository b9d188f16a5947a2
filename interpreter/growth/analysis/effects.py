"""What each action does to a candidate (thesis 5.5.2, figure 5.5)."""

from dataclasses import dataclass
from statistics import fmean, stdev

from autodesign.interpreter.growth.analysis.history import History
from autodesign.interpreter.growth.analysis.measure import Measure
from autodesign.interpreter.growth.journal import Candidate


@dataclass(frozen=True, slots=True)
class Effect:
    """Of all children that a move made. `better` are those better than their parent, `compared`
    those of which that can be said; one that diverged or failed is not better. `mean` and
    `deviation` are of the improvement where there is a number on both sides."""

    move: str
    children: int
    compared: int
    better: int
    lost: int
    mean: float | None
    deviation: float | None

    @property
    def share(self) -> float | None:
        return self.better / self.compared if self.compared else None


def effects(history: History, measure: Measure) -> list[Effect]:
    """One for each move that was made, in the order of their names and numbers."""
    moves: dict[str, list[tuple[Candidate, Candidate]]] = {}
    for parent, child in history.pairs():
        moves.setdefault(child.move or "", []).append((parent, child))
    return [_effect(move, moves[move], measure) for move in sorted(moves, key=_order)]


def _effect(move: str, pairs: list[tuple[Candidate, Candidate]], measure: Measure) -> Effect:
    lost = sum(child.outcome != "done" for _, child in pairs)
    found = [measure.improvement(parent, child) for parent, child in pairs]
    numbers = [one for one in found if one is not None]
    return Effect(
        move,
        len(pairs),
        len(numbers) + lost,
        sum(number > 0 for number in numbers),
        lost,
        fmean(numbers) if numbers else None,
        stdev(numbers) if len(numbers) > 1 else None,
    )


def _order(move: str) -> tuple[str, list[tuple[int, float, str]]]:
    """`grow(size=3, filters=64)` before `grow(size=3, filters=128)`."""
    name, _, args = move.partition("(")
    return name, [_value(part.partition("=")[2]) for part in args.rstrip(")").split(",")]


def _value(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), ""
    except ValueError:
        return 1, 0.0, text.strip()
