"""Terms on bags: all at once must be what each bag gives by itself."""

import pytest
import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.dsl.load import find_metric
from autodesign.dsl.source import Source, Span
from autodesign.interpreter.jobs.terms import Batch, bag_values, whole_value
from autodesign.stdlib.library import standard

HERE = Span(Source("<test>", ""), 0, 0)
Y, LABEL = spec.OutputValue("y"), spec.FieldValue("label")


def measure(kind: str, name: str, module: str, **args: spec.Value) -> spec.Measure:
    return spec.Measure(spec.Call(kind, name, module, args, HERE), (Y, LABEL), HERE)


def defined(name: str) -> spec.Measure:
    definition, found = find_metric(f"std.metrics.{name}", standard())
    assert definition is not None, found
    call = spec.Call("metric", name, "std.metrics", definition.parameters, HERE)
    return spec.Measure(call, (Y, LABEL), HERE, definition)


ACCURACY, F1 = defined("Accuracy"), defined("F1")
CROSS_ENTROPY = measure(
    "loss",
    "CrossEntropyLoss",
    "std.training.losses",
    weight=None,
    ignore_index=-100,
    label_smoothing=0.0,
)


def batch_of(n: int, k: int = 2, present: Tensor | None = None, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    return Batch(
        {"y": torch.randn(n, k, generator=generator)},
        {} if present is None else {"y": present},
        {"label": torch.randint(k, (n,), generator=generator)},
        torch.randint(1, 1000, (n,), generator=generator).float(),
    )


def slice_of(batch: Batch, start: int, end: int) -> Batch:
    parts = (batch.outputs, batch.present, batch.fields)
    return Batch(
        *({name: value[start:end] for name, value in part.items()} for part in parts),
        batch.cost[start:end],
    )


@pytest.mark.parametrize("term", [ACCURACY, F1, CROSS_ENTROPY, spec.Cost()])
@pytest.mark.parametrize("bag", [1, 4])
@pytest.mark.parametrize("some_null", [False, True])
def test_bags_at_once_equal_each_bag_alone(term: spec.Term, bag: int, some_null: bool) -> None:
    present = torch.arange(18) % 5 != 2 if some_null else None
    batch = batch_of(18, present=present)
    whole = whole_value(term)
    alone = [whole(slice_of(batch, i, i + bag)) for i in range(0, 18 - bag + 1, bag)]
    torch.testing.assert_close(
        bag_values(term)(batch, bag).float(), torch.stack(alone).float(), equal_nan=True
    )


def test_a_reward_mixes_metrics_and_cost() -> None:
    lam, unit = spec.Constant(0.25), spec.Constant(1)
    cheap = spec.Arithmetic("-", unit, spec.Arithmetic("/", spec.Cost(), spec.CostOf(("N",), 1000)))
    term = spec.Arithmetic(
        "+",
        spec.Arithmetic("*", lam, ACCURACY),
        spec.Arithmetic("*", spec.Arithmetic("-", unit, lam), cheap),
    )
    batch = batch_of(8)
    right = (batch.outputs["y"].argmax(1) == batch.fields["label"]).float()
    expected = 0.25 * right + 0.75 * (1 - batch.cost / 1000)
    torch.testing.assert_close(bag_values(term)(batch, 1), expected)


def test_an_example_without_output_is_wrong_in_a_metric() -> None:
    label = torch.tensor([0, 1, 1, 0])
    scores = torch.nn.functional.one_hot(label, 2).float()
    present = torch.tensor([True, True, False, False])
    batch = Batch({"y": scores}, {"y": present}, {"label": label}, torch.ones(4))
    assert whole_value(ACCURACY)(batch) == 0.5
    # one true positive, one positive missed, one negative taken for positive
    assert whole_value(F1)(batch) == 0.5


def test_an_example_without_output_is_left_out_of_a_loss() -> None:
    batch = batch_of(6, present=torch.tensor([True, False, True, True, False, True]))
    kept = torch.tensor([0, 2, 3, 5])
    expected = torch.nn.functional.cross_entropy(
        batch.outputs["y"][kept], batch.fields["label"][kept]
    )
    torch.testing.assert_close(whole_value(CROSS_ENTROPY)(batch), expected)


def test_a_loss_without_any_output_is_zero_and_differentiable() -> None:
    batch = batch_of(3, present=torch.zeros(3, dtype=torch.bool))
    batch.outputs["y"].requires_grad_()
    loss = whole_value(CROSS_ENTROPY)(batch)
    loss.backward()
    assert loss == 0
    assert batch.outputs["y"].grad is not None and not batch.outputs["y"].grad.any()


def test_examples_that_fill_no_bag_are_left_out() -> None:
    assert len(bag_values(spec.Cost())(batch_of(10), 4)) == 2
