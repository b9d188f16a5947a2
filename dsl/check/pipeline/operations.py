"""Operations and placements: what they are given, and what the library's rules make of it."""

from collections.abc import Callable, Mapping
from typing import NoReturn

from autodesign.dsl.check.arguments import match
from autodesign.dsl.check.measures import arguments
from autodesign.dsl.check.misfit import place, refused
from autodesign.dsl.check.pipeline.kinds import INPUTS, described, takes
from autodesign.dsl.check.pipeline.players import actor_of, apply
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.library import Misfit
from autodesign.dsl.pipeline import Drawn, Index, Operation, Placed
from autodesign.dsl.resolve.scope import Entry, with_article
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, FieldType
from autodesign.dsl.syntax import ast

Read = Callable[[Reading, ast.Expr], Index]
Sizes = dict[str, tuple[int, Span]]
Given = dict[str, tuple[Index, Span]]
LIKE = "like"
"""An input left out under this name is the image that boxes were drawn or placed with."""


def operation(at: Reading, expr: ast.Call, entry: Entry, read: Read) -> Index:
    """The value of an operation. Reports and raises Refused."""
    call, given, written = _bound(at, expr, entry, read)
    types = {name: at.type(index) for name, (index, _) in given.items()}
    try:
        type, applied = at.program.library.operation(call.module, call.name, types, call.args)
    except Misfit as misfit:
        raise refused(
            at.program, misfit, call.name, place(misfit, written, expr.span), "", "AD531"
        ) from None
    for name, sources in applied.items():
        apply(at, actor_of(at, given[name][0]), sources, expr.span)
    return at.add(Operation(call, _inputs(given)), type, expr)


def placement(at: Reading, expr: ast.Call, entry: Entry, read: Read, draw: object) -> Index:
    """What is placed at random for each example of a draw. Reports and raises Refused."""
    call, given, written = _bound(at, expr, entry, read)
    for index, span in given.values():
        if not isinstance(at.value(index).made, Drawn):
            refuse_source(at, entry, span)
    types = {name: at.type(index) for name, (index, _) in given.items()}
    try:
        type = at.program.library.placement(call.module, call.name, types, call.args)
    except Misfit as misfit:
        raise refused(
            at.program, misfit, call.name, place(misfit, written, expr.span), "", "AD531"
        ) from None
    placed = at.add(Placed(call, _inputs(given)), type, expr, apart=draw)
    if "on" in given:
        at.companions[placed] = given["on"][0]
    return placed


def refuse_source(at: Reading, entry: Entry, span: Span) -> NoReturn:
    """Refuses a placement of what is not drawn from data."""
    at.refuse(
        "AD534",
        f"{entry.declaration.name.id} places with what is drawn from data",
        span,
        "this is not drawn from data",
        help="name what a `draw ... from` a data set gives",
    )


def _inputs(given: Given) -> tuple[tuple[str, Index], ...]:
    return tuple((name, index) for name, (index, _) in given.items())


def _bound(
    at: Reading, expr: ast.Call, entry: Entry, read: Read
) -> tuple[Call, Given, Mapping[str, list[ast.Expr]]]:
    """The call with its arguments, its inputs by parameter, and where all are written."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.ExternDeclaration)
    inputs = [param for param in declaration.params if _is_input(param)]
    written = match(at.program, entry, declaration.params, expr, {})
    sizes: Sizes = {}
    given: Given = {}
    for param in inputs:
        exprs = written.get(param.name.id, ())
        if exprs and isinstance(exprs[0], ast.NoneValue):
            if param.default is None:
                _refuse_type(at, entry, param, "none", exprs[0].span)
        elif exprs:
            index = read(at, exprs[0])
            _fit(at, entry, param, at.type(index), exprs[0].span, sizes)
            given[param.name.id] = (index, exprs[0].span)
    _add_companion(at, inputs, given)
    call = arguments(at.program, at.env, entry, expr, inputs, written)
    return call, given, written


def _is_input(param: ast.Param) -> bool:
    names = param.type.names if param.type else ()
    return any(name.name in INPUTS for name in names)


def _add_companion(at: Reading, inputs: list[ast.Param], given: Given) -> None:
    """The image of the boxes that are given, where it is asked for and left out."""
    if LIKE in given or not any(param.name.id == LIKE for param in inputs):
        return
    for index, span in list(given.values()):
        if index in at.companions:
            given[LIKE] = (at.companions[index], span)
            return


def _fit(
    at: Reading, entry: Entry, param: ast.Param, type: FieldType, span: Span, sizes: Sizes
) -> None:
    """Refuses a value that fits none of the parameter's types; binds its sizes."""
    assert param.type is not None
    fitting = [name for name in param.type.names if takes(name.name, type)]
    for name in fitting:
        if not name.dims:
            return
        if len(name.dims) == len(type.shape):
            _bind(at, entry, name, type, span, sizes)
            return
    _refuse_type(at, entry, param, described(type), span)


def _bind(
    at: Reading, entry: Entry, name: ast.TypeName, type: FieldType, span: Span, sizes: Sizes
) -> None:
    for dim, size in zip(name.dims, type.shape, strict=True):
        wanted, where = size, span
        if isinstance(dim, ast.Number):
            wanted = int(dim.value)
        elif isinstance(dim, ast.Name):
            wanted, where = sizes.setdefault(dim.id, (size, span))
        if wanted != size:
            at.refuse(
                "AD512",
                f"{entry.declaration.name.id} needs the same sizes in both: {wanted} and {size}"
                if where != span
                else f"{entry.declaration.name.id} needs the size {wanted} here, not {size}",
                span,
                f"this is {described(type)}",
                related=(Label(where, "the other one"),) if where != span else (),
                help="bring both to the same sizes",
            )


def _refuse_type(at: Reading, entry: Entry, param: ast.Param, given: str, span: Span) -> NoReturn:
    assert param.type is not None
    words = " or ".join(_said(name) for name in param.type.names if name.name != "none")
    at.refuse(
        "AD516",
        f"`{param.name.id}` of {entry.declaration.name.id} takes {words}",
        span,
        f"this is {given}",
        help=f"give it {words}",
    )


def _said(name: ast.TypeName) -> str:
    words = {
        "number": "one number for the whole batch",
        "tensor": "numbers for each example",
        "scores": "scores for each example",
        "boxes": "boxes",
        "detections": "detections",
    }
    return words.get(name.name) or with_article(name.name)
