"""Brackets that do not pair up."""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Label
from autodesign.dsl.syntax.messages import quote
from autodesign.dsl.syntax.place import Mistake, Place
from autodesign.dsl.syntax.scan import BROKEN, END, Token

CLOSES = {"(": ")", "[": "]", "{": "}"}


def find(place: Place) -> Mistake | None:
    """A bracket that is still open where it should not be, or one that closes nothing."""
    open = [v for v in place.machine.values if isinstance(v, Token) and v.symbol in CLOSES]
    if place.token.symbol in CLOSES.values():
        return _stray(place, open)
    if place.ended:
        return _unclosed(place, open)
    if open and open[-1].symbol != "{" and place.fits([place.made(CLOSES[open[-1].symbol])]):
        return _unclosed(place, open)
    return None


def _unclosed(place: Place, open: list[Token]) -> Mistake | None:
    """Closes as few brackets as it takes for the token to fit."""
    closers: list[Token] = []
    for bracket in reversed(open):
        closers.append(place.made(CLOSES[bracket.symbol]))
        if place.machine.accepts([*closers, place.token]):
            return Mistake(_never_closed(place, bracket), tuple(closers))
    return None


def _never_closed(place: Place, bracket: Token) -> Diagnostic:
    token, closer = place.token, CLOSES[bracket.symbol]
    where = "the file ends" if token.symbol == END else f"{quote(token.text)} comes"
    return Diagnostic(
        "AD103",
        f"this `{bracket.text}` is never closed",
        place.span(bracket),
        "opened here",
        (Label(place.span(token), f"still open where {where}"),),
        help=f"put a `{closer}` where it ends",
    )


def _stray(place: Place, open: list[Token]) -> Mistake | None:
    token = place.token
    if open and CLOSES[open[-1].symbol] == token.symbol:
        return None  # it closes the right one, but too early
    if any(CLOSES[bracket.symbol] == token.symbol for bracket in open):
        return _unclosed(place, open)
    span = place.span(token)
    if open and not place.accepts(BROKEN):
        right = place.made(CLOSES[open[-1].symbol])
        if place.fits([right], 1):
            found = Diagnostic(
                "AD104",
                f"`{token.text}` cannot close what `{open[-1].text}` opens",
                span,
                f"expected `{right.text}`",
                (Label(place.span(open[-1]), "opened here"),),
                help=f"write `{right.text}`",
            )
            return Mistake(found, (right,), 1)
    if open and not place.fits([], 1):
        return None
    found = Diagnostic("AD104", f"this `{token.text}` closes nothing", span, help="leave it out")
    return Mistake(found, (), 1)
