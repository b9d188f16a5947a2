"""Whatever happens to a statement, what follows it is read, and the mistakes have their places."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from autodesign.dsl.source import Source
from autodesign.dsl.syntax.limits import MISTAKES
from autodesign.dsl.syntax.parse import parse
from autodesign.dsl.syntax.scan import scan

EXAMPLES = (Path(__file__).parent / "examples").glob("*.ad")


def statements(text: str) -> list[list[str]]:
    file, _ = parse(Source("example.ad", text))
    trees = (*file.uses, *file.declarations)
    return [[token.text for token in scan(tree.span.text).tokens[:-1]] for tree in trees]


STATEMENTS = [words for path in EXAMPLES for words in statements(path.read_text(encoding="utf-8"))]
WORDS = sorted({word for words in STATEMENTS for word in words} | {"@", ";", "'", '"', "...", "€"})
CHANGES = st.tuples(st.integers(0, 300), st.sampled_from(["cut", "double", "put", "swap"]))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STATEMENTS), st.lists(CHANGES, max_size=4), st.data())
def test_a_spoilt_statement_does_not_hide_the_next(
    words: list[str], changes: list[tuple[int, str]], data: st.DataObject
) -> None:
    spoilt = list(words)
    for place, change in changes:
        at = place % max(len(spoilt), 1)
        if change == "cut":
            del spoilt[at : at + 1]
        elif change == "double":
            spoilt[at:at] = spoilt[at : at + 1]
        elif change == "put":
            spoilt.insert(at, data.draw(st.sampled_from(WORDS)))
        else:
            spoilt[at : at + 2] = reversed(spoilt[at : at + 2])
    text = f"ad 1\n{' '.join(spoilt)}\nparam last: int = 2\nparam end: int = 3\n"
    file, found = parse(Source("spoilt.ad", text))
    assert file.declarations[-1].name.id == "end"
    places = [one.span.start for one in found if one.span]
    assert len(places) == len(found) and places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    source = Source("any.ad", f"ad 1\n{text}")
    file, found = parse(source)
    assert len(found) <= MISTAKES
    assert all(one.code.startswith("AD1") and one.message for one in found)
    again, _ = parse(source)
    assert file == again
