"""Jobs of pipelines: arguments, reports, what they make, sweeps over them."""

import pytest

from autodesign.dsl.pipeline import PipelineJob

REST = "goal M minimize mean(M(x)) goal G minimize mean(G(x)) goal D minimize mean(D(x)) "
REST += "joint for 1 epochs"


def test_arguments_and_their_defaults(played):
    job = played(REST, call="P(few, body=Flatten | Linear(20) | ReLU | Linear(4))")
    assert job.pipeline.draws[0].data.name == "few"
    assert job.pipeline.players[0].shape == (4,)
    assert played(REST).pipeline.players[0].shape == (10,)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("P", "AD220"),
        ("P(digits, digits)", "AD224"),
        ("P(digits, v=1)", "AD222"),
        ("P(digit)", "AD201"),
        ("P(2)", "AD224"),
        ("P(Flatten | Linear(2))", "AD224"),
        ("P(digits, ReLU)", "AD224"),
        ("P(digits, wide=3)", "AD224"),
    ],
)
def test_wrong_arguments(codes, call, code):
    assert codes(REST, call=call) == [code]


def test_a_source_may_be_written_out(played):
    job = played(REST, call="P(Subset(digits, count=50))")
    assert job.pipeline.draws[0].data.call.name == "Subset"


def test_clauses(played):
    clauses = "using SGD(lr=0.1) schedule CosineAnnealingLR() batch 16 seed 3 clip 0.5"
    job = played(REST, f"{clauses} report mean(M(x)), Accuracy(M(x), label) keep mean(D(x))")
    assert (job.batch, job.seed, job.clip) == (16, 3, 0.5)
    assert job.schedule is not None and job.schedule.name == "CosineAnnealingLR"
    shown = [(report.text, report.greater) for report in job.reports]
    assert shown == [("mean(M(x))", False), ("Accuracy(M(x), label)", True)]
    assert job.keep is not None and (job.keep.text, job.keep.greater) == ("mean(D(x))", False)
    assert job.pipeline.values[job.keep.value].text == "mean(D(x))"


def test_without_keep_the_last_weights_are_kept(played):
    assert played(REST).keep is None


def test_a_report_computes_nothing_that_is_there_already(played):
    alone, reporting = played(REST), played(REST, "using SGD(lr=0.1) batch 8 report mean(M(x))")
    assert reporting.pipeline.values == alone.pipeline.values


def test_a_pipeline_of_another_file_is_played_with_the_names_of_both(check, tmp_path):
    (tmp_path / "parts.ad").write_text(
        """ad 1
param width: int = 6
block small(d) = Flatten | Linear(d)
pipeline P(a: data) {
  draw (x, label) from a
  player M = small(width) | Linear(10)
  goal M minimize CrossEntropyLoss(M(x), label)
  joint for 1 epochs
}
"""
    )
    spec, codes = check(
        """use "parts.ad" (P)
use std.metrics (Accuracy)
data digits = Digits()
train j = P(digits) { using SGD(lr=0.1) batch 8 report Accuracy(M(x), label) }
""",
        tmp_path,
    )
    assert spec is not None and codes == []
    job = spec.jobs["j"]
    assert isinstance(job, PipelineJob) and job.pipeline.players[0].body[1].shape == (6,)


MADE = """
data digits = Digits()
pipeline P(a: data) {
  draw (x, label) from a
  player G = Conv2d(1, 3, padding=1)
  goal G minimize l1(G(x), x)
  joint for 1 epochs
  output picture = G(x)
  output label = label
}
train first = P(digits) { using SGD(lr=0.1) batch 8 }
data made = Made(first, count=10)
pipeline Q(a: data) {
  draw (picture, label) from a
  player M = Flatten | Linear(10)
  goal M minimize CrossEntropyLoss(M(picture), label)
  joint for 1 epochs
}
"""


