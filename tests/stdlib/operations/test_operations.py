"""Operations against slow references and torchvision; their gradients against differences."""

from math import log

import pytest
import torch
from torch import Tensor, nn
from torchvision.ops import roi_align

from autodesign.stdlib import build

DOUBLE = torch.double


@pytest.fixture
def operation(call):
    return lambda name, **given: build.operation(call(name, **given))


def sigmoid(score: float) -> float:
    return 1 / (1 + 2.718281828459045 ** (-score))


def average(numbers) -> float:
    values = list(numbers)
    return sum(values) / len(values)


REAL, FAKE = [2.0, -0.5, 0.3], [-1.5, 0.75]
GENERATOR = {
    "least_squares": average((f - 1) ** 2 for f in FAKE),
    "log": average(log(1 - sigmoid(f)) for f in FAKE),
    "nonsaturating": average(-log(sigmoid(f)) for f in FAKE),
    "hinge": -average(FAKE),
    "wgan": -average(FAKE),
}
# eq. 4.4 is what the discriminator maximises
EQUATION = average(log(sigmoid(r)) for r in REAL) + average(log(1 - sigmoid(f)) for f in FAKE)
DISCRIMINATOR = {
    "least_squares": average((r - 1) ** 2 for r in REAL) / 2 + average(f**2 for f in FAKE) / 2,
    "log": -EQUATION,
    "nonsaturating": -EQUATION,
    "hinge": average(max(0, 1 - r) for r in REAL) + average(max(0, 1 + f) for f in FAKE),
    "wgan": average(FAKE) - average(REAL),
}


@pytest.mark.parametrize("loss", GENERATOR)
def test_adversarial_losses_are_their_formulas(operation, loss):
    real, fake = torch.tensor(REAL, dtype=DOUBLE), torch.tensor(FAKE, dtype=DOUBLE)
    fools = operation("adversarial", loss=loss)(d=lambda v: v, x=fake)
    tells = operation("discriminate", loss=loss)(d=lambda v: v, real=real, fake=fake)
    assert fools.item() == pytest.approx(GENERATOR[loss], abs=1e-12)
    assert tells.item() == pytest.approx(DISCRIMINATOR[loss], abs=1e-12)


@pytest.mark.parametrize("loss", GENERATOR)
def test_a_scale_of_scores_is_averaged_over_all(operation, loss):
    scores = torch.randn(2, 1, 3, 4, dtype=DOUBLE)
    given = operation("adversarial", loss=loss)(d=lambda v: v, x=scores)
    flat = operation("adversarial", loss=loss)(d=lambda v: v, x=scores.flatten())
    assert given.item() == pytest.approx(flat.item(), abs=1e-12)


@pytest.mark.parametrize("loss", GENERATOR)
def test_gradients_of_adversarial_losses(operation, loss):
    torch.manual_seed(0)
    real, fake = torch.randn(2, 3, 3, dtype=DOUBLE).requires_grad_().unbind(0)
    judge = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    fools, tells = operation("adversarial", loss=loss), operation("discriminate", loss=loss)
    assert torch.autograd.gradcheck(lambda v: fools(d=judge, x=v), fake)
    assert torch.autograd.gradcheck(lambda r, f: tells(d=judge, real=r, fake=f), (real, fake))


def test_the_penalty_is_that_of_a_known_slope(operation):
    """A linear judge has the slope of its weights everywhere; several scores are averaged."""
    weight = torch.tensor([3.0, 4.0, 0.0], dtype=DOUBLE, requires_grad=True)
    real, fake = torch.randn(5, 3, dtype=DOUBLE), torch.randn(4, 3, dtype=DOUBLE)
    penalty = operation("gradient_penalty")
    assert penalty(d=lambda v: v @ weight[:, None], real=real, fake=fake).item() == (5 - 1) ** 2
    twofold = penalty(d=lambda v: (v * weight).sum(1)[:, None].repeat(1, 7), real=real, fake=fake)
    assert twofold.item() == pytest.approx(16)
    (slope,) = torch.autograd.grad(twofold, weight)
    # d (|w| - 1)^2 / d w = 2 (|w| - 1) w / |w|
    assert slope.tolist() == pytest.approx([8 * 0.6, 8 * 0.8, 0])


