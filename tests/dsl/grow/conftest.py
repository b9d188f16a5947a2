"""`gan(actions)` and `classifier(actions)`: growths of small networks with these actions."""

from collections.abc import Callable

import pytest

from autodesign.dsl.growth import Growth

GAN = """
growth Gan {{
  generator G {{
    input z: vector[6]
    node base(z) = EqualizedLinear(64) | Unflatten(1, [4, 4, 4]) | LeakyReLU(0.2)
    node rgb(base) = EqualizedConv2d(3, 1)
    output image = rgb
  }}
  discriminator D {{
    input x: image[3, 4, 4]
    node stem(x) = EqualizedConv2d(8, 1) | LeakyReLU(0.2)
    node score(stem) = EqualizedConv2d(6, 3) | LeakyReLU(0.2) | Flatten | EqualizedLinear(1)
    output critic = score
  }}
  {actions}
}}
"""
CLASSIFIER = """
growth Deep {{
  network C {{
    input x: image[1, 8, 8]
    node stem(x) = Conv2d(8, 3, padding=1) | BatchNorm2d | ReLU
    node head(stem) = Conv2d(4, 3, padding=1) | AdaptiveAvgPool2d(2) | Flatten | Linear(10)
    output y = head
  }}
  {actions}
}}
"""
Make = Callable[[str], Growth]


@pytest.fixture
def gan(checked) -> Make:
    return lambda actions: checked(GAN.format(actions=actions)).growths["Gan"]


@pytest.fixture
def classifier(checked) -> Make:
    return lambda actions: checked(CLASSIFIER.format(actions=actions)).growths["Deep"]
