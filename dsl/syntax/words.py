"""The tokens of a well-formed text with the comments around them, for the canonical printer."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.depth import parts
from autodesign.dsl.syntax.scan import NAME, Token, scan


@dataclass(slots=True)
class Word:
    """A token. `keyword`: whether it is a word of the language rather than a name.

    `before` holds the comments on lines of their own before it, an empty text standing for an empty
    line; `after` those that follow it on its line.
    """

    token: Token
    keyword: bool
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.token.text

    @property
    def plain(self) -> bool:
        """Whether no comment stands at it."""
        return not (self.before or self.after)


def words(text: str, file: ast.File) -> list[Word]:
    """All words of a text that has been parsed to `file`, the end of the file last."""
    found = scan(text)
    names = set(_names(file))
    comments = iter(found.comments)
    comment = next(comments, None)
    words: list[Word] = []
    last = 0
    for token in found.tokens:
        keyword = token.symbol == NAME and token.start not in names
        word = Word(token, keyword or token.symbol.isalpha())
        while comment and comment[0] < token.start:
            start, end = comment
            content = text[start:end].rstrip()
            gap = text[last:start]
            if words and "\n" not in gap and not word.before:
                words[-1].after.append(content)
            else:
                word.before += [""] * _empty(gap) + [content]
            last = end
            comment = next(comments, None)
        word.before += [""] * _empty(text[last : token.start])
        words.append(word)
        last = token.end
    return words


def _empty(gap: str) -> bool:
    """Whether a gap holds an empty line."""
    return gap.count("\n") > 1


def _names(file: ast.File) -> Iterator[int]:
    """Where the names of a file start."""
    level: list[ast.Tree] = [*file.uses, *file.declarations]
    while level:
        for tree in level:
            if isinstance(tree, ast.Name | ast.TypeName):
                yield tree.span.start
            elif isinstance(tree, ast.Use):
                yield from range(tree.module_span.start, tree.module_span.end)
        level = [part for tree in level for part in parts(tree)]
