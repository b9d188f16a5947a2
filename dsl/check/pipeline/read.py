"""Expressions of a pipeline as values of its step."""

from typing import NoReturn

from autodesign.dsl.check.measures import number
from autodesign.dsl.check.pipeline.kinds import FLOATS, described, together
from autodesign.dsl.check.pipeline.players import playing
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.check.values import Refused, evaluate, reckon
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.pipeline import NUMBER, Combined, Fixed, Index
from autodesign.dsl.resolve.scope import GUESSES
from autodesign.dsl.spec import Call
from autodesign.dsl.syntax import ast

APPLIED = ("operation", "loss", "metric")
"""Kinds of what is declared and applied to values"""
BUILT_IN = ("history", "gradient")


def read(at: Reading, expr: ast.Expr) -> Index:
    """The value of an expression. Reports and raises Refused."""
    match expr:
        case ast.Number():
            return fixed(at, number(at.program, at.env, expr), expr)
        case ast.Name():
            return _name(at, expr)
        case ast.Unary(op="-", operand=operand):
            return _minus(at, expr, operand)
        case ast.Binary(op=op) if op in "+-*/^":
            return _combined(at, expr)
        case ast.IfElse(then=then, condition=condition, otherwise=otherwise):
            return read(at, then if _holds(at, condition) else otherwise)
        case ast.After():
            from autodesign.dsl.check.pipeline.unroll import unroll

            return unroll(at, expr)
        case ast.Call():
            from autodesign.dsl.check.pipeline.calls import call

            return call(at, expr)
    at.refuse(
        "AD511",
        "a value of a step is made of draws, lets, players, operations, losses and numbers",
        expr.span,
        "this is something else",
        help="write for example `10 * l1(G(x), y)`",
    )


def number_of(at: Reading, expr: ast.Expr, what: str) -> Index:
    """An expression that gives one number for the whole batch. Reports and raises Refused."""
    index = read(at, expr)
    type = at.type(index)
    if type == NUMBER:
        return index
    help = f"write `mean({at.value(index).text})`" if type.kind in FLOATS else ""
    at.refuse(
        "AD524",
        f"{what} is one number for the whole batch",
        expr.span,
        f"this is {described(type)}",
        help=help or "apply a loss to it, such as `CrossEntropyLoss(M(x), label)`",
    )


def fixed(at: Reading, value: float, expr: ast.Expr) -> Index:
    return at.add(Fixed(float(value)), NUMBER, expr)


def named(at: Reading, name: ast.Name) -> Index | None:
    """A draw, let or player by its name; None where the pipeline has none of that name."""
    if name.id in at.actors:
        return playing(at, name)
    if name.id in at.made:
        index = at.made[name.id]
        if index is None:
            raise Refused()
        return index
    if at.items.names.get(name.id, "param") != "param":
        raise Refused()  # it was refused where it is declared
    return None


def _name(at: Reading, name: ast.Name) -> Index:
    index = named(at, name)
    if index is not None:
        return index
    given = at.env.locals.get(name.id)
    if isinstance(given, int | float) and not isinstance(given, bool):
        return fixed(at, given, name)
    if given is not None:
        data = isinstance(given, Call) and given.kind == "data"
        at.refuse(
            "AD511",
            f"the parameter `{name.id}` is {'a data set' if data else 'no number'}",
            name.span,
            "a value of the step is needed here",
            help=f"write `draw ... from {name.id}`, and use what is drawn" if data else "",
        )
    entry = at.env.scope.find(name.id)
    if entry is None:
        unknown(at, name, "a draw, let, player or param")
    if entry.kind in APPLIED:
        at.refuse(
            "AD511",
            f"{name.id} stands here without what it is applied to",
            name.span,
            f"this is {'an' if entry.kind == 'operation' else 'a'} {entry.kind}",
            help=f"write `{name.id}(...)`, with what it is applied to",
        )
    if entry.kind == "param":
        return fixed(at, number(at.program, at.env, name), name)
    not_a_value(at, name, entry.kind)


