"""The weights of players that a job keeps."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint, below, under
from autodesign.interpreter.jobs.directory import JobDirectory

PLAYERS = "players"


def keep(
    modules: Mapping[str, nn.Module], directory: JobDirectory, facts: Mapping[str, Any]
) -> None:
    """Writes best.safetensors. Raises RunError AD902."""
    weights = {
        name: value
        for player, module in modules.items()
        for name, value in under(player, module.state_dict()).items()
    }
    checkpoint.write(directory.best, Checkpoint(under(PLAYERS, weights), facts))


def load(modules: Mapping[str, nn.Module], directory: JobDirectory) -> None:
    """Gives players, by name, the weights that were kept. Raises RunError AD903."""
    tensors = below(PLAYERS, checkpoint.read(directory.best).tensors)
    for name, module in modules.items():
        module.load_state_dict(below(name, tensors))
