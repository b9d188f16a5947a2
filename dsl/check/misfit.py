"""What a rule of the library refuses, said at its place."""

from collections.abc import Mapping, Sequence

from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.library import Misfit
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast


def refused(
    program: Program,
    misfit: Misfit,
    name: str,
    at: Span,
    label: str,
    code: str,
    related: Sequence[Label] = (),
) -> Refused:
    """Reports what does not go together in `name`; `code` is for a rule without one of its own."""
    program.problems.error(
        misfit.code or code,
        f"{name} {misfit.message}",
        at,
        label,
        related=related,
        help=misfit.help,
    )
    return Refused()


def place(misfit: Misfit, written: Mapping[str, list[ast.Expr]], otherwise: Span) -> Span:
    """Where the argument at fault is written."""
    return written[misfit.argument or ""][0].span if misfit.argument in written else otherwise
