"""Mistakes: each gives its code, once, and what is around it is still read."""

import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.diagnostics.explain import codes
from autodesign.dsl.source import Source
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.limits import MISTAKES
from autodesign.dsl.syntax.parse import parse

NETWORK = """ad 1
network A {{
  input x: image[1, 8, 8]
  {0}
  node last(x) = Linear(2)
  output y = last
}}
param after: int = 1
"""
METRIC = "ad 1\nmetric M(s: scores[n], y: flag[n]) = {0}\nparam after: int = 1\n"
PARAM = "ad 1\nparam x = {0}\nparam after: int = 1\n"
TRAIN = (
    "ad 1\ntrain t = A on d {{\n  minimize L(y, label)\n  {0}\n  seed 1\n}}\nparam after: int = 1\n"
)
FILE = "ad 1\n{0}\nparam after: int = 1\n"

MISTAKEN: list[tuple[str, str, str]] = [
    (NETWORK, "node n(x) Linear(2)", "AD112"),
    (NETWORK, "node n(x) = f(1 2)", "AD112"),
    (NETWORK, "input z image[1]", "AD112"),
    (NETWORK, "control Q(x) = Linear -> last, skip", "AD114"),
    (NETWORK, "control Q(x) = Linear => last, skip", "AD114"),
    (NETWORK, "control Q(x) = Linear → last, skip", "AD113"),
    (NETWORK, "control Q(x) = Linear", "AD124"),
    (NETWORK, "node n(x) == Linear(2)", "AD114"),
    (NETWORK, "node n(x) = Linear(2) ~> last", "AD100"),
    (NETWORK, "node n(x) = f(1", "AD103"),
    (NETWORK, "node n(x) = f(1,", "AD103"),
    (NETWORK, "node n(x) = f(g(1)", "AD103"),
    (NETWORK, "node n(x = f(1)", "AD103"),
    (NETWORK, "node n(x) = f(1))", "AD104"),
    (NETWORK, "node n(x) = f(1]", "AD104"),
    (NETWORK, "node n(x) = f[1)", "AD104"),
    (NETWORK, "node n(x) =", "AD124"),
    (NETWORK, "node n(x) = f |", "AD124"),
    (NETWORK, "node n(x) = Linear(2);", "AD113"),
    (NETWORK, "node n(x) = | f", "AD100"),
    (NETWORK, "node n(x) = f, g", "AD100"),
    (NETWORK, "nod n(x) = f", "AD111"),
    (NETWORK, "layer n(x) = f", "AD111"),
    (NETWORK, "epochs 30", "AD125"),
    (NETWORK, "maximize y", "AD125"),
    (NETWORK, "node n(x) = f @ g", "AD109"),
    (NETWORK, "node n(x) = ...", "AD109"),
    (NETWORK, "node if(x) = f", "AD115"),
    (NETWORK, "node n(x) = f(k=1, 2)", "AD118"),
    (METRIC, "mean(1 if y[i] for i in n)", "AD123"),
    (METRIC, "mean(0 < s[i] < 1 for i in n)", "AD116"),
    (METRIC, "mean(1, s[i] for i in n)", "AD117"),
    (METRIC, "max([s[i] for i in n])", "AD117"),
    (METRIC, "mean(s[i] = 1 for i in n)", "AD114"),
    (METRIC, "mean(i not in top(s, 3) for i in n)", "AD113"),
    (METRIC, "mean(s[i] && y[i] for i in n)", "AD113"),
    (METRIC, "mean(!y[i] for i in n)", "AD113"),
    (METRIC, "mean(s[i] ≥ 1 for i in n)", "AD113"),
    (PARAM, "3 ** 2", "AD113"),
    (PARAM, "True", "AD113"),
    (PARAM, "None", "AD113"),
    (PARAM, "'text'", "AD110"),
    (PARAM, "“text”", "AD110"),
    (PARAM, '"text', "AD105"),
    (PARAM, r'"a\d"', "AD106"),
    (PARAM, "12ab", "AD107"),
    (PARAM, "1__0", "AD107"),
    (PARAM, "0x10", "AD107"),
    (PARAM, ".5", "AD107"),
    (PARAM, "1.", "AD107"),
    (PARAM, "9223372036854775808", "AD108"),
    (PARAM, "1e999", "AD108"),
    (PARAM, "\x00", "AD109"),
    (PARAM, "1 \u200b", "AD109"),
    (PARAM, "-" * 300 + "1", "AD119"),
    (PARAM, "(" * 300 + "1" + ")" * 300, "AD119"),
    (PARAM, "x" * 300, "AD121"),
    (TRAIN, "using Adam(lr=)", "AD100"),
    (TRAIN, "bach 32", "AD111"),
    (TRAIN, "node n(x) = f", "AD125"),
    (TRAIN, "using SGD(lr=0.1)\n  by uniloss()", "AD125"),
    (FILE, "netwrk B {\n  input x: image[1]\n  output y = x\n}", "AD111"),
    (FILE, "network B:\n  input x: image[1]\n", "AD113"),
    (FILE, "def f(x):\n  return x", "AD111"),
    (FILE, "import torch", "AD111"),
    (FILE, "}", "AD104"),
    (FILE, "node n(x) = f", "AD125"),
    (FILE, "use std.metrics F1", "AD100"),
    (FILE, "use std.metrics (F1", "AD103"),
    (FILE, "param k: int in 1.. or int[2] = 1", "AD100"),
    (FILE, "network B {\n  input x: image[1]\n", "AD103"),
    (FILE, "train t A on d { minimize L }", "AD112"),
    (FILE, "train t = A d { minimize L }", "AD112"),
    (FILE, "sweep s = t over lam [0, 1]", "AD112"),
]


