"""Params: their type, domain and value, from the file or from `--set`."""

from collections.abc import Collection

from autodesign.dsl import spec
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.types import conform, is_known
from autodesign.dsl.check.values import Env, Refused, evaluate
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.parse import parse


def check_param(program: Program, entry: Entry) -> spec.Param | None:
    """The param with its value in force, or None where it is refused (and reported)."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.ParamDeclaration)
    try:
        default = _default(program, entry, declaration)
        value = _set(program, declaration, default)
        value = program.pinned.get(entry, value)
    except Refused:
        return None
    low, high, choices = _domain(program, declaration.type)
    return spec.Param(declaration.name.id, value, default, low, high, choices, declaration.doc)


def _default(program: Program, entry: Entry, declaration: ast.ParamDeclaration) -> spec.Value:
    type_ = declaration.type
    for name in type_.names if type_ else ():
        if not is_known(name):
            _unknown_type(program, name)
    if declaration.default is None:
        if declaration.name.id in program.settings:
            return None
        program.problems.error(
            "AD213",
            f"the param `{declaration.name.id}` has no value",
            declaration.name.span,
            "declared without a default",
            help=f"write `= ...` here, or set it: --set {declaration.name.id}=...",
        )
        raise Refused()
    value = evaluate(program, Env(entry.scope), declaration.default)
    return _conform(program, declaration, value, declaration.default.span)


def _unknown_type(program: Program, name: ast.TypeName) -> None:
    words = ("int", "real", "bool", "string", "none")
    program.problems.error(
        "AD229",
        f"there is no type `{name.name}` here",
        name.span,
        "not known",
        help=did_you_mean(name.name, words) or f"one of {', '.join(words)}",
    )
    raise Refused()


def _conform(
    program: Program, declaration: ast.ParamDeclaration, value: spec.Value, at: Span
) -> spec.Value:
    if declaration.type is None:
        return value
    return conform(program, declaration.type, value, at, f"the param `{declaration.name.id}`")


def _set(program: Program, declaration: ast.ParamDeclaration, default: spec.Value) -> spec.Value:
    name = declaration.name.id
    if name not in program.settings:
        return default
    expr = _read_setting(name, program.settings[name], _takes_text(declaration.type, default))
    value = evaluate(program, Env(program.empty_scope), expr)
    return conform_param(program, declaration, default, value, expr.span)


def conform_param(
    program: Program,
    declaration: ast.ParamDeclaration,
    default: spec.Value,
    value: spec.Value,
    at: Span,
) -> spec.Value:
    """A value written at `at` as one of the param. Reports and raises Refused where it is none."""
    if declaration.type is None and type(default) is not type(value):
        widened = isinstance(default, float) and isinstance(value, int)
        if default is not None and not widened:
            _refuse_type(program, declaration.name.id, default, at)
    return _conform(program, declaration, value, at)


def _takes_text(type_: ast.TypeExpr | None, default: spec.Value) -> bool:
    if type_ is None or not type_.names:
        return isinstance(default, str)
    return any(name.name == "string" for name in type_.names)


def _refuse_type(program: Program, name: str, default: spec.Value, at: Span) -> None:
    program.problems.error(
        "AD224",
        f"the param `{name}` is set to a value of another type than its default",
        at,
        "set here",
        help=f"write a value like its default, {default}",
    )
    raise Refused()


def _read_setting(name: str, text: str, takes_text: bool) -> ast.Expr:
    """A setting as an expression; text that is none stands for itself where text is taken."""
    source = Source(f"--set {name}", text)
    whole = Span(source, 0, len(text))
    prefix = "ad 1 param setting = "
    file, found = parse(Source(source.name, prefix + text))
    one = len(file.declarations) == 1 and not found
    declaration = file.declarations[0] if one else None
    if isinstance(declaration, ast.ParamDeclaration) and declaration.default is not None:
        literal = _relocated(declaration.default, whole)
        if literal is not None and not (takes_text and isinstance(literal, ast.Name)):
            return literal
    return ast.String(whole, text)


def _relocated(expr: ast.Expr, at: Span) -> ast.Expr | None:
    """The literal with its span in the text that the user wrote; None for anything else."""
    if isinstance(expr, ast.Number):
        return ast.Number(at, expr.value)
    if isinstance(expr, ast.String):
        return ast.String(at, expr.value)
    if isinstance(expr, ast.Bool):
        return ast.Bool(at, expr.value)
    if isinstance(expr, ast.NoneValue):
        return ast.NoneValue(at)
    if isinstance(expr, ast.Unary) and expr.op == "-":
        operand = _relocated(expr.operand, at)
        return ast.Unary(at, "-", operand) if operand is not None else None
    if isinstance(expr, ast.ListOf):
        items = [_relocated(item, at) for item in expr.items]
        return ast.ListOf(at, tuple(i for i in items if i is not None)) if all(items) else None
    return None


def _domain(
    program: Program, type_: ast.TypeExpr | None
) -> tuple[float | None, float | None, tuple[spec.Value, ...] | None]:
    if type_ is None or type_.domain is None:
        return None, None, None
    env = Env(program.empty_scope)
    if isinstance(type_.domain, ast.Range):
        ends = [
            None if end is None else evaluate(program, env, end)
            for end in (type_.domain.low, type_.domain.high)
        ]
        low, high = (float(e) if isinstance(e, int | float) else None for e in ends)
        return low, high, None
    choices = evaluate(program, env, type_.domain)
    return None, None, choices if isinstance(choices, tuple) else (choices,)


def check_settings(program: Program, declared: Collection[str]) -> None:
    """Refuses a `--set` of a param that the file does not declare."""
    for name, text in program.settings.items():
        if name in declared:
            continue
        source = Source("--set", f"{name}={text}")
        program.problems.error(
            "AD211",
            f"the spec has no param named `{name}`",
            Span(source, 0, len(name)),
            "set here",
            help=did_you_mean(name, declared)
            or (f"its params are {', '.join(declared)}" if declared else "it declares no params"),
        )
