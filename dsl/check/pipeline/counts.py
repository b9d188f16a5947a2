"""Whole numbers in a pipeline: steps, lengths, sizes of histories."""

from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.check.values import evaluate
from autodesign.dsl.syntax import ast


def count(at: Reading, expr: ast.Expr, what: str, most: int, least: int = 1) -> int:
    """A whole number from `least` to `most`, known before the run. Reports and raises Refused."""
    value = evaluate(at.program, at.env, expr)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    at.refuse(
        "AD522",
        f"{what} is a whole number from {least} to {most:,}",
        expr.span,
        "this is something else",
        help="write for example 10",
    )
