"""Expressions as text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.parse import parse
from autodesign.dsl.syntax.print_expr import print_expr

NOWHERE = Span(Source("", ""), 0, 0)
OPERATORS = [
    "|",
    "??",
    "or",
    "and",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "+",
    "-",
    "*",
    "/",
    "^",
]


def expr(text: str) -> ast.Expr:
    file, found = parse(Source("", f"ad 1 param x = {text}"))
    assert found == ()
    (param,) = file.declarations
    assert isinstance(param, ast.ParamDeclaration) and param.default is not None
    return param.default


@pytest.mark.parametrize(
    "text",
    [
        "lam * F1(y, label) + (1 - lam) * (1 - cost / cost(N1, N2))",
        "conv(8, 3, stride=2) | MaxPool2d(3, 2)",
        "mean(s[i] > 0 for i in n if y[i] for j)",
        "(a | b)(1).c[2, 3]",
        "-(a + b) ^ 2",
        "not (a and b) or c",
        "a if b else c if d else e",
        "0..",
        'f({1, 2}, [], "a\\n\\"b\\"", none, true)',
        "DET after SGD(lr=0.1) for 3 on real + syn",
    ],
)
def test_only_the_parentheses_that_are_needed(text: str) -> None:
    assert print_expr(expr(text)) == text


names = st.sampled_from(["a", "b'", "label", "DET"]).map(lambda id: ast.Name(NOWHERE, id))
numbers = (st.integers(0, 2**63 - 1) | st.floats(0, allow_infinity=False, allow_nan=False)).map(
    lambda value: ast.Number(NOWHERE, value)
)
strings = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
texts = strings.map(lambda value: ast.String(NOWHERE, value))
constants = st.sampled_from([ast.Bool(NOWHERE, True), ast.NoneValue(NOWHERE)])


def grown(inner: st.SearchStrategy[ast.Expr]) -> st.SearchStrategy[ast.Expr]:
    some = st.lists(inner, max_size=3).map(tuple)
    one = st.lists(inner, min_size=1, max_size=3).map(tuple)
    keywords = st.lists(st.builds(ast.Keyword, st.just(NOWHERE), names, inner), max_size=2)
    loops = st.builds(ast.Loop, st.just(NOWHERE), names, st.none() | inner, some)
    comprehension = st.builds(
        ast.Comprehension,
        st.just(NOWHERE),
        inner,
        st.lists(loops, min_size=1, max_size=2).map(tuple),
    )
    here = st.just(NOWHERE)
    return st.one_of(
        st.builds(ast.Binary, here, st.sampled_from(OPERATORS), inner, inner, here),
        st.builds(ast.Unary, here, st.sampled_from(["-", "not"]), inner),
        st.builds(ast.IfElse, here, inner, inner, inner),
        st.builds(ast.After, here, inner, inner, st.none() | inner, inner),
        st.builds(ast.Range, here, inner, st.none() | inner),
        st.builds(ast.Range, here, st.none(), inner),
        st.builds(ast.ListOf, here, some),
        st.builds(ast.SetOf, here, some),
        st.builds(ast.Call, here, inner, some, keywords.map(tuple)),
        st.builds(ast.Call, here, inner, st.tuples(comprehension), st.just(())),
        st.builds(ast.Index, here, inner, one),
        st.builds(ast.Attribute, here, inner, names),
    )


EXPRESSIONS = st.recursive(names | numbers | texts | constants, grown, max_leaves=20)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_a_printed_expression_parses_to_an_equal_tree(tree: ast.Expr) -> None:
    assert expr(print_expr(tree)) == tree
