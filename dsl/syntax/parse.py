"""Text to tree, with every mistake of the text reported at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Problems, SpecError
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast, depth
from autodesign.dsl.syntax.build import Builder
from autodesign.dsl.syntax.build_expr import LATE_ARGUMENT
from autodesign.dsl.syntax.limits import CHARACTERS, MISTAKES, TOKENS
from autodesign.dsl.syntax.machine import Machine
from autodesign.dsl.syntax.scan import NAME, Token, scan
from autodesign.dsl.syntax.tables import tables


def parse(source: Source, *, versioned: bool = True) -> tuple[ast.File, tuple[Diagnostic, ...]]:
    """The tree of a text and all mistakes found in it.

    What could not be read is missing from the tree; the rest of the file is in it. A text that is
    not `versioned` need not begin with `ad 1` (a single `metric` given from Python).
    """
    problems = Problems()
    with _no_collection():
        file = _parse(source, versioned, problems)
    found = sorted(problems.found, key=lambda d: d.span.start if d.span else 0)
    if len(found) > MISTAKES:
        del found[MISTAKES:]
        note = f"there are more mistakes; these are the first {MISTAKES}"
        found[-1] = replace(found[-1], notes=(*found[-1].notes, note))
    return file, tuple(found)


def parse_library(source: Source) -> ast.File:
    """The tree of a text that is known to be right: a module of the library.

    Raises SpecError where it is not.
    """
    return _library(source.name, source.text)


@lru_cache(maxsize=256)
def _library(name: str, text: str) -> ast.File:
    """Whoever checks many specs in one process reads the library once."""
    file, found = parse(Source(name, text))
    if found:
        raise SpecError(found)
    return file


def _parse(source: Source, versioned: bool, problems: Problems) -> ast.File:
    nothing = ast.File(source, None, (), ())
    if len(source.text) > CHARACTERS:
        _too_long(f"{CHARACTERS:,} characters", source, problems)
        return nothing
    found = scan(source.text)
    tokens = found.tokens
    if len(tokens) + len(found.comments) > TOKENS:
        _too_long(f"{TOKENS:,} words, signs and comments", source, problems)
        return nothing
    if found.suspects or (versioned and not _begins_well(tokens)):
        from autodesign.dsl.syntax import lexical

        lexical.mend(found, source, problems, versioned=versioned)
    if depth.too_nested(tokens, source, problems):
        return nothing
    machine = Machine(tables(), source, Builder(source, found.docs, problems))
    at = machine.run(tokens, 0)
    if at < len(tokens):
        _recover(machine, tokens, problems, at)
    return depth.shallow(machine.values[-1], problems)


def _recover(machine: Machine, tokens: list[Token], problems: Problems, at: int) -> None:
    """Reads on past the mistake at a position. Mends may bring arguments into an odd order."""
    from autodesign.dsl.syntax import recovery
    from autodesign.dsl.syntax.doubt import independent

    mistakes = Problems()
    recovery.read(machine, tokens, mistakes, at)
    order = [one for one in problems.found if one.code == LATE_ARGUMENT]
    told = independent(machine.values[-1], mistakes.found, order)
    problems.found = [one for one in problems.found if one not in order or one in told]
    problems.found += mistakes.found


def _too_long(most: str, source: Source, problems: Problems) -> None:
    message = f"this text is too long: at most {most} are read"
    help = 'split it into several files: `use "other.ad" (...)`'
    problems.error("AD122", message, Span(source, 0, 0), help=help)


def _begins_well(tokens: list[Token]) -> bool:
    return tokens[0].text == "ad" and tokens[0].symbol == NAME and tokens[1].text == "1"


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
