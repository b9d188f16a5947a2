"""Types of the values of a step: what they are called, and what goes with what."""

from autodesign.dsl.pipeline import NUMBER
from autodesign.dsl.spec import FieldType

FLOATS = frozenset({"image", "vector", "signal", "scores", "tensor", "real", "point", "box"})
"""Kinds of values that are numbers for each example, to be reckoned with"""
PLAYERS = frozenset({"player", "detector"})
RANKS = {"image": 3, "vector": 1, "signal": 2}
INPUTS = frozenset({"label", "flag", "boxes", "detections", "number", "scores", "tensor"})
INPUTS |= {"image", "vector", "signal", "point", "box"} | PLAYERS
"""Types of parameters of an operation that take values of the step; all others take arguments"""


def takes(name: str, given: FieldType) -> bool:
    """Whether a parameter of the type `name` takes a value, its sizes aside."""
    if name == given.kind:
        return True
    if name == "flag":
        return given.kind == "label" and given.classes == 2
    if given.kind == "number":
        return name == "tensor"
    if given.kind not in FLOATS:
        return False
    if name in RANKS:
        return len(given.shape) == RANKS[name]
    return name == "tensor" or (name == "scores" and bool(given.shape))


def together(left: FieldType, right: FieldType) -> FieldType | None:
    """The type of two values reckoned with each other, number by number; None if unfit."""
    if NUMBER in (left, right):
        other = right if left == NUMBER else left
        return other if other == NUMBER or other.kind in FLOATS else None
    if left.kind not in FLOATS or right.kind not in FLOATS or left.shape != right.shape:
        return None
    return left if left.kind == right.kind else FieldType("scores", left.shape)


def described(type: FieldType) -> str:
    """A type in words, for messages."""
    if type.kind == "number":
        return "one number for the whole batch"
    if type.kind in PLAYERS:
        return f"a {type.kind}"
    if type.kind == "label":
        return f"a label of {type.classes} classes" if type.classes else "a label"
    if type.kind in ("boxes", "detections"):
        return f"{type.kind}, at most {type.shape[0]} for each image"
    if not type.shape:
        return "one number for each example" if type.kind != "flag" else "a flag for each example"
    noun = {"image": "an image", "vector": "a vector", "signal": "a signal"}.get(type.kind, "")
    return f"{noun or 'a value'} of shape {list(type.shape)} for each example"
