"""Where a mistake lies: what was being read, what is still open, what could have come next."""

from collections.abc import Iterable, Sequence

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.record import record
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.machine import Machine
from autodesign.dsl.syntax.messages import table
from autodesign.dsl.syntax.scan import BROKEN, END, NAME, ODD, Token

AHEAD = 8
"""A mend must make so many further tokens fit."""


@record
class Mistake:
    """What to say of a mistake, and its mend: `put` in the place of the next `drop` tokens makes
    the text fit. None: there is none, the item is given up."""

    diagnostic: Diagnostic
    put: tuple[Token, ...] | None = None
    drop: int = 0


class Place:
    """A token that cannot follow what the machine has read."""

    def __init__(self, machine: Machine, tokens: Sequence[Token], at: int) -> None:
        self.machine = machine
        self.tokens = tokens
        self.at = at
        self.token = tokens[at]
        self.before = tokens[at - 1] if at else None
        self.after = tokens[min(at + 1, len(tokens) - 1)]

    def span(self, token: Token) -> Span:
        return Span(self.machine.source, token.start, token.end)

    @property
    def apart(self) -> bool:
        """Whether the token is the first on its line."""
        return first_on_line(self.machine.source, self.tokens, self.at)

    @property
    def ended(self) -> bool:
        """Whether an item, a statement or the file ends here instead of going on."""
        if self.token.symbol == END:
            return True
        return self.token.symbol == NAME and begins(self.tokens, self.at)

    def made(self, symbol: str) -> Token:
        """A token that is not in the text, at this place."""
        end = self.before.end if self.before else 0
        return Token(symbol, symbol, end, end)

    def accepts(self, *symbols: str) -> bool:
        """Whether these symbols could come next."""
        return self.machine.accepts([self.made(symbol) for symbol in symbols])

    def fits(self, put: Iterable[Token], drop: int = 0) -> bool:
        """Whether the text would fit with `put` in the place of the next `drop` tokens.

        A few tokens are tried, as far as the line, the item or the next mistake that shows.
        """
        rest = self.at + drop
        tried = list(put)
        for i in range(rest, min(rest + AHEAD, len(self.tokens))):
            token = self.tokens[i]
            apart = first_on_line(self.machine.source, self.tokens, i)
            if token.symbol == ODD or (apart and i > rest + 1):
                break
            tried.append(token)
            if token.symbol == NAME and begins(self.tokens, i):
                ended = [*tried[:-1], Token(BROKEN, "", 0, 0)]
                return self.machine.accepts(ended) or (not apart and self.machine.accepts(tried))
        return self.machine.accepts(tried)

    def reading(self) -> str:
        """What was being read: "the control node Q"."""
        return self._begun(len(self.machine.values)) or "this file"

    def block(self) -> str:
        """The block in which that lies: "the network N"; "" outside of any."""
        values = self.machine.values
        braces = [i for i, v in enumerate(values) if isinstance(v, Token) and v.symbol == "{"]
        return self._begun(braces[-1]) if braces else ""

    def _begun(self, until: int) -> str:
        """What the last keyword on the stack has begun."""
        values, words = self.machine.values, table("opens")
        for i in reversed(range(until)):
            value = values[i]
            if isinstance(value, Token) and value.text in words:
                names = [v.id for v in values[i + 1 : i + 3] if isinstance(v, ast.Name)]
                return words[value.text].format("".join(names[-1:])).rstrip()
        return ""

    def expected(self) -> list[str]:
        """What could have come next, outermost first: symbols, and rules as `<rule>`."""
        tables = self.machine.tables
        states = self.machine.states[:]
        found: list[list[str]] = []
        while True:
            actions = tables.actions[states[-1]]
            found.append(tables.expects[states[-1]])
            ways = [tables.rules[~action] for action in actions.values() if action < 0]
            if not ways:
                return [symbol for symbols in reversed(found) for symbol in symbols]
            rule = max(ways, key=lambda rule: rule.length)
            del states[len(states) - rule.length :]
            state = tables.gotos[states[-1]].get(rule.origin) if states else None
            if state is None:
                return [symbol for symbols in reversed(found) for symbol in symbols]
            states.append(state)


def begins(tokens: Sequence[Token], position: int) -> bool:
    """Whether a word looks as if it began an item or a statement: a keyword and what follows it."""
    if tokens[position].text not in table("opens"):
        return False
    follows = tokens[position + 1].symbol
    return (follows.startswith("$") and follows != END) or follows in ("(", "[", "{", "-", "not")


def first_on_line(source: Source, tokens: Sequence[Token], position: int) -> bool:
    if position == 0:
        return True
    return "\n" in source.text[tokens[position - 1].end : tokens[position].start]
