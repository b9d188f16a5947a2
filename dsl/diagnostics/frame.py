"""Source lines with marks under them: the part of a diagnostic that shows the place.

A span becomes one mark, or two where it covers several lines. Marks that lie close together in a
line share an excerpt of it, so a line of a megabyte is shown as the few words that matter.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from autodesign.dsl.diagnostics.screen import visible, width
from autodesign.dsl.record import record
from autodesign.dsl.source import Source, Span

EXCERPT = 100
"""Characters of a line that are shown at once."""
CONTEXT = 30
"""Characters shown before a mark where a line is cut."""


@record
class Mark:
    """Characters `start` to `end` of one line (both offsets in the source), and what to say there.

    `sign` is "^" for the place itself, "-" for a further one. `closes` marks the last line of a
    span of several.
    """

    line: int
    start: int
    end: int
    sign: str
    text: str = ""
    closes: bool = False


@record
class Row:
    """One line of a frame: source (with its number), marks (without), or a gap ("...")."""

    number: int | None
    text: str
    marks: tuple[Mark, ...] = ()
    gap: bool = False


def marks(span: Span, text: str, sign: str) -> list[Mark]:
    """The marks of a span; places outside of the text are moved to its nearest end."""
    size = len(span.source.text)
    start = min(max(span.start, 0), size)
    end = min(max(span.end, start), size)
    first, last = span.source.position(start)[0], span.source.position(max(start, end - 1))[0]
    if first == last:
        return [Mark(first, start, end, sign, text)]
    _, line_end = bounds(span.source, first)
    line_start, _ = bounds(span.source, last)
    while line_start < end - 1 and span.source.text[line_start] in " \t":
        line_start += 1
    return [
        Mark(first, start, line_end, sign),
        Mark(last, line_start, end, sign, text, closes=True),
    ]


def bounds(source: Source, number: int) -> tuple[int, int]:
    """Offsets of the start and the end of a line, its line break left out."""
    starts = source.line_starts()
    end = starts[number] - 1 if number < len(starts) else len(source.text)
    if end > starts[number - 1] and source.text[end - 1] == "\r":
        end -= 1
    return starts[number - 1], end


def rows(source: Source, found: Sequence[Mark]) -> Iterator[Row]:
    """The rows of a frame: lines from that of the first mark on, then those before it."""
    first = found[0].line
    shown = None
    for line in sorted({mark.line for mark in found}, key=lambda line: (line < first, line)):
        here = sorted((m for m in found if m.line == line), key=lambda mark: mark.start)
        if shown is not None and shown + 1 < line and any(mark.closes for mark in here):
            yield Row(None, "...", gap=True)
        for group in close_together(here):
            yield from excerpt(source, line, group)
        shown = line


def close_together(here: Iterable[Mark]) -> Iterator[list[Mark]]:
    """Marks of a line in groups that fit into one excerpt."""
    group: list[Mark] = []
    for mark in here:
        if group and mark.start - group[0].start > EXCERPT - 2 * CONTEXT:
            yield group
            group = []
        group.append(mark)
    if group:
        yield group


def excerpt(source: Source, line: int, group: list[Mark]) -> Iterator[Row]:
    """A line, or the part of it around some marks, and the marks in as many rows as they need."""
    start, end = bounds(source, line)
    left = start
    if end - start > EXCERPT:
        left = max(start, min(group[0].start - CONTEXT, end - EXCERPT))
    right = min(end, left + EXCERPT)
    before, after = "…" * (left > start), "…" * (right < end)
    shown = [visible(character) for character in source.text[left:right]]
    columns = [len(before)]
    for text in shown:
        columns.append(columns[-1] + width(text))

    def column(offset: int) -> int:
        return columns[min(max(offset - left, 0), len(shown))]

    yield Row(line, before + "".join(shown) + after)
    placed = [_at(mark, column(mark.start), column(mark.end)) for mark in group]
    yield from (Row(None, "", tuple(row)) for row in without_overlap(placed))


def _at(mark: Mark, start: int, end: int) -> Mark:
    """A mark by columns instead of offsets, at least one column wide."""
    return replace(mark, start=start, end=max(end, start + 1))


def without_overlap(placed: list[Mark]) -> list[list[Mark]]:
    """Marks (by columns) in rows, each in the first row where it and its text have room."""
    found: list[tuple[int, list[Mark]]] = []
    for mark in placed:
        reach = mark.end + (width(mark.text) + 2 if mark.text else 1)
        for index, (used, row) in enumerate(found):
            if mark.start >= used:
                found[index] = (reach, [*row, mark])
                break
        else:
            found.append((reach, [mark]))
    return [row for _, row in found]
