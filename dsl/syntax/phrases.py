"""One statement or item without its braces, as a document: where it may break, and how."""

from collections.abc import Sequence
from typing import TypeAlias

from autodesign.dsl.record import record
from autodesign.dsl.syntax.layout import Broken, Doc, Group, Hard, Indent, Line, Suffix
from autodesign.dsl.syntax.words import Word

OPENS, CLOSES = frozenset("([{"), frozenset(")]}")
CLAUSES = frozenset(
    ["against", "after", "before", "beside", "by", "every", "for", "from", "on", "over"]
)
CLAUSES |= {"using", "with", "~>", "->"}
"""Words that begin a further part of an item, on a line of its own where the item is too long."""
OPERATORS: tuple[frozenset[str], ...] = (
    frozenset(["|"]),
    frozenset(["if", "else"]),
    frozenset(["or"]),
    frozenset(["and"]),
    frozenset(["==", "!=", "<", "<=", ">", ">=", "in"]),
    frozenset(["??"]),
    frozenset(["+", "-"]),
    frozenset(["*", "/"]),
)
"""Operators at which a line may break, loosest first; a line breaks before them."""
LEADS = frozenset(["=", "maximize", "minimize", "value"])
"""After these comes what an item is about."""


@record
class Bracket:
    """Brackets and what stands between the commas in them."""

    open: Word
    elements: list[list["Part"]]
    close: Word


Part: TypeAlias = Word | Bracket
Parts: TypeAlias = Sequence[Part]


def phrase(words: Sequence[Word]) -> Doc:
    """The document of a statement or an item."""
    *_, last = words
    comments = [Suffix(comment) for comment in last.after]
    last.after = []
    return [_phrase(_nested(words)), *comments]


def _phrase(parts: Parts) -> Doc:
    if _is(parts[0], frozenset(["use"])):
        return [_joined(parts[:-1]), " ", _joined(parts[-1:])]
    lead = next((i for i, part in enumerate(parts) if _is(part, LEADS)), None)
    if lead is None:
        return _flow(parts, indent=True)
    head, body = parts[: lead + 1], parts[lead + 1 :]
    about, *further = _split(body, CLAUSES)
    clauses = [Indent([Line(), _flow(clause)]) for clause in further]
    return Group([_joined(head), _body(about), *clauses])


def word(given: Word) -> Doc:
    """A word with its comments."""
    if given.plain:
        return given.text
    before: list[Doc] = [[Hard(), comment, Hard()] for comment in given.before if comment]
    return [*before, given.text, *map(Suffix, given.after)]


def _body(parts: Parts) -> Doc:
    """On the line of its head, if it is one call that can break within; else a line further in."""
    breaks = any(_split(parts, rank)[1:] for rank in OPERATORS) or any(map(_comma, parts))
    return Group(Indent([Line(), _flow(parts)])) if breaks else [" ", _joined(parts)]


def _nested(words: Sequence[Word]) -> list[Part]:
    """The words, with brackets closed over theirs; a comma before a closing bracket is left out."""
    levels: list[list[list[Part]]] = [[[]]]
    opened: list[Word] = []
    for given in words:
        symbol = given.token.symbol
        if symbol in OPENS:
            opened.append(given)
            levels.append([[]])
        elif symbol in CLOSES:
            elements = levels.pop()
            if not elements[-1]:
                elements.pop()
            levels[-1][-1].append(Bracket(opened.pop(), elements, given))
        elif symbol == "," and opened:
            _last(levels[-1][-1]).after.extend(c for c in [*given.before, *given.after] if c)
            levels[-1].append([])
        else:
            levels[-1][-1].append(given)
    return levels[0][0]


def _last(parts: list[Part]) -> Word:
    part = parts[-1]
    return part.close if isinstance(part, Bracket) else part


def _flow(parts: Parts, indent: bool = False) -> Doc:
    """A run of parts that breaks at its further clauses, its commas or its loosest operators."""
    segments = _split(parts, CLAUSES)
    if not segments[1:] and any(map(_comma, parts)):
        return _list(parts)
    for rank in OPERATORS:
        if segments[1:]:
            break
        segments = _split(parts, rank)
    if not segments[1:]:
        return _joined(parts)
    first, *rest = segments
    lines: Doc = [[Line() if first or i else "", _operation(s)] for i, s in enumerate(rest)]
    return Group([_flow(first), Indent(lines) if indent else lines])


