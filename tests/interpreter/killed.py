"""Runs that are killed: what ends them, and each place in which a write can be cut short."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest


class Killed(BaseException):
    """Stands for the end of the process: nobody catches it."""


def killed_within_any_write(
    start: Callable[..., object],
    unbroken: dict[str, bytes],
    left_in: Callable[[Path], dict[str, bytes]],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> int:
    """Kills a run in its first write, in its second and so on, and resumes it: each time `left_in`
    its folder is what is left `unbroken`. Gives the number of the first write that never came."""
    real = os.fsync
    for number in itertools.count(1):
        left, out = [number], folder / f"run{number}"

        def sync(file: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            real(file)

        monkeypatch.setattr(os, "fsync", sync)
        try:
            start(out)
        except Killed:
            monkeypatch.setattr(os, "fsync", real)
            start(out, resume=(out / "run.json").exists())
        else:
            break
        assert left_in(out) == unbroken
        assert not list(out.rglob("*.unfinished"))
    return number
