"""Stratified batches hold every class in proportion, each example once."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autodesign.interpreter.metric.stratify import Stratified, stratified_order

LABELS = torch.arange(1000) % 50 == 0


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 60), min_size=1, max_size=8),
    batch=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_every_batch_holds_its_share_of_each_class_rounded_down_or_up(
    counts: list[int], batch: int, seed: int
) -> None:
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    if not len(labels):
        return
    order = stratified_order(labels, batch, torch.Generator().manual_seed(seed))
    assert order.sort().values.equal(torch.arange(len(labels)))
    for part in labels[order].split(batch):
        found = torch.bincount(part, minlength=len(counts))
        share = len(part) * torch.tensor(counts)
        assert (found >= share // len(labels)).all()
        assert (found <= share // len(labels) + 1).all()


def test_each_epoch_holds_each_example_once_in_an_order_of_its_own() -> None:
    sampler = Stratified(LABELS, 64, seed=3)
    first, second = list(sampler), list(sampler)
    assert len(first) == len(sampler) == 16
    for epoch in (first, second):
        assert sorted(i for batch in epoch for i in batch) == list(range(1000))
    assert first != second and first == list(Stratified(LABELS, 64, seed=3))
    resumed = Stratified(LABELS, 64, seed=3)
    resumed.set_epoch(1)
    assert list(resumed) == second


def test_every_batch_holds_the_share_of_a_rare_class() -> None:
    sampler = Stratified(LABELS, 100)
    loader = torch.utils.data.DataLoader(LABELS, batch_sampler=sampler)
    for _ in range(20):
        assert [int(batch.sum()) for batch in loader] == [2] * 10  # 20 of 1000 are positive


def test_a_class_rarer_than_batches_is_in_as_many_batches_as_it_has_examples() -> None:
    found = [int(LABELS[torch.tensor(part)].sum()) for part in Stratified(LABELS, 30)]
    assert sorted(found) == [0] * 14 + [1] * 20  # 34 batches, 20 positives
