"""Which field of the data goes into which input of the network."""

from collections.abc import Mapping

from autodesign.dsl.spec import FieldType, Input, Network

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
        name = _field_for(network, input_, fields)
        given, wanted = fields[name].shape, input_.shape
        if given != wanted:
            raise Unfed(
                f"the input `{input_.name}` of `{network.name}` has shape {list(wanted)},"
                f" and the field `{name}` has {list(given)}",
                _mend(list(wanted), list(given)),
            )
        chosen[input_.name] = name
    return chosen


def _field_for(network: Network, input_: Input, fields: Mapping[str, FieldType]) -> str:
    if input_.name in fields:
        return input_.name
    kinds = INTO.get(input_.type, ("image", "vector", "signal", "tensor"))
    fitting = [name for name, field in fields.items() if field.kind in kinds]
    if len(fitting) != 1:
        many = "several fields" if fitting else "no field"
        raise Unfed(
            f"the data has {many} for the input `{input_.name}` of `{network.name}`",
            f"name the input after one of its fields: {', '.join(fitting or fields)}",
        )
    return fitting[0]


def _mend(wanted: list[int], given: list[int]) -> str:
    if len(wanted) == 3 and len(given) == 3 and wanted[0] == given[0]:
        size = f"{wanted[1]}" if wanted[1] == wanted[2] else f"{wanted[1:]}"
        return f"resize the data, as in `Resize(..., size={size})`, or change the input's sizes"
    return f"change the input's sizes to {given}, or take other data"
