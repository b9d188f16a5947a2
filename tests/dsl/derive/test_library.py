"""Every metric of the library is derived, and its explicit form means the same."""

import re
from collections.abc import Callable

import pytest

from autodesign.dsl.derive import derive, to_text
from autodesign.dsl.load import find_metric, load_metric
from autodesign.stdlib.library import standard

TEXT = standard().source("std.metrics").text
NAMES = re.findall(r"^metric (\w+)", TEXT, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_library_metric_is_derived(name: str, agree: Callable[[str], None]) -> None:
    metric, found = find_metric(f"std.metrics.{name}", standard())
    assert metric is not None, found
    derivation = derive(metric)
    derived = derivation.metric
    assert derive(derived).metric == derived
    assert {ideal.input for ideal in derived.ideals} == {
        one.name for one in metric.inputs if one.kind == "scores"
    }
    assert load_metric(to_text(metric), standard())[0] == metric
    assert load_metric(to_text(derived), standard())[0] == derived
    agree(to_text(metric))
