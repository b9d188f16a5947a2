"""Counterfactual rewards: against the network run again, one example at a time."""

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.jobs.counterfactual import counterfactual, exchange_loss
from autodesign.interpreter.jobs.exploration import Explorer
from autodesign.interpreter.jobs.feeding import Feed, feed
from autodesign.interpreter.jobs.q_learning import Actor, control_actors
from autodesign.interpreter.jobs.terms import Batch, bag_values
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.network.reference import run as run_one

SPEC = """ad 1
use std.metrics (Accuracy, F1)
data digits = Digits
network Cascade {
  input   image: image[1, 8, 8]
  control Q1(image) = Flatten | Linear  ~> A, B
  node    A(image)  = AvgPool2d(4) | Flatten | Linear(2)
  node    B(image)  = AvgPool2d(2) | Flatten | Linear(6) | ReLU
  control Q2(B)     = Linear  ~> C, D, E
  node    C(B)      = Linear(2)
  node    D(image)  = Flatten | Linear(2)
  node    E(image)  = Flatten | Linear(5) | LAYER | Linear(2)
  output  y = A ?? C ?? D ?? E
}
train job = Cascade on digits {
  maximize METRIC - 0.5 * cost / cost(E)
  by       q_learning(bag=BAG, counterfactual=true)
  minimize CrossEntropyLoss(y, label)
  using    Adam()  epochs 1  batch 12
}
"""
FIELDS = {
    "image": spec.FieldType("image", (1, 8, 8)),
    "label": spec.FieldType("label", (), 10),
}


def job_of(check: Callable[..., spec.Spec], metric: str, bag: int, layer: str) -> spec.Train:
    text = SPEC.replace("METRIC", metric).replace("BAG", str(bag)).replace("LAYER", layer)
    return check(text.replace("Digits", "Binary(Digits, positive=1)")).jobs["job"]


def fed(job: spec.Train, seed: int) -> tuple[Feed, dict[str, Tensor]]:
    torch.manual_seed(seed)
    fields = {"image": torch.randn(13, 1, 8, 8), "label": torch.randint(2, (13,))}
    module = DynamicNetwork(job.network)
    return feed(job, FIELDS, module, torch.device("cpu"), "float32"), fields


def alone(net: DynamicNetwork, image: Tensor, decisions: dict[str, int]) -> tuple[Tensor, int]:
    """The output and cost of one example, by the slow reference."""
    one = run_one(net, {"image": image}, decisions)
    output = one.outputs["y"]
    assert output is not None
    return output, one.cost


def slow_loss(
    job: spec.Train,
    net: DynamicNetwork,
    fields: dict[str, Tensor],
    actor: Actor,
    taken: dict[str, Tensor],
    bag: int,
) -> float:
    """The loss as the module's documentation says it, example by example."""
    reward = bag_values(job.goals[0].term)
    found = [
        alone(net, image, {n: int(a[i]) for n, a in taken.items()})
        for i, image in enumerate(fields["image"])
    ]

    def value(outcomes: list[tuple[Tensor, int]], start: int) -> float:
        chosen = outcomes[start : start + bag]
        cost = torch.tensor([float(cost) for _, cost in chosen])
        labels = {"label": fields["label"][start : start + bag]}
        return float(
            reward(Batch({"y": torch.stack([y for y, _ in chosen])}, {}, labels, cost), bag)
        )

    total, bags = 0.0, len(found) // bag
    for i, action in itertools.product(range(bags * bag), range(actor.scores.shape[1])):
        if not actor.ran[i]:
            continue
        start = i // bag * bag
        before = value(found, start)
        decisions = {n: int(a[i]) for n, a in taken.items()} | {actor.name: action}
        other = [*found[:i], alone(net, fields["image"][i], decisions), *found[i + 1 :]]
        wanted = before + bag * (value(other, start) - before)
        if wanted == wanted:  # F1 is undefined in a bag without positives
            total += (bag * float(actor.scores[i, action].detach()) - wanted) ** 2
    return total / (bags * bag)


@pytest.mark.parametrize("layer", ["ReLU", "Dropout(0.5)"])
@pytest.mark.parametrize(("metric", "bag"), [("Accuracy(y, label)", 1), ("F1(y, label)", 4)])
def test_each_action_is_to_give_the_reward_with_that_example_exchanged(
    metric: str, bag: int, layer: str, check: Callable[..., spec.Spec]
) -> None:
    job = job_of(check, metric, bag, layer)
    feeding, fields = fed(job, seed=bag)
    batch, result = feeding(fields, Explorer(lambda node, epochs: 0.7, 0).choose, keep=True)
    actors = control_actors(result.scores, result.decisions)
    seen = counterfactual(feeding, fields, (batch, result), actors, frozenset({"label"}))
    reward = bag_values(job.goals[0].term)
    feeding.module.eval()
    for actor in actors:
        fast = float(exchange_loss(actor, seen, reward, bag).detach())
        taken = dict(result.decisions)
        slow = slow_loss(job, feeding.module, fields, actor, taken, bag)
        # sums of squares of up to m = 4 times rewards, in another order, in float32
        assert fast == pytest.approx(slow, rel=1e-4, abs=1e-6)


def test_no_gradient_flows_into_what_was_not_decided(check: Callable[..., spec.Spec]) -> None:
    job = job_of(check, "Accuracy(y, label)", 1, "ReLU")
    feeding, fields = fed(job, seed=0)
    stay = {"Q1": torch.zeros(13, dtype=torch.int64)}
    batch, result = feeding(fields, decisions=stay, keep=True)
    actors = control_actors(result.scores, result.decisions)
    seen = counterfactual(feeding, fields, (batch, result), actors, frozenset({"label"}))
    loss = sum(exchange_loss(actor, seen, bag_values(job.goals[0].term), 1) for actor in actors)
    loss.backward()
    moved = {
        name.split(".")[0] for name, p in feeding.module.named_parameters() if p.grad is not None
    }
    assert moved == {"Q1"}
