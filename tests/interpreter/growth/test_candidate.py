"""A candidate from its parent's weights to its own folder, broken off anywhere and continued."""

import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from killed import Killed, killed_within_any_write

from autodesign.dsl.growth import Search
from autodesign.dsl.load import load_text
from autodesign.interpreter.growth import course
from autodesign.interpreter.growth.assignment import Assignment, Outcome
from autodesign.interpreter.growth.candidate import train_candidate
from autodesign.interpreter.growth.lineage import Lineage, Weights
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.device import threads
from autodesign.stdlib.data import load
from autodesign.stdlib.library import standard

TEXT = """ad 1
use std.metrics (Accuracy)
data digits = Digits()
block conv(filters, size) = EqualizedConv2d(filters, size) | LeakyReLU(0.2) | PixelNorm
growth Small {
  generator G {
    input z: vector[8]
    node base(z) = EqualizedLinear(64) | LeakyReLU(0.2) | Unflatten(1, [4, 4, 4])
    node rgb(base) = EqualizedConv2d(1, 1, gain=1)
    output image = rgb
  }
  discriminator D {
    input x: image[1, 4, 4]
    node stem(x) = EqualizedConv2d(4, 1) | LeakyReLU(0.2)
    node score(stem) = MinibatchStdDev | Flatten | Dropout(0.1) | EqualizedLinear(1, gain=1)
    output critic = score
  }
  action grow_G(filters in {3}) = conv(filters, 3) before G.rgb
  action upscale = double G by conv(6, 3), D by conv(6, 3) with fade_in(0.5)
}
search grown = Small on digits {
  minimize KernelDistance(features=Pixels(), n=32)
  by top_k(keep=2, sample=1)
  train RECIPE using Adam(lr=1e-3, betas=[0, 0.99]) for 12 iterations
  finish 6 iterations
  until resolution 8, layers 3
  inherit INHERIT  batch 8  seed 4
}
growth Nets {
  network C {
    input x: image[1, 4, 4]
    node stem(x) = Conv2d(4, 3, padding=1) | BatchNorm2d | ReLU
    node head(stem) = Conv2d(6, 3, padding=1) | ReLU | AdaptiveAvgPool2d(2) | Flatten | Linear(10)
    output y = head
  }
  action wider(filters in {3, 5}) = Conv2d(filters, 3, padding=1) | ReLU after C.stem
  action upscale = double C by Conv2d(4, 3, padding=1) | ReLU with fade_in(0.5)
}
search nets = Nets on digits {
  maximize Accuracy(y, label)
  by top_k(keep=2, sample=1)
  train CrossEntropyLoss(y, label) using SGD(lr=0.02, momentum=0.9) for 1 epochs
  until resolution 8, layers 3
  inherit INHERIT  batch 128  seed 4
}
"""
FILES = ("networks.safetensors", "optimizer.safetensors")
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only wait for a second one."""
    with threads(1):
        yield


class Told:
    """Counts steps, and ends the process after some of them."""

    def __init__(self, last: int = 0) -> None:
        self.steps, self.last = [], last

    def stepped(self, done: int, total: int) -> None:
        self.steps.append((done, total))
        if done == self.last:
            raise Killed


def search(name: str = "grown", recipe: str = "wgan_gp()", inherit: str = "overlap") -> Search:
    text = TEXT.replace("RECIPE", recipe).replace("INHERIT", inherit)
    checked, problems = load_text(text, "small.ad", standard(), {}, None)
    assert checked is not None, [one.message for one in problems]
    return checked.searches[name]


def assigned(
    what: Search, out: Path, moves: tuple[str, ...] = (), parent: Path | None = None, **more: bool
) -> Assignment:
    known = {move.text: move for move in what.growth.moves}
    directory = out / what.name / "candidates" / ("-".join(map(str, map(len, moves))) or "first")
    return Assignment(what, tuple(known[m] for m in moves), parent, "id", 7, directory, **more)


def train(assignment: Assignment, told: Told | None = None) -> Outcome:
    """As the engine does it: into the partial folder, which then becomes the candidate's."""
    assignment.partial.mkdir(parents=True, exist_ok=True)
    outcome = train_candidate(assignment, CPU, told or Told())
    assignment.partial.rename(assignment.directory)
    return outcome


