"""Pipelines made from others by their arguments: `pipeline Small(w) = Pair(photos, w, size=32)`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from autodesign.dsl.check.arguments import argument, bind_written, match
from autodesign.dsl.check.jobs import named
from autodesign.dsl.check.program import DEEPEST, Program
from autodesign.dsl.check.reach import name_nodes
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast


@record
class Played:
    """A call of a pipeline that is written out, and where its arguments stand.

    `through` holds the short pipelines between it and a job, outermost first, with their use.
    """

    entry: Entry
    env: Env
    call: ast.Call
    through: tuple[tuple[Entry, Span], ...] = ()


def call_of(expr: ast.Expr) -> ast.Call:
    """`P` is `P()`."""
    return expr if isinstance(expr, ast.Call) else ast.Call(expr.span, expr, (), ())


def opened(program: Program, env: Env, entry: Entry, call: ast.Call) -> Played:
    """What a call of a pipeline comes down to. Reports and raises Refused."""
    through: list[tuple[Entry, Span]] = []
    while isinstance(declaration := entry.declaration, ast.ShortPipeline):
        made_from = check_short(program, entry)
        before = len(program.problems.found)
        try:
            bound, written = bind_written(program, env, entry, declaration.params, call)
        finally:
            say_where(program, before, through)
        through.append((entry, call.span))
        env = Env(entry.scope, bound, written=written)
        entry, call = made_from, call_of(declaration.body)
    return Played(entry, env, call, tuple(through))


def say_where(program: Program, before: int, through: Sequence[tuple[Entry, Span]]) -> None:
    """Adds to what was found since the short pipelines that an argument came through."""
    problems = program.problems.found
    for index in range(before, len(problems)):
        found = problems[index]
        labels = list(_labels(through, found.span))
        problems[index] = replace(found, related=(*found.related, *labels))


def _labels(through: Sequence[tuple[Entry, Span]], at: Span | None) -> Iterator[Label]:
    """Innermost first: those that handed it on, then the one it is written in and their users."""
    inside = False
    for entry, used in reversed(through):
        name, whole = entry.declaration.name, entry.declaration.span
        inside = inside or (
            at is not None and at.source is whole.source and whole.start <= at.start < whole.end
        )
        if inside:
            yield Label(used, f"in `{name.id}`, used here")
        else:
            yield Label(name.span, "handed on by this pipeline")


def check_short(program: Program, entry: Entry) -> Entry:
    """The pipeline that a short one is made from, checked once. Reports and raises Refused.

    What its arguments are is checked as far as they do not depend on its own parameters.
    """
    if entry not in program.structures:
        try:
            program.structures[entry] = _check(program, entry)
        except Refused:
            program.structures[entry] = None
    found = cast(Entry | None, program.structures[entry])
    if found is None:
        raise Refused()
    return found


def _check(program: Program, entry: Entry) -> Entry:
    declaration = entry.declaration
    assert isinstance(declaration, ast.ShortPipeline)
    made_from = _end(program, entry)
    params = made_from.declaration.params  # type: ignore[union-attr]
    given = match(program, made_from, params, call_of(declaration.body), {})
    own = {param.name.id for param in declaration.params}
    refused = False
    for param in params:
        for expr in given.get(param.name.id, ()):
            if own.isdisjoint(name.id for name in name_nodes(expr)):
                try:
                    argument(program, made_from, param, expr, Env(entry.scope))
                except Refused:
                    refused = True
    if refused:
        raise Refused()
    return made_from


def _end(program: Program, start: Entry) -> Entry:
    """What a short pipeline is made from, once it is known that this comes to an end."""
    path = [start]
    while isinstance(path[-1].declaration, ast.ShortPipeline):
        entry = _named(program, path[-1])
        if entry in path:
            raise _circle(program, path[path.index(entry) :])
        path.append(entry)
        if len(path) > DEEPEST + 1:
            raise _too_many(program, start)
    return path[1]


def _named(program: Program, entry: Entry) -> Entry:
    declaration = entry.declaration
    assert isinstance(declaration, ast.ShortPipeline)
    name = call_of(declaration.body).function
    found = named(program, Env(entry.scope), name, ("pipeline",), "a pipeline")
    if found is None:
        raise Refused()
    return found


def _too_many(program: Program, start: Entry) -> Refused:
    program.problems.error(
        "AD210",
        f"more than {DEEPEST} pipelines are made one from the other",
        start.declaration.name.span,
        "the last of them",
        help="make it from one of the first, with more arguments",
    )
    return Refused()


def _circle(program: Program, circle: Sequence[Entry]) -> Refused:
    ordered = sorted(circle, key=lambda entry: entry.declaration.span.start)
    first, *others = [entry.declaration.name for entry in ordered]
    program.problems.error(
        "AD228",
        f"the pipeline `{first.id}` is made from itself",
        first.span,
        "declared here",
        related=[Label(name.span, "needed on the way round") for name in others],
        help="make it from a pipeline that is written out, with players and goals",
    )
    return Refused()
