"""What a declaration depends on, as far as its text tells."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from autodesign.dsl.resolve.scope import Entry, Scope
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast


def reach(scope: Scope, tree: object) -> set[Entry]:
    """The user's declarations that a part of a file names, and those that they name in turn.

    A name that means something else where it stands (an input called as a param is) counts too: it
    is never too little.
    """
    found: set[Entry] = set()
    waiting = list(_named(scope, tree))
    while waiting:
        entry = waiting.pop()
        if entry not in found and entry.module is None:
            found.add(entry)
            waiting += _named(entry.scope, entry.declaration)
    return found


def _named(scope: Scope, tree: object) -> Iterator[Entry]:
    """The declarations of the names in a tree; looking here does not make them used."""
    for name in names_in(tree):
        entry = scope.own.get(name) or scope.taken.get(name, (None,))[0]
        if entry is not None:
            yield entry


def names_in(tree: object) -> Iterator[str]:
    """All names in a tree, those of keywords aside."""
    return (name.id for name in name_nodes(tree))


def name_nodes(tree: object) -> Iterator[ast.Name]:
    """The same with the places where they are written."""
    stack = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Name):
            yield part
        elif isinstance(part, ast.Keyword):
            stack.append(part.value)
        elif isinstance(part, tuple):
            stack += part
        elif is_dataclass(part) and not isinstance(part, Span):
            stack += [getattr(part, field.name) for field in fields(part)]
