"""Fields of Joined: those that both of its sources have."""

from dataclasses import replace

from autodesign.dsl.library import Misfit
from autodesign.dsl.spec import Call, FieldType
from autodesign.stdlib.data.augment import BOXES
from autodesign.stdlib.data.declared import Args, Fields, Rule, declared_fields


def sources(args: Args) -> tuple[Call, Call]:
    a, b = args["a"], args["b"]
    assert isinstance(a, Call) and isinstance(b, Call)
    return a, b


def joined(args: Args) -> Fields | None:
    known = []
    for inner in sources(args):
        try:
            known.append(declared_fields(inner))
        except Misfit as misfit:
            message = f"is made of {inner.name}, which {misfit.message}"
            raise Misfit(message, misfit.help, misfit.argument, misfit.code) from None
    a, b = known
    return None if a is None or b is None else both(a, b, args)


def both(a: Fields, b: Fields, args: Args) -> Fields:
    """The fields of all examples. Raises Misfit where those of the sources do not go together."""
    if set(a) != set(b):
        one, other = (call.name for call in sources(args))
        raise Misfit(
            f"needs the same fields in both: {one} has {', '.join(a)}, and {other} {', '.join(b)}",
            "choose sources that agree",
            "b",
            "AD798",
        )
    return {name: agreed(name, field, b[name], args) for name, field in a.items()}


def agreed(name: str, a: FieldType, b: FieldType, args: Args) -> FieldType:
    """The type of a field of both; classes that one does not know are those of the other."""
    classes = a.classes if b.classes is None else b.classes
    shapes = {a.shape[1:], b.shape[1:]} if a.kind == BOXES else {a.shape, b.shape}
    if a.kind != b.kind or len(shapes) > 1 or a.classes not in (None, classes):
        one, other = (call.name for call in sources(args))
        raise Misfit(
            f"cannot put `{name}` of {one}, {told(a)}, beside that of {other}, {told(b)}",
            "bring images to one size with Resize, and take the same classes from both",
            "b",
            "AD798",
        )
    return replace(a, shape=max(a.shape, b.shape), classes=classes)


def told(field: FieldType) -> str:
    """A type in words: "image[3, 32, 32]", "label of 10 classes"."""
    shape = f"[{', '.join(map(str, field.shape))}]" if field.shape else ""
    classes = "" if field.classes is None else f" of {field.classes} classes"
    return f"{field.kind}{shape}{classes}"


FIELDS: dict[str, Rule] = {"Joined": joined}
