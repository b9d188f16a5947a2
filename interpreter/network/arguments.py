"""Checks what a network is called with, before anything runs."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.network.errors import NetworkError
from autodesign.interpreter.network.rows import Index

WHOLE_NUMBERS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


def ordered(
    network: spec.Network, positional: Sequence[Tensor], named: Mapping[str, Tensor]
) -> list[Tensor]:
    """The inputs in the order of their declaration, each checked. Raises NetworkError."""
    if not named and len(positional) == len(network.inputs):
        return _all_checked(network, positional)
    given = dict(zip((i.name for i in network.inputs), positional, strict=False))
    twice = given.keys() & named.keys()
    unknown = named.keys() - {i.name for i in network.inputs}
    missing = [i.name for i in network.inputs if i.name not in given and i.name not in named]
    if len(positional) > len(network.inputs) or twice or unknown or missing:
        raise _miscounted(network, len(positional), twice, unknown, missing)
    given.update(named)
    return _all_checked(network, [given[declared.name] for declared in network.inputs])


def _all_checked(network: spec.Network, values: Sequence[Tensor]) -> list[Tensor]:
    for declared, value in zip(network.inputs, values, strict=True):
        _check(network, declared, value)
    _check_together(network, values)
    return list(values)


def _miscounted(
    network: spec.Network, count: int, twice: set[str], unknown: set[str], missing: list[str]
) -> NetworkError:
    names = [declared.name for declared in network.inputs]
    wrong = [f"{name} is missing" for name in missing]
    wrong += [f"{name} is given twice" for name in sorted(twice)]
    wrong += [f"{name} is not an input" for name in sorted(unknown)]
    if count > len(names):
        wrong.append(f"{count} are given by position, there are {len(names)}")
    call = ", ".join(names)
    return NetworkError(
        "AD950",
        f"{network.name} does not get the inputs it declares: {'; '.join(wrong)}",
        help=f"call it as net({call})",
    )


def _check(network: spec.Network, declared: spec.Input, value: Tensor) -> None:
    if not isinstance(value, Tensor):
        raise NetworkError(
            "AD953",
            f"input {declared.name} of {network.name} is no tensor, it is of type "
            f"{type(value).__name__}",
            help=f"give a tensor of shape {_batched(declared.shape)}",
        )
    if value.shape[1:] != declared.shape or value.dim() == 0:
        raise NetworkError(
            "AD951",
            f"input {declared.name} of {network.name} has shape {list(value.shape)}, and should "
            f"have {_batched(declared.shape)}",
            help=_shape_help(declared.shape, tuple(value.shape)),
        )
    if not value.is_floating_point():
        raise NetworkError(
            "AD953",
            f"input {declared.name} of {network.name} holds {_type(value)}, and should hold "
            "floating-point numbers",
            help=f"convert it: {declared.name}.float() / 255 for an image of bytes, "
            f"{declared.name}.float() otherwise",
        )


def _check_together(network: spec.Network, inputs: Sequence[Tensor]) -> None:
    """All inputs hold the same examples, on one device."""
    for declared, value in zip(network.inputs[1:], inputs[1:], strict=True):
        first = network.inputs[0].name
        if len(value) != len(inputs[0]):
            raise NetworkError(
                "AD952",
                f"the inputs of {network.name} hold different numbers of examples: "
                f"{first} {len(inputs[0])}, {declared.name} {len(value)}",
                help="the first dimension counts the examples and is the same for all inputs",
            )
        if value.device != inputs[0].device:
            raise NetworkError(
                "AD954",
                f"the inputs of {network.name} are on different devices: "
                f"{first} on {inputs[0].device}, {declared.name} on {value.device}",
                help=f"move it: {declared.name}.to({str(inputs[0].device)!r})",
            )


def _batched(shape: spec.Shape) -> str:
    return "[" + ", ".join(["batch", *map(str, shape)]) + "]"


def _shape_help(shape: spec.Shape, found: tuple[int, ...]) -> str:
    if found == shape:
        return "a single example needs its batch dimension too: x.unsqueeze(0)"
    return "the first dimension counts the examples, the others are those of the spec"


def _type(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def forced(
    controls: Mapping[str, int], decisions: Mapping[str, Tensor] | None, batch: int
) -> dict[str, Index]:
    """Decisions from outside, on the host. `controls` maps each control node to the number of its
    actions. Waits for the device once, however many there are. Raises NetworkError."""
    if not decisions:
        return {}
    for name, actions in decisions.items():
        _check_decisions(name, actions, controls, batch)
    if len(decisions) == 1 or all(actions.device.type == "cpu" for actions in decisions.values()):
        return {name: actions.cpu().numpy() for name, actions in decisions.items()}
    together = torch.stack([actions.to(torch.int64) for actions in decisions.values()])
    return dict(zip(decisions, together.cpu().numpy(), strict=True))


def _check_decisions(name: str, actions: Tensor, controls: Mapping[str, int], batch: int) -> None:
    if name not in controls:
        raise _unknown_control(name, controls)
    if not isinstance(actions, Tensor) or actions.shape != (batch,):
        found = list(actions.shape) if isinstance(actions, Tensor) else type(actions).__name__
        raise NetworkError(
            "AD956",
            f"the decisions for {name} should be one action for each of the {batch} examples, "
            f"and are {found}",
            help=f"give a tensor of whole numbers, of shape [{batch}]",
        )
    if actions.dtype not in WHOLE_NUMBERS:
        raise NetworkError(
            "AD956",
            f"the decisions for {name} hold {_type(actions)}, and should hold whole numbers",
            help="action 0 is the first control edge: give indices, as int64",
        )


def _unknown_control(name: str, controls: Mapping[str, int]) -> NetworkError:
    return NetworkError(
        "AD955",
        f"there are decisions for {name}, which is not a control node",
        help=f"the control nodes are {', '.join(controls)}" if controls else "there are none",
    )


def misplaced(network: spec.Network, inputs: list[Tensor], weights: Tensor) -> NetworkError | None:
    """The reason for a failure inside torch, where inputs and weights do not go together."""
    for declared, value in zip(network.inputs, inputs, strict=True):
        what = f"input {declared.name} of {network.name}"
        if value.device != weights.device:
            return NetworkError(
                "AD954",
                f"{what} is on {value.device}, its weights are on {weights.device}",
                help=f"move one to the other: {declared.name}.to({str(weights.device)!r})",
            )
        if value.dtype != weights.dtype:
            return NetworkError(
                "AD954",
                f"{what} holds {_type(value)}, its weights are {_type(weights)}",
                help=f"convert one of them: {declared.name}.to(torch.{_type(weights)})",
            )
    return None
