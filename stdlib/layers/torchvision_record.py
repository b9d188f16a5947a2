"""Records the structure of torchvision's models, which torchvision.py takes shape and cost from.

Run it when torchvision changes: python -m autodesign.stdlib.layers.torchvision_record

A model is traced with values that say at which resolution a tensor is. A resolution ("level") is
made from another by a window (kernel, stride, padding); all multiplications at one level are one
number times its area. So a model is a handful of levels, and exact for images of every size.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import fx, nn
from torchvision import models
from torchvision.models import regnet

TABLE = Path(__file__).with_name("torchvision.json")
FAMILIES = (
    *("alexnet", "convnext", "densenet", "efficientnet", "googlenet", "inception", "mnasnet"),
    *("mobilenet", "regnet", "resnet", "resnext", "shufflenet", "squeezenet", "vgg", "wide_resnet"),
)
"""Convolutional ones; transformers work at the one resolution that they were made for."""
AUXILIARY = ("googlenet", "inception_v3")
"""Models with classifiers for training only, which a layer of one result leaves out."""
KEEP = (
    *(nn.BatchNorm2d, nn.LayerNorm, nn.Dropout, nn.Identity, nn.ReLU, nn.ReLU6, nn.SiLU, nn.GELU),
    *(nn.Hardswish, nn.Hardsigmoid, nn.Sigmoid),
)
KEEP_FUNCTIONS = frozenset(
    {
        "relu",
        "dropout",
        "layer_norm",
        "stochastic_depth",
        "chunk",
        "getitem",
        "hardsigmoid",
        "permute",
        "transpose",
    }
)
KEEP_METHODS = frozenset({"view", "transpose", "contiguous", "chunk", "permute"})
JOIN = frozenset({"add", "iadd", "mul", "cat", "concat"})

Place = int | tuple[int, int] | None
"""A level; (height, width) where the size does not depend on the image; None for a vector."""


class Recorder(fx.Interpreter):
    """Runs a traced model on places instead of tensors, and adds up multiplications."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__(fx.symbolic_trace(module))
        self.levels: list[tuple[int, ...]] = []
        self.per_area: dict[int, int] = {0: 0}
        self.constant = 0
        self.learned = sum(weights.numel() for weights in module.parameters())

    def window(self, place: Place, kernel: Any, stride: Any, padding: Any, ceil: bool) -> Place:
        reach, step, pad = (_one_number(n) for n in (kernel, stride, padding))
        sides = {2 * p - k for k, p in zip(_pair(kernel), _pair(padding), strict=True)}
        (offset,) = sides
        if offset == -1 and step == 1:
            return place
        if not isinstance(place, int):
            raise NotImplementedError(f"a window of {reach} on a fixed size {place}")
        level = (place, offset, step, *((pad,) if ceil else ()))
        if level not in self.levels:
            self.levels.append(level)
            self.per_area[len(self.levels)] = 0
        return self.levels.index(level) + 1

    def count(self, place: Place, multiplications: int) -> None:
        if isinstance(place, int):
            self.per_area[place] += multiplications
        else:
            height, width = place or (1, 1)
            self.constant += height * width * multiplications

    def call_module(self, target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        module, place = self.fetch_attr(target), args[0]
        if isinstance(module, nn.Conv2d):
            reach = [
                d * (k - 1) + 1 for d, k in zip(module.dilation, module.kernel_size, strict=True)
            ]
            result = self.window(place, reach, module.stride, module.padding, ceil=False)
            self.count(result, module.weight.numel())
            return result
        if isinstance(module, nn.Linear):
            self.count(place, module.weight.numel())
            return place
        if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
            return self.window(
                place, module.kernel_size, module.stride, module.padding, module.ceil_mode
            )
        if isinstance(module, nn.AdaptiveAvgPool2d):
            return _pair(module.output_size)
        if isinstance(module, nn.Flatten):
            return _flattened(place)
        if isinstance(module, KEEP):
            return place
        raise NotImplementedError(type(module).__name__)

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        name = target.__name__
        if name in KEEP_FUNCTIONS:
            return args[0]
        if name in JOIN:
            return _joined(args[0] if name in ("cat", "concat") else args)
        if name in ("max_pool2d", "avg_pool2d"):
            return self._pool(*args, **kwargs)
        if name == "adaptive_avg_pool2d":
            return _pair(args[1])
        if name == "flatten":
            return _flattened(args[0])
        if name in ("getattr", "floordiv"):
            return None
        raise NotImplementedError(name)

    def _pool(
        self,
        place: Place,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: int = 1,
        ceil_mode: bool = False,
        **others: Any,
    ) -> Place:
        return self.window(place, kernel_size, stride or kernel_size, padding, ceil_mode)

    def call_method(self, target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if target in KEEP_METHODS:
            return args[0]
        if target == "flatten":
            return _flattened(args[0])
        if target == "mean":
            return None
        if target == "size":
            return (None, None, None, None)
        raise NotImplementedError(target)


def _pair(value: Any) -> tuple[int, int]:
    first, second = (value, value) if isinstance(value, int) else value
    return first, second


def _one_number(value: Any) -> int:
    return max(_pair(value))


def _flattened(place: Place) -> Place:
    if isinstance(place, int):
        raise NotImplementedError("a vector as long as the image is large")
    height, width = place or (1, 1)
    assert height * width > 0
    return None


def _joined(places: Any) -> Place:
    """Where several tensors meet: all at one place, or some of them one number per channel."""
    large = {p for p in places if p != (1, 1) and not isinstance(p, torch.Tensor)}
    if len(large) > 1:
        raise NotImplementedError(f"tensors of the sizes {large} are joined")
    return large.pop() if large else (1, 1)


def recorded(name: str, classes: int) -> Recorder:
    others = {"aux_logits": False, "init_weights": False} if name in AUXILIARY else {}
    with torch.device("meta"):
        model = models.get_model(name, weights=None, num_classes=classes, **others).eval()
    recorder = Recorder(model)
    recorder.run(0)
    return recorder


def structure(name: str) -> dict[str, Any]:
    """Levels, and the multiplications at each as [of the body, for each class]."""
    one, two = recorded(name, 1), recorded(name, 2)
    assert one.levels == two.levels
    levels = range(len(one.levels) + 1)
    weights = models.get_model_weights(name)
    return {
        "levels": one.levels,
        "per_area": [_affine(one.per_area[i], two.per_area[i]) for i in levels],
        "constant": _affine(one.constant, two.constant),
        "learned": _affine(one.learned, two.learned),
        "weights": {w.name: Path(w.url).name for w in weights},
        "default": weights["DEFAULT"].name,
    }


def _affine(one: int, two: int) -> tuple[int, int]:
    return (one - (two - one), two - one)


def _on_cpu(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with torch.device("cpu"):
            return function(*args, **kwargs)

    return call


def main() -> None:
    # its widths are worked out with tensors, which must have values
    regnet.BlockParams.from_init_params = _on_cpu(regnet.BlockParams.from_init_params)
    exclude = ["regnet_y_128gf"]  # 2.6 GB of weights
    names = [n for n in models.list_models(models, exclude=exclude) if n.startswith(FAMILIES)]
    lines = [f'"{name}": {json.dumps(structure(name))}' for name in names]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
