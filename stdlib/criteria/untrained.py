"""Rules of criteria that look at networks before they are trained."""

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.criteria.distances import Args, Doubts, Roles, Rule
from autodesign.stdlib.library import Direction


def network(roles: Roles, image: Shape | None, args: Args) -> Doubts:
    if "network" not in roles:
        raise Misfit(
            "judges a network by its outputs for training images, and this growth has a generator "
            "and a discriminator",
            "write a criterion of images, such as `minimize KernelDistance(Pixels())`",
            code="AD661",
        )
    return ()


DIRECTIONS: dict[str, Direction] = {
    "NtkCondition": "minimize",
    "LinearRegions": "maximize",
    "TeNas": "minimize",
}
CRITERIA: dict[str, Rule] = {
    "NtkCondition": network,
    "LinearRegions": network,
    "TeNas": network,
}
