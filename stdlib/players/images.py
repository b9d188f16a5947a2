"""What the rules of generators and discriminators share: images that are joined, and sizes."""

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Shape
from autodesign.stdlib.layers.geometry import show


def joined(sources: tuple[Shape, ...]) -> Shape:
    """(channels, height, width) of all sources side by side. Raises Misfit."""
    if not sources:
        raise Misfit("needs an image to work on, and is given none", "apply it to an image")
    for shape in sources:
        if len(shape) != 3:
            raise Misfit(
                f"needs images [channels, height, width], and is given {show(shape)}",
                "bring the value to an image first",
            )
    if len({shape[1:] for shape in sources}) > 1:
        raise Misfit(
            f"needs images of one height and width, and is given "
            f"{' and '.join(map(show, sources))}",
            "resize one of them first, or take a `crop` of the same size",
            code="AD584",
        )
    return (sum(shape[0] for shape in sources), *sources[0][1:])


def learned(before: int, after: int, window: int, norm: str, bias: bool | None = None) -> int:
    """The parameters of a convolution and of the normalisation behind it; without `bias` being said
    the convolution has one where its result is not normalised over the batch."""
    biased = norm != "batch" if bias is None else bias
    return after * (before * window + biased + (2 if norm == "batch" else 0))


def at_least(least: int, sizes: Shape, help: str) -> None:
    """Raises Misfit where a side is below `least`."""
    if min(sizes) < least:
        height, width = sizes
        raise Misfit(
            f"needs images of at least {least} x {least}, and is given {height} x {width}",
            help,
            code="AD582",
        )
