"""Reads any declared data source."""

from collections.abc import Callable
from pathlib import Path

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call
from autodesign.stdlib.data.declared import declared_fields
from autodesign.stdlib.data.reading.cache import default_cache
from autodesign.stdlib.data.reading.examples import Splits
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.library import standard

TORCH_HALF = "_torch"


def load(call: Call, *, cache: Path | None = None) -> Splits:
    """See `autodesign.stdlib.data.load`."""
    request = Request(call, cache or default_cache())
    try:
        declared_fields(call)
    except Misfit as misfit:
        raise request.refusal(
            misfit.code or "AD721", f"{call.name} {misfit.message}", misfit.help
        ) from None
    half = standard().half(call.module, TORCH_HALF)
    read: Callable[[Request], Splits] = getattr(half, call.name)
    return read(request)
