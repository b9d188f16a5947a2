"""What may be kept between two starts, in the user's cache: parse tables, the library's trees.

Losing it costs time and nothing else, so whatever goes wrong here is passed over in silence.
"""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def folder() -> Path:
    """`$XDG_CACHE_HOME/autodesign`, or `~/.cache/autodesign`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "autodesign"


def load(name: str) -> bytes | None:
    """What was saved under a name; None: nothing, or what another user could have written."""
    with suppress(OSError, RuntimeError), (folder() / name).open("rb") as file:
        if _ours(file.fileno()):
            return file.read()
    return None


def save(name: str, content: bytes) -> None:
    """Keeps the content; another process sees all of it or nothing."""
    with suppress(OSError, RuntimeError):
        place = folder()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place, prefix=name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).replace(place / name)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise


def _ours(descriptor: int) -> bool:
    if not hasattr(os, "getuid"):
        return True
    status = os.fstat(descriptor)
    return status.st_uid == os.getuid() and not status.st_mode & 0o022
