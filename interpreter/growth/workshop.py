"""What the candidates of a search share in one process: the data, read once."""

from dataclasses import dataclass

from autodesign.dsl import spec
from autodesign.stdlib.data import load
from autodesign.stdlib.data.reading.examples import Splits


@dataclass(slots=True)
class Workshop:
    """The data that were read last."""

    key: str = ""
    splits: Splits | None = None

    def data(self, data: spec.Data) -> Splits:
        """Raises SpecError where they are not there."""
        if self.splits is None or self.key != repr(data.call):
            self.key, self.splits = repr(data.call), load(data.call)
        return self.splits


WORKSHOP = Workshop()
