"""Draws: batches of examples from data, under names; and what is placed for them at random."""

from collections.abc import Mapping, Sequence

from autodesign.dsl.check.pipeline.operations import placement, refuse_source
from autodesign.dsl.check.pipeline.read import read
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.check.reach import names_in
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.pipeline import Draw, Drawn
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.spec import Data, FieldType
from autodesign.dsl.syntax import ast


def read_draws(at: Reading) -> None:
    """Enters what is drawn, then what is placed with it; what is refused is None."""
    placed: list[tuple[ast.DrawItem, ast.Call, Entry]] = []
    for item in at.items.draws:
        for name in item.names:
            at.made.setdefault(name.id, None)
        try:
            found = _placement(at, item.source)
            if found is not None:
                placed.append((item, *found))
            else:
                _draw(at, item, _data(at, item))
        except Refused:
            continue
    for item, call, entry in placed:
        try:
            _place(at, item, call, entry)
        except Refused:
            continue


def _placement(at: Reading, source: ast.Expr) -> tuple[ast.Call, Entry] | None:
    call = source if isinstance(source, ast.Call) else ast.Call(source.span, source, (), ())
    name = call.function
    if not isinstance(name, ast.Name) or name.id in at.data or name.id in at.env.locals:
        return None
    entry = at.env.scope.find(name.id)
    if entry is not None and entry.kind == "placement":
        return call, entry
    return None


def _place(at: Reading, item: ast.DrawItem, call: ast.Call, entry: Entry) -> None:
    if len(item.names) != 1:
        at.refuse(
            "AD534",
            f"{entry.declaration.name.id} places one thing, and {len(item.names)} names are drawn",
            item.names[1].span,
            "one too many",
            help=f"write `draw {item.names[0].id} from {entry.declaration.name.id}(...)`",
        )
    for expr in (*call.args, *(keyword.value for keyword in call.keywords)):
        if any(at.items.names.get(name) in ("let", "player") for name in names_in(expr)):
            refuse_source(at, entry, expr.span)
    at.made[item.names[0].id] = placement(at, call, entry, read, item.names[0].id)


def _data(at: Reading, item: ast.DrawItem) -> Data:
    """The data set that is drawn from. Reports and raises Refused."""
    name = item.source
    if isinstance(name, ast.Name):
        if name.id in at.data:
            return at.data[name.id]
        entry = None if name.id in at.env.locals else at.env.scope.find(name.id)
        if entry is not None and isinstance(entry.declaration, ast.DataDeclaration):
            data = at.program.data(entry)
            if data is None:
                raise Refused()
            return data
    choices = [*at.data, *at.env.scope.names(("data", "placement"))]
    at.refuse(
        "AD518",
        "a draw is from a data set that is a parameter or declared with `data`",
        name.span,
        "this is something else",
        help=(did_you_mean(name.id, choices) if isinstance(name, ast.Name) else "")
        or "write `pipeline P(photos: data) { draw x from photos ... }`",
    )


def _draw(at: Reading, item: ast.DrawItem, data: Data) -> None:
    if data.fields is None:
        at.refuse(
            "AD519",
            f"the fields of `{data.name}` are not known before it is loaded",
            item.source.span,
            "the sizes of all players follow from them",
            help="give its images a size, as in `Resize(..., size=64)`, or take another source",
        )
    fields = _fields(at, item, data, data.fields)
    draw = len(at.draws)
    names = tuple(name.id for name in item.names)
    at.draws.append(Draw(names, data, fields, item.span))
    for name, field in zip(item.names, fields, strict=True):
        at.made[name.id] = at.add(Drawn(draw, field), data.fields[field], name)
    images = [n for n, f in zip(names, fields, strict=True) if data.fields[f].kind == "image"]
    for drawn, field in zip(names, fields, strict=True):
        boxes, image = at.made[drawn], at.made[images[0]] if images else None
        if data.fields[field].kind == "boxes" and boxes is not None and image is not None:
            at.companions[boxes] = image


def _fields(
    at: Reading, item: ast.DrawItem, data: Data, fields: Mapping[str, FieldType]
) -> tuple[str, ...]:
    """The field of each name: the one of that name, else the next that no name has."""
    own = {name.id for name in item.names if name.id in fields}
    others = iter([field for field in fields if field not in own])
    chosen: list[str] = []
    for name in item.names:
        field = name.id if name.id in own else next(others, None)
        if field is None:
            _refuse_field(at, name, data, list(fields), item.names)
        else:
            chosen.append(field)
    return tuple(chosen)


def _refuse_field(
    at: Reading, name: ast.Name, data: Data, fields: Sequence[str], names: Sequence[ast.Name]
) -> None:
    at.refuse(
        "AD530",
        f"there is no field left for `{name.id}`: `{data.name}` has {', '.join(fields)}",
        name.span,
        f"{len(names)} names, and {len(fields)} fields",
        help=did_you_mean(name.id, fields) or "leave it out, or draw a second time for it",
    )
