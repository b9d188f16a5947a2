"""Jobs: a network, its data, what is optimised, and how."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autodesign.dsl import spec
from autodesign.dsl.check import clauses
from autodesign.dsl.check.exploring import check_exploration
from autodesign.dsl.check.feeds import Unfed, feeds, field_for
from autodesign.dsl.check.goals import check_goals
from autodesign.dsl.check.network import instantiate, open_inputs
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.rewards import check_rewards
from autodesign.dsl.check.starts import Whole, check_starts
from autodesign.dsl.check.strata import check_strata
from autodesign.dsl.check.terms import Subject, check_term
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import Entry, unknown, wrong_kind
from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr

if TYPE_CHECKING:
    from autodesign.dsl.pipeline import PipelineJob


def makers(
    program: Program, entry: Entry, data: Sequence[spec.Data], at: ast.Expr | None
) -> "tuple[PipelineJob, ...]":
    """The jobs whose examples data sets are made of, each once."""
    if not program.makers or at is None:
        return ()
    from autodesign.dsl.check.pipeline.made import makers_of

    return makers_of(program, entry, data, at.span)


@record
class Parts:
    """What a job is about, as far as it could be checked."""

    network: spec.Network
    data: spec.Data
    at: Span
    subject: Subject


def check_job(program: Program, entry: Entry) -> "spec.Job | None":
    """The job of a network or of a pipeline, or None where it is refused (and reported)."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.TrainDeclaration)
    call = declaration.subject
    name = call.function if isinstance(call, ast.Call) else call
    subject = entry.scope.find(name.id) if isinstance(name, ast.Name) else None
    if subject is not None and subject.kind == "pipeline":
        from autodesign.dsl.check.pipeline.job import check_pipeline_job

        return check_pipeline_job(program, entry, subject)
    return check_train(program, entry)