def unknown(
    at: Reading, name: ast.Name, wanted: str, kinds: tuple[str, ...] = ("param",)
) -> NoReturn:
    """Says that a name is not known, with near ones of what could stand there."""
    if name.id in at.env.scope.lost:
        raise Refused()
    called = kinds == APPLIED
    own = [n for n, kind in at.items.names.items() if not called or kind in ("player", "let")]
    few = len(at.program.problems.found) < GUESSES
    choices = [*own, *at.env.scope.names(kinds), *BUILT_IN] if few else []
    library = _elsewhere(at, name) if called and few else ""
    at.refuse(
        "AD510",
        f"I cannot find {wanted} named `{name.id}`",
        name.span,
        "not declared",
        help=library
        or did_you_mean(name.id, choices)
        or f"the pipeline has {', '.join(own[:12]) or 'no names'}",
    )


def _elsewhere(at: Reading, name: ast.Name) -> str:
    """A module to take a metric from, which the prelude leaves out."""
    for module in at.program.library.modules():
        if module.startswith("std.metrics") and name.id in at.program.declared_in(module):
            return f"take it from the library: use {module} ({name.id})"
    return ""


def not_a_value(at: Reading, name: ast.Name, kind: str) -> NoReturn:
    """Says that a name of the file is nothing that a step can compute."""
    mends = {
        "data": f"write `draw ... from {name.id}`, and use what is drawn",
        "layer": f"declare a player of it, `player N = {name.id}(...)`, and apply that",
    }
    mend = mends["layer"] if kind in ("layer", "block", "network", "detector") else mends["data"]
    if kind == "placement":
        mend = f"write `draw at from {name.id}(...)`, and use what is drawn"
    at.refuse(
        "AD511",
        f"`{name.id}` is no value of the step",
        name.span,
        f"this is a {'data set' if kind == 'data' else kind}",
        help=mend if kind in ("data", "placement", "layer", "block", "network", "detector") else "",
    )


def _minus(at: Reading, expr: ast.Unary, operand: ast.Expr) -> Index:
    index = read(at, operand)
    value = at.value(index)
    if isinstance(value.made, Fixed):
        return fixed(at, -value.made.value, expr)
    if together(value.type, NUMBER) is None:
        _refuse_reckoning(at, operand, index)
    return at.add(Combined("minus", index, None), value.type, expr)


def _combined(at: Reading, expr: ast.Binary) -> Index:
    left, right = read(at, expr.left), read(at, expr.right)
    one, other = at.value(left), at.value(right)
    if isinstance(one.made, Fixed) and isinstance(other.made, Fixed):
        return fixed(at, reckon(at.program, expr, one.made.value, other.made.value), expr)
    type = together(one.type, other.type)
    if type is None:
        for side, index in ((expr.left, left), (expr.right, right)):
            if together(at.type(index), NUMBER) is None:
                _refuse_reckoning(at, side, index)
        at.refuse(
            "AD512",
            f"`{expr.op}` goes number by number, and these have other sizes",
            expr.op_span,
            f"{described(one.type)}, and {described(other.type)}",
            help="bring both to one size, or take the mean of one",
        )
    return at.add(Combined(expr.op, left, right), type, expr)


def _refuse_reckoning(at: Reading, expr: ast.Expr, index: Index) -> NoReturn:
    at.refuse(
        "AD523",
        f"this cannot be reckoned with: it is {described(at.type(index))}",
        expr.span,
        "numbers are needed here",
        help="apply an operation or a loss to it, and reckon with what that gives",
    )


def _holds(at: Reading, condition: ast.Expr) -> bool:
    value = evaluate(at.program, at.env, condition)
    if isinstance(value, bool):
        return value
    at.refuse(
        "AD511",
        "a choice in a pipeline is made before the run",
        condition.span,
        "this is neither true nor false",
        help="write a param that is true or false",
    )
