"""What `import autodesign as ad` gives (LANGUAGE.md section 8)."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import find_metric, load_file, load_metric, load_text
from autodesign.stdlib.library import standard

if TYPE_CHECKING:
    from autodesign.interpreter.jobs.run import Run
    from autodesign.interpreter.metric.metric import Metric
    from autodesign.interpreter.network.module import DynamicNetwork

__all__ = ["Spec", "SpecError", "load", "loads", "metric"]

TEXT = "<text>"
NAME = re.compile(r"[^\W\d]\w*'*(\.[^\W\d]\w*'*)+")


class Spec:
    """A checked spec. `checked` is all that is in it, `diagnostics` the warnings about it."""

    def __init__(
        self,
        checked: spec.Spec,
        diagnostics: Sequence[Diagnostic],
        settings: Mapping[str, str],
        path: Path | None,
    ) -> None:
        self.checked, self.diagnostics = checked, tuple(diagnostics)
        self._settings, self._path = dict(settings), path

    def network(self, name: str) -> "DynamicNetwork":
        """A network with fresh weights, a torch module. Raises KeyError for an unknown name."""
        from autodesign.interpreter.network.module import DynamicNetwork

        if name not in self.checked.networks:
            known = ", ".join(self.checked.networks) or "none"
            raise KeyError(f"there is no network {name!r}; there are: {known}")
        return DynamicNetwork(self.checked.networks[name])

    def run(
        self,
        job: str | None = None,
        *,
        set: Mapping[str, Any] | None = None,
        out: str | Path | None = None,
        resume: bool = False,
        device: str = "auto",
        precision: str | None = None,
        quiet: bool = False,
        processes: int | None = None,
        engine: Literal["local", "ray"] = "local",
        keep: int | None = None,
        sample: float | None = None,
    ) -> "Run":
        """Runs a job, sweep or search, or all of them, as `interpret` does; `set` sets params for
        this run. `keep` and `sample` stand in for those that searches say.

        Returns the run's directory and the result of each job, of each sweep (`.rows` of its
        points, `.table`) and of each search (`.searches`). Raises SpecError before and RunError, a
        SpecError, after the start.
        """
        from autodesign.interpreter.jobs.listener import Listener
        from autodesign.interpreter.jobs.request import Request
        from autodesign.interpreter.jobs.run import run

        if quiet:
            listener = Listener()
        else:
            from rich.console import Console

            from autodesign.interpreter.jobs.progress import listener_for

            listener = listener_for(Console())
        settings = {**self._settings, **_written(set)}
        checked = self.checked if not set else self._with(settings).checked
        place = None if out is None else Path(out)
        asked = (job, device, precision, place, resume, processes, engine, keep, sample)
        request = Request(settings, (), *asked)
        return run(checked, request, listener)

    def metric(self, name: str) -> "Metric":
        """A metric that the spec declares. Raises KeyError for an unknown name."""
        from autodesign.interpreter.metric.metric import Metric

        if name not in self.checked.metrics:
            known = ", ".join(self.checked.metrics) or "none"
            raise KeyError(f"there is no metric {name!r}; there are: {known}")
        return Metric(self.checked.metrics[name])

    def _with(self, settings: Mapping[str, str]) -> "Spec":
        if self._path is not None:
            return load(self._path, settings)
        return loads(self.checked.text, settings)


def load(path: str | Path, set: Mapping[str, Any] | None = None) -> Spec:
    """Reads and checks a spec; `set` sets its params. Raises SpecError with all that is wrong."""
    settings = _written(set)
    found = load_file(Path(path), standard(), settings)
    return _accepted(*found, settings, Path(path))


def loads(text: str, set: Mapping[str, Any] | None = None) -> Spec:
    """As `load`, for a spec given as text; it cannot take names from other files."""
    settings = _written(set)
    return _accepted(*load_text(text, TEXT, standard(), settings), settings, None)


def metric(name_or_text: str) -> "Metric":
    """A metric by its name in the library, `std.metrics.F1`, or by its text, `metric M(...) = ...`.

    Raises SpecError with all that is wrong.
    """
    from autodesign.interpreter.metric.metric import Metric

    by_name = NAME.fullmatch(name_or_text.strip())
    found = find_metric if by_name else load_metric
    definition, diagnostics = found(name_or_text.strip(), standard())
    if definition is None:
        raise SpecError(diagnostics)
    return Metric(definition)


def _accepted(
    checked: spec.Spec | None,
    found: Sequence[Diagnostic],
    settings: Mapping[str, str],
    path: Path | None,
) -> Spec:
    if checked is None:
        raise SpecError(found)
    return Spec(checked, found, settings, path)


def _written(set: Mapping[str, Any] | None) -> dict[str, str]:
    """Values as the command line would write them: `{"lam": 0.7}` is `--set lam=0.7`."""
    from autodesign.dsl.said import said

    return {
        name: value if isinstance(value, str) else said(tuple(value) if _is_list(value) else value)
        for name, value in (set or {}).items()
    }


def _is_list(value: object) -> bool:
    return isinstance(value, list)
