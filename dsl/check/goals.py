"""Goals: what is optimised, and the way to it (`by`), picked where it is not written."""

from autodesign.dsl import spec
from autodesign.dsl.check.arguments import match
from autodesign.dsl.check.misfit import place, refused
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.terms import (
    Subject,
    check_term,
    measures,
    mentions_cost,
    mentions_output,
)
from autodesign.dsl.check.values import Env, Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.library import Misfit
from autodesign.dsl.resolve.scope import unknown, wrong_kind
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr


def check_goals(
    program: Program, env: Env, subject: Subject, declaration: ast.TrainDeclaration
) -> tuple[spec.Goal, ...] | None:
    """The goals of a job, or None where one is refused (and reported)."""
    written = [item for item in declaration.items if isinstance(item, ast.GoalClause)]
    if not written:
        program.problems.error(
            "AD700",
            f"the job `{declaration.name.id}` has no goal",
            declaration.name.span,
            "missing in this job",
            help="write for example `minimize CrossEntropyLoss(y, label)`",
        )
        return None
    goals: list[spec.Goal] = []
    for clause in written:
        try:
            goals.append(_goal(program, env, subject, clause))
        except Refused:
            continue
    if len(goals) < len(written):
        return None
    _one_of_each(program, goals)
    return tuple(goals)


def _goal(program: Program, env: Env, subject: Subject, clause: ast.GoalClause) -> spec.Goal:
    term = check_term(program, env, subject, clause.value)
    if isinstance(term, spec.Paths):
        raise _refuse(program, "AD708", "`paths` is a table, not a goal", clause.value, "")
    if not mentions_output(term) and not mentions_cost(term):
        raise _refuse(
            program,
            "AD717",
            "this goal does not depend on the network",
            clause.value,
            "name an output or `cost` in it",
        )
    method = _pick(program, env, subject, term, clause)
    _fits(program, subject, term, method, clause)
    text = print_expr(clause.value)
    return spec.Goal(
        "maximize" if clause.direction == "maximize" else "minimize",
        term,
        method,
        text,
        clause.span,
    )


def _refuse(program: Program, code: str, message: str, at: ast.Expr, help: str) -> Refused:
    program.problems.error(code, message, at.span, "this goal", help=help)
    return Refused()


def is_differentiable(term: spec.Term) -> bool:
    """Whether gradients reach the network through a term: losses and outputs, no metrics."""
    return not mentions_cost(term) and all(m.call.kind == "loss" for m in measures(term))


def _pick(
    program: Program, env: Env, subject: Subject, term: spec.Term, clause: ast.GoalClause
) -> spec.Call:
    if clause.method is not None:
        return _method(program, env, clause.method)
    if is_differentiable(term):
        name = "gradient"
    elif any(node.kind == "control" for node in subject.network.nodes):
        name = "q_learning"
    else:
        name = "uniloss"
    return _method(program, env, ast.Name(clause.value.span, name))


def _method(program: Program, env: Env, expr: ast.Expr) -> spec.Call:
    name = expr.function if isinstance(expr, ast.Call) else expr
    if isinstance(name, ast.Name):
        entry = env.scope.find(name.id)
        if entry is None:
            unknown(program.problems, name, env.scope, ("method",), "a way of training")
            raise Refused()
        if entry.kind != "method":
            wrong_kind(program.problems, name, entry, "a way of training")
            raise Refused()
    value = evaluate(program, env, expr)
    assert isinstance(value, spec.Call)
    agree(program, env, value, expr)
    return value


def agree(program: Program, env: Env, method: spec.Call, call: ast.Expr) -> None:
    """Refuses arguments of a way of training or searching that do not go together."""
    if not isinstance(call, ast.Call) or not isinstance(call.function, ast.Name):
        return
    entry = env.scope.find(call.function.id)
    assert entry is not None and isinstance(entry.declaration, ast.ExternDeclaration)
    written = match(program, entry, entry.declaration.params, call, {})
    try:
        program.library.method(method.module, method.name, method.args, tuple(written))
    except Misfit as misfit:
        at = place(misfit, written, call.span)
        raise refused(program, misfit, method.name, at, "written here", "AD225") from None


def _fits(
    program: Program,
    subject: Subject,
    term: spec.Term,
    method: spec.Call,
    clause: ast.GoalClause,
) -> None:
    controls = [node for node in subject.network.nodes if node.kind == "control"]
    if method.name == "gradient" and not is_differentiable(term):
        program.problems.error(
            "AD715",
            f"`{print_expr(clause.value)}` has no gradient",
            clause.value.span,
            "a metric or cost changes in steps",
            help="train it by `uniloss` or `q_learning`, or minimize a loss",
        )
        raise Refused()
    if method.name == "uniloss":
        _derivable(program, term, clause)
    if method.name == "q_learning" and not controls:
        program.problems.error(
            "AD716",
            f"`{subject.network.name}` has no control nodes for `q_learning` to train",
            method.span,
            "it decides nothing",
            related=[Label(subject.network.span, "declared here")],
            help="minimize a loss by `gradient`, or give the network a control node",
        )
        raise Refused()


def _derivable(program: Program, term: spec.Term, clause: ast.GoalClause) -> None:
    """Refuses what no loss can be derived from: cost, and metrics without a definition."""
    from autodesign.dsl.derive import derive

    if mentions_cost(term):
        raise _refuse(
            program,
            "AD714",
            "cost depends on decisions, and `uniloss` trains through scores",
            clause.value,
            "train it by `q_learning`",
        )
    for measure in measures(term):
        if measure.definition is not None:
            derived = derive(measure.definition)
            program.problems.found.extend(derived.diagnostics)
            if any(one.severity == "error" for one in derived.diagnostics):
                raise Refused()
        elif measure.call.kind == "metric":
            raise _refuse(
                program,
                "AD714",
                f"{measure.call.name} has no definition to derive a loss from",
                clause.value,
                "write it as a `metric`, or minimize a loss",
            )


def _one_of_each(program: Program, goals: list[spec.Goal]) -> None:
    first: dict[str, spec.Goal] = {}
    for goal in goals:
        before = first.setdefault(goal.method.name, goal)
        if before is not goal:
            program.problems.error(
                "AD709",
                f"two goals are trained by `{goal.method.name}`",
                goal.span,
                "the second",
                related=[Label(before.span, "the first")],
                help="add them up in one goal, with weights",
            )