def test_what_a_job_makes_is_data_for_jobs_below_it(checked):
    spec = checked(MADE + "train second = Q(made) { using SGD(lr=0.1) batch 8 }")
    fields = spec.data["made"].fields
    assert fields is not None
    assert {name: (type.kind, type.shape, type.classes) for name, type in fields.items()} == {
        "picture": ("image", (1, 8, 8), None),
        "label": ("label", (), 10),
    }
    assert spec.jobs["second"].makers == (spec.jobs["first"],)
    assert list(spec.jobs) == ["first", "second"]


def test_a_network_trains_on_what_a_pipeline_makes(checked):
    spec = checked(
        MADE
        + """network Net {
  input picture: image
  node N(picture) = Flatten | Linear(10)
  output y = N
}
data some = Subset(made, count=5)
train second = Net on some {
  minimize CrossEntropyLoss(y, label)
  using SGD(lr=0.1) epochs 1 batch 8
}"""
    )
    assert spec.jobs["second"].makers == (spec.jobs["first"],)
    assert spec.jobs["second"].network.inputs[0].shape == (1, 8, 8)


@pytest.mark.parametrize("given", ["made", "Made(first, count=10)", "Joined(digits, made)"])
def test_a_job_does_not_train_on_what_it_makes(check, given):
    assert set(check(MADE.replace("P(digits)", f"P({given})"))[1]) == {"AD228"}


def test_a_network_does_not_start_from_players(check):
    text = """network Net {
  input p: image[1, 8, 8]
  node N(p) = Flatten | Linear(10)
  output y = N
}
data d = Digits()
train second = Net on d {
  from first minimize CrossEntropyLoss(y, label)
  using SGD(lr=0.1) epochs 1 batch 8
}"""
    assert check(MADE + text)[1] == ["AD370"]


SWEPT = """
param rate: real in 0.. = 0.1
param width: int in 1.. = 8
param unrolled: bool = true
param seed: int = 0
data digits = Digits()
pipeline P(a: data, unrolled: bool) {
  draw (x, label) from a
  player M = Flatten | Linear(width) | Linear(10)
  let loss = CrossEntropyLoss(M(x), label)
  let M' = M after SGD(lr=rate) on loss
  goal M minimize CrossEntropyLoss(M'(x), label) if unrolled else loss
  joint for 1 epochs
  output image = x
  output label = label
}
train j = P(digits, unrolled) { using SGD(lr=0.1) batch 8 seed seed report loss }
"""


def test_a_sweep_over_a_pipeline(checked):
    spec = checked(
        SWEPT + "sweep s = j over width in [4, 8], unrolled in [true, false], seed in 0..1"
    )
    sweep = spec.sweeps["s"]
    assert len(sweep.points) == 8
    widths = [point.job.pipeline.players[0].body[1].shape for point in sweep.points]
    assert widths == [(4,)] * 4 + [(8,)] * 4
    assert [axis.repeats for axis in sweep.axes] == [False, False, True]
    assert [(plot.vertical.name, plot.vertical.greater) for plot in sweep.plots] == [
        ("loss", False)
    ]


def test_a_pipeline_has_no_cost_to_plot(check):
    assert check(SWEPT + "sweep s = j over width in [4, 8] { plot loss against cost }")[1] == [
        "AD784"
    ]


def test_a_sweep_over_a_param_that_the_pipeline_does_not_depend_on(check):
    other = "param other: int = 0 data more = Subset(Digits(), count=10 + other) "
    assert "AD782" in check(SWEPT + other + "sweep s = j over other in [1, 2]")[1]


def test_a_sweep_trains_on_what_is_made_at_its_own_point(checked):
    spec = checked(
        SWEPT
        + """data made = Made(j, count=10)
        train k = P(made, unrolled=false) { using SGD(lr=0.1) batch 8 report loss }
        sweep s = k over rate in [0.1, 0.2]"""
    )
    rates = [
        value.made.optimizer.args["lr"]
        for point in spec.sweeps["s"].points
        for maker in point.job.makers
        for value in maker.pipeline.values
        if value.type.kind == "player" and "after" in value.text
    ]
    assert rates == [0.1, 0.2]
