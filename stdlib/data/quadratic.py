"""Fields of NoisyQuadratic."""

from autodesign.dsl.spec import FieldType
from autodesign.stdlib.data.declared import Args, Fields, Rule, fractions


def quadratic(args: Args) -> Fields:
    fractions(args)
    size = args["size"]
    assert isinstance(size, int)
    return {name: FieldType("vector", (size,)) for name in ("curvature", "target")}


FIELDS: dict[str, Rule] = {"NoisyQuadratic": quadratic}
