"""Bytes to text."""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax.limits import CHARACTERS

MOST_BYTES = 4 * CHARACTERS
"""No text of more bytes is short enough to be read; a character takes at most four."""


def decode(content: bytes, name: str) -> Source | Diagnostic:
    """The text of a file, or why it is none. Texts are UTF-8, with or without a byte order mark."""
    if len(content) > MOST_BYTES:
        return Diagnostic(
            "AD122",
            f"{name} is too long: at most {CHARACTERS:,} characters are read",
            help='split it into several files: `use "other.ad" (...)`',
        )
    try:
        return Source(name, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(name, content.decode("utf-8-sig", errors="replace"))
        at = source.text.index("\ufffd")
        return Diagnostic(
            "AD120",
            f"{name} is not a text in UTF-8",
            Span(source, at, at + 1),
            f"byte {error.start + 1} of the file",
            help="save it as UTF-8; a checkpoint or an archive is no spec",
        )
