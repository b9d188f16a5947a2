"""The parse tables: made from ad.lark by Lark, kept in the user's cache for the next start.

With the tables at hand neither Lark is imported nor the grammar analysed, which would take most of
the time that `interpret check` may take.
"""

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autodesign.dsl.syntax import store

GRAMMAR = Path(__file__).parent.parent / "grammar" / "ad.lark"
START = "file"
FORMAT = "1"
"""Part of the cache's key: raised when the layout of `Tables` changes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One production. `build` names the function that makes its value ("": the value of its only
    child). `children` says which of the popped values the function gets: i the i-th, ~i all that the
    i-th (a list) holds, None a None for what was left out. `length` symbols are popped."""

    origin: str
    build: str
    length: int
    children: tuple[int | None, ...]
    passes: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """`actions[state][symbol]`: n >= 0 shifts and goes to state n, n < 0 reduces by rule ~n.

    A symbol is the literal text of a keyword or operator, or `$NAME`, `$INT`, ... for a terminal
    given by a pattern; `patterns` holds those. `gotos[state][origin]` is the state after a rule.
    """

    start: int
    end: int
    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    rules: tuple[Rule, ...]
    patterns: dict[str, str]

    @property
    def literals(self) -> frozenset[str]:
        """All keywords and operators."""
        return frozenset(s for row in self.actions for s in row if not s.startswith("$"))


@cache
def tables() -> Tables:
    """The tables of the language, from the cache if they are there."""
    grammar = GRAMMAR.read_text(encoding="utf-8")
    key = sha256("\0".join([FORMAT, version("lark"), grammar]).encode()).hexdigest()[:24]
    name = f"grammar-{key}.json"
    kept = store.load(name)
    if kept is not None:
        try:
            return _from_json(json.loads(kept))
        except (ValueError, KeyError, TypeError):
            pass
    made = _generate(grammar)
    store.save(name, json.dumps(made, separators=(",", ":")).encode())
    return _from_json(made)


def _from_json(data: dict[str, Any]) -> Tables:
    rules = tuple(
        Rule(origin, build, length, tuple(children), passes)
        for origin, build, length, children, passes in data["rules"]
    )
    return Tables(
        data["start"], data["end"], data["actions"], data["gotos"], rules, data["patterns"]
    )


def _generate(grammar: str) -> dict[str, Any]:
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    lark = Lark(grammar, parser="lalr", start=START, maybe_placeholders=True)
    table = lark.parser.parser._parse_table
    symbols = {
        t.name: t.pattern.value if t.pattern.type == "str" else f"${t.name}" for t in lark.terminals
    }
    number = {rule: n for n, rule in enumerate(lark.rules)}
    actions: list[dict[str, int]] = [{} for _ in table.states]
    gotos: list[dict[str, int]] = [{} for _ in table.states]
    nonterminals = {rule.origin.name for rule in lark.rules}
    for state, row in table.states.items():
        for name, (action, target) in row.items():
            if name in nonterminals:
                gotos[state][name] = target
            else:
                symbol = symbols.get(name, name if name.startswith("$") else f"${name}")
                actions[state][symbol] = target if action is Shift else ~number[target]
    return {
        "start": table.start_states[START],
        "end": table.end_states[START],
        "actions": actions,
        "gotos": gotos,
        "rules": [_rule(rule) for rule in lark.rules],
        "patterns": {
            t.name: t.pattern.to_regexp() for t in lark.terminals if t.pattern.type != "str"
        },
    }


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
