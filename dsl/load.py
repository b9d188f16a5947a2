"""The front door: a text or a file in, a checked spec or the reasons against it out."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from autodesign.dsl.check.check import check_file
from autodesign.dsl.check.program import Program
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Problems
from autodesign.dsl.formula import Metric
from autodesign.dsl.library import Library
from autodesign.dsl.resolve.modules import Modules, ReadFile
from autodesign.dsl.source import Source, Span
from autodesign.dsl.spec import Spec
from autodesign.dsl.syntax.ast import MetricDeclaration
from autodesign.dsl.syntax.decode import MOST_BYTES, decode
from autodesign.dsl.syntax.doubt import independent
from autodesign.dsl.syntax.parse import parse

SAMPLE = "write `metric Name(s: scores[n, k], y: label[n]) = ...`"
Found = tuple[Diagnostic, ...]


def load_text(
    text: str,
    name: str,
    library: Library,
    settings: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> tuple[Spec | None, Found]:
    """Checks a text. `folder` is where its `use "..."` may read; None: nowhere.

    Returns the spec (None where it is refused) and every diagnostic found.
    """
    return _check(Source(name, text), library, settings or {}, _reader(folder, name))


def load_file(
    path: Path, library: Library, settings: Mapping[str, str] | None = None
) -> tuple[Spec | None, Found]:
    """Checks a file, as `load_text` does; one that cannot be read is a diagnostic too."""
    source = read_source(path, str(path))
    if isinstance(source, Diagnostic):
        return None, (source,)
    return _check(source, library, settings or {}, _reader(path.parent, str(path)))


def load_metric(text: str, library: Library) -> tuple[Metric | None, Found]:
    """Checks a text whose last declaration is a metric; `ad 1` in front may be left out.

    Returns that metric (None where it is refused) and every diagnostic found.
    """
    line = "\n" if text.lstrip().startswith("#") else " "  # a comment documents what follows it
    versioned = text if text.lstrip().startswith("ad ") else f"ad 1{line}{text}"
    problems = Problems()
    file, found = parse(Source("<metric>", versioned))
    problems.found.extend(found)
    modules = Modules(library, _reader(None, "<metric>"), problems)
    scope = modules.scope(file, PurePosixPath())
    program = Program(modules, {})
    entries = [e for e in scope.own.values() if isinstance(e.declaration, MetricDeclaration)]
    metrics = [program.metric(entry) for entry in entries]
    if not entries and not problems.refused:
        whole = Span(file.source, 0, len(versioned))
        problems.error("AD411", "there is no metric in this text", whole, help=SAMPLE)
    return (metrics[-1] if metrics and not problems.refused else None), _sorted(problems)


def find_metric(name: str, library: Library) -> tuple[Metric | None, Found]:
    """A metric of the library by its full name, `std.metrics.F1`, as `load_metric` gives it."""
    module, _, last = name.rpartition(".")
    versioned = f"ad 1 use {module} ({last})"
    problems = Problems()
    file, found = parse(Source("<metric>", versioned))
    problems.found.extend(found)
    modules = Modules(library, _reader(None, "<metric>"), problems)
    entry = modules.scope(file, PurePosixPath()).find(last)
    metric = None
    if entry is not None and isinstance(entry.declaration, MetricDeclaration):
        metric = Program(modules, {}).metric(entry)
    elif entry is not None:
        whole = Span(file.source, 0, len(versioned))
        problems.error("AD411", f"`{name}` is no metric with a definition", whole, help=SAMPLE)
    return (None if problems.refused else metric), _sorted(problems)


def read_source(path: Path, name: str) -> Source | Diagnostic:
    """A file's text, or the reason why there is none."""
    try:
        if not path.is_file():
            reason = "it is a folder" if path.is_dir() else "there is no such file"
            return _unreadable(name, reason)
        with path.open("rb") as file:
            return decode(file.read(MOST_BYTES + 1), name)
    except OSError as error:
        return _unreadable(name, (error.strerror or "it cannot be opened").lower())


def _unreadable(name: str, reason: str) -> Diagnostic:
    return Diagnostic(
        "AD206",
        f"I cannot read {name}: {reason}",
        help="check the path, and that you may read the file",
    )


def _reader(folder: Path | None, spec: str) -> ReadFile:
    """Reads files below `folder`, and names them as the user named the spec."""

    def read(path: str) -> Source | Diagnostic:
        name = str(PurePosixPath(spec).parent / path)
        if folder is None:
            return _unreadable(name, "a spec given as text has no folder to read from")
        full = folder / path
        if not full.resolve().is_relative_to(folder.resolve()):
            return _unreadable(name, "it is a link that leads out of the spec's folder")
        return read_source(full, name)

    return read


def _check(
    source: Source, library: Library, settings: Mapping[str, str], read: ReadFile
) -> tuple[Spec | None, Found]:
    problems = Problems()
    try:
        file, mistakes = parse(source)
        modules = Modules(library, read, problems)
        scope = modules.scope(file, PurePosixPath())
        spec = check_file(file, scope, modules, settings)
        if mistakes:
            problems.found = [*mistakes, *independent(file, mistakes, problems.found)]
            spec = None
    except RecursionError:
        problems.error(
            "AD210",
            "blocks, networks or files are nested in each other too deeply",
            Span(source, 0, 0),
            help="use fewer layers of blocks within blocks",
        )
        spec = None
    return spec, _sorted(problems)


def _sorted(problems: Problems) -> Found:
    """The diagnostics in the order of the text, each once."""
    unique = list(dict.fromkeys(problems.found))
    unique.sort(key=lambda d: (d.span.source.name, d.span.start) if d.span else ("", 0))
    return tuple(unique)
