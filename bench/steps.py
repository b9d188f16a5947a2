"""What a training step of the thesis' third chapter costs with a loss derived from the metric.

    python bench/steps.py              # a minute on one core
    python bench/steps.py --device cuda

ResNet-20 of specs/uniloss learns from 128 images as large as CIFAR-10's, by cross-entropy and by
the loss of accuracy: forward, backward and the optimiser's step. The loss of PCKh on 16 heat maps
of 64 x 64, without a network, forward and backward, for three sizes of head. Times are medians of
processor time, taken in turns; memory is the most that a step needs beyond what was there before
it, in a process that has made none yet.
Results go to bench/results/steps.json and .md.
"""

import argparse
import json
from typing import Any

import torch
from surrogate import RESULTS, Step, in_turns, memory

import autodesign as ad

SPEC = RESULTS.parents[1] / "specs" / "uniloss" / "cifar.ad"
BATCH, CLASSES = 128, 10
MAPS, CELLS = 16, 64
HEADS = (4.0, 8.0, 16.0)
ROUNDS = 5


def classifier(device: str) -> dict[str, Step]:
    """A step of ResNet-20 with each loss."""
    torch.manual_seed(0)
    network = ad.load(SPEC).network("ResNet20").to(device)
    images = torch.randn(BATCH, 3, 32, 32, device=device)
    labels = torch.arange(BATCH, device=device) % CLASSES
    metric = ad.metric("std.metrics.Accuracy")
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9)
    losses = {
        "cross-entropy": torch.nn.CrossEntropyLoss(),
        "plugin": metric.uniloss(),
        "idw": metric.uniloss(interpolation="idw", seed=0),
    }

    def step(loss: torch.nn.Module) -> None:
        optimizer.zero_grad()
        loss(network(images)["y"], labels).backward()
        optimizer.step()

    return {name: lambda loss=loss: step(loss) for name, loss in losses.items()}


def places(head: float, device: str) -> tuple[dict[str, Step], int]:
    """A step of the loss of PCKh with each interpolation, and how many comparisons it makes."""
    torch.manual_seed(0)
    maps = torch.randn(MAPS, CELLS, CELLS, device=device, requires_grad=True)
    points = torch.rand(MAPS, 2, device=device) * (CELLS - 1)
    heads = torch.full((MAPS,), head, device=device)
    metric = ad.metric("std.metrics.PckH")
    losses = {
        "plugin": metric.uniloss(),
        "idw": metric.uniloss(interpolation="idw", seed=0),
    }
    made = {
        name: lambda loss=loss: loss(maps, points, heads).backward()
        for name, loss in losses.items()
    }
    compared = metric.comparisons(maps.detach(), points, heads)
    return made, sum(family.numel() for family in compared.values())


def measure(device: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for head in HEADS:
        made, comparisons = places(head, device)
        found[f"head {head:g}"] = {
            "comparisons": comparisons,
            "bytes": {name: memory(step, device) for name, step in made.items()},
        }
    for head in HEADS:
        made, _ = places(head, device)
        found[f"head {head:g}"]["seconds"] = in_turns(made, ROUNDS, device)
    return found | {"classifier": in_turns(classifier(device), ROUNDS, device)}


def table(found: dict[str, Any]) -> str:
    times = found["classifier"]
    lines = [f"| ResNet-20, {BATCH} images | a step | of cross-entropy's |", "|---|---|---|"]
    for name, time in times.items():
        share = time / times["cross-entropy"]
        lines.append(f"| {name} | {1e3 * time:.0f} ms | {share:.2f} |")
    lines += [
        "",
        f"| PCKh, {MAPS} heat maps of {CELLS} x {CELLS} | comparisons | plugin | idw |",
        "|---|---|---|---|",
    ]
    for head in HEADS:
        one = found[f"head {head:g}"]
        cells = [
            f"{one['seconds'][name]:.2f} s, {one['bytes'][name] / 1e9:.2f} GB"
            for name in ("plugin", "idw")
        ]
        lines.append(f"| head of {head:g} cells | {one['comparisons']:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="What a step costs with a derived loss.")
    parser.add_argument("--device", default="cpu")
    device = parser.parse_args().device
    torch.set_num_threads(1)
    found = measure(device)
    name = "steps" if device == "cpu" else f"steps_{device}"
    about = f"torch {torch.__version__} on {device}, one thread. By `python bench/steps.py`."
    text = f"# What a step costs with a derived loss\n\n{about}\n\n{table(found)}\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(
        json.dumps({"torch": torch.__version__, **found}, indent=2) + "\n"
    )
    (RESULTS / f"{name}.md").write_text(text)
    print(table(found))


if __name__ == "__main__":
    main()
