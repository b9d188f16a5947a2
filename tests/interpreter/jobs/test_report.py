"""report.html holds all that it shows, and trusts no text."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autodesign.dsl import spec
from autodesign.interpreter.jobs import curves, starts
from autodesign.interpreter.jobs.run import Run

Start = Callable[..., Run]


@pytest.fixture
def page(start: Start, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    strange = "## <script>alert(1)</script> & $x$\n" + text[text.index("train job") :]
    spec = text[: text.index("train job")] + strange
    done = start(tmp_path / "run", spec, settings={"lam": "0.5"})
    return (done.directory / "report.html").read_text()


def test_a_report_loads_nothing(page: str) -> None:
    assert not re.search(r"<(?:script|link|iframe|object)\b", page)
    assert not re.search(r"(?:src|href)=[\"'](?!#|data:image/png;base64,)", page)
    assert "default-src 'none'" in page


def test_a_report_shows_a_spec_as_text(page: str) -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; $x$" in page


def test_a_report_shows_results_curves_and_nodes(page: str) -> None:
    # curves, the network, how many nodes ran
    assert page.count("<svg") == 3
    for words in ("Accuracy(y, label)", "of greatest", "How many test examples ran each node"):
        assert words in page


NETWORK = """
network NAME {
  input image: image[1, 8, 8]
  node  pool(image) = AvgPool2d(4) | Flatten
  node  few(pool) = Linear(10)
  node  many(image) = Flatten | Linear(10)
  node  sum(few, many) = add
  output y = sum
}
"""
JOB = "minimize CrossEntropyLoss(y, label) using SGD(lr=0.1) epochs 1 batch 8"
PIPELINES = "".join(
    f"""
pipeline {name}(a: data) {{
  draw (image, label) from a
  player flat = Flatten
  player {body} = Flatten | Linear(10)
  player last = Linear(10) | BatchNorm1d
  goal {body}, last minimize CrossEntropyLoss(last({body}(image)), label) + 0 * mean(flat(image))
  joint for 1 epochs
}}
"""
    for name, body in (("P", "M"), ("Q", "N"))
)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("first", "first: few, many"),  # the others have no weights
        ("first(many, few=few)", "first: many, few"),
        ("first(few), second(many=few)", "first: few; second: many as its few"),
        ("trained(many)", "some.safetensors: many"),
        ("trained", "some.safetensors: all nodes of the same name"),
    ],
)
def test_what_the_nodes_of_a_network_start_from(
    check: Callable[..., spec.Spec], head: str, source: str, shown: str
) -> None:
    text = head + 'data trained = Checkpoint("folder/some.safetensors")' + NETWORK
    for name in ("first", "second"):
        text += f"train {name} = NAME on digits {{ {JOB} }}\n"
    job = check(text + f"train third = NAME on digits {{ from {source} {JOB} }}").jobs["third"]
    assert "; ".join(starts.told(job)) == shown


@pytest.mark.parametrize(
    ("call", "source", "shown"),
    [
        ("P", "first", "first: M, last"),
        ("Q", "first", "first: last"),
        ("Q", "first(N=M)", "first: N as its M"),
        ("Q", "trained", "some.safetensors: all players of the same name"),
    ],
)
def test_what_the_players_of_a_pipeline_start_from(
    check: Callable[..., spec.Spec], head: str, call: str, source: str, shown: str
) -> None:
    text = head + 'data trained = Checkpoint("folder/some.safetensors")' + PIPELINES
    text += "train first = P(digits) { using SGD(lr=0.1) batch 8 }\n"
    text += f"train third = {call}(digits) {{ from {source} using SGD(lr=0.1) batch 8 }}"
    assert "; ".join(starts.told(check(text).jobs["third"])) == shown


def test_a_report_says_what_its_jobs_start_from(
    start: Start, head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    text = head + NETWORK + PIPELINES
    text += f"train first = NAME on digits {{ {JOB} }} "
    text += f"train again = NAME on digits {{ from first(few) {JOB} }} "
    text += "train played = P(digits) { using SGD(lr=0.1) batch 8 } "
    text += "train further = Q(digits) { from played(N=M) using SGD(lr=0.1) batch 8 }"
    page = (start(tmp_path / "run", text).directory / "report.html").read_text()
    first, again, played, further = page[: page.index("The spec")].split("<h2>")[1:5]
    assert "starts from" not in first + played
    assert "It starts from first: few.\nEpoch 1 of 1" in again
    assert "It starts from played: N as its M.\nThe players are" in further


def test_the_spec_is_kept_with_its_params_as_they_were_set(page: str, tmp_path: Path) -> None:
    kept = (tmp_path / "run" / "spec.ad").read_text()
    assert "param lam: real in 0..1 = 0.5" in kept
    assert "param seed: int in 0.. = 3" in kept


def test_events_are_written_where_tensorboard_is_installed(start: Start, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    done = start(tmp_path / "run")
    events = EventAccumulator(str(done.directory / "job" / "events"))
    events.Reload()
    assert [e.step for e in events.Scalars("validation/cost")] == [1, 2, 3]