def check_train(program: Program, entry: Entry) -> spec.Train | None:
    """The job, or None where it is refused (and reported)."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.TrainDeclaration)
    env = Env(entry.scope)
    settings = clauses.read(program, env, declaration)
    parts = _parts(program, env, declaration)
    if parts is None:
        return None
    check_strata(program, declaration, parts.data)
    _check_feeds(program, parts)
    starts = check_starts(program, entry, Whole.of_network(parts.network))
    goals = check_goals(program, env, parts.subject, declaration)
    reports = _reports(program, env, parts.subject, declaration, goals)
    keep = _keep(program, env, parts.subject, declaration, goals[0]) if goals else None
    if settings is None or goals is None or reports is None or keep is None:
        return None
    clauses.check_bags(program, declaration, goals, settings)
    check_exploration(program, parts.network, goals, settings.epochs)
    check_rewards(program, parts.network, goals)
    return spec.Train(
        name=declaration.name.id,
        network=parts.network,
        data=parts.data,
        goals=goals,
        optimizer=settings.optimizer,
        schedule=settings.schedule,
        epochs=settings.epochs,
        batch=settings.batch,
        stratified=settings.stratified,
        reports=reports,
        keep=keep[0],
        keep_greater=keep[1],
        patience=settings.patience,
        clip=settings.clip,
        precision=settings.precision,
        seed=settings.seed,
        span=declaration.name.span,
        doc=declaration.doc,
        starts=starts,
        makers=makers(program, entry, [parts.data], declaration.data),
    )


def _parts(program: Program, env: Env, declaration: ast.TrainDeclaration) -> Parts | None:
    if declaration.data is None:
        _refuse_without_data(program, env, declaration)
        return None
    data = data_named(program, env, declaration.data)
    network = _network(program, env, declaration.subject, data, declaration.data.span)
    if network is None or data is None:
        return None
    return Parts(network, data, declaration.data.span, Subject.of(network, data))


def _refuse_without_data(program: Program, env: Env, declaration: ast.TrainDeclaration) -> None:
    subject = declaration.subject
    name = subject.function if isinstance(subject, ast.Call) else subject
    if isinstance(name, ast.Name) and env.scope.find(name.id) is None:
        kinds = ("network", "pipeline")
        unknown(program.problems, name, env.scope, kinds, "a network or pipeline")
        return
    program.problems.error(
        "AD502",
        f"the job `{declaration.name.id}` does not say what it trains on",
        declaration.subject.span,
        "no data after this",
        help=f"write `train {declaration.name.id} = {print_expr(declaration.subject)} on DATA`",
    )


def _network(
    program: Program, env: Env, expr: ast.Expr, data: spec.Data | None, at: Span
) -> spec.Network | None:
    from autodesign.dsl.check.arguments import bind_block

    call = expr if isinstance(expr, ast.Call) else ast.Call(expr.span, expr, (), ())
    entry = named(program, env, call.function, ("network",), "a network")
    if entry is None:
        return None
    declaration = entry.declaration
    assert isinstance(declaration, ast.NetworkDeclaration)
    try:
        bound = bind_block(program, env, entry, declaration.params, call)
        flows = _flows(program, declaration, data, at)
    except Refused:
        return None
    return instantiate(program, entry, Env(entry.scope, bound), flows)


def _flows(
    program: Program, network: ast.NetworkDeclaration, data: spec.Data | None, at: Span
) -> dict[str, spec.Shape]:
    """The shapes of the fields that flow into inputs whose sizes are left out; none where the data
    does not say. Reports and raises Refused."""
    unsized = open_inputs(network)
    if unsized and data is None:
        raise Refused()
    if data is None or data.fields is None:
        return {}
    try:
        return {
            item.name.id: data.fields[field].shape
            for item in unsized
            for field in [
                field_for(network.name.id, item.name.id, item.type.names[0].name, data.fields)
            ]
        }
    except Unfed as unfed:
        _refuse_feed(program, data, unfed, at)
        raise Refused() from None


def data_named(program: Program, env: Env, expr: ast.Expr) -> spec.Data | None:
    """The data set that an expression names; None where it is refused (and reported)."""
    entry = named(program, env, expr, ("data",), "a data set")
    return None if entry is None else program.data(entry)


def named(
    program: Program, env: Env, expr: ast.Expr, kinds: tuple[str, ...], wanted: str
) -> Entry | None:
    """What the file declares under the name that an expression is; None where it is refused."""
    if not isinstance(expr, ast.Name):
        program.problems.error(
            "AD203",
            f"{wanted} is needed here, by its name",
            expr.span,
            "this is no name",
            help=f"declare {wanted} on a line of its own and write its name here",
        )
        return None
    entry = env.scope.find(expr.id)
    if entry is None:
        unknown(program.problems, expr, env.scope, kinds, wanted)
        return None
    if entry.kind not in kinds or isinstance(entry.declaration, ast.ExternDeclaration):
        wrong_kind(program.problems, expr, entry, wanted)
        return None
    return entry


def _check_feeds(program: Program, parts: Parts) -> None:
    if parts.data.fields is None:
        return
    try:
        feeds(parts.network, parts.data.fields)
    except Unfed as unfed:
        _refuse_feed(program, parts.data, unfed, parts.at)


def _refuse_feed(program: Program, data: spec.Data, unfed: Unfed, at: Span) -> None:
    program.problems.error("AD705", unfed.message, at, f"trained on `{data.name}`", help=unfed.help)


def _reports(
    program: Program,
    env: Env,
    subject: Subject,
    declaration: ast.TrainDeclaration,
    goals: tuple[spec.Goal, ...] | None,
) -> tuple[spec.Report, ...] | None:
    reports: list[spec.Report] = []
    refused = False
    for item in declaration.items:
        if not isinstance(item, ast.Clause) or item.keyword != "report":
            continue
        for expr in item.values:
            try:
                term = check_term(program, env, subject, expr)
                reports.append(spec.Report(print_expr(expr), term))
            except Refused:
                refused = True
    if refused:
        return None
    return tuple(reports) or tuple(spec.Report(goal.text, goal.term) for goal in goals or ())


def _keep(
    program: Program,
    env: Env,
    subject: Subject,
    declaration: ast.TrainDeclaration,
    goal: spec.Goal,
) -> tuple[spec.Report, bool] | None:
    """What decides which weights are best, and whether more of it is; None where refused.

    Where it is not written, it is the first goal.
    """
    for item in declaration.items:
        if isinstance(item, ast.Clause) and item.keyword == "keep":
            try:
                term = check_term(program, env, subject, item.values[0])
            except Refused:
                return None
            return spec.Report(print_expr(item.values[0]), term), not is_loss(term)
    return spec.Report(goal.text, goal.term), goal.direction == "maximize"


def is_loss(term: spec.Term) -> bool:
    """Whether less of it is better."""
    return isinstance(term, spec.Cost) or (
        isinstance(term, spec.Measure) and term.call.kind == "loss"
    )
