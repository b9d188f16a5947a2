"""The library's metrics beside what others compute: std.metrics against scikit-learn and others.

    python bench/metrics.py                   # 1,000 random inputs for each metric, some minutes
    python bench/metrics.py --inputs 50       # a first look

For each metric the largest difference to its peer on random inputs without ties in which every
class and query has examples, and then what both say of odd ones. What was measured goes to
bench/results/metrics.json and .md.
"""

import argparse
import json
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sklearn
import torch
import torchmetrics
from torch import Generator, Tensor

import autodesign as ad

HERE = Path(__file__).parent
RESULTS = HERE / "results"
sys.path.insert(0, str(HERE.parent / "tests" / "stdlib"))

from metric_peers import PEERS, SITUATIONS, Peer, odd, peer_value, plain  # noqa: E402

ODD_INPUTS = 50
EPSILON = 1e-6

Value = float | str


def measure(name: str, inputs: int) -> dict[str, Any]:
    """The largest difference, and for each situation whether both say the same, or an example."""
    metric, peer = ad.metric(f"std.metrics.{name}"), PEERS[name]
    generator = Generator().manual_seed(1)
    largest = 0.0
    for _ in range(inputs):
        ours, theirs = both(metric, peer, plain(metric.definition, generator))
        largest = max(largest, abs(float(ours) - float(theirs)))
    odd_ones = {one: situation(metric, peer, one, generator) for one in SITUATIONS}
    return {"metric": name, "peer": peer.called, "inputs": inputs, "largest": largest} | odd_ones


def both(metric: Any, peer: Peer, tensors: Mapping[str, Tensor]) -> tuple[Value, Value]:
    return float(metric(*tensors.values(), **peer.parameters)), peer_value(peer, tensors)


def situation(metric: Any, peer: Peer, which: str, generator: Generator) -> str:
    """`same`, or what both say of the first input on which they differ."""
    for _ in range(ODD_INPUTS):
        tensors = odd(metric.definition, which, generator)
        if tensors is None:
            return ""
        ours, theirs = both(metric, peer, tensors)
        if not same(ours, theirs):
            return f"{said(ours)}; peer {said(theirs)}"
    return "same"


def same(ours: Value, theirs: Value) -> bool:
    if isinstance(ours, str) or isinstance(theirs, str):
        return ours == theirs
    return abs(ours - theirs) <= EPSILON or (ours != ours and theirs != theirs)


def said(value: Value) -> str:
    if isinstance(value, str):
        return value
    return "undefined" if value != value else f"{value:.4g}"


def table(measured: list[dict[str, Any]]) -> str:
    head = ["metric", "peer", "largest difference", *SITUATIONS]
    rows = [
        [f"`{one['metric']}`", one["peer"], f"{one['largest']:.1e}", *(one[s] for s in SITUATIONS)]
        for one in measured
    ]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(measured: list[dict[str, Any]], about: Mapping[str, str]) -> str:
    return f"""# The library's metrics, and their peers

Written by `python bench/metrics.py`; {", ".join(f"{k} {v}" for k, v in about.items())}.

The largest difference is over {measured[0]["inputs"]:,} random inputs without ties, of 10 to 59
examples (or 4 queries of so many documents) and 5 classes, in which every class and query has
examples. The other columns are odd inputs, {ODD_INPUTS} each: `same` where both always say the
same, else the values for the first input on which they differ. "A class is empty" leaves out the
last class of labels, the positives of a flag, the gains of one query or the positives of one
question. Why ours are as they are, docs/library.md says: a tie counts against the answer, and what
is undefined has no value. Macro means leave out classes without an example; scikit-learn takes them
for 0 where an answer names them.

{table(measured)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--inputs", type=int, default=1000)
    inputs = parser.parse_args().inputs
    torch.set_num_threads(1)
    measured = []
    for name in PEERS:
        measured.append(measure(name, inputs))
        print(measured[-1], flush=True)
    about = {
        "Python": platform.python_version(),
        "torch": torch.__version__,
        "scikit-learn": sklearn.__version__,
        "torchmetrics": torchmetrics.__version__,
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"about": about, "measured": measured}, indent=1)
    (RESULTS / "metrics.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "metrics.md").write_text(page(measured, about), encoding="utf-8")


if __name__ == "__main__":
    main()
