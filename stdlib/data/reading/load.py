"""Read any declared data source."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call
from autodesign.stdlib.data.declared import declared_fields
from autodesign.stdlib.data.reading.cache import default_cache
from autodesign.stdlib.data.reading.examples import Splits
from autodesign.stdlib.data.reading.request import Request

Loader = Callable[[Request], Splits]


def load(call: Call, *, cache: Path | None = None) -> Splits:
    """See `autodesign.stdlib.data.load`."""
    request = Request(call, cache or default_cache())
    try:
        declared_fields(call)
    except Misfit as misfit:
        raise request.refusal("AD720", f"{call.name} {misfit.message}", misfit.help) from None
    return loaders(call.module)[call.name](request)


def loaders(module: str) -> Mapping[str, Loader]:
    """The reading half of `std.data.NAME` is the module `reading.NAME` beside this one."""
    name = module.removeprefix("std.data.")
    reading: Mapping[str, Loader] = importlib.import_module(
        f"autodesign.stdlib.data.reading.{name}"
    ).LOADERS
    return reading
