"""Metrics that cannot be shown (AD437)."""

from pathlib import Path

import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.interpreter import cli

SPEC = """ad 1

metric Accuracy(s: scores[n, k], y: label[n]) = mean(argmax(s[i]) == y[i] for i in n)
"""


def AD437(tmp_path: Path) -> list[Diagnostic]:
    path = tmp_path / "digits.ad"
    path.write_text(SPEC)
    with pytest.raises(SpecError) as caught:
        cli._metric(path, "Acuracy")
    return list(caught.value.diagnostics)
