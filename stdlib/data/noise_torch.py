"""Reads sources whose labels are made worse on purpose."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from autodesign.stdlib.data import noise
from autodesign.stdlib.data.reading.examples import Batch, Examples, Splits
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.transforms_torch import inner


@dataclass(frozen=True)
class Labelled:
    """Examples with other labels, int64 [len]; their images are read as they are asked for."""

    source: Examples
    given: Tensor

    def __len__(self) -> int:
        return len(self.source)

    def batch(self, indices: Tensor) -> Batch:
        return {**self.source.batch(indices), "label": self.given[indices]}

    def take(self, indices: Tensor) -> "Labelled":
        return Labelled(self.source.take(indices), self.given[indices])

    def labels(self) -> Tensor:
        return self.given


def NoisyLabels(request: Request) -> Splits:
    splits, fields = inner(request, noise.noisy)
    labels, classes, share = splits.train.labels(), fields["label"].classes, request.args["share"]
    assert labels is not None and classes is not None and isinstance(share, int | float)
    random = torch.Generator().manual_seed(request.whole("seed"))
    wrong = torch.randperm(len(labels), generator=random)[: round(share * len(labels))]
    away = torch.randint(1, classes, (len(wrong),), generator=random)
    given = labels.clone()
    given[wrong] = (labels[wrong] + away) % classes
    return replace(splits, train=Labelled(splits.train, given))
