"""Which players cannot be unrolled, because a layer of theirs cannot be differentiated twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.source import Span
from autodesign.interpreter.jobs.failures import refused
from autodesign.interpreter.pipeline.again import Given, LossOf
from autodesign.interpreter.pipeline.nest import changed, tensors
from autodesign.interpreter.pipeline.played import Played

SAID = ("derivative for", "double backward", "differentiate twice")
"""What torch says of an operation without a second derivative; it has no exception for it."""


def check_twice(
    name: str,
    player: Played,
    loss_of: LossOf,
    inputs: Sequence[Given] = (),
    span: Span | None = None,
) -> None:
    """Differentiates `loss_of(player, *inputs)` twice, by the player's weights and by the inputs.

    A batch of an example or two will do. Nothing of the player changes, nor the random numbers to
    come. Raises SpecError (AD570), which names the layer.
    """
    devices = {t.device for t in tensors(player) if t.device.type == "cuda"}
    with torch.random.fork_rng(devices), torch.enable_grad():
        given = changed((player, *inputs), _start)
        if _twice([loss_of(*given)], tensors(given)):
            return
        calls: list[_Call] = []
        with _watched(player.module, calls):
            loss_of(*given)
        calls.sort(key=lambda call: call.depth, reverse=True)
        raise _refused(name, next((call for call in calls if not call.twice()), None), span)


@dataclass(frozen=True, slots=True)
class _Call:
    """A layer with what it was called with; `path` is its name in the player."""

    path: str
    layer: nn.Module
    given: Any

    @property
    def depth(self) -> int:
        return self.path.count(".") + bool(self.path)

    def twice(self) -> bool:
        """Whether it can be differentiated twice; True where it cannot be called by itself."""
        named = [*self.layer.named_parameters(), *self.layer.named_buffers()]
        weights, (args, kwargs) = changed((dict(named), self.given), _start)
        by = tensors((weights, args, kwargs))
        # cloned, so that layers that work in place do not work on what is differentiated by
        inner = changed((weights, args, kwargs), torch.clone)
        try:
            value = functional_call(self.layer, *inner)
        except Exception:
            return True
        return _twice(tensors(value), by)


def _start(tensor: Tensor) -> Tensor:
    """To be differentiated by, where that can be."""
    return tensor.detach().requires_grad_(tensor.is_floating_point())


def _twice(values: Sequence[Tensor], by: Sequence[Tensor]) -> bool:
    """Whether values can be differentiated twice."""
    by = [tensor for tensor in by if tensor.requires_grad]
    ends = [value.sum() for value in values if value.requires_grad]
    try:
        first = torch.autograd.grad(ends, by, create_graph=True, allow_unused=True)
        sizes = [g.square().sum() for g in first if g is not None and g.requires_grad]
        torch.autograd.grad(sizes, by, allow_unused=True)
    except RuntimeError as problem:
        if any(words in str(problem) for words in SAID):
            return False
        raise
    return True


@contextmanager
def _watched(module: nn.Module, calls: list[_Call]) -> Iterator[None]:
    """Notes the calls of the modules inside one."""

    def watch(path: str, layer: nn.Module) -> Any:
        def note(_: nn.Module, args: Any, kwargs: Any) -> None:
            calls.append(_Call(path, layer, (args, kwargs)))

        return layer.register_forward_pre_hook(note, with_kwargs=True)

    watches = [watch(path, layer) for path, layer in module.named_modules()]
    try:
        yield
    finally:
        for one in watches:
            one.remove()


def _refused(name: str, call: _Call | None, span: Span | None) -> SpecError:
    which = f"its layer `{call.path}` ({type(call.layer).__name__})" if call and call.path else "it"
    return refused(
        "AD570",
        f"`{name}` cannot be unrolled: {which} cannot be differentiated twice",
        span,
        label="this takes the derivative of a gradient",
        notes=["torch has no second derivative for an operation in it."],
        help=f"leave out `after`, or let `{name}` be built of other layers; RetinaNet and FCOS of "
        "torchvision with a ResNet can be differentiated twice",
    )
