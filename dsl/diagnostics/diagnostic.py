"""A diagnostic is data: what is wrong, where, and the mend. Renderers turn it into text."""

from collections.abc import Iterable
from typing import Literal

from autodesign.dsl.record import record
from autodesign.dsl.source import Span

Severity = Literal["error", "warning"]


@record
class Label:
    """A further place that a diagnostic speaks of, and what is to be seen there."""

    span: Span
    text: str


@record
class Diagnostic:
    """One refusal or warning.

    `code` is stable (AD302) and has a page in `pages/`. `span` is the place it is about; None only
    where there is no text to point at (a missing file named on the command line). `label` says what
    is to be seen at the span, `related` names further places, `help` is the mend.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    related: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""
    severity: Severity = "error"


class SpecError(Exception):
    """A spec that is refused; `diagnostics` holds every error and warning found in it."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from autodesign.dsl.diagnostics.terminal import render

        return "\n".join(render(d, color=False) for d in self.diagnostics)


class Problems:
    """Collects the diagnostics of one pass, in the order in which they are found."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def error(
        self,
        code: str,
        message: str,
        span: Span | None,
        label: str = "",
        *,
        related: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: str = "",
    ) -> None:
        self.found.append(
            Diagnostic(code, message, span, label, tuple(related), tuple(notes), help)
        )

    def warn(
        self,
        code: str,
        message: str,
        span: Span | None,
        label: str = "",
        *,
        related: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: str = "",
    ) -> None:
        self.found.append(
            Diagnostic(code, message, span, label, tuple(related), tuple(notes), help, "warning")
        )

    @property
    def refused(self) -> bool:
        return any(d.severity == "error" for d in self.found)
