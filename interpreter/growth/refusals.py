"""What goes wrong in a search, as diagnostics."""

from collections.abc import Sequence
from pathlib import Path

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.growth.journal import Candidate
from autodesign.interpreter.growth.perform import LOG
from autodesign.interpreter.jobs.failures import RunError, failed

MOST_LISTED = 5


def passed_over(search: str, line: Candidate, folder: Path) -> Diagnostic:
    """A candidate whose folder this is failed, and the search goes on."""
    log = folder / LOG
    return Diagnostic(
        "AD980",
        f"the candidate {line.id} of the search `{search}` failed, and is passed over",
        notes=(f"The reason: {line.error}.", *([f"More stands in {log}."] if log.exists() else [])),
        severity="warning",
    )


def nothing_left(search: str, step: int, lines: Sequence[Candidate], folder: Path) -> RunError:
    """No candidate of a step came to anything."""
    notes = [f"{one.id} {one.outcome}: {one.error}." for one in lines[:MOST_LISTED]]
    if len(lines) > MOST_LISTED:
        notes.append(f"And {len(lines) - MOST_LISTED} more.")
    which = f"all {len(lines)} candidates" if len(lines) > 1 else "the only candidate"
    what = f"{which} of step {step}" if step else "the first candidate"
    return failed(
        "AD981",
        f"{what} of the search `{search}` came to nothing, so there is none to grow from",
        notes=[*notes, f"What they left behind stands in {folder}."],
        help="mend the reason, then start a new search with another --out"
        + ("; or continue this one with a larger --sample" if step else ""),
    )


def interrupted(search: str, done: int, hint: str) -> RunError:
    return failed(
        "AD906",
        f"the search `{search}` was interrupted; {done} of its candidates are done",
        help=f"continue it with: {hint}",
    )
