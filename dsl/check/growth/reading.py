"""What is known of a search while its clauses are read."""

from dataclasses import dataclass

from autodesign.dsl.check.program import Program
from autodesign.dsl.check.refusing import Refusing
from autodesign.dsl.check.terms import Subject
from autodesign.dsl.check.values import Env
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.growth import Architecture, Grown, Growth
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.spec import Data
from autodesign.dsl.syntax import ast


@dataclass(frozen=True, slots=True, eq=False)
class Seeking(Refusing):
    """A search whose growth and data are known. `first`: the architecture that it begins with."""

    program: Program
    env: Env
    declaration: ast.SearchDeclaration
    entry: Entry
    growth: Growth
    data: Data
    first: Architecture

    @property
    def subject(self) -> Subject | None:
        """What losses and metrics speak of: the outputs of the only network, and the data."""
        networks = self.growth.networks
        if len(networks) != 1 or networks[0].role != "network":
            return None
        return Subject.of(networks[0].network, self.data)

    def written(self, kind: type) -> list[ast.SearchItem]:
        """The clauses of a kind, in order."""
        return [item for item in self.declaration.items if isinstance(item, kind)]

    def with_role(self, role: str) -> list[Grown]:
        return [grown for grown in self.growth.networks if grown.role == role]


def errors(program: Program) -> int:
    return sum(found.severity == "error" for found in program.problems.found)


def only(at: Seeking, kind: type, keyword: str) -> ast.SearchItem | None:
    """The only clause of a kind; a second one is refused."""
    found = at.written(kind)
    if len(found) > 1:
        at.refuse(
            "AD709",
            f"`{keyword}` is said twice",
            found[1].span,
            "again here",
            related=(Label(found[0].span, "first here"),),
            help="leave one of the two out",
        )
    return found[0] if found else None
