"""The parse tables: made from ad.lark by Lark, kept in the user's cache for the next start.

With the tables at hand neither Lark is imported nor the grammar analysed, which would take most of
the time that `interpret check` may take.
"""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from autodesign.dsl.record import record
from autodesign.dsl.syntax import store

GRAMMAR = Path(__file__).parent.parent / "grammar" / "ad.lark"
START = "file"
FORMAT = "2"
"""Part of the cache's key: raised when the layout of `Tables` changes."""


@record
class Rule:
    """One production: `length` symbols on top of the stack become one `origin`.

    `build` names the function that makes its value. `children` says which of the popped values it
    is given: i the i-th, ~i all that the i-th (a list) holds, None a None for what was left out.
    A rule that `passes` has the value of its only child; one without `build` is a list.
    """

    origin: str
    build: str
    length: int
    children: tuple[int | None, ...]
    passes: bool


@record
class Tables:
    """`actions[state][symbol]`: n >= 0 shifts and goes to state n, n < 0 reduces by rule ~n.

    A symbol is the literal text of a keyword or operator, or `$NAME`, `$INT`, ... for a terminal
    given by a pattern; `patterns` holds those. `gotos[state][origin]` is the state after a rule.
    `expects[state]` lists what comes next in the rules being read, for messages: symbols, and rules
    as `<rule>`.
    """

    start: int
    end: int
    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    expects: list[list[str]]
    rules: tuple[Rule, ...]
    patterns: dict[str, str]

    @property
    def literals(self) -> frozenset[str]:
        """All keywords and operators."""
        return frozenset(s for row in self.actions for s in row if not s.startswith("$"))


@cache
def tables() -> Tables:
    """The tables of the language, from the cache if they are there.

    Lark's version is no part of the key: asking for it takes longer than reading the tables, which
    once made stand for themselves.
    """
    grammar = GRAMMAR.read_text(encoding="utf-8")
    key = sha256(f"{FORMAT}\0{grammar}".encode()).hexdigest()[:24]
    name = f"grammar-{key}.json"
    kept = store.load(name)
    if kept is not None:
        try:
            return _from_json(json.loads(kept))
        except (ValueError, KeyError, TypeError):
            pass
    made = generate(grammar)
    store.save(name, json.dumps(made, separators=(",", ":")).encode())
    return _from_json(made)


def _from_json(data: dict[str, Any]) -> Tables:
    rules = tuple(
        Rule(origin, build, length, tuple(children), passes)
        for origin, build, length, children, passes in data["rules"]
    )
    return Tables(
        data["start"],
        data["end"],
        data["actions"],
        data["gotos"],
        data["expects"],
        rules,
        data["patterns"],
    )


def generate(grammar: str) -> dict[str, Any]:
    """The fields of `Tables` for a grammar in Lark's notation, worked out by Lark."""
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    # debug=True keeps the rules that each state is in the middle of
    lark = Lark(grammar, parser="lalr", start=START, maybe_placeholders=True, debug=True)
    table = lark.parser.parser._parse_table
    texts = {t.name: t.pattern.value for t in lark.terminals if t.pattern.type == "str"}
    origins = {rule.origin for rule in lark.rules}
    states = {state: i for i, state in enumerate(table.states)}
    numbers = {rule: i for i, rule in enumerate(lark.rules)}

    def symbol(name: str) -> str:
        return texts.get(name, name if name.startswith("$") else f"${name}")

    actions: list[dict[str, int]] = [{} for _ in states]
    gotos: list[dict[str, int]] = [{} for _ in states]
    for state, row in table.states.items():
        for name, (action, target) in row.items():
            if action is not Shift:
                actions[states[state]][symbol(name)] = ~numbers[target]
            elif any(origin.name == name for origin in origins):
                gotos[states[state]][name] = states[target]
            else:
                actions[states[state]][symbol(name)] = states[target]
    opening = _opening(lark.rules, symbol)
    return {
        "start": states[table.start_states[START]],
        "end": states[table.end_states[START]],
        "actions": actions,
        "gotos": gotos,
        "expects": [_next(state, opening, symbol) for state in states],
        "rules": [_rule(rule) for rule in lark.rules],
        "patterns": {
            t.name: t.pattern.to_regexp() for t in lark.terminals if t.pattern.type != "str"
        },
    }


def _opening(rules: Any, symbol: Any) -> dict[str, list[str]]:
    """What each list of the grammar (a `_rule`) begins with."""
    found: dict[str, list[str]] = {}

    def openings(name: str) -> list[str]:
        if name not in found:
            found[name] = []
            for rule in rules:
                if rule.origin.name == name and rule.expansion:
                    first = rule.expansion[0]
                    found[name] += _named(first, openings, symbol)
        return found[name]

    for rule in rules:
        openings(rule.origin.name)
    return found


def _named(symbol: Any, openings: Any, text: Any) -> list[str]:
    if symbol.is_term:
        return [text(symbol.name)]
    hidden = symbol.name.startswith("_")
    return openings(symbol.name) if hidden else [f"<{symbol.name}>"]


def _next(state: Any, opening: dict[str, list[str]], symbol: Any) -> list[str]:
    """What follows the dot in the rules that a state is in the middle of."""
    found: dict[str, None] = {}
    for item in state:
        if not item.is_satisfied and (item.index or item.rule.origin.name.startswith("$")):
            found.update(dict.fromkeys(_named(item.next, opening.__getitem__, symbol)))
    return sorted(found)


def _rule(rule: Any) -> list[Any]:
    """A production of Lark's as the fields of `Rule`: keywords and punctuation leave the tree,
    `_rules` melt into their parent, a None stands where a `[...]` was left out."""
    size = len(rule.expansion)
    children: list[int | None] = []
    position = 0
    for absent in rule.options.empty_indices or [False] * size:
        if absent:
            children.append(None)
            continue
        symbol = rule.expansion[position]
        if not symbol.is_term:
            children.append(~position if symbol.name.startswith("_") else position)
        elif rule.options.keep_all_tokens or not symbol.filter_out:
            children.append(position)
        position += 1
    name = rule.origin.name
    passes = bool(rule.options.expand1 and not rule.alias and len(children) == 1)
    build = "" if passes or name.startswith("_") else (rule.alias or name)
    return [name, build, size, children, passes]
