"""The arguments of a pipeline in a job: data sets by their names, numbers, chains of layers."""

from collections.abc import Mapping

from autodesign.dsl.check.arguments import bind_block, match
from autodesign.dsl.check.data import data_of
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Chain, Env, Refused
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.spec import Call, Data, Value
from autodesign.dsl.syntax import ast


def bind_pipeline(
    program: Program, env: Env, entry: Entry, call: ast.Call
) -> tuple[Mapping[str, "Value | Chain"], Mapping[str, Data]]:
    """The arguments by parameter, and those of them that are data. Reports and raises Refused."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.PipelineDeclaration)
    bound = bind_block(program, env, entry, declaration.params, call)
    written = match(program, entry, declaration.params, call, {})
    data: dict[str, Data] = {}
    for param in declaration.params:
        if any(name.name == "data" for name in (param.type.names if param.type else ())):
            given = _written(param, written)
            where = env.scope if param.name.id in written else entry.scope
            data[param.name.id] = _data(program, Env(where), given, bound[param.name.id], param)
    return bound, data


def _written(param: ast.Param, written: Mapping[str, list[ast.Expr]]) -> ast.Expr:
    exprs = written.get(param.name.id)
    expr = exprs[0] if exprs else param.default
    assert expr is not None
    return expr


def _data(
    program: Program, env: Env, expr: ast.Expr, value: "Value | Chain", param: ast.Param
) -> Data:
    """The declared data set of that name; a source that is written out is one too."""
    entry = env.scope.find(expr.id) if isinstance(expr, ast.Name) else None
    if entry is not None and isinstance(entry.declaration, ast.DataDeclaration):
        found = program.data(entry)
    else:
        assert isinstance(value, Call)
        found = data_of(program, param.name.id, value, expr, expr.span)
    if found is None:
        raise Refused()
    return found
