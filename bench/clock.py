"""How long a step takes, of what computes it."""

from collections.abc import Callable
from time import process_time

import torch


def seconds(step: Callable[[], object], device: str) -> float:
    """Of processor time; on a GPU, of the device."""
    if device == "cpu":
        start = process_time()
        step()
        return process_time() - start
    before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    before.record()
    step()
    after.record()
    torch.cuda.synchronize()
    return before.elapsed_time(after) / 1e3
