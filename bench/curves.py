"""The thesis' dynamic networks, small: their cost curves, their time, how soon they learn.

    python bench/curves.py                        # all five; hours, unless the sweeps are there
    python bench/curves.py high_low --seconds 5   # one of them

For each network the sweep specs/dynamic/NAME_curve.ad is run, or taken from runs/NAME where it is
there (what was begun is gone on with). Then, of the least lam whose mean over seeds is within half
a point of the best static network:

- the wall time of a pass over test images as the trained network decides, at batches of 1, 16 and
  128: against all of its regular nodes, against that static network, and against what a table of
  the measured times of its nodes says of the rows that each node got (the prediction);
- the steps of training until the mean validation curve reaches the best of the static network's, as
  a ratio to the static network's own steps.

What was measured goes to bench/results/curves.json and .md, where other networks stay; runs that
are there are not repeated.
"""

import argparse
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean

import torch
from safetensors.torch import load_file
from torch import Tensor

import autodesign as ad
from autodesign.dsl import spec
from autodesign.dsl.check.feeds import feeds
from autodesign.interpreter.jobs.times import Times
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.network.static import run_static
from autodesign.interpreter.network.timing import medians
from autodesign.interpreter.sweeps.result import Mean, SweepResult
from autodesign.interpreter.sweeps.tradeoff import tradeoffs
from autodesign.stdlib.data import load

HERE = Path(__file__).parent
SPECS = HERE.parent / "specs" / "dynamic"
RESULTS = HERE / "results"
NETWORKS = ("high_low", "cascade", "chain", "hierarchy", "cluttered")
BATCHES = (1, 16, 128)
PASSES = {1: 32, 16: 8, 128: 3}
"""Batches of test images that are timed at each size."""
DEVICE = torch.device("cpu")


class Curve:
    """A sweep that is done, and the static network that its points are compared with."""

    def __init__(self, name: str, runs: Path) -> None:
        self.spec = ad.load(SPECS / f"{name}_curve.ad")
        out = runs / name
        resume = (out / "run.json").exists()
        self.result = self.spec.run("curve", out=out, resume=resume, device="cpu")
        self.result_of: SweepResult = self.result.sweeps["curve"]
        [self.plot] = self.result_of.sweep.plots
        self.tradeoff = tradeoffs(self.result_of, self.plot)[0]
        self.static: Mean = self.tradeoff.best

    def near(self) -> Mean | None:
        """The cheapest mean within half a point of the best static network."""
        least = self.tradeoff.least_cost
        means = self.result_of.means
        return next((m for m in means if m.mean(self.plot.horizontal) == least), None)

    def job(self, mean: Mean) -> spec.Train:
        sweep = self.result_of.sweep
        wanted = dict(mean.rows[0].settings)
        points = (*sweep.points, *sweep.beside)
        same = (p for p in points if p.job.name == mean.job and dict(p.settings) == wanted)
        job = next(same).job
        assert isinstance(job, spec.Train)
        return job

    def network(self, mean: Mean) -> DynamicNetwork:
        """With the weights of its first seed's best epoch."""
        net = DynamicNetwork(self.job(mean).network)
        row = mean.rows[0]
        saved = load_file(self.result_of.directory / row.point / row.job / "best.safetensors")
        net.load_state_dict({k.removeprefix("network."): v for k, v in saved.items()})
        return net.eval()

    def validation(self, mean: Mean) -> list[tuple[int, float]]:
        """The plotted report after each epoch, with the step, averaged over seeds."""
        text = self.plot.vertical.texts[mean.job]
        files = [
            self.result_of.directory / row.point / row.job / "metrics.jsonl" for row in mean.rows
        ]
        epochs = [[json.loads(line) for line in file.read_text().splitlines()] for file in files]
        return [
            (same[0]["step"], fmean(one["validation"]["values"][text] for one in same))
            for same in zip(*epochs, strict=True)
        ]


def steps_to(curve: Sequence[tuple[int, float]], value: float) -> int | None:
    return next((step for step, reached in curve if reached >= value), None)


def learned(curve: Curve) -> dict[str, object]:
    """Steps until the best of the static network's validation curve, of each dynamic mean; those
    of the static network count where a job starts from it."""
    own = curve.validation(curve.static)
    best = max(value for _, value in own)
    steps = steps_to(own, best)
    assert steps is not None
    ratios: dict[str, float | None] = {}
    for mean in curve.result_of.means:
        before = own[-1][0] if curve.job(mean).starts else 0
        n = steps_to(curve.validation(mean), best)
        ratios[mean.label] = None if n is None else round((before + n) / steps, 2)
    return {"static": steps, "value": best, "ratios": ratios}


def passes(curve: Curve, dynamic: Mean, seconds: float) -> list[dict[str, float]]:
    """Milliseconds of a batch, at each batch size."""
    job = curve.job(dynamic)
    net, static = curve.network(dynamic), curve.network(curve.static)
    splits = load(job.data.call)
    [field] = feeds(job.network, splits.fields).values()
    return [timed(net, static, splits.test.batch, field, n, seconds) for n in BATCHES]


