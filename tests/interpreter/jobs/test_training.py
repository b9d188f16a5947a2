"""What a job does, from its first step to its result."""

import errno
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.jobs.failures import RunError
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.run import Run
from autodesign.stdlib.data.reading.examples import Splits, Table

pytestmark = pytest.mark.usefixtures("plain")

Start = Callable[..., Run]


def records(run: Run, job: str = "job") -> list[dict[str, Any]]:
    lines = (run.directory / job / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


class Counted(Table):
    """Examples that count how often each was read."""

    def __init__(self, inner: Table) -> None:
        super().__init__(inner.columns)
        object.__setattr__(self, "reads", torch.zeros(len(inner), dtype=torch.int64))

    def batch(self, indices: Tensor) -> dict[str, Tensor]:
        self.reads[indices] += 1  # type: ignore[attr-defined]
        return super().batch(indices)


def test_the_test_split_is_read_once(start: Start, splits: Splits, tmp_path: Path) -> None:
    test = Counted(splits.test)
    start(tmp_path / "run", splits=Splits(splits.train, splits.validation, test, splits.fields))
    assert test.reads.tolist() == [1] * len(test)  # type: ignore[attr-defined]


def test_each_epoch_reads_each_training_example_once(
    start: Start, splits: Splits, tmp_path: Path
) -> None:
    train = Counted(splits.train)
    start(tmp_path / "run", splits=Splits(train, splits.validation, splits.test, splits.fields))
    fingerprinted = 1
    assert train.reads.tolist() == [3 + fingerprinted] * len(train)  # type: ignore[attr-defined]


def test_a_seed_decides_everything(start: Start, tmp_path: Path) -> None:
    def weights(out: str, seed: int) -> bytes:
        done = start(tmp_path / out, settings={"seed": str(seed)})
        return (done.directory / "job" / "best.safetensors").read_bytes()

    assert weights("a", 3) == weights("b", 3) != weights("c", 4)


def test_the_random_numbers_of_the_caller_are_left_alone(start: Start, tmp_path: Path) -> None:
    before = torch.get_rng_state()
    start(tmp_path / "run")
    assert torch.equal(torch.get_rng_state(), before)


def test_records_tell_losses_rewards_exploration_and_validation(
    start: Start, tmp_path: Path
) -> None:
    first, *_, last = records(start(tmp_path / "run"))
    reward = "lam * Accuracy(y, label) + (1 - lam) * (1 - cost / cost(N3))"
    assert set(first["losses"]) == {reward, "CrossEntropyLoss(y, label)"}
    assert 0 <= first["rewards"][reward] <= 1
    # 36 examples in batches of 8 and bags of 4: 4 whole batches of 2 bags, and 1 bag
    assert (first["bags"], first["skipped_bags"]) == (9, 0)
    assert first["explore"] > last["explore"] == pytest.approx(0.1)
    assert first["validation"]["examples"] == 8
    assert sum(first["validation"]["paths"].values()) == 8


def test_the_result_is_that_of_the_best_epoch(
    start: Start, text: str, tmp_path: Path, splits: Splits
) -> None:
    """With the validation examples as test examples, the result repeats the best record."""
    done = start(
        tmp_path / "run",
        text.replace("epochs 3", "epochs 6").replace("clip 5", "keep cost"),
        splits=Splits(splits.train, splits.validation, splits.validation, splits.fields),
    )
    values = [record["validation"]["values"] for record in records(done)]
    costs = [value["cost"] for value in values]
    best = costs.index(min(costs))
    result = done.results["job"]
    assert result.best_epoch == best + 1
    assert result.values == values[best]


def test_without_validation_examples_the_last_epoch_is_kept(
    start: Start, splits: Splits, tmp_path: Path
) -> None:
    nothing = splits.validation.take(torch.arange(0))
    without = Splits(splits.train, nothing, splits.test, splits.fields)
    done = start(tmp_path / "run", splits=without)
    assert done.results["job"].best_epoch == 3
    assert "validation" not in records(done)[0]


def test_undefined_rewards_are_skipped_and_counted(start: Start, head: str, tmp_path: Path) -> None:
    """Recall is undefined for a bag without positives."""
    job = """
    train job = Two on digits {
      maximize Recall(y, label) by q_learning(bag=2)
      minimize CrossEntropyLoss(y, label)
      using Adam  epochs 1  batch 8
    }
    """
    two = head.replace("(Accuracy)", "(Recall)").replace("HighLow", "Two")
    two = two.replace("Linear(10)", "Linear(2)").replace("= Digits", "= Binary(Digits)")
    label = torch.tensor([0, 0, 0, 1]).repeat(9)
    columns = {"image": torch.rand(36, 1, 8, 8), "label": label}
    flags = {"image": spec.FieldType("image", (1, 8, 8)), "label": spec.FieldType("label", (), 2)}
    done = start(tmp_path / "run", two + job, splits=Splits(*[Table(columns)] * 3, flags))
    [record] = records(done)
    assert record["bags"] == 18
    # 9 positives in 18 bags: at least 9 bags have none
    assert 9 <= record["skipped_bags"] < 18


def test_patience_ends_a_job_that_gains_nothing(start: Start, head: str, tmp_path: Path) -> None:
    job = """
    train job = HighLow on digits {
      minimize CrossEntropyLoss(y, label)
      using SGD(lr=0)  epochs 50  batch 8  patience 2
    }
    """
    result = start(tmp_path / "run", head + job).results["job"]
    assert (result.epochs, result.best_epoch) == (3, 1)


def test_outputs_without_a_loss_are_trained_as_action_values(
    start: Start, head: str, tmp_path: Path
) -> None:
    job = """
    train job = HighLow on digits {
      maximize Accuracy(y, label)
      by q_learning(bag=1, explore=constant(0.5))
      using Adam(lr=1e-2)  epochs 2  batch 8
    }
    """
    before = start(tmp_path / "a", head + job.replace("epochs 2", "epochs 1").replace("1e-2", "0"))
    after = start(tmp_path / "b", head + job)
    from safetensors.torch import load_file

    weights = [load_file(r.directory / "job" / "last.safetensors") for r in (before, after)]
    for name in ("network.N2.2.weight", "network.N3.4.weight", "network.Q.2.weight"):
        assert not torch.equal(weights[0][name], weights[1][name]), name


def test_q_learning_finds_the_path_that_pays(start: Start, head: str, tmp_path: Path) -> None:
    """With a reward for cheapness alone, every example takes the cheap path."""
    job = """
    train job = HighLow on digits {
      maximize lam * Accuracy(y, label) + (1 - lam) * (1 - cost / cost(N3))
      by q_learning(bag=1, explore=constant(0.5))
      minimize CrossEntropyLoss(y, label)
      using Adam(lr=2e-2)  epochs 12  batch 8
    }
    """
    cheap = start(tmp_path / "a", head + job, settings={"lam": "0"}).results["job"]
    assert cheap.rates["N2"] == 1.0 and cheap.cost == cheap.least


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_precision_is_that_of_the_layers_not_of_the_weights(
    start: Start, tmp_path: Path, precision: str
) -> None:
    from safetensors.torch import load_file

    done = start(tmp_path / "run", precision=precision)
    weights = load_file(done.directory / "job" / "best.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.float32}


def test_a_full_disk_leaves_whole_files_only(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever file the disk has no room for, the run ends with AD902 and can be resumed."""
    whole = start(tmp_path / "whole")
    expected = (whole.directory / "job" / "last.safetensors").read_bytes()
    real = os.fsync
    for number in (3, 4, 5, 6, 8):  # the facts, best, metrics, last, the second epoch's
        left, out = [number], tmp_path / f"run{number}"

        def sync(file: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(file)

        monkeypatch.setattr(os, "fsync", sync)
        with pytest.raises(RunError) as refusal:
            start(out)
        assert [d.code for d in refusal.value.diagnostics] == ["AD902"]
        assert not list(out.rglob("*.unfinished"))
        monkeypatch.setattr(os, "fsync", real)
        start(out, resume=True)
        assert (out / "job" / "last.safetensors").read_bytes() == expected


def test_a_refused_run_leaves_nothing_behind(start: Start, splits: Splits, tmp_path: Path) -> None:
    fields = {**splits.fields, "image": spec.FieldType("image", (3, 9, 9))}
    other = Splits(splits.train, splits.validation, splits.test, fields)
    for request in ({"splits": other}, {"job": "unknown"}, {"device": "cuda:77"}):
        with pytest.raises(SpecError):
            start(tmp_path / "run", **request)
        assert not (tmp_path / "run").exists()


def test_listeners_hear_of_every_step_and_epoch(start: Start, tmp_path: Path) -> None:
    class Log(Listener):
        steps, epochs = 0, 0

        def stepped(self, epoch: int, step: int) -> None:
            self.steps += 1

        def epoch_ended(self, job: spec.Train, record: Mapping[str, Any]) -> None:
            self.epochs += 1

    log = Log()
    start(tmp_path / "run", listener=log)
    assert (log.steps, log.epochs) == (15, 3)
