"""Whether the networks of a growth can learn from a data set, at its resolution or a lower one."""

from collections.abc import Mapping
from typing import NoReturn

from autodesign.dsl.check.feeds import Unfed, field_for
from autodesign.dsl.check.growth.reading import Seeking
from autodesign.dsl.check.named import JOB, jobs_named
from autodesign.dsl.grow.grow import image_shape
from autodesign.dsl.growth import Grown, Growth
from autodesign.dsl.spec import FieldType, Input, Shape

Fields = Mapping[str, FieldType]


class Unlearnable(Exception):
    """Raised where networks cannot learn from data; `label` is said of the data."""

    def __init__(self, code: str, message: str, label: str, help: str) -> None:
        super().__init__(message)
        self.code, self.message, self.label, self.help = code, message, label, help


def check_data(at: Seeking) -> None:
    """Refuses data that do not fit the networks. Reports and raises Refused."""
    if at.program.makers:
        _refuse_made(at)
    if at.data.fields is None:
        return
    try:
        check_fields(at.growth, at.data.name, at.data.fields)
    except Unlearnable as why:
        span = at.declaration.data.span
        at.refuse(why.code, why.message, span, why.label, help=why.help)


def _refuse_made(at: Seeking) -> None:
    """Refuses data that hold what a job makes."""
    for name in jobs_named(at.data.call, JOB):
        at.refuse(
            "AD633",
            f"`{at.data.name}` holds what the job `{name}` makes, and a search takes data as they"
            " are",
            at.declaration.data.span,
            "made by a job",
            help="name data that are there before anything runs",
        )


def check_fields(growth: Growth, data: str, fields: Fields) -> None:
    """Raises Unlearnable where the networks cannot learn from the fields of `data`."""
    for grown in growth.networks:
        if grown.role == "generator":
            _check_made(grown, data, fields)
            continue
        for given in grown.network.inputs:
            try:
                name = field_for(grown.name, given.name, given.type, fields)
            except Unfed as unfed:
                _refuse("AD615", unfed.message, unfed.help)
            _check_field(grown, given, name, fields[name])


def _refuse(code: str, message: str, help: str, label: str = "searched on these data") -> NoReturn:
    raise Unlearnable(code, message, label, help)


def _check_made(grown: Grown, data: str, fields: Fields) -> None:
    """Refuses a generator of images for data without them; a discriminator says the rest."""
    shape = image_shape(grown, grown.network)
    kinds = {field.kind for field in fields.values()}
    if shape is not None and "image" not in kinds:
        _refuse(
            "AD615",
            f"`{grown.name}` makes images, and `{data}` has none to learn from",
            "name data with images, such as `FashionMNIST()`",
            f"its fields are {', '.join(fields) or 'none'}",
        )


def _check_field(grown: Grown, given: Input, name: str, field: FieldType) -> None:
    shape, wanted = field.shape, given.shape
    if shape == wanted or _averaged(shape, wanted):
        return
    if len(shape) == 3 and len(wanted) == 3 and shape[0] != wanted[0]:
        _refuse(
            "AD615",
            f"`{grown.name}` takes images of {_channels(wanted)}, and `{name}` has"
            f" {_channels(shape)}",
            f"write image[{shape[0]}, {wanted[1]}, {wanted[2]}] in the growth, or take other data",
            f"images of shape {list(shape)}",
        )
    if len(shape) == 3 and len(wanted) == 3:
        _refuse(
            "AD616",
            f"images of {shape[1]} x {shape[2]} cannot be brought to {wanted[1]} x {wanted[2]} by"
            " halving them",
            _sizes(shape, wanted),
            f"`{grown.name}` begins at {wanted[1]} x {wanted[2]}",
        )
    _refuse(
        "AD615",
        f"the input `{given.name}` of `{grown.name}` has shape {list(wanted)}, and the field"
        f" `{name}` has {list(shape)}",
        f"change the input's sizes to {list(shape)}, or take other data",
    )


def _averaged(shape: Shape, wanted: Shape) -> bool:
    """Whether images become so small by halving their sides."""
    if len(shape) != 3 or len(wanted) != 3 or shape[0] != wanted[0]:
        return False
    ratio = shape[1] // wanted[1]
    exact = wanted[1] * ratio == shape[1] and wanted[2] * ratio == shape[2]
    return exact and ratio & (ratio - 1) == 0


def _channels(shape: Shape) -> str:
    return f"{shape[0]} channel{'s' if shape[0] != 1 else ''}"


def _sizes(shape: Shape, wanted: Shape) -> str:
    size = wanted[1]
    while size < shape[1]:
        size *= 2
    return (
        f"bring the data to {size} x {size}, as in `Resize(..., size={size})`, or let the networks"
        " begin at another size"
    )
