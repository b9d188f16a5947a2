"""What came of a sweep: a row for each point, and their means over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean, stdev

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.said import said
from autodesign.interpreter.jobs.result import Result


@dataclass(frozen=True, slots=True)
class Row:
    """A finished point. `point` names its folder, `settings` hold what the sweep set there."""

    point: str
    job: str
    settings: Mapping[str, spec.Value]
    result: Result = field(repr=False)

    def value(self, figure: spec.Figure) -> float | None:
        """A plotted quantity on the test split, or where a param lies; None where undefined."""
        if figure.kind == "cost":
            return self.result.cost
        if figure.kind == "report":
            return self.result.values[figure.texts[self.job]]
        if figure.name not in self.settings:
            return None
        value = self.settings[figure.name]
        if figure.choices:
            return float(figure.choices.index(value))
        assert isinstance(value, int | float)
        return float(value)


@dataclass(frozen=True, slots=True)
class Mean:
    """The rows of one job that differ in their seed alone; `settings` are what they share."""

    job: str
    settings: Mapping[str, spec.Value]
    rows: tuple[Row, ...]

    @property
    def label(self) -> str:
        """`lam = 0.2`, or the job's name where nothing was set."""
        return ", ".join(f"{k} = {said(v)}" for k, v in self.settings.items()) or self.job

    def values(self, figure: spec.Figure) -> list[float]:
        """Its value in each row in which it has one."""
        return [value for row in self.rows if (value := row.value(figure)) is not None]

    def mean(self, figure: spec.Figure) -> float | None:
        values = self.values(figure)
        return fmean(values) if values else None

    def deviation(self, figure: spec.Figure) -> float | None:
        """The standard deviation of a sample; None of fewer than two values."""
        values = self.values(figure)
        return stdev(values) if len(values) > 1 else None


@dataclass(frozen=True, slots=True)
class SweepResult:
    """A sweep that was run: `rows` of its own job in the order of the grid, those `beside` it, and
    the points that failed, with the reasons. `directory` holds a folder for each point."""

    sweep: spec.Sweep
    directory: Path
    rows: tuple[Row, ...]
    beside: tuple[Row, ...]
    failures: Mapping[str, tuple[Diagnostic, ...]]

    @property
    def means(self) -> tuple[Mean, ...]:
        """The rows averaged over seeds, in the order of the grid."""
        return self.averaged(self.rows)

    @property
    def beside_means(self) -> tuple[Mean, ...]:
        return self.averaged(self.beside)

    def averaged(self, rows: Sequence[Row]) -> tuple[Mean, ...]:
        seeds = {axis.param for axis in self.sweep.axes if axis.repeats}
        found: dict[str, list[Row]] = {}
        for row in rows:
            rest = {name: said(v) for name, v in row.settings.items() if name not in seeds}
            found.setdefault(f"{row.job} {rest}", []).append(row)
        return tuple(
            Mean(
                same[0].job,
                {name: v for name, v in same[0].settings.items() if name not in seeds},
                tuple(same),
            )
            for same in found.values()
        )

    @property
    def seeds(self) -> tuple[Mapping[str, spec.Value], ...]:
        """The different settings of the params that repeat the experiment, {} where none does."""
        names = [axis.param for axis in self.sweep.axes if axis.repeats]
        found = [{name: row.settings[name] for name in names} for row in self.rows]
        return tuple(one for i, one in enumerate(found) if one not in found[:i])

    def along(self, plot: spec.Plot) -> str:
        """The param that a curve goes along: the one across, else the first that is no seed."""
        varied = [axis.param for axis in self.sweep.axes if not axis.repeats]
        return plot.horizontal.name if plot.horizontal.kind == "param" else (varied or [""])[0]

    def families(self, plot: spec.Plot) -> tuple[tuple[str, "SweepResult"], ...]:
        """The rows of each curve of a plot, under what sets it apart from the others ("" where it
        is the only one), with all that stands beside."""
        seeds = [axis.param for axis in self.sweep.axes if axis.repeats]
        shared = {self.along(plot), *seeds}
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            rest = (f"{k} = {said(v)}" for k, v in row.settings.items() if k not in shared)
            found.setdefault(", ".join(rest), []).append(row)
        return tuple((label, replace(self, rows=tuple(rows))) for label, rows in found.items())

    def of_seed(self, seed: Mapping[str, spec.Value]) -> "SweepResult":
        """Only what has this seed, or none."""

        def has(row: Row) -> bool:
            return all(row.settings.get(name, value) == value for name, value in seed.items())

        rows, beside = tuple(filter(has, self.rows)), tuple(filter(has, self.beside))
        return replace(self, rows=rows, beside=beside)

    @property
    def figures(self) -> tuple[spec.Figure, ...]:
        """All that is plotted of the results, and the cost where they have one, each once."""
        plotted = [f for plot in self.sweep.plots for f in (plot.vertical, plot.horizontal)]
        costs = any(row.result.greatest for row in (*self.rows, *self.beside))
        cost = [spec.Figure("cost", "cost", {}, False)] if costs else []
        found = {f.name: f for f in (*plotted, *cost) if f.kind != "param"}
        return tuple(found.values())

    @property
    def table(self) -> str:
        """A Markdown table: one line for each point, its mean and deviation over seeds."""
        head = ["", *(figure.name for figure in self.figures), "runs"]
        lines = [head, ["---", *("---:" for _ in head[1:])]]
        for mean in (*self.means, *self.beside_means):
            lines.append([self.name_of(mean), *cells(mean, self.figures), str(len(mean.rows))])
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def name_of(self, mean: Mean) -> str:
        """`lam = 0.2`; of a job beside, `high` or `high, width = 8`."""
        if mean.job == self.rows_job or not mean.settings:
            return mean.label
        return f"{mean.job}, {mean.label}"

    @property
    def rows_job(self) -> str:
        return self.sweep.points[0].job.name


def cells(mean: Mean, figures: Sequence[spec.Figure]) -> list[str]:
    """`0.9533 ± 0.0027` for each figure."""
    shown = []
    for figure in figures:
        value, deviation = mean.mean(figure), mean.deviation(figure)
        spread = "" if deviation is None else f" ± {_number(deviation, figure)}"
        shown.append("undefined" if value is None else f"{_number(value, figure)}{spread}")
    return shown


def _number(value: float, figure: spec.Figure) -> str:
    return f"{value:,.0f}" if figure.kind == "cost" else f"{value:.4f}"
