"""What a pipeline is made of, by name; lets in an order in which each comes after those it uses."""

from collections.abc import Iterator, Mapping

from autodesign.dsl.check.program import Program
from autodesign.dsl.check.reach import names_in
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import Entry, twice
from autodesign.dsl.syntax import ast

NOUNS = {"draw": "what is drawn", "let": "a let", "player": "a player", "param": "a parameter"}


@record
class Structure:
    """The items of a pipeline. `names` says of each name what it is: a draw, let, player, param.

    `lets` leaves out those that go round in a circle (reported); they stay among the names.
    """

    declaration: ast.PipelineDeclaration
    names: Mapping[str, str]
    draws: tuple[ast.DrawItem, ...]
    players: tuple[ast.PlayerItem, ...]
    lets: tuple[ast.LetItem, ...]
    goals: tuple[ast.GoalItem, ...]
    phases: tuple[ast.PretrainItem, ...]
    outputs: tuple[ast.OutputItem, ...]


def structure(program: Program, entry: Entry) -> Structure:
    """The structure of a declared pipeline; names that are taken twice and circles are reported."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.PipelineDeclaration)
    items = declaration.items
    lets = {item.name.id: item for item in items if isinstance(item, ast.LetItem)}
    return Structure(
        declaration,
        _names(program, declaration),
        tuple(item for item in items if isinstance(item, ast.DrawItem)),
        tuple(item for item in items if isinstance(item, ast.PlayerItem)),
        tuple(_ordered(program, lets)),
        tuple(item for item in items if isinstance(item, ast.GoalItem)),
        tuple(item for item in items if isinstance(item, ast.PretrainItem)),
        tuple(item for item in items if isinstance(item, ast.OutputItem)),
    )


def _names(program: Program, declaration: ast.PipelineDeclaration) -> dict[str, str]:
    kinds: dict[str, str] = {}
    first: dict[str, ast.Name] = {}
    for name, kind in _named(declaration):
        if name.id in first:
            twice(program.problems, name, first[name.id].span)
        else:
            first[name.id], kinds[name.id] = name, kind
    return kinds


def _named(declaration: ast.PipelineDeclaration) -> Iterator[tuple[ast.Name, str]]:
    for param in declaration.params:
        yield param.name, "param"
    for item in declaration.items:
        if isinstance(item, ast.DrawItem):
            yield from ((name, "draw") for name in item.names)
        elif isinstance(item, ast.PlayerItem):
            yield item.name, "player"
        elif isinstance(item, ast.LetItem):
            yield item.name, "let"


def _ordered(program: Program, lets: Mapping[str, ast.LetItem]) -> Iterator[ast.LetItem]:
    """The lets, each after those that it uses. Without recursion: there may be thousands."""
    done: set[str] = set()
    lost: set[str] = set()
    for name in lets:
        path: dict[str, Iterator[str]] = {}
        _open(path, lets, name, done)
        while path:
            current = next(reversed(path))
            used = next(path[current], None)
            if used is None:
                path.pop(current)
                done.add(current)
                if current not in lost:
                    yield lets[current]
            elif used in path:
                round_ = list(path)[list(path).index(used) :]
                lost.update(round_)
                _refuse_circle(program, lets, round_)
            else:
                _open(path, lets, used, done)


def _open(
    path: dict[str, Iterator[str]], lets: Mapping[str, ast.LetItem], name: str, done: set[str]
) -> None:
    if name not in done:
        used = dict.fromkeys(n for n in names_in(lets[name].value) if n in lets)
        path[name] = iter(used)


def _refuse_circle(program: Program, lets: Mapping[str, ast.LetItem], circle: list[str]) -> None:
    first, *others = sorted((lets[name] for name in circle), key=lambda item: item.span.start)
    program.problems.error(
        "AD506",
        f"the let `{first.name.id}` needs itself",
        first.name.span,
        "declared here",
        related=[Label(item.name.span, "needed on the way round") for item in others[:8]],
        help="write one of them without the others; what earlier steps gave is `history(v, n)`",
    )
