"""Goals in their terms, and which of them a phase pursues."""

import pytest

from autodesign.dsl.pipeline import Combined, Fixed, inputs

OTHERS = "goal G minimize mean(G(x)) goal D minimize mean(D(x)) joint for 1 epochs"
REST = f"let f = mean(M(x)) let g = l2(M(x), M(2 * x)) let h = mean(D(M'(x))) {OTHERS}"


def terms(job, player=0):
    goal = next(goal for goal in job.pipeline.goals if player in goal.players)
    return [term.text for term in goal.terms]


LETS = """let f = mean(M(x))  let g = l2(M(x), x2)  let x2 = M(2 * x)
  let sum2 = f + g  let less = f - 3 * g  let scaled = 10 * sum2  let times = f * g
"""


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        ("minimize f", ["f"]),
        ("minimize f + g", ["f", "g"]),
        ("minimize f - g", ["f", "-g"]),
        ("minimize 10 * (f + g)", ["10 * f", "10 * g"]),
        ("minimize (f - 2 * g) * 10", ["10 * f", "-20 * g"]),
        ("minimize (f + g) / 4", ["0.25 * f", "0.25 * g"]),
        ("minimize -(f - g)", ["-f", "g"]),
        ("minimize w * (f + g)", ["2 * f", "2 * g"]),
        ("minimize sum2 + less", ["f", "g", "f", "-3 * g"]),
        ("minimize scaled", ["10 * f", "10 * g"]),
        ("minimize times + f", ["times", "f"]),
        ("minimize f * (f + g)", ["f * (f + g)"]),
        ("minimize (f + g) ^ 2", ["(f + g) ^ 2"]),
        ("maximize f - 2 * g", ["-f", "2 * g"]),
        ("minimize f + 0 * g", ["f"]),
        ("minimize (w - 2) * (f + g) + g", ["g"]),
        ("minimize 0 * f", ["0 * f"]),
        ("minimize mean(M(x)) + mean(M(x + 1))", ["f", "mean(M(x + 1))"]),
    ],
)
def test_a_goal_is_taken_apart_into_its_terms(played, goal, expected):
    assert terms(played(f"{LETS} goal M {goal} {OTHERS}")) == expected


def worth(job, index, worths):
    """The number that a value is, where the leaves are worth what `worths` says."""
    value = job.pipeline.values[index]
    if value.text in worths:
        return worths[value.text]
    if isinstance(value.made, Fixed):
        return value.made.value
    assert isinstance(value.made, Combined)
    left, *right = (worth(job, i, worths) for i in inputs(value.made))
    match value.made.op:
        case "minus":
            return -left
        case "+":
            return left + right[0]
        case "-":
            return left - right[0]
        case "*":
            return left * right[0]
        case "/":
            return left / right[0]
    return left ** right[0]


@pytest.mark.parametrize(
    "goal",
    ["f + g", "10 * (f + g) - w * (f - 4 * g) / 8", "-(2 * (f - (g - f)) / 16)", "sum2 + f * less"],
)
@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_terms_of_a_goal_sum_up_to_it(played, goal, direction):
    job = played(f"{LETS} let all = {goal}  goal M {direction} {goal} {OTHERS}")
    worths = {"mean(M(x))": 3.0, "l2(M(x), x2)": 0.5}
    whole = worth(job, dict(job.pipeline.lets)["all"], worths)
    (goals,) = [g for g in job.pipeline.goals if 0 in g.players]
    parts = sum(worth(job, term.value, worths) for term in goals.terms)
    # all numbers are sums of few powers of two, so there is no rounding
    assert parts == (whole if direction == "minimize" else -whole)


def test_every_so_many_steps(played):
    job = played(f"goal M minimize mean(M(x)) every 5 steps {OTHERS}")
    assert {goal.players: goal.every for goal in job.pipeline.goals} == {(0,): 5, (1,): 1, (2,): 1}


def test_a_term_without_effect_is_left_out_with_a_warning(played, codes):
    items = f"goal M minimize mean(M(x)) + 3 * mean(D(x)) + 1 {OTHERS}"
    assert codes(items) == ["AD504"]
    assert terms(played(items)) == ["mean(M(x))"]


@pytest.mark.parametrize(
    "goal",
    [
        "mean(D(x))",
        "mean(D(history(G(x), 5)))",
        "sum(gradient(mean(G(x)), x) * x)",
        "mean(D(x)) * w",
    ],
)
def test_a_goal_without_gradient_is_refused(codes, goal):
    found = codes(f"goal M minimize mean(M(x)) goal D minimize mean(D(x)) goal G minimize {goal}"
                  " joint for 1 epochs")  # fmt: skip
    assert found == ["AD503"]


def test_of_two_players_each_needs_a_term(codes):
    items = "goal M minimize mean(M(x)) goal G, D minimize mean(G(x)) joint for 1 epochs"
    assert codes(items) == ["AD503"]


GAN = """goal M minimize mean(M(x))
  goal G minimize 10 * l1(G(x), x) + mean(D(G(x)))
  goal D minimize mean(D(history(G(x), 50))) - mean(D(x))
"""


def pursued(job, number):
    """What LANGUAGE says of a phase: the goals of its players, of these the terms that involve
    no other player."""
    pipeline = job.pipeline
    phase = pipeline.phases[number]
    return [
        term.text
        for goal in pipeline.goals
        if phase.players & set(goal.players)
        for term in goal.terms
        if pipeline.values[term.value].involves <= phase.players
    ]


def test_a_phase_pursues_the_terms_that_involve_only_its_players(played):
    job = played(GAN + "pretrain G for 3 epochs pretrain G, D for 10 steps joint for 2 iterations")
    assert pursued(job, 0) == ["10 * l1(G(x), x)"]
    assert pursued(job, 1) == [
        "10 * l1(G(x), x)",
        "mean(D(G(x)))",
        "mean(D(history(G(x), 50)))",
        "-mean(D(x))",
    ]
    assert len(pursued(job, 2)) == 5
    units = [(phase.length, phase.unit, phase.joint) for phase in job.pipeline.phases]
    assert units == [(3, "epochs", False), (10, "steps", False), (2, "steps", True)]


def test_a_phase_without_terms_is_refused_one_without_effect_warned_of(codes):
    assert codes(GAN.replace(" - mean(D(x))", "") + "pretrain D for 1 epochs") == ["AD508"]
    assert codes(GAN.replace("10 * l1(G(x), x) +", "") + "pretrain M, G for 1 epochs") == ["AD509"]


def test_a_phase_of_no_length_is_left_out(played, codes):
    goals = f"goal M minimize mean(M(x)) {OTHERS}"
    phases = played(f"pretrain M for 0 steps {goals}").pipeline.phases
    assert [(phase.length, phase.joint) for phase in phases] == [(1, True)]
    alone = goals.replace("joint for 1 epochs", "joint for 0 epochs")
    assert codes(f"pretrain M for 0 steps {alone}") == ["AD508"]
