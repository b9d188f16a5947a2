"""The search that is measured: a GAN grown on Digits, as large as is asked for."""

from collections.abc import Sequence

from autodesign.dsl.growth import Search
from autodesign.dsl.load import load_text
from autodesign.stdlib.library import standard

SPEC = """ad 1

data digits = Digits()

growth Grown {{
  generator G {{
    input z: vector[64]
    node base(z) = EqualizedLinear({flat}) | Unflatten(1, [{width}, 8, 8]) | LeakyReLU(0.2)
    node rgb(base) = EqualizedConv2d(1, 1, gain=1)
    output image = rgb
  }}
  discriminator D {{
    input x: image[1, 8, 8]
    node stem(x) = EqualizedConv2d({width}, 1) | LeakyReLU(0.2)
    node score(stem) = EqualizedConv2d({width}, 3) | LeakyReLU(0.2) | MinibatchStdDev
      | Flatten | EqualizedLinear(1, gain=1)
    output critic = score
  }}
  action grow_G(size in {{3, 7}}, filters in {{{filters}}})
    = EqualizedConv2d(filters, size) | LeakyReLU(0.2) | PixelNorm before G.rgb
  action grow_D(size in {{3, 7}}, filters in {{{filters}}})
    = EqualizedConv2d(filters, size) | LeakyReLU(0.2) after D.stem
}}

search grown = Grown on digits {{
  minimize FrechetDistance(Pixels(), n=400)
  by top_k(keep=20, sample=0.4, starts={starts})
  train wgan_gp(penalty=10, drift=0.001) using Adam(lr=1e-3, betas=[0, 0.99])
    for {iterations} iterations
  until layers {layers}
  batch 32
}}
"""


def searched(
    width: int, filters: Sequence[int], iterations: int, layers: int, starts: int = 1
) -> Search:
    """The search of `SPEC`."""
    text = SPEC.format(
        width=width,
        flat=64 * width,
        filters=", ".join(map(str, filters)),
        iterations=iterations,
        layers=layers,
        starts=starts,
    )
    checked, found = load_text(text, "bench.ad", standard(), {})
    assert checked is not None, found
    return checked.searches["grown"]
