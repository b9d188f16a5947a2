"""Reads the examples that a pipeline has made."""

from safetensors import SafetensorError
from safetensors.torch import load_file

from autodesign.stdlib.data.made import FILE
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.data.reading.request import Request


def Made(request: Request) -> Splits:
    """All of them for training: validation and test belong to real data."""
    if FILE not in request.args:
        raise request.refusal(
            "AD552",
            "what a job makes is there only in a run, once that job is done",
            "train on it in a job of the same spec",
        )
    try:
        columns = load_file(request.text(FILE))
    except (OSError, SafetensorError) as problem:
        raise request.refusal(
            "AD553",
            f"the examples in {request.text(FILE)} cannot be read",
            "delete that file: they are made again with --resume",
        ) from problem
    whole = Table(columns)
    nothing = Table({name: column[:0] for name, column in columns.items()})
    return Splits(whole, nothing, nothing, request.fields())
