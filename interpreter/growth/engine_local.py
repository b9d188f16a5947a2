"""Candidates in processes of this machine, several on each GPU where more are asked for."""

from collections.abc import Sequence

from autodesign.interpreter.growth.engine import Ended, Told
from autodesign.interpreter.growth.perform import LIVES, Work, lost
from autodesign.interpreter.jobs.crew import Crew, Death, Message
from autodesign.interpreter.jobs.interruption import Interruption

MODULE = "autodesign.interpreter.growth.worker"


class Local:
    """`threads` for each of the `workers`, which take the `devices` in turns."""

    def __init__(self, workers: int, threads: int, devices: Sequence[str]) -> None:
        self.workers = workers
        arguments = [(device,) for device in devices]
        self._crew: Crew[Work] = Crew(workers, MODULE, threads, arguments, LIVES)

    def run(
        self, works: Sequence[Work], interruption: Interruption, told: Told, ended: Ended
    ) -> None:
        def tell(work: Work, message: Message) -> None:
            told(work, *message[1:])

        def end(work: Work, last: Message | Death) -> None:
            if isinstance(last, Death):
                ended(work, lost(work.assignment, last.how, last.words))
            else:
                ended(work, last[1])

        self._crew.run(works, interruption, tell, end)

    def close(self) -> None:
        self._crew.close()
