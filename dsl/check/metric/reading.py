"""Where an expression of a metric stands, and the mistakes that can be made there."""

from dataclasses import dataclass, field, replace

from autodesign.dsl import formula as f
from autodesign.dsl.check.metric.values import Value
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.refusing import Refusing
from autodesign.dsl.derive.variables import Fresh
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import Entry, Scope
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

LARGEST = 20_000
"""Parts of a formula; lets and calls that multiply beyond are refused."""


@record
class Bound:
    """A loop variable: its name in the formula and the dimension it ranges over"""

    variable: str
    dim: str | None


@dataclass(slots=True)
class Shared:
    """What a metric and those it calls share: variables taken, parts made so far."""

    variables: set[str] = field(default_factory=set)
    parts: int = 0
    trail: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Reading(Refusing):
    """The names a metric's expressions can use, and the dimensions they mean.

    `dims` maps the metric's own names of dimensions to those of the metric that is checked (they
    differ in a metric that is called). `families` are those of an explicit form, by binary name.
    """

    program: Program
    scope: Scope
    shared: Shared
    values: dict[str, Value] = field(default_factory=dict)
    dims: dict[str, str] = field(default_factory=dict)
    lets: dict[str, ast.LetItem] = field(default_factory=dict)
    loops: dict[str, Bound] = field(default_factory=dict)
    families: dict[str, f.Family] = field(default_factory=dict)
    domains: dict[str, Bound] = field(default_factory=dict)

    def within(self, name: str, bound: Bound) -> "Reading":
        """The same place inside a loop over `name`."""
        return replace(self, loops={**self.loops, name: bound})

    def fresh(self, name: str) -> str:
        """A variable's name that no other variable of the metric has."""
        candidate, number = name, 2
        while candidate in self.shared.variables:
            candidate, number = f"{name}{number}", number + 1
        self.shared.variables.add(candidate)
        return candidate

    def names(self) -> Fresh:
        """Gives such names to formulas that are made of formulas."""
        fresh = Fresh(())
        fresh.taken = self.shared.variables
        return fresh

    def count(self, span: Span) -> None:
        """Counts one more part of the formula; refuses one that grows without measure."""
        self.shared.parts += 1
        if self.shared.parts > LARGEST:
            self.refuse(
                "AD412",
                f"this metric grows to more than {LARGEST:,} parts",
                span,
                "while its lets and calls are put in",
                help="nest fewer lets and calls in each other",
            )
