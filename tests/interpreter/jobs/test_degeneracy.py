"""What a run tells of its surrogates: numbers, and warnings where they teach nothing."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.jobs import curves, watch
from autodesign.interpreter.jobs.degeneracy import degenerate
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Run

Start = Callable[..., Run]

SPEC = """ad 1
metric Hits(s: scores[n, k], y: label[n]) = mean(argmax(s[i]) == y[i] for i in n)
metric Zeros(s: scores[n, k], y: label[n]) =
  mean(argmax(s[i]) == y[i] for i in n if y[i] == 0)
metric Ten(s: scores[n, k], y: label[n]) = count(argmax(s[i]) == y[i] for i in n) > 500
data digits = Digits
network Linear10 { input image: image[1, 8, 8]  node y(image) = Flatten | Linear(10)  output z = y }
train job = Linear10 on digits {
  GOAL
  using Adam(lr=2e-2)  epochs 3  batch 8
}
"""
HITS = "Hits(z, label)"


@pytest.fixture(autouse=True)
def without_tensorboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "find_spec", lambda name: None)


def spec(goal: str) -> str:
    return SPEC.replace("GOAL", goal)


def records(run: Run) -> list[dict[str, Any]]:
    lines = (run.directory / "job" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


class Warned(Listener):
    def __init__(self) -> None:
        self.codes: list[str] = []

    def warned(self, job: object, warning: Diagnostic) -> None:
        self.codes.append(warning.code)


def test_an_epoch_tells_what_was_seen_in_some_of_its_steps(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY", 7)  # 5 steps an epoch: looks at steps 0, 7 and 14
    told = [
        one.get("surrogates") for one in records(start(tmp_path / "run", spec(f"maximize {HITS}")))
    ]
    assert all(one is not None and list(one) == [HITS] for one in told)
    first = told[0][HITS]
    assert set(first) == {
        "gradient", "cosine_to_cross_entropy", "cosine_to_pull", "saturated", "wrong"
    }  # fmt: skip
    assert first["cosine_to_cross_entropy"] > 0.5 and 0 < first["wrong"] < 1


def test_what_is_seen_is_of_the_metric_alone_and_as_it_is_trained(
    start: Start, tmp_path: Path
) -> None:
    def first(goal: str, out: str) -> dict[str, float]:
        return records(start(tmp_path / out, spec(goal)))[0]["surrogates"][HITS]

    alone = first(f"maximize {HITS}", "alone")
    mixed = first(f"maximize 10 * {HITS} - CrossEntropyLoss(z, label) by uniloss()", "mixed")
    assert mixed["gradient"] == pytest.approx(10 * alone["gradient"], rel=1e-5)  # float32
    assert mixed["cosine_to_pull"] == pytest.approx(alone["cosine_to_pull"], abs=1e-5)


def test_two_metrics_of_a_goal_are_told_apart(start: Start, tmp_path: Path) -> None:
    rule = 'by uniloss(interpolation="idw", near=4)'
    goal = spec(f"maximize {HITS} + Zeros(z, label) {rule}").replace("batch 8", "batch 36")
    told = records(start(tmp_path / "run", goal))[0]["surrogates"]
    assert list(told) == [HITS, "Zeros(z, label)"]
    assert told[HITS]["good"] != told["Zeros(z, label)"]["good"]


def test_looking_changes_nothing_that_is_learned(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = spec(f'maximize {HITS} by uniloss(interpolation="idw")')

    def weights(out: str, every: int) -> bytes:
        monkeypatch.setattr(watch, "EVERY", every)
        return (start(tmp_path / out, goal).directory / "job" / "best.safetensors").read_bytes()

    assert weights("often", 1) == weights("never", 10**9)


def test_a_goal_without_a_gradient_is_told_once_and_stands_in_report_and_metrics(
    start: Start, tmp_path: Path
) -> None:
    listener = Warned()
    goal = spec("maximize Ten(z, label)").replace("batch 8", "batch 36")
    run = start(tmp_path / "run", goal, listener=listener)
    assert listener.codes == ["AD971"]
    (first, *_) = records(run)
    assert first["surrogates"]["Ten(z, label)"]["gradient"] == 0
    assert first["warnings"][0].startswith("AD971: ")
    assert re.search(
        r"Warning in \d of 3 epochs: AD971", (run.directory / "report.html").read_text()
    )


def told(check: Callable[..., Any], goal: str, steps: int = 10, **record: Any) -> list[str]:
    job = check(spec(goal)).jobs["job"]
    return [one.code for one in degenerate(job, record, steps)]


@pytest.mark.parametrize(
    ("numbers", "codes"),
    [
        ({"gradient": 0.1, "saturated": 0.5, "wrong": 0.5}, []),
        ({"gradient": 0.0, "saturated": 0.5, "wrong": 0.5}, ["AD971"]),
        ({"gradient": 0.0}, ["AD971"]),
        ({"gradient": 0.0, "saturated": 1.0, "wrong": 0.0}, []),  # it has learned all there is
        ({"gradient": 0.1, "saturated": 0.99, "wrong": 0.5}, ["AD973"]),
        ({"gradient": 0.0, "saturated": 0.99, "wrong": 0.5}, ["AD971"]),
        ({"gradient": 0.1, "entropy": 0.999, "cosine_to_pull": 0.99}, ["AD972"]),
        ({"gradient": 0.1, "entropy": 0.999, "cosine_to_pull": 0.5}, []),
    ],
)
def test_which_numbers_are_warned_of(
    check: Callable[..., Any], numbers: dict[str, float], codes: list[str]
) -> None:
    assert told(check, f"maximize {HITS}", surrogates={HITS: numbers}) == codes


def test_many_skipped_batches_are_warned_of(check: Callable[..., Any]) -> None:
    assert told(check, f"maximize {HITS}", skipped_batches={HITS: 2}) == []
    assert told(check, f"maximize {HITS}", skipped_batches={HITS: 3}) == ["AD974"]


def test_anchors_of_many_comparisons_are_known_by_their_weights_alone(
    check: Callable[..., Any],
) -> None:
    assert told(
        check, f"maximize {HITS}", surrogates={HITS: {"gradient": 0.1, "entropy": 0.999}}
    ) == ["AD972"]
