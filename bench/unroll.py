"""What an unrolled detector costs a step of DetectorGAN, in time and memory; other packages beside.

    python bench/unroll.py                 # a few minutes on one core
    python bench/unroll.py --large         # a ResNet-50 too, and all as large as in the thesis
    python bench/unroll.py --device cuda

The pipelines stand in unroll.ad and are computed as jobs compute them: all gradients of a step, on
random images. `Full` has all terms of chapter 4, `Detector` those alone that the detector is in.
One step of it is unrolled, or five.
`plain` is the step without `after`. In `separate` nothing is shared: every goal, and each term of
it that the detector is in, is computed from the start and by itself. `lean` is `after ... lean`.
higher and torchopt (pip install them; else they are left out) compute the gradients of `Detector`
by their own unrolled SGD, on the same modules. Everything is measured in one process, in turns,
medians. Memory is what tensors take at most above what they took before the step. Results go to
bench/results/unroll.json and .md.
"""

import argparse
import importlib.util
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

import torch
from clock import seconds
from torch import Tensor, nn

from autodesign.dsl import pipeline as checked
from autodesign.dsl.load import load_text
from autodesign.interpreter.pipeline.needs import Pursued, plan, pursued
from autodesign.interpreter.pipeline.played import Played, module_of
from autodesign.interpreter.pipeline.step import gradients
from autodesign.interpreter.pipeline.tools import Tools
from autodesign.interpreter.pipeline.values import Drawn, Values
from autodesign.stdlib.library import standard

HERE = Path(__file__).parent
RATE = 1e-4
CPU = torch.profiler.ProfilerActivity.CPU
PEERS = ("higher", "torchopt")
SAME = 1e-3
"""How far gradients may be apart, relative, in single precision"""

Gradients = Sequence[Tensor | None]
Step = Callable[[], Mapping[int, Gradients]]
"""Gives the gradients by player."""


@dataclass(frozen=True)
class Setting:
    detector: str
    size: int
    blocks: int
    filters: int
    batch: int
    rounds: int
    steps: int = 1


SETTINGS = {
    "small": Setting("retinanet_small(classes=1)", 64, 3, 16, 4, 9),
    "small, five steps": Setting("retinanet_small(classes=1)", 64, 3, 16, 4, 3, steps=5),
}
LARGE = {
    "resnet50": Setting("retinanet_resnet50_fpn(classes=1)", 64, 3, 32, 2, 5),
    "thesis": Setting("retinanet_resnet50_fpn(classes=1)", 256, 9, 64, 2, 5),
}


