"""What the criteria and reports of a search say of a candidate."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from autodesign.dsl import spec
from autodesign.dsl.growth import Architecture, Criterion, Search
from autodesign.interpreter.growth.features import Extractors, Lens, look
from autodesign.interpreter.growth.grids import sampled
from autodesign.interpreter.growth.learners import fed, named, sides
from autodesign.interpreter.growth.learning import only_output
from autodesign.interpreter.growth.pictures import reduced
from autodesign.interpreter.growth.real import Real
from autodesign.interpreter.growth.supervised import feed_of
from autodesign.interpreter.jobs.device import stream
from autodesign.interpreter.jobs.evaluation import measured
from autodesign.interpreter.jobs.feeding import Feed
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib import build
from autodesign.stdlib.criteria.seen_torch import OfImages, Seen
from autodesign.stdlib.criteria.untrained_torch import Untrained
from autodesign.stdlib.data.reading.examples import Batch, Mapped, Splits

AT_ONCE = 128
"""Images that are made in one pass, from noise of a seed of their own"""
NOISE = 1
"""Streams of random numbers from here on, of the seed that a candidate is judged with"""
KEPT = "real"
"""The folder in that of the search, of what is kept of real images"""

Modules = Mapping[str, DynamicNetwork]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`value` is nan where it is undefined, as for images that are not finite. `floor`: what the
    same criterion says of real images, None where it has none. `n` images were looked at."""

    value: float
    floor: float | None = None
    n: int | None = None


class Judge:
    """Judges the candidates of a search on a device.

    `run` is the run directory: the jobs whose networks give features lie in it by name. What is
    computed of real images is kept in `run`/SEARCH/real, and in the judge.
    """

    def __init__(self, search: Search, data: Splits, device: torch.device, run: Path) -> None:
        self.search, self.data, self.device = search, data, device
        self.criteria = tuple({c.text: c for c in (*search.criteria, *search.reports)}.values())
        self.extractors = Extractors({job.name: job for job in search.extractors}, run, device)
        self._built = {
            c.text: build.criterion(c.value)
            for c in self.criteria
            if isinstance(c.value, spec.Call)
        }
        self._folder = run / search.name / KEPT
        self._real: Real | None = None

    def judge(
        self, architecture: Architecture, modules: Modules, seed: int
    ) -> dict[str, Judgement]:
        """By the text of each criterion and report. Raises SpecError where features or examples
        cannot be had, RunError AD903."""
        terms = [c for c in self.criteria if not isinstance(c.value, spec.Call)]
        calls = [c for c in self.criteria if isinstance(c.value, spec.Call)]
        fresh = [c for c in calls if isinstance(self._built[c.text], Untrained)]
        shown = [c for c in calls if c not in fresh]
        found = {
            **self._of_terms(terms, architecture, modules),
            **{c.text: self._of_fresh(c, architecture, seed) for c in fresh},
            **self._of_images(shown, architecture, modules, seed),
        }
        return {c.text: found[c.text] for c in self.criteria}

    # --- images of a generator --------------------------------------------------------------------

    def _of_images(
        self, criteria: list[Criterion], architecture: Architecture, modules: Modules, seed: int
    ) -> dict[str, Judgement]:
        if not criteria:
            return {}
        lenses = {
            c.text: self.extractors.lens(cast(spec.Call, c.value), self._built[c.text])
            for c in criteria
        }
        through: dict[str, tuple[nn.Module, int]] = {}
        for criterion in criteria:
            lens = lenses[criterion.text]
            _, before = through.get(lens.key, (lens.module, 0))
            through[lens.key] = lens.module, max(before, looked_at(criterion))
        generator = modules[named(self.search, "generator")]
        most = max(count for _, count in through.values())
        seen = look(made(generator, most, seed, self.device), through, self.device)
        found = {c.text: self._compared(c, lenses[c.text], seen, architecture) for c in criteria}
        self.real.forget()
        return found

    def _compared(
        self, criterion: Criterion, lens: Lens, seen: Mapping[str, Seen], architecture: Architecture
    ) -> Judgement:
        """What was seen in made images beside what is seen in real ones."""
        of_images: OfImages = self._built[criterion.text]
        n = looked_at(criterion)
        reference, floor = self.real.reference(lens, of_images, n, architecture.resolution)
        value = of_images(seen[lens.key].part(0, n), reference)
        return Judgement(finite(value), floor, n)

    @property
    def real(self) -> Real:
        """The images that the networks of the search are about."""
        if self._real is None:
            name = image_field(self.search, self.data)
            self._real = Real(
                self.data.train, name, self.search.data.call, self._folder, self.device
            )
        return self._real

    # --- networks ---------------------------------------------------------------------------------

    def _of_fresh(self, criterion: Criterion, architecture: Architecture, seed: int) -> Judgement:
        """Networks of the candidate's architecture with weights that nobody has trained."""
        untrained: Untrained = self._built[criterion.text]
        network = architecture.networks[named(self.search, "network")]
        side = network.inputs[0].shape[-1] if len(network.inputs[0].shape) == 3 else None
        images = torch.cat([*self.real.images(side, untrained.n)]).to(self.device)
        value = untrained(lambda: Function(DynamicNetwork(network)), images, stream(seed, NOISE))
        return Judgement(finite(value), None, untrained.n)

    def _of_terms(
        self, criteria: list[Criterion], architecture: Architecture, modules: Modules
    ) -> dict[str, Judgement]:
        """Costs, which follow from the architecture, and what the validation split says."""
        found = {}
        measures = []
        for criterion in criteria:
            if isinstance(criterion.value, spec.CostOf):
                nets = [architecture.networks[name] for name in criterion.value.nodes]
                found[criterion.text] = Judgement(float(sum(n.analysis.greatest for n in nets)))
            else:
                measures.append(spec.Report(criterion.text, cast(spec.Term, criterion.value)))
        if measures:
            found |= self._measured(measures, modules[named(self.search, "network")])
        return found

    def _measured(self, reports: list[spec.Report], module: DynamicNetwork) -> dict[str, Judgement]:
        fields = fed(module.network, self.data.fields)
        small = sides(module.network, fields, self.data.fields)
        examples = Mapped(self.data.validation, lambda batch: _smaller(batch, small))
        feed: Feed = feed_of(module, fields, self.device)
        values = measured(feed, examples, reports, module.network).values
        return {text: Judgement(finite(v), None, len(examples)) for text, v in values.items()}


class Function(nn.Module):
    """A network as a module that gives its first output."""

    def __init__(self, network: DynamicNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return only_output(self.network)(images)


def made(generator: DynamicNetwork, n: int, seed: int, device: torch.device) -> Iterator[Tensor]:
    """Images [n, c, h, w] in 0..1, some at a time: the first are the same whatever `n` is."""
    for start in range(0, n, AT_ONCE):
        yield sampled(generator, AT_ONCE, stream(seed, NOISE + start), device)[: n - start]


def looked_at(criterion: Criterion) -> int:
    """How many images a criterion of the library looks at."""
    assert isinstance(criterion.value, spec.Call)
    args = criterion.value.args
    return max(cast(int, args[name]) for name in ("n", "batch") if name in args)


def image_field(search: Search, data: Splits) -> str:
    """The field that holds the images: what a network other than the generator reads."""
    reads = next(grown for grown in search.growth.networks if grown.role != "generator")
    return fed(reads.network, data.fields)[0]


def finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def _smaller(batch: Batch, sides: Mapping[str, int]) -> Batch:
    return {k: reduced(v, sides[k]) if k in sides else v for k, v in batch.items()}
