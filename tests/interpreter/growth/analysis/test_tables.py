"""What is worked out of a journal, against counts by hand and against the search itself."""

from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any

import journals
import pytest
from scipy.stats import spearmanr

from autodesign.interpreter.growth import ranking
from autodesign.interpreter.growth.analysis.analysis import analysed, as_data
from autodesign.interpreter.growth.analysis.effects import effects
from autodesign.interpreter.growth.analysis.history import History, read
from autodesign.interpreter.growth.analysis.measure import Measure, measure_of
from autodesign.interpreter.growth.analysis.pruning import chances
from autodesign.interpreter.growth.analysis.simulation import replay
from autodesign.interpreter.growth.analysis.totals import progress, totals


def history(folder: Path, lines: Any) -> History:
    return read(journals.write(folder / "grown", lines))


def measured(found: History) -> Measure:
    measure = measure_of(found)
    assert measure
    return measure


def family(*qualities: float, move: str = "grow") -> list[Any]:
    """A first candidate of quality 1 and its children, one step."""
    lines = [journals.gan(steps=0, ended=False)[0]]
    lines.append(journals.candidate("first", None, None, 0, 8, 1.0, {"G": 10, "D": 10}))
    for number, quality in enumerate(qualities):
        sizes = {"G": 10, "D": 10}
        lines.append(journals.candidate(f"c{number}", "first", move, 1, 8, quality, sizes))
    return lines


# --- by what candidates are compared --------------------------------------------------------------


def test_distances_are_compared_by_their_ratio_to_the_baseline(tmp_path: Path) -> None:
    found = history(tmp_path, journals.gan())
    measure = measured(found)
    assert measure.across and measure.name.endswith("/ that of proggan")
    for one in found.done:
        assert measure.values[one.id] == one.normalised[journals.DISTANCE]


