"""Random examples are the same in every run, so that a change that fails is the change's doing.

`HYPOTHESIS_PROFILE=explore pytest tests/property` draws others each time. The laws in
tests/property are tried on all of their examples where that folder is named, and on a fifth in a
run of all tests: these are to end within five minutes.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_configure(config: pytest.Config) -> None:
    named = any("property" in argument for argument in config.args)
    os.environ["EXAMPLES"] = "all" if named else "some"
