"""The words of the parser's messages, from grammar/messages.toml."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "grammar" / "messages.toml"
SHOWN = 40
"""Letters of the user's own text that a message repeats."""
FEW = 4
"""How many of the things that could have come next a message names."""

QUIET = frozenset(["(", "[", ".", "^", "*", "/", "+", "-", "??", "..", "|"]) | frozenset(
    ["==", "!=", "<", "<=", ">", ">=", "in", "and", "or", "if", "after"]
)
"""What can go on after nearly any value; named only where nothing else is expected."""


@cache
def table(name: str) -> dict[str, str]:
    """One table of messages.toml."""
    content: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found: dict[str, str] = content[name]
    return found


def quote(text: str) -> str:
    """The user's own text within a sentence."""
    visible = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[: SHOWN + 1])
    return f"`{visible}`" if len(visible) <= SHOWN else f"`{visible[:SHOWN]}...`"


def phrase(symbol: str) -> str:
    """What a person calls a symbol or `<rule>` of the grammar."""
    if symbol.startswith("<"):
        return table("rules")[symbol[1:-1]]
    return table("terminals")[symbol[1:]] if symbol.startswith("$") else f"`{symbol}`"


def expected(symbols: Iterable[str]) -> str:
    """ "expected `=` or a type"; the few things worth naming, "" where there are none."""
    symbols = list(dict.fromkeys(symbols))
    worth = [s for s in symbols if s not in QUIET] or symbols
    phrases = [p for p in dict.fromkeys(phrase(s) for s in worth) if p][:FEW]
    return f"expected {either(phrases)}" if phrases else ""


def either(phrases: list[str]) -> str:
    *most, last = phrases
    return f"{', '.join(most)} or {last}" if most else last