class Bench:
    """The steps of one pipeline of unroll.ad, on the same modules and images."""

    def __init__(self, name: str, setting: Setting, device: str) -> None:
        self.name, self.setting, self.device = name, setting, device
        torch.manual_seed(0)
        self.pipeline = self._pipeline(unrolled=True, lean=False)
        self.modules = [module_of(one).to(device).train() for one in self.pipeline.players]
        self.players = [Played(module) for module in self.modules]
        self.weights = [[w for w in m.parameters() if w.requires_grad] for m in self.modules]
        self.drawn = self._drawn()

    def steps(self) -> dict[str, Step]:
        plain = self._pipeline(unrolled=False, lean=False)
        lean = self._pipeline(unrolled=True, lean=True)
        return {
            "plain": self._step(plain, goals(plain)),
            "unrolled": self._step(self.pipeline, goals(self.pipeline)),
            "lean": self._step(lean, goals(lean)),
            "separate": self._separate(),
        }

    def peers(self) -> dict[str, Step]:
        if self.name != "Detector" or self.setting.steps > 1:
            return {}
        made = {"higher": self._higher, "torchopt": self._torchopt}
        return {name: made[name] for name in PEERS if importlib.util.find_spec(name)}

    def _pipeline(self, unrolled: bool, lean: bool) -> checked.Pipeline:
        one = self.setting
        flags = f"{str(unrolled).lower()}, {str(lean).lower()}"
        job = (
            f"train job = {self.name}(clean, labelled, {flags}, {one.detector}) "
            f"{{ using Adam(lr=2e-4)  batch {one.batch} }}\n"
        )
        text = (HERE / "unroll.ad").read_text() + job
        given = {name: str(getattr(one, name)) for name in ("size", "blocks", "filters", "steps")}
        spec, found = load_text(text, "unroll.ad", standard(), given)
        assert spec is not None, found
        return spec.jobs["job"].pipeline

    def _drawn(self) -> Drawn:
        batch, size = self.setting.batch, self.setting.size
        images = torch.rand(2, batch, 3, size, size, device=self.device)
        corners = torch.randint(2, size // 2, (2, batch, 1, 2), device=self.device)
        ends = corners + torch.randint(12, size // 2 - 2, (2, batch, 1, 2), device=self.device)
        kind = torch.zeros(2, batch, 1, 1, device=self.device)
        boxes = torch.cat([corners, ends, kind], 3).float()
        fields = {0: {"image": images[0]}, 1: {"image": images[1], "box": boxes[1]}}
        return Drawn(fields, dict.fromkeys(self._placed(), boxes[0]))

    def _placed(self) -> list[int]:
        values = enumerate(self.pipeline.values)
        return [index for index, one in values if isinstance(one.made, checked.Placed)]

    def _step(self, pipeline: checked.Pipeline, pursued: Sequence[Pursued]) -> Step:
        needs, tools = plan(pipeline, pursued), Tools(pipeline)

        def step() -> Mapping[int, Gradients]:
            values = Values(pipeline, needs, tools, self.players, self.drawn, replay=False)
            return gradients(values, pursued, self.weights)[0]

        return step

    def _separate(self) -> Step:
        detector = [player.name for player in self.pipeline.players].index("DET")
        groups = []
        for one in goals(self.pipeline):
            values = self.pipeline.values
            own = [t for t in one.terms if detector in values[t.value].players]
            rest = [term for term in one.terms if term not in own]
            if one.goal.players == (detector,):
                own, rest = [], list(one.terms)
            groups += [replace(one, terms=tuple(terms)) for terms in (rest, *([t] for t in own))]
        parts = [self._step(self.pipeline, [one]) for one in groups if one.terms]

        def step() -> Mapping[int, Gradients]:
            total: dict[int, list[Tensor | None]] = {}
            for part in parts:
                for player, found in part().items():
                    before = total.get(player, [None] * len(found))
                    total[player] = [plus(a, b) for a, b in zip(before, found, strict=True)]
            return total

        return step

    # --- the same gradients by other packages ---

    def _by_hand(self) -> tuple[nn.Module, tuple[Tensor, ...]]:
        generator, detector = self.modules
        x, (y, box) = self.drawn.fields[0]["image"], self.drawn.fields[1].values()
        [at] = self.drawn.placed.values()
        rows, columns = (torch.arange(self.setting.size, device=self.device) + 0.5).expand(2, -1)
        x1, y1, x2, y2, _ = at[:, 0, :, None, None].unbind(1)
        inside = (columns >= x1) & (columns <= x2) & (rows[:, None] >= y1) & (rows[:, None] <= y2)
        made = generator(x, inside[:, None].float())
        return detector, (made, at, y, box)

    def _higher(self) -> Mapping[int, Gradients]:
        import higher

        detector, (made, at, y, box) = self._by_hand()
        sgd = torch.optim.SGD(detector.parameters(), RATE)
        with higher.innerloop_ctx(detector, sgd, copy_initial_weights=False) as (f, diffopt):
            syn = f(made, at)
            both = f(y, box) + syn
            own = torch.autograd.grad(both, list(f.parameters(time=0)), retain_graph=True)
            diffopt.step(both)
            goal = f(y, box) - syn
            return {0: torch.autograd.grad(goal, self.weights[0]), 1: own}

    def _torchopt(self) -> Mapping[int, Gradients]:
        import torchopt

        detector, (made, at, y, box) = self._by_hand()
        sgd = torchopt.MetaSGD(detector, lr=RATE)
        before = torchopt.extract_state_dict(detector, by="reference")
        syn = detector(made, at)
        both = detector(y, box) + syn
        own = torch.autograd.grad(both, self.weights[1], retain_graph=True)
        sgd.step(both)
        goal = detector(y, box) - syn
        found = torch.autograd.grad(goal, self.weights[0])
        torchopt.recover_state_dict(detector, before)
        return {0: found, 1: own}


def goals(pipeline: checked.Pipeline) -> tuple[Pursued, ...]:
    return pursued(pipeline, pipeline.phases[-1])


def plus(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def apart(found: Mapping[int, Gradients], other: Mapping[int, Gradients]) -> float:
    """The greatest relative distance of a player's gradients."""
    worst = 0.0
    for player, own in found.items():
        pairs = [(a, b) for a, b in zip(own, other[player], strict=True) if a is not None]
        one, two = (torch.cat([t.flatten() for t in ts]) for ts in zip(*pairs, strict=True))
        worst = max(worst, float((one - two).norm() / one.norm()))
    return worst


def memory(step: Step, device: str) -> int:
    """Bytes used at most above what there was before."""
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        return torch.cuda.max_memory_allocated() - before
    with torch.profiler.profile(activities=[CPU], profile_memory=True) as profile:
        step()
    events = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
    events.sort(key=lambda event: event.start_ns())
    return max(accumulate(event.nbytes() for event in events))


def measure(name: str, setting: Setting, device: str, rounds: int) -> dict[str, Any]:
    bench = Bench(name, setting, device)
    steps = bench.steps()
    used = {one: memory(step, device) for one, step in steps.items()}
    steps |= bench.peers()
    expected = steps["unrolled"]()
    distances = {one: apart(step(), expected) for one, step in steps.items() if one != "plain"}
    assert max(distances.values()) < SAME, distances
    times: dict[str, list[float]] = {one: [] for one in steps}
    for _ in range(rounds):
        for one, step in steps.items():
            times[one].append(seconds(step, device))
    return {
        "pipeline": name,
        "seconds": {one: median(all_) for one, all_ in times.items()},
        "bytes": used,
        "apart": distances,
    }


def table(measured: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| step | plain | unrolled / plain | unrolled / separate | lean / plain, memory "
        "| unrolled / plain, memory | lean / plain | unrolled / higher | unrolled / torchopt |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in measured:
        time, used = one["seconds"], one["bytes"]
        cells = [f"{one['pipeline']}, {one['setting']}", f"{1e3 * time['plain']:.0f} ms"]
        cells += [f"{time['unrolled'] / time[other]:.2f}" for other in ("plain", "separate")]
        cells += [f"{used[one] / used['plain']:.2f}" for one in ("lean", "unrolled")]
        cells += [f"{time['lean'] / time['plain']:.2f}"]
        cells += [f"{time['unrolled'] / time[p]:.2f}" if p in time else "" for p in PEERS]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="What an unrolled detector costs a step.")
    parser.add_argument("--large", action="store_true", help="as in the thesis; for a GPU")
    parser.add_argument("--rounds", type=int, help="how often each step is timed")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    measured: list[dict[str, Any]] = []
    for key, setting in (SETTINGS | (LARGE if arguments.large else {})).items():
        for name in ("Full", "Detector"):
            rounds = arguments.rounds or setting.rounds
            found = measure(name, setting, arguments.device, rounds)
            measured.append({"setting": key, "rounds": rounds, **found})
            print(table(measured[-1:]).splitlines()[-1], flush=True)
            write(measured, arguments.device)


def write(measured: Sequence[Mapping[str, Any]], device: str) -> None:
    about = (
        f"Gradients of a step of DetectorGAN, torch {torch.__version__} on {device}, one thread.\n"
        "Written by `python bench/unroll.py`, which says what the columns are.\n"
    )
    for name in PEERS:
        if not importlib.util.find_spec(name):
            about += f"{name} was not installed.\n"
    (HERE / "results").mkdir(exist_ok=True)
    result = "unroll" if device == "cpu" else f"unroll_{device}"
    facts = {"torch": torch.__version__, "python": platform.python_version(), "measured": measured}
    (HERE / "results" / f"{result}.json").write_text(json.dumps(facts, indent=2) + "\n")
    text = f"# What an unrolled detector costs\n\n{about}\n{table(measured)}\n"
    (HERE / "results" / f"{result}.md").write_text(text)


if __name__ == "__main__":
    main()
