"""Which examples make a batch: by chance, or each class in proportion; the seed decides it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.jobs.batches import Batches
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Run
from autodesign.stdlib.data.reading.examples import Mapped, Splits, Table

pytestmark = pytest.mark.usefixtures("plain")

Start = Callable[..., Run]
FILES = ("last.safetensors", "best.safetensors", "metrics.jsonl", "result.json")
STRATIFIED = "batch 8 stratified by label"


class Killed(BaseException):
    """Stands for the end of the process."""


class Telling(Listener):
    """Notes warnings; ends the run after some steps."""

    def __init__(self, steps: int = -1) -> None:
        self.left, self.warnings = steps, list[Diagnostic]()

    def warned(self, job: object, warning: Diagnostic) -> None:
        self.warnings.append(warning)

    def stepped(self, epoch: int, step: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


def balanced(splits: Splits, classes: int = 2) -> Splits:
    """The same with few classes, each often there."""
    columns = {**splits.train.columns, "label": torch.arange(36) % classes}  # type: ignore[attr-defined]
    return replace(splits, train=Table(columns))


@pytest.mark.parametrize("classes", [None, torch.arange(100) % 3])
def test_an_epoch_holds_each_example_once_in_an_order_that_seed_and_epoch_decide(
    classes: torch.Tensor | None,
) -> None:
    batches = Batches(100, 32, 1, classes)
    one = torch.cat(batches.epoch(2))
    assert [len(part) for part in batches.epoch(2)] == [32, 32, 32, 4] and len(batches) == 4
    assert sorted(one.tolist()) == list(range(100))
    assert torch.equal(one, torch.cat(batches.epoch(2)))
    others = [Batches(100, 32, seed, classes).epoch(n) for seed, n in ((1, 3), (2, 2), (2, 1))]
    assert not any(torch.equal(one, torch.cat(other)) for other in others)


def test_stratified_batches_hold_each_class_in_proportion(
    text: str, check: Callable[..., Any], splits: Splits
) -> None:
    job = check(text.replace("batch 8", STRATIFIED)).jobs["job"]
    data = balanced(splits)
    for part in Batches.of(job, data.train).epoch(0):
        assert int(data.train.labels()[part].sum()) == len(part) / 2


def test_classes_are_read_where_they_are_no_labels_too(
    text: str, check: Callable[..., Any], splits: Splits
) -> None:
    train = Mapped(splits.train, lambda batch: {**batch, "kind": batch["label"] % 2 == 0})
    job = replace(check(text).jobs["job"], stratified="kind")
    batches = Batches.of(job, train)
    assert batches.classes is not None
    assert batches.classes.equal(splits.train.labels() % 2 == 0)


@pytest.mark.parametrize("step", [2, 7, 15])
def test_a_killed_run_with_stratified_batches_ends_as_one_that_was_not(
    start: Start, text: str, tmp_path: Path, splits: Splits, step: int
) -> None:
    text, data = text.replace("batch 8", STRATIFIED), balanced(splits)
    start(tmp_path / "whole", text, splits=data)
    with pytest.raises(Killed):
        start(tmp_path / "broken", text, splits=data, listener=Telling(step))
    start(tmp_path / "broken", text, splits=data, resume=True)
    for name in FILES:
        whole, broken = (tmp_path / run / "job" / name for run in ("whole", "broken"))
        assert whole.read_bytes() == broken.read_bytes()


def test_a_class_rarer_than_batches_is_told(start: Start, text: str, tmp_path: Path) -> None:
    listener = Telling()
    start(tmp_path / "run", text.replace("batch 8", STRATIFIED), listener=listener)
    (warning,) = listener.warnings
    assert warning.code == "AD970" and warning.severity == "warning"
    listener = Telling()
    start(tmp_path / "other", text, listener=listener)
    assert not listener.warnings
