"""The grammar: no ambiguity, and words for all that it knows."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lark import Lark

from autodesign.dsl.syntax import store
from autodesign.dsl.syntax.build import Builder
from autodesign.dsl.syntax.messages import table
from autodesign.dsl.syntax.scan import RESERVED
from autodesign.dsl.syntax.tables import GRAMMAR, START, Tables, generate, tables

GRAMMAR_TEXT = GRAMMAR.read_text(encoding="utf-8")


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tables.cache_clear()
    yield tmp_path / "autodesign"
    tables.cache_clear()


def test_grammar_is_free_of_conflicts_and_collisions() -> None:
    pytest.importorskip("interegular", reason="Lark compares patterns by it")
    Lark(GRAMMAR_TEXT, parser="lalr", start=START, strict=True)


def test_soft_keywords_hide_a_name_only_where_a_range_is_open_or_networks_are_doubled() -> None:
    """Wherever both a name and a keyword could stand, the keyword wins."""
    hidden: Counter[frozenset[str]] = Counter()
    for row in tables().actions:
        if "$NAME" in row:
            words = frozenset(symbol for symbol in row if symbol[0].isalpha()) - RESERVED
            if words:
                hidden[words] += 1
    after_action = {frozenset(["double"]): 2}  # action a = double G; action a(p) = double G
    after_open_range = {words: n for words, n in hidden.items() if len(words) > 1}
    assert dict(hidden) == after_action | after_open_range
    assert sum(after_open_range.values()) == 1


def test_every_rule_is_built_by_a_function_of_its_name() -> None:
    names = {rule.build for rule in tables().rules if rule.build}
    assert [name for name in sorted(names) if not callable(getattr(Builder, name, None))] == []


def test_every_rule_has_a_name_for_people() -> None:
    rules = {rule.origin for rule in tables().rules if not rule.origin.startswith("_")}
    assert set(table("rules")) == rules


def test_every_terminal_has_a_name_for_people() -> None:
    patterns = set(tables().patterns) - {"COMMENT", "BLANK"}
    assert set(table("terminals")) == patterns | {"BROKEN", "END", "ODD"}


def openers(given: Tables) -> set[str]:
    """Keywords at which an item or a statement can begin: where a list of them is being read."""
    lists = [row for row in given.actions if row.get("$BROKEN", -1) >= 0]
    words = {symbol for row in lists for symbol, action in row.items() if action >= 0}
    return {word for word in words if word.isalpha()} - {"ad"}


def test_every_keyword_that_begins_something_has_a_name_for_people() -> None:
    assert set(table("opens")) == openers(tables())


def test_every_other_keyword_says_where_it_belongs() -> None:
    given = tables()
    statements = {word for word in given.actions[given.start] if word.isalpha() and word != "ad"}
    words = {word for word in given.literals if word.isalpha()} - RESERVED - {"ad"}
    assert set(table("belongs")) == words - statements


def test_tables_are_the_same_from_the_cache(empty_cache: Path) -> None:
    made = tables()
    assert [path.name.split("-")[0] for path in empty_cache.iterdir()] == ["grammar"]
    tables.cache_clear()
    assert tables() == made


def test_a_cache_that_is_spoilt_is_passed_over(empty_cache: Path) -> None:
    made = tables()
    (kept,) = empty_cache.iterdir()
    for spoilt in (b"", b"{}", b"\xff\x00", b"[1, 2]", kept.read_bytes()[:-9]):
        kept.write_bytes(spoilt)
        tables.cache_clear()
        assert tables().rules == made.rules


def test_a_cache_that_cannot_be_written_is_done_without(empty_cache: Path) -> None:
    empty_cache.parent.joinpath("autodesign").write_text("a file where the folder should be")
    assert tables().rules


def test_what_others_may_write_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    store.save("kept", b"content")
    assert store.load("kept") == b"content"
    (tmp_path / "autodesign" / "kept").chmod(0o666)
    assert store.load("kept") is None


def test_generated_tables_do_not_depend_on_the_run() -> None:
    """States may be numbered otherwise; their number and the rules stay."""
    one, other = generate(GRAMMAR_TEXT), generate(GRAMMAR_TEXT)
    assert len(one["actions"]) == len(other["actions"])
    assert one["rules"] == other["rules"] and one["patterns"] == other["patterns"]
