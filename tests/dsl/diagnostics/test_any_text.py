"""Laws of rendering that hold for any text and any span."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Label
from autodesign.dsl.diagnostics.json import render_json
from autodesign.dsl.diagnostics.sarif import render_sarif
from autodesign.dsl.diagnostics.terminal import render
from autodesign.dsl.source import Source, Span

text = st.text() | st.text(alphabet="ab \t\n\r\x1b\x07\u202e\u2028\u0301日\ud800{}", max_size=300)
offset = st.integers(min_value=-5, max_value=400)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    return Span(Source(draw(text), draw(text)), draw(offset), draw(offset))


@st.composite
def diagnostics(draw: st.DrawFn) -> Diagnostic:
    span = draw(st.none() | spans())
    near = st.builds(Span, st.just(span.source), offset, offset) if span else spans()
    related = draw(st.lists(st.builds(Label, near | spans(), text), max_size=4))
    notes = tuple(draw(st.lists(text, max_size=2)))
    return Diagnostic("AD100", draw(text), span, draw(text), tuple(related), notes, draw(text))


@given(diagnostics())
def test_nothing_but_line_breaks_and_printing_characters_reaches_the_terminal(
    diagnostic: Diagnostic,
) -> None:
    rendered = render(diagnostic, color=False)
    assert all(line.isprintable() for line in rendered.split("\n"))
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in rendered if c != "\n")
    rendered.encode("utf-8")


@given(diagnostics())
def test_colour_adds_only_colour(diagnostic: Diagnostic) -> None:
    coloured = render(diagnostic, color=True)
    for tone in ("0", "1", "1;31", "1;33", "1;34", "1;36"):
        coloured = coloured.replace(f"\x1b[{tone}m", "")
    lines = [line.rstrip() for line in coloured.split("\n")]
    assert lines == render(diagnostic, color=False).split("\n")


@given(diagnostics())
def test_json_and_sarif_are_plain_ascii_and_parse(diagnostic: Diagnostic) -> None:
    for rendered in (render_json([diagnostic]), render_sarif([diagnostic])):
        assert rendered.isascii() and json.loads(rendered)


@given(st.text(min_size=200, max_size=2000), offset, offset, st.text(max_size=50))
def test_what_is_shown_does_not_grow_with_the_text(
    long: str, start: int, end: int, message: str
) -> None:
    """Twenty times the text gives no more than a few screen lines more than once the text."""
    source = Source("t.ad", long.replace("\n", " ") * 20)
    assert len(render(Diagnostic("AD100", message, Span(source, start, end)), color=False)) < 3000
