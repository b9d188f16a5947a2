"""Calls of declared things, as the checker would make them: defaults read from the .ad files."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from autodesign.dsl.source import Source, Span
from autodesign.dsl.spec import Call, Value
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.parse import parse
from autodesign.stdlib.library import standard

torch.set_num_threads(1)
sys.path.insert(0, str(Path(__file__).parent))
NOWHERE = Span(Source("<test>", ""), 0, 0)
Declared = Mapping[str, tuple[str, ast.ExternDeclaration]]
MakeCall = Callable[..., Call]
INPUTS = {
    *("scores", "label", "flag", "tensor", "image", "vector", "signal", "point", "box", "boxes"),
    *("detections", "number", "player", "detector"),
}
"""Types of parameters that take values of a batch, as the library's README lists them."""


@pytest.fixture(scope="session")
def declared() -> Declared:
    """Every extern of the standard library by name, with its module."""
    library = standard()
    found: dict[str, tuple[str, ast.ExternDeclaration]] = {}
    for module in library.modules():
        file, problems = parse(library.source(module))
        assert problems == ()
        for declaration in file.declarations:
            if isinstance(declaration, ast.MetricDeclaration):
                continue
            assert isinstance(declaration, ast.ExternDeclaration)
            assert declaration.name.id not in found
            found[declaration.name.id] = (module, declaration)
    return found


@pytest.fixture(scope="session")
def call(declared: Declared) -> MakeCall:
    """`call("Conv2d", out_channels=8, kernel_size=3)`: the call with its defaults filled in."""

    def make(name: str, **given: Value) -> Call:
        module, declaration = declared[name]
        tensors = {p.name.id for p in declaration.params if is_tensor(p)}
        args = {p.name.id: default(p) for p in declaration.params if p.name.id not in tensors}
        assert set(given) <= set(args), f"{name} declares no {set(given) - set(args)}"
        args.update(given)
        assert ... not in args.values(), f"{name} needs more than {given}"
        return Call(declaration.kind.id, name, module, args, NOWHERE)

    return make


@pytest.fixture(scope="session")
def defaults() -> Callable[[ast.ExternDeclaration], dict[str, Any]]:
    return lambda declaration: {p.name.id: default(p) for p in declaration.params}


def is_tensor(param: ast.Param) -> bool:
    return param.type is not None and any(t.name in INPUTS for t in param.type.names)


def default(param: ast.Param) -> Any:
    """The value of a parameter's default; `...` where it has none."""
    if param.many:
        return ()
    return ... if param.default is None else literal(param.default)


def literal(expr: ast.Expr) -> Any:
    match expr:
        case ast.Number(_, value) | ast.String(_, value) | ast.Bool(_, value):
            return value
        case ast.NoneValue():
            return None
        case ast.ListOf(_, items):
            return tuple(map(literal, items))
        case ast.Unary(_, "-", operand):
            return -literal(operand)
    return expr
