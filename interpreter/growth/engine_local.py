"""Candidates in processes of this machine, several on each GPU where more are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from autodesign.interpreter.growth.engine import Ended, Told
from autodesign.interpreter.growth.perform import LIVES, Work, lost
from autodesign.interpreter.jobs.crew import Crew, Death, Message, run_tasks
from autodesign.interpreter.jobs.interruption import Interruption

MODULE = "autodesign.interpreter.growth.worker"


@dataclass(frozen=True, slots=True)
class Local:
    """`threads` for each of the `workers`, which take the `devices` in turns."""

    workers: int
    threads: int
    devices: tuple[str, ...]

    def run(
        self, works: Sequence[Work], interruption: Interruption, told: Told, ended: Ended
    ) -> None:
        crew = Crew(
            self.workers, MODULE, self.threads, tuple((one,) for one in self.devices), LIVES
        )

        def tell(work: Work, message: Message) -> None:
            told(work, *message[1:])

        def end(work: Work, last: Message | Death) -> None:
            if isinstance(last, Death):
                ended(work, lost(work.assignment, last.how, last.words))
            else:
                ended(work, last[1])

        run_tasks(works, crew, interruption, tell, end)