def left_in(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def told(outcome: Outcome) -> dict[str, object]:
    return outcome.model_dump(exclude={"seconds"})


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    first = assigned(search(), tmp_path / "parent")
    assert train(first).outcome == "done"
    return first.directory


def test_a_candidate_leaves_its_networks_optimisers_and_images(parent: Path) -> None:
    assert sorted(path.name for path in parent.iterdir()) == ["images.png", *FILES]
    tensors = checkpoint.read(parent / "networks.safetensors").tensors
    assert {name.split(".")[0] for name in tensors} == {"G", "D", "ema"}
    assert tensors["G.rgb.0.weight"].shape == tensors["ema.G.rgb.0.weight"].shape == (1, 4, 1, 1)
    states = checkpoint.read(parent / "optimizer.safetensors").tensors
    assert float(states["D.stem.0.weight.step"]) == 12


def test_what_comes_of_a_candidate(parent: Path, tmp_path: Path) -> None:
    spied = Told()
    child = assigned(search(), tmp_path, ("upscale",), parent)
    outcome = train(child, spied)
    assert spied.steps == [(step, 12) for step in range(1, 13)]
    assert (outcome.outcome, outcome.resolution, outcome.images) == ("done", 8, 12 * 8)
    assert outcome.layers == {"G": 1, "D": 1}
    weights = Weights.read(child.directory, Lineage.of(child).architecture)
    for name, state in weights.networks.items():
        assert sum(v.numel() for v in state.values()) == outcome.parameters[name]
    (text,) = outcome.values
    assert outcome.n == {text: 32} and outcome.floors[text] is not None


@pytest.mark.parametrize("inherit", ["reinit", "overlap", "identity"])
@pytest.mark.parametrize(
    "recipe", ["wgan_gp(critic_steps=2)", 'gan(loss="hinge", penalty=1, ema=0)']
)
def test_the_same_again_to_the_bit(parent: Path, tmp_path: Path, recipe: str, inherit: str) -> None:
    what = search(recipe=recipe, inherit=inherit)
    one, other = (assigned(what, tmp_path / n, ("grow_G(filters=3)",), parent) for n in "ab")
    assert told(train(one)) == told(train(other))
    assert left_in(one.directory) == left_in(other.directory)


# 12 iterations, the first six of which fade; saved after each, or never but at the end
@pytest.mark.parametrize("save_every", [0.0, 1e9])
@pytest.mark.parametrize("step", sorted(random.Random(0).sample(range(1, 13), 5)))
def test_killed_between_iterations(
    parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, save_every: float
) -> None:
    unbroken = assigned(search(), tmp_path / "unbroken", ("upscale",), parent)
    expected = told(train(unbroken))
    monkeypatch.setattr(course, "SAVE_EVERY", save_every)
    broken = assigned(search(), tmp_path / "broken", ("upscale",), parent)
    with pytest.raises(Killed):
        train(broken, Told(step))
    torch.manual_seed(step)  # what the process drew before is of no matter
    assert told(train(broken)) == expected
    assert left_in(broken.directory) == left_in(unbroken.directory)


def test_killed_again_and_again(
    parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = assigned(search(), tmp_path / "unbroken", ("upscale",), parent)
    expected = told(train(unbroken))
    monkeypatch.setattr(course, "SAVE_EVERY", 0.0)
    broken = assigned(search(), tmp_path / "broken", ("upscale",), parent)
    for step in range(1, 13):
        with pytest.raises(Killed):
            train(broken, Told(step))
    assert told(train(broken)) == expected
    assert left_in(broken.directory) == left_in(unbroken.directory)


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_its_process_killed_at_random_moments(
    parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    began = time.monotonic()
    unbroken = assigned(search(), tmp_path / "unbroken", ("upscale",), parent)
    expected = told(train(unbroken))
    longest = time.monotonic() - began
    monkeypatch.setattr(course, "SAVE_EVERY", 0.0)
    # a fork has the test's modules and one thread; nothing but the moment is up to chance
    start, moments = multiprocessing.get_context("fork").Process, random.Random(kills)
    for number in range(kills):
        broken = assigned(search(), tmp_path / str(number), ("upscale",), parent)
        process = start(target=train, args=(broken,))
        process.start()
        process.join(moments.uniform(0, longest))
        process.kill()
        process.join()
        if not broken.directory.exists():
            assert told(train(broken)) == expected
        assert left_in(broken.directory) == left_in(unbroken.directory)


def test_killed_within_any_write(
    parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "SAVE_EVERY", 0.0)

    def start(out: Path, resume: bool = False) -> None:
        train(assigned(search(), out, ("upscale",), parent))

    def left(out: Path) -> dict[str, bytes]:
        return left_in(assigned(search(), out, ("upscale",)).directory)

    start(tmp_path / "unbroken")
    unbroken = left(tmp_path / "unbroken")
    number = killed_within_any_write(start, unbroken, left, tmp_path, monkeypatch)
    assert number > 12  # a checkpoint in each iteration, then networks, optimisers, images


def test_trained_on_from_where_it_ended(parent: Path, tmp_path: Path) -> None:
    finished = assigned(search(), tmp_path, (), parent, finish=True)
    spied = Told()
    outcome = train(finished, spied)
    assert spied.steps[-1] == (6, 6) and outcome.images == 6 * 8
    states = checkpoint.read(finished.directory / "optimizer.safetensors").tensors
    assert float(states["D.stem.0.weight.step"]) == 12 + 6


def test_optimisers_go_on_through_a_fade(parent: Path, tmp_path: Path) -> None:
    """The old head has no place in the settled network, and neither has what is known of it."""
    child = assigned(search(), tmp_path, ("upscale",), parent)
    train(child)
    networks = checkpoint.read(child.directory / "networks.safetensors").tensors
    states = checkpoint.read(child.directory / "optimizer.safetensors").tensors
    of = {name.rsplit(".", 1)[0] for name in states}
    assert of == {name for name in networks if not name.startswith("ema")}
    assert not any("rgb_4" in name or "alpha" in name for name in networks)


@pytest.mark.parametrize("moves", [("upscale",), ("wider(filters=3)",)])
@pytest.mark.parametrize("inherit", ["overlap", "identity"])
def test_a_classifier_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: tuple[str, ...], inherit: str
) -> None:
    what = search("nets", inherit=inherit)
    first = assigned(what, tmp_path)
    before = train(first)
    unbroken = assigned(what, tmp_path / "unbroken", moves, first.directory)
    after = train(unbroken)
    assert (before.outcome, after.outcome) == ("done", "done")
    assert after.images == before.images == len(load(what.data.call).train)
    (accuracy,) = after.values.values()
    assert accuracy is not None and accuracy > before.values["Accuracy(y, label)"] - 0.2
    monkeypatch.setattr(course, "SAVE_EVERY", 0.0)
    broken = assigned(what, tmp_path / "broken", moves, first.directory)
    with pytest.raises(Killed):
        train(broken, Told(3))
    assert told(train(broken)) == told(after)
    assert left_in(broken.directory) == left_in(unbroken.directory)


def test_a_training_that_diverges_is_told_and_not_raised(tmp_path: Path) -> None:
    what = search(recipe="wgan_gp()")
    training = what.training
    wild = replace(training.optimizer, args={**training.optimizer.args, "lr": 1e30})
    what = replace(what, training=replace(training, optimizer=wild))
    outcome = train(assigned(what, tmp_path))
    assert outcome.outcome == "diverged"
    assert outcome.error and not outcome.values
    assert outcome.parameters["G"] > 0


def test_random_numbers_of_the_process_are_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    train(assigned(search(), tmp_path))
    assert torch.equal(torch.rand(3), expected)


def test_the_average_goes_on_where_it_was(parent: Path, tmp_path: Path) -> None:
    """A fresh average would forget nine tenths of its weights in the first iteration."""
    what = search(recipe="wgan_gp(ema=0.99)")
    finished = assigned(what, tmp_path, (), parent, finish=True)
    train(finished)
    before, after = (
        checkpoint.read(folder / "networks.safetensors").tensors
        for folder in (parent, finished.directory)
    )
    own, followed = "ema.G.base.0.weight", "G.base.0.weight"
    moved = (after[own] - before[own]).norm()
    assert 0 < moved < 0.1 * (after[followed] - before[own]).norm()  # 1 - 0.99 ^ 6 is 0.06
