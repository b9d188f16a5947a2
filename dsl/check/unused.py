"""What is declared and never used, and the names in blocks that nothing expands."""

from collections.abc import Iterator

from autodesign.dsl.check.chain import KINDS
from autodesign.dsl.check.program import Program
from autodesign.dsl.resolve.scope import Entry, Scope, unknown
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast


def check_blocks(program: Program, scope: Scope) -> None:
    """Looks up the names in blocks that were not expanded, so that a slip there is not missed."""
    for name, entry in scope.own.items():
        declaration = entry.declaration
        if isinstance(declaration, ast.BlockDeclaration) and name not in scope.used:
            params = {param.name.id for param in declaration.params}
            for layer in _layers(declaration.body):
                if layer.id in params or layer.id == "repeat":
                    continue
                if scope.find(layer.id) is None:
                    unknown(program.problems, layer, scope, KINDS, "a layer")
            scope.used.discard(name)


def _layers(expr: ast.Expr) -> Iterator[ast.Name]:
    """The names that stand as layers in a chain."""
    if isinstance(expr, ast.Binary) and expr.op == "|":
        yield from _layers(expr.left)
        yield from _layers(expr.right)
    elif isinstance(expr, ast.Name):
        yield expr
    elif isinstance(expr, ast.Call) and isinstance(expr.function, ast.Name):
        yield expr.function
        if expr.function.id == "repeat":
            for arg in expr.args[1:]:
                yield from _layers(arg)


def warn_unused(program: Program, file: ast.File, scope: Scope) -> None:
    """Warns of names taken and not used; in a file with jobs, of declarations not used either."""
    if program.problems.refused:
        return
    for name, (entry, span) in scope.taken.items():
        if name not in scope.used:
            _warn(program, name, entry.kind, span)
    runs = any(
        isinstance(d, ast.TrainDeclaration | ast.SearchDeclaration) for d in file.declarations
    )
    for name, entry in scope.own.items():
        if runs and name not in scope.used and not _is_end(entry):
            _warn(program, name, entry.kind, entry.declaration.name.span)


def _is_end(entry: Entry) -> bool:
    """Jobs and networks are there for their own sake: they are asked for by name."""
    return entry.kind in ("train", "search", "sweep", "network", "metric", "pipeline", "growth")


def _warn(program: Program, name: str, kind: str, span: Span) -> None:
    program.problems.warn(
        "AD209",
        f"the {kind} `{name}` is never used",
        span,
        "not used in this file",
        help=f"use it, or take `{name}` out",
    )
