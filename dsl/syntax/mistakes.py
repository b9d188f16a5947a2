"""Mistakes between tokens: what was meant, where that is plain, and what to say about it.

Each function knows one kind of mistake. They are asked in order; the last always has an answer.
"""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.diagnostics.suggest import closest
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast, brackets, signs
from autodesign.dsl.syntax.brackets import CLOSES
from autodesign.dsl.syntax.messages import either, expected, quote, table
from autodesign.dsl.syntax.place import Mistake, Place
from autodesign.dsl.syntax.scan import END, NAME, RESERVED

LEFT_OUT = (",", "=", "~>", ":", "in", "on", "from", "over", "for", "|")
"""Signs and words that, put before a token, may make it fit; the likeliest first."""


def find(place: Place) -> Mistake:
    """What is wrong at a place, and its mend if there is one."""
    for kind in KINDS:
        mistake = kind(place)
        if mistake:
            return mistake
    return _unexpected(place)


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
    signs.odd,
    _comprehension,
    signs.doubled,
    brackets.find,
    signs.sign,
    signs.braces,
    signs.reserved,
    signs.not_in,
    signs.chained,
    _no_else,
    _unknown_word,
    _left_out,
    _unfinished,
)
