"""Text to tokens. Which words are keywords is not decided here: that depends on the place."""

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import NamedTuple

from autodesign.dsl.syntax.limits import CHARACTERS, INTEGER, LETTERS, TOKENS
from autodesign.dsl.syntax.tables import Tables, tables

RESERVED = frozenset(["and", "or", "not", "if", "else", "for", "in", "true", "false", "none"])
"""Words that are never names."""

NAME, INT, REAL, STRING = "$NAME", "$INT", "$REAL", "$STRING"
END = "$END"
ODD = "$ODD"
"""What begins nothing in the language; `lexical` sorts it out."""
BROKEN = "$BROKEN"
"""What is put in the place of an item that could not be read."""

_ODD = (
    r'"[^"\n]*'  # a text that is not closed
    r"|'[^'\n]*'|[“”„«][^\n“”„»]*[“”»]|‘[^\n‘’]*’"  # other quotes
    r"|\d[\w.]*\w'*"  # a number that goes on in letters
    r"|\*\*|&&|\|\||:=|[=!]==|<>|//|\.\.\.|=>|<-"  # signs of other languages
)
_ODD_NUMBER = (
    r"\d[\d_]*\.(?![.\w])|\.\d[\d_]*"  # 1. and .5
    r"|\d[\d_]*+\.\d[\d_]*+(?![eE][+-]?\d)[^\W\d]\w*'*"  # 0.5x
)


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
    come right before the token at an offset; `suspects` the indices of tokens that `lexical` must
    look at: odd ones, very long ones, and words that other languages use.
    """

    tokens: list[Token] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    docs: dict[int, str] = field(default_factory=dict)
    suspects: list[int] = field(default_factory=list)


LONG = {"NAME": LETTERS + 1, "INT": len(str(INTEGER))}
"""From so many characters on, a token may be too long."""
FOREIGN_WORDS = frozenset(["True", "False", "None", "null", "nil"])


def scan(text: str) -> Tokens:
    """The tokens of a text, up to TOKENS of them and the comments, `$END` last.

    Never fails: odd characters become `$ODD` tokens.
    """
    found = Tokens()
    add, size, new = found.tokens.append, found.tokens.__len__, Token._make
    doc: list[str] = []
    for match in islice(_pattern().finditer(text), TOKENS):
        kind = match.lastgroup or ""
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
        if kind[:3] == "ODD" or word in FOREIGN_WORDS or end - start >= LONG.get(kind, CHARACTERS):
            found.suspects.append(size())
        if kind == "LITERAL" or (kind == "NAME" and word in RESERVED):
            add(new((word, word, start, end)))
        elif kind[:3] == "ODD":
            add(new((ODD, word, start, end)))
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
    patterns = given.patterns
    operators = sorted((s for s in given.literals if not s[0].isalpha()), key=len, reverse=True)
    first = "".join(sorted({re.escape(operator[0]) for operator in operators}))
    kinds = {
        "COMMENT": patterns["COMMENT"],
        "NAME": patterns["NAME"],
        "ODD_NUMBER": _ODD_NUMBER,
        "REAL": rf"(?:{patterns['REAL']})(?!\w)",
        "INT": rf"(?:{patterns['INT']})(?!\w)",
        "STRING": patterns["STRING"],
        "ODD_TEXT": _ODD,
        "LITERAL": "|".join(map(re.escape, operators)),
        "ODD_CHARACTER": rf"[^\s\w\"'#{first}]+|\S",
    }
    return re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds.items()))
