"""Criteria whose extractors lack their weights, or whose data are too few."""

import importlib.machinery
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.growth import Search
from autodesign.dsl.load import load_text
from autodesign.interpreter.growth.readiness import check_criteria
from autodesign.stdlib.criteria import extractors
from autodesign.stdlib.data import load
from autodesign.stdlib.library import standard

SPEC = (Path(__file__).parent / "AD664.ad").read_text(encoding="utf-8")
WRITTEN = "FrechetDistance(Pixels(size=8), n=500, projection=128)"


def checked(criterion: str, folder: Path) -> tuple[Search | None, list[Diagnostic]]:
    """The search with another criterion, on a machine whose cache is an empty folder."""
    text = SPEC.replace(WRITTEN, criterion)
    (folder / "grown.ad").write_text(text, encoding="utf-8")
    with patch.dict(os.environ, {"TORCH_HOME": str(folder)}):
        found, problems = load_text(text, str(folder / "grown.ad"), standard(), {})
    return None if found is None else found.searches["grown"], problems


def refused(criterion: str, folder: Path) -> list[Diagnostic]:
    """What is said once the data are there."""
    search, problems = checked(criterion, folder)
    assert search is not None, problems
    with pytest.raises(SpecError) as refusal:
        check_criteria(search, load(search.data.call))
    return refusal.value.diagnostics


def missing(name: str) -> importlib.machinery.ModuleSpec | None:
    return None


def AD660(tmp_path: Path) -> list[Diagnostic]:
    with patch.object(extractors, "find_spec", missing):
        return checked("FrechetDistance(MobileNetV2(), n=5_000)", tmp_path)[1]


def AD660_lite(tmp_path: Path) -> list[Diagnostic]:
    with patch.object(extractors, "find_spec", missing):
        return checked("KernelDistance(EfficientNetLite0())", tmp_path)[1]


def AD660_inception(tmp_path: Path) -> list[Diagnostic]:
    return checked("FID", tmp_path)[1]


def AD660_run(tmp_path: Path) -> list[Diagnostic]:
    return refused("FID(n=500)", tmp_path)


def AD660_file(tmp_path: Path) -> list[Diagnostic]:
    return refused('FID(n=500, features=Inception(weights="inception.pth"))', tmp_path)


def AD663_data(tmp_path: Path) -> list[Diagnostic]:
    return refused("FrechetDistance(Pixels(size=8), n=2_000)", tmp_path)


def AD667(tmp_path: Path) -> list[Diagnostic]:
    search, problems = checked("FrechetDistance(Pixels(size=8), n=1_000)", tmp_path)
    assert search is not None, problems
    return list(check_criteria(search, load(search.data.call)))


def AD668(tmp_path: Path) -> list[Diagnostic]:
    (tmp_path / "inception.pth").write_bytes(b"PK cut off")
    return refused('FID(n=500, features=Inception(weights="inception.pth"))', tmp_path)
