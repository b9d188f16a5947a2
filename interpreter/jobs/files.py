"""Files that are either whole or not there.

A run can be killed, or its disk fill up, between any two bytes. So every file is written beside its
place and moved there when it is complete, and a line that did not fit is taken back.
"""

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from autodesign.interpreter.jobs.failures import RunError, failed

if TYPE_CHECKING:
    from pydantic import BaseModel

FULL = (errno.ENOSPC, errno.EDQUOT)
M = TypeVar("M", bound="BaseModel")


def write(path: Path, content: bytes) -> None:
    """Puts `content` at `path`, whole or not at all. Raises RunError AD902."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as problem:
        _forget(unfinished)
        raise unwritable(path, problem) from problem
    except BaseException:
        _forget(unfinished)
        raise


def append(path: Path, line: str) -> None:
    """Adds a line to `path`, whole or not at all. Raises RunError AD902."""
    size = path.stat().st_size if path.exists() else 0
    try:
        with path.open("ab") as file:
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        cut(path, size)
        raise unwritable(path, problem) from problem


def cut(path: Path, size: int) -> None:
    """Cuts `path` back to its first `size` bytes; nothing is left of it at size 0.

    Raises RunError AD903 where it is shorter.
    """
    if size == 0:
        _forget(path)
    elif not path.exists() or path.stat().st_size < size:
        raise damaged(path)
    else:
        os.truncate(path, size)


def read(path: Path, model: type[M]) -> M:
    """What was written as JSON at `path`. Raises RunError AD903 where it is damaged."""
    from pydantic import ValidationError  # `interpret fmt` writes files and needs no models

    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as problem:
        raise damaged(path) from problem


def damaged(path: Path) -> RunError:
    return failed(
        "AD903",
        f"{path.name} in {path.parent} is damaged",
        notes=["It is not what the interpreter wrote there."],
        help=f"delete the folder {path.parent}, and the job starts anew with --resume",
    )


def unwritable(path: Path, problem: OSError) -> RunError:
    if problem.errno in FULL:
        return failed(
            "AD902",
            f"the disk is full: {path.name} could not be written in {path.parent}",
            notes=["Nothing of the file was left behind; what was saved before it is intact."],
            help="make room, then continue the run with --resume",
        )
    return failed(
        "AD902",
        f"{path.name} could not be written in {path.parent}: {problem.strerror or problem}",
        help="make the folder writable, then continue the run with --resume",
    )


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
