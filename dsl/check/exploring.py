"""How control nodes explore: which of them a schedule names, and for how long it runs."""

from collections.abc import Iterator
from typing import cast

from autodesign.dsl import spec
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.terms import measures
from autodesign.dsl.diagnostics.suggest import did_you_mean

Pairs = tuple[tuple[str, spec.Call], ...]


def check_exploration(
    program: Program, network: spec.Network, goals: tuple[spec.Goal, ...], epochs: int
) -> None:
    """Reports names that do not explore (AD376), warns of schedules that never end (AD377)."""
    for goal in goals:
        explore = goal.method.args.get("explore")
        if goal.method.name != "q_learning" or not isinstance(explore, spec.Call):
            continue
        known = [*_explorers(network, goal)]
        for call in _schedules(program, explore, known):
            if call.span.source == goal.span.source:  # a default of the library is nobody's doing
                _warn_long(program, call, epochs)


def _explorers(network: spec.Network, goal: spec.Goal) -> Iterator[str]:
    yield from (node.name for node in network.nodes if node.kind == "control")
    for measure in measures(goal.term):
        yield from (part.name for part in measure.inputs if isinstance(part, spec.OutputValue))


def _schedules(program: Program, explore: spec.Call, known: list[str]) -> Iterator[spec.Call]:
    """The schedules that a call is made of."""
    if explore.name != "each":
        yield explore
        return
    for name, call in cast(Pairs, explore.args["node"]):
        if name not in known:
            program.problems.error(
                "AD376",
                f"nothing named `{name}` explores",
                call.span,
                "its schedule",
                help=did_you_mean(name, known) or f"there are {', '.join(dict.fromkeys(known))}",
            )
        yield from _schedules(program, call, known)
    yield from _schedules(program, cast(spec.Call, explore.args["others"]), known)


def _warn_long(program: Program, call: spec.Call, epochs: int) -> None:
    length = call.args.get("epochs")
    if isinstance(length, int) and length > epochs:
        program.problems.warn(
            "AD377",
            f"exploration ends after {length} epochs, and the training after {epochs}",
            call.span,
            f"{_share(call, epochs):.0%} of the decisions of the last epoch are still random",
            help=f"write `epochs={max(1, epochs * 2 // 3)}` here, or train longer",
        )


def _share(call: spec.Call, epochs: int) -> float:
    """The probability of a random decision at the end of the training."""
    start, end = cast(float, call.args["start"]), cast(float, call.args["end"])
    done = epochs / cast(int, call.args["epochs"])
    if call.name == "exponential":
        return float(start * (end / start) ** done)
    return start + (end - start) * done
