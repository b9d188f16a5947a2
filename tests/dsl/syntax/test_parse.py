"""What a text says, as a tree."""

from pathlib import Path

import pytest

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.parse import parse, parse_library
from autodesign.dsl.syntax.print_expr import print_expr

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.ad"))
NOWHERE = Span(Source("", ""), 0, 0)


def file(text: str) -> ast.File:
    found, diagnostics = parse(Source("spec.ad", f"ad 1\n{text}"))
    assert diagnostics == ()
    return found


def declaration(text: str) -> ast.AnyDeclaration:
    (found,) = file(text).declarations
    return found


def expr(text: str) -> ast.Expr:
    found = declaration(f"param x = {text}")
    assert isinstance(found, ast.ParamDeclaration) and found.default is not None
    return found.default


def name(id: str) -> ast.Name:
    return ast.Name(NOWHERE, id)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_of_the_language_parse(path: Path) -> None:
    found, diagnostics = parse(Source(path.name, path.read_text(encoding="utf-8")))
    assert diagnostics == ()
    assert found.version == 1 and found.declarations


def test_an_empty_file_has_no_declarations() -> None:
    assert file("").declarations == () and file("").version == 1


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a | b | c", "((a | b) | c)"),
        ("a or b and not c == d", "(a or (b and (not (c == d))))"),
        ("a ?? b + c * d", "(a ?? (b + (c * d)))"),
        ("-x ^ 2 ^ -y", "(-(x ^ (2 ^ (-y))))"),
        ("a - b - c / d / e", "((a - b) - ((c / d) / e))"),
        ("a if b or c else d if e else f", "(a if (b or c) else (d if e else f))"),
        ("1..n + 1", "(1..(n + 1))"),
        ("i in 0..", "(i in (0..))"),
        ("..5 == x", "((..5) == x)"),
        ("a | b after c(1) on d + e", "(a | (b after c(1) on (d + e)))"),
        ("f(x).y[1, 2](z)", "f(x).y[1, 2](z)"),
    ],
)
def test_operators_bind_as_documented(text: str, grouped: str) -> None:
    assert expr(text) == expr(grouped)


def test_arguments_are_split_into_those_with_and_without_names() -> None:
    call = expr("conv(8, 3, stride=2, batch=label)")
    assert isinstance(call, ast.Call)
    assert [print_expr(arg) for arg in call.args] == ["8", "3"]
    assert [(k.name.id, print_expr(k.value)) for k in call.keywords] == [
        ("stride", "2"),
        ("batch", "label"),
    ]


def test_a_comprehension_is_the_only_argument() -> None:
    call = expr("mean(s[i] for i in n if a if b for j)")
    assert isinstance(call, ast.Call)
    (inner,) = call.args
    assert isinstance(inner, ast.Comprehension)
    first, second = inner.loops
    assert (first.variable, len(first.conditions)) == (name("i"), 2)
    assert (second.variable, second.over) == (name("j"), None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100_000", 100_000),
        ("0", 0),
        ("1e-3", 0.001),
        ("2.5e2", 250.0),
        ("0.5", 0.5),
        ("9_223_372_036_854_775_807", 2**63 - 1),
    ],
)
def test_numbers(text: str, value: float) -> None:
    number = expr(text)
    assert isinstance(number, ast.Number)
    assert number.value == value and type(number.value) is type(value)


def test_texts_have_escapes() -> None:
    assert expr(r'"a\n\t\"\\b"') == ast.String(NOWHERE, 'a\n\t"\\b')


def test_constants() -> None:
    assert expr("[true, false, none]") == ast.ListOf(
        NOWHERE, (ast.Bool(NOWHERE, True), ast.Bool(NOWHERE, False), ast.NoneValue(NOWHERE))
    )


def test_commas_may_end_a_list() -> None:
    assert expr("f([1, 2,], {3,}, k=4,)") == expr("f([1, 2], {3}, k=4)")


def test_layout_means_nothing() -> None:
    text = "network A { input x: image[1] node n(x)=Flatten|Linear(2) output y=n }"
    assert file(text) == file(text.replace(" ", "\n\t").replace("|", " # chain\r\n |\n"))


@pytest.mark.parametrize(
    "word", ["y", "image", "label", "batch", "data", "train", "node", "on", "by", "epochs", "skip"]
)
def test_keywords_may_be_names(word: str) -> None:
    text = f"""
    param {word}: real = 1
    network {word}({word} = 1) {{
      input {word}: image[1]
      node {word}'({word}) = {word}({word}={word}) | {word}
      output {word} = {word} ?? {word}'
    }}
    train {word} = {word} on {word} {{ maximize {word} by {word} report {word}, {word}.{word} }}
    """
    param, network, train = file(text).declarations
    assert param.name == network.name == train.name == name(word)


