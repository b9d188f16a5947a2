"""Searches as they are checked: goals, ways, training, bounds, baselines."""

import pytest

from autodesign.dsl.spec import CostOf, Measure

GAN = """
data digits = Digits()
growth Gan {
  generator G {
    input z: vector[6]
    node base(z) = EqualizedLinear(64) | Unflatten(1, [4, 4, 4]) | LeakyReLU(0.2)
    node rgb(base) = EqualizedConv2d(1, 1)
    output made = rgb
  }
  discriminator D {
    input x: image[1, 4, 4]
    node stem(x) = EqualizedConv2d(8, 1) | LeakyReLU(0.2)
    node score(stem) = EqualizedConv2d(6, 3) | LeakyReLU(0.2) | Flatten | EqualizedLinear(1)
    output critic = score
  }
  action grow_G(filters in {4, 8}) = EqualizedConv2d(filters, 3) before G.rgb
  action grow_D(filters in {4, 8}) = EqualizedConv2d(filters, 3) after  D.stem
  action upscale = double G, D with fade_in(0.5)
}
"""
CLASSIFIER = """
use std.metrics (Accuracy)
data digits = Digits()
growth Deep {
  network C {
    input x: image[1, 8, 8]
    node stem(x) = Conv2d(8, 3, padding=1) | ReLU
    node head(stem) = Flatten | Linear(10)
    output y = head
  }
  action wider(filters in {8, 16}) = Conv2d(filters, 3, padding=1) | ReLU after C.stem
}
"""
TRAIN = "train wgan_gp() using Adam(lr=1e-3) for 100 iterations"
BY = "minimize SlicedWasserstein(n=500) by top_k(keep=2, sample=0.5)"
END = "until resolution 8, layers 3"
PATH = "minimize SlicedWasserstein(n=500) by path(grow_G(8), upscale)"


@pytest.fixture
def search(checked):
    def make(clauses):
        return checked(f"{GAN}\nsearch found = Gan on digits {{ {clauses} }}").searches["found"]

    return make


@pytest.fixture
def of_classifiers(checked):
    def make(clauses):
        text = f"{CLASSIFIER}\nsearch found = Deep on digits {{ {clauses} }}"
        return checked(text).searches["found"]

    return make


def test_example_of_the_language_checks(checked, tmp_path, monkeypatch):
    """LANGUAGE.md section 6, with its layers written out; FID needs weights on the machine."""
    weights = tmp_path / "hub" / "checkpoints" / "pt_inception-2015-12-05-6726825d.pth"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    spec = checked("""
    data cifar = CIFAR10()
    block conv(filters, size) = EqualizedConv2d(filters, size) | LeakyReLU(0.2)
    growth DGGAN {
      generator G {
        input z: vector[128]
        node base(z) = Linear(8192) | Unflatten(1, [128, 8, 8])
        node rgb(base) = Conv2d(3, 1)
        output image' = rgb
      }
      discriminator D {
        input x: image[3, 8, 8]
        node stem(x) = conv(64, 1)
        node score(stem) = conv(64, 3) | Flatten | Linear(1)
        output critic = score
      }

      action grow_G(size in {3, 7}, filters in {32, 64, 128, 256, 512, 1024})
        = conv(filters, size) before G.rgb
      action grow_D(size in {3, 7}, filters in {32, 64, 128, 256, 512, 1024})
        = conv(filters, size) after D.stem
      action upscale = double G, D with fade_in(0.5)
    }

    search grown = DGGAN on cifar {
      minimize FID
      by    top_k(keep=20, sample=0.4)
      train wgan_gp(penalty=10) using Adam(lr=1e-3, betas=[0, 0.99]) for 100_000 iterations
      until resolution 32, layers 10
    }
    """)
    search = spec.searches["grown"]
    assert [one.text for one in search.criteria] == ["FID"]
    # 12 + 12 + 1 moves: FINDINGS; 0.4 of them on the first, then on 20 parents
    assert search.space.moves == 25
    assert search.space.most[:3] == (10, 100, 200)
    assert search.training.optimizer.args["betas"] == (0.0, 0.99)
    assert search.until.resolution == 32 and search.until.layers == 10


def test_what_is_not_said(search):
    found = search(f"{BY}  {TRAIN}  {END}")
    assert (found.batch, found.seed, found.inherit) == (16, 0, "overlap")
    assert (found.training.finish, found.baseline, found.extractors) == (0, None, ())
    assert (found.reports, found.path) == ((), ())


def test_what_is_said(search):
    found = search(
        f"{BY}  {TRAIN}  {END}  finish 300 iterations  inherit identity  batch 8  seed 3"
        "  report KernelDistance(Pixels(), n=100), cost"
    )
    assert (found.batch, found.seed, found.inherit) == (8, 3, "identity")
    assert found.training.finish == 300
    assert [one.text for one in found.reports] == ["KernelDistance(Pixels(), n=100)", "cost"]


