"""Formulas as expressions of the language, with only the parentheses they need."""

from autodesign.dsl import formula as f

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
    apart = _distance(formula)
    if apart is not None:
        return apart, ATOM
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


def _distance(formula: f.Apply) -> str | None:
    """`dist(argmax(h[i]), p[i])`, as which it was read"""
    match formula:
        case f.Apply("sqrt", (f.Apply("+", (f.Apply("^", (rows, _)), f.Apply("^", (columns, _)))),)):
            pass
        case _:
            return None
    if not isinstance(rows, f.Apply) or not isinstance(columns, f.Apply):
        return None
    points = [_point(*pair) for pair in zip(rows.args, columns.args, strict=False)]
    back = None not in points and "-" == rows.op == columns.op and _squares(formula)
    return f"dist({', '.join(map(str, points))})" if back else None


def _squares(root: f.Apply) -> bool:
    total = root.args[0]
    assert isinstance(total, f.Apply)
    return all(isinstance(one, f.Apply) and one.args[1] == f.Number(2.0) for one in total.args)


def _point(row: f.Formula, column: f.Formula) -> str | None:
    """The text of a point, given its two numbers; None where they are not of one."""
    match row, column:
        case f.Argmax(value, loops, 0), f.Argmax(_, _, 1) if (
            f.Argmax(value, loops, 1, row.span) == column
        ):
            return _call("argmax", value, loops)
        case f.Entry(name, (*before, f.Number(0.0))), f.Entry(other, (*same, f.Number(1.0))) if (
            (name, before) == (other, same)
        ):
            return f"{name}[{_listed(tuple(before))}]" if before else name
    return None


def _listed(formulas: tuple[f.Formula, ...]) -> str:
    return ", ".join(map(formula_text, formulas))