def test_without_a_baseline_the_median_of_each_resolution_is_one(tmp_path: Path) -> None:
    found = history(tmp_path, journals.gan(baseline=None))
    measure = measured(found)
    assert not measure.across
    for side in (8, 16):
        values = sorted(measure.values[c.id] for c in found.done if c.resolution == side)
        middle = values[(len(values) - 1) // 2], values[len(values) // 2]
        assert fmean(middle) == pytest.approx(1, rel=1e-12)  # a division's rounding


def test_a_doubling_is_not_compared_without_a_baseline(tmp_path: Path) -> None:
    found = history(tmp_path, journals.gan(baseline=None, lost=0))
    [upscale] = [one for one in effects(found, measured(found)) if one.move == "upscale"]
    assert upscale.children and upscale.compared == 0 and upscale.share is None


# --- actions (figure 5.5) -------------------------------------------------------------------------


def test_effect_counts_children_better_than_their_parent(tmp_path: Path) -> None:
    lines = family(0.5, 0.8, 1.2)
    lost = lines[-1] | {"id": "lost", "outcome": "diverged", "values": {}, "normalised": {}}
    found = history(tmp_path, [*lines, lost])
    [effect] = effects(found, measured(found))
    assert (effect.children, effect.compared, effect.better, effect.lost) == (4, 4, 2, 1)
    gone = [0.5, 0.2, -0.2]  # of the parent's distance, 1
    assert effect.mean == pytest.approx(fmean(gone)) and effect.deviation == pytest.approx(
        stdev(gone)
    )


def test_what_is_maximised_improves_by_its_difference(tmp_path: Path) -> None:
    found = history(tmp_path, journals.classifier(3))
    first, second = effects(found, measured(found))
    assert first.mean == pytest.approx(1 / 6) and second.mean == pytest.approx(2 / 6)


def test_actions_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    found = history(tmp_path, journals.classifier(14))
    moves = [one.move for one in effects(found, measured(found))]
    assert moves == [f"grow(filters={8 * number})" for number in range(1, 14)]


# --- pruning (figure 5.6) -------------------------------------------------------------------------


def test_chances_count_children_on_each_side_of_the_threshold(tmp_path: Path) -> None:
    lines = family(0.5, 0.9, 1.4)
    for number, (parent, quality) in enumerate([("c0", 0.4), ("c0", 0.8), ("c2", 1.3)]):
        sizes = {"G": 10, "D": 10}
        lines.append(journals.candidate(f"d{number}", parent, "grow", 2, 8, quality, sizes))
    found = history(tmp_path, lines)
    for chance in chances(found, measured(found)):
        pairs = [(1, 0.5), (1, 0.9), (1, 1.4), (0.5, 0.4), (0.5, 0.8), (1.4, 1.3)]
        good = [child for parent, child in pairs if parent <= chance.threshold]
        other = [child for parent, child in pairs if parent > chance.threshold]
        assert chance.good == (len(good), sum(c <= chance.threshold for c in good))
        assert chance.other == (len(other), sum(c <= chance.threshold for c in other))


def test_good_parents_have_good_children_where_quality_is_inherited(tmp_path: Path) -> None:
    found = history(tmp_path, journals.gan(keep=10, steps=5))
    middle = chances(found, measured(found))[5]
    assert (middle.of_good or 0) > (middle.of_other or 0)


# --- simulation (figure 5.6 right) ----------------------------------------------------------------


@pytest.mark.parametrize("baseline", ["proggan", None])
@pytest.mark.parametrize("seed", range(3))
def test_simulation_with_the_searchs_own_settings_is_the_search(
    tmp_path: Path, seed: int, baseline: str | None
) -> None:
    lines = journals.gan(seed=seed, keep=5, baseline=baseline)
    found = history(tmp_path, lines)
    if baseline:  # the made-up search ranks by ratios, which the journal does not hold without one
        trained = replay(found, 5, 1.0, Random(0))
        assert {one.id for one in trained} == set(found.candidates)
        best = ranking.best(found.goals, trained)
        assert best and best.id == found.best
    whole = analysed(found)
    assert whole.over_keep[-1] == whole.over_sample[-1]


def test_simulation_with_less_trains_less(tmp_path: Path) -> None:
    found = analysed(history(tmp_path, journals.gan(keep=6, steps=5)))
    for course in (found.over_keep, found.over_sample):
        counts = [one.candidates for one in course]
        assert counts == sorted(counts) and counts[0] < counts[-1]


def test_simulation_takes_nothing_that_the_journal_does_not_hold(tmp_path: Path) -> None:
    found = history(tmp_path, journals.gan(keep=3))
    for keep in (1, 2, 50):
        trained = [one.id for one in replay(found, keep, 0.5, Random(keep))]
        assert set(trained) <= set(found.candidates) and len(set(trained)) == len(trained)


# --- cost, progress, correlation ------------------------------------------------------------------


def test_totals_are_sums_over_candidates(tmp_path: Path) -> None:
    found = history(tmp_path, journals.gan())
    whole = totals(list(found.candidates.values()))
    assert whole.candidates == len(found.candidates)
    assert whole.images == 1600 * whole.candidates and whole.seconds == 36 * whole.candidates
    parts = analysed(found).by_step.values()
    assert sum(part.candidates for part in parts) == whole.candidates


def test_progress_is_the_best_so_far(tmp_path: Path) -> None:
    found = history(tmp_path, journals.gan(seed=4))
    for one in progress(found, found.goals[0]):
        best, at = float("inf"), {}
        for number, candidate in enumerate(found.candidates.values(), 1):
            value = candidate.values.get(journals.DISTANCE)
            if candidate.resolution == one.resolution and value is not None and value < best:
                best = at[number] = value
        assert one.values[:-1] == tuple(at.values()) and one.candidates[:-1] == tuple(at)
        assert one.candidates[-1] == len(found.candidates) and one.values[-1] == best


def test_correlation_is_spearmans_within_each_resolution(tmp_path: Path) -> None:
    found = history(tmp_path, journals.classifier())
    first = analysed(found).correlations[0]
    accuracy, condition = (
        [one.values[goal.text] for one in found.done] for goal in found.opening.criteria
    )
    assert (first.one, first.other) == ("Accuracy(y, label)", "NtkCondition()")
    assert first.candidates == 30
    assert first.rho == pytest.approx(spearmanr(accuracy, condition).statistic)
    assert first.rho is not None and first.rho < -0.9


def test_what_is_the_same_for_all_has_no_rank(tmp_path: Path) -> None:
    found = history(tmp_path, family(*[0.9] * 6))
    assert {one.rho for one in analysed(found).correlations} == {None}


def test_route_leads_from_the_first_candidate_to_the_best(tmp_path: Path) -> None:
    found = history(tmp_path, journals.gan())
    route = analysed(found).route
    assert route[0].id == "first" and route[-1].id == found.best
    assert all(b.parent == a.id for a, b in pairwise(route))
    assert [one["id"] for one in as_data(analysed(found))["route"]] == [one.id for one in route]