def _operation(parts: Parts) -> Doc:
    """An operator and what it is applied to."""
    sign, *operand = parts
    return [_joined([sign]), " " if operand else "", _flow(operand)]


def _list(parts: Parts) -> Doc:
    """Parts with commas that stand in no brackets."""
    found: list[Doc] = []
    element: list[Part] = []
    for part in parts:
        if _comma(part):
            found += [_flow(element), _joined([part]), Line()]
            element = []
        else:
            element.append(part)
    return Group(Indent([*found, _flow(element)]))


def _split(parts: Parts, signs: frozenset[str]) -> list[list[Part]]:
    """The parts up to the first of these signs, then those from each of them on."""
    segments: list[list[Part]] = [[]]
    if signs.isdisjoint([_text(part) for part in parts]):
        return [list(parts)]
    for i, part in enumerate(parts):
        between = _operand(parts[i - 1]) if i else _is(part, CLAUSES)
        if between and _is(part, signs):
            segments.append([])
        segments[-1].append(part)
    return segments


def _bracket(part: Bracket, called: bool) -> Doc:
    if not part.elements:
        return [word(part.open), word(part.close)]
    several = len(part.elements) > 1
    inside: list[Doc] = [Line("")]
    for i, element in enumerate(part.elements):
        inside += [[",", Line()] if i else "", _element(element, several)]
    loops = any(_is(p, frozenset(["for"])) for p in part.elements[0])
    comma = Broken(",") if several or (called and part.open.text == "(" and not loops) else ""
    return Group([word(part.open), Indent([*inside, comma]), Line(""), word(part.close)])


def _element(parts: list[Part], several: bool) -> Doc:
    """An argument, a parameter, an item of a list."""
    named = next((i for i, part in enumerate(parts) if _is(part, frozenset("="))), None)
    if named is None:
        return _flow(parts, several)
    typed = any(_is(part, frozenset([":", "in"])) for part in parts[:named])
    sign = parts[named]
    equals = _joined([sign])
    return [
        _joined(parts[:named]),
        [" ", equals, " "] if typed else equals,
        _flow(parts[named + 1 :], several),
    ]


def _joined(parts: Parts) -> Doc:
    """Parts side by side, with the spaces that belong between them."""
    found: list[Doc] = []
    for i, part in enumerate(parts):
        before = parts[i - 1] if i else None
        if before is not None:
            found.append(_gap(parts[i - 2] if i > 1 else None, before, part))
        called = before is not None and _operand(before)
        found.append(_bracket(part, called) if isinstance(part, Bracket) else word(part))
    return found


def _gap(far: Part | None, left: Part, right: Part) -> str:
    """The space between two parts; `far` is the part before them."""
    first, second = _text(left), _text(right)
    if second in (",", ":", ".") or first == ".":
        return ""
    if first in ("-", "*") and (far is None or not _operand(far)):
        return ""
    if isinstance(right, Bracket) and second in "([":
        return "" if _operand(left) else " "
    if second == "..":
        return "" if _operand(left) else " "
    if first == "..":
        return " " if second == "=" or (isinstance(right, Word) and right.keyword) else ""
    return " "


def _text(part: Part) -> str:
    return part.open.text if isinstance(part, Bracket) else part.text


def _is(part: Part, signs: frozenset[str]) -> bool:
    if isinstance(part, Bracket) or part.text not in signs:
        return False
    return part.keyword or not part.text[0].isalpha()


def _comma(part: Part) -> bool:
    return _is(part, frozenset(","))


def _operand(part: Part) -> bool:
    """Whether a value can end here, so that a sign after it stands between two values."""
    if isinstance(part, Bracket):
        return True
    symbol = part.token.symbol
    return symbol in ("true", "false", "none", "..") or (symbol[0] == "$" and not part.keyword)
