"""What a diagnostic looks like on the terminal."""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Label
from autodesign.dsl.diagnostics.terminal import render, render_all
from autodesign.dsl.source import Source, Span

CASCADE = Source(
    "cascade.ad",
    "\n" * 8
    + "  control Q1(N1) = Flatten | Linear   ~> Q2, skip\n"
    + "\n" * 4
    + "  control Q2(N3) = Flatten | Linear   ~> N5, skip\n",
)


def span(source: Source, text: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def at(text: str, part: str, label: str = "") -> str:
    """A text with a mark under one part of it."""
    source = Source("t.ad", text)
    return render(Diagnostic("AD100", "no", span(source, part), label), color=False)


def test_the_example_of_the_language() -> None:
    diagnostic = Diagnostic(
        "AD302",
        "Q2 is controlled by Q1, so it cannot control N5",
        span(CASCADE, "Q2", 1),
        related=(
            Label(span(CASCADE, "N5"), "this control edge"),
            Label(span(CASCADE, "Q2"), "controlled here"),
        ),
        help="let Q1 control a regular node that feeds Q2",
    )
    assert render(diagnostic, color=False).split("\n") == [
        "error[AD302]: Q2 is controlled by Q1, so it cannot control N5",
        "  --> cascade.ad:14:11",
        "   |",
        "14 |   control Q2(N3) = Flatten | Linear   ~> N5, skip",
        "   |           ^^                             -- this control edge",
        " 9 |   control Q1(N1) = Flatten | Linear   ~> Q2, skip",
        "   |                                          -- controlled here",
        "   = help: let Q1 control a regular node that feeds Q2",
    ]


def test_without_a_place_only_message_notes_and_help_are_shown() -> None:
    diagnostic = Diagnostic("AD760", "no file x.ad", notes=("one\ntwo",), help="look")
    assert render(diagnostic, color=False).split("\n") == [
        "error[AD760]: no file x.ad",
        "  = note: one",
        "          two",
        "  = help: look",
    ]


def test_another_file_has_its_own_frame() -> None:
    here, there = Source("a.ad", "use b\n"), Source("b.ad", "\nblock b = x\n")
    diagnostic = Diagnostic(
        "AD200", "no", span(here, "b"), related=(Label(span(there, "b = x"), "declared"),)
    )
    assert render(diagnostic, color=False).split("\n")[1:] == [
        " --> a.ad:1:5",
        "  |",
        "1 | use b",
        "  |     ^",
        " ::: b.ad:2:7",
        "  |",
        "2 | block b = x",
        "  |       ----- declared",
    ]


def test_texts_that_do_not_fit_into_one_row_take_several() -> None:
    source = Source("t.ad", "a b c\n")
    diagnostic = Diagnostic(
        "AD100",
        "no",
        span(source, "a"),
        "first",
        (Label(span(source, "b"), "second"), Label(span(source, "c"), "third")),
    )
    assert render(diagnostic, color=False).split("\n")[3:] == [
        "1 | a b c",
        "  | ^ first",
        "  |   - second",
        "  |     - third",
    ]


def test_a_span_of_several_lines_shows_its_first_and_its_last() -> None:
    assert at("network N {\n  a\n  b\n}\n", "network N {\n  a\n  b\n}", "this").split("\n")[3:] == [
        "1 | network N {",
        "  | ^^^^^^^^^^^",
        "...",
        "4 | }",
        "  | ^ this",
    ]


def test_tabs_and_wide_characters_keep_the_carets_below_their_text() -> None:
    assert at("\tx = y", "y").split("\n")[3:] == ["1 |     x = y", "  |         ^"]
    assert at("日本 = y", "y").split("\n")[3:] == ["1 | 日本 = y", "  |        ^"]
    assert at("日本 = y", "本").split("\n")[3:] == ["1 | 日本 = y", "  |   ^^"]
    assert at("e\u0301 = y", "y").split("\n")[4] == "  |     ^"


def test_the_end_of_the_text_has_a_caret_too() -> None:
    source = Source("t.ad", "ad 1\n")
    rendered = render(Diagnostic("AD100", "no", Span(source, 5, 5), "here"), color=False)
    assert rendered.split("\n")[1:] == [" --> t.ad:2:1", "  |", "2 |", "  | ^ here"]
    empty = render(Diagnostic("AD100", "no", Span(Source("t.ad", ""), 0, 0)), color=False)
    assert empty.split("\n")[3:] == ["1 |", "  | ^"]


def test_windows_line_ends_are_not_shown() -> None:
    assert at("a\r\nb c\r\n", "c").split("\n")[3:] == ["2 | b c", "  |   ^"]


def test_a_line_of_a_megabyte_is_cut_around_the_place() -> None:
    text = "x" * 500_000 + " HERE " + "y" * 500_000
    rendered = at(text, "HERE", "look")
    assert len(rendered) < 400
    line, marks = rendered.split("\n")[3:]
    assert line[marks.index("^") :].startswith("HERE") and marks.endswith("^^^^ look")
    assert len(at(text, text)) < 600
    assert len(render(Diagnostic("AD200", f"I know no {text}"), color=False)) < 600


def test_what_does_not_print_is_shown_as_an_escape() -> None:
    rendered = at("a = \x1b[31m\u202e\x07\u2028\xa0\ud800 b", "b")
    assert "a = \\x1b[31m\\u202e\\x07\\u2028\\xa0\\ud800 b" in rendered
    message = render(Diagnostic("AD100", "\x1b]0;title\x07", help="a\x9bb"), color=False)
    assert message == "error[AD100]: \\x1b]0;title\\x07\n  = help: a\\x9bb"


def test_colour_changes_nothing_but_colour() -> None:
    import re

    diagnostic = Diagnostic("AD302", "no", span(CASCADE, "Q2", 1), "here", help="so", notes=("n",))
    coloured = render(diagnostic, color=True)
    assert "\x1b[1;31m^^ here\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render(diagnostic, color=False)


def test_all_are_shown_with_their_number() -> None:
    error, warning = Diagnostic("AD100", "no"), Diagnostic("AD351", "hm", severity="warning")
    assert render_all([], color=False) == ""
    assert render_all([error], color=False) == "error[AD100]: no\n\n1 error"
    text = render_all([error, warning, error], color=False)
    assert text.split("\n\n") == [
        "error[AD100]: no",
        "warning[AD351]: hm",
        "error[AD100]: no",
        "2 errors, 1 warning",
    ]
