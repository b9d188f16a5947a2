"""Sources as a checked spec has them, read from text in a folder of the test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autodesign.dsl.load import load_text
from autodesign.dsl.spec import Call
from autodesign.stdlib.data import load
from autodesign.stdlib.data.reading.examples import Splits
from autodesign.stdlib.library import standard

Declare = Callable[[str], Call]
Load = Callable[[str], Splits]


@pytest.fixture
def declare(tmp_path: Path) -> Declare:
    """The call of `data it = SOURCE`, written in tmp_path/spec.ad."""

    def declared(source: str) -> Call:
        file = tmp_path / "spec.ad"
        file.write_text(f"ad 1\ndata it = {source}\n")
        spec, found = load_text(file.read_text(), str(file), standard(), {})
        assert spec is not None, found
        return spec.data["it"].call

    return declared


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What sources keep between runs, shared by all tests: MNIST5k takes seconds to read."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def read(declare: Declare, kept: Path) -> Load:
    """The splits of a source."""
    return lambda source: load(declare(source), cache=kept)
