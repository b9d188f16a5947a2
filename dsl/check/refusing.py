"""What reads a part of a file refuses what is wrong there, and goes on with another part."""

from typing import NoReturn

from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.source import Span


class Refusing:
    """Has a `program`, whose problems it adds to."""

    __slots__ = ()
    program: Program

    def refuse(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        related: tuple[Label, ...] = (),
        help: str = "",
    ) -> NoReturn:
        """Reports an error and raises Refused."""
        self.program.problems.error(code, message, span, label, related=related, help=help)
        raise Refused()
