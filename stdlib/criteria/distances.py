"""Rules of criteria of generators: what they need of the growth, its images and the extractor."""

from collections.abc import Callable, Collection, Mapping
from typing import cast

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, Shape, Value
from autodesign.stdlib.criteria.extractors import Extracted
from autodesign.stdlib.library import standard

Args = Mapping[str, Value]
Roles = Collection[str]
Doubts = tuple[Misfit, ...]
Rule = Callable[[Roles, Shape | None, Args], Doubts]

DIVIDED = ("FrechetDistance", "FID", "SlicedWasserstein")
"""Criteria that a search may be compared by as ratios to a baseline's: distances that are never
negative and 0 at best."""
SMALLEST = 7
"""Patches are squares of this side."""


def frechet(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    found = _seen(roles, image, args)
    n, width, projection = args["n"], found.features, cast("int | None", args["projection"])
    if projection is not None and width is not None and projection > width:
        raise Misfit(
            f"projects to {projection} directions, and {_extractor(args)} gives {width} features",
            f"write `projection={min(48, width)}`, or leave it out",
            "projection",
            "AD664",
        )
    kept = projection or width
    if kept is not None and cast(int, n) <= kept:
        doubt = Misfit(
            f"takes the covariance of {kept} numbers from {n} images, which has not full rank, so "
            "its floor is high",
            f"write `n={10 * kept:_}`, or `projection={max(1, cast(int, n) // 10)}`",
            "n",
            "AD666",
        )
        return (doubt,)
    return ()


def fid(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    features = cast(Call, args["features"])
    if features.name != "Inception":
        raise Misfit(
            f"is a distance of the features of Inception-v3, and is given those of {features.name}",
            f"write `FrechetDistance(features={features.name}())`",
            "features",
            "AD665",
        )
    return frechet(roles, image, {**args, "projection": None})


def kernel(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    _seen(roles, image, args)
    n, size = cast(int, args["n"]), cast(int, args["size"])
    if args["subsets"] is not None and size > n:
        raise Misfit(
            f"draws subsets of {size:,} images, and looks at {n:,}",
            f"write `size={n}`, or a greater n",
            "size",
            "AD663",
        )
    return ()


def score(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    if _seen(roles, image, args).classes is None:
        raise Misfit(
            f"needs to know what class an image is taken for, and {_extractor(args)} knows none",
            "name an extractor that does, such as Features of a trained classifier",
            "features",
            "AD662",
        )
    n, splits = cast(int, args["n"]), cast(int, args["splits"])
    if splits > n:
        raise Misfit(
            f"parts {n:,} images into {splits:,}", f"write `splits={n}` or less", "splits", "AD663"
        )
    return ()


def sliced(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    needs_generator(roles)
    if image is not None and min(image[1:]) < SMALLEST:
        raise Misfit(
            f"looks at patches of {SMALLEST} x {SMALLEST} pixels, and the images are "
            f"{image[1]} x {image[2]}",
            "use another criterion, such as KernelDistance(Pixels())",
            code="AD665",
        )
    return ()


def needs_generator(roles: Roles) -> None:
    if "generator" not in roles:
        raise Misfit(
            "judges images that a generator makes, and this growth has none",
            "write a criterion over outputs, such as `maximize Accuracy(y, label)`",
            code="AD661",
        )


def _seen(roles: Roles, image: Shape | None, args: Args) -> Extracted:
    """What the extractor gives, once it is known that there are images to see."""
    needs_generator(roles)
    features = cast(Call, args["features"])
    return extracted(features, image)


def extracted(features: Call, image: Shape | None) -> Extracted:
    """What an extractor gives for images of a shape. Raises Misfit, which names the extractor."""
    rule = getattr(standard().half(features.module), "EXTRACTORS", {}).get(features.name)
    if rule is None:
        return Extracted(None, None)
    try:
        return cast(Extracted, rule(image, features.args))
    except Misfit as misfit:
        text = f"looks through {features.name}, which {misfit.message}"
        raise Misfit(text, misfit.help, "features", misfit.code) from None


def _extractor(args: Args) -> str:
    return cast(Call, args["features"]).name


CRITERIA: dict[str, Rule] = {
    "FrechetDistance": frechet,
    "FID": fid,
    "KernelDistance": kernel,
    "InceptionScore": score,
    "SlicedWasserstein": sliced,
}
