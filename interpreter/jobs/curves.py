"""TensorBoard events, where TensorBoard is installed."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any


class Curves:
    """The numbers of each epoch as TensorBoard scalars; does nothing without TensorBoard.

    Events from `epoch` on that an earlier, broken run has written are taken back.
    """

    def __init__(self, path: Path, epoch: int) -> None:
        self.writer: Any = None
        if find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(path), purge_step=epoch + 1)

    def add(self, record: Mapping[str, Any]) -> None:
        if self.writer is None:
            return
        for name, value in _numbers("", record):
            self.writer.add_scalar(name, value, record["epoch"])

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


def _numbers(prefix: str, record: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """`validation/values/Accuracy(y, label)` and so on."""
    for name, value in record.items():
        if name in ("epoch", "step", "phase", "paths", "warnings"):
            continue
        if isinstance(value, Mapping):
            yield from _numbers(f"{prefix}{name}/", value)
        elif value is not None:
            yield prefix + name, value
