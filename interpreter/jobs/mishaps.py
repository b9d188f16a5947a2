"""What goes wrong in a run without anybody having looked for it, as diagnostics."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.jobs.failures import RunError, failed, unexpected
from autodesign.interpreter.metric.errors import MetricError
from autodesign.interpreter.network.errors import NetworkError

SMALLER = "make the batch smaller, then start the run again"


@contextmanager
def explained(log: Path) -> Iterator[None]:
    """Turns whatever else goes wrong into a diagnostic; its traceback goes to `log`."""
    try:
        yield
    except RunError:
        raise
    except SpecError as refusal:
        raise RunError(refusal.diagnostics) from refusal
    except (NetworkError, MetricError) as problem:
        raise RunError(problem.diagnostics) from problem
    except Exception as problem:
        if out_of_memory(problem):
            raise too_large(problem) from problem
        raise unexpected(problem, log) from problem


def out_of_memory(problem: Exception) -> bool:
    """Whether a tensor found no room, in memory or on the device."""
    if isinstance(problem, MemoryError | torch.OutOfMemoryError):
        return True
    says = ("not enough memory", "can't allocate memory")
    return isinstance(problem, RuntimeError) and any(words in str(problem) for words in says)


def too_large(problem: Exception, help: str = SMALLER) -> RunError:
    """AD905; `help` says what to lower."""
    wanted = re.search(r"allocate ([\d.]+ ?\w*)", str(problem))
    return failed(
        "AD905",
        "there is not enough memory for this run",
        notes=[f"One tensor of {wanted.group(1)} was the last straw."] if wanted else [],
        help=help,
    )
