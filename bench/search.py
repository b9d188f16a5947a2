"""What the engine of searches costs, what two workers gain, and how long a resume takes.

    python bench/search.py                          # about eight minutes on two quiet cores
    python bench/search.py --only overhead workers  # these parts; results of the others stay
    python bench/search.py --tiny                   # tries all parts; nothing is written

overhead  a GAN grown on Digits by one worker: wall time of the candidates of a step, less that of
          their iterations and of their evaluation. What is left is the engine's: choosing them,
          giving them to a worker, reading parents, building networks, writing weights and journal.
workers   the same candidates by one worker and by two, each with one thread: from the first
          iteration to the last, after the workers have started. Beside it what the machine gives:
          two processes without an engine, each training half of the candidates, against one.
ray       the same candidates on Ray with two workers, against one worker of this machine.
resume    a search with 25 moves, K = 20 and p = 0.4 as in the thesis, with 10,000 candidates in its
          journal: until it gives the next candidate to a worker, in a fresh process.

Results go to bench/results/search.json and .md.
"""

import argparse
import json
import os
import platform
import tempfile
from functools import partial
from pathlib import Path

import torch
from searches.resume import resume
from searches.speed import overhead, ray, workers

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
QUIET = 0.5
"""The load up to which a machine has both of its cores for a measurement."""

PARTS = {
    "overhead": partial(overhead, filters=4, iterations=40),
    "workers": partial(workers, filters=6, iterations=180),
    "ray": partial(ray, filters=6, iterations=180),
    "resume": partial(resume, many=10_000),
}
TINY = {
    "overhead": partial(overhead, filters=1, iterations=2),
    "workers": partial(workers, filters=2, iterations=4),
    "ray": partial(ray, filters=2, iterations=4),
    "resume": partial(resume, many=300),
}

Found = dict[str, dict[str, float]]


def table(found: Found, machine: str) -> str:
    rows: list[tuple[str, str, str]] = []
    if part := found.get("overhead"):
        what = f"overhead of the engine for a candidate ({part['candidates']:.0f} candidates)"
        share = f"{part['seconds']:.3f} s, {part['share']:.2%} of a minute"
        rows.append((what, share, "below 2 % of a minute"))
    if part := found.get("workers"):
        each = f"{part['candidates']:.0f} candidates of {part['each']:.1f} s"
        rows.append((f"two workers against one ({each}, a thread each)", gain(part), "1.8 times"))
        rows.append(
            ("two plain processes against one, the same training", f"{part['floor']:.2f} times", "")
        )
        rows.append(("of two workers", idle(part), ""))
    if part := found.get("ray"):
        rows.append(("Ray with two workers against one of this machine", gain(part), "1.6 times"))
        rows.append(("of Ray's workers", idle(part), ""))
    if part := found.get("resume"):
        what = f"resume with {part['candidates']:,.0f} candidates in a journal of "
        what += f"{part['megabytes']:.1f} MB"
        rows.append((what, f"{part['seconds']:.2f} s", "below 5 s"))
    lines = [f"The engine of searches, {machine}", "", "| | measured | goal |", "|---|---|---|"]
    busy = {name: part["load"] for name, part in found.items() if part["load"] > QUIET}
    loads = ", ".join(f"{name} {load:.1f}" for name, load in busy.items())
    notes = ["", f"Other processes were at work when this began (load: {loads})."] if busy else []
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), *notes]) + "\n"


def gain(part: dict[str, float]) -> str:
    return f"{part['gain']:.2f} times ({part['one']:.1f} s, {part['two']:.1f} s)"


def idle(part: dict[str, float]) -> str:
    return (
        f"{1e3 * part['wait']:.0f} ms between two candidates, and {part['tail']:.1f} s that one "
        "waits for the other at the end"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=[*PARTS], default=[*PARTS])
    parser.add_argument("--tiny", action="store_true", help="tries all parts, and writes nothing")
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    torch.set_num_threads(1)
    file = RESULTS / "search.json"
    found = json.loads(file.read_text())["found"] if file.exists() and not arguments.tiny else {}
    with tempfile.TemporaryDirectory() as out:
        for name in arguments.only:
            load = os.getloadavg()[0]
            measured = (TINY if arguments.tiny else PARTS)[name](Path(out, name))
            found[name] = {**measured, "load": load}
            print(name, found[name], flush=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    if arguments.tiny:
        print(table(found, machine))
        return
    file.write_text(json.dumps({"machine": machine, "found": found}, indent=2) + "\n")
    (RESULTS / "search.md").write_text(table(found, machine))


if __name__ == "__main__":
    main()
