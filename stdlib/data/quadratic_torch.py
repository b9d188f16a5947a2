"""Makes the noisy looks at the minimum of a quadratic."""

import torch

from autodesign.stdlib.data.declared import fractions
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.split import cut


def NoisyQuadratic(request: Request) -> Splits:
    size, count = request.whole("size"), request.whole("count")
    random = torch.Generator().manual_seed(request.whole("seed"))
    curvature = 1 / torch.arange(1, size + 1)
    target = torch.randn(count, size, generator=random) / curvature.sqrt()
    examples = Table({"curvature": curvature.expand(count, size), "target": target})
    train, validation, test = cut(request, examples, fractions(request.args))
    return Splits(train, validation, test, request.fields())
