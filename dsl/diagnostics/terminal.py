"""Diagnostics for the terminal, in the manner of rustc and elm (LANGUAGE.md section 7).

Colours are written by hand: importing a library for them would take longer than the check.
"""

from collections.abc import Iterable, Iterator

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Label
from autodesign.dsl.diagnostics.frame import Mark, Row, marks, rows
from autodesign.dsl.diagnostics.screen import one_line, prose, shorten
from autodesign.dsl.source import Source

RED, YELLOW, BLUE, CYAN, BOLD = "1;31", "1;33", "1;34", "1;36", "1"
PATH = 200


def render(diagnostic: Diagnostic, color: bool) -> str:
    """One diagnostic, without a line break at its end.

    Shows code and message, each file with its marked lines, notes and help. What does not print in
    a spec's text is shown as an escape, so nothing in it reaches the terminal raw.
    """
    return _strip(_Printer(diagnostic, color).lines())


def render_all(diagnostics: Iterable[Diagnostic], color: bool) -> str:
    """All diagnostics with an empty line between, and how many there are: "2 errors, 1 warning".

    Empty where there are none.
    """
    found = tuple(diagnostics)
    if not found:
        return ""
    return "\n\n".join([*(render(one, color) for one in found), tally(found)])


def tally(diagnostics: Iterable[Diagnostic]) -> str:
    """How many errors and warnings there are: "1 error, 2 warnings"."""
    severities = [one.severity for one in diagnostics]
    counts = [(severities.count(name), name) for name in ("error", "warning")]
    return ", ".join(f"{n} {name}{'s' * (n != 1)}" for n, name in counts if n)


def _strip(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines)


class _Printer:
    """What the lines of one diagnostic share: its colours and the width of line numbers."""

    def __init__(self, diagnostic: Diagnostic, color: bool) -> None:
        self.diagnostic, self.color = diagnostic, color
        self.tone = RED if diagnostic.severity == "error" else YELLOW
        self.frames = list(_frames(diagnostic))
        numbers = (row.number or 0 for _, _, rows in self.frames for row in rows)
        self.indent = " " * len(str(max(numbers, default=0)))

    def paint(self, text: str, tone: str) -> str:
        return f"\x1b[{tone}m{text}\x1b[0m" if self.color and text else text

    def lines(self) -> Iterator[str]:
        one = self.diagnostic
        head = self.paint(f"{one.severity}[{one_line(one.code)}]", self.tone)
        first, *rest = prose(one.message).split("\n")
        yield head + self.paint(f": {first}", BOLD)
        yield from (f"  {line}" for line in rest)
        for index, (source, mark, frame) in enumerate(self.frames):
            yield self.arrow("-->" if index == 0 else ":::", source, mark)
            yield self.paint(f"{self.indent} |", BLUE)
            yield from map(self.row, frame)
        for note in one.notes:
            yield from self.remark("note", note)
        if one.help:
            yield from self.remark("help", one.help)

    def arrow(self, sign: str, source: Source, mark: Mark) -> str:
        line, column = source.position(mark.start)
        name = one_line(shorten(source.name, PATH))
        return f"{self.indent}{self.paint(sign, BLUE)} {name}:{line}:{column}"

    def row(self, row: Row) -> str:
        if row.gap:
            return self.paint(row.text, BLUE)
        number = str(row.number) if row.number else ""
        gutter = self.paint(f"{number.rjust(len(self.indent))} |", BLUE)
        return f"{gutter} {row.text or self.marks(row.marks)}"

    def marks(self, placed: Iterable[Mark]) -> str:
        text, column = "", 0
        for mark in placed:
            sign = mark.sign * (mark.end - mark.start)
            said = f"{sign} {mark.text}" if mark.text else sign
            text += " " * (mark.start - column)
            text += self.paint(said, self.tone if mark.sign == "^" else BLUE)
            column = mark.end + len(said) - len(sign)
        return text

    def remark(self, kind: str, text: str) -> Iterator[str]:
        first, *rest = prose(text).split("\n")
        yield f"{self.indent} {self.paint('=', BLUE)} {self.paint(f'{kind}:', CYAN)} {first}"
        yield from (f"{self.indent}   {' ' * len(kind)}  {line}" for line in rest)


def _frames(diagnostic: Diagnostic) -> Iterator[tuple[Source, Mark, list[Row]]]:
    """For each file that is spoken of: the file, its first mark and its rows."""
    found: dict[int, tuple[Source, list[Mark]]] = {}
    for label, sign in _labels(diagnostic):
        text = one_line(prose(label.text).replace("\n", " "))
        source, here = found.setdefault(id(label.span.source), (label.span.source, []))
        here.extend(marks(label.span, text, sign))
    for source, here in found.values():
        yield source, here[0], list(rows(source, here))


def _labels(diagnostic: Diagnostic) -> Iterator[tuple[Label, str]]:
    if diagnostic.span is not None:
        yield Label(diagnostic.span, diagnostic.label), "^"
    yield from ((label, "-") for label in diagnostic.related)
