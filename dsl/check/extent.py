"""How large a value is: `[l, l]` fifty times over shares its parts; it has no end to go through."""

from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Value

LARGEST = 20_000
"""Numbers, texts, lists and calls in a value"""


def bounded(program: Program, value: Value, at: Span) -> None:
    """Refuses a list or call that is made of too many values. Reports and raises Refused."""
    if _extent(program, value) > LARGEST:
        program.problems.error(
            "AD210",
            f"this is made of more than {LARGEST:,} values",
            at,
            "what stands in it several times is counted as often",
            help="write fewer lists within lists, or calls within calls",
        )
        raise Refused()


def _extent(program: Program, value: Value) -> int:
    if not isinstance(value, tuple | Call):
        return 1
    known = program.extents.get(id(value))
    if known is None:
        parts = value if isinstance(value, tuple) else value.args.values()
        known = (value, 1 + sum(_extent(program, part) for part in parts))
        program.extents[id(value)] = known
    return known[1]
