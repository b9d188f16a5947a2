"""Which field of the data goes into which input of the network."""

from collections.abc import Mapping

from autodesign.dsl.spec import FieldType, Network

INTO = {"image": ("image",), "vector": ("vector",), "signal": ("signal",)}


class Unfed(Exception):
    """Raised where an input has no field, or one of another shape."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message, self.help = message, help


def feeds(network: Network, fields: Mapping[str, FieldType]) -> dict[str, str]:
    """For each input the field it takes: the one of its name, else the only one of its type.

    Raises Unfed.
    """
    chosen: dict[str, str] = {}
    for input_ in network.inputs:
        name = field_for(network.name, input_.name, input_.type, fields)
        given, wanted = fields[name].shape, input_.shape
        if given != wanted:
            raise Unfed(
                f"the input `{input_.name}` of `{network.name}` has shape {list(wanted)},"
                f" and the field `{name}` has {list(given)}",
                _mend(list(wanted), list(given)),
            )
        chosen[input_.name] = name
    return chosen


def field_for(network: str, input_: str, type_: str, fields: Mapping[str, FieldType]) -> str:
    """The field that an input of a type takes. Raises Unfed."""
    if input_ in fields:
        return input_
    kinds = INTO.get(type_, ("image", "vector", "signal", "tensor"))
    fitting = [name for name, field in fields.items() if field.kind in kinds]
    if len(fitting) != 1:
        many = "several fields" if fitting else "no field"
        raise Unfed(
            f"the data has {many} for the input `{input_}` of `{network}`",
            f"name the input after one of its fields: {', '.join(fitting or fields)}",
        )
    return fitting[0]


def _mend(wanted: list[int], given: list[int]) -> str:
    if len(wanted) == 3 and len(given) == 3 and wanted[0] == given[0]:
        size = f"{wanted[1]}" if wanted[1] == wanted[2] else f"{wanted[1:]}"
        return f"resize the data, as in `Resize(..., size={size})`, or change the input's sizes"
    return f"change the input's sizes to {given}, or take other data"
