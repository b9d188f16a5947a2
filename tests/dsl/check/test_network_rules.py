"""The rules of a network (LANGUAGE.md section 2): what each refuses, and what is allowed."""

from collections.abc import Callable

import pytest

from autodesign.dsl.spec import Spec

Check = Callable[..., tuple[Spec | None, list[str]]]
NET = "network Net {{ input x: vector[8]\n{} }}"
SKIP = "control Q(x) = Linear ~> A, skip  node A(x) = Linear(8)\n"
PAIR = "control Q(x) = Linear ~> A, B  node A(x) = Linear(8)  node B(x) = Linear(8)\n"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("node A(A) = ReLU  output y = A", "AD301"),
        ("node A(x, B) = add  node B(A) = ReLU  output y = B", "AD301"),
        ("control Q(A) = Linear ~> A, skip  node A(x) = ReLU  output y = A ?? 0", "AD301"),
        (
            SKIP + "control R(x) = Linear ~> Q, skip  output y = A ?? 0",
            "AD302",
        ),
        ("node A(x, x) = add  output y = A", "AD303"),
        ("node B(x) = ReLU  node A(B ?? B) = ReLU  output y = A", "AD303"),
        ("control Q(x) = Linear ~> A, A  node A(x) = ReLU  output y = A ?? 0", "AD303"),
        ("control Q(x) = Linear ~> {A, A}, skip  node A(x) = ReLU  output y = A ?? 0", "AD303"),
        (PAIR.replace("~> A, B", "~> {A, B}, {B, A}") + "output y = A ?? B", "AD303"),
        (SKIP + "node B(Q) = Linear(8)  output y = A ?? B", "AD304"),
        (SKIP + "output y = A ?? Q", "AD304"),
        ("node A(x) = ReLU  node B(x) = ReLU  output y = A", "AD305"),
        ("node D() = const(0)  output y = x", "AD305"),
        ("input z: vector[2]  node A(x) = ReLU  output y = A", "AD306"),
        ("node A(z) = ReLU  output y = A", "AD307"),
        ("node A(x) = ReLU  output y = B", "AD307"),
        ("control Q(x) = Linear ~> A, C  node A(x) = ReLU  output y = A ?? 0", "AD307"),
        ("node A(x) = ReLU  output y = skip ?? A", "AD307"),
        ("control Q(x) = Linear ~> x, skip  node A(x) = ReLU  output y = A", "AD308"),
        ("node A(x) = ReLU", "AD309"),
        (PAIR.replace("B(x) = Linear(8)", "B(x) = Linear(3)") + "output y = A ?? B", "AD312"),
        ("node A(x) = Linear(4)  node B(A, x) = add  output y = B", "AD311"),
        ("node A(0 ?? x) = ReLU  output y = A", "AD329"),
        (SKIP + "output y = A ?? 0 ?? x", "AD325"),
        ("node A(x) = ReLU  node A(x) = ReLU  output y = A", "AD202"),
    ],
)
def test_refused(check: Check, body: str, code: str) -> None:
    spec, codes = check(NET.format(body))
    assert spec is None
    assert code in codes


@pytest.mark.parametrize(
    "body",
    [
        "output y = x",
        "node y(x) = ReLU  output y = y",
        SKIP + "output y = A ?? x",
        PAIR.replace("~> A, B", "~> {A, B}, skip") + "output y = A ?? B ?? 0",
        PAIR.replace("~> A, B", "~> {A, B}, A, B") + "output y = A ?? B",
        PAIR + "node C(A ?? 0, B ?? 0.5, x) = add  output y = C",
        PAIR + "node C(A ?? B) = ReLU  node D(B ?? A) = ReLU  output y = C  output z = D",
        "control Q(x) = Linear ~> A, D  node A(x) = ReLU  node D() = const(0)  output y = A ?? D",
        "control Q(x) = Linear ~> A, D  node A(x) = ReLU  node D() = const(0)  output y = A ?? 0",
        "control Q(x) = Linear ~> A, skip  node A(x) = ReLU  node skip() = const(0)\n"
        "output y = A ?? 0",
        PAIR + "control R(A) = Linear ~> C, skip  node C(x) = ReLU  output y = C ?? A ?? B",
        "control Q(x) = Linear ~> A, skip  control R(x) = Linear ~> skip, A  node A(x) = ReLU\n"
        "output y = A ?? 0",
    ],
)
def test_allowed(check: Check, body: str) -> None:
    spec, codes = check(NET.format(body))
    assert spec is not None, codes
    assert codes == []


def test_all_broken_rules_are_reported_at_once(check: Check) -> None:
    body = SKIP + "node B(Q) = Linear(8)  node C(z) = ReLU  node D(x, x) = add  output y = D ?? C"
    _, codes = check(NET.format(body))
    assert {"AD303", "AD304", "AD307"} <= set(codes)


def test_nodes_come_after_all_they_depend_on(checked: Callable[..., Spec]) -> None:
    body = "output y = C ?? 0  node C(B) = ReLU  node B(x) = ReLU  control Q(B) = Linear ~> C, skip"
    net = checked(NET.format(body)).networks["Net"]
    assert [n.name for n in net.nodes] == ["B", "Q", "C"]
    assert net.node("Q").targets == (("C",), ())
    assert net.node("C").controllers == (("Q", 0),)
    assert [n.kind for n in net.nodes] == ["regular", "control", "regular"]


def test_an_action_of_a_group_controls_each_of_its_nodes(checked: Callable[..., Spec]) -> None:
    body = PAIR.replace("~> A, B", "~> {A, B}, A, skip") + "output y = A ?? B ?? 0"
    net = checked(NET.format(body)).networks["Net"]
    assert net.node("Q").targets == (("A", "B"), ("A",), ())
    assert net.node("A").controllers == (("Q", 0), ("Q", 1))
    assert net.node("B").controllers == (("Q", 0),)
    assert net.node("Q").shape == (3,)
