"""Mistakes between tokens: what was meant, where that is plain, and what to say about it.

Each function knows one kind of mistake. They are asked in order; the last always has an answer.
"""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Label
from autodesign.dsl.diagnostics.suggest import closest
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast, brackets
from autodesign.dsl.syntax.brackets import CLOSES, Mistake
from autodesign.dsl.syntax.messages import either, expected, quote, table
from autodesign.dsl.syntax.place import Place
from autodesign.dsl.syntax.scan import END, NAME, ODD, RESERVED, Token

COMPARISONS = frozenset(["==", "!=", "<", "<=", ">", ">=", "in"])
SIGNS = {
    "->": ("~>",),
    "=>": ("~>", "->"),
    "~>": ("->",),
    "==": ("=",),
    "=": ("==", "in", ":"),
    ":": ("=", "in"),
    "<-": ("=", "from"),
}
"""What may have been meant by a sign that does not fit."""
LEFT_OUT = (",", "=", "~>", ":", "in", "on", "from", "over", "for", "|")
"""Signs and words that, put before a token, may make it fit; the likeliest first."""


def find(place: Place) -> Mistake:
    """What is wrong at a place, and its mend if there is one."""
    for kind in KINDS:
        mistake = kind(place)
        if mistake:
            return mistake
    return _unexpected(place)


def _odd(place: Place) -> Mistake | None:
    """A character that begins nothing."""
    token = place.token
    if token.symbol != ODD:
        return None
    put = () if place.fits([], 1) else None
    if token.text == ";":
        message, help = "nothing ends with `;` here", "leave it out: a keyword begins the next"
        return Mistake(Diagnostic("AD113", message, place.span(token), help=help), put, 1)
    for meant in SIGNS.get(token.text, ()):
        if place.fits([place.made(meant)], 1):
            return _sign(place)
    message, help = f"{quote(token.text)} has no meaning here", "leave it out"
    if token.text in ("...", "…"):
        message = f"{quote(token.text)} leaves open what is meant"
        help = "write it out; a range has two dots: `0..1`"
        put = None
    return Mistake(Diagnostic("AD109", message, place.span(token), help=help), put, 1)


def _sign(place: Place) -> Mistake | None:
    """One sign for another: `->` for `~>`, `==` for `=`."""
    for meant in SIGNS.get(place.token.text, ()):
        right = place.made(meant)
        if place.fits([right], 1):
            found = Diagnostic(
                "AD114",
                f"{quote(place.token.text)} stands where {place.reading()} needs `{meant}`",
                place.span(place.token),
                f"expected `{meant}`",
                help=f"write `{meant}`",
            )
            return Mistake(found, (right,), 1)
    return None


def _doubled(place: Place) -> Mistake | None:
    """A comma with nothing before it."""
    if place.token.symbol != "," or not place.before or place.before.symbol not in (*CLOSES, ","):
        return None
    found = Diagnostic(
        "AD100",
        "nothing stands before this comma",
        place.span(place.token),
        expected(place.expected()),
        help="leave it out",
    )
    return Mistake(found, (), 1)


def _braces(place: Place) -> Mistake | None:
    """A block opened by a colon, as in Python."""
    if place.token.symbol != ":" or "{" not in place.expected():
        return None
    found = Diagnostic(
        "AD113",
        f"the parts of {place.reading()} stand in braces, not after a `:`",
        place.span(place.token),
        "expected `{`",
        help="write `{` here and `}` after the last part; indentation means nothing",
    )
    return Mistake(found)


def _reserved(place: Place) -> Mistake | None:
    """A reserved word in the place of a name."""
    token = place.token
    if token.symbol not in RESERVED or not place.fits([token._replace(symbol=NAME)], 1):
        return None
    found = Diagnostic(
        "AD115",
        f"`{token.text}` is a word of the language and cannot be a name",
        place.span(token),
        "expected a name",
        help=f"choose another name, such as `{token.text}_`",
    )
    return Mistake(found, (token._replace(symbol=NAME),), 1)


def _not_in(place: Place) -> Mistake | None:
    if place.token.symbol != "not" or place.after.symbol != "in":
        return None
    span = place.span(place.token).to(place.span(place.after))
    message = "`a not in b` is written `not (a in b)`"
    found = Diagnostic("AD113", message, span, help="put the `not` before the comparison")
    return Mistake(found, (), 1)


def _chained(place: Place) -> Mistake | None:
    """`a < b < c`."""
    sign = place.machine.values[-2:-1]  # the grammar holds it in a list of its own
    if place.token.symbol not in COMPARISONS or not sign or not isinstance(sign[0], list):
        return None
    first = sign[0][0]
    if not isinstance(first, Token) or first.symbol not in COMPARISONS:
        return None
    found = Diagnostic(
        "AD116",
        "comparisons do not chain",
        place.span(place.token),
        "a second comparison",
        (Label(place.span(first), "the first"),),
        help=f"write both: `a {first.text} b and b {place.token.text} c`",
    )
    return Mistake(found, (place.made("and"),), 1)