def test_the_penalty_is_taken_between_real_and_fake(operation):
    seen: list[Tensor] = []

    def judge(values: Tensor) -> Tensor:
        seen.append(values.detach())
        return values.square().sum(1)

    torch.manual_seed(0)
    real, fake = torch.zeros(50, 2), torch.ones(50, 2).requires_grad_()
    penalty = operation("gradient_penalty")(d=judge, real=real, fake=fake)
    (between,) = seen
    assert torch.equal(between[:, 0], between[:, 1])
    assert 0 <= between.min() < 0.2 < 0.8 < between.max() <= 1
    expected = (2 * between.norm(dim=1) - 1).square().mean()
    assert penalty.item() == pytest.approx(expected.item(), rel=1e-6)
    (slope,) = torch.autograd.grad(penalty, fake, allow_unused=True)
    assert slope is None


def test_the_penalty_trains_the_weights_of_its_judge(operation):
    torch.manual_seed(0)
    judge = nn.Sequential(nn.Conv2d(1, 2, 3), nn.LeakyReLU(0.2), nn.Conv2d(2, 1, 2)).double()
    real, fake = torch.randn(2, 3, 1, 6, 6, dtype=DOUBLE)

    def penalty(*weights: Tensor) -> Tensor:
        torch.manual_seed(7)
        names = [name for name, _ in judge.named_parameters()]
        put = dict(zip(names, weights, strict=True))
        return operation("gradient_penalty")(
            d=lambda v: torch.func.functional_call(judge, put, v), real=real, fake=fake
        )

    assert torch.autograd.gradcheck(penalty, tuple(judge.parameters()))


def test_arithmetic(operation):
    torch.manual_seed(0)
    a, b = torch.rand(2, 3, 4, dtype=DOUBLE), torch.rand(2, 3, 4, dtype=DOUBLE)
    pairs = list(zip(a.flatten().tolist(), b.flatten().tolist(), strict=True))
    assert operation("l1")(a=a, b=b).item() == pytest.approx(average(abs(x - y) for x, y in pairs))
    assert operation("l2")(a=a, b=b).item() == pytest.approx(
        average((x - y) ** 2 for x, y in pairs)
    )
    assert operation("mean")(v=a).item() == pytest.approx(average(x for x, _ in pairs))
    assert operation("sum")(v=a).item() == pytest.approx(sum(x for x, _ in pairs))
    assert operation("max")(v=a).item() == max(x for x, _ in pairs)
    assert torch.equal(operation("exp")(v=a), a.exp())
    assert torch.equal(operation("log")(v=a), a.log())
    assert operation("positive")(v=torch.tensor([-1.0, 0.0, 2.0])).tolist() == [0, 0, 2]


def test_zeros_are_real_also_for_labels(operation):
    zeros = operation("zeros_like")
    assert zeros(v=torch.tensor([3, 1])).dtype == torch.get_default_dtype()
    assert zeros(v=torch.ones(2, 3, dtype=DOUBLE)).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert zeros(v=torch.ones(2, 3, dtype=DOUBLE)).dtype == DOUBLE


def test_shares_add_up_to_one_and_nothing_stays_nothing(operation):
    shares = operation("normalise")
    assert shares(v=torch.tensor([1.0, 3.0, 0.0])).tolist() == [0.25, 0.75, 0]
    assert shares(v=torch.zeros(3)).tolist() == [0, 0, 0]
    weights = torch.rand(4, dtype=DOUBLE, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: shares(v=v), weights)


def test_each_example_has_its_cross_entropy(operation):
    scores, labels = torch.randn(4, 3, dtype=DOUBLE), torch.tensor([0, 2, 1, 1])
    each = operation("cross_entropy_each")(scores=scores, label=labels)
    expected = [-torch.softmax(s, 0)[k].log() for s, k in zip(scores, labels, strict=True)]
    assert each.tolist() == pytest.approx([e.item() for e in expected])


