"""Devices by name, streams of random numbers, threads."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.jobs import device


@pytest.mark.parametrize(
    ("there", "name", "found"),
    [
        (["cpu"], "auto", "cpu"),
        (["cpu", "mps"], "auto", "cpu"),
        (["cpu", "mps"], "mps", "mps"),
        (["cpu", "cuda:0", "cuda:1"], "auto", "cuda:0"),
        (["cpu", "cuda:0", "cuda:1"], "cuda", "cuda:0"),
        (["cpu", "cuda:0", "cuda:1"], "cuda:1", "cuda:1"),
        (["cpu"], "cuda", None),
        (["cpu"], "tpu", None),
    ],
)
def test_a_device_is_found_by_name(
    there: list[str], name: str, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "_available", lambda: there)
    if found is None:
        with pytest.raises(SpecError, match="AD764"):
            device.find_device(name)
    else:
        assert device.find_device(name) == torch.device(found)


def test_streams_differ() -> None:
    streams = {device.stream(seed, number) for seed in range(50) for number in range(50)}
    assert len(streams) == 50 * 50 and all(0 <= s < 2**63 for s in streams)


def test_threads_are_put_back() -> None:
    before = torch.get_num_threads()
    with device.threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_short_steps_are_computed_by_one_thread(text: str, check: Callable[..., spec.Spec]) -> None:
    short = check(text).jobs["job"]
    assert device.thread_count([short]) == 1
    batch = 1 + device.ONE_THREAD // short.network.analysis.greatest
    long = replace(short, batch=batch)
    assert device.thread_count([short, long]) == torch.get_num_threads()
