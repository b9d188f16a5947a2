"""The values of a step: each once, in an order, with their types."""

import pytest

from autodesign.dsl.pipeline import Combined, Fixed, Placed
from autodesign.dsl.spec import FieldType

USE = "let used = mean(M(x)) + mean(G(x)) + mean(D(x)) joint for 1 epochs"
GOALS = f"goal M minimize mean(M(x)) goal G minimize mean(G(x)) goal D minimize mean(D(x)) {USE}"


def value(job, name):
    index = dict(job.pipeline.lets)[name]
    return job.pipeline.values[index]


def test_equal_expressions_are_one_value(played):
    job = played(f"let a = G(G(x)) let b = G(G(x)) let c = mean(b) let d = mean(G(G(x))) {GOALS}")
    lets = dict(job.pipeline.lets)
    assert lets["a"] == lets["b"] and lets["c"] == lets["d"]
    assert len({repr(v.made) for v in job.pipeline.values}) == len(job.pipeline.values)


def test_a_value_comes_after_those_it_is_made_of(played):
    job = played(f"let a = mean(b) let b = G(c) let c = G(x) {GOALS}")
    lets = dict(job.pipeline.lets)
    assert lets["c"] < lets["b"] < lets["a"]


def test_numbers_are_computed_before_the_run(played):
    job = played(f"let a = 2 * w + 1 let b = a ^ 2 * mean(x) {GOALS}", call="P(digits, w=3)")
    assert value(job, "a").made == Fixed(7.0)
    made = value(job, "b").made
    assert isinstance(made, Combined) and job.pipeline.values[made.left].made == Fixed(49.0)


def test_a_choice_is_made_before_the_run(played):
    for wide, chosen in (("true", "l1(G(x), x)"), ("false", "l2(G(x), x)")):
        job = played(
            f"let a = l1(G(x), x) if wide else l2(G(x), x) {GOALS}",
            call=f"P(digits, wide={wide})",
        )
        assert value(job, "a").text == chosen
        other = {"l1(G(x), x)", "l2(G(x), x)"} - {chosen}
        assert not other & {v.text for v in job.pipeline.values}


@pytest.mark.parametrize(
    ("expr", "type"),
    [
        ("x", FieldType("image", (1, 8, 8))),
        ("label", FieldType("label", (), 10)),
        ("G(x)", FieldType("scores", (1, 8, 8))),
        ("M(x)", FieldType("scores", (10,))),
        ("2 * x", FieldType("image", (1, 8, 8))),
        ("x - G(x)", FieldType("scores", (1, 8, 8))),
        ("history(G(x), 5)", FieldType("scores", (1, 8, 8))),
        ("gradient(mean(G(x)), x)", FieldType("image", (1, 8, 8))),
        ("cross_entropy_each(M(x), label)", FieldType("real")),
        ("CrossEntropyLoss(M(x), label)", FieldType("number")),
        ("Accuracy(M(x), label)", FieldType("number")),
        ("crop(G(x), boxed, size=4)", None),
        ("M after SGD(lr=0.1) on mean(M(x))", FieldType("player")),
    ],
)
def test_types(played, codes, expr, type):
    items = f"let a = {expr} {GOALS}"
    if type is None:
        assert codes(items) == ["AD510"]
    else:
        assert value(played(items), "a").type == type


def test_names_take_their_own_fields_and_else_those_left_in_order(checked):
    for names, fields in (
        ("(x, label)", ("image", "label")),
        ("(label, x)", ("label", "image")),
        ("(a, b)", ("image", "label")),
        ("y", ("image",)),
        ("label", ("label",)),
    ):
        spec = checked(f"""
            data digits = Digits()
            pipeline P(d: data) {{
              draw x1 from d  draw {names} from d
              player M = Flatten | Linear(10)
              goal M minimize mean(M(x1))  joint for 1 epochs
            }}
            train j = P(digits) {{ using SGD(lr=0.1) batch 8 }}""")
        assert spec.jobs["j"].pipeline.draws[1].fields == fields


BOXES = """
data clean = PastedObjects(Digits(), clean=true, count=100)
data labelled = PastedObjects(Digits(), count=100, one_class=true)
pipeline P(clean: data, labelled: data) {
  draw x from clean
  draw (y, box) from labelled
  draw at from boxes_like(box, on=x)
  draw too from boxes_like(box, on=x)
  player G = ResnetGenerator(blocks=1, filters=4)
  player DET = retinanet_small(classes=1)
  let made = G(x, mask(at))
  let back = G(y, mask(box))
  let small = crop(made, too, size=16)
  goal G minimize detection(DET, made, at) + l1(small, crop(y, box, size=16)) + l1(back, y)
  goal DET minimize detection(DET, y, box)
  joint for 1 epochs
  output image = made
  output box = at
}
train j = P(clean, labelled) { using Adam(lr=1e-3) batch 2 }
"""


def test_boxes_know_the_image_they_were_drawn_with_or_placed_on(checked):
    pipeline = checked(BOXES).jobs["j"].pipeline
    masks = [v for v in pipeline.values if v.text.startswith("mask(")]
    like = [pipeline.values[dict(v.made.inputs)["like"]].text for v in masks]
    assert dict(zip([v.text for v in masks], like, strict=True)) == {
        "mask(at)": "x",
        "mask(box)": "y",
    }
    assert [v.type for v in masks] == [FieldType("image", (1, 64, 64))] * 2


def test_equal_placements_are_drawn_one_by_one(checked):
    pipeline = checked(BOXES).jobs["j"].pipeline
    placed = [v for v in pipeline.values if isinstance(v.made, Placed)]
    assert len(placed) == 2 and placed[0].made == placed[1].made


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("boxes_like(box, on=x)", "boxes_like(none, on=x)"),
        ("boxes_like(box, on=x)", "boxes_like(box, on=none)"),
        ("crop(y, box, size=16)", "crop(none, box, size=16)"),
        ("l1(back, y)", "l1(back, none)"),
    ],
)
def test_what_is_needed_is_not_none(check, written, instead):
    assert "AD516" in check(BOXES.replace(written, instead, 1))[1]


def test_what_may_be_left_out_may_be_none(checked):
    like, none = (
        checked(BOXES.replace("mask(box)", call)).jobs["j"].pipeline.values
        for call in ("mask(box)", "mask(box, like=none)")
    )
    assert [value.type for value in none] == [value.type for value in like]
