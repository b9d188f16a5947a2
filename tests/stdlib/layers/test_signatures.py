"""Declarations take what torch's classes take: the same names, order and defaults."""

import inspect

import pytest
import torch
from torch import nn

from autodesign.dsl.syntax import ast

OTHERWISE = {
    # torch leaves the choice open with a warning; here the channels are meant
    ("Softmax", "dim"),
    ("LogSoftmax", "dim"),
    ("Softmin", "dim"),
    # derived from the shape where not given
    ("LayerNorm", "normalized_shape"),
    ("RMSNorm", "normalized_shape"),
    # all epochs of the run where not given
    ("CosineAnnealingLR", "T_max"),
}
PLACES = {
    "layer": nn,
    "loss": nn,
    "optimizer": torch.optim,
    "schedule": torch.optim.lr_scheduler,
}


def _torch_class(kind: str, name: str):
    found = getattr(PLACES.get(kind), name, None)
    # torch.nn.Parameter is a tensor, ours the layer that gives it
    return None if found is nn.Parameter else found


def test_parameters_are_those_of_torch(declared, defaults):
    checked = 0
    for name, (_, declaration) in declared.items():
        known = _torch_class(declaration.kind.id, name)
        if known is None:
            continue
        signature = inspect.signature(known).parameters
        ours = [(n, v) for n, v in defaults(declaration).items() if n not in ("input", "target")]
        order = [n for n in signature if n in dict(ours)]
        assert [n for n, _ in ours] == order, name
        for parameter, value in ours:
            if (name, parameter) not in OTHERWISE:
                theirs = signature[parameter].default
                expected = ... if theirs is inspect.Parameter.empty else theirs
                assert value == expected, (name, parameter)
        checked += 1
    assert checked > 100


def test_what_torch_has_no_class_for_is_the_language_s_own(declared):
    own = {
        name
        for name, (module, declaration) in declared.items()
        if declaration.kind.id in PLACES
        and not module.endswith("torchvision")
        and not module.startswith(("std.players", "std.growth"))
        and _torch_class(declaration.kind.id, name) is None
    }
    assert own == {"add", "multiply", "concat", "const"}


def test_every_declaration_is_documented(declared):
    assert [name for name, (_, d) in declared.items() if not d.doc.strip()] == []


@pytest.mark.parametrize(
    "kind",
    (
        "layer",
        "loss",
        "metric",
        "optimizer",
        "schedule",
        "operation",
        "detector",
        "placement",
        "recipe",
    ),
)
def test_every_declaration_has_a_torch_half(declared, kind):
    from autodesign.stdlib.library import standard

    for name, (module, declaration) in declared.items():
        if declaration.kind.id == kind:
            assert callable(getattr(standard().half(module, "_torch"), name)), name


def test_every_layer_has_a_rule(declared):
    from autodesign.stdlib.library import standard

    assert isinstance(declared["Conv2d"][1], ast.ExternDeclaration)
    for name, (module, declaration) in declared.items():
        if declaration.kind.id == "layer":
            assert name in standard().half(module).RULES
