"""What is warned of in a network, and what is not."""

from collections.abc import Callable

import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.load import load_text
from autodesign.stdlib.library import standard

NET = "ad 1\nnetwork Net {{ input x: vector[8]\n{} }}"


def found(body: str) -> list[Diagnostic]:
    spec, diagnostics = load_text(NET.format(body), "test.ad", standard())
    assert spec is not None, diagnostics
    return list(diagnostics)


def codes(body: str) -> list[str]:
    return [d.code for d in found(body)]


BRANCH = "control Q(x) = Linear ~> A, B  node A(x) = Linear(4)  node B(x) = Linear(4)\n"
SKIP = "control Q(x) = Linear ~> A, skip  node A(x) = Linear(4)\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BRANCH + "output y = A ?? B", []),
        (SKIP + "output y = A", ["AD351"]),
        (SKIP + "output y = A ?? 0", []),
        (BRANCH + "output y = A ?? B ?? 0", ["AD355"]),
        (BRANCH + "node C(A, B) = add  output y = C", ["AD350", "AD352"]),
        (BRANCH + "node C(A, B) = add  output y = C ?? A ?? B", ["AD350"]),
        (BRANCH + "node C(A ?? 0, B ?? 0) = add  output y = C", []),
        (BRANCH + "node C(x ?? 0) = Linear(4)  output y = A ?? B  output z = C", ["AD355"]),
        (BRANCH + "node D() = const(0)  output y = A ?? D ?? B", ["AD355"]),
        (
            BRANCH + "control R(A, B) = add | Linear ~> C, skip  node C(x) = Linear(4)\n"
            "output y = C ?? A ?? B",
            ["AD353"],
        ),
        (
            BRANCH + "control R(x) = Linear ~> C, skip  node C(A, B) = add\noutput y = C ?? A ?? B",
            ["AD354", "AD350"],
        ),
    ],
)
def test_warnings_of(body: str, expected: list[str]) -> None:
    assert sorted(codes(body)) == sorted(expected)


def test_what_follows_from_a_node_that_never_runs_is_shown_with_it() -> None:
    body = "node C(A, B) = add  node D(C) = ReLU  node E(D) = ReLU  output y = E ?? A ?? B"
    (warning,) = found(BRANCH + body)
    assert warning.code == "AD350"
    assert warning.span is not None
    assert warning.span.text == "C"
    assert [label.span.text for label in warning.related] == ["D", "E"]


def test_an_alternative_of_a_node_that_never_runs_is_not_warned_of() -> None:
    body = "node D(x) = Linear(4)  node C(A, B, D ?? 0) = add  output y = C ?? A ?? B"
    assert codes(BRANCH + body) == ["AD350"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (SKIP + "output y = A", "null when `Q` chooses skip"),
        (BRANCH + "output y = A  output z = B", "null when `Q` chooses B"),
        (
            "control Q(x) = Linear ~> {A, B}, skip  node A(x) = Linear(4)  node B(x) = Linear(4)\n"
            "output y = A ?? B",
            "null when `Q` chooses skip",
        ),
        (
            "control Q(x) = Linear ~> C, {A, B}  node A(x) = Linear(4)  node B(x) = Linear(4)\n"
            "node C(x) = Linear(4)  output y = C  output z = A ?? B",
            "null when `Q` chooses {A, B}",
        ),
        (
            BRANCH + "control R(x) = Linear ~> C, skip  node C(A) = Linear(4)\n"
            "control S(x) = Linear ~> D, skip  node D(x) = Linear(4)  output y = C ?? D ?? B",
            "null when `R` chooses skip and `S` chooses skip and `Q` chooses A",
        ),
    ],
)
def test_example_of_a_null_output(body: str, words: str) -> None:
    warning = next(d for d in found(body) if d.code == "AD351")
    assert sorted(warning.label.split()) == sorted(words.split())


def test_a_network_without_a_value_is_blamed_at_the_node_that_holds_it(
    check: Callable[..., tuple[object, list[str]]],
) -> None:
    inner = (
        "network Inner { input x: vector[8]  control Q(x) = Linear ~> A, B\n"
        "node A(x) = Linear(4)  node B(x) = Linear(4)  node C(A, B) = add  output y = C }\n"
    )
    text = "ad 1\n" + inner + "network Net { input x: vector[8]  node N(x) = Inner\n"
    text += "node M(N) = ReLU  output y = M ?? 0 }"
    _, diagnostics = load_text(text, "test.ad", standard())
    (warning,) = [d for d in diagnostics if d.span is not None and d.span.text == "M"]
    assert warning.code == "AD350"
    assert warning.label == "the network in `N` never gives a value"
