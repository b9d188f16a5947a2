"""What a mistake of the text leaves in doubt.

A statement with a mistake in it is known in part only, and so is all that refers to it. What later
passes find wrong there may be nothing but a consequence, so it is not told before the mistake is
mended.
"""

import re
from collections.abc import Iterable, Iterator

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.depth import parts

_PAIR = re.compile(r"\b\w{1,255}\s{1,255}([^\W\d]\w{0,255}'*)")
"""A word and a name: what a statement may begin with, be it known or not. No part is without bound:
on a word of a megabyte the search would take hours."""


def independent(
    file: ast.File, mistakes: Iterable[Diagnostic], found: Iterable[Diagnostic]
) -> tuple[Diagnostic, ...]:
    """Those of `found` that cannot come from the `mistakes` made in the text of the file."""
    spots = [m.span.start for m in mistakes if m.span and m.span.source is file.source]
    if not spots:
        return tuple(found)
    doubtful = _doubtful(file, spots)
    return tuple(
        one
        for one in found
        if one.span is None
        or one.span.source is not file.source
        or not any(s.span.start <= one.span.start < s.span.end for s in doubtful)
    )


def _doubtful(file: ast.File, spots: list[int]) -> list[ast.Use | ast.AnyDeclaration]:
    """The statements in which a mistake lies, and all that refer to them or to what was lost."""
    statements: list[ast.Use | ast.AnyDeclaration] = [*file.uses, *file.declarations]
    statements.sort(key=lambda statement: statement.span.start)
    doubtful = [s for s in statements if any(s.span.start <= at < s.span.end for at in spots)]
    names = set(_lost(file, statements)) | {name for s in doubtful for name in _declared(s)}
    rest = [s for s in statements if s not in doubtful]
    used = [(s, set(_used(s))) for s in rest]
    while reached := [(s, words) for s, words in used if words & names]:
        used = [(s, words) for s, words in used if not words & names]
        doubtful += [s for s, _ in reached]
        names |= {name for s, _ in reached for name in _declared(s)}
    return doubtful


def _lost(file: ast.File, statements: list[ast.Use | ast.AnyDeclaration]) -> Iterator[str]:
    """Names that may have been declared in text between the statements that were read."""
    text, end = file.source.text, 0
    for start, after in [*((s.span.start, s.span.end) for s in statements), (len(text), 0)]:
        gap = re.sub(r"#[^\n]*", "", text[end:start])
        yield from _PAIR.findall(gap)
        end = after


def _declared(statement: ast.Use | ast.AnyDeclaration) -> Iterator[str]:
    if isinstance(statement, ast.Use):
        yield from (name.alias.id for name in statement.names)
    else:
        yield statement.name.id


def _used(tree: ast.Tree) -> Iterator[str]:
    level = [tree]
    while level:
        yield from (one.id for one in level if isinstance(one, ast.Name))
        level = [part for one in level for part in parts(one)]
