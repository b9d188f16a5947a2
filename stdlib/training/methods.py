"""How likely a control node is to decide at random."""

from collections.abc import Callable, Mapping
from typing import cast

from autodesign.dsl.spec import Call, Value

Args = Mapping[str, Value]


def rate(call: Call, epoch: float, node: str = "") -> float:
    """The probability that `node` decides at random after `epoch` epochs, which may be a fraction."""
    own = of_node(call, node)
    return EXPLORATIONS[own.name](own.args, epoch)


def of_node(call: Call, node: str) -> Call:
    """The schedule that a node explores by, where `each` gives some of them one of their own."""
    if call.name != "each":
        return call
    named = dict(cast(tuple[tuple[str, Call], ...], call.args["node"]))
    return of_node(named.get(node, cast(Call, call.args["others"])), node)


def _linear(args: Args, epoch: float) -> float:
    start, end = _number(args, "start"), _number(args, "end")
    return start + (end - start) * _progress(args, epoch)


def _exponential(args: Args, epoch: float) -> float:
    start, end = _number(args, "start"), _number(args, "end")
    return float(start * (end / start) ** _progress(args, epoch))


def _constant(args: Args, epoch: float) -> float:
    return _number(args, "value")


def _progress(args: Args, epoch: float) -> float:
    return min(epoch / _number(args, "epochs"), 1.0)


def _number(args: Args, name: str) -> float:
    return float(cast(float, args[name]))


EXPLORATIONS: dict[str, Callable[[Args, float], float]] = {
    "linear": _linear,
    "exponential": _exponential,
    "constant": _constant,
}
