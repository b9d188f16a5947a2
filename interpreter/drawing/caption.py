"""Layers in short, as a spec would write them: `Conv2d(8, 3, padding=1)`."""

from collections.abc import Sequence
from functools import cache
from unicodedata import category, east_asian_width

from autodesign.dsl import spec
from autodesign.dsl.said import said
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.parse import parse
from autodesign.stdlib.library import standard

SPARE = 6
"""How many columns more a single layer may take."""
LONGEST_PERIOD = 6
"""Layers in the longest part of a chain whose repetition is recognised."""


def layer(call: spec.Call) -> str:
    """A layer with the arguments that are not its defaults; sizes that follow are left out."""
    params = _params(call.module, call.name)
    words: list[str] = []
    for param in params:
        value = call.args[param.name.id]
        if isinstance(value, tuple) and param.many:
            words += [said(one) for one in value]
        elif param.default is None or (param is params[0] and not _is_default(value, param)):
            words.append(said(value))
        elif not _is_default(value, param):
            words.append(f"{param.name.id}={said(value)}")
    return f"{call.name}({', '.join(words)})" if words else call.name


def chain(words: Sequence[str], columns: int) -> list[str]:
    """The layers of a chain, repetitions written as `3 x (...)` where that fits one line."""
    told: list[str] = []
    place = 0
    while place < len(words):
        period, times = _repetition(words, place, columns)
        part = " | ".join(words[place : place + period])
        told.append(part if times == 1 else f"{times} × {f'({part})' if period > 1 else part}")
        place += period * times
    return told


def lines(parts: Sequence[str], columns: int, most: int) -> tuple[str, ...]:
    """A chain in lines of about `columns`; of more than `most` lines the middle is left out."""
    filled: list[str] = []
    for part in parts:
        if filled and width(filled[-1]) + width(part) + 3 <= columns:
            filled[-1] += f" | {part}"
        else:
            filled.append(part)
    filled = [shortened(line, columns + SPARE) for line in filled]
    if len(filled) <= most:
        return tuple(filled)
    first = most // 2
    return (*filled[:first], "…", *filled[first + 1 - most :])


def shortened(text: str, columns: int) -> str:
    """At most `columns` wide, without signs that do not show or turn the direction of writing."""
    shown = "".join(c for c in text if category(c)[0] != "C")
    if width(shown) <= columns:
        return shown
    while width(shown) >= columns:
        shown = shown[:-1]
    return shown + "…"


def width(text: str) -> int:
    """How many columns of a fixed-width font a text takes."""
    return sum(_columns(sign) for sign in text)


def amount(count: float) -> str:
    """Three figures: `169k`, `1.11M`."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= 0.9995 * size:
            return f"{float(f'{count / size:.3g}'):g}{unit}"
    return f"{count:g}"


def _columns(sign: str) -> int:
    if category(sign) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(sign) in "WF" else 1


def _repetition(words: Sequence[str], place: int, columns: int) -> tuple[int, int]:
    """The period and the times of what begins here: that which covers most, else one layer."""
    best = (1, 1)
    for period in range(1, LONGEST_PERIOD + 1):
        part = list(words[place : place + period])
        times = 1
        while list(words[place + period * times : place + period * (times + 1)]) == part:
            times += 1
        fits = width(" | ".join(part)) + 6 <= columns
        if fits and times > 1 and period * times > best[0] * best[1]:
            best = (period, times)
    return best


@cache
def _params(module: str, name: str) -> tuple[ast.Param, ...]:
    file, _ = parse(standard().source(module))
    return next(
        d.params
        for d in file.declarations
        if isinstance(d, ast.ExternDeclaration) and d.name.id == name
    )


def _is_default(value: spec.Value, param: ast.Param) -> bool:
    default = param.default
    if default is None:
        return False
    if isinstance(default, ast.Number) and isinstance(value, int | float):
        return default.value == value
    return said(value) == default.span.text
