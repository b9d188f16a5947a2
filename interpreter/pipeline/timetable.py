"""When what is trained: the epochs and steps of a pipeline's phases, in order."""

from dataclasses import dataclass

from autodesign.dsl.pipeline import Phase, Pipeline


@dataclass(frozen=True, slots=True)
class Epoch:
    """Epoch `number` of a job (the first is 0); `before` steps of the job come before it, and
    `done` of its phase."""

    number: int
    phase: int
    steps: int
    before: int
    done: int


class Timetable:
    """Each phase begins an epoch; one that is counted in steps may end with a shorter one.

    `examples` are those of the first draw's data, `batch` how many of them a step takes.
    """

    def __init__(self, phases: tuple[Phase, ...], examples: int, batch: int) -> None:
        self.phases, self.examples, self.batch = phases, examples, batch
        self.steps = -(-examples // batch)
        self.lengths = [self._length(phase) for phase in phases]
        self.epochs = sum(epochs for epochs, _ in self.lengths)
        self.total = sum(steps for _, steps in self.lengths)

    def at(self, number: int) -> Epoch:
        """The epoch of a number below `epochs`."""
        first = before = 0
        for phase, (epochs, steps) in enumerate(self.lengths):
            if number < first + epochs:
                done = (number - first) * self.steps
                return Epoch(number, phase, min(self.steps, steps - done), before + done, done)
            first, before = first + epochs, before + steps
        raise IndexError(number)

    def size(self, step: int) -> int:
        """How many examples a step of an epoch takes: the last of a pass may take fewer."""
        return min(self.batch, self.examples - step * self.batch)

    def epochs_of(self, player: int) -> int:
        """How many epochs a player trains for."""
        pairs = zip(self.phases, self.lengths, strict=True)
        return sum(epochs for phase, (epochs, _) in pairs if player in phase.players)

    def _length(self, phase: Phase) -> tuple[int, int]:
        """In epochs, the last one of which may be shorter, and in steps."""
        if phase.unit == "epochs":
            return phase.length, phase.length * self.steps
        return -(-phase.length // self.steps), phase.length


def title(pipeline: Pipeline, phase: Phase) -> str:
    """`joint`, or `pretrain A, B`"""
    names = (pipeline.players[player].name for player in sorted(phase.players))
    return "joint" if phase.joint else f"pretrain {', '.join(names)}"