def mistakes(text: str) -> tuple[ast.File, list[Diagnostic]]:
    file, found = parse(Source("spec.ad", text))
    return file, list(found)


@pytest.mark.parametrize(("frame", "mistake", "code"), MISTAKEN)
def test_one_mistake_gives_one_diagnostic(frame: str, mistake: str, code: str) -> None:
    _, found = mistakes(frame.format(mistake))
    assert [one.code for one in found] == [code], [(one.code, one.message) for one in found]


@pytest.mark.parametrize(("frame", "mistake", "code"), MISTAKEN)
def test_what_follows_a_mistake_is_read(frame: str, mistake: str, code: str) -> None:
    if "(" * 300 in mistake:
        return  # brackets beyond the limit: nothing of the file is read
    file, _ = mistakes(frame.format(mistake))
    assert file.declarations[-1].name.id == "after"
    if frame == NETWORK:
        network = file.declarations[0]
        assert isinstance(network, ast.NetworkDeclaration)
        assert [i.name.id for i in network.items if i.name.id in "xlasty"] == ["x", "last", "y"]


def test_all_mistakes_of_a_file_are_reported_in_order() -> None:
    text = NETWORK.format("node n(x) Linear(2)\n  nod m(x) = f\n  node k(x) = f(1))\n  node j(x) =")
    _, found = mistakes(text)
    assert [(one.code, one.span.line if one.span else 0) for one in found] == [
        ("AD112", 4),
        ("AD111", 5),
        ("AD104", 6),
        ("AD124", 7),
    ]


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "param x = 1", "network A {}"])
def test_a_file_without_its_version(text: str) -> None:
    assert [one.code for one in mistakes(text)[1]][:1] == ["AD101"]


@pytest.mark.parametrize("version", ["2", "1.0", "v1", "", '"1"'])
def test_a_version_that_is_not_known(version: str) -> None:
    file, found = mistakes(f"ad {version}\nparam x = 1\n")
    assert [one.code for one in found] == ["AD102"] and len(file.declarations) == 1


def test_the_message_says_what_was_read_and_expected() -> None:
    _, (one,) = mistakes(NETWORK.format("control Q(x) = Linear\n"))
    assert one.message == "the control node Q is not finished"
    assert one.label == "expected `~>` after this"
    _, (one,) = mistakes(NETWORK.format("node 3(x) = f"))
    assert one.message == "I was reading the node and did not expect `3`"
    assert one.label == "expected a name"


def test_a_bracket_is_shown_where_it_was_opened() -> None:
    _, (one,) = mistakes(NETWORK.format("node n(x) = f(1"))
    assert one.span and one.span.text == "(" and one.span.line == 4
    assert one.related[0].span.line == 5


def test_near_keywords_are_offered() -> None:
    _, (one,) = mistakes(NETWORK.format("nod n(x) = f"))
    assert one.help == "did you mean `node`?"


def test_no_more_mistakes_are_reported_than_a_person_reads() -> None:
    _, found = mistakes("ad 1\n" + "param x 1\n" * 1000)
    assert len(found) == MISTAKES
    assert found[-1].notes == (f"there are more mistakes; these are the first {MISTAKES}",)


def test_every_code_of_the_room_is_provoked_here_or_in_the_scenarios() -> None:
    here = {code for _, _, code in MISTAKEN} | {"AD101", "AD102", "AD120", "AD122"}
    assert here == {code for code in codes() if code < "AD150"}
