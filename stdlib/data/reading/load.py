"""Reads any declared data source."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call
from autodesign.stdlib.data.declared import declared_fields
from autodesign.stdlib.data.reading.cache import default_cache
from autodesign.stdlib.data.reading.examples import Splits
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.library import standard

TORCH_HALF = "_torch"
UNNAMED = "AD231"
"""The code of a misfit that has none of its own, as in a check."""

T = TypeVar("T")


def load(call: Call, *, cache: Path | None = None) -> Splits:
    """See `autodesign.stdlib.data.load`."""
    request = Request(call, cache or default_cache())
    settled(request, lambda: declared_fields(call))
    half = standard().half(call.module, TORCH_HALF)
    read: Callable[[Request], Splits] = getattr(half, call.name)
    return read(request)


def settled(request: Request, rule: Callable[[], T]) -> T:
    """What a rule gives; a misfit becomes a diagnostic at the source."""
    try:
        return rule()
    except Misfit as misfit:
        message = f"{request.call.name} {misfit.message}"
        raise request.refusal(misfit.code or UNNAMED, message, misfit.help) from None
