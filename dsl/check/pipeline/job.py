"""Jobs of pipelines: `train gan = DetectorGAN(photos, faces) { using Adam(lr=2e-4) batch 4 }`."""

from autodesign.dsl.check import clauses
from autodesign.dsl.check.pipeline.goals import warn_idle
from autodesign.dsl.check.pipeline.made import makers_of
from autodesign.dsl.check.pipeline.pipeline import Parts, finish, read_pipeline
from autodesign.dsl.check.pipeline.read import number_of
from autodesign.dsl.check.pipeline.reading import Reading, text
from autodesign.dsl.check.pipeline.short import call_of
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.starts import Whole, check_starts
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.pipeline import Operation, PipelineJob, Player, ValueReport
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.syntax import ast

OF_NETWORKS = {
    "epochs": "a pipeline says itself how long it trains: `joint for 20 epochs`",
    "patience": "a pipeline trains as long as its phases say",
    "precision": "leave it out: a pipeline computes in float32",
    "inherit": "leave it out",
}


def check_pipeline_job(program: Program, entry: Entry, subject: Entry) -> PipelineJob | None:
    """The job, or None where it is refused (and reported)."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.TrainDeclaration)
    before = _errors(program)
    _refuse_clauses(program, declaration)
    try:
        at, parts = read_pipeline(program, Env(entry.scope), subject, call_of(declaration.subject))
        made = _job(at, parts, entry, before)
    except Refused:
        return None
    return None if _errors(program) > before else made


def _errors(program: Program) -> int:
    return sum(found.severity == "error" for found in program.problems.found)


def _job(at: Reading, parts: Parts, entry: Entry, before: int) -> PipelineJob | None:
    declaration, program = entry.declaration, at.program
    assert isinstance(declaration, ast.TrainDeclaration)
    env = Env(entry.scope)
    written = clauses.once(program, declaration)
    optimizer = clauses.of_kind(program, env, written.get("using"), "optimizer")
    schedule = clauses.of_kind(program, env, written.get("schedule"), "schedule")
    batch = clauses.whole(program, env, written.get("batch"), 1)
    seed = clauses.whole(program, env, written.get("seed"), 0)
    clip = clauses.positive(program, env, written.get("clip"))
    if "batch" not in written:
        clauses.missing(program, declaration, "batch")
    at.env = Env(entry.scope, at.home.locals)
    reports = tuple(_reports(at, declaration, "report"))
    keep = next(iter(_reports(at, declaration, "keep")), None)
    whole = _errors(program) == before
    if whole:
        warn_idle(at, parts.goals)
    pipeline = finish(at, parts, whole)
    if optimizer is None and "using" not in written:
        _check_optimizers(program, declaration, pipeline.players, parts)
    starts = check_starts(program, entry, Whole.of_pipeline(pipeline))
    if batch is None:
        return None
    return PipelineJob(
        declaration.name.id,
        pipeline,
        optimizer,
        schedule,
        batch,
        reports,
        keep,
        clip,
        seed or 0,
        declaration.name.span,
        declaration.doc,
        makers_of(program, entry, [draw.data for draw in at.draws], declaration.subject.span),
        starts,
    )


def _refuse_clauses(program: Program, declaration: ast.TrainDeclaration) -> None:
    """Refuses what belongs in the job of a network."""
    if declaration.data is not None:
        program.problems.error(
            "AD526",
            "a pipeline takes its data as arguments, not with `on`",
            declaration.data.span,
            "named here",
            help=f"write `train {declaration.name.id} = PIPELINE({declaration.data.span.text})`",
        )
    for item in declaration.items:
        if isinstance(item, ast.GoalClause):
            program.problems.error(
                "AD526",
                f"`{item.direction}` belongs in the pipeline: its players have goals",
                item.span,
                "not in the job",
                help=f"write `goal PLAYER {item.direction} ...` in the pipeline",
            )
        elif item.keyword in OF_NETWORKS or item.field is not None:
            by = "stratified by" if item.field is not None else item.keyword
            program.problems.error(
                "AD526",
                f"`{by}` does not belong in the job of a pipeline",
                item.span,
                "in the job of a network it would",
                help=OF_NETWORKS.get(item.keyword, "leave it out"),
            )


def _reports(at: Reading, declaration: ast.TrainDeclaration, keyword: str) -> list[ValueReport]:
    found: list[ValueReport] = []
    for item in declaration.items:
        if isinstance(item, ast.Clause) and item.keyword == keyword:
            for expr in item.values:
                try:
                    index = number_of(at, expr, f"what is to {keyword}")
                except Refused:
                    continue
                made = at.value(index).made
                greater = isinstance(made, Operation) and made.call.kind == "metric"
                found.append(ValueReport(text(expr), index, greater))
    return found


def _check_optimizers(
    program: Program,
    declaration: ast.TrainDeclaration,
    players: tuple[Player, ...],
    parts: Parts,
) -> None:
    """Refuses players that learn and have no optimiser, neither their own nor the job's."""
    learning = {place for goal in parts.goals for place in goal.players}
    without = [p for i, p in enumerate(players) if i in learning and p.optimizer is None]
    if without:
        names = ", ".join(f"`{player.name}`" for player in without)
        program.problems.error(
            "AD525",
            f"{names} {'has' if len(without) == 1 else 'have'} a goal and no optimiser",
            declaration.name.span,
            "no `using` in this job",
            related=[Label(player.span, "no `using` here either") for player in without[:8]],
            help="write for example `using Adam(lr=2e-4)` in the job",
        )
