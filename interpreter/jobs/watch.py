"""Looks at how the surrogates of a job do, in a few of its steps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from autodesign.interpreter.metric.surrogate import UniLoss

EVERY = 64
"""Steps from one look to the next: a look takes at most about as long as a step."""


@dataclass(frozen=True, slots=True)
class Look:
    """A metric at one step; gradients come in while the step's loss goes back."""

    metric: str
    loss: UniLoss
    inputs: Sequence[Tensor]
    parameters: Mapping[str, float]
    gradients: dict[int, Tensor] = field(default_factory=dict)


class Watch:
    """Sees what the surrogates of a step are given, and the gradients that they give back."""

    def __init__(self) -> None:
        self.awake = False
        self.looks: list[Look] = []

    def begin(self, step: int) -> None:
        """`step` counts from the begin of the job, so a resumed run looks at the same steps."""
        self.awake, self.looks = step % EVERY == 0, []

    def seen(
        self,
        metric: str,
        loss: UniLoss,
        inputs: Sequence[Tensor],
        parameters: Mapping[str, float],
    ) -> Sequence[Tensor]:
        """The inputs of a surrogate, as they are to be given to it."""
        if not self.awake or not any(one.requires_grad for one in inputs):
            return inputs
        look = Look(metric, loss, inputs, parameters)
        self.looks.append(look)
        return [_noted(one, i, look) if one.requires_grad else one for i, one in enumerate(inputs)]

    def told(self) -> dict[str, dict[str, float]]:
        """After the way back: numbers of each metric that had a gradient (see diagnosis.py)."""
        found = {}
        for look in self.looks:
            gradients = [look.gradients.get(i) for i in range(len(look.inputs))]
            if look.gradients:
                inputs = [one.detach() for one in look.inputs]
                found[look.metric] = look.loss.diagnosed(inputs, look.parameters, gradients)
        self.looks = []
        return found


def _noted(value: Tensor, place: int, look: Look) -> Tensor:
    """The same tensor, through which only this surrogate's gradient flows."""
    own = value.view_as(value)
    own.register_hook(_into(look.gradients, place))  # type: ignore[no-untyped-call]
    return own


def _into(gradients: dict[int, Tensor], place: int) -> Callable[[Tensor], None]:
    def note(gradient: Tensor) -> None:
        gradients[place] = gradient.detach()

    return note
