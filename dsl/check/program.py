"""What all checks of one spec share: its problems, its library, and values worked out once."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, cast

from autodesign.dsl import formula, spec
from autodesign.dsl.diagnostics.diagnostic import Label, Problems
from autodesign.dsl.resolve.modules import Modules
from autodesign.dsl.resolve.scope import Entry, Scope
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast

if TYPE_CHECKING:
    from autodesign.dsl.check.values import Env
    from autodesign.dsl.growth import Growth, Search
    from autodesign.dsl.pipeline import PipelineJob


DEEPEST = 50
"""Blocks and networks that may be nested in each other."""


class Program:
    """The state of one check. Everything in it is computed at most once."""

    def __init__(self, modules: Modules, settings: Mapping[str, str]) -> None:
        self.modules = modules
        self.library = modules.library
        self.problems = modules.problems
        self.settings = settings
        self.pinned: Mapping[Entry, spec.Value] = {}
        self.empty_scope = Scope()
        self.params: dict[Entry, spec.Param | None] = {}
        self.networks: dict[tuple[object, ...], spec.Network | None] = {}
        self.defaults: dict[int, spec.Value] = {}
        self.open_networks: list[tuple[object, ...]] = []
        self.sizes: dict[int, int] = {}
        self.extents: dict[int, tuple[spec.Value, int]] = {}
        self._calls: dict[Entry, spec.Call | None] = {}
        self._open: list[Entry] = []
        self._metrics: dict[Entry, formula.Metric | None] = {}
        self._data: dict[Entry, spec.Data | None] = {}
        self._jobs: dict[Entry, spec.Job | None] = {}
        self._growths: dict[Entry, Growth | None] = {}
        self._searches: dict[Entry, Search | None] = {}
        self.structures: dict[Entry, object] = {}
        self.makers: dict[str, PipelineJob] = {}
        self.extractors: dict[str, spec.Train] = {}
        self.values_made = 0

    def param(self, entry: Entry) -> spec.Value:
        """The value in force of a declared param. Raises Refused where it has none."""
        from autodesign.dsl.check.params import check_param
        from autodesign.dsl.check.values import Refused

        self._refuse_circle(entry)
        if entry not in self.params:
            self._open.append(entry)
            self.params[entry] = check_param(self, entry)
            self._open.pop()
        found = self.params[entry]
        if found is None:
            raise Refused()
        return found.value

    def pin(
        self, values: Mapping[Entry, spec.Value], keep: Callable[[Entry], bool], problems: Problems
    ) -> "Program":
        """The same file with other values of some params, and problems of its own.

        What was worked out for an entry stays known where `keep` says that it is still so.
        """
        other = Program(self.modules, self.settings)
        other.pinned, other.problems = values, problems
        other.defaults, other.structures = self.defaults, self.structures
        other.makers, other.extractors = dict(self.makers), dict(self.extractors)
        other.networks = {k: v for k, v in self.networks.items() if keep(cast(Entry, k[0]))}
        other._calls = {k: v for k, v in self._calls.items() if keep(k)}
        other._metrics = {k: v for k, v in self._metrics.items() if keep(k)}
        other._data = {k: v for k, v in self._data.items() if keep(k)}
        return other

    def data_call(self, entry: Entry) -> spec.Call:
        """The source a `data` declaration names. Raises Refused where it is not one."""
        from autodesign.dsl.check.values import Env, Refused, evaluate

        self._refuse_circle(entry)
        if entry not in self._calls:
            self._calls[entry] = None
            self._open.append(entry)
            declaration = entry.declaration
            assert isinstance(declaration, ast.DataDeclaration)
            try:
                value = evaluate(self, Env(entry.scope), declaration.source)
            finally:
                self._open.pop()
            if not isinstance(value, spec.Call) or value.kind != "data":
                self.problems.error(
                    "AD203",
                    f"`{declaration.name.id}` is not given a data source",
                    declaration.source.span,
                    "a data source is needed here",
                    help="name one, as in `Digits()`",
                )
                raise Refused()
            self._calls[entry] = value
        found = self._calls[entry]
        if found is None:
            raise Refused()
        return found

    def _refuse_circle(self, entry: Entry) -> None:
        """Reports a param, data set or job that is needed to work itself out, raises Refused."""
        from autodesign.dsl.check.values import Refused

        if entry in self._open:
            name = entry.declaration.name
            train = entry.kind == "train"
            self.problems.error(
                "AD228",
                f"the {'job' if train else entry.kind} `{name.id}` needs itself",
                name.span,
                "declared here",
                related=[
                    Label(other.declaration.name.span, "needed on the way round")
                    for other in self._open[self._open.index(entry) + 1 :]
                ],
                help=f"give `{name.id}` {'other data' if train else 'a value of its own'}",
            )
            raise Refused()

    def data(self, entry: Entry) -> spec.Data | None:
        """The data set a `data` declaration declares, or None where it is refused."""
        from autodesign.dsl.check.data import check_data

        if entry not in self._data:
            self._data[entry] = check_data(self, entry)
        return self._data[entry]

    def job(self, entry: Entry) -> "spec.Job | None":
        """The job a `train` declares, or None where it is refused."""
        from autodesign.dsl.check.jobs import check_job

        self._refuse_circle(entry)
        if entry not in self._jobs:
            self._open.append(entry)
            try:
                self._jobs[entry] = check_job(self, entry)
            finally:
                self._open.pop()
        return self._jobs[entry]

    def metric(self, entry: Entry) -> formula.Metric | None:
        """The metric a declaration declares, or None where it is refused."""
        from autodesign.dsl.check.metric.metric import check_metric

        if entry not in self._metrics:
            self._metrics[entry] = check_metric(self, entry)
        return self._metrics[entry]

    def growth(self, entry: Entry) -> "Growth | None":
        """The growth a declaration declares, or None where it is refused."""
        from autodesign.dsl.check.growth.growth import check_growth

        if entry not in self._growths:
            self._growths[entry] = check_growth(self, entry)
        return self._growths[entry]

    def search(self, entry: Entry) -> "Search | None":
        """The search a declaration declares, or None where it is refused."""
        from autodesign.dsl.check.growth.search import check_search

        if entry not in self._searches:
            self._searches[entry] = check_search(self, entry)
        return self._searches[entry]

    def declared_in(self, module: str) -> Iterable[str]:
        """The names a library module declares."""
        return self.modules.library_scope(module).own

    def default(self, param: ast.Param, env: "Env") -> spec.Value:
        """The value of a library parameter's default."""
        from autodesign.dsl.check.values import evaluate

        key = id(param)
        if key not in self.defaults:
            assert param.default is not None
            self.defaults[key] = evaluate(self, env, param.default)
        return self.defaults[key]

    def enter(self, env: "Env", entry: Entry, name: ast.Name) -> "Env":
        """The env inside a block or network. Reports one that contains itself, raises Refused."""
        from autodesign.dsl.check.values import Env, Refused

        if any(outer is entry for outer, _ in env.trail):
            called = entry.declaration.name
            self.problems.error(
                "AD228",
                f"the {entry.kind} `{called.id}` contains itself",
                name.span,
                "used here, inside itself",
                related=[Label(called.span, "declared here")],
                help=f"write `repeat(n, ...)` for copies, and end `{called.id}` in layers",
            )
            raise Refused()
        if len(env.trail) >= DEEPEST:
            raise self.too_deep(name.span)
        return Env(entry.scope, {}, (*env.trail, (entry, name.span)))

    def too_deep(self, at: Span) -> Exception:
        """Reports what is nested deeper than the check follows, gives the Refused to raise."""
        from autodesign.dsl.check.values import Refused

        self.problems.error(
            "AD210",
            f"blocks and networks are nested in each other more than {DEEPEST} deep",
            at,
            "used here, inside all the others",
            help="write fewer layers of blocks within blocks",
        )
        return Refused()
