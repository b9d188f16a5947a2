"""Formulas as expressions of the language, with only the parentheses they need."""

from autodesign.dsl import formula as f
from autodesign.dsl.derive.sugar import Point, distance, member, same_point

CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(10)
LEVELS = {"or": OR, "and": AND, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER} | (
    dict.fromkeys(["==", "!=", ">", ">=", "<", "<="], COMPARISON)
)
WHOLE = 1e15
"""Whole numbers up to this are written without a point."""


def formula_text(formula: f.Formula) -> str:
    """The text of a formula, on one line; read again it gives an equal formula."""
    return _text(formula)[0]


def loop_text(loop: f.Loop) -> str:
    """`for j in n if j != i`"""
    match loop.over:
        case None:
            over = ""
        case str(dim):
            over = f" in {dim}"
        case (first, last):
            over = f" in {_at(first, SUM)}..{_at(last, SUM)}"
    return f"for {loop.variable}{over}" + "".join(f" if {_at(c, OR)}" for c in loop.conditions)


def number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < WHOLE else repr(value)


def _at(formula: f.Formula, level: int) -> str:
    """The text, in parentheses if it binds less tightly than `level`."""
    text, own = _text(formula)
    return text if own >= level else f"({text})"


def _text(formula: f.Formula) -> tuple[str, int]:
    """The text, and how tightly it binds."""
    match formula:
        case f.Number(value):
            return number_text(value), SIGN if value < 0 else ATOM
        case f.Truth(value):
            return "true" if value else "false", ATOM
        case f.Parameter(name) | f.Variable(name) | f.Size(name):
            return name, ATOM
        case f.Entry(name, indices) | f.Bit(name, indices):
            return f"{name}[{_listed(indices)}]" if indices else name, ATOM
        case f.Reduce(op, value, loops):
            return _call(op, value, loops), ATOM
        case f.Argmax(value, loops, component):
            place = f"[{component}]" if len(loops) > 1 else ""
            return _call("argmax", value, loops) + place, ATOM
    return _operation(formula)


def _call(name: str, value: f.Formula, loops: tuple[f.Loop, ...]) -> str:
    return f"{name}({' '.join([formula_text(value), *map(loop_text, loops)])})"


def _operation(formula: f.Apply) -> tuple[str, int]:
    op, args = formula.op, formula.args
    short = _sugar(formula)
    if short is not None:
        return short
    if op == "choose":
        condition, then, otherwise = args
        text = f"{_at(then, OR)} if {_at(condition, OR)} else {_at(otherwise, CHOICE)}"
        return text, CHOICE
    if op == "not":
        return f"not {_at(args[0], NOT)}", NOT
    if op == "neg":
        return f"-{_at(args[0], SIGN)}", SIGN
    if op not in LEVELS:
        return f"{op}({_listed(args)})", ATOM
    level = LEVELS[op]
    after = SIGN if op == "^" else level + 1
    before = level if level not in (COMPARISON, POWER) else level + 1
    rest = [_at(arg, after) for arg in args[1:]]
    return f" {op} ".join([_at(args[0], before), *rest]), level


def _sugar(formula: f.Apply) -> tuple[str, int] | None:
    """`dist(a, b)`, `a == b` of points, `x in {a, b}`: read from these, written as these."""
    apart, same, among = distance(formula), same_point(formula), member(formula)
    if apart is not None:
        return f"dist({', '.join(map(_point, apart))})", ATOM
    if same is not None:
        return " == ".join(map(_point, same)), COMPARISON
    if among is not None:
        return f"{_at(among[0], SUM)} in {{{_listed(among[1])}}}", COMPARISON
    return None


def _point(row: Point) -> str:
    if isinstance(row, f.Argmax):
        return _call("argmax", row.value, row.loops)
    return _text(f.Entry(row.input, row.indices[:-1], row.span))[0]


def _listed(formulas: tuple[f.Formula, ...]) -> str:
    return ", ".join(map(formula_text, formulas))
