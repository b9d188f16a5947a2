"""What goes together in `by ...`, and how likely a control node is to decide at random."""

from collections.abc import Callable, Collection, Mapping
from typing import cast

from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, Value

Args = Mapping[str, Value]


def rate(call: Call, epoch: float, node: str = "") -> float:
    """The probability that `node` decides at random after `epoch` epochs, or a part of one."""
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

INTERPOLATIONS: dict[str, tuple[str, ...]] = {
    "plugin": (),
    "quantile": (),
    "idw": ("good", "bad", "near", "flips", "power", "near_flips"),
}
"""The interpolations that a spec can name, and the options of `uniloss` that are theirs."""


def _uniloss(args: Args, written: Collection[str]) -> None:
    """An interpolation that there is, and no options but its own."""
    name = str(args["interpolation"])
    if name not in INTERPOLATIONS:
        raise Misfit(
            f"knows no interpolation `{name}`",
            did_you_mean(name, INTERPOLATIONS) or f"choose among {', '.join(INTERPOLATIONS)}",
            "interpolation",
            "AD438",
        )
    for option in written:
        owners = [one for one, options in INTERPOLATIONS.items() if option in options]
        if owners and name not in owners:
            raise Misfit(
                f"by `{name}` has no option `{option}`",
                f'leave it out, or write `interpolation="{owners[0]}"`',
                option,
                "AD439",
            )


METHODS: dict[str, Callable[[Args, Collection[str]], None]] = {"uniloss": _uniloss}
