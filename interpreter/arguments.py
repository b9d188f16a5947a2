"""The words of the command line.

They are read with argparse: a check is to be done before other readers of arguments are loaded.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

Arguments = argparse.Namespace
Command = Callable[[Arguments], int]


def parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """Reads `COMMAND ...`; a command gets what was read, and gives its exit status."""
    from autodesign import __version__

    whole = argparse.ArgumentParser(
        prog="interpret",
        description="Trains what a spec (.ad) describes: interpret SPEC.ad",
        epilog="Exit status: 0 done, 1 the spec is refused, 2 wrong usage, 3 the run failed.",
    )
    whole.add_argument("--version", action="version", version=f"autodesign {__version__}")
    subparsers = whole.add_subparsers(metavar="COMMAND", required=True)
    parsers = {}
    for name, command in commands.items():
        added = subparsers.add_parser(name, help=command.__doc__, description=command.__doc__)
        added.set_defaults(command=command, settings={})
        if name not in ("explain", "analyse"):
            added.add_argument("file", metavar="SPEC.ad", type=Path)
        parsers[name] = added
    _add_run_options(parsers["run"])
    _add_settings(parsers["check"])
    parsers["check"].add_argument("--format", choices=("text", "json", "sarif"), default="text")
    parsers["fmt"].add_argument(
        "--check", action="store_true", help="write nothing; status 1 if it would"
    )
    parsers["derive"].add_argument("metric", metavar="METRIC")
    parsers["graph"].add_argument("network", metavar="NETWORK")
    parsers["graph"].add_argument("-o", dest="output", metavar="FILE.svg", type=Path, required=True)
    _add_settings(parsers["graph"])
    parsers["graph"].add_argument(
        "--run", metavar="DIR", type=Path, help="colour nodes by how often a run ran them"
    )
    parsers["graph"].add_argument("--job", metavar="NAME", help="the job of that run")
    parsers["analyse"].add_argument(
        "run", metavar="RUN", type=Path, help="the folder of a run, or of a search in it"
    )
    parsers["explain"].add_argument("code", metavar="CODE")
    return whole


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser)
    parser.add_argument("--job", metavar="NAME", help="run this job only")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    parser.add_argument("--out", metavar="DIR", type=Path, help="the run directory")
    parser.add_argument("--resume", action="store_true", help="continue a run")
    parser.add_argument(
        *("--workers", "--processes"),
        dest="processes",
        metavar="N",
        type=_positive,
        help="points of a sweep, or candidates of a search, that run at a time",
    )
    parser.add_argument(
        *("--engine",),
        choices=("local", "ray"),
        default="local",
        help="what trains the candidates of a search: this machine, or a Ray cluster",
    )
    parser.add_argument(
        "--keep", metavar="K", type=_positive, help="parents that a search keeps in each step"
    )
    parser.add_argument(
        "--sample", metavar="P", type=_share, help="the probability with which a move is tried"
    )
    parser.add_argument("--precision", choices=("float32", "bfloat16"), help="of the layers")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on is needed, not {text!r}")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"a number above 0, up to 1 is needed, not {text!r}")
    return share


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        action=Setting,
        default={},
        help="set a param of the spec",
    )


class Setting(argparse.Action):
    """Gathers `--set NAME=VALUE` in a mapping."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: Arguments,
        values: object,
        option: str | None = None,
    ) -> None:
        name, sign, value = str(values).partition("=")
        if not sign or not name.strip():
            parser.error(f"--set takes NAME=VALUE, as in --set lam=0.7, and not {values!r}")
        namespace.settings = {**namespace.settings, name.strip(): value.strip()}
