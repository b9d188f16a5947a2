"""A mistake of the text hides what may only follow from it, and nothing else."""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax.doubt import independent
from autodesign.dsl.syntax.parse import parse

TEXT = """ad 1
param width: int = 16
block head = Flatten | Linear(width
block body = head | ReLU
network N {
  input x: image[1, 8, 8]
  node n(x) = body
  output y = n
}
block other = Conv2d(3, 1)
network:
metrc Lost = 1
train t = N on digits { minimize Lost(y) }
"""


def told(*texts: str) -> list[str]:
    """The texts at whose places a diagnostic of a later pass is still told."""
    source = Source("spec.ad", TEXT)
    file, mistakes = parse(source)
    assert mistakes
    places = [(text, TEXT.index(text)) for text in texts]
    found = [Diagnostic("AD201", text, Span(source, at, at + 1)) for text, at in places]
    return [one.message for one in independent(file, mistakes, found)]


def test_what_does_not_refer_to_the_mistake_is_told() -> None:
    assert told("width: int", "other = Conv2d") == ["width: int", "other = Conv2d"]


def test_the_statement_with_the_mistake_is_in_doubt() -> None:
    assert told("Flatten") == []


def test_so_is_what_refers_to_it_and_what_refers_to_that() -> None:
    assert told("body = head", "node n(x)", "N on digits") == []


def test_so_is_what_refers_to_a_declaration_that_was_lost() -> None:
    text = "ad 1\nmetric\nLost = 1\nmetrc Gone 1 1\nparam a = Gone\nparam b = 1\n"
    source = Source("spec.ad", text)
    file, mistakes = parse(source)
    found = [
        Diagnostic("AD201", word, Span(source, text.index(word), 0)) for word in ("a =", "b =")
    ]
    assert [one.message for one in independent(file, mistakes, found)] == ["b ="]


def test_without_a_mistake_everything_is_told() -> None:
    source = Source("spec.ad", "ad 1 param a = 1")
    file, mistakes = parse(source)
    found = (Diagnostic("AD201", "somewhere", Span(source, 6, 7)), Diagnostic("AD200", "nowhere"))
    assert independent(file, mistakes, found) == found
