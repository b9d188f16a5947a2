"""What the engine of searches costs, what two workers gain, and how long a resume takes.

    python bench/search.py                          # about ten minutes on two quiet cores
    python bench/search.py --only overhead workers  # these parts; results of the others stay

overhead  a GAN grown on Digits by one worker: wall time of the candidates of a step, less that of
          their iterations and of their evaluation. What is left is the engine's: choosing them,
          giving them to a worker, reading parents, building networks, writing weights and journal.
workers   the same candidates by one worker and by two, each with one thread: from the first
          iteration to the last, after the workers have started.
ray       the same candidates on Ray with two workers, against one worker of this machine.
resume    a search with 25 moves, K = 20 and p = 0.4 as in the thesis, with 10,000 candidates in its
          journal: until it gives the next candidate to a worker, in a fresh process.

Results go to bench/results/search.json and .md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from autodesign.dsl.growth import Search
from autodesign.dsl.load import load_text
from autodesign.interpreter.growth import candidate
from autodesign.interpreter.growth.assignment import Assignment, Outcome
from autodesign.interpreter.growth.course import Course
from autodesign.interpreter.growth.engine import Ended, Engine, Told
from autodesign.interpreter.growth.engine_local import Local
from autodesign.interpreter.growth.engine_ray import OnRay
from autodesign.interpreter.growth.judging import Judge
from autodesign.interpreter.growth.perform import Work, perform
from autodesign.interpreter.growth.result import Plan
from autodesign.interpreter.growth.sampling import chance
from autodesign.interpreter.growth.search import run_search
from autodesign.interpreter.growth.telling import Telling
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener
from autodesign.stdlib.library import standard

HERE = Path(__file__).parent
RESULTS = HERE / "results"
TIMES = "times.jsonl"
QUIET = 0.5
"""The load up to which a machine has both of its cores for a measurement."""
LONG = 60.0
"""Seconds of the candidate that overhead is a share of."""

SPEC = """ad 1

data digits = Digits()

growth Grown {{
  generator G {{
    input z: vector[64]
    node base(z) = EqualizedLinear({flat}) | Unflatten(1, [{width}, 8, 8]) | LeakyReLU(0.2)
    node rgb(base) = EqualizedConv2d(1, 1, gain=1)
    output image = rgb
  }}
  discriminator D {{
    input x: image[1, 8, 8]
    node stem(x) = EqualizedConv2d({width}, 1) | LeakyReLU(0.2)
    node score(stem) = EqualizedConv2d({width}, 3) | LeakyReLU(0.2) | MinibatchStdDev
      | Flatten | EqualizedLinear(1, gain=1)
    output critic = score
  }}
  action grow_G(size in {{3, 7}}, filters in {{{filters}}})
    = EqualizedConv2d(filters, size) | LeakyReLU(0.2) | PixelNorm before G.rgb
  action grow_D(size in {{3, 7}}, filters in {{{filters}}})
    = EqualizedConv2d(filters, size) | LeakyReLU(0.2) after D.stem
}}

