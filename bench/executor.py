"""Wall time of the batched executor on the cascade of the thesis, decisions forced.

    python bench/executor.py            # about two minutes on two quiet cores
    python bench/executor.py --quick    # a first look

Everything is measured in one process, in turns, and compared by medians: the dynamic network with
decisions that cost 53 % and 70 % of the multiplications, the static network of all regular nodes
(the same modules, called one after the other), N7 alone, the best single path, and the same routing
written out by hand: the same modules on the same examples, without an executor. That is the floor:
what lies between it and the target is the kernels' (eight rows of a layer cost more than half of
sixteen), what lies above it is the executor's. The thesis gives 0.82 and 0.95 of the static
network's time (2.5.2).

Which examples stop where follows from the share of the multiplications and one assumption, which is
a mix: in `cascade`, each control node stops the same part of the examples that reach it; in `ends`,
an example stops at the first stage or goes to the last. The targets hold for either.

A batch of one takes one of four ways through the network. Each is timed, and their times are
averaged with the weights of the mix. What was measured goes to bench/results/executor.json and .md.
"""

import argparse
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy
import torch
from torch import Tensor, nn

import autodesign as ad
from autodesign.interpreter.network.module import DynamicNetwork

HERE = Path(__file__).parent
RESULTS = HERE / "results"
REGULAR = ("N1", "N2", "N3", "N4", "N5", "N6", "N7")
CONTROLS = ("Q1", "Q2", "Q3")
SHARES = (0.53, 0.70)
TARGETS = {
    ("inference", 1): (0.60, 0.75),
    ("inference", 16): (0.65, 0.80),
    ("inference", 128): (0.70, 0.82),
    ("training", 128): (0.65, None),
}
ROUNDS = {1: 150, 16: 40, 128: 9}
"""Turns that are measured at each batch size; with --quick a fifth of them."""


class Static(nn.Module):
    """All regular nodes, one after the other: what the network would be without decisions."""

    def __init__(self, net: DynamicNetwork) -> None:
        super().__init__()
        for name in REGULAR:
            setattr(self, name, nn.Sequential(*net.node(name).children()))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        first, second, third = self.N1(x), self.N3(x), self.N5(x)
        return self.N2(first), self.N4(second), self.N6(third), self.N7(x)


class ByHand:
    """The cascade for decisions that are known, as one would write it in plain PyTorch."""

    def __init__(self, static: Static, net: DynamicNetwork, stages: Tensor) -> None:
        """`stages`: where each example stops, 0 to 3."""
        self.static = static
        self.controls = [nn.Sequential(*net.node(name).children()) for name in CONTROLS]
        self.reached = [(stages >= i).nonzero()[:, 0] for i in range(4)]
        self.stopped = [(stages[stages >= i] == i).nonzero()[:, 0] for i in range(3)]
        self.left = torch.cat([(stages == i).nonzero()[:, 0] for i in range(4)])

    def __call__(self, x: Tensor) -> tuple[Tensor]:
        stages = (self.static.N1, self.static.N3, self.static.N5)
        heads = (self.static.N2, self.static.N4, self.static.N6)
        found = []
        for i, (stage, head, control) in enumerate(zip(stages, heads, self.controls, strict=True)):
            value = stage(x.index_select(0, self.reached[i]) if i else x)
            control(value)
            if len(self.stopped[i]):
                found.append(head(value.index_select(0, self.stopped[i])))
        found.append(self.static.N7(x.index_select(0, self.reached[3])))
        y = torch.cat(found)
        return (torch.empty_like(y).index_copy(0, self.left, y),)


@dataclass(frozen=True)
class Measured:
    """Milliseconds, and ratios to the static network, to N7 alone and to routing written by hand at
    the same batch size.

    `share` is what the decisions cost, in multiplications, of all regular nodes."""

    kind: str
    mix: str
    batch: int
    share: float
    ms: float
    to_static: float
    to_best_path: float
    to_by_hand: float | None
    target: float | None


def stops(mix: str, going_on: float) -> list[float]:
    """The part of the examples that stops at each of the four stages."""
    if mix == "ends":
        return [1 - going_on, 0, 0, going_on]
    return [(1 - going_on) * going_on**stage for stage in range(3)] + [going_on**3]


def weights(mix: str, share: float, shares: Sequence[float]) -> list[float]:
    """The stops whose expected cost is `share`; `shares` is the cost of each of the four ways."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        cost = sum(p * s for p, s in zip(stops(mix, middle), shares, strict=True))
        low, high = (middle, high) if cost < share else (low, middle)
    return stops(mix, low)


def counts(wanted: Sequence[float], share: float, shares: Sequence[float], batch: int) -> list[int]:
    """Whole examples: among those within two of what is wanted, those nearest to the share."""
    ideal = [batch * p for p in wanted]
    near = [range(max(0, round(i) - 2), round(i) + 3) if i else range(1) for i in ideal[1:]]
    best: tuple[float, list[int]] = (float("inf"), [])
    for second in near[0]:
        for third in near[1]:
            for last in near[2]:
                n = [batch - second - third - last, second, third, last]
                off = abs(sum(map(float.__mul__, map(float, n), shares)) / batch - share)
                apart = sum(abs(a - b) for a, b in zip(n, ideal, strict=True)) / batch
                if n[0] >= 0:
                    best = min(best, (max(off, 0.005) + 0.05 * apart, n))
    return best[1]


def decisions(stages: Tensor) -> dict[str, Tensor]:
    """Decisions that stop each example at its stage, 0 to 3."""
    return {name: (stages > i).long() for i, name in enumerate(CONTROLS)}


def timed(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each call; all of them in each round."""
    for call in calls.values():
        call()
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = perf_counter()
            call()
            taken[name].append(1000 * (perf_counter() - start))
    return {name: median(times) for name, times in taken.items()}


