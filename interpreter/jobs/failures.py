"""What can go wrong around a run, as diagnostics.

Two kinds: a run that is refused before it starts raises `SpecError` (AD760-AD779, exit status 1);
one that fails after it started raises `RunError` (AD900-AD949, exit status 3) and can be resumed.
"""

from collections.abc import Iterable

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