def test_names_may_end_in_primes() -> None:
    assert expr("y' + DET''") == ast.Binary(NOWHERE, "+", name("y'"), name("DET''"), NOWHERE)


def test_documentation_belongs_to_what_follows_it() -> None:
    found = declaration("""
    ## A network
    ## of two lines.
    network A(
      ## how wide
      width: int = 8,
    ) {
      # no documentation
      input x: image[1]  ## nor this
      ## the node
      node n(x) = Linear(width)
      output y = n
    }
    """)
    assert isinstance(found, ast.NetworkDeclaration)
    assert found.doc == "A network\nof two lines."
    assert found.params[0].doc == "how wide"
    assert [item.doc for item in found.items] == ["", "the node", ""]


def test_types_have_sizes_alternatives_and_one_domain() -> None:
    found = declaration(
        "extern layer L(k: int or int[2] or none in 1.., *s: [real], m in {3}) -> a"
    )
    assert isinstance(found, ast.ExternDeclaration)
    k, s, m = found.params
    assert k.type and [t.name for t in k.type.names] == ["int", "int", "none"]
    assert k.type.names[1].dims == (ast.Number(NOWHERE, 2),)
    assert k.type.domain == expr("1..")
    assert s.many and s.type and s.type.names[0].name == "list" and s.type.names[0].of
    assert m.type and m.type.names == () and m.type.domain == expr("{3}")
    assert found.result and found.result.names[0].name == "a"


def test_control_edges_may_be_grouped() -> None:
    found = declaration("network N { control Q(a ?? 0, b) = Linear ~> A, {B, C}, skip }")
    assert isinstance(found, ast.NetworkDeclaration)
    (control,) = found.items
    assert isinstance(control, ast.ControlItem)
    assert [(tuple(n.id for n in t.names), t.grouped) for t in control.targets] == [
        (("A",), False),
        (("B", "C"), True),
        (("skip",), False),
    ]


def test_a_short_metric_is_one_value() -> None:
    found = declaration("metric M(s: scores[n]) = mean(s[i] for i in n)")
    assert isinstance(found, ast.MetricDeclaration)
    assert found.short and [type(item) for item in found.items] == [ast.ValueItem]


def test_a_use_names_a_module_or_a_file() -> None:
    library, other = file('use std.metrics (F1, A as B) use "parts/blocks.ad" (conv)').uses
    assert (library.module, library.is_file) == ("std.metrics", False)
    assert [(n.name.id, n.alias.id) for n in library.names] == [("F1", "F1"), ("A", "B")]
    assert (other.module, other.is_file) == ("parts/blocks.ad", True)


def test_a_sweep_may_do_without_plots() -> None:
    found = declaration("sweep s = job over lam in 0..1, seed in {1, 2}")
    assert isinstance(found, ast.SweepDeclaration)
    assert [variable.id for variable, _ in found.over] == ["lam", "seed"] and found.items == ()


def test_a_sweep_has_evenly_spaced_values_and_jobs_beside_it() -> None:
    found = declaration(
        "sweep s = step over beside in 0..1 step 0.5 beside step, over { plot a against b }"
    )
    assert isinstance(found, ast.SweepDeclaration) and isinstance(found.over[0][1], ast.Spaced)
    assert found.over[0][1].span.text == "0..1 step 0.5"
    assert [name.id for name in found.beside] == ["step", "over"] and len(found.items) == 1


def test_spans_show_what_was_read() -> None:
    found = declaration("network N { node C(A ?? 0) = add | f(k = 2) }")
    assert isinstance(found, ast.NetworkDeclaration)
    node = found.items[0]
    assert isinstance(node, ast.NodeItem) and isinstance(node.body, ast.Binary)
    assert node.span.text == "node C(A ?? 0) = add | f(k = 2)"
    assert node.args[0].span.text == "A ?? 0"
    assert node.body.op_span.text == "|" and node.body.right.span.text == "f(k = 2)"
    assert (node.name.span.line, node.name.span.column) == (2, 18)


def test_a_fragment_needs_no_version() -> None:
    found, diagnostics = parse(Source("", "param x = 1"), versioned=False)
    assert diagnostics == () and found.version is None and len(found.declarations) == 1


def test_a_library_that_does_not_parse_is_an_error() -> None:
    assert parse_library(Source("std.a", "ad 1 extern layer A")).declarations
    with pytest.raises(SpecError):
        parse_library(Source("std.a", "ad 1 extern layer"))
