"""Rules of torchvision's models, from their recorded structure: torchvision_record.py wrote it.

A model is a handful of resolutions ("levels"), each made from another by a window. All
multiplications at a level are one number times its area, so shape and cost are exact for images of
every size.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any, cast

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import Args, Rule, integer, show, spatial
from autodesign.stdlib.layers.pooling import pooled

Affine = tuple[int, int]
"""A number of multiplications: of the body, and for each class."""


@dataclass(frozen=True, slots=True)
class Structure:
    """`levels` are (parent, 2 padding - reach, stride[, padding]); the last one where ceil_mode.

    `per_area` belongs to the image and then the levels, `constant` to no level. `learned` counts
    parameters. `weights` maps the names of trained weights to their files.
    """

    levels: tuple[tuple[int, ...], ...]
    per_area: tuple[Affine, ...]
    constant: Affine
    learned: Affine
    weights: Mapping[str, str]
    default: str


@cache
def structures() -> dict[str, Structure]:
    """The recorded structure of every declared model."""
    text = Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    return {name: _structure(found) for name, found in json.loads(text).items()}


def _structure(found: Mapping[str, Any]) -> Structure:
    return Structure(
        tuple(map(tuple, found["levels"])),
        tuple(map(tuple, found["per_area"])),
        tuple(found["constant"]),
        tuple(found["learned"]),
        found["weights"],
        found["default"],
    )


def classifier(name: str, sources: tuple[Shape, ...], args: Args) -> Derived:
    """Takes an image [3, height, width], gives one score for each class."""
    structure = structures()[name]
    channels, (height, width) = spatial(sources, 2)
    if channels != 3:
        raise Misfit(
            f"needs an image of 3 channels, and is given {show(sources[0])}",
            "put `Conv2d(3, 1)` before it",
        )
    rows, columns = sizes_at(structure, height), sizes_at(structure, width)
    if min(*rows, *columns) < 1:
        least = next(n for n in count(1) if min(sizes_at(structure, n)) > 0)
        raise Misfit(
            f"needs an image of at least {least} x {least}, and is given {height} x {width}",
            "enlarge the image before it with `Upsample`, or use a smaller network",
        )
    weights_file(name, args)
    classes = integer(args, "classes")
    areas = (r * c for r, c in zip(rows, columns, strict=True))
    at_levels = sum(
        area * (body + classes * head)
        for area, (body, head) in zip(areas, structure.per_area, strict=True)
    )
    body, head = structure.constant
    fixed, each = structure.learned
    return Derived((classes,), at_levels + body + classes * head, {}, fixed + classes * each)


def sizes_at(structure: Structure, size: int) -> list[int]:
    """The size in one dimension at each level; 0 where a window does not fit."""
    sizes = [size]
    for parent, offset, stride, *padding in structure.levels:
        before, added = sizes[parent], padding[0] if padding else 0
        after = pooled(before, 2 * added - offset, stride, added, ceil=bool(padding))
        sizes.append(max(after, 0) if before else 0)
    return sizes


def weights_file(name: str, args: Args) -> Path | None:
    """The file of the wanted weights in torch's own cache; nothing is ever downloaded."""
    wanted = cast("str | None", args["weights"])
    if wanted is None:
        return None
    structure = structures()[name]
    known = structure.weights
    version = structure.default if wanted == "DEFAULT" else wanted
    if version not in known:
        raise Misfit(
            f'has no weights "{wanted}"', f"choose among DEFAULT, {', '.join(known)}", "weights"
        )
    file = checkpoints() / known[version]
    if not file.is_file():
        raise Misfit(
            f'has weights "{version}", which are not on this machine',
            f"fetch them once, where the internet can be reached: python -c "
            f"'import torchvision; torchvision.models.{name}(weights=\"{version}\")', "
            f"or put {file.name} into the folder hub/checkpoints of torch's cache",
            "weights",
        )
    return file


def checkpoints() -> Path:
    """Where torch.hub keeps what it has downloaded."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", str(Path(cache) / "torch"))
    return Path(home).expanduser() / "hub" / "checkpoints"


RULES: dict[str, Rule] = {name: partial(classifier, name) for name in structures()}
