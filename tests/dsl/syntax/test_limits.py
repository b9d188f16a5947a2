"""What is too long, too deep or too great is refused, in a second and within 500 MB."""

import subprocess
import sys
import time

import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.source import Source
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.decode import MOST_BYTES, decode
from autodesign.dsl.syntax.limits import LETTERS, LEVELS
from autodesign.dsl.syntax.parse import parse
from autodesign.dsl.syntax.print_expr import print_expr

N = 10_000
SECONDS = 20.0
"""Of CPU time, after which a text counts as one that hangs; `bench/check.py` measures."""

EXCESSES = {
    "parentheses": ("param x = " + "(" * N + "1" + ")" * N, "AD119"),
    "open parentheses": ("param x = " + "(" * N, "AD119"),
    "lists": ("param x = " + "[" * N + "1" + "]" * N, "AD119"),
    "calls": ("param x = " + "f(" * N + "1" + ")" * N, "AD119"),
    "minuses": ("param x = " + "-" * N + "1", "AD119"),
    "negations": ("param x = " + "not " * N + "a", "AD119"),
    "powers": ("param x = " + "2^" * N + "1", "AD119"),
    "choices": ("param x = " + "a if b else " * N + "1", "AD119"),
    "a long sum": ("param x = " + "1+" * 100_000 + "1", "AD119"),
    "a long chain": ("block x = " + "f | " * N + "f", "AD119"),
    "indices": ("block x = f" + "[1]" * N, "AD119"),
    "attributes": ("block x = f" + ".a" * N, "AD119"),
    "a name": ("param " + "x" * 1_000_000 + " = 1", "AD121"),
    "a whole number": ("param x = " + "9" * 100_000, "AD108"),
    "a number": ("param x = " + "9" * 100_000 + ".5", "AD108"),
    "a long text": ("x" * 50_000_000, "AD122"),
    "many words": ("a " * 900_000, "AD122"),
    "many comments": ("#\n" * 500_000, "AD122"),
    "many networks": ("network A {\n" * 100_000, "AD119"),
    "many braces": ("} " * 100_000, "AD104"),
    "zeros": ("\0" * 1_000_000, "AD109"),
    "scattered zeros": ("\0a" * 150_000, "AD109"),
    "quotes": ("param x = " + "'" * 300_001, "AD110"),
    "unknown words": ("nod n\n" * 100_000, "AD111"),
}


@pytest.mark.parametrize("excess", EXCESSES)
def test_an_excess_is_refused_in_time(excess: str) -> None:
    text, code = EXCESSES[excess]
    started = time.process_time()
    _, found = parse(Source("spec.ad", f"ad 1\n{text}\nparam after = 1"))
    assert time.process_time() - started < SECONDS
    assert code in [one.code for one in found]


def test_excesses_fit_in_500_megabytes() -> None:
    """All of them one after the other, in a process of their own."""
    program = (
        "import pathlib, sys; sys.path[:0] = sys.argv[1:]\n"
        "from test_limits import EXCESSES, Source, parse\n"
        "for text, _ in EXCESSES.values(): parse(Source('', f'ad 1 {text}'))\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(status.partition('VmHWM:')[2].split()[0])"  # getrusage counts who forked it, too
    )
    here = __file__.rpartition("/")[0]
    command = [sys.executable, "-c", program, here, *sys.path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500 * 1024  # kilobytes


def test_a_tree_is_as_deep_as_the_limit_says() -> None:
    layers = LEVELS - 1
    (block,), found = parsed("block deep = " + "f | " * layers + "f")
    assert found == ()
    assert isinstance(block, ast.BlockDeclaration) and print_expr(block.body).count("|") == layers
    declarations, found = parsed("block deep = " + "f | " * (LEVELS + 1) + "f")
    assert [one.code for one in found] == ["AD119"] and declarations == ()


def test_only_the_statement_that_is_too_deep_is_left_out() -> None:
    declarations, found = parsed("param a = 1 param b = " + "-" * N + "1 param c = 1")
    assert [one.name.id for one in declarations] == ["a", "c"] and len(found) == 1


def test_a_long_name_is_at_most_a_file_name() -> None:
    assert parsed(f"param {'x' * LETTERS} = 1")[1] == ()
    assert [one.code for one in parsed(f"param {'x' * (LETTERS + 1)} = 1")[1]] == ["AD121"]


def test_a_file_of_ten_thousand_lines_is_read() -> None:
    line = "  node n{0}(x) = conv(8, 3, stride=2) | MaxPool2d(3, 2) | Flatten | Linear({0})\n"
    items = "".join(line.format(i) for i in range(10_000))
    started = time.process_time()
    (network,), found = parsed(f"network A {{\n{items}}}")
    assert time.process_time() - started < SECONDS
    assert found == () and isinstance(network, ast.NetworkDeclaration)
    assert len(network.items) == 10_000


def parsed(text: str) -> tuple[tuple[ast.AnyDeclaration, ...], tuple[Diagnostic, ...]]:
    file, found = parse(Source("spec.ad", f"ad 1\n{text}"))
    return file.declarations, found


def test_bytes_are_utf_8() -> None:
    source = decode("\ufeffad 1\nparam ä' = 1".encode(), "spec.ad")
    assert isinstance(source, Source) and source.text.startswith("ad 1")
    assert parse(source)[1] == ()


@pytest.mark.parametrize("content", [b"ad 1\n\xe4", b"\x80" * 100, "ad 1".encode("utf-16")])
def test_other_bytes_are_refused(content: bytes) -> None:
    found = decode(content, "spec.ad")
    assert isinstance(found, Diagnostic) and found.code == "AD120" and found.span


def test_too_many_bytes_are_refused() -> None:
    found = decode(b" " * (MOST_BYTES + 1), "spec.ad")
    assert isinstance(found, Diagnostic) and found.code == "AD122"
