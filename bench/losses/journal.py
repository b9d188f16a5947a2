"""What was run: one line of json for each run, so that a bench can be stopped and go on."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    task: str
    method: str
    metric: str
    rate: float
    seed: int
    valid: float
    test: float
    step: int
    seconds: float

    @property
    def key(self) -> tuple[str, str, str, float, int]:
        return self.task, self.method, self.metric, self.rate, self.seed


class Journal:
    """The runs in a file, the last line of which may have been cut off."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.runs: dict[tuple[str, str, str, float, int], Run] = {}
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        for line in lines:
            try:
                run = Run(**json.loads(line))
            except ValueError:
                continue
            self.runs[run.key] = run

    def add(self, run: Run) -> None:
        """One write of one line: whole, or seen to be cut off."""
        self.runs[run.key] = run
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(run)) + "\n")

    def found(self, task: str, method: str, metric: str) -> list[Run]:
        wanted = (task, method, metric)
        return [run for run in self.runs.values() if (run.task, run.method, run.metric) == wanted]
