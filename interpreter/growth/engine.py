"""What trains the candidates of a step: processes of this machine, or a Ray cluster."""

from collections.abc import Callable, Sequence
from typing import Protocol

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.growth.assignment import Outcome
from autodesign.interpreter.growth.perform import Work
from autodesign.interpreter.jobs.interruption import Interruption

Ending = Outcome | tuple[Diagnostic, ...]
"""What came of a candidate, or the reasons why the search cannot go on."""

Told = Callable[[Work, int, int], None]
"""(candidate, steps done, steps in all)"""

Ended = Callable[[Work, Ending], None]


class Engine(Protocol):
    """Which worker trains which candidate, and in which order, makes no difference to what comes of
    them."""

    @property
    def workers(self) -> int: ...

    def run(
        self, works: Sequence[Work], interruption: Interruption, told: Told, ended: Ended
    ) -> None:
        """Returns when all have ended, or soon after an end is asked for."""
        ...

    def close(self) -> None:
        """Ends the workers."""
        ...
