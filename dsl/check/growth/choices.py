"""What the parameters of an action may be: `size in {3, 7}`, `filters in 8..12`."""

from collections.abc import Sequence
from typing import TypeGuard

from autodesign.dsl.check.program import Program
from autodesign.dsl.check.types import conform
from autodesign.dsl.check.values import Env, Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.resolve.scope import Scope, twice
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Value
from autodesign.dsl.syntax import ast

MOST_MOVES = 1_000
"""Moves of a growth: a search tries a share of them on every parent."""


def read_choices(
    program: Program, scope: Scope, params: Sequence[ast.Param], room: int
) -> dict[str, tuple[Value, ...]]:
    """The values that each parameter may take. Reports and raises Refused."""
    found: dict[str, tuple[Value, ...]] = {}
    first: dict[str, Span] = {}
    for param in params:
        if first.setdefault(param.name.id, param.name.span) is not param.name.span:
            twice(program.problems, param.name, first[param.name.id])
            raise Refused()
        found[param.name.id] = _values(program, scope, param, room)
    return found


def too_many_moves(program: Program, at: Span) -> Refused:
    program.problems.error(
        "AD608",
        f"a growth has at most {MOST_MOVES:,} moves",
        at,
        "this makes more",
        help="let the parameters choose among fewer values: a search trains a share of all moves",
    )
    return Refused()


def _values(program: Program, scope: Scope, param: ast.Param, room: int) -> tuple[Value, ...]:
    """The values that a parameter of an action may take."""
    domain = param.type.domain if param.type else None
    what = f"`{param.name.id}`"
    if isinstance(domain, ast.SetOf | ast.ListOf) and domain.items:
        if len(domain.items) > room:
            raise too_many_moves(program, param.span)
        values: list[Value] = [evaluate(program, Env(scope), item) for item in domain.items]
        spans = [item.span for item in domain.items]
    elif isinstance(domain, ast.Range) and domain.low is not None and domain.high is not None:
        low, high = (evaluate(program, Env(scope), end) for end in (domain.low, domain.high))
        if not _whole(low) or not _whole(high) or low > high:
            raise _no_choice(program, param)
        if high - low >= room:
            raise too_many_moves(program, param.span)
        values, spans = list(range(low, high + 1)), []
    else:
        raise _no_choice(program, param)
    if param.type is not None and param.type.names:
        plain = ast.TypeExpr(param.type.span, param.type.names)
        places = spans or [param.type.span] * len(values)
        values = [
            conform(program, plain, value, at, what)
            for value, at in zip(values, places, strict=True)
        ]
    _refuse_repeated(program, values[: len(spans)], spans)
    return tuple(values)


def _whole(value: Value) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _no_choice(program: Program, param: ast.Param) -> Refused:
    name = param.name.id
    program.problems.error(
        "AD606",
        f"the action does not say what `{name}` may be",
        param.span,
        "a search chooses among finitely many values",
        help=f"write for example `{name} in {{3, 7}}` or `{name} in 1..4`",
    )
    return Refused()


def _refuse_repeated(program: Program, values: Sequence[Value], spans: Sequence[Span]) -> None:
    first: dict[str, Span] = {}
    for value, span in zip(values, spans, strict=True):
        if first.setdefault(repr(value), span) is not span:
            program.problems.error(
                "AD607",
                f"{span.text} is among the choices twice",
                span,
                "again here",
                related=[Label(first[repr(value)], "first here")],
                help="leave one of the two out",
            )
            raise Refused()
