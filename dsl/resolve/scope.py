"""Names and what they mean: every declaration together with the scope its own names live in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autodesign.dsl.diagnostics.diagnostic import Label, Problems
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

KINDS: dict[type, str] = {
    ast.ParamDeclaration: "param",
    ast.DataDeclaration: "data",
    ast.BlockDeclaration: "block",
    ast.NetworkDeclaration: "network",
    ast.MetricDeclaration: "metric",
    ast.PipelineDeclaration: "pipeline",
    ast.ShortPipeline: "pipeline",
    ast.GrowthDeclaration: "growth",
    ast.TrainDeclaration: "train",
    ast.SearchDeclaration: "search",
    ast.SweepDeclaration: "sweep",
}
GUESSES = 200
"""Problems of a file after which near names are no longer looked for: it takes their square."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A declaration, the scope it was written in, and for a library's the module's name."""

    declaration: ast.AnyDeclaration
    scope: "Scope"
    module: str | None = None

    @property
    def kind(self) -> str:
        """What users call it: "param", "block", "network", or the kind of an extern ("layer")."""
        if isinstance(self.declaration, ast.ExternDeclaration):
            return self.declaration.kind.id
        return KINDS[type(self.declaration)]


@dataclass(slots=True, eq=False)
class Scope:
    """The names of one file: its own, those it takes with `use`, and the prelude behind them.

    `lost` holds names whose `use` failed: they are not reported a second time where they are used.
    """

    own: dict[str, Entry] = field(default_factory=dict)
    taken: dict[str, tuple[Entry, Span]] = field(default_factory=dict)
    prelude: Mapping[str, Entry] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)

    def find(self, name: str) -> Entry | None:
        """The entry of a name, which thereby counts as used."""
        self.used.add(name)
        if name in self.own:
            return self.own[name]
        if name in self.taken:
            return self.taken[name][0]
        return self.prelude.get(name)

    def names(self, kinds: tuple[str, ...] = ()) -> Iterator[str]:
        """All names, or those of the given kinds."""
        for name, entry in self.own.items():
            if not kinds or entry.kind in kinds:
                yield name
        for name, (entry, _) in self.taken.items():
            if not kinds or entry.kind in kinds:
                yield name
        for name, entry in self.prelude.items():
            if not kinds or entry.kind in kinds:
                yield name


def declare(scope: Scope, file: ast.File, module: str | None, problems: Problems) -> None:
    """Enters a file's declarations into its scope; the first of two of one name stands."""
    for declaration in file.declarations:
        name = declaration.name
        first = scope.own.get(name.id)
        if first is not None:
            twice(problems, name, first.declaration.name.span)
            continue
        scope.own[name.id] = Entry(declaration, scope, module)


def twice(problems: Problems, name: ast.Name, first: Span) -> None:
    problems.error(
        "AD202",
        f"`{name.id}` is declared twice",
        name.span,
        "declared again here",
        related=[Label(first, "first declared here")],
        help="give one of the two another name",
    )


def unknown(
    problems: Problems, name: ast.Name, scope: Scope, kinds: tuple[str, ...], wanted: str
) -> None:
    """Says that a name is not declared, with the nearest names of the wanted kinds."""
    if name.id in scope.lost:
        return
    known = scope.names(kinds) if len(problems.found) < GUESSES else ()
    guess = did_you_mean(name.id, known)
    problems.error(
        "AD201",
        f"I cannot find {wanted} named `{name.id}`",
        name.span,
        "not declared",
        help=guess or f"declare `{name.id}`, or take it from a library with `use`",
    )


def with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def wrong_kind(
    problems: Problems, name: ast.Name, entry: Entry, wanted: str, help: str = ""
) -> None:
    """Says that a name means something of another kind than is needed here."""
    is_a = with_article("data source" if entry.kind == "data" else entry.kind)
    own = entry.module is None
    problems.error(
        "AD203",
        f"`{name.id}` is {is_a}, and {wanted} is needed here",
        name.span,
        f"this is {is_a}",
        related=[Label(entry.declaration.name.span, "declared here")] if own else [],
        help=help or f"name {wanted} here",
    )
