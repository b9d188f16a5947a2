"""Text to tokens. Which words are keywords is not decided here: that depends on the place."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from autodesign.dsl.syntax.tables import Tables, tables

RESERVED = frozenset(["and", "or", "not", "if", "else", "for", "in", "true", "false", "none"])
"""Words that are never names."""

NAME, INT, REAL, STRING = "$NAME", "$INT", "$REAL", "$STRING"
END = "$END"
ODD = "$ODD"
"""A character, or several, that begin nothing in the language."""


class Token(NamedTuple):
    """`symbol`: the literal text of an operator or reserved word, `$NAME` for any other word (a
    soft keyword too), `$INT`, `$REAL`, `$STRING`, `$ODD` or `$END`."""

    symbol: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class Tokens:
    """The tokens of a text, and what lies between them.

    `comments` are the offsets (start, end) of all comments; `docs` the text of the `##` lines that
    come right before the token at an offset.
    """

    tokens: list[Token] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    docs: dict[int, str] = field(default_factory=dict)


def scan(text: str) -> Tokens:
    """All tokens of a text, `$END` last. Never fails: odd characters become `$ODD` tokens."""
    found = Tokens()
    add = found.tokens.append
    new = Token._make
    doc: list[str] = []
    for match in _pattern().finditer(text):
        kind = match.lastgroup
        start, end = match.span()
        word = match.group()
        if kind == "COMMENT":
            found.comments.append((start, end))
            if word.startswith("##") and _begins_line(text, start):
                doc.append(word[2:].strip())
            continue
        if doc:
            found.docs[start] = "\n".join(doc)
            doc = []
        if kind == "LITERAL" or (kind == "NAME" and word in RESERVED):
            add(new((word, word, start, end)))
        else:
            add(new((f"${kind}", word, start, end)))
    add(Token(END, "", len(text), len(text)))
    return found


def _begins_line(text: str, offset: int) -> bool:
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip()


@cache
def _pattern() -> re.Pattern[str]:
    """One pattern for every token: the grammar's own, its operators, and what is odd."""
    given: Tables = tables()
    operators = sorted((s for s in given.literals if not s[0].isalpha()), key=len, reverse=True)
    patterns = given.patterns
    kinds = {
        "COMMENT": patterns["COMMENT"],
        "NAME": patterns["NAME"],
        "REAL": patterns["REAL"],
        "INT": patterns["INT"],
        "STRING": patterns["STRING"],
        "LITERAL": "|".join(map(re.escape, operators)),
        "ODD": r"[^\s\w\"#"
        + "".join(sorted(re.escape(c) for c in {o[0] for o in operators}))
        + r"]+|\S",
    }
    return re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds.items()))
