"""Arguments of calls, bound to the parameters that a declaration names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autodesign.dsl.check.extent import bounded
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.types import check_chain, conform
from autodesign.dsl.check.values import Chain, Env, Refused, Written, evaluate
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Value
from autodesign.dsl.syntax import ast

DERIVED = frozenset(
    {"in_channels", "in_features", "num_features", "num_channels", "normalized_shape", "input_size"}
)
"""Parameters of torch.nn classes that follow from the shapes."""


def bind(
    program: Program,
    env: Env,
    entry: Entry,
    call: ast.Call,
    supplied: Mapping[str, Value] | None = None,
) -> Call:
    """The call of an extern or a metric with every parameter bound. Reports and raises Refused.

    `supplied` gives values for parameters that are not written (the width of a control node).
    """
    declaration = entry.declaration
    assert isinstance(declaration, ast.ExternDeclaration | ast.MetricDeclaration)
    params = [param for param in declaration.params if not param.named]
    free = next((param for param in declaration.params if param.named), None)
    known = {param.name.id for param in params}
    others = [k for k in call.keywords if free is not None and k.name.id not in known]
    call = replace(call, keywords=tuple(k for k in call.keywords if k not in others))
    written = match(program, entry, params, call, supplied or {})
    args: dict[str, Value] = {}
    refused = False
    for param in declaration.params:
        try:
            if param is free:
                args[param.name.id] = _freely_named(program, env, entry, param, others)
            else:
                args[param.name.id] = _value(program, env, entry, param, written, supplied or {})
        except Refused:
            refused = True
    if refused:
        raise Refused()
    found = Call(entry.kind, declaration.name.id, entry.module or "", args, call.span)
    bounded(program, found, call.span)
    return found


def _value(
    program: Program,
    env: Env,
    entry: Entry,
    param: ast.Param,
    written: Mapping[str, list[ast.Expr]],
    supplied: Mapping[str, Value],
) -> Value:
    name = param.name.id
    if name not in written:
        if name in supplied:
            return supplied[name]
        if param.many:
            return ()
        return program.default(param, Env(entry.scope))
    what = f"`{name}` of {entry.declaration.name.id}"
    values = [_typed(program, env, param, expr, what) for expr in written[name]]
    return tuple(values) if param.many else values[0]


def _typed(program: Program, env: Env, param: ast.Param, expr: ast.Expr, what: str) -> Value:
    value = evaluate(program, env, expr)
    return value if param.type is None else conform(program, param.type, value, expr.span, what)


def _freely_named(
    program: Program, env: Env, entry: Entry, param: ast.Param, given: Sequence[ast.Keyword]
) -> Value:
    """The pairs of name and value of what is given for `{param}`."""
    first: dict[str, ast.Keyword] = {}
    pairs: list[Value] = []
    for keyword in given:
        before = first.setdefault(keyword.name.id, keyword)
        if before is not keyword:
            raise _twice(program, entry, keyword, before.span)
        what = f"`{keyword.name.id}` of {entry.declaration.name.id}"
        pairs.append((keyword.name.id, _typed(program, env, param, keyword.value, what)))
    return tuple(pairs)


def bind_block(
    program: Program, env: Env, entry: Entry, params: Sequence[ast.Param], call: ast.Call
) -> dict[str, "Value | Chain"]:
    """The parameters of a block or network; an argument may also be a chain of layers."""
    return bind_written(program, env, entry, params, call)[0]


def bind_written(
    program: Program, env: Env, entry: Entry, params: Sequence[ast.Param], call: ast.Call
) -> tuple[dict[str, "Value | Chain"], dict[str, Written]]:
    """The same, and where each argument is written. Reports and raises Refused."""
    given = match(program, entry, params, call, {})
    bound: dict[str, Value | Chain] = {}
    written: dict[str, Written] = {}
    refused = False
    for param in params:
        name = param.name.id
        try:
            if name in given:
                expr, where = given[name][0], env
            else:
                assert param.default is not None
                expr, where = param.default, Env(entry.scope, dict(bound))
            written[name] = _origin(expr, where)
            bound[name] = argument(program, entry, param, expr, where)
        except Refused:
            refused = True
    if refused:
        raise Refused()
    return bound, written


def argument(
    program: Program, entry: Entry, param: ast.Param, expr: ast.Expr, env: Env
) -> "Value | Chain":
    """What a parameter is given by an expression. Reports and raises Refused."""
    from autodesign.dsl.check.chain import is_chain

    origin, there = _origin(expr, env)
    what = f"`{param.name.id}` of {entry.declaration.name.id}"
    if is_chain(env, expr):
        if param.type is not None:
            check_chain(program, param.type, origin.span, what)
        return Chain(origin, there)
    value = evaluate(program, env, expr)
    if param.type is None:
        return value
    return conform(program, param.type, value, origin.span, what)


def _origin(expr: ast.Expr, env: Env) -> Written:
    """Where an expression is written that may be a parameter handed on as it is."""
    return env.written.get(expr.id, (expr, env)) if isinstance(expr, ast.Name) else (expr, env)


def match(
    program: Program,
    entry: Entry,
    params: Sequence[ast.Param],
    call: ast.Call,
    supplied: Mapping[str, Value],
) -> dict[str, list[ast.Expr]]:
    """Which expression goes to which parameter. Reports and raises Refused."""
    written: dict[str, list[ast.Expr]] = {}
    before = len(program.problems.found)
    _positional(program, entry, params, call, written)
    known = {param.name.id: param for param in params}
    for keyword in call.keywords:
        if keyword.name.id not in known:
            _unexpected(program, entry, keyword.name, known)
        elif keyword.name.id in written:
            _twice(program, entry, keyword, written[keyword.name.id][0].span)
        else:
            written[keyword.name.id] = [keyword.value]
    for param in params:
        missing = param.name.id not in written and param.name.id not in supplied
        if missing and param.default is None and not param.many:
            _missing(program, entry, params, param, call.span)
    if len(program.problems.found) > before:
        raise Refused()
    return written


def _twice(program: Program, entry: Entry, keyword: ast.Keyword, first: Span) -> Refused:
    program.problems.error(
        "AD223",
        f"`{keyword.name.id}` of {entry.declaration.name.id} is given twice",
        keyword.span,
        "given again here",
        related=[Label(first, "first given here")],
        help="leave one of the two out",
    )
    return Refused()


def _positional(
    program: Program,
    entry: Entry,
    params: Sequence[ast.Param],
    call: ast.Call,
    written: dict[str, list[ast.Expr]],
) -> None:
    places = list(params)
    for index, expr in enumerate(call.args):
        if not places:
            program.problems.error(
                "AD221",
                f"{signature(entry, params)} takes {_count(params)}, and is given {len(call.args)}",
                call.args[index].span,
                "one too many" if index == len(call.args) - 1 else "from here on too many",
                help="leave out what it does not take",
            )
            return
        written.setdefault(places[0].name.id, []).append(expr)
        if not places[0].many:
            places.pop(0)


def _count(params: Sequence[ast.Param]) -> str:
    if not params:
        return "no arguments"
    return "one argument" if len(params) == 1 else f"at most {len(params)} arguments"


def signature(entry: Entry, params: Sequence[ast.Param]) -> str:
    """`Conv2d(out_channels, kernel_size, ...)`, for messages."""
    required = [p.name.id for p in params if p.default is None]
    more = ", ..." if len(required) < len(params) else ""
    return f"{entry.declaration.name.id}({', '.join(required)}{more})"


def _missing(
    program: Program, entry: Entry, params: Sequence[ast.Param], param: ast.Param, at: Span
) -> None:
    program.problems.error(
        "AD220",
        f"{entry.declaration.name.id} needs `{param.name.id}`",
        at,
        "not given here",
        help=f"it is written {signature(entry, params)}",
    )


def _unexpected(
    program: Program, entry: Entry, name: ast.Name, known: Mapping[str, ast.Param]
) -> None:
    called = entry.declaration.name.id
    if name.id in DERIVED:
        program.problems.error(
            "AD230",
            f"`{name.id}` of {called} follows from the shapes",
            name.span,
            "never written",
            help="leave it out",
        )
        return
    program.problems.error(
        "AD222",
        f"{called} has no argument `{name.id}`",
        name.span,
        "not known",
        help=did_you_mean(name.id, known)
        or (f"it takes {', '.join(known)}" if known else "it takes none"),
    )
