"""A pipeline with words exchanged is checked, or refused with a reason: never anything else."""

import random
import re

import pytest

from autodesign.dsl.load import load_text
from autodesign.stdlib.library import standard

WORD = re.compile(r"[A-Za-z_]\w*'*|\s+|[\d.e-]+|.")
ODD = ("2", "-1", "0", "none", "true", "[1]", "1e9", "history(x, 3)", "GX(x)", "DET'", "label")
TEXT = """ad 1
data clean = PastedObjects(Digits(), clean=true, count=100)
data labelled = PastedObjects(Digits(), count=100, one_class=true)
param unrolled: bool = true
pipeline DetectorGAN(clean: data, labelled: data, w: real = 10) {
  draw x from clean
  draw (y, box) from labelled
  draw at from boxes_like(box, on=x)
  player GX = ResnetGenerator(blocks=1, filters=4)
  player GY = ResnetGenerator(blocks=1, filters=4)
  player DX = PatchGAN(16, filters=4)
  player DET = retinanet_small(classes=1) using SGD(lr=0.01)
  let y' = GX(x, mask(at))
  let x' = GY(y, mask(box))
  let real = detection(DET, y, box)
  let syn = detection(DET, y', at)
  let DET' = DET after SGD(lr=1e-4) for 2 on real + syn
  goal GX, GY minimize
    adversarial(DX, y') + w * (l1(GY(y', mask(at)), x) + l1(crop(y', at), crop(y, box)))
    + (detection(DET', y, box) - syn if unrolled else syn)
  goal DX minimize discriminate(DX, y, history(y', 50)) every 2 steps
  goal DET minimize real + syn
  pretrain GX, GY, DX for 10 epochs
  joint for 20 steps
  output image = y'
  output box = at
}
train gan = DetectorGAN(clean, labelled, w=5) {
  using Adam(lr=2e-4)  batch 2  seed 1  report syn, l1(GY(y', mask(at)), x)  keep real
}
pipeline Short(clean: data, w: real = 2) = DetectorGAN(clean, labelled, w=2 * w)
pipeline Shorter(v) = Short(w=v, clean=clean)
train short = Shorter(3) { using Adam(lr=2e-4)  batch 2  from gan }
data made = Made(gan, count=50)
train more = DetectorGAN(clean, Joined(labelled, made)) { using Adam(lr=2e-4)  batch 2 }
pipeline Reweight(noisy: data) {
  draw (x, label) from noisy
  player M = Flatten | Linear(10)
  let e = zeros_like(label)
  let M' = M after SGD(lr=0.1) on sum(e * cross_entropy_each(M(x), label))
  let w = normalise(positive(-gradient(CrossEntropyLoss(M'(x), label), e)))
  goal M minimize sum(w * cross_entropy_each(M(x), label))
  joint for 1 epochs
}
data digits = Digits()
train weights = Reweight(digits) { using SGD(lr=0.1)  batch 8 }
"""
WORDS = WORD.findall(TEXT.replace("\n", " \n"))
NAMES = [i for i, word in enumerate(WORDS) if re.match(r"[A-Za-z_]", word)]
SIGNS = [i for i, word in enumerate(WORDS) if word in "+-*/"]


def changed(seed: int) -> str:
    draw, words = random.Random(seed), list(WORDS)
    for _ in range(draw.randint(1, 3)):
        place, other = draw.choice(NAMES), draw.choice(NAMES)
        match draw.randrange(4):
            case 0 | 1:
                words[place] = WORDS[other]
            case 2:
                words[place] = draw.choice(ODD)
            case 3:
                words[draw.choice(SIGNS)] = draw.choice("+-*/^")
    return "".join(words)


def test_the_text_itself_is_checked():
    spec, found = load_text(TEXT, "x.ad", standard())
    assert spec is not None and [one.code for one in found] == []


@pytest.mark.parametrize("start", range(0, 160, 20))
def test_a_changed_text_is_checked_or_refused_with_reasons(start):
    for seed in range(start, start + 20):
        spec, found = load_text(changed(seed), "x.ad", standard())
        refused = any(one.severity == "error" for one in found)
        assert (spec is None) == refused, seed
        assert all(one.message and (one.help or one.label) for one in found), seed
