"""The small simplifications that give derived formulas one form."""

from autodesign.dsl import formula as f
from autodesign.dsl.derive.variables import conjuncts, mapped

NEGATED = {"==": "!=", "!=": "==", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}
ZERO, ONE = f.Number(0.0), f.Number(1.0)
OF_NOTHING: dict[str, f.Formula] = {
    "count": ZERO,
    "sum": ZERO,
    "prod": ONE,
    "any": f.Truth(False),
    "all": f.Truth(True),
}


def simplify(formula: f.Formula) -> f.Formula:
    """The same formula, with constants folded and `and`, `or` in pairs from the left."""
    formula = mapped(formula, simplify)
    if isinstance(formula, f.Apply):
        return _operation(formula)
    return _reduction(formula) if isinstance(formula, f.Reduce) else formula


def negate(formula: f.Formula) -> f.Formula:
    """The negation of a truth, written as a comparison where it was one."""
    match formula:
        case f.Truth(value):
            return f.Truth(not value)
        case f.Apply("not", (inner,)):
            return inner
        case f.Apply(op, args, span) if op in NEGATED:
            return f.Apply(NEGATED[op], args, span)
        case f.Apply() | f.Reduce() | f.Entry() | f.Bit():
            return f.Apply("not", (formula,), formula.span)
    raise AssertionError(f"not a truth: {formula}")


def minus(left: f.Formula, right: f.Formula, like: f.Apply) -> f.Formula:
    """`left - right`, at the place of `like`."""
    return _operation(f.Apply("-", (left, right), like.span))


def opposite(difference: f.Formula) -> f.Formula:
    """`b - a` for `a - b`."""
    if isinstance(difference, f.Number):
        return f.Number(-difference.value)
    span = getattr(difference, "span", None)
    assert span is not None  # what is compared holds a score
    return _operation(f.Apply("neg", (difference,), span))


def _operation(formula: f.Apply) -> f.Formula:
    match formula.op, formula.args:
        case (("and" | "or"), args):
            return _junction(formula.op, args, formula)
        case "not", (f.Truth(value),):
            return f.Truth(not value)
        case "not", (f.Apply("not", (inner,)),):
            return inner
        case "choose", (f.Truth(value), then, otherwise):
            return then if value else otherwise
        case "neg", (f.Number(value),):
            return f.Number(-value) if value else ZERO
        case "neg", (f.Apply("neg", (inner,)),):
            return inner
        case "neg", (f.Apply("-", (left, right), span),):
            return f.Apply("-", (right, left), span)
        case _:
            return _arithmetic(formula)


def _arithmetic(formula: f.Apply) -> f.Formula:
    match formula.op, formula.args:
        case (("+" | "-"), (left, f.Number(0.0))):
            return left
        case "+", (f.Number(0.0), right):
            return right
        case "-", (f.Number(0.0), right):
            return _operation(f.Apply("neg", (right,), formula.span))
        case "-", (left, f.Apply("neg", (right,))):
            return f.Apply("+", (left, right), formula.span)
        case "*", (f.Number(1.0), one) | (one, f.Number(1.0)):
            return one
        case "/", (left, f.Number(1.0)):
            return left
    return _comparison(formula)


def _comparison(formula: f.Apply) -> f.Formula:
    """A comparison of two numbers that are written out."""
    match formula.op, formula.args:
        case ">", (f.Number(left), f.Number(right)):
            return f.Truth(left > right)
        case ">=", (f.Number(left), f.Number(right)):
            return f.Truth(left >= right)
        case "<", (f.Number(left), f.Number(right)):
            return f.Truth(left < right)
        case "<=", (f.Number(left), f.Number(right)):
            return f.Truth(left <= right)
        case "==", (f.Number() | f.Truth() as left, f.Number() | f.Truth() as right):
            return f.Truth(left == right)
        case "!=", (f.Number() | f.Truth() as left, f.Number() | f.Truth() as right):
            return f.Truth(left != right)
    return formula


def _junction(op: str, args: tuple[f.Formula, ...], like: f.Apply) -> f.Formula:
    """Parts that decide nothing left out, repeated ones too; the rest in pairs from the left."""
    neutral = op == "and"
    parts: dict[f.Formula, None] = {}
    for part in _flat(op, args):
        if part == f.Truth(not neutral):
            return part
        if part != f.Truth(neutral):
            parts.setdefault(part)
    joined: f.Formula | None = None
    for part in parts:
        joined = part if joined is None else f.Apply(op, (joined, part), like.span)
    return f.Truth(neutral) if joined is None else joined


def _flat(op: str, args: tuple[f.Formula, ...]) -> list[f.Formula]:
    flat: list[f.Formula] = []
    for arg in args:
        same = isinstance(arg, f.Apply) and arg.op == op
        flat += _flat(op, arg.args) if isinstance(arg, f.Apply) and same else [arg]
    return flat


def _reduction(formula: f.Reduce) -> f.Formula:
    loops: list[f.Loop] = []
    for loop in formula.loops:
        conditions = [part for c in loop.conditions for part in conjuncts(c)]
        if f.Truth(False) in conditions and formula.op in OF_NOTHING:
            return OF_NOTHING[formula.op]
        kept = tuple(dict.fromkeys(c for c in conditions if c != f.Truth(True)))
        loops.append(f.Loop(loop.variable, loop.over, kept))
    if formula.op in ("any", "all") and formula.value == OF_NOTHING[formula.op]:
        return formula.value
    return f.Reduce(formula.op, formula.value, tuple(loops), formula.span)
