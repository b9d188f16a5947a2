"""What extractors see in images, some at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.dsl.check.extractors import TRAINED, last_layer
from autodesign.dsl.library import Misfit
from autodesign.dsl.said import said
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import below
from autodesign.interpreter.jobs.failures import refused
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib import build
from autodesign.stdlib.criteria.extractors_torch import resized
from autodesign.stdlib.criteria.seen_torch import Seen
from autodesign.stdlib.data.reading.request import Request

ROWS = 64
"""Images in one pass: a fixed number, so that features do not depend on a batch of the spec."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What a criterion sees images through. `key` tells extractors apart, `criterion` criteria;
    `weights` is the file of those of a job's network."""

    key: str
    criterion: str
    module: nn.Module
    weights: Path | None = None

    def learned(self) -> str:
        """What tells the weights of a job's network from others."""
        return "" if self.weights is None else sha256(self.weights.read_bytes()).hexdigest()


class Extractors:
    """The extractors of a search on a device, each built once.

    `jobs` are those whose networks give features, by name; `run` is the folder that holds theirs.
    """

    def __init__(self, jobs: Mapping[str, spec.Train], run: Path, device: torch.device) -> None:
        self._jobs, self._run, self._device = jobs, run, device
        self._built: dict[str, nn.Module] = {}

    def lens(self, call: spec.Call, criterion: Any) -> Lens:
        """What a criterion looks through: its extractor, or what it brings. Raises SpecError AD660,
        AD668, AD903."""
        features = call.args.get("features")
        if not isinstance(features, spec.Call):
            return Lens(said(call), said(call), criterion.looks)
        weights = self.weights(features)
        return Lens(said(features), said(call), self.module(features), weights)

    def module(self, features: spec.Call) -> nn.Module:
        key = said(features)
        if key not in self._built:
            made = self._made(features).eval().to(memory_format=torch.channels_last)
            self._built[key] = made.to(self._device)
        return self._built[key]

    def weights(self, features: spec.Call) -> Path | None:
        """The file of a job's weights, where an extractor looks through its network."""
        job = features.args.get("job")
        if not isinstance(job, spec.Call) or job.kind != TRAINED:
            return None
        return self._run / job.name / "best.safetensors"

    def _made(self, features: spec.Call) -> nn.Module:
        file = self.weights(features)
        if file is not None:
            job = self._jobs[file.parent.name]
            module = DynamicNetwork(job.network)
            module.load_state_dict(below("network", checkpoint.read(file).tensors))
            return OfNetwork(module, _written(features.args["node"]))
        try:
            return build.extractor(_placed(features))
        except Misfit as misfit:
            message = f"{features.name} {misfit.message}"
            raise refused(
                misfit.code or "AD660", message, features.span, help=misfit.help
            ) from None


def look(
    images: Iterable[Tensor], through: Mapping[str, tuple[nn.Module, int]], device: torch.device
) -> dict[str, Seen]:
    """What extractors find in the first images of a row, [n, c, h, w] in 0..1 and some at a time:
    `through` has for each of them the module and how many images it sees."""
    features: dict[str, list[Tensor]] = {key: [] for key in through}
    scores: dict[str, list[Tensor]] = {key: [] for key in through}
    done = 0
    with torch.inference_mode():
        for part in (part for chunk in images for part in torch.split(chunk, ROWS)):
            for key, (module, count) in through.items():
                if done < count:
                    seen, classes = module(part[: count - done].to(device))
                    features[key].append(seen.float().cpu())
                    scores[key] += [] if classes is None else [classes.float().cpu()]
            done += len(part)
    return {
        key: Seen(torch.cat(found), torch.cat(scores[key]) if scores[key] else None)
        for key, found in features.items()
    }


class OfNetwork(nn.Module):
    """Features of a node of a network, or of what its last layer with weights reads.

    Images are brought to the size and the channels of its input. A value with places, [batch, c,
    h, w], is averaged over them. The first output gives the scores.
    """

    def __init__(self, module: DynamicNetwork, node: str | None) -> None:
        super().__init__()
        self.module, self.shape = module, module.network.inputs[0].shape
        self.output = module.network.outputs[0].name
        self._seen: list[Tensor] = []
        place = last_layer(module.network) if node is None else None
        if node is not None:
            *_, last = module.node(node).children()
            last.register_forward_hook(self._after)
        elif place is not None:
            layer = module.node(place[0]).get_submodule(str(place[1]))
            layer.register_forward_pre_hook(self._before)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        self._seen.clear()
        channels, size = self.shape[0], self.shape[-1]
        given = resized(images, size).expand(-1, channels, -1, -1)
        result = self.module(given)[self.output]
        value = self._seen.pop() if self._seen else result
        scores = result if result.dim() == 2 and result.shape[1] > 1 else None
        return value.flatten(2).mean(2) if value.dim() > 2 else value, scores

    def _after(self, _: nn.Module, given: Any, value: Any) -> None:
        # a network nested in the node gives its outputs by name
        self._seen.append(value if isinstance(value, Tensor) else next(iter(value.values())))

    def _before(self, _: nn.Module, given: tuple[Tensor, ...]) -> None:
        self._seen.append(given[0])


def _placed(features: spec.Call) -> spec.Call:
    """A file of weights that the spec names lies beside the spec. Raises Misfit AD660."""
    if not isinstance(features.args.get("weights"), str):
        return features
    path = Request(features, Path()).path("weights")
    if not path.is_file():
        raise Misfit(
            f"takes its weights from {path}, which is not there",
            "name the file of torch-fidelity or of pytorch-fid, or leave `weights` out",
            code="AD660",
        )
    return replace(features, args={**features.args, "weights": str(path)})


def _written(value: spec.Value) -> str | None:
    return value if isinstance(value, str) else None
