"""What came of a job."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from autodesign.dsl import spec
from autodesign.interpreter.jobs import files

if TYPE_CHECKING:
    from autodesign.interpreter.jobs.evaluation import Evaluation

NOTHING: Mapping[str, Any] = {"examples": 0, "values": {}, "cost": 0.0, "rates": {}, "paths": {}}
"""What there is to tell without a test split."""


class Result(BaseModel):
    """result.json: the best epoch's network on the test split, or a pipeline's players.

    `values` by the text of each report, None where undefined; `cost` the mean multiplications of
    an example, `least` and `greatest` the bounds that the network sets; `paths` counts examples by
    the nodes that ran: a pipeline has none of these. `examples` is 0 where there is no test split.
    """

    model_config = ConfigDict(frozen=True)

    job: str
    epochs: int
    best_epoch: int
    examples: int
    values: Mapping[str, float | None]
    cost: float = 0.0
    least: int = 0
    greatest: int = 0
    rates: Mapping[str, float] = {}
    paths: Mapping[str, int] = {}

    @classmethod
    def of(cls, job: spec.Train, test: "Evaluation | None", epochs: int, best: int) -> "Result":
        bounds = job.network.analysis
        record = dict(NOTHING) if test is None else test.record()
        shown = {report.text for report in job.reports}
        reported = {text: v for text, v in record["values"].items() if text in shown}
        return cls(
            job=job.name,
            epochs=epochs,
            best_epoch=best,
            least=bounds.least,
            greatest=bounds.greatest,
            **(record | {"values": reported}),
        )

    @classmethod
    def read(cls, path: Path) -> "Result":
        """Raises RunError AD903 where the file is damaged."""
        return files.read(path, cls)

    @property
    def relative_cost(self) -> float:
        """The mean cost as a share of the network's greatest."""
        return self.cost / self.greatest if self.greatest else 0.0
