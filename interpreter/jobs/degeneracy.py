"""When a surrogate teaches nothing, or nothing of its metric: said in words, with the mend."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from autodesign.dsl import spec
from autodesign.dsl.diagnostics.diagnostic import Diagnostic

NO_GRADIENT = 1e-6
"""A norm of the gradient in the scores; that of cross-entropy is near 1 / sqrt(batch)"""

SETTLED = 0.01
"""A share of wrong bits with which a gradient may well be small"""

STUCK = 0.95
"""A share of saturated bits"""

ALIKE, SAME_PULL = 0.99, 0.97
"""Entropy of the weights and cosine with the plain pull of all bits, from which on anchors say
nothing of the metric: with 20,000 bits the gradients for AP and for AUC have cosines of .97 to 1
"""

MANY_SKIPPED = 0.25


def degenerate(job: spec.Train, record: Mapping[str, Any], steps: int) -> list[Diagnostic]:
    """Warnings about an epoch of `steps` steps, from its line in metrics.jsonl."""
    found = [
        warning
        for metric, numbers in record.get("surrogates", {}).items()
        for warning in _of_surrogate(_goal(job, "uniloss"), metric, numbers)
    ]
    for text, count in record.get("skipped_batches", {}).items():
        if count > MANY_SKIPPED * steps:
            found.append(_skipped(job, text, count, steps))
    if record.get("epoch") == 1:
        found += [
            _same(job, text) for text, sd in record.get("reward_spreads", {}).items() if not sd
        ]
    return found


def _same(job: spec.Train, text: str) -> Diagnostic:
    goal = _goal(job, "q_learning")
    return _warning(
        "AD910",
        f"all bags of the first epoch had the same reward, `{text}`",
        goal,
        "Control nodes learn which of their decisions bring more; so far none did.",
        "see with `report` what each term of it is; make bags larger where a metric is rarely "
        "anything but 0, and weigh the cost where it hardly counts",
    )


def _of_surrogate(
    goal: spec.Goal, metric: str, numbers: Mapping[str, float]
) -> Iterator[Diagnostic]:
    wrong, saturated = numbers.get("wrong", 1.0), numbers.get("saturated", 0.0)
    stuck = saturated > STUCK
    wider = 10 * cast(float, goal.method.args["temperature"])
    warmer = f"make the sigmoid wider: uniloss(temperature={wider:g})"
    mixed = f"mix it with a loss: maximize 10 * {metric} - CrossEntropyLoss(...)"
    if numbers["gradient"] < NO_GRADIENT and wrong > SETTLED:
        yield _warning(
            "AD971",
            f"the loss of `{metric}` has next to no gradient, so it trains nothing",
            goal,
            f"The norm of its gradient in the scores is {numbers['gradient']:.1e}.",
            f"{warmer}; or {mixed}" if stuck else mixed,
        )
    elif stuck and wrong > SETTLED:
        yield _warning(
            "AD973",
            f"nearly all soft bits of `{metric}` are saturated, the wrong ones too",
            goal,
            f"{saturated:.0%} of them are within 0.01 of 0 or 1, and {wrong:.0%} are wrong.",
            warmer,
        )
    if numbers.get("entropy", 0.0) > ALIKE and numbers.get("cosine_to_pull", 1.0) > SAME_PULL:
        yield _warning(
            "AD972",
            f"the anchors of `{metric}` weigh all alike, so the metric hardly enters its gradient",
            goal,
            f"The entropy of their weights is {numbers['entropy']:.4f} of the greatest there is.",
            'write uniloss(interpolation="plugin"), or make the batch smaller',
        )


def _skipped(job: spec.Train, text: str, count: int, steps: int) -> Diagnostic:
    goal = next(goal for goal in job.goals if goal.text == text)
    mend = f"write `batch {job.batch} stratified by label`, or make the batch larger"
    if job.stratified:
        mend = "make the batch larger"
    return _warning(
        "AD974",
        f"`{text}` is undefined for many batches, which train nothing",
        goal,
        f"{count} of {steps} batches were skipped.",
        mend,
    )


def _goal(job: spec.Train, method: str) -> spec.Goal:
    return next(goal for goal in job.goals if goal.method.name == method)


def _warning(code: str, message: str, goal: spec.Goal, note: str, mend: str) -> Diagnostic:
    return Diagnostic(
        code, message, goal.span, "this goal", notes=(note,), help=mend, severity="warning"
    )