def timed(
    net: DynamicNetwork,
    static: DynamicNetwork,
    rows_of: Callable[[Tensor], Mapping[str, Tensor]],
    field: str,
    batch: int,
    seconds: float,
) -> dict[str, float]:
    times = Times.measured(net, batch, DEVICE, "float32")
    count = PASSES[batch]
    images = [rows_of(torch.arange(i * batch, (i + 1) * batch))[field] for i in range(count)]
    with torch.inference_mode():
        predicted = [times.of_batch(rows(net(x))) for x in images]
        calls: list[Callable[[], object]] = [
            call
            for x in images
            for call in (partial(net, x), partial(run_static, net, [x]), partial(static, x))
        ]
        found = medians(calls, DEVICE, seconds, fewest=5)
    dynamic, every, alone = (fmean(found[i::3]) / 1000 for i in range(3))
    return {
        "batch": batch,
        "ms": dynamic,
        "to_all_nodes": dynamic / every,
        "to_static": dynamic / alone,
        "to_predicted": dynamic / (fmean(predicted) / 1000),
    }


def rows(result: object, prefix: str = "") -> dict[str, float]:
    """How many examples each node got."""
    return {name: float(ran.sum()) for name, ran in result.executed.items()}  # type: ignore[attr-defined]


def measure(name: str, runs: Path, seconds: float) -> dict[str, object]:
    curve = Curve(name, runs)
    near = curve.near()
    told = {
        "network": name,
        "metric": curve.plot.vertical.name,
        "static": curve.static.label,
        "static_value": curve.tradeoff.best_value,
        "share": curve.tradeoff.share,
        "lead": curve.tradeoff.lead and curve.tradeoff.lead.mean,
        "points": {
            m.label: (m.mean(curve.plot.vertical), m.mean(curve.plot.horizontal))
            for m in (*curve.result_of.means, *curve.result_of.beside_means)
        },
        "learned": learned(curve),
    }
    if near is not None:
        told |= {"point": near.label, "passes": passes(curve, near, seconds)}
    return told


def table(found: Sequence[dict[str, object]], about: Mapping[str, object]) -> str:
    lines = [
        "# The dynamic networks of the thesis, small",
        "",
        "Least cost within half a point of the best static network, from the means over three "
        "seeds; the mean lead over the static networks' hull; steps of training to the static "
        "network's best validation value. `python bench/curves.py` writes this page.",
        "",
        *(f"- {name}: {value}" for name, value in about.items()),
        "",
        "| network | best static | at | share of its cost | lead | steps to its value |",
        "|---|---|---|---|---|---|",
        *map(_summary, found),
        "",
        "| network | batch | ms | to all nodes | to the static network | to the prediction |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        for p in one.get("passes", []):  # type: ignore[attr-defined]
            lines.append(
                f"| {one['network']}, {one['point']} | {p['batch']} | {p['ms']:.2f} "
                f"| {p['to_all_nodes']:.2f} | {p['to_static']:.2f} | {p['to_predicted']:.2f} |"
            )
    for one in found:
        lines += ["", f"## {one['network']}", "", f"| | {one['metric']} | cost |", "|---|---|---|"]
        points: dict[str, tuple[float, float]] = one["points"]  # type: ignore[assignment]
        lines += [f"| {label} | {v:.4f} | {c:,.0f} |" for label, (v, c) in points.items()]
    return "\n".join(lines) + "\n"


def _summary(one: dict[str, object]) -> str:
    share, lead = one["share"], one["lead"]
    ratios: dict[str, float | None] = one["learned"]["ratios"]  # type: ignore[index]
    steps = ", ".join(f"{k.removeprefix('lam = ')}: {v or 'never'}" for k, v in ratios.items())
    near = "none" if share is None else f"{share:.0%}"
    return (
        f"| {one['network']} | {one['static']} {one['static_value']:.4f} | {one.get('point', '')} "
        f"| {near} | {'' if lead is None else f'{lead:.4f}'} | {steps} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=NETWORKS, help=", ".join(NETWORKS))
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the sweeps are")
    parser.add_argument("--seconds", type=float, default=30, help="of timing, at each batch size")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results go")
    options = parser.parse_args()
    about = {
        "machine": f"{platform.machine()}, {platform.processor() or 'unnamed processor'}",
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "curves.json"
    before = json.loads(file.read_text())["networks"] if file.exists() else []
    known = {one["network"]: one for one in before}
    known |= {name: measure(name, options.runs, options.seconds) for name in options.networks}
    found = [known[name] for name in NETWORKS if name in known]
    text = table(found, about)
    (options.out / "curves.md").write_text(text, encoding="utf-8")
    file.write_text(json.dumps({"about": about, "networks": found}, indent=2) + "\n")
    print(text)


if __name__ == "__main__":
    main()
