"""The LALR machine: runs Lark's tables over the tokens and builds the tree on the way.

Lark's own loop would do the same; this one knows the extent of all it has read, keeps its stack
open to the recovery from mistakes, and takes a fraction of the time.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.scan import END, NAME, Token
from autodesign.dsl.syntax.tables import Tables


class Machine:
    """A stack of states, with the value and the extent of what led to each."""

    def __init__(self, tables: Tables, source: Source, builder: object) -> None:
        self.tables = tables
        self.source = source
        self.states = [tables.start]
        self.values: list[Any] = [None]
        self.starts = [0]
        self.ends = [0]
        self._builds = [
            getattr(builder, rule.build) if rule.build else None for rule in tables.rules
        ]
        self._renames = [
            rule.origin if rule.passes and rule.length == 1 else None for rule in tables.rules
        ]

    def run(self, tokens: Sequence[Token], position: int) -> int:
        """Reads on from a position, to the end or to a token that cannot follow; its position.

        What comes before such a token may have been reduced on the way, never wrongly.
        """
        actions, gotos, renames = self.tables.actions, self.tables.gotos, self._renames
        states, values, starts, ends = self.states, self.values, self.starts, self.ends
        source = self.source
        for here in range(position, len(tokens)):
            symbol, text, start, end = token = tokens[here]
            row = actions[states[-1]]
            if symbol == NAME and text in row:
                symbol = text
            while True:
                action = row.get(symbol)
                if action is None:
                    return here
                if action >= 0:
                    break
                origin = renames[~action]
                if origin is not None:  # nine of ten reductions only climb the precedences
                    states.pop()
                    states.append(gotos[states[-1]][origin])
                else:
                    self.reduce(~action)
                if symbol == END and states[-1] == self.tables.end:
                    return len(tokens)
                row = actions[states[-1]]
            states.append(action)
            starts.append(start)
            ends.append(end)
            values.append(ast.Name(Span(source, start, end), text) if symbol == NAME else token)
        return len(tokens)

    def reduce(self, number: int) -> None:
        """Puts the value of a rule in the place of its parts."""
        rule = self.tables.rules[number]
        length = rule.length
        if length:
            start, end = self.starts[-length], self.ends[-1]
            parts = self.values[-length:]
            self.cut(len(self.states) - length)
        else:
            start = end = self.ends[-1]
            parts = []
        self.values.append(self._value(number, start, end, parts))
        self.states.append(self.tables.gotos[self.states[-1]][rule.origin])
        self.starts.append(start)
        self.ends.append(end)

    def _value(self, number: int, start: int, end: int, parts: list[Any]) -> Any:
        rule = self.tables.rules[number]
        children: list[Any] = []
        for child in rule.children:
            if child is None:
                children.append(None)
            elif child >= 0:
                children.append(parts[child])
            elif children:
                children += parts[~child]
            else:  # a list grows in place: without this, n items would take n * n steps
                children = parts[~child]
        if rule.passes:
            return children[0]
        build = self._builds[number]
        return build(Span(self.source, start, end), *children) if build else children

    def cut(self, depth: int) -> None:
        """Forgets all but the lowest `depth` entries of the stack."""
        del self.states[depth:], self.values[depth:], self.starts[depth:], self.ends[depth:]

    def accepts(self, tokens: Iterable[Token], depth: int | None = None) -> bool:
        """Whether these tokens could come next; `depth`: with the stack cut to that depth."""
        states = self.states[:depth]
        return all(self._follow(states, token) for token in tokens)

    def _follow(self, states: list[int], token: Token) -> bool:
        """What `run` does with one token, on the states alone."""
        actions, gotos, rules = self.tables.actions, self.tables.gotos, self.tables.rules
        row = actions[states[-1]]
        symbol = token.text if token.symbol == NAME and token.text in row else token.symbol
        while True:
            action = row.get(symbol)
            if action is None:
                return False
            if action >= 0:
                states.append(action)
                return True
            rule = rules[~action]
            del states[len(states) - rule.length :]
            states.append(gotos[states[-1]][rule.origin])
            if symbol == END and states[-1] == self.tables.end:
                return True
            row = actions[states[-1]]
