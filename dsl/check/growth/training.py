"""How candidates are trained: `train wgan_gp() using Adam(lr=1e-3) for 100_000 iterations`."""

from typing import Literal, NoReturn

from autodesign.dsl.check.clauses import declared
from autodesign.dsl.check.goals import agree, is_differentiable
from autodesign.dsl.check.growth.normalised import warn_of_batches
from autodesign.dsl.check.growth.reading import Seeking, only
from autodesign.dsl.check.terms import check_term, mentions_output
from autodesign.dsl.check.values import Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.growth import Training
from autodesign.dsl.spec import Call, Term
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr

Unit = Literal["iterations", "epochs", "images"]
UNITS: dict[str, Unit] = {"iterations": "iterations", "epochs": "epochs", "images": "images"}


def read_training(at: Seeking) -> Training | None:
    """The training of a candidate; None where the search trains none. Raises Refused."""
    clause = only(at, ast.TrainClause, "train")
    finish = only(at, ast.FinishClause, "finish")
    if clause is None:
        if finish is not None:
            at.refuse(
                "AD617",
                "`finish` says how much longer the best is trained, and nothing trains it",
                finish.span,
                "no `train` in this search",
                help=f"write for example `{_sample(at)}`",
            )
        return None
    assert isinstance(clause, ast.TrainClause)
    recipe = _recipe(at, clause.recipe)
    if clause.optimizer is None:
        at.refuse(
            "AD617",
            "this training names no optimiser",
            clause.span,
            "missing here",
            help=f"write `train {print_expr(clause.recipe)} using Adam(lr=1e-3) for ...`",
        )
    optimizer = declared(at.program, at.env, clause.optimizer, "optimizer")
    amount = _amount(at, clause.amount, "train")
    more = 0
    if finish is not None:
        assert isinstance(finish, ast.FinishClause)
        more = _amount(at, finish.amount, "finish")
        if finish.unit != clause.unit:
            at.refuse(
                "AD617",
                f"`finish` counts {finish.unit}, and the training counts {clause.unit}",
                finish.span,
                "in another unit",
                related=(Label(clause.span, "this training"),),
                help=f"say it in {clause.unit}",
            )
    if optimizer is None:
        raise Refused()
    return Training(recipe, optimizer, amount, UNITS[clause.unit], more)


def _sample(at: Seeking) -> str:
    if at.subject is None:
        return "train wgan_gp() using Adam(lr=1e-3, betas=[0, 0.99]) for 10_000 iterations"
    return "train CrossEntropyLoss(y, label) using Adam(lr=1e-3) for 3 epochs"


def _amount(at: Seeking, expr: ast.Expr, keyword: str) -> int:
    value = evaluate(at.program, at.env, expr)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    at.refuse(
        "AD711",
        f"`{keyword}` takes a whole number from 1 on",
        expr.span,
        "this is something else",
        help="write for example `10_000 iterations`",
    )


def _recipe(at: Seeking, expr: ast.Expr) -> Call | Term:
    """A recipe of the library, or a loss over the outputs of the only network."""
    name = expr.function if isinstance(expr, ast.Call) else expr
    entry = at.env.scope.find(name.id) if isinstance(name, ast.Name) else None
    if entry is not None and entry.kind == "recipe":
        call = declared(at.program, at.env, expr, "recipe")
        if call is None:
            raise Refused()
        agree(at.program, at.env, call, expr)
        _check_roles(at, call)
        warn_of_batches(at, call)
        return call
    subject = at.subject
    if subject is None:
        _refuse_loss(at, expr)
    term = check_term(at.program, at.env, subject, expr)
    if not is_differentiable(term) or not mentions_output(term):
        at.refuse(
            "AD619",
            f"`{print_expr(expr)}` is no loss that a network can be trained on",
            expr.span,
            "it has no gradient with respect to the network",
            help="write a loss, such as `train CrossEntropyLoss(y, label) using ...`",
        )
    return term


def _check_roles(at: Seeking, call: Call) -> None:
    """Refuses a recipe for two players where there are not those two."""
    for role in ("generator", "discriminator"):
        found = at.with_role(role)
        if len(found) != 1:
            number = f"{len(found)} {role}s" if found else f"no {role}"
            at.refuse(
                "AD618",
                f"`{call.name}` trains one generator against one discriminator, and"
                f" `{at.growth.name}` has {number}",
                call.span,
                "trained by this",
                related=(Label(at.growth.span, "this growth"),),
                help=f"write `{role} ...` in the growth"
                if not found
                else "leave all but one of them out",
            )
    others = at.with_role("network")
    if others:
        at.refuse(
            "AD618",
            f"`{call.name}` trains a generator and a discriminator, and `{others[0].name}` is"
            " neither",
            call.span,
            "trained by this",
            related=(Label(others[0].network.span, "a third network"),),
            help=f"take `{others[0].name}` out of the growth",
        )


def _refuse_loss(at: Seeking, expr: ast.Expr) -> NoReturn:
    at.refuse(
        "AD619",
        f"`{print_expr(expr)}` is no recipe, and a loss trains a growth of one `network`",
        expr.span,
        f"`{at.growth.name}` has other networks",
        related=(Label(at.growth.span, "this growth"),),
        help="name a recipe, such as `wgan_gp()`",
    )
