"""What the candidates of a search share in one process: the data, read once, and their judge."""

from pathlib import Path

import torch

from autodesign.dsl import spec
from autodesign.dsl.growth import Search
from autodesign.interpreter.growth.judging import Judge
from autodesign.stdlib.data import load
from autodesign.stdlib.data.reading.examples import Splits


class Workshop:
    """Holds the data that were read last, and the judge that was asked for last, with the images
    and the extractor that it judges by."""

    def __init__(self) -> None:
        self._data: tuple[str, Splits] | None = None
        self._judge: tuple[tuple[str, ...], Judge] | None = None

    def data(self, data: spec.Data) -> Splits:
        """Raises SpecError where they are not there."""
        key = repr(data.call)
        if self._data is None or self._data[0] != key:
            self._data = key, load(data.call)
        return self._data[1]

    def judge(self, search: Search, device: torch.device, run: Path) -> Judge:
        """The judge of a search whose run directory is `run`. Raises SpecError."""
        key = (search.name, repr((search.criteria, search.reports)), str(device), str(run))
        if self._judge is None or self._judge[0] != key:
            self._judge = key, Judge(search, self.data(search.data), device, run)
        return self._judge[1]


WORKSHOP = Workshop()
