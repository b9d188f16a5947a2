"""What a judge says of candidates: criteria of images, of fresh networks, and of outputs."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autodesign.dsl.grow import first, replay
from autodesign.dsl.growth import Architecture, Search
from autodesign.dsl.load import load_text
from autodesign.interpreter.growth import judging
from autodesign.interpreter.growth.features import OfNetwork
from autodesign.interpreter.growth.judging import Judge, made
from autodesign.interpreter.growth.readiness import check_criteria
from autodesign.interpreter.jobs import checkpoint
from autodesign.interpreter.jobs.checkpoint import Checkpoint, under
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.stdlib.criteria.distances_torch import FrechetDistance, discrepancy
from autodesign.stdlib.criteria.extractors_torch import Pixels
from autodesign.stdlib.criteria.seen_torch import Seen
from autodesign.stdlib.criteria.untrained_torch import NtkCondition
from autodesign.stdlib.data import load
from autodesign.stdlib.data.reading.examples import Splits, Table
from autodesign.stdlib.library import standard

CPU = torch.device("cpu")
GAN = """ad 1

data digits = Digits()

network Known {
  input  image: image[1, 8, 8]
  node   seen(image) = Conv2d(4, 3) | ReLU | Flatten | Linear(12) | ReLU
  node   classes(seen) = Linear(10)
  output y = classes
}

train known = Known on digits {
  minimize CrossEntropyLoss(y, label)
  using    Adam(lr=1e-3)
  epochs 1  batch 64
}

growth Tiny {
  generator G {
    input z: vector[8]
    node base(z) = EqualizedLinear(256) | Unflatten(1, [16, 4, 4]) | LeakyReLU(0.2)
    node rgb(base) = EqualizedConv2d(1, 1)
    output made = rgb
  }
  discriminator D {
    input x: image[1, 4, 4]
    node stem(x) = EqualizedConv2d(16, 1) | LeakyReLU(0.2)
    node score(stem) = Flatten | EqualizedLinear(1)
    output critic = score
  }
  action upscale = double G, D
}

search grown = Tiny on digits {
  minimize CRITERIA
  by       top_k(keep=2, sample=1)
  train    wgan_gp() using Adam(lr=1e-3) for 100 iterations
  until    resolution 8, layers 2
}
"""

CLASSIFIERS = """ad 1

use std.metrics (Accuracy)
data digits = Digits()

growth Classifier {
  network C {
    input x: image[1, 8, 8]
    node stem(x) = Conv2d(4, 3) | BatchNorm2d | ReLU
    node head(stem) = Flatten | Linear(10)
    output y = head
  }
  action wider(filters in {8, 16}) = Conv2d(filters, 3, padding=1) | ReLU before C.head
}