def test_goals_are_compared_in_order(search):
    found = search(
        f"minimize SlicedWasserstein(n=500)  minimize cost(G) by top_k(2)  {TRAIN} {END}"
    )
    assert [one.text for one in found.criteria] == ["SlicedWasserstein(n=500)", "cost(G)"]
    cost = found.criteria[1].value
    # the generator at first: 6 * 64, and a 1x1 convolution of 4 channels on 16 places
    assert cost == CostOf(("G",), 6 * 64 + 4 * 16)


def test_a_path_holds_its_moves(search):
    found = search(f"{PATH}  {TRAIN}")
    assert [move.text for move in found.path] == ["grow_G(filters=8)", "upscale"]
    assert found.until.layers == 2
    assert (found.space.steps, found.space.most, found.space.trainings) == (2, (1, 1), 3)


def test_an_empty_path_trains_the_first_alone(search):
    found = search(f"minimize SlicedWasserstein(n=500) by path()  {TRAIN}")
    assert (found.path, found.space.trainings) == ((), 1)


def test_sizes_of_a_path_are_exact(search):
    space = search(f"{PATH}  {TRAIN}  batch 4").space
    # G: Linear 6 -> 64, head 4 -> 1; D: 1 -> 8, 8 -> 6 (3x3), 96 -> 1
    first = (448 + 5) + (16 + 438 + 97)
    grown = first + (9 * 4 * 8 + 8) + 4
    # a 3x3 convolution of the width that is there for each: 8 and 8 channels
    doubled = grown + 2 * (9 * 8 * 8 + 8)
    assert space.parameters == (first, doubled)
    of_g = [384 + 4 * 16, 384 + 9 * 4 * 8 * 16 + 8 * 16]
    of_g.append(384 + 9 * 4 * 8 * 16 + 9 * 8 * 8 * 64 + 8 * 64)
    of_d = [8 * 16 + 9 * 8 * 6 * 16 + 96] * 2
    of_d.append(8 * 64 + 9 * 8 * 8 * 64 + 9 * 8 * 6 * 16 + 96)
    assert space.multiplications == 100 * 4 * (sum(of_g) + sum(of_d))


def test_a_step_tries_moves_that_leave_room_to_end(search):
    """Of three layers one is a doubling: in the last step only parents that have doubled grow."""
    found = search(f"minimize SlicedWasserstein(n=500) by top_k(keep=100, sample=1) {TRAIN} {END}")
    # the first has all five moves; then one that has doubled has four; in the last step too
    assert found.space.most == (5, 25, 100)


def test_epochs_have_no_known_number_of_images(of_classifiers):
    found = of_classifiers(
        "maximize Accuracy(y, label) by top_k(keep=2, sample=1)"
        "  train CrossEntropyLoss(y, label) using Adam(lr=1e-3) for 2 epochs  until layers 2"
    )
    assert found.space.multiplications == 0 and found.training.unit == "epochs"


def test_classifiers_are_compared_by_metrics_and_cost(of_classifiers):
    found = of_classifiers(
        "maximize Accuracy(y, label)  minimize cost by top_k(keep=2, sample=1)"
        "  train CrossEntropyLoss(y, label) using Adam(lr=1e-3) for 2 epochs  until layers 2"
    )
    accuracy, cost = found.criteria
    assert isinstance(accuracy.value, Measure) and accuracy.direction == "maximize"
    assert cost.value.nodes == ("C",)
    assert isinstance(found.training.recipe, Measure)


def test_a_search_may_train_nothing(of_classifiers):
    found = of_classifiers("minimize NtkCondition() by top_k(keep=2, sample=1)  until layers 2")
    assert found.training is None and found.criteria[0].value.kind == "criterion"


def test_features_of_a_job_make_it_an_extractor(checked):
    spec = checked(f"""{GAN}
    network Net {{ input x: image[1, 8, 8]  node N(x) = Flatten | Linear(10)  output y = N }}
    train seen = Net on digits {{
      minimize CrossEntropyLoss(y, label) using Adam(lr=1e-3) epochs 1 batch 64
    }}
    search found = Gan on digits {{
      minimize FrechetDistance(Features(seen), n=500) by top_k(2)  {TRAIN}  {END}
    }}
    search again = Gan on digits {{
      minimize SlicedWasserstein(n=500) by top_k(2)  {TRAIN}  {END}
      report KernelDistance(Features(seen), n=500)
    }}""")
    for name in ("found", "again"):
        assert [job.name for job in spec.searches[name].extractors] == ["seen"]


def test_baseline_is_the_search_it_names(checked):
    spec = checked(f"""{GAN}
    search base = Gan on digits {{ minimize SlicedWasserstein(n=500) by path(upscale)  {TRAIN} }}
    search found = Gan on digits {{ {BY}  {TRAIN}  {END}  against base }}
    """)
    assert spec.searches["found"].baseline is spec.searches["base"]
    assert list(spec.searches) == ["base", "found"]


