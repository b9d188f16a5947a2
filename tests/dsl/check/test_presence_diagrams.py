"""Decision diagrams and the greatest value of a sum of them, against tables of all decisions."""

from collections.abc import Callable
from itertools import product
from operator import add

from hypothesis import given, settings
from hypothesis import strategies as st

from autodesign.dsl.check.presence.diagrams import Diagrams
from autodesign.dsl.check.presence.optimum import greatest

WIDTHS = [2, 3, 2, 2]
POINTS = list(product(*map(range, WIDTHS)))
Table = dict[tuple[int, ...], int]
PLENTY = 10**6

truths = st.lists(st.booleans(), min_size=len(POINTS), max_size=len(POINTS))
tables = truths.map(lambda drawn: dict(zip(POINTS, map(int, drawn), strict=True)))
weighted = st.lists(st.tuples(tables, st.integers(-9, 9)), min_size=1, max_size=6)
some = settings(max_examples=100, deadline=None)


def made(diagrams: Diagrams, table: Table, point: tuple[int, ...] = ()) -> int:
    if len(point) == len(WIDTHS):
        return diagrams.constant(table[point])
    children = [made(diagrams, table, (*point, v)) for v in range(WIDTHS[len(point)])]
    return diagrams.branch(len(point), tuple(children))


def read(diagrams: Diagrams, diagram: int, point: tuple[int, ...]) -> int:
    while (value := diagrams.value(diagram)) is None:
        variable, *children = diagrams.nodes[diagram]
        diagram = children[point[variable]]
    return value


@some
@given(tables, tables)
def test_an_operation_is_applied_at_every_point(a: Table, b: Table) -> None:
    diagrams = Diagrams(PLENTY)
    one, other = made(diagrams, a), made(diagrams, b)
    operations: list[Callable[[int, int], int]] = [min, max, add]
    for operation in operations:
        result = diagrams.apply(operation, one, other)
        assert result == made(diagrams, {p: operation(a[p], b[p]) for p in POINTS})


@some
@given(tables, st.integers(2, 9), st.integers(0, 3))
def test_scaling_and_fixing(table: Table, factor: int, variable: int) -> None:
    diagrams = Diagrams(PLENTY)
    diagram = made(diagrams, table)
    scaled = diagrams.scale(diagram, factor)
    for p in POINTS:
        fixed = diagrams.fix(diagram, variable, p[variable])
        assert read(diagrams, scaled, p) == factor * table[p]
        assert read(diagrams, fixed, p) == table[p]
        assert not diagrams.support[fixed] >> variable & 1


@some
@given(weighted)
def test_greatest_sum_is_that_over_all_points(terms: list[tuple[Table, int]]) -> None:
    diagrams = Diagrams(PLENTY)
    total: dict[int, int] = {}
    for table, weight in terms:
        diagram = made(diagrams, table)
        total[diagram] = total.get(diagram, 0) + weight
    best = max(sum(w * table[p] for table, w in terms) for p in POINTS)
    assert greatest(diagrams, total, WIDTHS) == (best, True)


@some
@given(weighted, st.integers(0, 60))
def test_greatest_sum_without_room_is_a_bound(terms: list[tuple[Table, int]], room: int) -> None:
    diagrams = Diagrams(PLENTY)
    total: dict[int, int] = {}
    for table, weight in terms:
        diagram = made(diagrams, table)
        total[diagram] = total.get(diagram, 0) + weight
    best = max(sum(w * table[p] for table, w in terms) for p in POINTS)
    diagrams.forget(len(diagrams.nodes), room)
    found, exact = greatest(diagrams, total, WIDTHS)
    assert found >= best
    assert found == best or not exact


@some
@given(weighted)
def test_taking_back_leaves_what_was_there_before(terms: list[tuple[Table, int]]) -> None:
    diagrams = Diagrams(PLENTY)
    kept = [made(diagrams, table) for table, _ in terms]
    size = len(diagrams.nodes)
    greatest(diagrams, {d: 1 + i for i, d in enumerate(kept)}, WIDTHS)
    diagrams.forget(size, PLENTY)
    assert len(diagrams.nodes) == len(diagrams.unique) == size
    assert [made(diagrams, table) for table, _ in terms] == kept
