"""Random anchors as words of 16 bits, a word for each comparison: bit k is that of anchor k.

What is asked of them takes one pass over the words, however many anchors there are: how many bits
of each anchor are 1, what a number for each comparison adds up to over the ones of each anchor, and
for each comparison the sum of a number for each anchor.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

WORD = 16
"""Anchors in one word"""

BYTE = 1 << 8
WORDS = 1 << WORD

AT_ONCE = 1 << 19
"""Words in one pass"""

DIGITS = 4
"""Binary digits in which ones are counted before they are added up"""


def random_words(count: int, generator: Generator) -> Tensor:
    """So many uniform words, int16."""
    if generator.device.type != "cpu":
        bounds = torch.iinfo(torch.int16)
        words = torch.empty(count, dtype=torch.int16, device=generator.device)
        return words.random_(bounds.min, bounds.max + 1, generator=generator)
    start = int(torch.randint(1 << 62, (), generator=generator))
    found = torch.from_numpy(np.random.SFC64(start).random_raw(-(-count // 4)).view(np.int16))
    return found[:count]


def ones(words: Tensor, widths: Sequence[int]) -> Tensor:
    """How many bits are 1 in each kind of columns, [16, kinds, rows], for words [slabs, groups,
    rows] of at most 15 slabs: of its groups the first `widths[0]` are of the first kind."""
    number, groups, rows = words.shape
    step = max(1, groups if words.device.type != "cpu" else AT_ONCE // max(1, rows * number))
    wide = torch.int16 if number * groups < 1 << 15 else torch.int32
    found = words.new_zeros((WORD, len(widths), rows), dtype=wide)
    for start in range(0, groups, step):
        fields = _fields(words[:, start : start + step])
        last = -start
        for kind, width in enumerate(widths):
            first, last = last, last + width
            if first < step and last > 0:
                found[:, kind] += fields[:, max(first, 0) : last].sum(1, dtype=wide)
    return found


def _fields(words: Tensor) -> Tensor:
    """How many bits are 1 in all slabs together, [16, groups, rows]."""
    on_cpu = words.device.type == "cpu"  # there numpy, whose calls take half as long
    each = _digits(list(words.numpy() if on_cpu else words))
    each += [each[0] ^ each[0]] * (DIGITS - len(each))
    fours = _fours(*each)
    together = torch.from_numpy(np.stack(fours)) if on_cpu else torch.stack(fours)
    return (together.unsqueeze(0) >> _shifts(words.device)).bitwise_and_(0xF).flatten(0, 1)


def _digits(given: list[Any]) -> list[Any]:
    """The binary digits, least first, of how many of some words have each bit. A carry-save adder
    makes of three words of a digit one of it and one of the next."""
    digits = []
    while given:
        carried = []
        while len(given) > 1:
            a, b = given.pop(), given.pop()
            odd, both = a ^ b, a & b
            if given:
                c = given.pop()
                both |= odd & c
                odd ^= c
            given.append(odd)
            carried.append(both)
        digits += given
        given = carried
    return digits


def _fours(one: Any, two: Any, four: Any, eight: Any) -> list[Any]:
    """From binary digits of numbers the numbers, in fields of 4 bits: of bit 4 i + j of the words
    in field i of result j. Bits are first brought together in pairs, then these in fours."""
    odd, left = -0x5556, -0x3334  # as int16: every other bit, every other pair of bits
    low = (one & 0x5555) | ((two & 0x5555) << 1), (four & 0x5555) | ((eight & 0x5555) << 1)
    high = ((one >> 1) & 0x5555) | (two & odd), ((four >> 1) & 0x5555) | (eight & odd)
    found = [(a & 0x3333) | ((b & 0x3333) << 2) for a, b in (low, high)]
    return found + [((a >> 2) & 0x3333) | (b & left) for a, b in (low, high)]


@cache
def _shifts(device: torch.device) -> Tensor:
    """To each field of 4 bits, int16."""
    return torch.arange(0, WORD, DIGITS, dtype=torch.int16, device=device).view(-1, 1, 1, 1)


def index(words: Tensor, dtype: torch.dtype = torch.int64) -> Tensor:
    """Words as numbers from 0, flat."""
    return words.view(torch.uint16).to(dtype).view(-1)


def totals(histogram: Tensor) -> Tensor:
    """What was added up by word, [65536], by bit: [16]."""
    table = histogram.view(BYTE, BYTE)
    bits = _bits(torch.float64, table.device)
    return (torch.stack([table.sum(0), table.sum(1)]).double() @ bits).view(WORD)


def table(numbers: Tensor) -> Tensor:
    """The sum of the numbers [16] of the bits that a word has, [65536]."""
    bits = _bits(numbers.dtype, numbers.device)
    low, high = bits @ numbers[:8], bits @ numbers[8:]
    return (high.unsqueeze(1) + low).view(-1)


@cache
def _bits(dtype: torch.dtype, device: torch.device) -> Tensor:
    """[256, 8]: whether a byte has a bit."""
    codes = torch.arange(BYTE, device=device).unsqueeze(1)
    return ((codes >> torch.arange(8, device=device)) & 1).to(dtype)
