"""What cannot be derived is refused with its code, at its place, all of it at once."""

import pytest

from autodesign.dsl.derive import Derivation, derive
from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.dsl.load import load_metric
from autodesign.stdlib.library import standard

REFUSED = [
    ("AD430", "mean(s[i] * t[i] > y[i] for i in n)", "s[i] * t[i]"),
    ("AD430", "mean(exp(s[i]) > 2 for i in n)", "exp(s[i])"),
    ("AD430", "mean(y[i] / s[i] > 2 for i in n)", "y[i] / s[i]"),
    (
        "AD430",
        "mean(y[0] * median(s[j] for j in n) > 1 for i in n)",
        "y[0] * median(s[j] for j in n)",
    ),
    ("AD430", "mean(y[0] * max(s[j] for j in n) > 1 for i in n)", "y[0] * max(s[j] for j in n)"),
    ("AD431", "mean(s[i] == t[i] for i in n)", "s[i] == t[i]"),
    ("AD431", "mean(s[i] != 0 for i in n)", "s[i] != 0"),
    ("AD432", "max(s[i] for i in n)", "max(s[i] for i in n)"),
    ("AD432", "sort(s)[2] + count(s[i] > 0 for i in n)", "sort(s)[2]"),
    ("AD432", "mean(t[argsort(s)[0]] - sort(t)[1] for i in n)", "sort(t)[1]"),
    ("AD432", "median(s) + count(s[i] > 0 for i in n)", "median(s)"),
    ("AD432", "mean(min(s[i], t[i]) for i in n)", "min(s[i], t[i])"),
    ("AD433", "mean(s[i] > rank(s, i) for i in n)", "rank(s, i)"),
    ("AD434", "sum(1 for t in 1..rank(s, 0))", "sum(1 for t in 1..rank(s, 0))"),
    ("AD434", "argmax(s[i] for i in n if t[i] > 0)", "argmax(s[i] for i in n if t[i] > 0)"),
    ("AD435", "mean(y[i] for i in n)", "M"),
    ("AD435", "mean(y[i] if true or s[i] > 0 else 1 for i in n)", "M"),
]


def derivation_of(value: str) -> Derivation:
    text = f"metric M(s: scores[n], t: scores[n], y: real[n]) = {value}"
    metric, found = load_metric(text, standard())
    assert metric is not None, found
    return derive(metric)


@pytest.mark.parametrize(("code", "value", "place"), REFUSED)
def test_refused_at_its_place(code: str, value: str, place: str) -> None:
    derivation = derivation_of(value)
    [found] = derivation.diagnostics
    assert found.span is not None
    assert (found.code, found.span.text) == (code, place)
    assert found.help
    with pytest.raises(SpecError):
        _ = derivation.metric


def test_all_refusals_come_at_once() -> None:
    value = "mean(s[i] == 0 for i in n) + mean(exp(s[i]) > 1 for i in n)"
    assert [one.code for one in derivation_of(value).diagnostics] == ["AD431", "AD430"]


def test_explicit_form_that_compares_scores_in_its_value() -> None:
    metric, _ = load_metric(
        """metric M(s: scores[n]) {
          compare c[i] = s[i] for i in n
          binary  b[i] = c[i] > 0
          value   count(b[i] and s[i] < 1 for i)
        }""",
        standard(),
    )
    assert metric is not None
    [found] = derive(metric).diagnostics
    assert found.code == "AD436" and found.span is not None and found.span.text == "s[i] < 1"