def _comprehension(place: Place) -> Mistake | None:
    """`for` after several arguments, or in a list."""
    if place.token.symbol != "for":
        return None
    depth, end = 0, place.at
    while depth >= 0 and place.tokens[end].symbol != END:
        symbol = place.tokens[end].symbol
        depth += (symbol in CLOSES) - (symbol in CLOSES.values())
        end += 1
    drop = end - 1 - place.at
    if depth >= 0 or not place.fits([], drop):
        return None
    found = Diagnostic(
        "AD117",
        "`for` makes the whole argument of a function, and only that",
        Span(place.machine.source, place.token.start, place.tokens[end - 2].end),
        "more than one argument, or not the argument of a function",
        help="write `mean(... for i in n)`, with nothing else between the parentheses",
    )
    return Mistake(found, (), drop)


def _no_else(place: Place) -> Mistake | None:
    if not place.accepts("else"):
        return None
    put = (place.made("else"), place.made("none"))
    question = next(t for t in reversed(place.tokens[: place.at]) if t.symbol == "if")
    found = Diagnostic(
        "AD123",
        "this choice does not say what holds otherwise",
        place.span(question),
        "this `if` has no `else`",
        help="write `a if condition else b`",
    )
    return Mistake(found, put if place.fits(put) else None)


def _unknown_word(place: Place) -> Mistake | None:
    """A word where an item or a statement begins, that begins none."""
    token, word = place.token, place.token.text
    starts = [start for start in table("opens") if place.accepts(start)]
    if token.symbol not in (NAME, *RESERVED) or not starts:
        return None
    if word in table("belongs") and (place.apart or place.ended):
        return _elsewhere(place)
    near = closest(word, starts) if place.after.symbol.startswith("$") or place.apart else ()
    if not (near or place.apart or word in table("elsewhere")):
        return None
    help = f"did you mean {either([f'`{start}`' for start in near])}?" if near else ""
    found = Diagnostic(
        "AD111",
        f"nothing begins with the word {quote(word)}",
        place.span(token),
        "" if near else expected(s for s in place.expected() if s.startswith("<")),
        help=help or table("elsewhere").get(word, ""),
    )
    for start in near:
        if place.fits([place.made(start)], 1):
            return Mistake(found, (place.made(start),), 1)
    return Mistake(found)


def _elsewhere(place: Place) -> Mistake:
    """A word of the language where it does not belong."""
    word = place.token.text
    block = place.block()
    message = f"`{word}` does not belong in {block}" if block else f"`{word}` begins no statement"
    help = f"it belongs in {table('belongs')[word]}"
    return Mistake(Diagnostic("AD125", message, place.span(place.token), help=help))


def _left_out(place: Place) -> Mistake | None:
    """A sign or a small word that is missing before the token."""
    could = place.expected()
    for symbol in LEFT_OUT:
        missing = place.made(symbol)
        if symbol in could and place.fits([missing]):
            before = place.before or place.token
            found = Diagnostic(
                "AD112",
                f"`{symbol}` is missing in {place.reading()}",
                place.span(before if place.apart else place.token),
                f"expected `{symbol}` {'after' if place.apart else 'before'} this",
            )
            return Mistake(found, (missing,))
    return None


def _unfinished(place: Place) -> Mistake | None:
    """Something else begins, or the file ends, where more was to come."""
    if not (place.ended or place.apart) or place.before is None:
        return None
    found = Diagnostic(
        "AD124",
        f"{place.reading()} is not finished",
        place.span(place.before),
        f"{expected(place.expected())} after this",
    )
    return Mistake(found)


def _unexpected(place: Place) -> Mistake:
    token = place.token
    help = ""
    if token.symbol == "~>":
        help = "only a control node has control edges: `control Q(x) = ... ~> A, B`"
    elif token.symbol == "or" and isinstance(place.machine.values[-1], ast.Range | ast.SetOf):
        help = "the domain comes after all types: `int or int[2] in 1..`"
    found = Diagnostic(
        "AD100",
        f"I was reading {place.reading()} and did not expect {quote(token.text)}",
        place.span(token),
        expected(place.expected()),
        help=help,
    )
    superfluous = token.symbol not in CLOSES and place.fits([], 1)
    return Mistake(found, () if superfluous else None, 1)


KINDS = (
    _odd,
    _comprehension,
    _doubled,
    brackets.find,
    _sign,
    _braces,
    _reserved,
    _not_in,
    _chained,
    _no_else,
    _unknown_word,
    _left_out,
    _unfinished,
)
