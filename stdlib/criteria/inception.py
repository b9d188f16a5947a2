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
    if args["weights"] is None and inception_cached() is None:
        raise Misfit(
            "has no weights on this machine",
            f"fetch {INCEPTION[0]} from the releases of torch-fidelity and name the file, as in "
            'Inception(weights="inception.pth"), or put it into the folder hub/checkpoints of '
            "torch's cache; or use MobileNetV2(), whose weights come in a package",
            code="AD660",
        )
    return Extracted(2048, 1008)


def inception_cached() -> Path | None:
    return next((f for f in (checkpoints() / name for name in INCEPTION) if f.is_file()), None)


def fid(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    features = cast(Call, args["features"])
    if features.name != "Inception":
        raise Misfit(
            f"is a distance of the features of Inception-v3, and is given those of {features.name}",
            f"write `FrechetDistance({plain(features)})`",
            "features",
            "AD665",
        )
    return distances.full_rank(distances.extracted_for(roles, image, args).features, args)


EXTRACTORS: dict[str, extractors.Rule] = {"Inception": inception}
DIRECTIONS: dict[str, Direction] = {"FID": "minimize"}
CRITERIA: dict[str, distances.Rule] = {"FID": fid}
