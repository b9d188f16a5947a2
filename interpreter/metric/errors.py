"""What can be wrong with what a metric is given."""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.source import Span


class MetricError(ValueError):
    """Tensors, parameters or bits that a metric cannot take; `diagnostic` says why."""

    def __init__(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        label: str = "",
        *,
        notes: tuple[str, ...] = (),
        help: str = "",
    ) -> None:
        self.diagnostic = Diagnostic(code, message, span, label, notes=notes, help=help)
        super().__init__(code, message)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return (self.diagnostic,)

    def __str__(self) -> str:
        from autodesign.dsl.diagnostics.terminal import render

        return render(self.diagnostic, color=False)
