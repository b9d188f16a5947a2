"""How much memory there is, asked before much of it is taken."""

import os
from pathlib import Path

from autodesign.stdlib.data.reading.request import Request

SHARE = 0.5  # of the available memory that one array may take
MEMINFO = Path("/proc/meminfo")
GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
GROUP_USED = Path("/sys/fs/cgroup/memory.current")
GIGABYTE = 1e9


def available() -> int | None:
    """Bytes that this process may still take; None where the system does not say."""
    found = [amount for amount in (of_machine(), of_group()) if amount is not None]
    return min(found, default=None)


def of_machine() -> int | None:
    try:
        lines = MEMINFO.read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvail"))
    except (OSError, StopIteration, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def of_group() -> int | None:
    """What a container's limit leaves."""
    try:
        return int(GROUP_LIMIT.read_text()) - int(GROUP_USED.read_text())
    except (OSError, ValueError):
        return None


def afford(request: Request, size: int, what: str, mend: str) -> None:
    """Refuse an array of `size` bytes that would take too much of the memory."""
    free = available()
    if free is not None and size > SHARE * free:
        raise request.refusal(
            "AD732",
            f"{what} would take {size / GIGABYTE:,.1f} GB, more than half of the "
            f"{free / GIGABYTE:,.1f} GB of memory that are free",
            mend,
        )
