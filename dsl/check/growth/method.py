"""How a search chooses: `by top_k(keep=20, sample=0.4)`, `by path(upscale, grow_G(size=3))`."""

from autodesign.dsl.check.clauses import declared
from autodesign.dsl.check.goals import agree
from autodesign.dsl.check.growth.reading import Seeking
from autodesign.dsl.check.values import Refused, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.grow import grow
from autodesign.dsl.growth import Move
from autodesign.dsl.library import Misfit
from autodesign.dsl.resolve.scope import Entry, unknown, wrong_kind
from autodesign.dsl.said import said
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call
from autodesign.dsl.syntax import ast

KIND = "search"
MOST_LAYERS = 100
"""Moves that a search may add up: layers are inserted one by one, and each is trained."""
WANTED = "a way of searching"
SAMPLE = "by top_k(keep=8, sample=0.2)"


def read_method(at: Seeking) -> tuple[Call, tuple[Move, ...]]:
    """The way of searching, and the moves that it fixes. Reports and raises Refused."""
    goals = [item for item in at.declaration.items if isinstance(item, ast.GoalClause)]
    if not goals:  # which is reported: a way stands behind a goal
        raise Refused()
    methods = [goal.method for goal in goals if goal.method is not None]
    if len(methods) > 1:
        at.refuse(
            "AD709",
            "`by` is said twice",
            methods[1].span,
            "again here",
            related=(Label(methods[0].span, "first here"),),
            help="leave one of the two out: all goals are sought by one search",
        )
    if not methods:
        at.refuse(
            "AD620",
            f"the search `{at.declaration.name.id}` does not say how it searches",
            at.declaration.name.span,
            "no `by` in this search",
            help=f"write for example `{SAMPLE}` after its goals",
        )
    return _method(at, methods[0])


def _method(at: Seeking, expr: ast.Expr) -> tuple[Call, tuple[Move, ...]]:
    name = expr.function if isinstance(expr, ast.Call) else expr
    entry = at.env.scope.find(name.id) if isinstance(name, ast.Name) else None
    if isinstance(name, ast.Name) and entry is None:
        unknown(at.program.problems, name, at.env.scope, (KIND,), WANTED)
        raise Refused()
    if isinstance(name, ast.Name) and entry is not None:
        if entry.kind != KIND or not isinstance(entry.declaration, ast.ExternDeclaration):
            wrong_kind(at.program.problems, name, entry, WANTED)
            raise Refused()
        if any(_takes_moves(param) for param in entry.declaration.params):
            return _path(at, expr, name, entry)
    call = declared(at.program, at.env, expr, KIND)
    if call is None:
        raise Refused()
    agree(at.program, at.env, call, expr)
    if call.args.get("sample") == 0:
        at.refuse(
            "AD624",
            "with `sample=0` no move is ever tried",
            expr.span,
            "nothing would be searched",
            help="write for example `sample=0.2`: one move in five is tried on each parent",
        )
    return call, ()


def _takes_moves(param: ast.Param) -> bool:
    return param.many and any(n.name == "move" for n in (param.type.names if param.type else ()))


def _path(
    at: Seeking, expr: ast.Expr, name: ast.Name, entry: Entry
) -> tuple[Call, tuple[Move, ...]]:
    """A schedule fixed by hand, each move of it tried in its turn."""
    exprs = list(expr.args) if isinstance(expr, ast.Call) else []
    if isinstance(expr, ast.Call) and expr.keywords:
        at.refuse(
            "AD626",
            f"`{name.id}` takes moves, one after the other, and nothing by name",
            expr.keywords[0].span,
            "given by name",
            help=f"write for example `{name.id}({at.growth.moves[0].text})`",
        )
    if len(exprs) > MOST_LAYERS:
        at.refuse(
            "AD629",
            f"a search grows by at most {MOST_LAYERS} layers, and this path has {len(exprs)} moves",
            expr.span,
            "too many",
            help="leave some of them out",
        )
    moves = [_move(at, one) for one in exprs]
    architecture = at.first
    for number, (move, one) in enumerate(zip(moves, exprs, strict=True), 1):
        try:
            architecture = grow(at.growth, architecture, move, at.program.library, "reinit").settled
        except Misfit as misfit:
            at.refuse(
                "AD625",
                f"step {number} of the path, `{move.text}`, does not apply: {misfit.message}",
                one.span,
                "not after the moves before it",
                help=misfit.help,
            )
    named = tuple(
        Call("move", move.action, "", dict(move.args), one.span)
        for move, one in zip(moves, exprs, strict=True)
    )
    call = Call(KIND, name.id, entry.module or "", {"moves": named}, expr.span)
    return call, tuple(moves)


def _move(at: Seeking, expr: ast.Expr) -> Move:
    """The move that an action with its arguments is."""
    name = expr.function if isinstance(expr, ast.Call) else expr
    actions = dict.fromkeys(move.action for move in at.growth.moves)
    if not isinstance(name, ast.Name) or name.id not in actions:
        word = name.id if isinstance(name, ast.Name) else ""
        at.refuse(
            "AD626",
            f"`{at.growth.name}` has no action `{word or expr.span.text}`",
            expr.span,
            "not declared in the growth",
            related=(Label(at.growth.span, "this growth"),),
            help=did_you_mean(word, actions) or f"its actions are {', '.join(actions)}",
        )
    found = [move for move in at.growth.moves if move.action == name.id]
    wanted = _arguments(at, expr, [param for param, _ in found[0].args])
    for move in found:
        if dict(move.args) == wanted:
            return move
    return _refuse_arguments(at, expr, found, wanted)


def _arguments(at: Seeking, expr: ast.Expr, params: list[str]) -> dict[str, object]:
    """The values of the arguments of a move, by parameter."""
    if not isinstance(expr, ast.Call):
        return {}
    given: dict[str, ast.Expr] = dict(zip(params, expr.args, strict=False))
    for keyword in expr.keywords:
        if keyword.name.id not in params or keyword.name.id in given:
            _refuse_argument(at, keyword.name.span, keyword.name.id, params)
        given[keyword.name.id] = keyword.value
    if len(expr.args) > len(params):
        _refuse_argument(at, expr.args[len(params)].span, "", params)
    return {name: evaluate(at.program, at.env, one) for name, one in given.items()}


def _refuse_argument(at: Seeking, span: Span, name: str, params: list[str]) -> None:
    at.refuse(
        "AD626",
        f"this action takes {', '.join(params) or 'no arguments'}, each once",
        span,
        "one too many" if not name or name in params else "not known",
        help=did_you_mean(name, params) or "leave it out",
    )


def _refuse_arguments(
    at: Seeking, expr: ast.Expr, moves: list[Move], wanted: dict[str, object]
) -> Move:
    for name, _ in moves[0].args:
        choices = list(dict.fromkeys(dict(move.args)[name] for move in moves))
        if name not in wanted or wanted[name] not in choices:
            listed = ", ".join(said(choice) for choice in choices[:12])
            more = ", ..." if len(choices) > 12 else ""
            at.refuse(
                "AD626",
                f"`{name}` of `{moves[0].action}` is one of {listed}{more}",
                expr.span,
                "not given here" if name not in wanted else "given another value here",
                help=f"write for example `{moves[0].text}`",
            )
    raise AssertionError(moves)
