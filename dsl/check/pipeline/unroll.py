"""`P after OPT for k on L`: a player some optimiser steps later."""

from dataclasses import replace

from autodesign.dsl.check.arguments import bind
from autodesign.dsl.check.pipeline.calls import check_starts
from autodesign.dsl.check.pipeline.counts import count
from autodesign.dsl.check.pipeline.kinds import PLAYERS, described
from autodesign.dsl.check.pipeline.players import actor_of
from autodesign.dsl.check.pipeline.read import number_of, read
from autodesign.dsl.check.pipeline.reading import Reading
from autodesign.dsl.check.pipeline.weights import check_weights
from autodesign.dsl.check.reach import names_in
from autodesign.dsl.check.values import Refused
from autodesign.dsl.pipeline import After, Fixed, Index
from autodesign.dsl.resolve.scope import Entry, unknown, wrong_kind
from autodesign.dsl.spec import Call
from autodesign.dsl.syntax import ast

EXACT = ("SGD", "Adam", "AdamW")
"""Optimisers whose steps are differentiated"""
MOST_STEPS = 1000
RATE = "lr"


def unroll(at: Reading, expr: ast.After) -> Index:
    """The player some steps later. Reports and raises Refused."""
    player = read(at, expr.player)
    type = at.type(player)
    if type.kind not in PLAYERS:
        at.refuse(
            "AD521",
            "`after` makes steps with a player",
            expr.player.span,
            f"this is {described(type)}",
            help="name a player before `after`",
        )
    optimizer, rate = _optimizer(at, expr.optimizer)
    steps = 1
    if expr.steps is not None:
        steps = count(at, expr.steps, "the number of unrolled steps", MOST_STEPS)
    loss = number_of(at, expr.loss, "what `after` minimises")
    at.summands(loss, expr.loss, "this loss")
    check_starts(at, expr)
    if not at.values.reaches(player, loss):
        at.refuse(
            "AD521",
            f"`{at.value(loss).text}` does not depend on `{at.value(player).text}`",
            expr.loss.span,
            "a step on this would change nothing",
            help=f"name a loss in which `{at.value(player).text}` is applied",
        )
    check_weights(at, actor_of(at, player), expr.player.span)
    return at.add(After(player, optimizer, rate, steps, loss, expr.lean), type, expr)


def _optimizer(at: Reading, expr: ast.Expr) -> tuple[Call, Index | None]:
    """The optimiser, and its rate where that is a value of the step."""
    call = expr if isinstance(expr, ast.Call) else ast.Call(expr.span, expr, (), ())
    name = call.function
    given = at.env.locals.get(name.id) if isinstance(name, ast.Name) else None
    if isinstance(given, Call) and given.kind == "optimizer" and not (call.args or call.keywords):
        _check_exact(at, given, expr)
        return given, None
    if not isinstance(name, ast.Name):
        at.refuse(
            "AD520", "an optimiser is needed after `after`", expr.span, help="as in `SGD(lr=0.1)`"
        )
    entry = at.env.scope.find(name.id)
    if entry is None:
        unknown(at.program.problems, name, at.env.scope, ("optimizer",), "an optimizer")
        raise Refused()
    if entry.kind != "optimizer":
        wrong_kind(at.program.problems, name, entry, "an optimizer")
        raise Refused()
    call, rate = _rate(at, entry, call)
    bound = bind(at.program, at.env, entry, call)
    _check_exact(at, bound, expr)
    return bound, rate


def _rate(at: Reading, entry: Entry, call: ast.Call) -> tuple[ast.Call, Index | None]:
    """The call without a rate that is a value of the step, and that value."""
    assert isinstance(entry.declaration, ast.ExternDeclaration)
    first = entry.declaration.params[0].name.id if entry.declaration.params else ""
    written = {keyword.name.id: keyword.value for keyword in call.keywords}
    positional = first == RATE and bool(call.args)
    expr = call.args[0] if positional else written.get(RATE)
    if expr is None or not any(_of_step(at, name) for name in names_in(expr)):
        return call, None
    index = number_of(at, expr, "a rate")
    made = at.value(index).made
    keywords = tuple(k for k in call.keywords if k.name.id != RATE)
    args = call.args[1:] if positional else call.args
    if isinstance(made, Fixed):
        number = ast.Number(expr.span, made.value)
        named = ast.Keyword(expr.span, ast.Name(expr.span, RATE), number)
        return replace(call, args=args, keywords=(*keywords, named)), None
    return replace(call, args=args, keywords=keywords), index


def _of_step(at: Reading, name: str) -> bool:
    return at.items.names.get(name, "param") != "param"


def _check_exact(at: Reading, optimizer: Call, expr: ast.Expr) -> None:
    if optimizer.name not in EXACT or optimizer.module != "std.training.optimizers":
        at.refuse(
            "AD520",
            f"the steps of {optimizer.name} cannot be unrolled",
            expr.span,
            "its steps are not known exactly here",
            help=f"write one of {', '.join(EXACT)} after `after`, with the rate of one step",
        )
