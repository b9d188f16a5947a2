"""One process at a time in a run directory.

The lock is the system's own, on the folder itself: it ends with the process that holds it, however
that ends, so nothing is left that could keep a run from being resumed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autodesign.interpreter.jobs.failures import refused

try:
    import fcntl
except ModuleNotFoundError:  # Windows: there is no such lock, and none is taken
    fcntl = None  # type: ignore[assignment]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keeps other processes out of `path`. Raises SpecError AD976 where one is at work in it.

    File systems that know no locks (some network drives) are written to without.
    """
    if fcntl is None:
        yield
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refused(
                "AD976",
                f"another process is at work in {path}",
                help="wait for it to end, or name another folder with --out",
            ) from None
        except OSError:
            pass
        yield
    finally:
        os.close(folder)
