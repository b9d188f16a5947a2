"""A real search, killed at random moments and resumed, ends as one that was not: the ranking, the
values and the weights are the same to the bit."""

import subprocess
import sys
from pathlib import Path

import pytest
from standin import left_in

from autodesign.interpreter.jobs.crew import variables

HERE = Path(__file__).parent


@pytest.mark.slow
def test_a_search_killed_at_20_random_moments_ends_as_one_that_was_not(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, HERE / "killing.py", HERE / "grown.ad", tmp_path, "20"],
        env=variables(1),
        check=True,
        capture_output=True,
        text=True,
    )
    kills, searches = map(int, done.stdout.split())
    assert kills == 20
    for name in ("fixed", "grown"):
        expected = left_in(tmp_path / "unbroken" / name)
        assert sum(key.endswith("networks.safetensors") for key in expected) > 1
        for number in range(searches):
            assert left_in(tmp_path / str(number) / name) == expected
