"""Which moves become children, and who a candidate is: hashes, so that neither depends on the order
in which things happen, and a search with other settings finds what it shares with this one."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from autodesign.dsl.growth import Training

P = TypeVar("P")


def candidate_id(
    before: str, move: str | None, seed: int, training: Training | None, finish: bool = False
) -> str:
    """16 hexadecimal digits. `before` is the parent's id, or the search's identity where there is
    no parent; `move` is None where there is none."""
    budget = "untrained"
    if training is not None:
        budget = f"{training.finish if finish else training.amount} {training.unit}"
    return _hash("candidate", before, move or "", str(seed), budget)[:16]


def candidate_seed(candidate: str) -> int:
    """The seed of a candidate's own training, from 0 to 2^32 - 1."""
    return int(_hash("seed", candidate)[:8], 16)


def chance(seed: int, parent: str, move: str) -> float:
    """A number in [0, 1), uniform over pairs of a parent and a move, the same for the same pair."""
    return int(_hash("draw", str(seed), parent, move)[:13], 16) / 16**13


def drawn(pairs: Sequence[tuple[float, P]], sample: float) -> list[P]:
    """Those of the pairs (chance, what it is of) of one parent that become its children, in the
    given order.

    Each does with probability `sample` (Algorithm 1, thesis 5.3.2). Where none would, the likeliest
    one does: a good parent without children would be lost by chance. What is drawn at one `sample`
    is drawn at any larger one.
    """
    least = min((number for number, _ in pairs), default=0.0)
    return [one for number, one in pairs if number < sample or number == least]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
