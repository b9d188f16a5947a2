"""Which players cannot be unrolled, because a layer cannot be differentiated twice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.source import Span
from autodesign.interpreter.jobs.failures import refused
from autodesign.interpreter.pipeline.nest import changed, tensors

SAID = ("derivative for", "double backward", "differentiate twice")
"""What torch says of an operation without a second derivative; it has no exception for it."""


def check_twice(
    attempt: Callable[[], object],
    players: Mapping[str, nn.Module],
    unrolled: str,
    span: Span | None = None,
) -> None:
    """Makes an attempt at the derivatives through the player `unrolled` some steps later.

    Raises SpecError (AD570) where something cannot be differentiated twice, and names the layer.
    """
    if _goes(attempt):
        return
    calls: list[_Call] = []
    with _watched(players, calls):
        _goes(attempt)
    calls.sort(key=lambda call: call.depth, reverse=True)
    raise _refused(unrolled, next((call for call in calls if not call.twice()), None), span)


@dataclass(frozen=True, slots=True)
class _Call:
    """A layer with what it was called with; `path` is its name in the player."""

    player: str
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
        return _goes(lambda: _differentiate(tensors(value), by))


def _start(tensor: Tensor) -> Tensor:
    """To be differentiated by, where that can be."""
    return tensor.detach().requires_grad_(tensor.is_floating_point())


def _goes(attempt: Callable[[], object]) -> bool:
    """Whether nothing lacks a second derivative; what else goes wrong is raised."""
    try:
        attempt()
    except RuntimeError as problem:
        if any(words in str(problem) for words in SAID):
            return False
        raise
    return True


def _differentiate(values: Sequence[Tensor], by: Sequence[Tensor]) -> None:
    """Twice"""
    by = [tensor for tensor in by if tensor.requires_grad]
    ends = [value.sum() for value in values if value.requires_grad]
    first = torch.autograd.grad(ends, by, create_graph=True, allow_unused=True)
    sizes = [g.square().sum() for g in first if g is not None and g.requires_grad]
    torch.autograd.grad(sizes, by, allow_unused=True)


@contextmanager
def _watched(players: Mapping[str, nn.Module], calls: list[_Call]) -> Iterator[None]:
    """Notes the calls of the modules inside players."""

    def watch(player: str, path: str, layer: nn.Module) -> Any:
        def note(_: nn.Module, args: Any, kwargs: Any) -> None:
            calls.append(_Call(player, path, layer, (args, kwargs)))

        return layer.register_forward_pre_hook(note, with_kwargs=True)

    watches = [
        watch(player, path, layer)
        for player, module in players.items()
        for path, layer in module.named_modules()
    ]
    try:
        yield
    finally:
        for one in watches:
            one.remove()


def _refused(unrolled: str, call: _Call | None, span: Span | None) -> SpecError:
    which, whose = "it needs something that", unrolled
    if call:
        whose = call.player
        own = "its" if whose == unrolled else f"`{whose}`'s"
        which = f"{own} layer `{call.path}` ({type(call.layer).__name__})"
        if not call.path:
            which = "it" if whose == unrolled else f"`{whose}`"
    return refused(
        "AD570",
        f"`{unrolled}` cannot be unrolled: {which} cannot be differentiated twice",
        span,
        label="this takes the derivative of a gradient",
        notes=["torch has no second derivative for an operation in it."],
        help=f"leave out `after`, or let `{whose}` be built of other layers; RetinaNet and FCOS "
        "with a ResNet can be differentiated twice",
    )
