"""Which moves become children, and which of them are kept."""

from fractions import Fraction

from entries import COST, DISTANCE, candidates
from hypothesis import given, settings
from hypothesis import strategies as st
from standin import searched

from autodesign.interpreter.growth.children import Nursery
from autodesign.interpreter.growth.journal import Candidate
from autodesign.interpreter.growth.ranking import best, best_at, normalised, ordered
from autodesign.interpreter.growth.sampling import candidate_id, chance, drawn
from autodesign.stdlib.library import standard

chances = st.lists(st.floats(0, 1, exclude_max=True)).map(
    lambda found: list(zip(found, found, strict=True))
)
samples = st.floats(0.001, 1)


@given(chances, samples, samples)
def test_sampling_is_monotone(pairs: list[tuple[float, float]], p: float, q: float) -> None:
    low, high = sorted((p, q))
    assert set(drawn(pairs, low)) <= set(drawn(pairs, high))
    assert drawn(pairs, 1.0) == [one for _, one in pairs]
    assert bool(drawn(pairs, low)) == bool(pairs)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("abcdef", min_size=1), min_size=1, max_size=4, unique=True), samples)
def test_children_of_a_parent_do_not_depend_on_the_other_parents(
    parents: list[str], sample: float
) -> None:
    nursery = Nursery(searched(), "search", sample, standard())

    def children(*names: str) -> list[str]:
        considered, found = nursery.children([(name, ()) for name in names], 1)
        assert considered == 4 * len(names)
        return [one.id for one in found]

    apart = [children(name) for name in parents]
    assert all(apart)
    assert children(*parents) == [one for those in apart for one in those]
    assert sorted(children(*reversed(parents))) == sorted(children(*parents))


def test_chances_are_uniform() -> None:
    """Kolmogorov-Smirnov: for 4,000 draws the largest gap is below 1.95 / sqrt(4,000) = .031 in all
    but one of a thousand cases."""
    found = sorted(chance(0, f"{parent}", f"m{move}") for parent in range(80) for move in range(50))
    gap = max(abs(x - (i + 0.5) / len(found)) for i, x in enumerate(found))
    assert gap < 0.031
    assert found[0] >= 0 and found[-1] < 1


@given(st.permutations(["seed", "parent", "move"]))
def test_ids_differ_where_anything_does(which: list[str]) -> None:
    base = {"seed": 0, "parent": "a", "move": "m"}
    other = {"seed": 1, "parent": "b", "move": "n"}
    ids = set()
    for number in range(4):
        one = {**base, **{name: other[name] for name in which[:number]}}
        ids.add(candidate_id(str(one["parent"]), str(one["move"]), int(one["seed"]), None))
    assert len(ids) == 4


@given(candidates(), st.randoms(use_true_random=False))
def test_order_of_candidates_does_not_depend_on_that_of_their_lines(found, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(found)
    random.shuffle(shuffled)
    for criteria in ((DISTANCE,), (COST,), (DISTANCE, COST), (COST, DISTANCE)):
        assert ordered(criteria, found) == ordered(criteria, shuffled)
        assert best(criteria, found) == best(criteria, shuffled)


@given(candidates())
def test_within_a_resolution_the_tuple_decides(found: list[Candidate]) -> None:
    def key(one: Candidate) -> tuple[float, ...]:
        pair = (one.values["D"], one.values["cost"])
        return tuple(float("inf") if value is None else value for value in pair)

    same = [one for one in found if one.resolution == 8]
    expected = sorted((one for one in same if one.outcome == "done"), key=lambda o: (key(o), o.id))
    assert ordered((DISTANCE, COST), same) == expected


@given(candidates(), st.integers(1, 12))
def test_without_a_baseline_each_resolution_gets_its_share_of_what_is_kept(
    found: list[Candidate], keep: int
) -> None:
    done = [one for one in found if one.outcome == "done"]
    kept = ordered((DISTANCE,), found)[:keep]
    if any(one.resolution == 8 for one in done) and any(one.resolution == 16 for one in done):
        for resolution in (8, 16):
            size = sum(one.resolution == resolution for one in done)
            share = Fraction(size, len(done)) * len(kept)
            assert abs(sum(one.resolution == resolution for one in kept) - share) <= 1


@given(candidates())
def test_costs_are_compared_across_resolutions(found: list[Candidate]) -> None:
    values = [one.values["cost"] for one in ordered((COST,), found)]
    numbers = [float("inf") if value is None else value for value in values]
    assert numbers == sorted(numbers)


def made(number: int, resolution: int, distance: float) -> Candidate:
    return Candidate(
        outcome="done",
        id=f"{number:016x}",
        parent=None,
        move=None,
        step=0,
        seed=0,
        budget=None,
        resolution=resolution,
        values={"D": distance},
    )


def test_distances_are_divided_by_the_baselines_best_at_the_resolution() -> None:
    """Thesis table 5.1: ProgGAN 4.02 at 8, 11.68 at 16; DGGAN 1.96 and 6.40."""
    baseline = best_at((DISTANCE,), [made(0, 8, 4.02), made(1, 8, 5.0), made(2, 16, 11.68)])
    own = [made(3, 8, 1.96), made(4, 16, 6.40), made(5, 8, 2.4)]
    ratios = [normalised((DISTANCE,), one.values, baseline[one.resolution]) for one in own]
    assert [round(ratio["D"] or 0, 2) for ratio in ratios] == [0.49, 0.55, 0.60]
    compared = [
        one.model_copy(update={"normalised": ratio}) for one, ratio in zip(own, ratios, strict=True)
    ]
    assert [one.id[-1] for one in ordered((DISTANCE,), compared)] == ["3", "4", "5"]
