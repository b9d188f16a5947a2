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

OF_A_RUN = "network."
"""What stands before the names of weights in the checkpoint of a run"""


def Checkpoint(request: Request) -> Splits:
    raise request.refusal(
        "AD375",
        "Checkpoint holds weights and no examples, so nothing can be trained on it",
        "name it in the clause `from` of a job",
    )


def shapes(call: Call) -> dict[str, Shape]:
    """The shape of each weight by its name in a network; reads only the head of the file."""
    with _opened(call) as file:
        return {
            name.removeprefix(OF_A_RUN): tuple(file.get_slice(name).get_shape())
            for name in _names(file)
        }


def weights(call: Call) -> dict[str, Tensor]:
    """All weights by their names in a network."""
    with _opened(call) as file:
        return {name.removeprefix(OF_A_RUN): file.get_tensor(name) for name in _names(file)}


def _names(file: Any) -> list[str]:
    """The names of weights: a run's checkpoint holds more than those."""
    names = list(file.keys())
    own = [name for name in names if name.startswith(OF_A_RUN)]
    return own or names


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
