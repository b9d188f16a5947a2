"""Stratified batches hold every class, each example once."""

import torch

from autodesign.interpreter.metric.stratify import Stratified

LABELS = torch.arange(1000) % 50 == 0


def test_each_epoch_holds_each_example_once_in_an_order_of_its_own() -> None:
    sampler = Stratified(LABELS, seed=3)
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(1000)) and len(sampler) == 1000
    assert first != second and first == list(Stratified(LABELS, seed=3))


def test_every_batch_holds_the_share_of_a_rare_class() -> None:
    sampler = Stratified(LABELS)
    loader = torch.utils.data.DataLoader(LABELS, batch_size=100, sampler=sampler)
    for _ in range(20):
        assert all(1 <= int(batch.sum()) <= 3 for batch in loader)  # 20 of 1000 are positive
