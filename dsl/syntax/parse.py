"""Text to tree, with every mistake of the text reported at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Problems
from autodesign.dsl.source import Source
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.build import Builder
from autodesign.dsl.syntax.machine import Machine
from autodesign.dsl.syntax.scan import scan
from autodesign.dsl.syntax.tables import tables


def parse(source: Source) -> tuple[ast.File, tuple[Diagnostic, ...]]:
    """The tree of a text and all mistakes found in it.

    What could not be read is missing from the tree; the rest of the file is in it.
    """
    problems = Problems()
    with _no_collection():
        found = scan(source.text)
        machine = Machine(tables(), source, Builder(source, found.docs, problems))
        at = machine.run(found.tokens, 0)
    if at < len(found.tokens):
        from autodesign.dsl.source import Span

        t = found.tokens[at]
        problems.error("AD100", f"unexpected {t.text!r}", Span(source, t.start, t.end))
        return ast.File(source, 1, (), ()), tuple(problems.found)
    return machine.values[-1], tuple(problems.found)


@contextmanager
def _no_collection() -> Iterator[None]:
    """A tree has no cycles, and many objects: looking for cycles would take a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
