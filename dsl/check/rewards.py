"""Rewards that are the same whatever is decided: nothing can be learned from them."""

from autodesign.dsl import spec
from autodesign.dsl.check.program import Program


def check_rewards(program: Program, network: spec.Network, goals: tuple[spec.Goal, ...]) -> None:
    """Refuses a reward that no decision changes (AD378)."""
    for goal in goals:
        if goal.method.name != "q_learning" or _varies(goal.term, network):
            continue
        same = network.analysis.least == network.analysis.greatest
        program.problems.error(
            "AD378",
            "this reward is the same whatever is decided",
            goal.span,
            "nothing can be learned from it",
            notes=[
                f"Every path of `{network.name}` takes {network.analysis.least:,} multiplications."
            ]
            if same
            else [],
            help="let an output or the cost count in it, with a weight above 0",
        )


def _varies(term: spec.Term, network: spec.Network) -> bool:
    """Whether a term may depend on what the network decides."""
    match term:
        case spec.Arithmetic(op, left, right):
            nothing = (_number(left) == 0 and op in "*/") or (_number(right) == 0 and op == "*")
            return not nothing and (_varies(left, network) or _varies(right, network))
        case spec.Negative(operand):
            return _varies(operand, network)
        case spec.Cost("time"):
            return "sometimes" in network.analysis.runs.values()
        case spec.Cost(measure):
            return measure == "time" or network.analysis.least < network.analysis.greatest
        case spec.Measure(inputs=inputs):
            return any(_varies(part, network) for part in inputs)
        case _:
            return isinstance(term, spec.OutputValue)


def _number(term: spec.Term) -> float | None:
    """The value of a term that is one number, None where it is none."""
    match term:
        case spec.Constant(value) | spec.CostOf(value=value):
            return value
        case spec.Negative(operand):
            number = _number(operand)
            return None if number is None else -number
        case spec.Arithmetic(op, left, right):
            one, other = _number(left), _number(right)
            if one is None or other is None:
                return None
            return _reckoned(op, one, other)
        case _:
            return None


def _reckoned(op: str, one: float, other: float) -> float | None:
    try:
        return {
            "+": lambda: one + other,
            "-": lambda: one - other,
            "*": lambda: one * other,
            "/": lambda: one / other,
            "^": lambda: float(one**other),
        }[op]()
    except (ZeroDivisionError, OverflowError, TypeError):
        return None
