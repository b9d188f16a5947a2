"""What is said of criteria before anything is loaded: what they need, and what they are called."""

from typing import Any

import pytest

from autodesign.dsl.growth import Criterion
from autodesign.dsl.library import Misfit
from autodesign.dsl.source import Source, Span
from autodesign.dsl.spec import Call
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.parse import parse
from autodesign.stdlib.criteria.shown import shown
from autodesign.stdlib.library import standard

GAN, NETWORK = {"generator", "discriminator"}, {"network"}
SPAN = Span(Source("test.ad", ""), 0, 0)
MODULES = [m for m in standard().modules() if m.startswith("std.criteria")]


def declared(kind: str) -> dict[str, str]:
    """Names and modules of the externs of a kind."""
    found = {}
    for module in MODULES:
        file, _ = parse(standard().source(module))
        for item in file.declarations:
            if isinstance(item, ast.ExternDeclaration) and item.kind.id == kind:
                found[item.name.id] = module
    return found


def pixels(size: int | None = 8) -> Call:
    return Call("extractor", "Pixels", "std.criteria.extractors", {"size": size}, SPAN)


def asked(name: str, image: tuple[int, ...] | None = (1, 8, 8), roles=GAN, **args: Any) -> Any:
    return standard().criterion(declared("criterion")[name], name, roles, image, args)


def test_all_criteria_and_extractors_have_both_halves() -> None:
    for kind, table in (("criterion", "CRITERIA"), ("extractor", "EXTRACTORS")):
        for name, module in declared(kind).items():
            assert name in getattr(standard().half(module), table)
            # the network of a job is built above this floor
            assert name == "Features" or callable(
                getattr(standard().half(module, "_torch"), name, None)
            )


def test_a_distance_of_enough_images_raises_no_doubt() -> None:
    assert asked("FrechetDistance", features=pixels(), n=500, projection=None) == ()


@pytest.mark.parametrize(("n", "projection", "doubts"), [(64, None, 1), (65, None, 0), (40, 16, 0)])
def test_a_covariance_of_too_few_images_is_doubtful(n, projection, doubts) -> None:
    found = asked("FrechetDistance", features=pixels(), n=n, projection=projection)
    assert [one.code for one in found] == ["AD666"] * doubts


def test_what_follows_the_resolution_is_not_doubted() -> None:
    assert asked("FrechetDistance", features=pixels(None), n=3, projection=None) == ()


@pytest.mark.parametrize("name", ["NtkCondition", "LinearRegions", "TeNas"])
def test_untrained_criteria_want_a_network(name: str) -> None:
    assert asked(name, roles=NETWORK) == ()
    with pytest.raises(Misfit) as refusal:
        asked(name)
    assert refusal.value.code == "AD661"


@pytest.mark.parametrize("image", [(2, 8, 8), (8,)])
def test_an_extractor_of_photos_wants_photos(image: tuple[int, ...]) -> None:
    lite = Call("extractor", "MobileNetV2", "std.criteria.extractors", {"size": 64}, SPAN)
    with pytest.raises(Misfit) as refusal:
        asked("KernelDistance", image, features=lite, n=5, subsets=None, size=5)
    assert refusal.value.code == "AD665"


def inception(weights: str | None = None) -> Call:
    return Call("extractor", "Inception", "std.criteria.inception", {"weights": weights}, SPAN)


def called(name: str, text: str = "", **args: Any) -> str:
    call = Call("criterion", name, "std.criteria.distances", args, SPAN)
    return shown(Criterion(text, "minimize", call))


def test_only_distances_of_inception_have_its_name() -> None:
    fid = {"n": 5000, "projection": None}
    assert called("FrechetDistance", features=inception(), **fid) == "FID (Inception, n=5,000)"
    assert called("FID", features=inception(), n=500) == "FID (Inception, n=500)"
    found = called("FrechetDistance", features=pixels(), **fid)
    assert found == "Frechet distance (Pixels(size=8), n=5,000)"
    found = called("KernelDistance", features=pixels(None), n=10, subsets=None, size=10)
    assert found == "kernel distance (Pixels, n=10)"


def test_a_projected_distance_is_no_fid() -> None:
    found = called("FrechetDistance", features=inception(), n=500, projection=48)
    assert found == "Frechet distance (Inception, n=500, projected to 48)"


def test_a_criterion_without_features_is_shown_as_it_is_written() -> None:
    written = "SlicedWasserstein(n=10)"
    assert called("SlicedWasserstein", written, n=10, patches=2, directions=128) == written
    assert called("NtkCondition", "NtkCondition()", batch=32, repeats=3) == "NtkCondition()"


def test_a_criterion_is_never_shown_without_its_n() -> None:
    found = called("SlicedWasserstein", "SlicedWasserstein(patches=2)", n=2000, patches=2)
    assert found == "SlicedWasserstein(patches=2), n=2,000"


def test_features_of_a_job_are_named_after_it() -> None:
    job = Call("trained", "eyes", "", {}, SPAN)
    through = Call("extractor", "Features", "", {"job": job, "node": None}, SPAN)
    found = called("FrechetDistance", features=through, n=600, projection=None)
    assert found == "Frechet distance (Features(eyes), n=600)"
