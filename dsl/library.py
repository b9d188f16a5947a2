"""What the checker asks of a library: the text of its modules, and the torch-free rules in it.

The floor above (`stdlib`) answers; this floor only says what the questions are.
"""

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Literal, Protocol

from autodesign.dsl.record import record
from autodesign.dsl.source import Source
from autodesign.dsl.spec import FieldType, Shape, Value


@record
class Derived:
    """What a layer's rule works out from the shapes it is given.

    `shape`: of its result. `cost`: multiplications for one example. `sizes`: the arguments that
    follow from the shapes and are never written (`in_channels`). `parameters`: how many numbers
    it learns; 0 for a layer without weights.
    """

    shape: Shape
    cost: int
    sizes: Mapping[str, Value] = field(default_factory=dict)
    parameters: int = 0


class Misfit(Exception):
    """Raised by a rule: these arguments do not go with these shapes.

    `message` continues "Conv2d ..." (as in "needs an image [channels, height, width], and is given
    [10]"), `help` is the mend, `argument` the parameter at fault where it is one, `code` that of
    the diagnostic where the rule has one of its own.
    """

    def __init__(
        self, message: str, help: str = "", argument: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.help, self.argument, self.code = message, help, argument, code


class Library(Protocol):
    """Modules of declarations in .ad, each with its rules."""

    prelude: tuple[str, ...]
    """Modules whose names every spec has without `use`."""

    def modules(self) -> tuple[str, ...]:
        """The dotted names of all modules ("std.layers", ...)."""
        ...

    def source(self, module: str) -> Source:
        """The text of a module. Raises KeyError for an unknown one."""
        ...

    def layer(
        self, module: str, name: str, sources: tuple[Shape, ...], args: Mapping[str, Value]
    ) -> Derived:
        """The rule of a declared layer. Raises Misfit."""
        ...

    def fields(
        self, module: str, name: str, args: Mapping[str, Value]
    ) -> Mapping[str, FieldType] | None:
        """The fields of a declared data source, as far as they are known without loading it.

        A source made of others finds them in `args` as `Call`s. None: not known before loading.
        Raises Misfit.
        """
        ...

    def method(
        self, module: str, name: str, args: Mapping[str, Value], written: Collection[str]
    ) -> None:
        """Whether the arguments of a way of training go together; `written` are those that the
        spec gives. Raises Misfit, which names the argument at fault.
        """
        ...

    def loss(
        self,
        module: str,
        name: str,
        shapes: tuple[Shape | None, ...],
        args: Mapping[str, Value],
    ) -> None:
        """Whether a loss can be taken of tensors of these shapes, without the batch (None: not
        known before loading). Raises Misfit, which names the argument at fault.
        """
        ...

    def operation(
        self, module: str, name: str, types: Mapping[str, FieldType], args: Mapping[str, Value]
    ) -> tuple[FieldType, Mapping[str, tuple[Shape, ...]]]:
        """What an operation of a pipeline gives, and the shapes it applies its players to.

        `types` are those of its inputs, by parameter; one that is left out is missing. Shapes are
        by the parameters that take players. Raises Misfit.
        """
        ...

    def detector(self, module: str, name: str, image: Shape, args: Mapping[str, Value]) -> None:
        """Whether a detector can be applied to images of this shape. Raises Misfit."""
        ...

    def placement(
        self, module: str, name: str, types: Mapping[str, FieldType], args: Mapping[str, Value]
    ) -> FieldType:
        """The type of what is placed at random, from those of its inputs. Raises Misfit."""
        ...

    def criterion(
        self,
        module: str,
        name: str,
        roles: Collection[str],
        image: Shape | None,
        args: Mapping[str, Value],
    ) -> tuple[Misfit, ...]:
        """Whether a criterion can judge a growth: `roles` are those of its networks, `image` the
        shape of the images of its data (None: not known before loading).

        Raises Misfit; gives what is doubtful, to be warned of.
        """
        ...

    def direction(self, module: str, name: str) -> Literal["minimize", "maximize"] | None:
        """Which way a criterion is better; None: not said."""
        ...
