"""Random anchors as words of 16 bits, a word for each comparison: bit k is that of anchor k.

What is asked of them takes one pass over the words, however many anchors there are: how many bits
of each anchor are 1 in each row, what a number for each comparison adds up to over the ones of each
anchor, and for each comparison the sum of a number for each anchor.
"""

from functools import cache

import numpy as np
import torch
from torch import Generator, Tensor

WORD = 16
"""Anchors in one word"""

BYTE = 1 << 8
WORDS = 1 << WORD

THREES, FIVES = 3, 5
"""So many numbers of two and of four bits add up without a carry: 3 ones to 3, 5 threes to 15."""


def random_words(count: int, generator: Generator) -> Tensor:
    """So many uniform words, int16."""
    if generator.device.type != "cpu":
        bounds = torch.iinfo(torch.int16)
        words = torch.empty(count, dtype=torch.int16, device=generator.device)
        return words.random_(bounds.min, bounds.max + 1, generator=generator)
    start = int(torch.randint(1 << 62, (), generator=generator))
    found = torch.from_numpy(np.random.SFC64(start).random_raw(-(-count // 4)).view(np.int16))
    return found[:count]


def ones(words: Tensor) -> Tensor:
    """How many bits are 1 along the last axis: [16, ...] for words [..., columns].

    Many bits are counted at once, in fields of a word: single bits are added up to pairs of bits,
    and pairs to fours.
    """
    *outer, columns = words.shape
    whole = columns - columns % (THREES * FIVES)
    if not whole:
        return unpacked(words).sum(-1)
    part = words[..., :whole]
    twos = part.new_empty((2, *part.shape))
    torch.bitwise_and(part, 0x5555, out=twos[0])
    torch.bitwise_right_shift(part, 1, out=twos[1]).bitwise_and_(0x5555)
    twos = _added(twos, THREES)
    fours = twos.new_empty((2, *twos.shape))
    torch.bitwise_and(twos, 0x3333, out=fours[0])
    torch.bitwise_right_shift(twos, 2, out=fours[1]).bitwise_and_(0x3333)
    fours = _added(fours, FIVES)
    fields = (fours.unsqueeze(0) >> _up_to(WORD, 4, fours.ndim, fours.device)).bitwise_and_(0xF)
    wide = torch.int16 if columns < 1 << 15 else torch.int32
    found = fields.sum(-1, dtype=wide).view(WORD, *outer)
    return found if whole == columns else found + unpacked(words[..., whole:]).sum(-1)


def _added(fields: Tensor, times: int) -> Tensor:
    """Every so many columns added up."""
    *outer, columns = fields.shape
    return fields.view(*outer, times, columns // times).sum(-2, dtype=fields.dtype)


def unpacked(words: Tensor) -> Tensor:
    """Each bit of some words, 0 or 1: [16, ...]."""
    return (words.unsqueeze(0) >> _up_to(WORD, 1, words.ndim, words.device)) & 1


@cache
def _up_to(end: int, step: int, after: int, device: torch.device) -> Tensor:
    """0, step, ... along the first of some axes, int16."""
    found = torch.arange(0, end, step, dtype=torch.int16, device=device)
    return found.view(-1, *(1,) * after)


def index(words: Tensor, dtype: torch.dtype = torch.int64) -> Tensor:
    """Words as numbers from 0, flat."""
    return words.reshape(-1).view(torch.uint16).to(dtype)


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
