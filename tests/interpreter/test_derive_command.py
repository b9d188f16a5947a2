"""`interpret derive`: prints a valid spec, which is its own derivation."""

from pathlib import Path

import pytest

from autodesign.dsl.load import load_text
from autodesign.dsl.source import Source
from autodesign.dsl.syntax.format import format_text
from autodesign.interpreter import cli
from autodesign.stdlib.library import standard

SPEC = """ad 1

## The share of positives that are found.
metric Recall(s: scores[n], y: flag[n]) = mean(s[i] > 0 for i in n if y[i])
"""


def derived(path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.main(["derive", str(path), name])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_derive_prints_a_valid_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "recall.ad"
    path.write_text(SPEC)
    text = derived(path, "Recall", capsys)
    assert "## The share of positives that are found." in text
    assert "# 1 comparison in 1 family\n# b: at most n bits" in text
    spec, found = load_text(text, "derived.ad", standard())
    assert spec is not None and found == ()
    assert format_text(Source("derived.ad", text)) == text
    path.write_text(text)
    again = derived(path, "Recall", capsys)
    assert again.partition("##")[2] == text.partition("##")[2]


def test_derive_refuses_an_unknown_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "recall.ad"
    path.write_text(SPEC)
    with pytest.raises(SystemExit) as ended:
        cli.main(["derive", str(path), "Recal"])
    assert ended.value.code == 1
    assert "did you mean Recall?" in capsys.readouterr().err
