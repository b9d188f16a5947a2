"""Mistakes within one token: each is reported, and mended where it is plain what was meant.

An odd character for which nothing can be put stays in the text; the parser stumbles over it.
"""

import re

from autodesign.dsl.diagnostics.diagnostic import Problems
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax.limits import INTEGER, LETTERS
from autodesign.dsl.syntax.messages import quote, table
from autodesign.dsl.syntax.scan import END, INT, NAME, ODD, REAL, STRING, Token, Tokens

VERSION = "1"


def mend(found: Tokens, source: Source, problems: Problems, *, versioned: bool) -> None:
    """Looks at the suspects among the tokens, and at the first line."""
    for index in found.suspects:
        token = found.tokens[index]
        found.tokens[index] = _mended(token, source, problems)
    if versioned:
        _version(found.tokens, source, problems)


def _mended(token: Token, source: Source, problems: Problems) -> Token:
    text = token.text
    if token.symbol == INT:
        return _whole(token, source, problems)
    if token.symbol == NAME and len(text) > LETTERS:
        message = f"this name has {len(text):,} letters; a name has at most {LETTERS}"
        problems.error("AD121", message, Span(source, token.start, token.start + 1))
        return token._replace(text=text[:LETTERS])
    if text in table("foreign"):
        return _foreign(token, source, problems)
    if token.symbol == ODD:
        return _odd(token, source, problems)
    return token


def _whole(token: Token, source: Source, problems: Problems) -> Token:
    digits = token.text.replace("_", "").lstrip("0")
    if len(digits) <= len(str(INTEGER)) and int(digits or "0") <= INTEGER:
        return token
    problems.error(
        "AD108",
        f"this whole number is greater than {INTEGER:_}",
        Span(source, token.start, token.end),
        "too great to count anything with",
        help="a number with a fraction or an exponent (1e30) can be greater",
    )
    return token._replace(text=str(INTEGER))


def _foreign(token: Token, source: Source, problems: Problems) -> Token:
    """What other languages write."""
    mend = table("foreign")[token.text]
    problems.error(
        "AD113",
        f"{quote(token.text)} is written `{mend}` here",
        Span(source, token.start, token.end),
        help=f"write `{mend}`",
    )
    return token._replace(symbol=mend)


def _odd(token: Token, source: Source, problems: Problems) -> Token:
    text, span = token.text, Span(source, token.start, token.end)
    if text[0] == '"':
        problems.error(
            "AD105",
            "this text is not closed on its line",
            span,
            'a `"` opens it',
            help='put a `"` at its end; a line break within a text is written `\\n`',
        )
        return token._replace(symbol=STRING, text=f'{text}"'.replace("\\", "\\\\"))
    if text[0] in "'“”„«‘":
        if len(text) < 2:
            return token
        inner = text[1:-1]
        problems.error(
            "AD110",
            'a text is written in straight double quotes, `"`',
            span,
            help=f'write `"{inner}"`' if len(inner) < LETTERS else "",
        )
        return token._replace(symbol=STRING, text=f'"{inner}"'.replace("\\", "\\\\"))
    return _number(token, span, problems) if re.match(r"\.?\d", text) else token


def _number(token: Token, span: Span, problems: Problems) -> Token:
    """Digits that go on in letters: a name, or a number of an unknown kind."""
    text = token.text
    if text.startswith(".") or text.endswith("."):
        mend = f"0{text}" if text.startswith(".") else f"{text}0"
        message = "a number has digits on both sides of its point"
        problems.error("AD107", message, span, help=f"write `{mend}`")
        return token._replace(symbol=REAL, text=mend)
    problems.error(
        "AD107",
        f"{quote(text)} is neither a number nor a name",
        span,
        help="a name begins with a letter; a number is written 30, 100_000, 0.5 or 1e-3",
    )
    is_name = re.fullmatch(r"\d+[^\W\d]\w*'*", text) and not re.fullmatch(r"\d+[eE]\w*", text)
    return token._replace(symbol=NAME) if is_name else token._replace(symbol=INT, text="1")


def _version(tokens: list[Token], source: Source, problems: Problems) -> None:
    """A file begins with `ad 1`; where it does not, it is read as if it did."""
    first = tokens[0]
    if first.text != "ad" or first.symbol != NAME:
        problems.error(
            "AD101",
            "this file does not begin with the version of its language",
            Span(source, first.start, first.end),
            "expected `ad 1` before this",
            help=f"write `ad {VERSION}` as the first line",
        )
        return
    given = tokens[1]
    if given.symbol == INT and given.text == VERSION:
        return
    span = Span(source, first.start, first.end)
    same_line = source.position(given.start)[0] == source.position(first.start)[0]
    if given.symbol == END or not same_line:
        tokens.insert(1, Token(INT, VERSION, first.end, first.end))
        message = "`ad` is followed by the version of the language"
    else:
        span = Span(source, given.start, given.end)
        message = f"I know version {VERSION} of the language, not {quote(given.text)}"
        tokens[1] = Token(INT, VERSION, given.start, given.end)
    problems.error("AD102", message, span, help=f"write `ad {VERSION}` as the first line")