def test_channels_come_one_after_the_other(operation):
    a, b = torch.rand(2, 3, 4, 4), torch.rand(2, 1, 4, 4)
    assert torch.equal(operation("channels")(a=a, b=b)[:, 3:], b)


def boxes_in(height: int, width: int, rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows, dtype=DOUBLE)[:, None]


BOXES = [[2, 1, 9, 7, 0], [0, 0, 12, 10, 1], [3.5, 2.25, 11.75, 9.5, 0]]


@pytest.mark.parametrize("size", [1, 4, (7, 3), (20, 31)])
def test_a_crop_is_torchvision_s_aligned_one(operation, size):
    torch.manual_seed(0)
    image, boxes = torch.rand(3, 2, 10, 12, dtype=DOUBLE), boxes_in(10, 12, BOXES)
    ours = operation("crop", size=size)(x=image, boxes=boxes)
    rows = [boxes[i, :, :4] for i in range(3)]
    theirs = roi_align(image, rows, size, sampling_ratio=2, aligned=True)
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def test_a_crop_at_its_own_size_is_the_pixels(operation):
    """Two places a pixel lie half way between neighbours, symmetrically, on a slope that is the
    pixel's own value."""
    image = torch.arange(64.0).reshape(1, 1, 8, 8)
    box = torch.tensor([[[2.0, 1, 6, 7, 0]]])
    cut = operation("crop", size=(6, 4))(x=image, boxes=box)
    assert torch.equal(cut, image[:, :, 1:7, 2:6])


def test_a_crop_takes_the_first_box_or_the_whole(operation):
    image = torch.rand(2, 1, 6, 6)
    boxes = torch.full((2, 3, 5), -1.0)
    boxes[0, :2] = torch.tensor([[0, 0, 3, 3, 0], [3, 3, 6, 6, 0]])
    cut = operation("crop", size=3)(x=image, boxes=boxes)
    alone = operation("crop", size=3)(x=image[:1], boxes=torch.tensor([[[0.0, 0, 3, 3, 0]]]))
    whole = operation("crop", size=3)(x=image[1:], boxes=torch.tensor([[[0.0, 0, 6, 6, 0]]]))
    assert torch.equal(cut, torch.cat((alone, whole)))


def test_a_crop_is_differentiated_twice(operation):
    image = torch.rand(2, 1, 5, 4, dtype=DOUBLE, requires_grad=True)
    boxes = torch.tensor([[[0.5, 1, 3, 4.5, 0]], [[-1.0] * 5]])
    cut = operation("crop", size=(3, 2))
    assert torch.autograd.gradcheck(lambda v: cut(x=v, boxes=boxes), image)
    assert torch.autograd.gradgradcheck(lambda v: cut(x=v, boxes=boxes).square(), image)


def slow_mask(boxes, height, width, kind=None):
    return [
        [
            float(
                any(
                    x1 <= j + 0.5 < x2 and y1 <= i + 0.5 < y2 and kind in (None, k)
                    for x1, y1, x2, y2, k in boxes
                )
            )
            for j in range(width)
        ]
        for i in range(height)
    ]


def test_a_mask_is_one_inside_its_boxes(operation):
    rows = [
        [[1, 2, 4, 5, 0], [3, 0, 7, 3, 1], [-1] * 5],
        [[0.4, 0.6, 2.5, 3.5, 1], [-1] * 5, [-1] * 5],
        [[-1] * 5] * 3,
    ]
    boxes, like = torch.tensor(rows), torch.zeros(3, 3, 6, 8)
    plain = operation("mask")(boxes=boxes, like=like)
    apart = operation("mask", classes=2)(boxes=boxes, like=like)
    assert plain.shape == (3, 1, 6, 8) and apart.shape == (3, 2, 6, 8)
    for image, box in enumerate(rows):
        assert plain[image, 0].tolist() == slow_mask(box, 6, 8)
        for kind in (0, 1):
            assert apart[image, kind].tolist() == slow_mask(box, 6, 8, kind)