search grown = Classifier on digits {
  maximize Accuracy(y, label)
  minimize cost
  by       top_k(keep=2, sample=1)
  train    CrossEntropyLoss(y, label) using Adam(lr=1e-3) for 1 epochs
  until    layers 2
  report   CrossEntropyLoss(y, label), NtkCondition(batch=8), LinearRegions(n=16), TeNas(n=16)
}
"""


def searched(text: str, criteria: str = "") -> Search:
    found, problems = load_text(text.replace("CRITERIA", criteria), "t.ad", standard(), {})
    assert found is not None, problems
    return found.searches["grown"]


def modules(architecture: Architecture, seed: int = 0) -> dict[str, DynamicNetwork]:
    torch.manual_seed(seed)
    return {name: DynamicNetwork(net).eval() for name, net in architecture.networks.items()}


def drawn(generator: DynamicNetwork, n: int, seed: int) -> Tensor:
    return torch.cat([*made(generator, n, seed, CPU)])


def begun(search: Search, *moves: int) -> Architecture:
    chosen = tuple(search.growth.moves[i] for i in moves)
    return replay(search.growth, chosen, standard()) if moves else first(search.growth, standard())


def judged(search: Search, run: Path, *moves: int, **others: Any) -> dict[str, judging.Judgement]:
    architecture = begun(search, *moves)
    judge = Judge(search, load(search.data.call), CPU, run)
    return judge.judge(architecture, modules(architecture), 3, **others)


PIXELS = "FrechetDistance(Pixels(), n=300)"


def test_a_distance_is_that_of_made_images_from_real_ones_at_the_resolution(tmp_path: Path) -> None:
    search = searched(GAN, PIXELS)
    architecture = begun(search)
    generator = modules(architecture)["G"]
    images = drawn(generator, 300, 3).flatten(1)
    train = load(search.data.call).train
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
    real = train.batch(order[:600])["image"]
    real = real.reshape(600, 1, 4, 2, 4, 2).mean((3, 5)).flatten(1)
    criterion = FrechetDistance(None)
    reference = criterion.reference(Seen(real[:300]))
    found = judged(search, tmp_path)[search.criteria[0].text]
    assert found.n == 300
    assert found.value == pytest.approx(criterion(Seen(images), reference), rel=1e-5)
    assert found.floor == pytest.approx(criterion(Seen(real[300:]), reference), rel=1e-5)


def test_the_resolution_is_that_of_the_candidate(tmp_path: Path) -> None:
    search = searched(GAN, "SlicedWasserstein(n=100)")
    small, large = judged(search, tmp_path), judged(search, tmp_path, 0)
    assert small.keys() == large.keys()
    assert small != large


def test_a_judge_says_the_same_twice_and_from_what_is_kept(tmp_path: Path) -> None:
    search = searched(GAN, "KernelDistance(Pixels(), n=200)")
    once = judged(search, tmp_path)
    kept = sorted((tmp_path / "grown" / "real").iterdir())
    assert len(kept) == 1
    assert judged(search, tmp_path) == once
    assert sorted((tmp_path / "grown" / "real").iterdir()) == kept
    kept[0].write_bytes(b"damaged")
    assert judged(search, tmp_path) == once


def test_real_images_are_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    see = Pixels.forward

    def counted(self: Pixels, images: Tensor) -> Any:
        looked.append(len(images))
        return see(self, images)

    monkeypatch.setattr(Pixels, "forward", counted)
    search = searched(
        GAN, "FrechetDistance(Pixels(), n=100) minimize KernelDistance(Pixels(), n=90)"
    )
    judged(search, tmp_path)
    assert sum(looked) == 100 + 200  # made ones, and real ones with those of the floor, for both
    looked.clear()
    judged(search, tmp_path)
    assert sum(looked) == 100


def test_without_as_many_images_again_there_is_no_floor(tmp_path: Path) -> None:
    search = searched(GAN, "FrechetDistance(Pixels(), n=700)")
    found = judged(search, tmp_path)[search.criteria[0].text]
    assert found.floor is None
    assert math.isfinite(found.value)
    warnings = check_criteria(search, load(search.data.call))
    assert [one.code for one in warnings] == ["AD667"]


def test_images_that_are_not_finite_have_no_value(tmp_path: Path) -> None:
    search = searched(
        GAN, "FrechetDistance(Pixels(), n=50) minimize KernelDistance(Pixels(), n=50)"
    )
    search = replace(search, reports=searched(GAN, "SlicedWasserstein(n=50)").criteria)
    architecture = begun(search)
    broken = modules(architecture)
    for weights in broken["G"].parameters():
        nn.init.constant_(weights, math.nan)
    judge = Judge(search, load(search.data.call), CPU, tmp_path)
    found = judge.judge(architecture, broken, 0)
    assert len(found) == 3
    assert all(math.isnan(one.value) for one in found.values())
    assert all(one.floor is not None and math.isfinite(one.floor) for one in found.values())


def test_the_first_made_images_are_the_same_whatever_their_number() -> None:
    generator = modules(begun(searched(GAN, PIXELS)))["G"]
    assert torch.equal(drawn(generator, 300, 5)[:150], drawn(generator, 150, 5))
    assert not torch.equal(drawn(generator, 150, 5), drawn(generator, 150, 6))


# --- features of a job ----------------------------------------------------------------------------


def kept(search: Search, run: Path) -> DynamicNetwork:
    """A network as the job `known` would leave it."""
    torch.manual_seed(7)
    module = DynamicNetwork(search.extractors[0].network).eval()
    folder = run / "known"
    folder.mkdir()
    weights = under("network", module.state_dict())
    checkpoint.write(folder / "best.safetensors", Checkpoint(weights, {}))
    return module


def test_features_of_a_job_are_what_its_last_layer_reads(tmp_path: Path) -> None:
    search = searched(GAN, "KernelDistance(Features(known), n=100)")
    module = kept(search, tmp_path)
    images = torch.rand(70, 1, 8, 8)
    expected = module.node("seen")(images)
    extractor = OfNetwork(module, None)
    features, scores = extractor(images)
    assert torch.allclose(features, expected)
    assert scores is not None
    assert torch.allclose(scores, module(images)["y"])
    assert torch.allclose(OfNetwork(module, "seen")(images)[0], expected)
    assert torch.allclose(OfNetwork(module, "classes")(images)[0], scores)


def test_smaller_images_are_enlarged_for_the_network_of_a_job(tmp_path: Path) -> None:
    search = searched(GAN, "InceptionScore(Features(known), n=100, splits=2)")
    module = kept(search, tmp_path)
    found = judged(search, tmp_path)[search.criteria[0].text]
    images = drawn(modules(begun(search))["G"], 100, 3)
    large = nn.functional.interpolate(images, (8, 8), mode="bilinear", antialias=True)
    chances = module(large)["y"].double().softmax(1)
    values = [
        (half * (half / half.mean(0)).log()).sum(1).mean().exp() for half in chances.split(50)
    ]
    assert found.value == pytest.approx(float((values[0] + values[1]).detach() / 2), rel=1e-5)
    assert found.floor is not None


def test_what_is_kept_of_real_images_follows_the_weights_of_the_job(tmp_path: Path) -> None:
    search = searched(GAN, "KernelDistance(Features(known), n=100)")
    kept(search, tmp_path)
    before = judged(search, tmp_path)
    file = tmp_path / "known" / "best.safetensors"
    saved = checkpoint.read(file)
    checkpoint.write(file, Checkpoint({k: 2 * v for k, v in saved.tensors.items()}, {}))
    assert judged(search, tmp_path) != before
    assert len(list((tmp_path / "grown" / "real").iterdir())) == 2


# --- networks -------------------------------------------------------------------------------------


def test_outputs_are_measured_on_the_validation_split(tmp_path: Path) -> None:
    search = searched(CLASSIFIERS)
    found = judged(search, tmp_path, 1)
    architecture = begun(search, 1)
    module = modules(architecture)["C"]
    validation = load(search.data.call).validation
    batch = validation.batch(torch.arange(len(validation)))
    scores, labels = module(batch["image"])["y"], batch["label"]
    right = (scores.argmax(1) == labels).double().mean()
    assert found["Accuracy(y, label)"].value == pytest.approx(float(right), abs=1e-12)
    assert found["Accuracy(y, label)"].n == len(validation)
    loss = nn.functional.cross_entropy(scores, labels)
    assert found["CrossEntropyLoss(y, label)"].value == pytest.approx(
        float(loss.detach()), rel=1e-5
    )
    assert found["cost"].value == architecture.networks["C"].analysis.greatest


def test_untrained_criteria_look_at_the_architecture_alone(tmp_path: Path) -> None:
    search = searched(CLASSIFIERS)
    architecture = begun(search, 0)
    judge = Judge(search, load(search.data.call), CPU, tmp_path)
    one, other = (judge.judge(architecture, modules(architecture, seed), 3) for seed in (0, 1))
    names = [name for name in one if name.startswith(("Ntk", "Linear", "TeNas"))]
    assert len(names) == 3
    assert [one[name] for name in names] == [other[name] for name in names]
    assert one["CrossEntropyLoss(y, label)"] != other["CrossEntropyLoss(y, label)"]
    bigger = judge.judge(begun(search, 0, 1), modules(begun(search, 0, 1)), 3)
    regions = next(name for name in names if name.startswith("Linear"))
    assert bigger[regions].value > one[regions].value > 1


def test_the_condition_of_a_network_is_that_of_the_same_layers_in_torch(tmp_path: Path) -> None:
    search = searched(CLASSIFIERS)
    name = next(c.text for c in search.reports if c.text.startswith("Ntk"))
    data = load(search.data.call)
    judge = Judge(search, data, CPU, tmp_path)
    architecture = begun(search)
    found = judge.judge(architecture, modules(architecture), 3)[name]
    images = next(judge.real.images(8, 8))

    def layers() -> nn.Module:
        steps = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten()]
        return nn.Sequential(*steps, nn.Linear(144, 10))

    expected = NtkCondition(8, 3, "kaiming")(layers, images, judging.stream(3, judging.NOISE))
    assert found.value == pytest.approx(expected, rel=1e-6)
    assert found.n == 8


def test_images_of_a_candidate_are_averaged_down_for_its_outputs(tmp_path: Path) -> None:
    text = CLASSIFIERS.replace("image[1, 8, 8]", "image[1, 4, 4]").replace(
        "Conv2d(4, 3)", "Conv2d(4, 1)"
    )
    search = searched(text)
    architecture = begun(search)
    found = judged(search, tmp_path)
    validation = load(search.data.call).validation
    batch = validation.batch(torch.arange(len(validation)))
    small = nn.functional.avg_pool2d(batch["image"], 2)
    scores = modules(architecture)["C"](small)["y"]
    right = (scores.argmax(1) == batch["label"]).double().mean()
    assert found["Accuracy(y, label)"].value == pytest.approx(float(right), abs=1e-12)


def test_a_kernel_of_the_data_is_unbiased_between_halves(tmp_path: Path) -> None:
    """The floor of the kernel distance is the estimate for two disjoint halves."""
    search = searched(GAN, "KernelDistance(Pixels(), n=300)")
    judge = Judge(search, load(search.data.call), CPU, tmp_path)
    found = judge.judge(begun(search), modules(begun(search)), 0)[search.criteria[0].text]
    halves = next(judge.real.images(4, 600)).flatten(1).split(300)
    assert found.floor == pytest.approx(discrepancy(halves[1], halves[0]), rel=1e-6)


def test_splits_that_are_small_are_judged_too(tmp_path: Path) -> None:
    search = searched(CLASSIFIERS)
    data = load(search.data.call)
    few = data.validation.batch(torch.arange(3))
    splits = Splits(data.train, Table(few), data.test, data.fields)
    architecture = begun(search)
    found = Judge(search, splits, CPU, tmp_path).judge(architecture, modules(architecture), 0)
    assert found["Accuracy(y, label)"].n == 3
