"""Reads Checkpoint: tensors of a safetensors file, which is data alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from autodesign.dsl.spec import Call, Shape
from autodesign.stdlib.data.reading.cache import default_cache
from autodesign.stdlib.data.reading.examples import Splits
from autodesign.stdlib.data.reading.request import Request


def Checkpoint(request: Request) -> Splits:
    raise request.refusal(
        "AD375",
        "Checkpoint holds weights and no examples, so nothing can be trained on it",
        "name it in the clause `from` of a job",
    )


def shapes(call: Call, place: str) -> dict[str, Shape]:
    """The shape of each weight by its name in a network, or in a pipeline.

    `place` is what the weights stand under in the checkpoint of a run: "network", "players". Reads
    only the head of the file.
    """
    with _opened(call) as file:
        names = _names(file, place)
        return {own: tuple(file.get_slice(name).get_shape()) for own, name in names.items()}


def weights(call: Call, place: str) -> dict[str, Tensor]:
    """All weights by their names in a network, or in a pipeline."""
    with _opened(call) as file:
        return {own: file.get_tensor(name) for own, name in _names(file, place).items()}


def _names(file: Any, place: str) -> dict[str, str]:
    """The names of weights, and as they stand in the file: a run's checkpoint holds more."""
    names = {name: name for name in file.keys()}  # noqa: SIM118
    start = place + "."
    return {n.removeprefix(start): n for n in names if n.startswith(start)} or names


@contextmanager
def _opened(call: Call) -> Iterator[Any]:
    request = Request(call, default_cache())
    path = request.path("file")
    with request.opening(path, "name a file of weights, such as JOB/best.safetensors of a run"):
        path.open("rb").close()
        try:
            with safe_open(path, "pt") as file:
                yield file
        except SafetensorError as problem:
            raise request.refusal(
                "AD375", f"{path} is no safetensors file, or damaged", "", str(problem)
            ) from None
