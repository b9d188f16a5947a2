"""What `interpret` does on the command line (LANGUAGE.md section 9).

Exit status: 0 done, 1 the spec is refused, 2 wrong usage, 3 the run failed and can be resumed.
Whatever costs time to import is imported by the command that needs it.
"""

import gc
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.interpreter.arguments import Arguments, Command, parser

if TYPE_CHECKING:
    from autodesign.dsl.formula import Metric
    from autodesign.dsl.spec import Analysis, Spec

DONE, REFUSED, USAGE, FAILED = 0, 1, 2, 3
IN_ALL_PROCESSES = ("AD901", "AD906", "AD970", "AD976")
"""Codes from AD900 on that every process meets at once"""


def main(words: Sequence[str] | None = None) -> None:
    """The console script: ends the process with the exit status."""
    arguments = parser(COMMANDS).parse_args(
        _with_command(words if words is not None else sys.argv[1:])
    )
    try:
        status = _told(arguments.command, arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has enough of it; nothing is left to say at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = REFUSED
    raise SystemExit(status)


def _with_command(words: Sequence[str]) -> list[str]:
    """`interpret SPEC.ad --set lam=1` is `interpret run SPEC.ad --set lam=1`."""
    first = words[0] if words else "--help"
    named = first in COMMANDS or first in ("-h", "--help", "--version")
    return list(words) if words and named else ["run", *words] if words else ["--help"]


def _told(command: Command, arguments: Arguments) -> int:
    """Does a command; what goes wrong is shown as diagnostics, never as a traceback."""
    try:
        return command(arguments)
    except SpecError as refusal:
        from autodesign.interpreter.jobs.failures import RunError

        _show(refusal.diagnostics, sys.stderr)
        return FAILED if isinstance(refusal, RunError) else REFUSED
    except KeyboardInterrupt:
        print("\nstopped at once; what was saved before can be resumed", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        raise
    except Exception as problem:
        _show(_unexpected(problem).diagnostics, sys.stderr)
        return FAILED


# --- commands -------------------------------------------------------------------------------------


def run(arguments: Arguments) -> int:
    """Runs the jobs of a spec; `run` need not be written"""
    checked = _accepted(arguments.file, arguments.settings)
    from autodesign.interpreter.console import run_on_terminal

    run_on_terminal(
        checked,
        settings=arguments.settings,
        job=arguments.job,
        device=arguments.device,
        out=arguments.out,
        resume=arguments.resume,
        precision=arguments.precision,
        processes=arguments.processes,
        engine=arguments.engine,
        keep=arguments.keep,
        sample=arguments.sample,
    )
    return DONE


def check(arguments: Arguments) -> int:
    """Checks a spec: all errors at once, and what each network costs"""
    # What a check makes is kept to its end: looking for cycles in it would take a tenth longer.
    gc.set_threshold(100_000)
    from autodesign.dsl.load import load_file
    from autodesign.stdlib.library import standard

    checked, found = load_file(arguments.file, standard(), arguments.settings)
    if arguments.format == "json":
        from autodesign.dsl.diagnostics.json import render_json

        print(render_json(found))
    elif arguments.format == "sarif":
        from autodesign import __version__
        from autodesign.dsl.diagnostics.sarif import render_sarif

        print(render_sarif(found, __version__))
    else:
        _show(found, sys.stdout)
        for network in checked.networks.values() if checked else ():
            print(f"{network.name}: {_bounds(network.analysis)}")
        for sweep in checked.sweeps.values() if checked else ():
            beside = f", and {len(sweep.beside)} beside them" if sweep.beside else ""
            sources = f", {len(sweep.sources)} to start from" if sweep.sources else ""
            print(f"{sweep.name}: {len(sweep.points)} points{beside}{sources}")
        for line in _of_growths(checked) if checked else ():
            print(line)
    return REFUSED if checked is None else DONE


def fmt(arguments: Arguments) -> int:
    """Writes a spec in its canonical form; its meaning and comments stay"""
    from autodesign.dsl.load import read_source
    from autodesign.dsl.syntax.format import format_source
    from autodesign.interpreter.jobs.files import write

    file = arguments.file
    source = read_source(file, str(file))
    if isinstance(source, Diagnostic):
        raise SpecError([source])
    formatted, found = format_source(source)
    if formatted is None:
        raise SpecError(found)
    if formatted == source.text:
        return DONE
    if arguments.check:
        print(f"{file} is not in canonical form; `interpret fmt {file}` makes it so")
        return REFUSED
    write(file, formatted.encode())
    return DONE


def derive(arguments: Arguments) -> int:
    """Shows what a metric is derived into: a spec with its comparisons, binaries and value"""
    from autodesign.dsl.derive import derive as derived
    from autodesign.dsl.derive import to_text

    found = derived(_metric(arguments.file, arguments.metric))
    text = to_text(found.metric)
    _show(found.diagnostics, sys.stderr)
    notes = "".join(f"# {note}\n" for note in found.notes)
    print(f"ad 1\n\n{notes}{text}", end="")
    return DONE


def graph(arguments: Arguments) -> int:
    """Draws a network into an SVG, PNG or PDF file"""
    from autodesign.interpreter.drawing.command import draw_into

    checked = _accepted(arguments.file, arguments.settings)
    draw_into(checked, arguments.network, arguments.output, arguments.run, arguments.job)
    return DONE


def analyse(arguments: Arguments) -> int:
    """Shows what a search has found, and what led there: tables, and a page with pictures"""
    from rich.console import Console

    from autodesign.interpreter.growth.analysis.command import analyse as analysed

    _show(analysed(arguments.run, Console()), sys.stderr)
    return DONE


def explain(arguments: Arguments) -> int:
    """Explains the code of a diagnostic, with a failing and a mended spec"""
    from autodesign.dsl.diagnostics.explain import codes
    from autodesign.dsl.diagnostics.explain import explain as page_of

    page = page_of(arguments.code)
    if page is None:
        from autodesign.dsl.diagnostics.suggest import did_you_mean

        hint = did_you_mean(arguments.code.upper(), codes())
        print(f"there is no code {arguments.code}" + (f": {hint}" if hint else ""), file=sys.stderr)
        return USAGE
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(page))
    else:
        print(page, end="")
    return DONE


COMMANDS: dict[str, Command] = {
    command.__name__: command for command in (run, check, fmt, derive, graph, analyse, explain)
}


# --- what is shown --------------------------------------------------------------------------------


def _accepted(file: Path, settings: dict[str, str]) -> "Spec":
    """The checked spec; its warnings are shown. Raises SpecError."""
    from autodesign.dsl.load import load_file
    from autodesign.stdlib.library import standard

    checked, found = load_file(file, standard(), settings)
    if checked is None:
        raise SpecError(found)
    _show(found, sys.stderr)
    return checked


def _metric(file: Path, name: str) -> "Metric":
    """A metric that a spec declares or takes, or one of the library. Raises SpecError."""
    from autodesign.dsl.diagnostics.suggest import did_you_mean
    from autodesign.dsl.load import find_metric
    from autodesign.stdlib.library import standard

    known = _accepted(file, {}).metrics
    if name in known:
        return known[name]
    if "." in name:
        metric, found = find_metric(name, standard())
        if metric is None:
            raise SpecError(found)
        return metric
    listed = f"it has {', '.join(known)}" if known else "write one: metric NAME(...) = ..."
    message = f"there is no metric named `{name}` in {file}"
    raise SpecError([Diagnostic("AD437", message, help=did_you_mean(name, known) or listed)])


def _of_growths(checked: "Spec") -> list[str]:
    """What growths and searches come to; their modules are needed by few specs."""
    if not checked.growths:
        return []
    from autodesign.dsl.grow.told import told_growth, told_search

    lines = [told_growth(growth) for growth in checked.growths.values()]
    return lines + [line for search in checked.searches.values() for line in told_search(search)]


def _bounds(analysis: "Analysis") -> str:
    """`736 to 88,320 multiplications an example`"""
    least, greatest = analysis.least, analysis.greatest
    span = f"{least:,}" if least == greatest else f"{least:,} to {greatest:,}"
    return f"{'' if analysis.exact else 'within '}{span} multiplications an example"


def _unexpected(problem: Exception) -> SpecError:
    """Where there is no run directory yet that could hold the traceback."""
    import tempfile

    from autodesign.interpreter.jobs.failures import unexpected

    with tempfile.NamedTemporaryFile("w", prefix="interpret-", suffix=".txt", delete=False) as file:
        return unexpected(problem, Path(file.name))


def _show(found: Iterable[Diagnostic], stream: TextIO) -> None:
    """Under torchrun the first process speaks, the others only of what they alone may know."""
    if os.environ.get("RANK", "0") != "0":
        found = [one for one in found if one.code >= "AD900" and one.code not in IN_ALL_PROCESSES]
    from autodesign.dsl.diagnostics.terminal import render_all

    if found:
        color = stream.isatty() and "NO_COLOR" not in os.environ
        print(render_all(found, color=color), file=stream)


if __name__ == "__main__":
    main()
