"""The values that a sweep gives to its params."""

from collections.abc import Iterator
from decimal import Decimal
from math import prod

from autodesign.dsl import spec
from autodesign.dsl.check.params import conform_param
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import Entry, unknown, wrong_kind
from autodesign.dsl.said import said
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

MOST_POINTS = 1000
"""Points of a sweep with all its axes: each is checked before the first one runs."""

Written = tuple[spec.Value, Span]


@record
class Line:
    """A param with its values and the place of each."""

    param: Entry
    name: ast.Name
    values: tuple[Written, ...]


def read_lines(program: Program, env: Env, declaration: ast.SweepDeclaration) -> tuple[Line, ...]:
    """The params of a sweep and their values. Reports and raises Refused."""
    lines: list[Line] = []
    refused = False
    for name, written in declaration.over:
        try:
            lines.append(_line(program, env, name, written))
        except Refused:
            refused = True
    refused |= _say_twice(program, lines)
    if refused:
        raise Refused()
    _bound(program, declaration, prod(len(line.values) for line in lines))
    return tuple(lines)


def _line(program: Program, env: Env, name: ast.Name, written: ast.Expr | ast.Spaced) -> Line:
    entry = env.scope.find(name.id)
    if entry is None:
        unknown(program.problems, name, env.scope, ("param",), "a param")
        raise Refused()
    declaration = entry.declaration
    if not isinstance(declaration, ast.ParamDeclaration):
        wrong_kind(program.problems, name, entry, "a param")
        raise Refused()
    default = program.param(entry)
    values: list[Written] = []
    for value, at in _written(program, env, name, written):
        values.append((conform_param(program, declaration, default, value, at), at))
    _say_equal(program, name, values)
    return Line(entry, name, tuple(values))


def _written(
    program: Program, env: Env, name: ast.Name, written: ast.Expr | ast.Spaced
) -> Iterator[Written]:
    match written:
        case ast.ListOf(items=items) | ast.SetOf(items=items) if items:
            for item in items:
                yield evaluate(program, env, item), item.span
        case ast.Spaced() | ast.Range():
            yield from _spaced(program, env, name, written)
        case _:
            message = f"`{name.id}` is given no values to go through"
            raise _refuse(program, message, written.span, f"write `{name.id} in [1, 2, 3]`")


def _spaced(
    program: Program, env: Env, name: ast.Name, written: ast.Spaced | ast.Range
) -> Iterator[Written]:
    """From `low` up to `high`, in decimal numbers: 0..0.3 step 0.1 ends in 0.3."""
    assert written.low is not None and written.high is not None
    low, high = (_number(program, env, end) for end in (written.low, written.high))
    step: int | float = 1
    if isinstance(written, ast.Spaced):
        step = _number(program, env, written.step)
    elif isinstance(low, float) or isinstance(high, float) or _is_real(program, env, name):
        message = f"how far apart the values of `{name.id}` are is not said"
        mend = f"write for example `{name.id} in {low}..{high} step {(high - low) / 5 or 0.1:.2g}`"
        raise _refuse(program, message, written.span, mend)
    if step <= 0:
        raise _refuse(program, "a step of a range is above 0", written.span, "write `step 0.1`")
    if high < low:
        message = f"`{name.id}` cannot go from {low} up to {high}"
        raise _refuse(program, message, written.span, f"write {high}..{low}")
    exact = [Decimal(repr(number)) for number in (low, high, step)]
    count = int((exact[1] - exact[0]) / exact[2]) + 1
    if count > MOST_POINTS:
        raise _too_many(program, written.span, count)
    whole = all(isinstance(number, int) for number in (low, step))
    for index in range(count):
        value = exact[0] + index * exact[2]
        yield (int(value) if whole else float(value)), written.span


def _number(program: Program, env: Env, expr: ast.Expr) -> int | float:
    value = evaluate(program, env, expr)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refuse(program, "a range goes from a number to a number", expr.span, "write one")
    return value


def _is_real(program: Program, env: Env, name: ast.Name) -> bool:
    """Whether a param takes numbers that are not whole."""
    entry = env.scope.find(name.id)
    assert entry is not None and isinstance(entry.declaration, ast.ParamDeclaration)
    type_ = entry.declaration.type
    if type_ is None or not type_.names:
        return isinstance(program.param(entry), float)
    return all(one.name == "real" for one in type_.names)


def _refuse(program: Program, message: str, at: Span, mend: str) -> Refused:
    program.problems.error("AD780", message, at, "these are to be its values", help=mend)
    return Refused()


def _say_equal(program: Program, name: ast.Name, values: list[Written]) -> None:
    first: dict[str, Span] = {}
    for value, at in values:
        before = first.setdefault(repr(value), at)
        if before is not at:
            program.problems.error(
                "AD781",
                f"`{name.id}` is to be {said(value)} twice",
                at,
                "again here",
                related=[Label(before, "first here")],
                help="leave one of the two out: both would be the same run",
            )
            raise Refused()


def _say_twice(program: Program, lines: list[Line]) -> bool:
    first: dict[Entry, ast.Name] = {}
    for line in lines:
        before = first.setdefault(line.param, line.name)
        if before is not line.name:
            program.problems.error(
                "AD781",
                f"the sweep goes over `{line.name.id}` twice",
                line.name.span,
                "again here",
                related=[Label(before.span, "first here")],
                help="write all its values into one list",
            )
    return len(first) < len(lines)


def _bound(program: Program, declaration: ast.SweepDeclaration, count: int) -> None:
    if count > MOST_POINTS:
        raise _too_many(program, declaration.name.span, count)


def _too_many(program: Program, at: Span, count: int) -> Refused:
    program.problems.error(
        "AD783",
        f"this sweep has {count:,} points, and may have {MOST_POINTS:,}",
        at,
        "too many",
        help="leave values out, or make several sweeps of it",
    )
    return Refused()
