"""Rules of criteria of generators: what they need of the growth, its images and the extractor."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import cast

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, Shape, Value
from autodesign.stdlib.criteria.extractors import Extracted
from autodesign.stdlib.library import Direction, standard

Args = Mapping[str, Value]
Roles = Collection[str]
Doubts = tuple[Misfit, ...]
Rule = Callable[[Roles, Shape | None, Args], Doubts]

DIVIDED = ("FrechetDistance", "FID", "SlicedWasserstein")
"""Criteria that a search may be compared by as ratios to a baseline's: distances that are never
negative and 0 at best."""
MOST_PATCHES = 4_000_000
"""Twice as many as the authors of the sliced Wasserstein distance compared"""


def frechet(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    found = extracted_for(roles, image, args)
    width, projection = found.features, cast("int | None", args["projection"])
    if projection is not None and width is not None and projection > width:
        raise Misfit(
            f"projects to {projection} directions, and {_extractor(args)} gives {width} features",
            f"write `projection={min(48, width)}`, or leave it out",
            "projection",
            "AD664",
        )
    return (*found.doubts, *full_rank(projection or width, args))


def full_rank(kept: int | None, args: Args) -> Doubts:
    """A doubt where a covariance of so many numbers is taken from too few images."""
    n = cast(int, args["n"])
    if kept is None or n > kept:
        return ()
    projected = f", or `projection={max(1, n // 10)}`"
    doubt = Misfit(
        f"takes the covariance of {kept} numbers from {n} images, which has not full rank, so its "
        "floor is high",
        f"write `n={10 * kept:_}`{projected if 'projection' in args else ''}",
        "n",
        "AD666",
    )
    return (doubt,)


def kernel(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    found = extracted_for(roles, image, args)
    n, size = cast(int, args["n"]), cast(int, args["size"])
    if args["subsets"] is not None and size > n:
        raise Misfit(
            f"draws subsets of {size:,} images, and looks at {n:,}",
            f"write `size={n}`, or a greater n",
            "size",
            "AD663",
        )
    return found.doubts


def score(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    found = extracted_for(roles, image, args)
    if found.classes is None:
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
    return found.doubts


def sliced(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    needs_generator(roles)
    n, patches = cast(int, args["n"]), cast(int, args["patches"])
    if n * patches > MOST_PATCHES:
        raise Misfit(
            f"compares {n * patches:,} patches, and {MOST_PATCHES:,} fill gigabytes of memory",
            f"write `patches={max(1, MOST_PATCHES // n)}`, or a smaller n",
            "patches",
            "AD663",
        )
    return ()


def needs_generator(roles: Roles) -> None:
    if "generator" not in roles:
        raise Misfit(
            "judges images that a generator makes, and this growth has none",
            "write a criterion over outputs, such as `maximize Accuracy(y, label)`",
            code="AD661",
        )


def extracted_for(roles: Roles, image: Shape | None, args: Args) -> Extracted:
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
        found = cast(Extracted, rule(image, features.args))
    except Misfit as misfit:
        raise _through(features, misfit) from None
    if found.lacking is None:
        return found
    return replace(found, lacking=_through(features, found.lacking))


def _through(features: Call, misfit: Misfit) -> Misfit:
    """What is wrong with an extractor, as a criterion's."""
    text = f"looks through {features.name}, which {misfit.message}"
    return Misfit(text, misfit.help, "features", misfit.code)


def _extractor(args: Args) -> str:
    return cast(Call, args["features"]).name


DIRECTIONS: dict[str, Direction] = {
    "FrechetDistance": "minimize",
    "KernelDistance": "minimize",
    "InceptionScore": "maximize",
    "SlicedWasserstein": "minimize",
}
CRITERIA: dict[str, Rule] = {
    "FrechetDistance": frechet,
    "KernelDistance": kernel,
    "InceptionScore": score,
    "SlicedWasserstein": sliced,
}
