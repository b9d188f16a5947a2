"""Growths as a stranger might write them: layers, widths and moves at random."""

from dataclasses import dataclass

from hypothesis import strategies as st

from autodesign.dsl.grow import grow, replay
from autodesign.dsl.growth import Architecture, Child, Growth, Move
from autodesign.dsl.library import Misfit
from autodesign.dsl.load import load_text
from autodesign.stdlib.library import standard

TAILS = ["LeakyReLU(0.2)", "LeakyReLU(0.2) | PixelNorm", "Tanh", "BatchNorm2d | ReLU"]
HEADS = ["EqualizedConv2d({}, 1, gain=1)", "Conv2d({}, 1)", "EqualizedConv2d({}, 3) | Tanh"]
ENDS = [
    "Flatten | EqualizedLinear(6) | LeakyReLU(0.2) | EqualizedLinear(3, gain=1)",
    "EqualizedConv2d(5, 3) | LeakyReLU(0.2) | Flatten | Linear(3)",
    "MinibatchStdDev | EqualizedConv2d(5, 3) | LeakyReLU(0.2) | Flatten | EqualizedLinear(3)",
    "Inner | Flatten | Linear(3)",
]
TEXT = """ad 1
block conv(filters, size) = EqualizedConv2d(filters, size) | {tail}
network Inner {{
  input x: image[{stem_width}, 4, 4]
  node A(x) = Conv2d(4, 3, padding=1) | ReLU
  node B(A) = Conv2d(2, 1)
  output y = B
}}
growth Any {{
  generator G {{
    input z: vector[6]
    node base(z) = EqualizedLinear({width} * 16) | Unflatten(1, [{width}, 4, 4]) | {tail}
    node rgb(base) = {rgb}
    output image = rgb
  }}
  discriminator D {{
    input x: image[2, 4, 4]
    node stem(x) = {stem} | {tail}
    node score(stem) = {end}
    output critic = score
  }}
  action grow_G(filters in {{2, 4, 7}}, size in {{1, 3}}) = conv(filters, size) before G.rgb {fade}
  action grow_D(filters in {{2, 4, 7}}, size in {{1, 3}}) = conv(filters, size) after D.stem {fade}
  action upscale = double G by conv({block}, 3), D by conv({stem_width}, 3) with fade_in(0.5)
  action bare = double G, D with fade_in(1)
}}
"""


@dataclass(frozen=True)
class Case:
    """A growth, an architecture that it leads to, and what one more move makes of that."""

    growth: Growth
    parent: Architecture
    move: Move
    child: Child
    rule: str


@st.composite
def cases(draw: st.DrawFn, rules: tuple[str, ...] = ("reinit", "overlap", "identity")) -> Case:
    growth = draw(growths())
    rule = draw(st.sampled_from(rules))
    moves: list[Move] = []
    for _ in range(draw(st.integers(0, 2))):
        moves += _applying(draw, growth, moves, rule)
    (move,) = _applying(draw, growth, moves, rule)
    parent = replay(growth, moves, standard())
    return Case(growth, parent, move, grow(growth, parent, move, standard(), rule), rule)


@st.composite
def growths(draw: st.DrawFn) -> Growth:
    width = draw(st.sampled_from([2, 4]))
    text = TEXT.format(
        tail=draw(st.sampled_from(TAILS)),
        width=draw(st.sampled_from([2, 4])),
        stem_width=width,
        stem=draw(st.sampled_from(HEADS)).format(width),
        rgb=draw(st.sampled_from(HEADS)).format(2),
        end=draw(st.sampled_from(ENDS)),
        block=draw(st.sampled_from([3, 4])),
        fade=draw(st.sampled_from(["", "with fade_in(0.25)"])),
    )
    checked, problems = load_text(text, "any.ad", standard(), {}, None)
    assert checked is not None, problems
    return checked.growths["Any"]


def _applying(draw: st.DrawFn, growth: Growth, moves: list[Move], rule: str) -> list[Move]:
    """A move that applies here."""
    parent = replay(growth, moves, standard())
    there = []
    for move in growth.moves:
        try:
            grow(growth, parent, move, standard(), rule)
        except Misfit:
            continue
        there.append(move)
    return [draw(st.sampled_from(there))]
