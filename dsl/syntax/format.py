"""The canonical printer, `interpret fmt`: the same words and comments, set anew.

Statements stand apart, the items of a block on lines of their own, two spaces in. What is too long
for a line breaks at its loosest operators first, or within its brackets.
"""

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.source import Source
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.layout import STEP, Doc, render
from autodesign.dsl.syntax.parse import parse
from autodesign.dsl.syntax.phrases import phrase, word
from autodesign.dsl.syntax.print_expr import print_expr
from autodesign.dsl.syntax.words import Word, words

__all__ = ["format_source", "format_text", "print_expr"]

NESTED = 60
"""A text with more brackets within brackets is left as it is."""
SETTLED = 4
"""A comment amid a line moves to its end, where it may let the next pass join what it parted; after
so few passes nothing moves any more."""


def format_text(source: Source) -> str:
    """The text in its canonical form. Raises SpecError where it cannot be parsed."""
    text, found = format_source(source)
    if text is None:
        raise SpecError(found)
    return text


def format_source(source: Source) -> tuple[str | None, tuple[Diagnostic, ...]]:
    """The text in its canonical form, or None and what is wrong with it."""
    file, found = parse(source)
    if found:
        return None, found
    given = words(source.text, file)
    if _nesting(given) > NESTED:
        return source.text, ()
    text = _Printer(given).file(file)
    for _pass in range(SETTLED if "#" in text else 0):
        before = Source(source.name, text)
        file, _ = parse(before)
        text = _Printer(words(text, file)).file(file)
        if text == before.text:
            break
    return text, ()


def _nesting(words: list[Word]) -> int:
    level = deepest = 0
    for given in words:
        level += (given.text in "([{") - (given.text in ")]}") if given.text else 0
        deepest = max(deepest, level)
    return deepest


class _Printer:
    """Takes the words of a file in their order, along its tree."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.at = 0
        self.lines: list[str] = []

    def file(self, file: ast.File) -> str:
        statements: list[ast.Tree] = [*file.uses, *file.declarations]
        statements.sort(key=lambda tree: tree.span.start)
        self._comments(0)
        if file.version is not None:
            self._set(self._take(2), 0)
        before = False
        for statement in statements:
            block = self._braced(statement)
            if before or block:
                self._space()
            self._comments(0)
            self._tree(statement, 0)
            before = block
        self._comments(0)
        while self.lines and not self.lines[-1]:
            self.lines.pop()
        return "\n".join(self.lines) + "\n"

    def _tree(self, tree: ast.Tree, level: int) -> None:
        """A statement or an item."""
        if not self._braced(tree):
            self._set(self._take_to(tree.span.end), level)
            return
        items = list(getattr(tree, "items", ()))
        self._set(self._head(items, tree.span.end), level)
        for i, item in enumerate(items):
            self._comments(level + STEP, first=i == 0)
            self._tree(item, level + STEP)
        self._comments(level + STEP, first=not items, last=True)
        self._set(self._take(1), level)

    def _braced(self, tree: ast.Tree) -> bool:
        """Whether a statement has a block in braces."""
        match tree:
            case ast.MetricDeclaration(short=short):
                return not short
            case ast.SweepDeclaration(over=over, beside=beside):
                last = beside[-1] if beside else over[-1][1]
                return last.span.end < tree.span.end
            case _:
                return hasattr(tree, "items")

    def _head(self, items: list[ast.Tree], end: int) -> list[Word]:
        """The words of a statement up to the brace that opens its block."""
        inside = items[0].span.start if items else end
        until = self.at
        while self.words[until].token.start < inside:
            until += 1
        brace = max(i for i in range(self.at, until) if self.words[i].text == "{")
        return self._take(brace + 1 - self.at)

    def _take(self, number: int) -> list[Word]:
        self.at += number
        return self.words[self.at - number : self.at]

    def _take_to(self, offset: int) -> list[Word]:
        until = self.at
        while self.words[until].token.start < offset:
            until += 1
        return self._take(until - self.at)

    def _comments(self, level: int, *, first: bool = False, last: bool = False) -> None:
        """The comments and the empty lines before the next word, which loses them."""
        given = self.words[self.at]
        for i, comment in enumerate(given.before):
            if comment:
                self.lines.append(" " * level + comment)
            elif not (first and i == 0) and not (last and i == len(given.before) - 1):
                self._space()
        given.before = []

    def _space(self) -> None:
        """An empty line, unless there is one."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def _set(self, given: list[Word], level: int) -> None:
        brace: Doc = []
        if given[-1].text == "{":
            brace = [" ", word(given.pop())]
        elif len(given) == 1:
            self.lines += render(word(given[0]), level).split("\n")
            return
        self.lines += render([phrase(given), brace], level).split("\n")
