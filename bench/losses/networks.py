"""The networks."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional


def layers(*widths: int) -> nn.Module:
    """Linear layers with ReLU between them; one score [n] or one for each class [n, k]."""
    made: list[nn.Module] = []
    for given, width in pairwise(widths):
        made += [nn.ReLU()] * bool(made) + [nn.Linear(given, width)]
    return nn.Sequential(*made, nn.Flatten(0)) if widths[-1] == 1 else nn.Sequential(*made)


def convolutions(points: int = 3) -> nn.Module:
    """Images [n, 3, 64, 64] to heat maps [n, points, 16, 16]."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=2, dilation=2),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, points, 1),
    )


class Residual(nn.Module):
    def __init__(self, given: int, width: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(given, width, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(width), nn.BatchNorm2d(width)])
        self.stride, self.more = stride, width - given

    def forward(self, x: Tensor) -> Tensor:
        y = self.norms[1](self.second(functional.relu(self.norms[0](self.first(x)))))
        short = x[:, :, :: self.stride, :: self.stride]
        return functional.relu(y + functional.pad(short, (0, 0, 0, 0, 0, self.more)))


def resnet20() -> nn.Module:
    """He et al. (2016), for images [n, 1, side, side] of ten classes."""
    blocks = [Residual(16, 16, 1) for _ in range(3)]
    for given in (16, 32):
        blocks += [Residual(given, 2 * given, 2)]
        blocks += [Residual(2 * given, 2 * given, 1) for _ in range(2)]
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        *blocks,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
