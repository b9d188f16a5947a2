"""Signs and small words in the wrong place, or from another language."""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Label
from autodesign.dsl.syntax.brackets import CLOSES
from autodesign.dsl.syntax.messages import expected, quote
from autodesign.dsl.syntax.place import Mistake, Place
from autodesign.dsl.syntax.scan import NAME, ODD, RESERVED, Token

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


def odd(place: Place) -> Mistake | None:
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
            return sign(place)
    message, help = f"{quote(token.text)} has no meaning here", "leave it out"
    if token.text in ("...", "…"):
        message = f"{quote(token.text)} leaves open what is meant"
        help = "write it out; a range has two dots: `0..1`"
        put = None
    return Mistake(Diagnostic("AD109", message, place.span(token), help=help), put, 1)


def sign(place: Place) -> Mistake | None:
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


def doubled(place: Place) -> Mistake | None:
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


def braces(place: Place) -> Mistake | None:
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


def reserved(place: Place) -> Mistake | None:
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


def not_in(place: Place) -> Mistake | None:
    if place.token.symbol != "not" or place.after.symbol != "in":
        return None
    span = place.span(place.token).to(place.span(place.after))
    message = "`a not in b` is written `not (a in b)`"
    found = Diagnostic("AD113", message, span, help="put the `not` before the comparison")
    return Mistake(found, (), 1)


def chained(place: Place) -> Mistake | None:
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