search grown = Grown on digits {{
  minimize FrechetDistance(Pixels(), n=400)
  by top_k(keep=20, sample=0.4)
  train wgan_gp(penalty=10, drift=0.001) using Adam(lr=1e-3, betas=[0, 0.99])
    for {iterations} iterations
  until layers {layers}
  batch 32
}}
"""


def searched(width: int, filters: Sequence[int], iterations: int, layers: int) -> Search:
    """The search of `SPEC`."""
    text = SPEC.format(
        width=width,
        flat=64 * width,
        filters=", ".join(map(str, filters)),
        iterations=iterations,
        layers=layers,
    )
    checked, found = load_text(text, "bench.ad", standard(), {})
    assert checked is not None, found
    return checked.searches["grown"]


# --- what a candidate takes, told by itself -------------------------------------------------------


def timed(assignment: Assignment, device: torch.device, telling: Telling) -> Outcome:
    """Trains as ever, and adds a line to OUT/times.jsonl: when iterations and evaluation were."""
    spans: dict[str, list[float]] = {"iterations": [], "evaluation": []}
    iterate, judge = Course.run, Judge.judge
    Course.run = _noting(iterate, spans["iterations"])  # type: ignore[method-assign]
    Judge.judge = _noting(judge, spans["evaluation"])  # type: ignore[method-assign]
    try:
        outcome = candidate.train_candidate(assignment, device, telling)
    finally:
        Course.run, Judge.judge = iterate, judge  # type: ignore[method-assign]
    line = json.dumps({"step": len(assignment.moves), **spans})
    with (assignment.run / TIMES).open("a") as file:
        file.write(line + "\n")
    return outcome


def _noting(function: Callable[..., Any], span: list[float]) -> Callable[..., Any]:
    def noted(*arguments: Any) -> Any:
        span.append(time.time())
        found = function(*arguments)
        span.append(time.time())
        return found

    return noted


def spans_of(out: Path, step: int) -> list[dict[str, list[float]]]:
    lines = [json.loads(line) for line in (out / TIMES).read_text().splitlines()]
    return [line for line in lines if line["step"] == step]


def window(out: Path) -> float:
    """Seconds from the first iteration of the first step to the end of its last evaluation."""
    spans = spans_of(out, 1)
    begun = min(one["iterations"][0] for one in spans)
    return max(one["evaluation"][1] for one in spans) - begun


def run(search: Search, engine: Engine, out: Path) -> float:
    """Runs a search; gives the time at which it ended."""
    plan = Plan(search, out / search.name, keep=20, sample=1.0)
    try:
        run_search(plan, engine, timed, Listener(), Interruption(), "")
        return time.time()
    finally:
        engine.close()


# --- the parts ------------------------------------------------------------------------------------


def overhead(out: Path) -> dict[str, float]:
    """One worker and short candidates, so that what is not training shows."""
    ended = run(searched(16, [16, 17, 18, 19], 40, 1), Local(1, 1, ("cpu",)), out)
    spans = spans_of(out, 1)
    begun = min(one["iterations"][0] for one in spans)
    own = sum(one[kind][1] - one[kind][0] for one in spans for kind in ("iterations", "evaluation"))
    each = (ended - begun - own) / len(spans)
    return {"candidates": len(spans), "seconds": each, "share": each / LONG}


def candidates() -> Search:
    """16 after the first, alike but for the size of a filter; some seconds each."""
    return searched(32, [32, 33, 34, 35], 60, 1)


def workers(out: Path) -> dict[str, float]:
    one, two = out / "one", out / "two"
    run(candidates(), Local(1, 1, ("cpu",)), one)
    run(candidates(), Local(2, 1, ("cpu",)), two)
    assert ranking(one) == ranking(two)
    found = {"one": window(one), "two": window(two)}
    return {"candidates": len(spans_of(one, 1)), **found, "gain": found["one"] / found["two"]}


def ray(out: Path) -> dict[str, float]:
    one, two = out / "one", out / "ray"
    run(candidates(), Local(1, 1, ("cpu",)), one)
    run(candidates(), OnRay(2, 1, 0), two)
    assert ranking(one) == ranking(two)
    found = {"one": window(one), "ray": window(two)}
    return {"candidates": len(spans_of(one, 1)), **found, "gain": found["one"] / found["ray"]}


def ranking(out: Path) -> list[str]:
    lines = (out / "grown" / "journal.jsonl").read_text().splitlines()
    return next(json.loads(line)["kept"] for line in lines if '"kind":"step"' in line)


# --- a search with many candidates ----------------------------------------------------------------

MANY = 10_000


class Enough(Exception):
    """There are as many candidates as were asked for, or the first one was given to a worker."""


class Pretending:
    """Says at once that candidates are done, until there are `most`; it trains nothing."""

    workers = 1

    def __init__(self, most: int) -> None:
        self.left = most

    def run(
        self, works: Sequence[Work], interruption: Interruption, told: Told, ended: Ended
    ) -> None:
        for work in works:
            if not self.left:
                raise Enough
            self.left -= 1
            ended(work, perform(work, torch.device("cpu"), None))  # type: ignore[arg-type]

    def close(self) -> None: ...


def pretended(assignment: Assignment, device: torch.device, telling: Telling) -> Outcome:
    (criterion,) = assignment.search.criteria
    return Outcome(outcome="done", values={criterion.text: chance(0, assignment.id, "value")})


def thesis() -> Search:
    """24 insertions; 50 steps of about 192 candidates."""
    return searched(16, [8, 9, 10, 11, 12, 13], 100, 70)


def go_on(out: Path, most: int) -> float:
    """Seconds until the search wants more than `most` candidates more."""
    plan = Plan(thesis(), out / "grown", keep=20, sample=0.4)
    began = time.perf_counter()
    try:
        run_search(plan, Pretending(most), pretended, Listener(), Interruption(), "")
    except Enough:
        return time.perf_counter() - began
    raise AssertionError("the search has ended")


def resume(out: Path) -> dict[str, float]:
    sync, os.fsync = os.fsync, lambda file: None
    try:
        go_on(out, MANY)
    finally:
        os.fsync = sync
    command = [sys.executable, __file__, "--resumed", str(out)]
    told = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(3)]
    found = sorted(float(one.stdout) for one in told)
    lines = (out / "grown" / "journal.jsonl").read_bytes()
    return {"candidates": MANY, "megabytes": len(lines) / 1e6, "seconds": found[1]}


PARTS = {"overhead": overhead, "workers": workers, "ray": ray, "resume": resume}


# --- what is written ------------------------------------------------------------------------------


def table(found: dict[str, dict[str, float]], machine: str) -> str:
    rows: list[tuple[str, str, str]] = []
    if part := found.get("overhead"):
        what = f"overhead of the engine for a candidate ({part['candidates']:.0f} candidates)"
        share = f"{part['seconds']:.3f} s, {part['share']:.2%} of a minute"
        rows.append((what, share, "below 2 % of a minute"))
    if part := found.get("workers"):
        what = f"two workers against one ({part['candidates']:.0f} candidates, a thread each)"
        gain = f"{part['gain']:.2f} times ({part['one']:.1f} s, {part['two']:.1f} s)"
        rows.append((what, gain, "1.8 times"))
    if part := found.get("ray"):
        what = "Ray with two workers against one of this machine"
        gain = f"{part['gain']:.2f} times ({part['one']:.1f} s, {part['ray']:.1f} s)"
        rows.append((what, gain, "1.6 times"))
    if part := found.get("resume"):
        what = f"resume with {part['candidates']:,.0f} candidates in a journal of "
        what += f"{part['megabytes']:.1f} MB"
        rows.append((what, f"{part['seconds']:.2f} s", "below 5 s"))
    lines = [f"The engine of searches, {machine}", "", "| | measured | goal |", "|---|---|---|"]
    busy = {name: part["load"] for name, part in found.items() if part["load"] > QUIET}
    loads = ", ".join(f"{name} {load:.1f}" for name, load in busy.items())
    notes = ["", f"Other processes were at work when this began (load: {loads})."] if busy else []
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), *notes]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=[*PARTS], default=[*PARTS])
    parser.add_argument("--resumed", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.resumed:
        print(go_on(arguments.resumed, 0))
        return
    sys.modules["search"] = sys.modules["__main__"]  # workers find `timed` by this name
    timed.__module__ = pretended.__module__ = "search"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    torch.set_num_threads(1)
    file = RESULTS / "search.json"
    found = json.loads(file.read_text())["found"] if file.exists() else {}
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as out:
            load = os.getloadavg()[0]
            found[name] = {**PARTS[name](Path(out)), "load": load}
        print(name, found[name], flush=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    file.write_text(json.dumps({"machine": machine, "found": found}, indent=2) + "\n")
    (RESULTS / "search.md").write_text(table(found, machine))


if __name__ == "__main__":
    main()
