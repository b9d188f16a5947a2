"""Where an expression of a pipeline stands: the names it can speak of, and what they are so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autodesign.dsl.check.pipeline.structure import Structure
from autodesign.dsl.check.pipeline.values import MOST_SUMMANDS, Summand, Values
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.refusing import Refusing
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.pipeline import Draw, Index, Made, StepValue
from autodesign.dsl.spec import Data, FieldType
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr

if TYPE_CHECKING:
    from autodesign.dsl.check.pipeline.players import Actor

MOST_VALUES = 30_000
"""Values of all pipelines of a file, each counted in every job that plays it"""
LONGEST = 300
"""Characters of an expression that is shown as it is written."""


@dataclass(slots=True)
class Reading(Refusing):
    """A pipeline with its arguments, as far as it has been read.

    `made` holds the places of the draws and lets by name (None: refused, and reported), `actors`
    the players in their order. Other names are looked up in `env`, which is `home` but in the
    reports of a job. `companions` are the images that boxes were drawn or placed with, `names`
    those of the lets by what they are.
    """

    program: Program
    env: Env
    home: Env
    items: Structure
    data: Mapping[str, Data]
    values: Values = field(default_factory=Values)
    draws: list[Draw] = field(default_factory=list)
    actors: dict[str, "Actor"] = field(default_factory=dict)
    made: dict[str, Index | None] = field(default_factory=dict)
    companions: dict[Index, Index] = field(default_factory=dict)
    names: dict[Index, str] = field(default_factory=dict)

    def add(self, made: Made, type: FieldType, at: ast.Expr, apart: object = None) -> Index:
        """A value of the step, written at a place. Refuses one too many."""
        if self.program.values_made > MOST_VALUES:
            raise Refused()  # said once
        before = len(self.values.all)
        index = self.values.add(made, type, text(at), at.span, apart)
        self.program.values_made += len(self.values.all) - before
        if self.program.values_made > MOST_VALUES:
            self.refuse(
                "AD529",
                f"the steps of this file's pipelines have more than {MOST_VALUES:,} values",
                at.span,
                "while this one is worked out",
                help="write fewer lets and terms, or fewer jobs",
            )
        return index

    def value(self, index: Index) -> StepValue:
        return self.values[index]

    def summands(self, index: Index, at: ast.Expr, what: str) -> list[Summand]:
        """A number as a sum of values times constants. Refuses one of too many."""
        found = self.values.summands(index)
        if found is None:
            self.refuse(
                "AD529",
                f"{what} has more than {MOST_SUMMANDS:,} terms",
                at.span,
                "when its lets are put in",
                help="write fewer terms",
            )
        return found

    def type(self, index: Index) -> FieldType:
        return self.values[index].type


def text(expr: ast.Expr) -> str:
    """An expression on one line; the beginning of a long one."""
    if expr.span.end - expr.span.start <= LONGEST:
        return print_expr(expr)
    return " ".join(expr.span.text[:60].split()) + " ..."
