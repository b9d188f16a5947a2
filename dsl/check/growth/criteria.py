"""What candidates are compared by, and what is reported of them."""

from typing import Literal

from autodesign.dsl.check.arguments import match
from autodesign.dsl.check.clauses import declared
from autodesign.dsl.check.growth.reading import Seeking
from autodesign.dsl.check.misfit import place, refused
from autodesign.dsl.check.terms import check_term, mentions_cost, mentions_output
from autodesign.dsl.check.values import Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.growth import Criterion
from autodesign.dsl.library import Misfit
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.spec import Call, CostOf, Measure, Paths, Shape, Term
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr

Direction = Literal["minimize", "maximize"]


def read_criteria(at: Seeking) -> tuple[Criterion, ...]:
    """The goals of a search, in order. Reports and raises Refused."""
    goals = [item for item in at.declaration.items if isinstance(item, ast.GoalClause)]
    if not goals:
        at.refuse(
            "AD620",
            f"the search `{at.declaration.name.id}` has no goal",
            at.declaration.name.span,
            "missing in this search",
            help="write for example `minimize FrechetDistance(features=MobileNetV2())`"
            if at.subject is None
            else "write for example `minimize CrossEntropyLoss(y, label)`",
        )
    found = [
        criterion
        for goal in goals
        for criterion in _criteria(at, [goal.value], _direction(goal.direction))
    ]
    if len(found) < len(goals):
        raise Refused()
    _refuse_repeated(at, goals)
    for criterion, goal in zip(found, goals, strict=True):
        _doubt_direction(at, criterion, goal)
    return tuple(found)


def _doubt_direction(at: Seeking, criterion: Criterion, goal: ast.GoalClause) -> None:
    """Warns of a goal that is sought where it is worst."""
    value = criterion.value
    better: Direction | None = None
    if isinstance(value, Call):
        better = at.program.library.direction(value.module, value.name)
    elif isinstance(value, CostOf) or (isinstance(value, Measure) and value.call.kind == "loss"):
        better = "minimize"
    if better is not None and better != criterion.direction:
        least = "less" if better == "minimize" else "more"
        at.program.problems.warn(
            "AD634",
            f"`{criterion.text}` is the better the {least} it is, and this search would"
            f" {criterion.direction} it",
            goal.value.span,
            f"to {criterion.direction} it keeps the worst",
            help=f"write `{better} {criterion.text}`",
        )


def read_reports(at: Seeking) -> tuple[Criterion, ...]:
    """What else is told of candidates. Reports and raises Refused."""
    exprs = [
        expr
        for item in at.declaration.items
        if isinstance(item, ast.Clause) and item.keyword == "report"
        for expr in item.values
    ]
    found = _criteria(at, exprs, "minimize")
    if len(found) < len(exprs):
        raise Refused()
    return tuple({criterion.text: criterion for criterion in found}.values())


def _direction(word: str) -> Direction:
    return "maximize" if word == "maximize" else "minimize"


def _criteria(at: Seeking, exprs: list[ast.Expr], direction: Direction) -> list[Criterion]:
    found: list[Criterion] = []
    for expr in exprs:
        try:
            found.append(Criterion(print_expr(expr), direction, _value(at, expr)))
        except Refused:
            continue
    return found


def _refuse_repeated(at: Seeking, goals: list[ast.GoalClause]) -> None:
    first: dict[str, ast.GoalClause] = {}
    for goal in goals:
        before = first.setdefault(print_expr(goal.value), goal)
        if before is not goal:
            at.refuse(
                "AD709",
                f"`{print_expr(goal.value)}` is a goal twice",
                goal.span,
                "again here",
                related=(Label(before.span, "first here"),),
                help="leave one of the two out",
            )


def _value(at: Seeking, expr: ast.Expr) -> Call | Term:
    name = expr.function if isinstance(expr, ast.Call) else expr
    if isinstance(name, ast.Name):
        costs = _cost(at, expr, name)
        if costs is not None:
            return costs
        entry = at.env.scope.find(name.id)
        if entry is not None and entry.kind == "criterion":
            return _judged(at, expr, name, entry)
    subject = at.subject
    if subject is None:
        at.refuse(
            "AD621",
            f"`{print_expr(expr)}` cannot compare candidates of `{at.growth.name}`",
            expr.span,
            "a criterion of generated images is needed here",
            related=(Label(at.growth.span, "not a growth of one `network`"),),
            help="write for example `FrechetDistance(features=MobileNetV2())` or `cost`",
        )
    term = check_term(at.program, at.env, subject, expr)
    if isinstance(term, Paths) or not (mentions_output(term) or mentions_cost(term)):
        at.refuse(
            "AD621",
            f"`{print_expr(expr)}` does not depend on the network",
            expr.span,
            "the same for all candidates",
            help="write for example `Accuracy(y, label)`",
        )
    return term


def _cost(at: Seeking, expr: ast.Expr, name: ast.Name) -> CostOf | None:
    """`cost` or `cost(G)`: the multiplications of networks of a candidate; None for all else."""
    if name.id != "cost":
        return None
    known = {grown.name: grown.network for grown in at.growth.networks}
    if not isinstance(expr, ast.Call):
        return CostOf(tuple(known), sum(n.analysis.greatest for n in known.values()))
    for arg in expr.args:
        if not (isinstance(arg, ast.Name) and arg.id in known):
            word = arg.id if isinstance(arg, ast.Name) else ""
            at.refuse(
                "AD621",
                f"`{at.growth.name}` has no network `{print_expr(arg)}` to cost",
                arg.span,
                "not declared in the growth",
                help=did_you_mean(word, known) or f"its networks are {', '.join(known)}",
            )
    names = tuple(dict.fromkeys(arg.id for arg in expr.args if isinstance(arg, ast.Name)))
    if not names or expr.keywords:
        at.refuse(
            "AD621",
            "`cost()` names no network",
            expr.span,
            "of which?",
            help=f"write `cost({next(iter(known))})`, or `cost` for all of them",
        )
    return CostOf(names, sum(known[n].analysis.greatest for n in names))


def _judged(at: Seeking, expr: ast.Expr, name: ast.Name, entry: Entry) -> Call:
    """A criterion of the library, which is asked whether it can judge this growth."""
    call = declared(at.program, at.env, expr, "criterion")
    if call is None:
        raise Refused()
    assert isinstance(entry.declaration, ast.ExternDeclaration)
    written = (
        match(at.program, entry, entry.declaration.params, expr, {})
        if isinstance(expr, ast.Call)
        else {}
    )
    roles = {grown.role for grown in at.growth.networks}
    try:
        doubts = at.program.library.criterion(
            call.module, call.name, roles, image_of(at), call.args
        )
    except Misfit as misfit:
        where = place(misfit, written, expr.span)
        raise refused(at.program, misfit, call.name, where, "written here", "AD621") from None
    for doubt in doubts:
        at.program.problems.warn(
            doubt.code or "AD621",
            f"{call.name} {doubt.message}",
            place(doubt, written, expr.span),
            "written here",
            help=doubt.help,
        )
    return call


def image_of(at: Seeking) -> Shape | None:
    """The shape of the images of the data; None where it is not known."""
    fields = (at.data.fields or {}).values()
    return next((field.shape for field in fields if field.kind == "image"), None)
