"""Journals of made-up searches, the same for the same seed."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]

DISTANCE = "FrechetDistance(features=MobileNetV2(), n=500)"
INSERTS = tuple(
    f"grow_{net}(size={size}, filters={filters})"
    for net in "GD"
    for size in (3, 7)
    for filters in (32, 64)
)


def gan(
    seed: int = 0,
    steps: int = 4,
    keep: int = 4,
    sample: float = 0.5,
    baseline: str | None = "proggan",
    lost: float = 0.05,
    ended: bool = True,
) -> list[Line]:
    """A search of generators and discriminators from 8x8 to 16x16: children inherit the quality of
    their parents, filters of size 7 in D make it worse."""
    draw = random.Random(seed)
    lines = [_search("grown", [(DISTANCE, "minimize")], baseline)]
    lines.append(candidate("first", None, None, 0, 8, 1.0, {"G": 5000, "D": 5000}))
    alive = [lines[-1]]
    for step in range(1, steps + 1):
        children: list[Line] = []
        for parent in alive:
            moves = [*INSERTS, "upscale"] if parent["resolution"] == 8 else INSERTS
            for move in moves:
                if draw.random() < sample:
                    children.append(_child(draw, parent, move, step, lost))
        done = [one for one in children if one["outcome"] == "done"]
        done.sort(key=lambda one: one["normalised"][DISTANCE])
        alive = done[:keep]
        lines += children
        lines.append(step_line(step, children, alive, keep, sample))
    if ended:
        finals = [one for one in lines if one.get("outcome") == "done"]
        best = min(finals, key=lambda one: (-one["resolution"], one["normalised"][DISTANCE]))
        lines.append({"kind": "end", "best": best["id"]})
    return lines if baseline else [one | {"normalised": {}} for one in lines]


def _child(draw: random.Random, parent: Line, move: str, step: int, lost: float) -> Line:
    identity = f"{draw.getrandbits(64):016x}"
    resolution = parent["resolution"] * (2 if move == "upscale" else 1)
    worse = 1.25 if move.startswith("grow_D(size=7") else 0.95
    quality = parent["normalised"][DISTANCE] * worse * draw.uniform(0.85, 1.15)
    parameters = dict(parent["parameters"])
    for net in "GD" if move == "upscale" else move[5]:
        parameters[net] += 1000 * draw.randrange(1, 20)
    found = candidate(identity, parent["id"], move, step, resolution, quality, parameters)
    if draw.random() < lost:
        found |= {"outcome": "diverged", "values": {}, "normalised": {}, "error": "not finite"}
    return found


def classifier(count: int = 30, seed: int = 0) -> list[Line]:
    """A search of one network, whose second criterion orders candidates almost as the first."""
    draw = random.Random(seed)
    goals = [("Accuracy(y, label)", "maximize"), ("NtkCondition()", "minimize")]
    lines = [_search("classified", goals, None, {"C": "network"})]
    for number in range(count):
        accuracy = 0.5 + number / (2 * count)
        condition = count - number + draw.uniform(0, 3)
        parent, move = (None, None) if number == 0 else ("c0", f"grow(filters={8 * number})")
        line = candidate(f"c{number}", parent, move, min(number, 1), 0, 1.0, {"C": 1000 + number})
        line |= {"values": {"Accuracy(y, label)": accuracy, "NtkCondition()": condition}}
        lines.append(line | {"normalised": {}})
    return lines


def candidate(
    identity: str,
    parent: str | None,
    move: str | None,
    step: int,
    resolution: int,
    quality: float,
    parameters: dict[str, int],
) -> Line:
    """One that is done; its distance is its quality times what the baseline has there."""
    return {
        "kind": "candidate",
        "id": identity,
        "parent": parent,
        "move": move,
        "step": step,
        "seed": 0,
        "budget": {"amount": 100, "unit": "iterations"},
        "outcome": "done",
        "values": {DISTANCE: quality * resolution},
        "floors": {DISTANCE: 0.1},
        "n": {DISTANCE: 500},
        "normalised": {DISTANCE: quality},
        "resolution": resolution,
        "layers": dict.fromkeys(parameters, step),
        "parameters": parameters,
        "multiplications": 100 * sum(parameters.values()),
        "images": 1600,
        "seconds": 36.0,
        "error": None,
        "time": "2026-01-01T00:00:00+00:00",
    }


def step_line(
    step: int, children: Sequence[Line], kept: Sequence[Line], keep: int, sample: float
) -> Line:
    return {
        "kind": "step",
        "step": step,
        "considered": len(children),
        "children": [one["id"] for one in children],
        "kept": [one["id"] for one in kept],
        "keep": keep,
        "sample": sample,
    }


def _search(
    name: str,
    goals: Sequence[tuple[str, str]],
    baseline: str | None,
    roles: dict[str, str] | None = None,
) -> Line:
    return {
        "kind": "search",
        "version": 1,
        "identity": "0" * 64,
        "name": name,
        "criteria": [_goal(text, direction) for text, direction in goals],
        "reports": [],
        "roles": roles or {"G": "generator", "D": "discriminator"},
        "baseline": baseline,
        "trainings": 100,
        "time": "2026-01-01T00:00:00+00:00",
    }


def _goal(text: str, direction: str) -> Line:
    distance = text == DISTANCE
    shown = "Frechet distance (MobileNetV2, n=500)" if distance else text
    also = {"distance": distance, "divided": distance, "shown": shown}
    return {"text": text, "direction": direction, **also}


def write(directory: Path, lines: Sequence[Line | str]) -> Path:
    """The folder of a search with this journal; a text is a line as it is."""
    directory.mkdir(parents=True, exist_ok=True)
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    (directory / "journal.jsonl").write_text("".join(f"{text}\n" for text in texts))
    return directory
