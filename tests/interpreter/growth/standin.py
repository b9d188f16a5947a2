"""Searches made by hand, and what stands in for training: values that follow from a hash.

Processes import this module too, so it lies on their path (`importable`)."""

import hashlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import torch

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.growth import Criterion, Grown, Growth, Insert, Move, Search, Space, Training
from autodesign.dsl.growth import Until as End
from autodesign.dsl.load import load_text
from autodesign.dsl.source import Source, Span
from autodesign.dsl.spec import Call, Cost, Data
from autodesign.interpreter.growth.assignment import Assignment, Outcome
from autodesign.interpreter.growth.engine import Ended, Told
from autodesign.interpreter.growth.perform import Work, perform
from autodesign.interpreter.growth.result import Plan
from autodesign.interpreter.growth.telling import Telling
from autodesign.interpreter.jobs import files
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.stdlib.library import standard

NETWORK = """ad 1
network C {
  input  x: image[1, 8, 8]
  node   stem(x) = Conv2d(4, 3, padding="same") | ReLU
  node   score(stem) = Flatten | Linear(10)
  output y = score
}
"""
NOWHERE = Span(Source("<text>", ""), 0, 0)
CPU = torch.device("cpu")


def made(kind: str, name: str, **args: object) -> Call:
    return Call(kind, name, "std.none", args, NOWHERE)  # type: ignore[arg-type]


def searched(
    *, filters: int = 4, layers: int = 3, seed: int = 0, finish: int = 0, path: int = 0
) -> Search:
    """Layers of up to `filters` channels after the stem of a small network, by a criterion."""
    checked, found = load_text(NETWORK, "grown.ad", standard(), {})
    assert checked is not None, found
    network = checked.networks["C"]
    call = network.node("stem").steps[0].call  # type: ignore[union-attr]

    def move(count: int) -> Move:
        args = {**network.node("stem").steps[0].given, "out_channels": count}  # type: ignore[union-attr]
        insert = Insert("C", (replace(call, args=args),), "after", "stem")
        return Move("wider", (("filters", count),), insert, None)

    moves = tuple(move(count + 1) for count in range(filters))
    growth = Growth("Grown", (Grown("network", "C", network, "stem"),), moves, {}, NOWHERE)
    criteria = (
        Criterion("D", "minimize", made("criterion", "D")),
        Criterion("cost", "minimize", Cost()),
    )
    return Search(
        name="grown",
        growth=growth,
        data=Data("none", made("data", "None"), None, NOWHERE),
        criteria=criteria,
        method=made("search", "path" if path else "top_k"),
        path=tuple(moves[:1] * path),
        training=Training(made("recipe", "r"), made("optimizer", "SGD"), 10, "iterations", finish),
        until=End(None, layers),
        inherit="overlap",
        batch=4,
        seed=seed,
        reports=(),
        space=Space(filters, layers, (1,), 1, (1, 1), 1),
        baseline=None,
        extractors=(),
        span=NOWHERE,
    )


def planned(out: Path, search: Search, keep: int = 3, sample: float = 1.0) -> Plan:
    return Plan(search, out / search.name, keep, sample)


def number(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32


def hashed(assignment: Assignment, device: torch.device, telling: Telling) -> Outcome:
    """The "weights" are a hash of the parent's and of the seed; so is the value. One of eight
    diverges."""
    parent = b""
    if assignment.parent is not None:
        parent = (assignment.parent / "networks.safetensors").read_bytes()
    weights = hashlib.sha256(parent + str(assignment.seed).encode()).hexdigest()
    telling.stepped(10, 10)
    if number(weights) < 0.125 and assignment.parent is not None:
        return Outcome(outcome="diverged", error="it diverged")
    for name in ("networks", "optimizer"):
        files.write(assignment.partial / f"{name}.safetensors", weights.encode())
    return Outcome(
        outcome="done", values={"D": round(number(weights), 2), "cost": number(assignment.id)}
    )


def slow(assignment: Assignment, device: torch.device, telling: Telling) -> Outcome:
    time.sleep(0.05)
    return hashed(assignment, device, telling)


def deadly(assignment: Assignment, device: torch.device, telling: Telling) -> Outcome:
    """Kills its process where the value would be in the upper half."""
    if number(assignment.id) > 0.5 and assignment.parent is not None:
        os.write(2, b"these are my last words\n")
        os.kill(os.getpid(), 9)
    return hashed(assignment, device, telling)


def dying_once(assignment: Assignment, device: torch.device, telling: Telling) -> Outcome:
    """Kills its process the first time each candidate is tried."""
    tried = assignment.run / f"{assignment.id}.tried"
    if not tried.exists():
        tried.touch()
        os.kill(os.getpid(), 9)
    return hashed(assignment, device, telling)


def raising(assignment: Assignment, device: torch.device, telling: Telling) -> Outcome:
    if assignment.parent is not None:
        raise RuntimeError("it does not fit")
    return hashed(assignment, device, telling)


class Here:
    """An engine that trains in this process, in any order."""

    workers = 1

    def __init__(self, backwards: bool = False) -> None:
        self.backwards, self.trained = backwards, 0

    def close(self) -> None: ...

    def run(
        self, works: "list[Work]", interruption: Interruption, told: Told, ended: Ended
    ) -> None:
        class Listening:
            def __init__(self, work: Work) -> None:
                self.work = work

            def stepped(self, done: int, total: int) -> None:
                told(self.work, done, total)

        for work in reversed(works) if self.backwards else works:
            if interruption.asked:
                return
            try:
                outcome = perform(work, CPU, Listening(work))
            except SpecError as refusal:
                ended(work, tuple(refusal.diagnostics))
            else:
                self.trained += 1
                ended(work, outcome)


def left_in(folder: Path) -> dict[str, bytes]:
    """What a search leaves that does not depend on when and by whom it was done: its folders, and
    its journal's lines in order, without times."""
    left: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.parent.parent.name == "candidates":
            content = path.read_bytes()
            timeless = _timeless(content) if path.name == "result.json" else content
            left[f"{path.parent.name}/{path.name}"] = timeless
    lines = map(_timeless, (folder / "journal.jsonl").read_bytes().splitlines())
    left["journal"] = b"\n".join(sorted(set(lines)))
    return left


def _timeless(line: bytes) -> bytes:
    return json.dumps({**json.loads(line), "time": "", "seconds": 0}, sort_keys=True).encode()
