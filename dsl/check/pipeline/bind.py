"""The arguments of a pipeline in a job: data sets by their names, numbers, chains of layers."""

from collections.abc import Mapping

from autodesign.dsl.check.arguments import bind_written
from autodesign.dsl.check.data import data_of
from autodesign.dsl.check.pipeline.short import Played, say_where
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Chain, Refused, Written
from autodesign.dsl.spec import Call, Data, Value
from autodesign.dsl.syntax import ast


def bind_pipeline(
    program: Program, played: Played
) -> tuple[Mapping[str, "Value | Chain"], Mapping[str, Data]]:
    """The arguments by parameter, and those of them that are data. Reports and raises Refused."""
    declaration = played.entry.declaration
    assert isinstance(declaration, ast.PipelineDeclaration)
    before = len(program.problems.found)
    try:
        bound, written = bind_written(
            program, played.env, played.entry, declaration.params, played.call
        )
        data: dict[str, Data] = {}
        for param in declaration.params:
            if any(name.name == "data" for name in (param.type.names if param.type else ())):
                name = param.name.id
                data[name] = _data(program, written[name], bound[name], param)
    finally:
        say_where(program, before, played.through)
    return bound, data


def _data(program: Program, written: Written, value: "Value | Chain", param: ast.Param) -> Data:
    """The declared data set of that name; a source that is written out is one too."""
    expr, env = written
    name = expr.id if isinstance(expr, ast.Name) and expr.id not in env.locals else None
    entry = None if name is None else env.scope.find(name)
    if entry is not None and isinstance(entry.declaration, ast.DataDeclaration):
        found = program.data(entry)
    else:
        assert isinstance(value, Call)
        found = data_of(program, param.name.id, value, expr, expr.span)
    if found is None:
        raise Refused()
    return found
