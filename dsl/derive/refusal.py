"""What cannot be derived, said at its place."""

from typing import NoReturn

from autodesign.dsl import formula as f
from autodesign.dsl.diagnostics.diagnostic import Problems
from autodesign.dsl.source import Span


class Refused(Exception):
    """Something cannot be derived; it is reported already."""


def refuse(
    problems: Problems, code: str, message: str, span: Span | None, label: str, help: str
) -> NoReturn:
    """Reports and raises Refused."""
    problems.error(code, message, span, label, help=help)
    raise Refused()


def place(formula: f.Formula) -> Span | None:
    """Where a formula stands; that of its first part which stands somewhere."""
    if isinstance(formula, f.Entry | f.Apply | f.Reduce | f.Argmax | f.Bit):
        return formula.span
    return None
