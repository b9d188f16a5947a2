"""`check(text)` gives the spec and the codes found; `checked(text)` the spec of a valid text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autodesign.dsl.load import load_text
from autodesign.dsl.spec import Spec
from autodesign.stdlib.library import standard

Check = Callable[..., tuple[Spec | None, list[str]]]


@pytest.fixture
def check() -> Check:
    def run(
        text: str, folder: Path | None = None, **settings: str
    ) -> tuple[Spec | None, list[str]]:
        spec, found = load_text(f"ad 1\n{text}", "test.ad", standard(), settings, folder)
        return spec, [one.code for one in found]

    return run


@pytest.fixture
def checked(check: Check) -> Callable[..., Spec]:
    def run(text: str, folder: Path | None = None, **settings: str) -> Spec:
        spec, codes = check(text, folder, **settings)
        assert spec is not None, codes
        return spec

    return run
