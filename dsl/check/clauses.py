"""The clauses of a `train`: optimiser, schedule, epochs, batch and the rest."""

from typing import Literal

from autodesign.dsl import spec
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import unknown, with_article, wrong_kind
from autodesign.dsl.syntax import ast

NEEDED = {"using": "using Adam(lr=1e-3)", "epochs": "epochs 30", "batch": "batch 64"}
PRECISIONS = ("float32", "bfloat16")


@record
class Settings:
    optimizer: spec.Call
    schedule: spec.Call | None
    epochs: int
    batch: int
    stratified: str | None
    patience: int | None
    clip: float | None
    precision: Literal["float32", "bfloat16"]
    seed: int


def read(program: Program, env: Env, declaration: ast.TrainDeclaration) -> Settings | None:
    """The settings of a job, or None where one is missing or refused (and reported)."""
    before = len(program.problems.found)
    written = once(program, declaration)
    for keyword in NEEDED:
        if keyword not in written:
            missing(program, declaration, keyword)
    optimizer = of_kind(program, env, written.get("using"), "optimizer")
    schedule = of_kind(program, env, written.get("schedule"), "schedule")
    epochs = whole(program, env, written.get("epochs"), 1)
    batch = whole(program, env, written.get("batch"), 1)
    patience = whole(program, env, written.get("patience"), 1)
    seed = whole(program, env, written.get("seed"), 0)
    clip = positive(program, env, written.get("clip"))
    precision = _precision(program, env, written.get("precision"))
    if len(program.problems.found) > before or optimizer is None or epochs is None or batch is None:
        return None
    by = written["batch"].field
    return Settings(
        optimizer,
        schedule,
        epochs,
        batch,
        by.id if by else None,
        patience,
        clip,
        precision,
        0 if seed is None else seed,
    )


def missing(program: Program, declaration: ast.TrainDeclaration, keyword: str) -> None:
    """Reports a clause that a job needs and has not."""
    program.problems.error(
        "AD700",
        f"the job `{declaration.name.id}` does not say `{keyword}`",
        declaration.name.span,
        "missing in this job",
        help=f"write for example `{NEEDED[keyword]}`",
    )


def once(
    program: Program, declaration: ast.TrainDeclaration | ast.SearchDeclaration
) -> dict[str, ast.Clause]:
    """The clauses by keyword; all but `report` may stand once."""
    written: dict[str, ast.Clause] = {}
    for item in declaration.items:
        if not isinstance(item, ast.Clause) or item.keyword == "report":
            continue
        first = written.setdefault(item.keyword, item)
        if first is not item:
            program.problems.error(
                "AD709",
                f"`{item.keyword}` is said twice",
                item.span,
                "again here",
                related=[Label(first.span, "first here")],
                help="leave one of the two out",
            )
        if len(item.values) > 1 and item.keyword != "from":
            program.problems.error(
                "AD711",
                f"`{item.keyword}` takes one value",
                item.values[1].span,
                "one too many",
                help="leave it out",
            )
    return written


def of_kind(program: Program, env: Env, clause: ast.Clause | None, kind: str) -> spec.Call | None:
    """What a clause names, which is of this kind; None where it is refused (and reported)."""
    return None if clause is None else declared(program, env, clause.values[0], kind)


def declared(program: Program, env: Env, expr: ast.Expr, kind: str) -> spec.Call | None:
    """The declared thing of this kind that an expression names, with its arguments; None where it
    is refused (and reported)."""
    name = expr.function if isinstance(expr, ast.Call) else expr
    given = env.locals.get(name.id) if isinstance(name, ast.Name) else None
    if isinstance(given, spec.Call) and given.kind == kind:
        return given
    if isinstance(name, ast.Name):
        entry = env.scope.find(name.id)
        if entry is None:
            unknown(program.problems, name, env.scope, (kind,), with_article(kind))
            return None
        if entry.kind != kind:
            wrong_kind(program.problems, name, entry, with_article(kind))
            return None
    try:
        value = evaluate(program, env, expr)
    except Refused:
        return None
    if isinstance(value, spec.Call) and value.kind == kind:
        return value
    program.problems.error(
        "AD203",
        f"{with_article(kind)} is needed here, by its name",
        expr.span,
        "this is something else",
        help=f"name {with_article(kind)}, as in `Adam(lr=1e-3)`" if kind == "optimizer" else "",
    )
    return None


def whole(program: Program, env: Env, clause: ast.Clause | None, least: int) -> int | None:
    """The whole number of a clause; None where there is none, or it is refused (and reported)."""
    if clause is None:
        return None
    try:
        value = evaluate(program, env, clause.values[0])
    except Refused:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    program.problems.error(
        "AD711",
        f"`{clause.keyword}` takes a whole number from {least} on",
        clause.values[0].span,
        "this is something else",
        help=f"write for example `{clause.keyword} {max(least, 10)}`",
    )
    return None


def positive(program: Program, env: Env, clause: ast.Clause | None) -> float | None:
    """The number above 0 of a clause; None where there is none, or it is refused (and reported)."""
    if clause is None:
        return None
    try:
        value = evaluate(program, env, clause.values[0])
    except Refused:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    program.problems.error(
        "AD711",
        f"`{clause.keyword}` takes a number above 0",
        clause.values[0].span,
        "this is something else",
        help=f"write for example `{clause.keyword} 1.0`",
    )
    return None


def _precision(
    program: Program, env: Env, clause: ast.Clause | None
) -> Literal["float32", "bfloat16"]:
    if clause is None:
        return "float32"
    expr = clause.values[0]
    word = expr.id if isinstance(expr, ast.Name) else None
    if word == "float32" or word == "bfloat16":
        return "float32" if word == "float32" else "bfloat16"
    program.problems.error(
        "AD711",
        f"`precision` is one of {', '.join(PRECISIONS)}",
        expr.span,
        "this is something else",
        help=did_you_mean(word or "", PRECISIONS) or "write `precision bfloat16`",
    )
    return "float32"


def check_bags(
    program: Program,
    declaration: ast.TrainDeclaration,
    goals: tuple[spec.Goal, ...],
    settings: Settings,
) -> None:
    """Refuses a batch that is not made of whole mini-bags."""
    for goal in goals:
        bag = goal.method.args.get("bag", 1)
        if isinstance(bag, int) and settings.batch % bag:
            program.problems.error(
                "AD712",
                f"a bag of {bag} is larger than a batch of {settings.batch}"
                if bag > settings.batch
                else f"a batch of {settings.batch} is not made of whole bags of {bag}",
                goal.method.span,
                f"bags of {bag}",
                related=[
                    Label(item.span, f"batches of {settings.batch}")
                    for item in declaration.items
                    if isinstance(item, ast.Clause) and item.keyword == "batch"
                ],
                help=f"write `batch {max(bag, settings.batch // bag * bag)}`",
            )
