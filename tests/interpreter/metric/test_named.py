"""The interpolations that a spec can name are there, with the options that the checker knows."""

from inspect import signature

import pytest

from autodesign.interpreter.metric.interpolations import INTERPOLATIONS as MADE
from autodesign.stdlib.training.methods import INTERPOLATIONS as NAMED


@pytest.mark.parametrize("name", NAMED)
def test_named_interpolation_takes_its_options(name: str) -> None:
    options = signature(MADE[name]).parameters if NAMED[name] else {}
    assert set(NAMED[name]) == set(options) - {"seed"}
