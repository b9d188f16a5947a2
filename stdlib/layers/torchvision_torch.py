"""torchvision's models as layers, with trained weights where they are on this machine."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models

from autodesign.stdlib.layers.torchvision import structures, weights_file

AUXILIARY = ("googlenet", "inception_v3")


class Standardise(nn.Module):
    """Brings an image in 0..1 to the mean and deviation that the weights were trained with."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: list[float], std: list[float]) -> None:
        super().__init__()
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        return (image - self.mean) / self.std


def model(name: str, *, classes: int, weights: str | None) -> nn.Module:
    """The model with `classes` scores: fresh, or all but the scores' own layer trained."""
    others: dict[str, Any] = {}
    if name in AUXILIARY:
        others = {
            "aux_logits": False,
            "init_weights": weights is None,
            "transform_input": weights is not None,
        }
    made: nn.Module = models.get_model(name, weights=None, num_classes=classes, **others)
    file = weights_file(name, {"weights": weights})
    if file is None:
        return made
    trained = torch.load(file, map_location="cpu", weights_only=True)
    own = made.state_dict()
    fitting = {k: v for k, v in trained.items() if k in own and own[k].shape == v.shape}
    made.load_state_dict({**own, **fitting})
    used = models.get_model_weights(name)[weights].transforms()
    return nn.Sequential(Standardise(used.mean, used.std), made)


def __getattr__(name: str) -> Callable[..., nn.Module]:
    if name not in structures():
        raise AttributeError(f"torchvision has no model {name!r} here")
    return partial(model, name)
