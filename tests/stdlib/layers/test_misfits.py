"""What a layer says of shapes that do not fit: the sizes at fault, and the mend."""

import pytest

from autodesign.dsl.library import Misfit
from autodesign.stdlib.library import standard

IMAGE = (3, 8, 8)
SAID = [
    (
        ("Conv2d", {"out_channels": 8, "kernel_size": 11, "padding": 1}, [IMAGE]),
        "has a kernel of 11 x 11, which does not fit into 8 x 8 with padding 1 x 1",
        "use a smaller kernel, more padding, or less pooling and smaller strides before it",
    ),
    (
        ("Conv2d", {"out_channels": 8, "kernel_size": 3}, [(10,)]),
        "needs an image [channels, height, width], and is given [10]",
        "put it before `Flatten`, or use a layer for vectors such as `Linear`",
    ),
    (
        ("Conv1d", {"out_channels": 8, "kernel_size": 3}, [IMAGE]),
        "needs a sequence [channels, length], and is given [3, 8, 8]",
        "use the 2d layer of the same name, where there is one",
    ),
    (
        ("Conv2d", {"out_channels": 8, "kernel_size": 3, "groups": 2}, [IMAGE]),
        "cannot divide 3 input channels into groups=2",
        "choose groups among the divisors of 3: 1, 3",
    ),
    (
        ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": "same", "stride": 2}, [IMAGE]),
        'cannot keep the size (padding="same") with a stride above 1',
        "write padding=1 to divide the size by the stride",
    ),
    (
        ("MaxPool2d", {"kernel_size": 2, "padding": 2}, [IMAGE]),
        "has padding=2, which is more than half of the kernel's 2",
        "use padding of at most 1, or a padding layer before it",
    ),
    (
        ("PixelShuffle", {"upscale_factor": 2}, [(6, 8, 8)]),
        "needs a multiple of 4 channels for upscale_factor=2, and is given 6",
        "let the layer before it give 8 channels",
    ),
    (
        ("concat", {"dim": 0}, [IMAGE, IMAGE]),
        "cannot work along dimension 0, which is the batch",
        "dimensions count as in torch: 1 are the channels, -1 is the last one",
    ),
    (
        ("add", {}, [IMAGE, (4, 8, 8)]),
        "needs values of one shape, and is given [3, 8, 8] and [4, 8, 8]",
        "bring them to one shape first, or join them with `concat`",
    ),
    (
        ("ReLU", {}, [IMAGE, IMAGE]),
        "takes one value, and is given 2: [3, 8, 8], [3, 8, 8]",
        "join them first, with `add`, `multiply` or `concat`",
    ),
    (
        ("resnet18", {}, [(1, 28, 28)]),
        "needs an image of 3 channels, and is given [1, 28, 28]",
        "put `Conv2d(3, 1)` before it",
    ),
]


@pytest.mark.parametrize("asked, message, help", SAID)
def test_a_misfit_names_the_sizes_and_the_mend(call, asked, message, help):
    name, given, sources = asked
    made = call(name, **given)
    with pytest.raises(Misfit) as refused:
        standard().layer(made.module, name, tuple(sources), made.args)
    assert (refused.value.message, refused.value.help) == (message, help)
