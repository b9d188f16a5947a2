"""Rules of detectors: which images they can be applied to."""

from collections.abc import Callable
from functools import partial
from math import ceil, floor
from pathlib import Path
from typing import cast

from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, integer, show
from autodesign.stdlib.layers.torchvision import (
    Structure,
    checkpoints,
    sizes_at,
    structures,
    weights_file,
)
from autodesign.stdlib.players.images import at_least

COCO = {
    "retinanet_resnet50_fpn": "retinanet_resnet50_fpn_coco-eeacb38b.pth",
    "fcos_resnet50_fpn": "fcos_resnet50_fpn_coco-99b0c9b7.pth",
    "fasterrcnn_resnet50_fpn": "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth",
}
"""The files of trained weights, all under the name COCO_V1."""
DIVISIBLE, DIVISIBLE_SMALL = 32, 16
"""Images are padded with zeros to multiples of these."""
HALVED = 5
"""A pyramid stands on maps of the model that are halved so often."""
SMALLEST = 8
"""Below this an image has one place at each level, and there is nothing to tell apart."""


def pyramid(image: Shape, args: Args) -> None:
    """The rule of a detector over a model of torchvision. Raises Misfit."""
    sizes = _coloured(image, 3)
    at_least(SMALLEST, sizes, "enlarge the images, or write min_size=64")
    levels(args, 5)
    seen = scaled(sizes, args)
    name = backbone(args)
    padded = [ceil(size / DIVISIBLE) * DIVISIBLE for size in seen]
    if min(n for size in padded for n in sizes_at(structures()[name], size)) < 1:
        raise Misfit(
            f"has the backbone {name}, which images of {padded[0]} x {padded[1]} are too small for",
            "write a greater min_size, or use another backbone, such as resnet18",
            "backbone" if "backbone" in args else None,
            "AD582",
        )
    if "backbone_weights" in args:
        weights_file(name, {"weights": args["backbone_weights"]})
    _anchors_fit(seen, args)


def named(name: str, image: Shape, args: Args) -> None:
    trained(name, args)
    pyramid(image, args)


def small(image: Shape, args: Args) -> None:
    """The rule of the RetinaNet for small images. Raises Misfit."""
    sizes = _coloured(image, integer(args, "channels"))
    at_least(SMALLEST, sizes, "enlarge the images")
    levels(args, 2)
    _anchors_fit(sizes, args)


def backbone(args: Args) -> str:
    """The name of the model that features are taken from. Raises Misfit."""
    name = str(args.get("backbone", "resnet50"))
    if name not in structures():
        raise Misfit(
            f"knows no backbone `{name}`",
            did_you_mean(name, structures())
            or "name a convolutional model of torchvision, such as resnet18",
            "backbone",
            "AD588",
        )
    if coarsest(structures()[name]) < 1 << HALVED:
        raise Misfit(
            f"needs maps of a {1 << HALVED}nd of the image's size, and {name} has none",
            "use another backbone, such as resnet18",
            "backbone",
            "AD588",
        )
    return name


def coarsest(structure: Structure) -> int:
    """The greatest stride of a model's maps."""
    strides = [1]
    for parent, _, stride, *_ in structure.levels:
        strides.append(strides[parent] * stride)
    return max(strides)


def levels(args: Args, count: int) -> None:
    """One anchor for each level of the pyramid. Raises Misfit."""
    anchors = cast("tuple[int, ...] | None", args.get("anchors"))
    if anchors is None:
        return
    if len(anchors) != count:
        raise Misfit(
            f"has {count} levels, and anchors of {len(anchors)} sizes",
            f"write {count} numbers, one for each level, the least first",
            "anchors",
            "AD587",
        )
    if not args["ratios"]:
        raise Misfit("has anchors of no shape", "write ratios=[0.5, 1, 2]", "ratios", "AD587")


def scaled(sizes: Shape, args: Args) -> Shape:
    """Height and width of an image as the detector sees it."""
    least = cast("int | None", args["min_size"])
    if least is None:
        return sizes
    factor = min(least / min(sizes), integer(args, "max_size") / max(sizes))
    return tuple(floor(size * factor) for size in sizes)


def trained(name: str, args: Args) -> Path | None:
    """The file of the wanted weights of a whole detector. Raises Misfit."""
    wanted = args["weights"]
    if wanted is None:
        return None
    if wanted not in ("DEFAULT", "COCO_V1"):
        raise Misfit(f'has no weights "{wanted}"', "write COCO_V1", "weights")
    file = checkpoints() / COCO[name]
    if not file.is_file():
        raise Misfit(
            f'has weights "{wanted}", which are not on this machine',
            f"put {file.name} into the folder hub/checkpoints of torch's cache, as python -c "
            f"'import torchvision; torchvision.models.detection.{name}(weights=\"COCO_V1\")' does "
            "where the internet can be reached",
            "weights",
        )
    return file


def _coloured(image: Shape, channels: int) -> Shape:
    if len(image) != 3 or image[0] != channels:
        given = "grey images" if image[:1] == (1,) and len(image) == 3 else show(image)
        raise Misfit(
            f"needs images of {channels} channel{'s' * (channels > 1)}, and is given {given}",
            "read the images in colour, or use `retinanet_small(channels=1)`"
            if channels == 3
            else f"write channels={image[0]}",
            code="AD581",
        )
    return image[1:]


def _anchors_fit(sizes: Shape, args: Args) -> None:
    anchors = cast("tuple[int, ...] | None", args.get("anchors"))
    if anchors is not None and min(anchors) > min(sizes):
        raise Misfit(
            f"looks for objects of about {min(anchors)} pixels and more, and its images are "
            f"{sizes[0]} x {sizes[1]}",
            "write smaller anchors, or a greater min_size"
            if "min_size" in args
            else "write smaller anchors",
            "anchors",
            "AD587",
        )


DETECTORS: dict[str, Callable[[Shape, Args], None]] = {
    "retinanet": pyramid,
    "fcos": pyramid,
    "fasterrcnn": pyramid,
    **{name: partial(named, name) for name in COCO},
    "retinanet_small": small,
}
