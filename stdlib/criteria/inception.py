"""Rules of Inception-v3 and of the distance of its features."""

from pathlib import Path
from typing import cast

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, Shape
from autodesign.stdlib.criteria import distances, extractors
from autodesign.stdlib.criteria.distances import Doubts, Roles
from autodesign.stdlib.criteria.extractors import Args, Extracted
from autodesign.stdlib.criteria.shown import plain
from autodesign.stdlib.layers.torchvision import checkpoints
from autodesign.stdlib.library import Direction

INCEPTION = (
    "weights-inception-2015-12-05-6726825d.pth",  # as torch-fidelity keeps it
    "pt_inception-2015-12-05-6726825d.pth",  # as pytorch-fid does
)


def inception(image: Shape | None, args: Args) -> Extracted:
    extractors.coloured(image)
    named = args["weights"] is not None
    return Extracted(2048, 1008, None if named else extractors.lacking(inception_file))


def inception_file() -> Path:
    """The weights in torch's cache. Raises Misfit."""
    for file in (checkpoints() / name for name in INCEPTION):
        if file.is_file():
            return file
    raise Misfit(
        "has no weights on this machine",
        f"fetch {INCEPTION[0]} from the releases of torch-fidelity and name the file, as in "
        'Inception(weights="inception.pth"), or put it into the folder hub/checkpoints of '
        "torch's cache; or use MobileNetV2(), whose weights come in a package",
        code="AD660",
    )


def fid(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    features = cast(Call, args["features"])
    if features.name != "Inception":
        raise Misfit(
            f"is a distance of the features of Inception-v3, and is given those of {features.name}",
            f"write `FrechetDistance({plain(features)})`",
            "features",
            "AD665",
        )
    found = distances.extracted_for(roles, image, args)
    return (*found.doubts, *distances.full_rank(found.features, args))


EXTRACTORS: dict[str, extractors.Rule] = {"Inception": inception}
DIRECTIONS: dict[str, Direction] = {"FID": "minimize"}
CRITERIA: dict[str, distances.Rule] = {"FID": fid}
