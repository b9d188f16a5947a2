"""What `interpret` does on the command line (LANGUAGE.md section 9).

Exit status: 0 done, 1 the spec is refused, 2 wrong usage, 3 the run failed and can be resumed.
Whatever costs time to import is imported by the command that needs it.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError

if TYPE_CHECKING:
    from autodesign.dsl.spec import Analysis, Spec

REFUSED, USAGE, FAILED = 1, 2, 3

app = typer.Typer(
    name="interpret",
    help="Trains what a spec (.ad) describes: `interpret SPEC.ad`.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)


class Format(StrEnum):
    text = "text"
    json = "json"
    sarif = "sarif"


class Engine(StrEnum):
    local = "local"
    ray = "ray"


class Precision(StrEnum):
    float32 = "float32"
    bfloat16 = "bfloat16"


SpecFile = Annotated[Path, typer.Argument(metavar="SPEC.ad", show_default=False)]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Sets a param of the spec.")
]


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: ends the process with the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if _names_no_command(words):
        words.insert(0, "run")
    try:
        app(args=words, prog_name="interpret")
    except BrokenPipeError:
        # Whoever read our output has enough of it; nothing is left to say at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(REFUSED) from None


def _names_no_command(words: Sequence[str]) -> bool:
    """`interpret SPEC.ad --set lam=1` is `interpret run SPEC.ad --set lam=1`."""
    commands = {command.name for command in app.registered_commands}
    first = words[0] if words else "--help"
    return first not in commands and first not in ("--help", "--version")


@app.callback()
def interpret(
    version: Annotated[bool, typer.Option("--version", help="Shows the version.")] = False,
) -> None:
    if version:
        from autodesign import __version__

        typer.echo(f"autodesign {__version__}")
        raise typer.Exit


@app.command("run")
def run(
    file: SpecFile,
    set_: Settings = None,
    job: Annotated[str | None, typer.Option(help="Runs this job only.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    out: Annotated[Path | None, typer.Option(help="The run directory.", metavar="DIR")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continues a run.")] = False,
    engine: Annotated[Engine, typer.Option(help="Where jobs run.")] = Engine.local,
    precision: Annotated[Precision | None, typer.Option(help="Of layers, not weights.")] = None,
) -> None:
    """Runs the jobs of a spec; `run` need not be written."""
    settings = _settings(set_)
    with _told():
        if engine is Engine.ray:
            raise SpecError([_no_ray()])
        checked = _accepted(file, settings)
        from autodesign.interpreter.console import run_on_terminal

        run_on_terminal(
            checked,
            settings=settings,
            job=job,
            device=device,
            out=out,
            resume=resume,
            precision=precision.value if precision else None,
        )


@app.command("check")
def check(
    file: SpecFile,
    format: Annotated[Format, typer.Option(help="How findings are written.")] = Format.text,
    set_: Settings = None,
) -> None:
    """Checks a spec: all errors at once, and what each network costs."""
    settings = _settings(set_)
    with _told():
        from autodesign.dsl.load import load_file
        from autodesign.stdlib.library import standard

        checked, found = load_file(file, standard(), settings)
        if format is Format.json:
            from autodesign.dsl.diagnostics.json import render_json

            typer.echo(render_json(found))
        elif format is Format.sarif:
            from autodesign import __version__
            from autodesign.dsl.diagnostics.sarif import render_sarif

            typer.echo(render_sarif(found, __version__))
        else:
            if found:
                _show(found, sys.stdout)
            for network in checked.networks.values() if checked else ():
                typer.echo(f"{network.name}: {_bounds(network.analysis)}")
    if checked is None:
        raise typer.Exit(REFUSED)


@app.command("fmt")
def fmt(
    file: SpecFile,
    check: Annotated[
        bool, typer.Option("--check", help="Writes nothing; status 1 if it would.")
    ] = False,
) -> None:
    """Writes a spec in its canonical form; its meaning and comments stay."""
    with _told():
        from autodesign.dsl.load import read_source
        from autodesign.dsl.syntax.format import format_source
        from autodesign.interpreter.jobs.files import write

        source = read_source(file, str(file))
        if isinstance(source, Diagnostic):
            raise SpecError([source])
        formatted, found = format_source(source)
        if formatted is None:
            raise SpecError(found)
        changed = formatted != source.text
        if changed and not check:
            write(file, formatted.encode())
    if changed and check:
        typer.echo(f"{file} is not in canonical form; `interpret fmt {file}` makes it so", err=True)
        raise typer.Exit(REFUSED)


@app.command("derive")
def derive(file: SpecFile, metric: Annotated[str, typer.Argument(metavar="METRIC")]) -> None:
    """Shows a metric as scores, comparisons, binaries and value. Not supported yet."""
    with _told():
        _accepted(file, {})
        raise SpecError([_not_yet("derive", f"`{metric}` cannot be derived")])


@app.command("graph")
def graph(
    file: SpecFile,
    network: Annotated[str, typer.Argument(metavar="NETWORK")],
    output: Annotated[Path, typer.Option("-o", metavar="FILE.svg", help="Where to draw it.")],
) -> None:
    """Draws a network. Not supported yet."""
    with _told():
        _accepted(file, {})
        raise SpecError([_not_yet("graph", f"`{network}` cannot be drawn into {output}")])


@app.command("explain")
def explain(code: Annotated[str, typer.Argument(metavar="CODE")]) -> None:
    """Explains the code of a diagnostic, with a failing and a mended spec."""
    from autodesign.dsl.diagnostics.explain import codes
    from autodesign.dsl.diagnostics.explain import explain as page_of

    page = page_of(code)
    if page is None:
        from autodesign.dsl.diagnostics.suggest import did_you_mean

        hint = did_you_mean(code.upper(), codes())
        typer.echo(f"there is no code {code!r}" + (f": {hint}" if hint else ""), err=True)
        raise typer.Exit(USAGE)
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(page))
    else:
        typer.echo(page, nl=False)


def _bounds(analysis: "Analysis") -> str:
    """`736 to 88,320 multiplications an example`"""
    least, greatest = analysis.least, analysis.greatest
    span = f"{least:,}" if least == greatest else f"{least:,} to {greatest:,}"
    return f"{'' if analysis.exact else 'within '}{span} multiplications an example"


def _settings(pairs: Iterable[str] | None) -> dict[str, str]:
    settings: dict[str, str] = {}
    for pair in pairs or ():
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE, as in --set lam=0.7")
        settings[name.strip()] = value.strip()
    return settings


def _accepted(file: Path, settings: dict[str, str]) -> "Spec":
    """The checked spec; its warnings are shown. Raises SpecError."""
    from autodesign.dsl.load import load_file
    from autodesign.stdlib.library import standard

    checked, found = load_file(file, standard(), settings)
    if checked is None:
        raise SpecError(found)
    if found:
        _show(found, sys.stderr)
    return checked


@contextmanager
def _told() -> Iterator[None]:
    """Shows what goes wrong as diagnostics, and ends with their exit status."""
    try:
        yield
    except SpecError as refusal:
        _show(refusal.diagnostics, sys.stderr)
        from autodesign.interpreter.jobs.failures import RunError

        raise typer.Exit(FAILED if isinstance(refusal, RunError) else REFUSED) from None
    except KeyboardInterrupt:
        typer.echo("\nstopped at once; what was saved before can be resumed", err=True)
        raise typer.Exit(FAILED) from None
    except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
        raise
    except Exception as problem:
        from autodesign.interpreter.console import unexpected_outside_a_run

        _show(unexpected_outside_a_run(problem).diagnostics, sys.stderr)
        raise typer.Exit(FAILED) from None


def _show(found: Iterable[Diagnostic], stream: TextIO) -> None:
    from autodesign.dsl.diagnostics.terminal import render_all

    color = stream.isatty() and "NO_COLOR" not in os.environ
    typer.echo(render_all(found, color=color), file=stream, color=color)


def _not_yet(command: str, what: str) -> Diagnostic:
    return Diagnostic(
        "AD770",
        f"`interpret {command}` is known, and not supported yet: {what}",
        help="`interpret check` tells what each network costs",
    )


def _no_ray() -> Diagnostic:
    return Diagnostic(
        "AD769",
        "--engine ray is known, and not supported yet",
        help="leave --engine out: jobs run on this machine",
    )


if __name__ == "__main__":
    main()
