"""Text with places where it may break, set into lines (after Wadler, A prettier printer, 2003)."""

from collections.abc import Sequence
from typing import TypeAlias

from autodesign.dsl.record import record

WIDTH = 100
STEP = 2


@record
class Line:
    """A line break, or `flat` where the group around it fits on one line."""

    flat: str = " "


@record
class Hard:
    """A line break that is always taken; none where the line is still empty."""


@record
class Broken:
    """Text that only stands where the group around it is broken: a comma at the end."""

    text: str


@record
class Suffix:
    """Text that waits for the end of its line: a comment. What follows it in its group breaks."""

    text: str


@record
class Indent:
    """Lines within stand further in."""

    content: "Doc"


@record
class Group:
    """On one line if it fits; otherwise each `Line` of it breaks."""

    content: "Doc"


Doc: TypeAlias = "str | Line | Hard | Broken | Suffix | Indent | Group | Sequence[Doc]"
Task = tuple[int, bool, Doc]
"""Indentation, whether the group around is flat, what to set."""


def render(doc: Doc, indent: int = 0) -> str:
    """The lines of a document, the first at an indentation of its own."""
    out = _Lines(indent)
    tasks: list[Task] = [(indent, False, doc)]
    while tasks:
        level, flat, part = tasks.pop()
        match part:
            case str():
                out.write(part, level)
            case Line() if flat:
                out.write(part.flat, level)
            case Line() | Hard():
                out.end()
            case Broken():
                out.write("" if flat else part.text, level)
            case Suffix():
                out.suffix(part.text)
            case Indent():
                tasks.append((level + STEP, flat, part.content))
            case Group():
                fits = flat or _fits(part.content, tasks, WIDTH - max(out.width, level))
                tasks.append((level, fits, part.content))
            case _:
                tasks.extend((level, flat, one) for one in reversed(part))
    return out.text()


class _Lines:
    """The lines set so far, and the one being set."""

    def __init__(self, begin: int) -> None:
        self.done: list[str] = []
        self.begin = begin
        self.line = ""
        self.waiting: list[str] = []

    @property
    def width(self) -> int:
        return len(self.line)

    def write(self, text: str, level: int) -> None:
        if not self.line:
            text = text.lstrip(" ")
            if text:
                self.line = self._indented(level)
        self.line += text

    def _indented(self, level: int) -> str:
        """The begin of a line, after what still waits to be set."""
        for text in self.waiting:
            self.done.append(" " * level + text)
        self.waiting = []
        return " " * (level if self.done else self.begin)

    def suffix(self, text: str) -> None:
        self.waiting.append(text)

    def end(self) -> None:
        """Ends the line with the first text that waits; more of them come on lines of their own."""
        if self.line:
            suffix = f"  {self.waiting.pop(0)}" if self.waiting else ""
            self.done.append(self.line.rstrip() + suffix)
        self.line = ""

    def text(self) -> str:
        self.end()
        self._indented(self.begin)
        return "\n".join(self.done)


def _fits(content: Doc, rest: list[Task], room: int) -> bool:
    """Whether the content fits on the line, with what follows it up to the next break.

    A comment fits only behind all of the content.
    """
    tasks: list[tuple[bool, Doc]] = [(True, content)]
    behind = len(rest)
    within, commented = True, False
    while room >= 0:
        if not tasks:
            within = False
            if behind == 0:
                return True
            behind -= 1
            _, flat, part = rest[behind]
            tasks.append((flat, part))
        flat, part = tasks.pop()
        match part:
            case Line() if not flat:
                return True
            case str() | Line():
                text = part.flat if isinstance(part, Line) else part
                if text and within and commented:
                    return False
                room -= len(text)
            case Hard():
                return not within
            case Suffix():
                commented = True
            case Broken():
                room -= 0 if flat else len(part.text)
            case Indent():
                tasks.append((flat, part.content))
            case Group():
                tasks.append((flat or within, part.content))
            case _:
                tasks.extend((flat, one) for one in reversed(part))
    return False
