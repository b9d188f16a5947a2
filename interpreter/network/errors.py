"""What can be wrong with what a network is given when it is called."""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic


class NetworkError(ValueError):
    """A call of a network that is refused; `diagnostic` says why."""

    def __init__(self, code: str, message: str, *notes: str, help: str = "") -> None:
        self.diagnostic = Diagnostic(code, message, notes=notes, help=help)
        super().__init__(code, message)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return (self.diagnostic,)

    def __str__(self) -> str:
        from autodesign.dsl.diagnostics.terminal import render

        return render(self.diagnostic, color=False)
