"""Refuses what would not fit in memory before it is allocated."""

import os

from autodesign.dsl import formula as f
from autodesign.interpreter.metric.errors import MetricError

BYTES = 24
"""A row of a reduction and what training keeps of it: a comparison, a bit, two gradients, an
index."""


def free() -> int:
    """The bytes of memory this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def reserve(rows: int, formula: f.Formula) -> None:
    """MetricError if so many rows do not fit in memory."""
    if rows * BYTES > free():
        raise MetricError(
            "AD465",
            f"{rows:,} comparisons would not fit in memory",
            getattr(formula, "span", None),
            f"they need about {rows * BYTES / 1e9:,.0f} GB",
            help="give the metric a smaller batch, or a condition that keeps fewer of them",
        )
