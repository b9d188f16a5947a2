"""The library's metrics: what others compute, and the laws that hold for every one of them."""

import math
import re

import pytest
import torch
from metric_peers import PEERS, odd, peer_value, plain
from torch import Generator

import autodesign as ad
from autodesign.dsl.derive import derive, to_text
from autodesign.dsl.load import load_metric
from autodesign.interpreter.metric.bags import OnBags
from autodesign.interpreter.metric.evaluate import Evaluator
from autodesign.stdlib.library import standard

NAMES = re.findall(r"^metric (\w+)", standard().source("std.metrics").text, re.MULTILINE)
EPSILON = 1e-6
NEAR_VERTEX = 1e-5
"""The normal approximation of a count is as near to 0 and 1 as this."""

every = pytest.mark.parametrize("name", NAMES)


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


def test_there_is_a_peer_for_every_metric() -> None:
    assert sorted(PEERS) == sorted(NAMES)
    assert len(NAMES) >= 26


# --- peers ----------------------------------------------------------------------------------------


def differs(name: str, inputs: int) -> float:
    """The largest difference to the peer on so many random inputs."""
    metric, peer, generator = ad.metric(f"std.metrics.{name}"), PEERS[name], seeded(1)
    largest = 0.0
    for _ in range(inputs):
        tensors = plain(metric.definition, generator)
        value = float(metric(*tensors.values(), **peer.parameters))
        expected = peer_value(peer, tensors)
        assert isinstance(expected, float), expected
        largest = max(largest, abs(value - expected))
    return largest


@every
def test_a_metric_is_what_its_peer_computes(name: str) -> None:
    assert differs(name, 30) <= EPSILON


@pytest.mark.slow
@every
def test_a_metric_is_what_its_peer_computes_on_a_thousand_inputs(name: str) -> None:
    assert differs(name, 1000) <= EPSILON


SPLIT_BY_TIES = {
    "TopAccuracy",
    "RocAuc",
    "KendallTau",
    "PrecisionAt",
    "RecallAt",
    "HitAt",
    "Ndcg",
    "ReciprocalRank",
    "Gini",
    "Enrichment",
    "SpearmanRho",
    "ExpectedReciprocalRank",
}
"""Where the peer counts a tie half, averages over orders, or takes documents in any order."""


@pytest.mark.parametrize("name", sorted({*NAMES} - SPLIT_BY_TIES))
def test_a_metric_is_what_its_peer_computes_under_ties(name: str) -> None:
    metric, peer, generator = ad.metric(f"std.metrics.{name}"), PEERS[name], seeded(2)
    for _ in range(30):
        tensors = odd(metric.definition, "ties", generator)
        assert tensors is not None
        value = float(metric(*tensors.values(), **peer.parameters))
        assert value == pytest.approx(peer_value(peer, tensors), abs=EPSILON)


@pytest.mark.parametrize(
    "name", ["RocAuc", "AveragePrecision", "RecallAtFalsePositives", "CIndex", "TopAccuracy"]
)
def test_the_same_score_for_everything_earns_no_more_than_chance(name: str) -> None:
    metric, peer = ad.metric(f"std.metrics.{name}"), PEERS[name]
    tensors = plain(metric.definition, seeded(3))
    tensors["s"] = torch.zeros_like(tensors["s"])
    share = 0.0 if name != "AveragePrecision" else float(tensors["y"].float().mean())
    assert float(metric(*tensors.values(), **peer.parameters)) == pytest.approx(share)


@pytest.mark.parametrize("name", ["Recall", "F1", "BinaryIoU", "RocAuc", "AveragePrecision"])
def test_without_a_positive_nothing_is_said(name: str) -> None:
    scores, flags = -torch.ones(4), torch.zeros(4, dtype=torch.bool)
    assert math.isnan(ad.metric(f"std.metrics.{name}")(scores, flags))


# --- laws -----------------------------------------------------------------------------------------


@every
def test_derived_value_equals_metric(name: str) -> None:
    metric, parameters = ad.metric(f"std.metrics.{name}"), PEERS[name].parameters
    generator = seeded(4)
    for _ in range(10):
        tensors = plain(metric.definition, generator)
        derived = Evaluator(metric.explicit).batch(tensors, parameters)
        bits = derived.binaries(derived.comparisons())
        expected = metric(*tensors.values(), **parameters)
        assert float(derived.value(bits)) == pytest.approx(float(expected), abs=1e-12)


@every
def test_deriving_again_changes_nothing(name: str) -> None:
    explicit = ad.metric(f"std.metrics.{name}").explicit
    assert derive(explicit).metric == explicit


@every
def test_the_derived_form_is_a_text_of_itself(name: str) -> None:
    explicit = ad.metric(f"std.metrics.{name}").explicit
    again, found = load_metric(to_text(explicit), standard())
    assert again is not None, found
    assert to_text(again) == to_text(explicit)
    assert derive(again).metric == again


@every
def test_the_plugin_is_the_metric_where_bits_are_certain(name: str) -> None:
    metric, parameters = ad.metric(f"std.metrics.{name}"), PEERS[name].parameters
    tensors = plain(metric.definition, seeded(5))
    batch = Evaluator(metric.explicit).batch(tensors, parameters)
    certain = {family: 1e4 * c.sign() for family, c in batch.comparisons().items()}
    value = float(batch.plugin(certain))
    assert value == pytest.approx(float(batch.exact()), abs=NEAR_VERTEX)


@every
def test_no_scores_are_better_than_the_best(name: str) -> None:
    metric, parameters = ad.metric(f"std.metrics.{name}"), PEERS[name].parameters
    tensors = plain(metric.definition, seeded(6))
    batch = Evaluator(metric.explicit).batch(tensors, parameters)
    best = float(batch.value(batch.best()))
    if name == "PrecisionAt":  # some queries have fewer than t relevant documents
        t = int(parameters["t"])
        assert best == pytest.approx(float((tensors["y"].sum(1).clamp(max=t) / t).mean()))
    elif name == "RecallAt":  # and some have more
        most = (parameters["t"] / tensors["y"].sum(1)).clamp(max=1)
        assert best == pytest.approx(float(most.mean()))
    elif name in ("Enrichment", "ExpectedReciprocalRank"):  # what the data allows
        ordered = dict(tensors)
        ordered["s"] = list(tensors.values())[1].double()
        ordered["s"] = ordered["s"] - 1e-9 * torch.arange(ordered["s"].shape[-1])
        assert best == pytest.approx(peer_value(PEERS[name], ordered))
    else:
        assert best == pytest.approx(1.0)
    assert best >= float(batch.exact())


@every
def test_many_bags_at_once_equal_each_alone(name: str) -> None:
    metric, parameters = ad.metric(f"std.metrics.{name}"), PEERS[name].parameters
    first = plain(metric.definition, seeded(7))
    scores = metric.definition.inputs[0].name
    bags = [first, first | {scores: -first[scores]}, first | {scores: first[scores].flip(0)}]
    together = {n: torch.stack([bag[n] for bag in bags]) for n in first}
    each = [metric(*bag.values(), **parameters) for bag in bags]
    found = OnBags(metric.definition)(together, parameters)
    torch.testing.assert_close(found, torch.stack(each), equal_nan=True)
