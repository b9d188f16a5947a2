"""report.html holds all that it shows, and trusts no text."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autodesign.interpreter.jobs import curves
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
