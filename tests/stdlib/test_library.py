"""Modules are found by name, rules by module; nothing of it loads torch."""

import os
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
import torch

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.load import load_text
from autodesign.interpreter.jobs.terms import Batch, bag_values
from autodesign.stdlib import library as library_module
from autodesign.stdlib.library import Modules, standard


def test_the_prelude_is_all_but_the_metrics():
    library = standard()
    assert "std.metrics" in library.modules()
    assert set(library.modules()) - set(library.prelude) == {"std.metrics"}


def test_a_module_has_a_text_named_alike_on_every_machine():
    source = standard().source("std.layers.convolution")
    assert source.name == "std/layers/convolution.ad"
    assert "extern layer Conv2d(" in source.text


@pytest.mark.parametrize(
    "name", ["std", "std.layers", "std.nothing", "acme.vision", "", "x" * 10**6]
)
def test_an_unknown_module_is_a_key_error(name):
    with pytest.raises(KeyError):
        standard().source(name)


def test_rules_load_no_torch():
    """Every torch-free half is imported, and one rule asked."""
    program = """
import sys
from autodesign.stdlib.library import standard
library = standard()
for module in library.modules():
    library.source(module)
    try:
        library.half(module)
    except ModuleNotFoundError:
        pass
import autodesign.stdlib.training.methods
args = dict(out_channels=8, kernel_size=3, stride=1, padding=0, dilation=1, groups=1,
            bias=True, padding_mode="zeros")
print(library.layer("std.layers.convolution", "Conv2d", ((3, 8, 8),), args))
print(sorted({"torch", "torchvision", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.splitlines() == [
        "Derived(shape=(8, 6, 6), cost=7776, sizes={'in_channels': 3}, parameters=224)",
        "[]",
    ]


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """An installed package with a module, and one whose Python half does not load."""
    folder = tmp_path / "acme_layers"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "__init__.ad").write_text("ad 1\n")
    (folder / "vision.ad").write_text("ad 1\n## Twists.\nextern layer Spiral()\n")
    (folder / "vision.py").write_text(
        "from autodesign.dsl.library import Derived\n"
        "RULES = {'Spiral': lambda sources, args: Derived(sources[0], 7)}\n"
    )
    (folder / "measures.ad").write_text(
        "ad 1\n## The share of right answers.\n"
        "extern metric Right(s: scores[n, k], y: label[n], worth: real = 1)\n"
    )
    (folder / "measures_torch.py").write_text(
        "def Right(worth):\n    return lambda s, y: worth * (s.argmax(1) == y).float().mean()\n"
    )
    (folder / "broken.ad").write_text("ad 1\nextern layer Lost()\n")
    (folder / "broken.py").write_text("import a_package_that_is_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("acme", "acme_layers", library_module.ENTRY_POINTS)
    monkeypatch.setattr(
        "importlib.metadata.entry_points",
        lambda group, name: [point] if (group, name) == (point.group, point.name) else [],
    )
    return Modules()


def test_an_installed_package_adds_modules(acme):
    assert "acme.vision" not in acme.modules()
    assert acme.source("acme.vision").name == "acme/vision.ad"
    assert acme.source("acme").name == "acme/__init__.ad"
    assert acme.layer("acme.vision", "Spiral", ((3, 4),), {}) == Derived((3, 4), 7)
    assert {"acme", "acme.vision"} <= set(acme.modules())
    assert "acme.vision" not in acme.prelude
    with pytest.raises(KeyError):
        acme.source("acme.nothing")


def test_a_package_may_supply_a_metric_in_python(acme, monkeypatch):
    monkeypatch.setattr("autodesign.stdlib.build.standard", lambda: acme)
    text = """ad 1
use acme.measures (Right)
data digits = Digits
network N { input image: image[1, 8, 8]  node A(image) = Flatten | Linear(10)  output y = A }
train job = N on digits {
  minimize CrossEntropyLoss(y, label)
  using    SGD(lr=0.1)
  epochs 1  batch 8
  report   Right(y, label, worth=100)
}
"""
    checked, found = load_text(text, "job.ad", acme)
    assert checked is not None, found
    (report,) = checked.jobs["job"].reports
    scores, labels = torch.eye(4).repeat(2, 1), torch.tensor([0, 1, 2, 2, 0, 0, 0, 0])
    batch = Batch({"y": scores}, {}, {"label": labels}, torch.ones(8))
    assert bag_values(report.term)(batch, 4).tolist() == [75, 25]


def test_a_package_s_mistakes_are_misfits(acme):
    with pytest.raises(Misfit, match="no rule for it"):
        acme.layer("acme.vision", "Unruly", ((3,),), {})
    with pytest.raises(Misfit, match="a_package_that_is_not_there"):
        acme.layer("acme.broken", "Lost", ((3,),), {})
