"""What can only be said of the criteria of a search once its data are there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.growth import Search
from autodesign.interpreter.growth.features import Extractors
from autodesign.interpreter.jobs.failures import refused
from autodesign.stdlib.criteria.untrained import CRITERIA as UNTRAINED
from autodesign.stdlib.data.reading.examples import Splits


def check_criteria(search: Search, data: Splits) -> tuple[Diagnostic, ...]:
    """Raises SpecError where a criterion looks at more images than there are (AD663) or its
    extractor does not have its weights (AD660, AD668); gives warnings of criteria that have no
    floor (AD667)."""
    calls = [c.value for c in (*search.criteria, *search.reports) if isinstance(c.value, spec.Call)]
    for call in calls:
        _enough(call, len(data.train))
    _weights(calls)
    return tuple(_without_floor(calls, len(data.train)))


def _enough(call: spec.Call, there: int) -> None:
    for name in ("n", "batch"):
        wanted = call.args.get(name)
        if isinstance(wanted, int) and wanted > there:
            raise refused(
                "AD663",
                f"{call.name} looks at {wanted:,} images, and the training split has {there:,}",
                call.span,
                label="more than there are",
                help=f"write `{name}={there // 2}` or less: as many again are needed for its floor"
                if name == "n" and call.name not in UNTRAINED
                else f"write `{name}={there}` or less",
            )


def _without_floor(calls: list[spec.Call], there: int) -> Iterator[Diagnostic]:
    for call in calls:
        n = cast(int, call.args.get("n", 0))
        if call.name not in UNTRAINED and 2 * n > there:
            yield Diagnostic(
                "AD667",
                f"{call.name} has no floor: {n:,} images leave {there - n:,} of the training "
                "split to compare them with",
                call.span,
                "of more than half of the images",
                help=f"write `n={there // 2}` or less",
                severity="warning",
            )


def _weights(calls: list[spec.Call]) -> None:
    """Builds what needs no job: weights that are damaged are found before anything is trained."""
    extractors = Extractors({}, Path(), torch.device("cpu"))
    for call in calls:
        features = call.args.get("features")
        if isinstance(features, spec.Call) and extractors.weights(features) is None:
            written = (
                features.span.source is call.span.source
            )  # else it is a default, of the library
            extractors.module(features if written else replace(features, span=call.span))
