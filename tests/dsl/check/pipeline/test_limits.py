"""No text makes the check of a pipeline slow, and no check of a pipeline loads torch."""

import os
import subprocess
import sys
import time

import pytest

SECONDS = 5
"""Of processor time: some ten times what each of these takes on one core."""
LOSS = "CrossEntropyLoss(M(x), label)"
REST = f"goal M minimize {LOSS} goal G minimize mean(G(x)) goal D minimize mean(D(x))"
REST += " joint for 1 epochs "


def chain(length: int, start: str, step: str) -> str:
    """Lets a0, a1, ...: `step` with PREVIOUS."""
    lets = (f"let a{i + 1} = {step.replace('PREVIOUS', f'a{i}')}" for i in range(length))
    return "\n".join([f"let a0 = {start}", *lets, "\n"])


HOSTILE = {
    "doubling": chain(3000, LOSS, "PREVIOUS + PREVIOUS") + REST,
    "doubled goal": chain(3000, LOSS, "PREVIOUS + PREVIOUS")
    + REST.replace(LOSS, "a3000").replace("mean(G(x))", "mean(G(x)) + a2000"),
    "products": chain(3000, LOSS, "PREVIOUS * PREVIOUS") + REST.replace(LOSS, "a3000"),
    "signs": chain(3000, LOSS, "-PREVIOUS") + REST.replace(LOSS, " + ".join(["a3000"] * 100)),
    "unrolled": chain(1000, "M", "PREVIOUS after SGD(lr=0.1) on mean(PREVIOUS(x))") + REST,
    "gradients": chain(1000, "G(x)", "gradient(mean(G(PREVIOUS)), PREVIOUS)") + REST,
    "backwards": "\n".join(f"let a{i} = a{i + 1} * 2" for i in range(3000))
    + f"\nlet a3000 = {LOSS}\n"
    + REST,
    "circle": "\n".join(f"let a{i} = a{(i + 1) % 3000} + 1" for i in range(3000)) + "\n" + REST,
    "players": "\n".join(f"player N{i} = Linear(2)" for i in range(3000)) + "\n" + REST,
    "unknown": "\n".join(f"let a{i} = nothing{i}(x)" for i in range(1000)) + "\n" + REST,
    "histories": chain(3000, "G(x)", "history(PREVIOUS, 1000)") + REST,
    "phases": REST + "joint for 1 epochs\n" * 3000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_check_is_quick(codes, name):
    codes(REST)  # the library is read
    start = time.process_time()
    codes(HOSTILE[name])
    assert time.process_time() - start < SECONDS


def test_many_jobs_of_a_long_pipeline(check):
    lets = chain(500, LOSS, "PREVIOUS * 1.5")
    text = f"""data d = Digits()
pipeline P(d: data) {{ draw (x, label) from d player M = Flatten | Linear(10)
{lets} goal M minimize a500 joint for 1 epochs }}
""" + "\n".join(f"train j{i} = P(d) {{ using SGD(lr=0.1) batch 8 }}" for i in range(300))
    start = time.process_time()
    spec, codes = check(text)
    assert spec is None and set(codes) == {"AD529"}
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize(
    ("items", "code"),
    [
        (HOSTILE["doubled goal"], "AD529"),
        (HOSTILE["unrolled"], "AD529"),
        (
            chain(30, LOSS, "PREVIOUS + PREVIOUS") + "let b = M after SGD(lr=0.1) on a30 " + REST,
            "AD529",
        ),
        (HOSTILE["players"], "AD529"),
        (HOSTILE["circle"], "AD506"),
    ],
)
def test_what_is_too_large_is_said(codes, items, code):
    assert code in codes(items)


def test_a_check_loads_no_torch_and_of_pipelines_only_what_is_needed():
    program = """
import sys
from autodesign.dsl.load import load_text
from autodesign.stdlib.library import standard
network = '''ad 1
data d = Digits()
network N { input x: image[1, 8, 8]  node A(x) = Flatten | Linear(10)  output y = A }
train j = N on d { minimize CrossEntropyLoss(y, label) using SGD(lr=0.1) epochs 1 batch 8 }'''
assert load_text(network, "a.ad", standard())[0] is not None
loaded = [n for n in sys.modules if "check.pipeline" in n or n.endswith("dsl.pipeline")]
print(loaded)
pipeline = '''ad 1
data d = Digits()
pipeline P(a: data) { draw (x, label) from a  player M = Flatten | Linear(10)
  goal M minimize CrossEntropyLoss(M(x), label)  joint for 1 epochs }
train j = P(d) { using SGD(lr=0.1) batch 8 }'''
assert load_text(pipeline, "a.ad", standard())[0] is not None
print(sorted({"torch", "torchvision", "numpy"} & set(sys.modules)))
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env
    )
    assert done.stdout.splitlines() == ["[]", "[]"]
