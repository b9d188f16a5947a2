"""Near names: what may have been meant by a name that is not there."""

from collections import Counter
from collections.abc import Iterable

LONGEST = 60
"""Names longer than this get no suggestion; nobody mistypes those by a letter."""
FEW = 3


def closest(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The few candidates nearest to a name, best first; none where none is near.

    Near is a third of the letters changed, added, left out or swapped with a neighbour, whatever
    the case; or one name beginning with the other.
    """
    if len(name) > LONGEST:
        return ()
    wanted = name.casefold()
    letters = frozenset(wanted)
    found = []
    for candidate in dict.fromkeys(candidates):
        distance = _near(wanted, letters, candidate)
        if distance is not None and candidate != name:
            found.append((distance, candidate))
    found.sort()
    return tuple(one for distance, one in found if distance == found[0][0])[:FEW]


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """ "did you mean Conv1d, Conv2d or Conv3d?", or nothing where no candidate is near."""
    found = closest(name, candidates)
    if not found:
        return ""
    *most, last = found
    return f"did you mean {' or '.join([', '.join(most), last] if most else [last])}?"


def _near(wanted: str, letters: frozenset[str], candidate: str) -> int | None:
    """The distance to a candidate, or None where it is too far to be meant."""
    size, length = len(wanted), len(candidate)
    limit = max(size, length) // 3 or min(1, size - 1)
    if length > LONGEST or len(letters.difference(candidate.casefold())) > max(
        limit, size - length
    ):
        return None
    other = candidate.casefold()
    short, long = (wanted, other) if size < length else (other, wanted)
    begins = len(short) > 2 and long.startswith(short)
    distance = edit_distance(wanted, other, limit)
    return limit if begins and distance is None else distance


def edit_distance(a: str, b: str, limit: int) -> int | None:
    """Letters to change, add, leave out or swap with a neighbour; None if more than `limit`."""
    if abs(len(a) - len(b)) > limit or _letters_apart(a, b) > limit:
        return None
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        before, last, row = row, before, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit and min(before) > limit:
            return None
    return row[-1] if row[-1] <= limit else None


def _letters_apart(a: str, b: str) -> int:
    """A quick lower bound of the distance: letters that one has and the other lacks."""
    left, right = Counter(a), Counter(b)
    return max((left - right).total(), (right - left).total())