class Bench:
    def __init__(self, quick: bool) -> None:
        torch.manual_seed(0)
        self.quick = quick
        self.net = ad.load(HERE / "cascade.ad").network("Cascade").eval()
        self.static = Static(self.net)
        self.x = torch.randn(128, 3, 112, 112)
        nodes = self.net.network.nodes
        self.regular = sum(node.greatest for node in nodes if node.kind == "regular")
        ways = self.net(self.x[:4], decisions=decisions(torch.arange(4)))
        self.shares = [int(cost) / self.regular for cost in ways.cost]

    def rounds(self, batch: int) -> int:
        return max(3, ROUNDS[batch] // (5 if self.quick else 1))

    def single(self) -> list[Measured]:
        """A batch of one: each way timed, averaged with the weights of each mix."""
        x = self.x[:1]
        ways = [decisions(torch.tensor([stage])) for stage in range(4)]
        calls: dict[str, Callable[[], object]] = {
            "static": lambda: self.static(x),
            "best": lambda: self.static.N7(x),
        }
        for stage, way in enumerate(ways):
            calls[str(stage)] = lambda way=way: self.net(x, decisions=way)
        ms = timed(calls, self.rounds(1))
        found = []
        for mix, share in self.mixes():
            p = weights(mix, share, self.shares)
            mean = sum(p[stage] * ms[str(stage)] for stage in range(4))
            found.append(self.measured("inference", mix, 1, share, mean, ms))
        return found

    def batched(
        self, kind: str, batch: int, run: Callable[[Callable[[], object]], object]
    ) -> list[Measured]:
        """`run` does with a call what is to be timed: only call it, or go back through it too."""
        x = self.x[:batch]
        calls: dict[str, Callable[[], object]] = {
            "static": lambda: run(lambda: self.static(x)),
            "best": lambda: run(lambda: (self.static.N7(x),)),
        }
        found = {}
        for mix, share in self.mixes():
            n = counts(weights(mix, share, self.shares), share, self.shares, batch)
            stages = torch.arange(4).repeat_interleave(torch.tensor(n))
            stages = stages[torch.randperm(batch)]
            forced = decisions(stages)
            calls[f"{mix} {share}"] = lambda forced=forced: run(
                lambda: self.net(x, decisions=forced).values()
            )
            by_hand = ByHand(self.static, self.net, stages)
            calls[f"{mix} {share} by hand"] = lambda by_hand=by_hand: run(lambda: by_hand(x))
            found[mix, share] = sum(a * b for a, b in zip(n, self.shares, strict=True)) / batch
        ms = timed(calls, self.rounds(batch))
        return [
            self.measured(kind, mix, batch, real, ms[f"{mix} {share}"], ms)
            for (mix, share), real in found.items()
        ]

    def mixes(self) -> list[tuple[str, float]]:
        return [(mix, share) for mix in ("cascade", "ends") for share in SHARES]

    def measured(
        self, kind: str, mix: str, batch: int, share: float, ms: float, all_ms: dict[str, float]
    ) -> Measured:
        nearest = min(range(2), key=lambda i: abs(SHARES[i] - share))
        target = TARGETS.get((kind, batch), (None, None))[nearest]
        by_hand = all_ms.get(f"{mix} {SHARES[nearest]} by hand")
        return Measured(
            kind,
            mix,
            batch,
            share,
            ms,
            ms / all_ms["static"],
            ms / all_ms["best"],
            by_hand and ms / by_hand,
            target,
        )

    def all(self) -> list[Measured]:
        found = []
        with torch.inference_mode():
            found += self.single()
            for batch in (16, 128):
                found += self.batched("inference", batch, lambda call: call())
        self.net.train()
        self.static.train()
        for batch in (16, 128):
            found += self.batched("training", batch, self.step)
        return found

    def step(self, call: Callable[[], object]) -> None:
        """Forward and backward, gradients from nothing."""
        self.net.zero_grad()
        sum(output.square().sum() for output in call()).backward()  # type: ignore[attr-defined]


def table(found: Sequence[Measured], about: dict[str, object]) -> str:
    lines = [
        "# The executor on the cascade of the thesis",
        "",
        "Wall time as a ratio to the static network of all regular nodes, to N7 alone, and to the "
        "same routing written out by hand, in the same run. Below the target is better. "
        "`python bench/executor.py` writes this page.",
        "",
        *(f"- {name}: {value}" for name, value in about.items()),
        "",
        "| | mix | batch | multiplications | ms | to static | target | by hand to static "
        "| to by hand | to N7 alone |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for m in found:
        target = "" if m.target is None else f"{m.target:.2f}"
        by_hand = m.to_by_hand or 0.0
        hand = f"{m.to_static / by_hand:.3f} | {by_hand:.3f}" if by_hand else "|"
        lines.append(
            f"| {m.kind} | {m.mix} | {m.batch} | {m.share:.1%} | {m.ms:.2f} | {m.to_static:.3f} "
            f"| {target} | {hand} | {m.to_best_path:.2f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of the rounds")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    about: dict[str, object] = {
        "machine": f"{platform.machine()}, {platform.processor() or 'unnamed processor'}",
        "threads": options.threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
    }
    found = Bench(options.quick).all()
    text = table(found, about)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "executor.md").write_text(text, encoding="utf-8")
    data = {"about": about, "measured": [asdict(m) for m in found]}
    (options.out / "executor.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
