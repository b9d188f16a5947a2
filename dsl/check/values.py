"""Arguments as values: constants, arithmetic on params, and calls of declared things.

Nothing here runs code: a value is built from literals, params and a few operators, and is refused
when it would be too large.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from autodesign.dsl.check.program import Program
from autodesign.dsl.resolve.scope import Entry, Scope, unknown
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Value
from autodesign.dsl.syntax import ast

LARGEST = 10**15
"""No number in a spec needs to be larger; `9^9^9` is refused before it is computed."""


class Refused(Exception):
    """Raised once a problem has been reported, to leave the expression it is in."""


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A chain of layers handed to a block as an argument, with the names it was written among."""

    body: ast.Expr
    env: "Env"


@dataclass(frozen=True, slots=True, eq=False)
class Env:
    """Where an expression stands: the scope of its file, and the parameters around it.

    `trail` holds the blocks and networks being expanded, outermost first, with the place of use.
    `written` says of parameters that are handed on as they are where they were written.
    """

    scope: Scope
    locals: Mapping[str, "Value | Chain"] = field(default_factory=dict)
    trail: tuple[tuple[Entry, Span], ...] = ()
    written: Mapping[str, "Written"] = field(default_factory=dict)


Written = tuple[ast.Expr, Env]
"""An argument as it is written, and the names around it"""


def evaluate(program: Program, env: Env, expr: ast.Expr) -> Value:
    """The value of an expression. Reports and raises Refused where it has none."""
    rule = _RULES.get(type(expr))
    if rule is None:
        raise _not_constant(program, expr)
    return rule(program, env, expr)


def _not_constant(program: Program, expr: ast.Expr) -> Refused:
    program.problems.error(
        "AD227",
        "this is not a value that is known before the run",
        expr.span,
        "a number, text, list or param is needed here",
        help="declare a `param` and use its name",
    )
    return Refused()


def _literal(
    program: Program, env: Env, expr: ast.Number | ast.String | ast.Bool
) -> int | float | str | bool:
    if isinstance(expr, ast.Number):
        return _bounded(program, expr, expr.value)
    return expr.value


def _bounded(program: Program, expr: ast.Expr, value: int | float) -> int | float:
    if not abs(value) <= LARGEST:
        program.problems.error(
            "AD226",
            "this number is too large to mean anything here",
            expr.span,
            f"the limit is {LARGEST:.0e}",
            help="write a smaller number",
        )
        raise Refused()
    return value


def _none(program: Program, env: Env, expr: ast.NoneValue) -> None:
    return None


def _list(program: Program, env: Env, expr: ast.ListOf | ast.SetOf) -> tuple[Value, ...]:
    from autodesign.dsl.check.extent import bounded

    found = tuple(evaluate(program, env, item) for item in expr.items)
    bounded(program, found, expr.span)
    return found


def _name(program: Program, env: Env, expr: ast.Name) -> Value:
    if expr.id in env.locals:
        value = env.locals[expr.id]
        if isinstance(value, Chain):
            raise _not_constant(program, expr)
        return value
    entry = env.scope.find(expr.id)
    if entry is None:
        unknown(program.problems, expr, env.scope, ("param", "data"), "a param or value")
        raise Refused()
    if isinstance(entry.declaration, ast.ParamDeclaration):
        return program.param(entry)
    if isinstance(entry.declaration, ast.DataDeclaration):
        return program.data_call(entry)
    if isinstance(entry.declaration, ast.TrainDeclaration):
        from autodesign.dsl.check.pipeline.made import job_value

        return job_value(program, entry, expr)
    if isinstance(entry.declaration, ast.ExternDeclaration):
        return _call(program, env, ast.Call(expr.span, expr, (), ()))
    raise _not_constant(program, expr)


def _call(program: Program, env: Env, expr: ast.Call) -> Call:
    from autodesign.dsl.check.arguments import bind

    if not isinstance(expr.function, ast.Name):
        raise _not_constant(program, expr)
    entry = env.scope.find(expr.function.id)
    if entry is None:
        unknown(program.problems, expr.function, env.scope, (), "anything")
        raise Refused()
    if not isinstance(entry.declaration, ast.ExternDeclaration) or entry.kind == "layer":
        raise _not_constant(program, expr)
    return bind(program, env, entry, expr)


def _unary(program: Program, env: Env, expr: ast.Unary) -> Value:
    value = evaluate(program, env, expr.operand)
    if expr.op == "not" and isinstance(value, bool):
        return not value
    if expr.op == "-" and _is_number(value):
        return -value  # type: ignore[operator]
    raise _operand(program, expr.operand, expr.op)


def _operand(program: Program, expr: ast.Expr, op: str) -> Refused:
    wanted = "true or false" if op in ("and", "or", "not") else "a number"
    program.problems.error("AD224", f"`{op}` needs {wanted}", expr.span, "this is something else")
    return Refused()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _power(left: float, right: float) -> float:
    if right * max(abs(left), 2) > 4096 or (left < 0 and right != int(right)):
        raise OverflowError
    return float(left**right) if isinstance(left, float) or right < 0 else int(left**right)


def _divide(left: float, right: float) -> float:
    quotient = left / right
    whole = isinstance(left, int) and isinstance(right, int) and quotient == int(quotient)
    return int(quotient) if whole else quotient


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "^": _power,
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _binary(program: Program, env: Env, expr: ast.Binary) -> Value:
    left = evaluate(program, env, expr.left)
    right = evaluate(program, env, expr.right)
    if expr.op in ("==", "!="):
        return (left == right) == (expr.op == "==")
    if expr.op in ("and", "or"):
        for value, side in ((left, expr.left), (right, expr.right)):
            if not isinstance(value, bool):
                raise _operand(program, side, expr.op)
        return bool(left and right) if expr.op == "and" else bool(left or right)
    if expr.op not in _ARITHMETIC and expr.op not in _COMPARISONS:
        raise _not_constant(program, expr)
    for value, side in ((left, expr.left), (right, expr.right)):
        if not _is_number(value):
            raise _operand(program, side, expr.op)
    if expr.op in _COMPARISONS:
        return _COMPARISONS[expr.op](left, right)  # type: ignore[arg-type]
    return reckon(program, expr, left, right)  # type: ignore[arg-type]


def reckon(program: Program, expr: ast.Binary, left: float, right: float) -> float:
    """Two numbers combined. Reports and raises Refused where there is no such number."""
    try:
        result = _ARITHMETIC[expr.op](left, right)
    except ZeroDivisionError:
        program.problems.error(
            "AD226", "this divides by zero", expr.span, "the divisor is 0", help="check the divisor"
        )
        raise Refused() from None
    except OverflowError:
        result = float("inf")
    return _bounded(program, expr, result)


def _if_else(program: Program, env: Env, expr: ast.IfElse) -> Value:
    condition = evaluate(program, env, expr.condition)
    if not isinstance(condition, bool):
        raise _operand(program, expr.condition, "and")
    return evaluate(program, env, expr.then if condition else expr.otherwise)


_RULES: dict[type, Callable[..., Value]] = {
    ast.Number: _literal,
    ast.String: _literal,
    ast.Bool: _literal,
    ast.NoneValue: _none,
    ast.ListOf: _list,
    ast.SetOf: _list,
    ast.Name: _name,
    ast.Call: _call,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.IfElse: _if_else,
}
