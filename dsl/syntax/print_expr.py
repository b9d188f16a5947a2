"""Expressions as text, with only the parentheses they need: for messages and report labels."""

from autodesign.dsl.syntax import ast

CHAIN, STEP, CHOICE, OR, AND, NOT, COMPARISON, RANGE, COALESCE, SUM, PRODUCT, SIGN, POWER, ATOM = (
    range(14)
)
_LEVELS = {
    "|": CHAIN,
    "or": OR,
    "and": AND,
    "in": COMPARISON,
    "??": COALESCE,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "^": POWER,
} | dict.fromkeys(["==", "!=", "<", "<=", ">", ">="], COMPARISON)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def print_expr(expr: ast.Expr) -> str:
    """The text of an expression, on one line; parsed again it gives an equal tree."""
    return _text(expr)[0]


def _at(expr: ast.Expr, level: int) -> str:
    """The text, in parentheses if it binds less tightly than `level`."""
    text, own = _text(expr)
    return text if own >= level else f"({text})"


def _text(expr: ast.Expr) -> tuple[str, int]:
    """The text, and how tightly it binds."""
    match expr:
        case ast.Binary(op=op, left=left, right=right):
            level = _LEVELS[op]
            after = SIGN if op == "^" else level + 1
            before = level if level not in (COMPARISON, POWER) else level + 1
            return f"{_at(left, before)} {op} {_at(right, after)}", level
        case ast.Unary(op=op, operand=operand):
            level = NOT if op == "not" else SIGN
            return f"{op}{' ' * (op == 'not')}{_at(operand, level)}", level
        case ast.IfElse(then=then, condition=condition, otherwise=otherwise):
            choice = f"{_at(then, OR)} if {_at(condition, OR)} else {_at(otherwise, CHOICE)}"
            return choice, CHOICE
        case ast.After(player=player, optimizer=optimizer, steps=steps, loss=loss, lean=lean):
            times = f" for {_at(steps, SUM)}" if steps is not None else ""
            times += " lean" * lean
            step = f"{_at(player, CHOICE)} after {_at(optimizer, ATOM)}{times}"
            return f"{step} on {_at(loss, CHOICE)}", STEP
        case ast.Range(low=low, high=high):
            ends = [_at(end, COALESCE) if end is not None else "" for end in (low, high)]
            return "..".join(ends), RANGE
        case ast.Comprehension(value=value, loops=loops):
            return " ".join([print_expr(value), *map(_loop, loops)]), CHAIN
        case ast.Number(value=value) if str(value).startswith("-"):
            return str(value), SIGN
    return _atom(expr), ATOM


def _atom(expr: ast.Expr) -> str:
    match expr:
        case ast.Name(id=id):
            return id
        case ast.Number(value=value):
            return str(value)
        case ast.String(value=value):
            return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'
        case ast.Bool(value=value):
            return "true" if value else "false"
        case ast.ListOf(items=items):
            return f"[{_listed(items)}]"
        case ast.SetOf(items=items):
            return f"{{{_listed(items)}}}"
        case ast.Call(function=function, args=args, keywords=keywords):
            named = [f"{keyword.name.id}={print_expr(keyword.value)}" for keyword in keywords]
            return f"{_at(function, ATOM)}({', '.join([*map(print_expr, args), *named])})"
        case ast.Index(base=base, indices=indices):
            return f"{_at(base, ATOM)}[{_listed(indices)}]"
        case ast.Attribute(base=base, name=name):
            return f"{_at(base, ATOM)}.{name.id}"
    return "none"


def _listed(items: tuple[ast.Expr, ...]) -> str:
    return ", ".join(map(print_expr, items))


def _loop(loop: ast.Loop) -> str:
    over = f" in {_at(loop.over, OR)}" if loop.over is not None else ""
    conditions = "".join(f" if {_at(condition, OR)}" for condition in loop.conditions)
    return f"for {loop.variable.id}{over}{conditions}"
