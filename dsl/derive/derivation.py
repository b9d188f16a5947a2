"""A metric's definition, turned into scores -> comparisons -> binaries -> value (thesis ch. 3).

The passes, in order: truths and places rewritten to comparisons (`discrete`), those left out that
cannot matter (`narrow`, `reflexive`), what is left checked to be continuous, comparisons gathered
into families (`families`, `mirrored`), the value written over their bits (`explicit`), ideals
inferred (`ideal`).
"""

from dataclasses import replace

from autodesign.dsl import formula as f
from autodesign.dsl.derive.argmax import Best
from autodesign.dsl.derive.continuous import check_compared, check_continuous, has_bits
from autodesign.dsl.derive.discrete import Discrete
from autodesign.dsl.derive.explicit import explicit
from autodesign.dsl.derive.families import Gathering
from autodesign.dsl.derive.ideal import infer_ideal
from autodesign.dsl.derive.mirrored import merge_mirrored
from autodesign.dsl.derive.narrow import narrowed
from autodesign.dsl.derive.notes import counted, family_notes
from autodesign.dsl.derive.reflexive import without_itself
from autodesign.dsl.derive.simplify import simplify
from autodesign.dsl.derive.taint import Taint
from autodesign.dsl.derive.variables import Fresh, bound, distinct
from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Problems, SpecError
from autodesign.dsl.record import record


@record
class Derivation:
    """What came of a derivation: the explicit form, and what was done to get it, in words.

    `explicit` is None where the metric is refused; `diagnostics` then says why.
    """

    explicit: f.Metric | None
    notes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def metric(self) -> f.Metric:
        """The explicit form. Raises SpecError where there is none."""
        if self.explicit is None:
            raise SpecError(self.diagnostics)
        return self.explicit


def derive(metric: f.Metric) -> Derivation:
    """The explicit form of a metric, or all that cannot be derived, each at its place.

    An explicit form stays as it is, so that deriving again changes nothing.
    """
    problems = Problems()
    taint = Taint.of(metric)
    if metric.families:
        _check_explicit(metric, taint, problems)
        written, notes = metric, ["written in its explicit form"]
    else:
        written, notes = _derived(metric, taint, problems)
    if problems.refused:
        return Derivation(None, (), tuple(problems.found))
    ideals, missing = _ideals(written)
    notes += [*family_notes(written), *missing]
    return Derivation(replace(written, ideals=ideals), tuple(notes), tuple(problems.found))


def _derived(metric: f.Metric, taint: Taint, problems: Problems) -> tuple[f.Metric, list[str]]:
    gathering = _gathered(metric, taint, problems, labels=True)
    if gathering is None:
        return metric, []
    if len(gathering.groups) > 1:
        whole = _gathered(metric, taint, Problems(), labels=False)
        assert whole is not None
        gathering = min(gathering, whole, key=lambda one: len(one.groups))
    names = Fresh({*_reserved(metric), *map(gathering.name, bound(gathering.value))})
    families, value = explicit(gathering, names)
    return replace(metric, families=families, value=value), counted(gathering)


def _gathered(metric: f.Metric, taint: Taint, problems: Problems, labels: bool) -> Gathering | None:
    """The comparisons of a metric, or None where it is refused (and reported).

    With `labels` the score of a label is compared with the others, which are the fewest bits, but
    bits made twice where others are needed too (kappa); without it each score is.
    """
    reserved = _reserved(metric)
    names = Fresh({*reserved, *bound(metric.value)})
    best = Best(metric, taint, names, problems, labels)
    value = Discrete(metric, taint, names, problems, best).rewritten(metric.value)
    value = simplify(narrowed(simplify(value), taint))
    value = simplify(narrowed(simplify(without_itself(value, taint)), taint))
    if not problems.refused:
        check_continuous(value, taint, problems)
        _check_dependence(metric, value, taint, problems)
    if problems.refused:
        return None
    value = distinct(value, Fresh(reserved))
    gathering = Gathering(value, taint)
    merge_mirrored(gathering)
    return gathering


def _reserved(metric: f.Metric) -> set[str]:
    return {one.name for one in metric.inputs} | {*metric.dims, *metric.parameters}


def _check_dependence(metric: f.Metric, value: f.Formula, taint: Taint, problems: Problems) -> None:
    if taint.data(value):
        problems.error(
            "AD435",
            f"the value of `{metric.name}` does not depend on scores",
            metric.span,
            "nothing in it can be improved",
            help="use the scores in its value, as in `count(s[i] > 0 for i in n)`",
        )


def _check_explicit(metric: f.Metric, taint: Taint, problems: Problems) -> None:
    for formula in (*(family.difference for family in metric.families), metric.value):
        check_continuous(formula, taint, problems)
        check_compared(formula, taint, problems)
    for family in metric.families:
        if any(map(taint.loop, family.loops)):
            problems.error(
                "AD434",
                f"which comparisons `{family.compare}` has depends on scores",
                family.span,
                "a condition or range in it takes scores",
                help="let data choose the comparisons, and put the condition in the value",
            )
        if has_bits(family.difference):
            problems.error(
                "AD433",
                f"`{family.compare}` compares what itself comes of comparisons",
                family.span,
                "this changes in steps with the scores",
                help="compare scores with scores, with data or with numbers",
            )


def _ideals(metric: f.Metric) -> tuple[tuple[f.Ideal, ...], list[str]]:
    """The stated ideals and the inferred ones, in the order of the inputs; why any is missing."""
    found: list[f.Ideal] = []
    missing: list[str] = []
    for scores in (one for one in metric.inputs if one.kind == "scores"):
        stated = next((one for one in metric.ideals if one.input == scores.name), None)
        ideal = stated or infer_ideal(replace(metric, ideals=tuple(found)), scores)
        if isinstance(ideal, str):
            missing.append(ideal)
        else:
            found.append(ideal)
    return tuple(found), missing
