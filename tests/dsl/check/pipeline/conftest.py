"""`played(items)` gives the job of a pipeline over digits with these items; `codes(items)` what is
found in it."""

import pytest

from autodesign.dsl.pipeline import PipelineJob

HEAD = """
use std.metrics (Accuracy)
data digits = Digits()
data few = Subset(Digits(), count=100)
"""
JOB = "using SGD(lr=0.1) batch 8"


def text(items: str, job: str = JOB, call: str = "P(digits)") -> str:
    return f"""{HEAD}
pipeline P(given: data, w: real = 2, wide: bool = false, body = Flatten | Linear(10)) {{
  draw (x, label) from given
  player M = body
  player G = Conv2d(1, 3, padding=1)
  player D = Flatten | Linear(1)
  {items}
}}
train j = {call} {{ {job} }}"""


@pytest.fixture
def played(checked):
    def run(items: str, job: str = JOB, call: str = "P(digits)") -> PipelineJob:
        return checked(text(items, job, call)).jobs["j"]

    return run


@pytest.fixture
def codes(check):
    def run(items: str, job: str = JOB, call: str = "P(digits)") -> list[str]:
        found = check(text(items, job, call))[1]
        return [code for code in found if code != "AD209"]  # names of the head that are not used

    return run
