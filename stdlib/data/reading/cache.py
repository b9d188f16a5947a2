"""Data that took long to make is kept between runs, in files that can always be made again."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

Tensors = dict[str, Tensor]


def default_cache() -> Path:
    """`$AUTODESIGN_CACHE`, else the user's cache folder."""
    if own := os.environ.get("AUTODESIGN_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "autodesign"


def cached(folder: Path, key: str, make: Callable[[], Tensors]) -> Tensors:
    """What `make` gives, kept under `key`, which names everything that it depends on.

    A damaged file is made anew; where nothing can be written, nothing is kept.
    """
    file = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.safetensors"
    with contextlib.suppress(OSError, SafetensorError):
        return load_file(file)
    tensors = make()
    with contextlib.suppress(OSError, SafetensorError):
        write(file, tensors)
    return tensors


def write(file: Path, tensors: Tensors) -> None:
    """Write beside the file, then rename: nobody ever sees half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
    os.close(descriptor)
    part = Path(name)
    try:
        save_file(tensors, part)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
