"""Pipelines made from others by their arguments: `pipeline Small(w) = Pair(few, w, steps=3)`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.load import load_text
from autodesign.dsl.pipeline import Pipeline
from autodesign.interpreter.pipeline.identity import identity
from autodesign.stdlib.library import standard

PAIR = """
data few = Subset(Digits(), count=96)
data all = Digits()

pipeline Pair(
  a: data,
  w: real = 10,
  body = Flatten | Linear(64),
  net: optimizer = SGD(lr=0.1),
  steps: int in 0..9 = 4,
  smooth: bool = false,
) {
  draw (x, label) from a
  player G = body | Unflatten(1, [1, 8, 8]) using net
  player D = Flatten | Linear(1)
  let y = G(x)
  goal G minimize w * l1(y, x) + adversarial(D, y)
  goal D minimize discriminate(D, x, y if smooth else history(y, 50))
  joint for steps steps
}
"""
CLAUSES = "{ using Adam(lr=1e-3)  batch 8  report l1(y, x), w * l1(y, x) }"
DIRECT = f"train direct = Pair(few, 5, Flatten | Linear(4) | ReLU | Linear(64), steps=2) {CLAUSES}"


def load(text: str) -> tuple[dict[str, dict[str, str]], dict[str, Pipeline]]:
    spec, found = load_text(f"ad 1\n{PAIR}{text}", "test.ad", standard(), {})
    assert spec is not None, found
    jobs = spec.jobs
    return (
        {name: identity(job) for name, job in jobs.items()},  # type: ignore[arg-type]
        {name: job.pipeline for name, job in jobs.items()},  # type: ignore[union-attr]
    )


def refused(text: str) -> tuple[Diagnostic, ...]:
    spec, found = load_text(f"ad 1\n{PAIR}{text}", "test.ad", standard(), {})
    assert spec is None
    return found


@pytest.mark.parametrize(
    ("declared", "call"),
    [
        (
            "pipeline S(a: data, n, b) = Pair(a, 5, b, steps=n)",
            "S(few, 2, Flatten | Linear(4) | ReLU | Linear(64))",
        ),
        (
            "pipeline S(w: real, hidden=4) = "
            "Pair(few, w, steps=2, body=Flatten | Linear(hidden) | ReLU | Linear(64))",
            "S(5)",
        ),
        (
            "block b(d=4) = Linear(d) | ReLU "
            "pipeline S = Pair(few, 10 / 2, Flatten | b | Linear(64), steps=1 + 1)",
            "S",
        ),
        (
            "pipeline S(a: data, inner) = T(inner, 2, a) "
            "pipeline T(part, n: int, a) = Pair(a, 2.5 * n, Flatten | part | Linear(64), steps=n)",
            "S(few, Linear(4) | ReLU)",
        ),
        (
            "pipeline S(n: int, w: real = 2 * n + 1) = T(w, steps=n) "
            "pipeline T(w, steps: int = 7, b = Flatten | Linear(4) | ReLU | Linear(64), a = few) = "
            "Pair(a, w, b, steps=steps)",
            "S(2)",
        ),
    ],
    ids=["handed on", "computed", "without parameters", "of another", "by defaults"],
)
def test_a_job_is_the_one_of_the_pipeline_with_these_arguments(declared: str, call: str) -> None:
    identities, pipelines = load(f"{DIRECT}\n{declared}\ntrain short = {call} {CLAUSES}")
    assert identities["short"] == identities["direct"]
    assert pipelines["short"] == pipelines["direct"]
    assert pipelines["short"].draws[0].data.name == "few"


def test_jobs_with_other_arguments_are_others() -> None:
    identities, _ = load(
        f"pipeline S(n: int = 2, a: data = few) = Pair(a, steps=n) "
        f"train one = S {CLAUSES} train two = S(3) {CLAUSES} train three = S(2, all) {CLAUSES}"
    )
    assert len({repr(sorted(told.items())) for told in identities.values()}) == 3


@settings(max_examples=25, deadline=None)
@given(
    fixed=st.sets(st.sampled_from(["w", "body", "net", "steps", "smooth"])),
    levels=st.integers(1, 3),
)
def test_whatever_is_given_first_and_whatever_later(fixed: set[str], levels: int) -> None:
    """All arguments given to the pipeline = some given in a chain of short ones, the rest in the
    job."""
    values = {
        "w": "3",
        "body": "Flatten | Linear(5) | Linear(64)",
        "net": "Adam(lr=0.01)",
        "steps": "6",
        "smooth": "true",
    }
    later = [name for name in values if name not in fixed]
    lines, source = [], "Pair"
    own = ["a", *later]
    for level in range(levels):
        keywords = [f"{name}={name}" for name in own]
        if level == 0:
            keywords += [f"{name}={values[name]}" for name in sorted(fixed)]
        lines.append(f"pipeline S{level}({', '.join(own)}) = {source}({', '.join(keywords)})")
        source = f"S{level}"
    whole = ", ".join(f"{name}={value}" for name, value in values.items())
    rest = ", ".join(["few", *(f"{name}={values[name]}" for name in later)])
    text = f"train whole = Pair(few, {whole}) {CLAUSES}\ntrain parts = {source}({rest}) {CLAUSES}"
    identities, pipelines = load("\n".join([*lines, text]))
    assert identities["parts"] == identities["whole"]
    assert pipelines["parts"] == pipelines["whole"]


def test_of_another_file_with_the_names_of_both(checked, tmp_path) -> None:
    (tmp_path / "pair.ad").write_text(f"ad 1\n{PAIR}")
    (tmp_path / "short.ad").write_text(
        'ad 1\nuse "pair.ad" (Pair)\nparam width: int = 4\n'
        "pipeline Narrow(a: data) = Pair(a, body=Flatten | Linear(width) | Linear(64))\n"
    )
    spec = checked(
        'use "short.ad" (Narrow)\ndata mine = Subset(Digits(), count=20)\n'
        f"pipeline Mine = Narrow(mine)\ntrain j = Mine {CLAUSES}",
        tmp_path,
    )
    pipeline = spec.jobs["j"].pipeline
    assert (pipeline.name, pipeline.draws[0].data.name) == ("Pair", "mine")
    assert [step.shape for step in pipeline.players[0].body[:2]] == [(64,), (4,)]


def test_a_sweep_goes_over_a_param_that_a_short_pipeline_names(checked) -> None:
    spec = checked(
        f"{PAIR} param width: int = 4 "
        "pipeline S = Pair(few, body=Flatten | Linear(width) | Linear(64))"
        f"train j = S {CLAUSES} sweep widths = j over width in [2, 3]"
    )
    jobs = [point.job for point in spec.sweeps["widths"].points]
    assert [job.pipeline.players[0].body[1].shape for job in jobs] == [(2,), (3,)]


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        (f"pipeline S(n) = Pair(few, step=n) train j = S(2) {CLAUSES}", "AD222", "step"),
        ("pipeline S(n) = Pair(few, step=n)", "AD222", "step"),
        ("pipeline S(w) = Pair(w=w)", "AD220", "Pair(w=w)"),
        ("pipeline S(n) = Pair(few, w=n, steps=10)", "AD225", "10"),
        ("pipeline S(n) = Pair(few, w=n, steps=2 * m)", "AD201", "m"),
        ("pipeline S(n) = Pair(few, w=n * m)", "AD201", "m"),
        ("pipeline S(n) = Pear(few)", "AD201", "Pear"),
        ("pipeline S(n) = few", "AD203", "few"),
        ("pipeline S(n) = Flatten(few)", "AD203", "Flatten"),
        (f"pipeline S(n) = Pair(few) train j = S {CLAUSES}", "AD220", "S"),
        (f"pipeline S(n: int) = Pair(few) train j = S(0.5) {CLAUSES}", "AD224", "0.5"),
        (f"pipeline S = Pair(few) train j = S on few {CLAUSES}", "AD526", "few"),
    ],
)
def test_wrong_ones(text: str, code: str, at: str) -> None:
    [found] = refused(text)
    assert found.span is not None
    assert (found.code, found.span.text) == (code, at)


def test_a_wrong_argument_is_shown_in_the_job_with_those_that_hand_it_on() -> None:
    [found] = refused(
        "pipeline S(n) = T(n) pipeline T(m) = Pair(few, steps=m) "
        f"train j = S(10) {CLAUSES} train k = S(9) {CLAUSES}"
    )
    assert found.span is not None
    assert (found.code, found.message) == ("AD225", "`steps` of Pair must lie in 0..9")
    assert found.span.text == "10"
    assert [(label.span.text, label.text) for label in found.related] == [
        ("T", "handed on by this pipeline"),
        ("S", "handed on by this pipeline"),
    ]


def test_a_wrong_argument_that_is_computed_is_shown_with_the_uses_around_it() -> None:
    [found] = refused(
        "pipeline T(m) = Pair(few, steps=m) pipeline S(n) = T(5 * n) pipeline R(k) = S(k) "
        f"train j = R(2) {CLAUSES}"
    )
    assert found.span is not None
    assert found.span.text == "5 * n"
    assert [(label.span.text, label.text) for label in found.related] == [
        ("T", "handed on by this pipeline"),
        ("S(k)", "in `S`, used here"),
        ("R(2)", "in `R`, used here"),
    ]


@pytest.mark.parametrize("start", ["S", "T", "Z"])
def test_those_made_from_each_other_are_refused_once(start: str) -> None:
    [found] = refused(
        "pipeline S(n) = T(n) pipeline T(n) = S(n) pipeline Z(n) = T(n) "
        f"train j = {start}(2) {CLAUSES}"
    )
    assert (found.code, found.message) == ("AD228", "the pipeline `S` is made from itself")
    assert [label.span.text for label in found.related] == ["T"]


def test_one_made_from_itself_is_refused() -> None:
    assert [found.code for found in refused("pipeline S(n) = S(n)")] == ["AD228"]


def test_too_many_made_from_each_other_are_refused() -> None:
    chain = [f"pipeline S{i}(n) = S{i + 1}(n)" for i in range(2000)]
    found = refused("\n".join([*chain, f"pipeline S2000(n) = Pair(few) train j = S0(1) {CLAUSES}"]))
    assert {one.code for one in found} == {"AD210"} and len(found) == 2000 + 1 - 50


def test_fifty_are_not_too_many() -> None:
    chain = [f"pipeline S{i}(n) = S{i + 1}(n)" for i in range(49)]
    text = "\n".join([*chain, "pipeline S49(n) = Pair(few, steps=n)"])
    _, pipelines = load(f"{text}\ntrain j = S1(3) {CLAUSES}")
    assert pipelines["j"].phases[0].length == 3


def test_what_only_a_short_pipeline_uses_is_used(check) -> None:
    text = f"{PAIR} block b = Flatten | Linear(64) pipeline S(n) = Pair(few, n, b)"
    _, codes = check(f"{text} train j = Pair(all) {CLAUSES}")
    assert codes == []