def test_baseline_may_only_report_what_is_compared(check):
    base = f"minimize cost by path(upscale)  {TRAIN}  report SlicedWasserstein(n=500)"
    _, codes = check(f"""{GAN}
    search base = Gan on digits {{ {base} }}
    search found = Gan on digits {{ {BY}  {TRAIN}  {END}  against base }}""")
    assert codes == []


def test_params_in_growths_and_searches(checked):
    text = CLASSIFIER.replace("{8, 16}", "{8, widest}").replace(
        "growth", "param widest = 16 growth", 1
    )
    clauses = "minimize cost by top_k(keep=kept, sample=1)  until layers kept"
    text += f"param kept: int = 2 search found = Deep on digits {{ {clauses} }}"
    assert checked(text).searches["found"].space.most == (2, 4)
    spec = checked(text, widest="32", kept="3")
    assert spec.searches["found"].method.args["keep"] == 3
    assert [dict(move.args)["filters"] for move in spec.growths["Deep"].moves] == [8, 32]


@pytest.mark.parametrize(
    "clauses, codes",
    [
        (f"{BY}  {TRAIN}  {END}  seed 1  seed 2", ["AD709"]),
        (f"{BY}  {TRAIN}  {TRAIN}  {END}", ["AD709"]),
        (f"{BY}  {TRAIN}  {END}  inherit all", ["AD711"]),
        (f"{BY}  {TRAIN}  {END}  batch 0", ["AD711"]),
        (f"{BY.replace('keep=2', 'keep=0')}  {TRAIN}  {END}", ["AD225"]),
        (f"{BY.replace('0.5', '1.5')}  {TRAIN}  {END}", ["AD225"]),
        (f"{BY.replace('top_k', 'Adam')}  {TRAIN}  {END}", ["AD203"]),
        (f"{BY.replace('top_k', 'topk')}  {TRAIN}  {END}", ["AD201"]),
        (f"{BY}  {TRAIN.replace('Adam', 'Adm')}  {END}", ["AD201"]),
        (f"{BY}  {TRAIN.replace('wgan_gp', 'top_k')}  {END}", ["AD619"]),
        (f"{BY}  {TRAIN.replace('100', '0')}  {END}", ["AD711"]),
        (f"minimize cost by top_k(1) {BY}  {TRAIN}  {END}", ["AD709"]),
        (f"minimize SlicedWasserstein(n=500) {BY}  {TRAIN}  {END}", ["AD709"]),
        (f"{BY}  {TRAIN}  {END}  against Gan", ["AD203"]),
        (f"{BY}  {TRAIN}  {END}  against nobody", ["AD201"]),
        ("minimize SlicedWasserstein(n=500) by path(moves=3)", ["AD626"]),
    ],
)
def test_slips_are_told_by_the_codes_of_all_jobs(check, clauses, codes):
    found = check(f"{GAN}\nsearch found = Gan on digits {{ {clauses} }}")
    assert found[0] is None and found[1] == codes


def test_all_slips_are_told_at_once(check):
    found = check(f"""{GAN}
    search one = Gan on nothing {{ {BY}  epochs 3 }}
    search two = Gap on digits {{ {BY} }}""")
    assert sorted(found[1]) == ["AD201", "AD201", "AD614"]
    found = check(f"""{GAN}
    search one = Gan on digits {{
      minimize cost(C) by top_k(keep=0)  train wgan_gp() for 10 epochs  report cost(E)  inherit all
    }}""")
    assert sorted(found[1]) == ["AD225", "AD617", "AD621", "AD621", "AD711"]


def test_names_are_declared_once(check):
    twice = GAN.replace("action upscale", "action grow_G")
    assert check(twice)[1] == ["AD202"]
    assert check(GAN.replace("discriminator D", "discriminator G"))[1][0] == "AD202"
    assert check(GAN.replace("filters in {4, 8}", "filters in {4}, filters in {8}"))[1] == [
        "AD202",
        "AD202",
    ]


def test_what_is_likely_lies_between_all_least_and_all_greatest(search):
    found = search(f"minimize SlicedWasserstein(n=500) by top_k(keep=9, sample=1)  {TRAIN}  {END}")
    first = search(f"minimize SlicedWasserstein(n=500) by path()  {TRAIN}").space
    space = found.space
    assert first.multiplications * space.trainings < space.likely < space.multiplications


def test_a_growth_that_only_doubles_ends_before_its_layers(checked):
    doubling = "\n".join(line for line in GAN.splitlines() if "action grow_" not in line)
    spec = checked(f"""{doubling}
    search found = Gan on digits {{
      minimize SlicedWasserstein(n=500) by top_k(keep=2, sample=1)  {TRAIN}  until layers 5
    }}""")
    # the digits are 8 high: one doubling, and nothing is left to do
    assert spec.searches["found"].space.most == (1, 0, 0, 0, 0)
