"""Limits on how deep a text may nest, so that whatever walks a tree may recurse.

A tree that is handed out has at most LEVELS levels in any expression: a chain `a | b | c` of that
many layers, a sum of that many terms, that many parentheses within each other.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from autodesign.dsl.diagnostics.diagnostic import Problems
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.limits import LEVELS
from autodesign.dsl.syntax.scan import Token

_OPENS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def too_nested(tokens: list[Token], source: Source, problems: Problems) -> bool:
    """Reports brackets within brackets beyond the limit; then nothing of the text is read."""
    level = 0
    for symbol, _, start, end in tokens:
        if symbol in _OPENS:
            level += _OPENS[symbol]
            if level > LEVELS:
                _report(Span(source, start, end), problems)
                return True
    return False


def shallow(file: ast.File, problems: Problems) -> ast.File:
    """The file without the statements that nest too deep; each of those is reported."""
    kept = tuple(d for d in file.declarations if not _too_deep(d, problems))
    return file if len(kept) == len(file.declarations) else replace(file, declarations=kept)


def _too_deep(statement: ast.Tree, problems: Problems) -> bool:
    """Walks a statement level by level, without recursion."""
    level: list[ast.Tree] = [statement]
    for deeper in reversed(range(LEVELS + 1)):
        # a level takes a character at least, so what is short has not enough of them
        level = [part for tree in level for part in parts(tree) if _length(part) > deeper]
        if not level:
            return False
    _report(level[0].span, problems)
    return True


def _length(tree: ast.Tree) -> int:
    return tree.span.end - tree.span.start


def parts(tree: ast.Tree) -> Iterator[ast.Tree]:
    """The trees that a tree is made of."""
    return _trees(tuple(getattr(tree, name) for name in type(tree).__match_args__))


def _trees(values: tuple[Any, ...]) -> Iterator[ast.Tree]:
    for value in values:
        if isinstance(value, ast.Tree):
            yield value
        elif isinstance(value, tuple):
            yield from _trees(value)


def _report(span: Span, problems: Problems) -> None:
    problems.error(
        "AD119",
        f"this nests more than {LEVELS} levels deep",
        span,
        help="give a part of it a name of its own: a `block`, a `let`, a `param`",
    )
