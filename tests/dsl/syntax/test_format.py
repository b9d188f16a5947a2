"""The canonical printer: pretty, idempotent, and the meaning as well as the comments unchanged."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.source import Source
from autodesign.dsl.syntax.format import NESTED, format_source, format_text
from autodesign.dsl.syntax.layout import WIDTH
from autodesign.dsl.syntax.parse import parse
from autodesign.dsl.syntax.scan import scan

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE / "examples").glob("*.ad"))
TEXTS = [path.read_text(encoding="utf-8") for path in EXAMPLES]


def formatted(text: str) -> str:
    return format_text(Source("spec.ad", text))


def comments(text: str) -> list[str]:
    return [text[start:end].rstrip() for start, end in scan(text).comments]


def check_laws(text: str) -> None:
    """What holds for every text that parses."""
    once = formatted(text)
    before, after = parse(Source("a", text)), parse(Source("b", once))
    assert after[1] == () and before[0] == after[0]
    assert formatted(once) == once
    assert sorted(comments(once)) == sorted(comments(text))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_look_as_in_formatted(path: Path) -> None:
    """Written by `interpret fmt`, then looked at."""
    once = formatted(path.read_text(encoding="utf-8"))
    assert once == (HERE / "formatted" / path.name).read_text(encoding="utf-8")
    assert max(map(len, once.splitlines())) <= WIDTH


@pytest.mark.parametrize("text", TEXTS, ids=[path.stem for path in EXAMPLES])
def test_laws_hold_for_the_examples(text: str) -> None:
    check_laws(text)


GAPS = st.sampled_from([" ", "\n", "\n\n\n", "\t", "\r\n", "  # why\n", "\n# why\n", "\n## doc\n"])
PLAIN = " "


def statements(text: str) -> list[str]:
    file, _ = parse(Source("example.ad", text))
    return [tree.span.text for tree in (*file.uses, *file.declarations)]


STATEMENTS = [statement for text in TEXTS for statement in statements(text)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(STATEMENTS), st.integers(0, 300), st.lists(GAPS, min_size=1, max_size=8))
def test_any_layout_keeps_meaning_and_comments(text: str, place: int, gaps: list[str]) -> None:
    """Some tokens of a statement get other blanks and comments between them."""
    words = [token.text for token in scan(text).tokens]
    start = place % len(words)
    between = [PLAIN] * start + gaps + [PLAIN] * len(words)
    check_laws("ad 1\n" + "".join(word + gap for word, gap in zip(words, between, strict=False)))


NAMES = st.sampled_from(["a", "b'", "label", "image", "Linear", "train", "x1"])
ATOMS = NAMES | st.sampled_from(["1", "0.5", "1e-3", '"a b"', "true", "none", "[]", "0..", "f()"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions out of expressions."""
    signs = ["|", "or", "and", "==", "<=", "in", "??", "+", "-", "*", "/", "^"]
    paired = st.tuples(inner, st.sampled_from(signs), inner).map(
        lambda t: f"({t[0]}){t[1]} ({t[2]})"
    )
    several = st.lists(inner, min_size=1, max_size=4)
    chained = several.map(lambda parts: "|".join(f"({part})" for part in parts))
    called = st.tuples(NAMES, several, inner).map(lambda t: f"{t[0]}({', '.join(t[1])}, k={t[2]})")
    looped = st.tuples(inner, inner).map(lambda t: f"mean({t[0]} for i in ({t[1]}) if b for j)")
    chosen = st.tuples(inner, inner, inner).map(lambda t: f"({t[0]}) if ({t[1]}) else ({t[2]})")
    stepped = st.tuples(NAMES, inner).map(lambda t: f"{t[0]} after f(1) for 2 on ({t[1]})")
    prefixed = st.tuples(st.sampled_from(["-", "not "]), inner).map(lambda t: f"{t[0]}({t[1]})")
    grouped = several.map(lambda parts: f"[{', '.join(parts)}]")
    return paired | chained | called | looped | chosen | stepped | prefixed | grouped


EXPRESSIONS = st.recursive(ATOMS, grown, max_leaves=25)


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS)
def test_formatting_any_expression_keeps_its_meaning(text: str) -> None:
    check_laws(f"ad 1\nparam x = {text}\nmetric M = {text}")
    check_laws(
        f"ad 1\nnetwork N {{ control Q(a) = {text} ~> A, B }} train t = N on d {{ maximize {text} "
        f"by f(1) report {text}, {text} }}"
    )


def test_comments_stay_where_they_are() -> None:
    text = """\
# before everything
ad 1  # the version

# about a
param a = 1  # one


# about the network
## documented
network N {  # opened
  # first

  input x: image[1]
  # in between
  node n(x) = f(
    1,  # the first
    # the second
    2,
  )
  output y = n  # the result
  # last
}  # closed
# at the end
"""
    assert formatted(text) == text.replace("# one\n\n\n", "# one\n\n")


def test_what_is_too_long_breaks_at_its_loosest_operators() -> None:
    text = "ad 1 block b = " + " | ".join(f"layer_{i}(with_an_argument={i})" for i in range(4))
    assert formatted(text) == (
        "ad 1\nblock b =\n"
        "  layer_0(with_an_argument=0)\n"
        "  | layer_1(with_an_argument=1)\n"
        "  | layer_2(with_an_argument=2)\n"
        "  | layer_3(with_an_argument=3)\n"
    )


def test_what_does_not_parse_is_refused() -> None:
    text, found = format_source(Source("spec.ad", "ad 1\nparam"))
    assert text is None and [one.code for one in found] == ["AD124"]
    with pytest.raises(SpecError):
        formatted("ad 1\nparam")


def test_a_text_nested_very_deeply_is_left_as_it_is() -> None:
    deep = "(" * 180 + "1" + ")" * 180
    text = f"ad 1\n\n\n\nparam x = {deep}\n"
    assert len(deep) > 2 * NESTED and formatted(text) == text


def test_an_empty_file() -> None:
    assert formatted("ad   1") == "ad 1\n"
    assert formatted("# only this\nad 1\n\n# and this") == "# only this\nad 1\n\n# and this\n"
