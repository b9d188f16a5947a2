"""Data sources. `load` turns the declaration in a checked spec into splits of examples.

Importing this package loads no torch; `load` does.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from autodesign.dsl.spec import Call, FieldType

if TYPE_CHECKING:
    from autodesign.stdlib.data.reading.examples import Splits

__all__ = ["fields", "load"]


def load(call: Call, *, cache: Path | None = None) -> "Splits":
    """The train, validation and test examples of a data source.

    `cache` is where decoded data may be kept between runs (default: the user's cache folder).
    Raises SpecError (AD720 to AD759) for data that is missing, corrupt or does not fit.
    """
    from autodesign.stdlib.data.reading.load import load as read

    return read(call, cache=cache)


def fields(call: Call) -> Mapping[str, FieldType] | None:
    """The fields of a source as far as they are known without loading it. Raises Misfit."""
    from autodesign.stdlib.data.declared import declared_fields

    return declared_fields(call)
