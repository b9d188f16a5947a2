"""What a value depends on, against the derivatives that autograd finds in random pipelines."""

import random

import pytest
import torch

from autodesign.dsl.pipeline import (
    After,
    Applied,
    Combined,
    Drawn,
    Fixed,
    GradientOf,
    History,
    Operation,
    Playing,
    inputs,
)

PLAYERS = "ABC"
HEAD = """
data digits = Digits()
pipeline P(given: data) {
  draw x from given
  player flat = Flatten
  player A = Linear(64)
  player B = Linear(64)
  player C = Linear(64)
  let t0 = flat(x)
  let n0 = mean(C(B(A(t0))))
"""
TAIL = """
  goal A, B, C minimize n0
  joint for 1 epochs
}
train j = P(digits) { using SGD(lr=0.1) batch 2 }
"""


@pytest.fixture(autouse=True)
def _one_thread():
    """Products of small matrices take longer on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def written(seed: int) -> str:
    """Lets made at random of those before them: tensors t, numbers n, players p."""
    draw = random.Random(seed)
    tensors, numbers, players = ["t0"], ["n0"], [*PLAYERS]
    lines = []
    for i in range(1, 9):
        t, u = draw.choice(tensors[-3:]), draw.choice(tensors)
        n, m, p = draw.choice(numbers), draw.choice(numbers[-3:]), draw.choice(players)
        kind, expr = draw.choice(
            [
                ("t", f"{p}({t})"),
                ("t", f"{p}({t}) * {u}"),
                ("t", f"{t} - {n} * {u}"),
                ("t", f"history({t}, 3)"),
                ("t", f"gradient(mean({p}({t})) + {m}, {t})"),
                ("n", f"mean({t} * {u})"),
                ("n", f"l2({t}, {u}) + {n}"),
                ("n", f"{n} * {m} - 2 * {n}"),
                ("p", f"{p} after SGD(lr=0.1) on {m} + mean({p}({t}) * {u})"),
                ("p", f"{p} after SGD(lr={n}) on l2({p}({t}), {u})"),
            ]
        )
        if kind == "p" and len(players) > len(PLAYERS):
            kind, expr = "n", f"mean({t})"  # derivatives of derivatives of derivatives take minutes
        lines.append(f"let {kind}{i} = {expr}")
        {"t": tensors, "n": numbers, "p": players}[kind].append(f"{kind}{i}")
    return "\n".join(lines)


class Reckoned:
    """The values of a step in float64, each with the players that were asked for on the way."""

    def __init__(self, pipeline):
        self.pipeline, self.values, self.asked = pipeline, {}, {}
        torch.manual_seed(0)
        self.weights = [
            torch.randn(64, 64, dtype=torch.float64).div(8).requires_grad_() for _ in "fABC"
        ]
        for index, value in enumerate(pipeline.values):
            made = value.made
            self.asked[index] = {made.player} if isinstance(made, Playing) else set()
            for part in inputs(made):
                self.asked[index] |= self.asked[part]
            self.values[index] = self.value(made)

    def value(self, made):
        at = self.values
        match made:
            case Drawn():
                return torch.rand(2, 1, 8, 8, dtype=torch.float64).requires_grad_()
            case Fixed(value=number):
                return torch.tensor(number, dtype=torch.float64)
            case Playing(player=player):
                return self.weights[player]
            case Applied(player=player, inputs=(source,)):
                if self.pipeline.values[player].text == "flat":
                    return at[source].flatten(1)
                return torch.tanh(at[source] @ at[player])
            case After(player=player, loss=loss, rate=rate):
                (gradient,) = torch.autograd.grad(at[loss], at[player], create_graph=True)
                return at[player] - (0.1 if rate is None else at[rate]) * gradient
            case History(value=index):
                return at[index].detach().requires_grad_()
            case GradientOf(of=of, by=by):
                (gradient,) = torch.autograd.grad(at[of], at[by], retain_graph=True)
                return gradient.detach().requires_grad_()
            case Operation(call=call, inputs=given):
                first, *rest = (at[index] for _, index in given)
                return first.mean() if call.name == "mean" else ((first - rest[0]) ** 2).mean()
            case Combined(op=op, left=left, right=right):
                a, b = at[left], at[right]
                return a + b if op == "+" else a - b if op == "-" else a * b
        raise AssertionError(made)


def moved(value, weights) -> set[int]:
    """The players by whose weights a value has a derivative other than zero."""
    if not value.requires_grad:
        return set()
    found = torch.autograd.grad(value.sum(), weights, retain_graph=True, allow_unused=True)
    return {p for p, by in enumerate(found) if by is not None and bool(by.abs().max() > 0)}


@pytest.mark.parametrize("seed", range(24))
def test_every_player_with_a_derivative_is_known(check, seed):
    spec, codes = check(HEAD + written(seed) + TAIL)
    if spec is None:  # a derivative that would be nothing
        assert set(codes) <= {"AD515", "AD521"}
        return
    pipeline = spec.jobs["j"].pipeline
    reckoned = Reckoned(pipeline)
    for index, value in enumerate(pipeline.values):
        assert value.involves == reckoned.asked[index], value.text
        assert value.players <= value.involves
    for _, index in pipeline.lets:
        value = pipeline.values[index]
        assert moved(reckoned.values[index], reckoned.weights) <= value.players, value.text


def test_most_of_them_are_read(check):
    """Else the test above would say little."""
    found = [check(HEAD + written(seed) + TAIL)[0] for seed in range(24)]
    assert sum(spec is not None for spec in found) > 18


DETECTOR_GAN = """
data clean = PastedObjects(Digits(), clean=true, count=100)
data labelled = PastedObjects(Digits(), count=100, one_class=true)
pipeline P(clean: data, labelled: data) {
  draw x from clean
  draw (y, box) from labelled
  draw at from boxes_like(box, on=x)
  player GX = ResnetGenerator(blocks=1, filters=4)
  player GY = ResnetGenerator(blocks=1, filters=4)
  player DX = PatchGAN(16, filters=4)
  player DET = retinanet_small(classes=1)
  let y' = GX(x, mask(at))
  let real = detection(DET, y, box)
  let syn = detection(DET, y', at)
  let DET' = DET after SGD(lr=1e-4) on real + syn
  let after = detection(DET', y, box)
  let only = DET after SGD(lr=1e-4) on real + l1(y', x)
  let back = l1(GY(y', mask(at)), x)
  let told = discriminate(DX, y, history(y', 50))
  goal GX, GY minimize adversarial(DX, y') + back + after - syn
  goal DX minimize told
  goal DET minimize real + syn
  joint for 1 epochs
}
train j = P(clean, labelled) { using Adam(lr=1e-3) batch 2 }
"""


def test_the_unrolled_detector_depends_on_the_generator_through_its_images(checked):
    """Thesis 4.3.2: the generator's gradient of the real loss comes through the detector's step on
    the synthetic images. Of a loss whose part with the generator does not move the detector, it
    does not."""
    pipeline = checked(DETECTOR_GAN).jobs["j"].pipeline
    names = [player.name for player in pipeline.players]
    lets = {name: pipeline.values[index] for name, index in pipeline.lets}

    def depends(name):
        return {names[player] for player in lets[name].players}

    def involves(name):
        return {names[player] for player in lets[name].involves}

    assert depends("after") == {"DET", "GX"}
    assert depends("syn") == {"DET", "GX"} and depends("real") == {"DET"}
    assert depends("only") == {"DET"} and involves("only") == {"DET", "GX"}
    assert depends("back") == {"GX", "GY"}
    assert depends("told") == {"DX"} and involves("told") == {"DX", "GX"}
