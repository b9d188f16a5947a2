"""The LALR machine: runs Lark's tables over the tokens and builds the tree on the way.

Lark's own loop would do the same; this one knows the extent of all it has read, keeps its stack
open to the recovery from mistakes, and takes a fraction of the time.
"""

from collections.abc import Sequence
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

    def run(self, tokens: Sequence[Token], position: int) -> int:
        """Reads on from a position, to the end or to a token that cannot follow; its position.

        What comes before such a token may have been reduced on the way, never wrongly.
        """
        actions = self.tables.actions
        states, values, starts, ends = self.states, self.values, self.starts, self.ends
        source = self.source
        for position in range(position, len(tokens)):
            symbol, text, start, end = token = tokens[position]
            row = actions[states[-1]]
            if symbol == NAME and text in row:
                symbol = text
            while True:
                action = row.get(symbol)
                if action is None:
                    return position
                if action >= 0:
                    break
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
        states, length = self.states, rule.length
        if rule.passes and length == 1:
            states.pop()
            states.append(self.tables.gotos[states[-1]][rule.origin])
            return
        if length:
            start, end = self.starts[-length], self.ends[-1]
            parts = self.values[-length:]
            del states[-length:], self.values[-length:], self.starts[-length:], self.ends[-length:]
        else:
            start = end = self.ends[-1]
            parts = []
        self.values.append(self._value(number, start, end, parts))
        states.append(self.tables.gotos[states[-1]][rule.origin])
        self.starts.append(start)
        self.ends.append(end)

    def _value(self, number: int, start: int, end: int, parts: list[Any]) -> Any:
        rule = self.tables.rules[number]
        if rule.passes:
            (only,) = rule.children
            return parts[only or 0]
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
        build = self._builds[number]
        return build(Span(self.source, start, end), *children) if build else children
