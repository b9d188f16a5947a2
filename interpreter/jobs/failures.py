"""What can go wrong around a run, as diagnostics.

Two kinds: a run that is refused before it starts raises `SpecError` (AD760-AD779, exit status 1);
one that fails after it started raises `RunError` (AD900-AD949, exit status 3) and can be resumed.
"""

import traceback
from collections.abc import Iterable
from pathlib import Path

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.source import Span


class RunError(SpecError):
    """A run that failed after it had started; what it had saved is kept."""


def refused(
    code: str,
    message: str,
    span: Span | None = None,
    *,
    label: str = "",
    notes: Iterable[str] = (),
    help: str = "",
) -> SpecError:
    return SpecError([Diagnostic(code, message, span, label, (), tuple(notes), help)])


def failed(
    code: str,
    message: str,
    span: Span | None = None,
    *,
    label: str = "",
    notes: Iterable[str] = (),
    help: str = "",
) -> RunError:
    return RunError([Diagnostic(code, message, span, label, (), tuple(notes), help)])


def listed(names: Iterable[object]) -> str:
    """`a`, `b` and `c`"""
    words = [f"`{name}`" for name in names]
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


def unexpected(problem: Exception, log: Path) -> RunError:
    """AD900, with the traceback in `log`, as far as it can be written."""
    text = "".join(traceback.format_exception(problem))
    try:
        log.write_text(text, encoding="utf-8")
        note = f"What the interpreter was doing stands in {log}."
    except OSError:
        note = f"The error was {type(problem).__name__}; its details could not be written to {log}."
    return failed(
        "AD900",
        "the interpreter itself made a mistake, and has stopped",
        notes=[note],
        help="please report it with that file; what a run had saved is kept",
    )
