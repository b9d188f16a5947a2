"""Text that is safe to put on a screen: a spec is a stranger's data.

Whatever does not print (escape sequences, controls, bidirectional overrides, odd spaces) is shown
as an escape such as `\\x1b`, and what is endless is cut.
"""

import re
import unicodedata

WORD = 80
"""Longest run without a space that is shown whole (a name of a megabyte is not)."""
MESSAGE = 1200
"""Longest message that is shown whole."""
TAB = "    "

_ENDLESS = re.compile(rf"\S{{{WORD + 1},}}")


def visible(character: str) -> str:
    """How one character is shown: itself if it prints, else its escape."""
    if character.isprintable():
        return character
    return TAB if character == "\t" else character.encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """A text without anything that moves the cursor, line breaks included."""
    return text if text.isprintable() else "".join(map(visible, text))


def prose(text: str) -> str:
    """A message: endless words and texts are cut, line breaks are kept."""
    cut = _ENDLESS.sub(lambda word: shorten(word.group(), WORD), text)
    return "\n".join(one_line(line) for line in shorten(cut, MESSAGE).split("\n"))


def shorten(text: str, length: int) -> str:
    """At most `length` characters, the middle left out."""
    if len(text) <= length:
        return text
    tail = length // 4
    return f"{text[: length - tail - 1]}…{text[len(text) - tail :]}"


def width(text: str) -> int:
    """Columns that a visible text takes: two for wide characters, none for combining ones."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
