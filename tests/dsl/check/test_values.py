"""Arguments and params: what they can be, and what comes of them."""

import pytest

NET = "network Net {{ input x: vector[4]  node N(x) = Linear({}) output y = N }}"


@pytest.mark.parametrize(
    ("written", "width"),
    [
        ("8", 8),
        ("2 + 3 * 2", 8),
        ("2 ^ 3", 8),
        ("-(2 - 10)", 8),
        ("16 / 2", 8),
        ("8 if 1 < 2 else 4", 8),
        ("n", 5),
        ("n * 2 - 2", 8),
        ("8 if not wide else 4", 8),
    ],
)
def test_arguments_are_arithmetic_on_params(checked, written, width):
    spec = checked(f"param n: int = 5  param wide: bool = false {NET.format(written)}")
    assert spec.networks["Net"].node("N").shape == (width,)


@pytest.mark.parametrize("written", ["7 / 2", "2.5", "true", '"8"', "[8]", "none"])
def test_a_width_is_a_whole_number(check, written):
    assert check(NET.format(written)) == (None, ["AD224"])


def test_settings_replace_defaults(checked):
    text = "param n: int in 1..9 = 5 " + NET.format("n")
    assert checked(text, n="7").networks["Net"].node("N").shape == (7,)
    assert checked(text).params["n"].value == 5
    assert checked(text, n="7").params["n"].default == 5


@pytest.mark.parametrize(
    ("value", "code"), [("70", "AD225"), ("0.5", "AD224"), ("many", "AD224"), ("[1]", "AD224")]
)
def test_settings_are_checked_as_the_params_are(check, value, code):
    assert check("param n: int in 1..9 = 5 " + NET.format("n"), n=value) == (None, [code])


def test_a_setting_of_text_needs_no_quotes(checked):
    text = 'param root: string = "a"'
    assert checked(text, root="b/c").params["root"].value == "b/c"
    assert checked(text, root="plain").params["root"].value == "plain"


def test_a_whole_number_serves_as_a_real(checked):
    assert checked("param lam: real in 0..1 = 0", lam="1").params["lam"].value == 1.0


def test_choices(check, checked):
    text = "param size: int in {3, 7} = 3"
    assert checked(text, size="7").params["size"].choices == (3, 7)
    assert check(text, size="5")[1] == ["AD225"]


def test_a_param_may_be_worked_out_from_another(checked):
    spec = checked("param n: int = m * 2  param m: int = 4", m="5")
    assert spec.params["n"].value == 10


def test_params_that_need_each_other_are_refused(check):
    assert check("param n: int = m  param m: int = n") == (None, ["AD228"])


def test_data_made_of_itself_is_refused(check):
    assert check("data a = Subset(b, 5)  data b = Subset(a, 5)") == (None, ["AD228"])


PLAYED = """data d = Digits()
pipeline p0(l) { draw x from d  player G = Linear(l)  goal G minimize l2(G(x), x) }
"""


@pytest.mark.parametrize(
    ("first", "again", "last"),
    [
        ("block b0(l) = Linear(l)", "block b{0}(l) = b{1}([l, l])", NET.format("3) | b40(3")),
        ("param l0 = 1", "param l{0} = [l{1}, l{1}]", NET.format("l40")),
        ("data d0 = Digits()", "data d{0} = Joined(d{1}, d{1})", ""),
        (
            PLAYED,
            "pipeline p{0}(l) = p{1}([l, l])",
            "train t = p40(1) { using SGD(lr=0.1)  batch 8 }",
        ),
    ],
    ids=["block", "param", "data", "pipeline"],
)
def test_what_holds_another_twice_does_not_grow_without_end(check, first, again, last):
    """Forty times over it is more than memory holds."""
    every = [again.format(i, i - 1) for i in range(1, 41)]
    assert set(check("\n".join([first, *every, last]))[1]) == {"AD210"}


def test_whole_numbers_in_a_list_serve_as_reals(checked):
    text = """data digits = Digits()
    network Net { input x: image[1, 8, 8]  node N(x) = Flatten | Linear(10)  output y = N }
    train t = Net on digits { minimize CrossEntropyLoss(y, label)
      using Adam(lr=1, betas=[0, 0.99])  epochs 1  batch 8 }"""
    betas = checked(text).jobs["t"].optimizer.args["betas"]
    assert betas == (0.0, 0.99)
    assert [type(beta) for beta in betas] == [float, float]  # Adam refuses a whole number
