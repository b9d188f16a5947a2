"""Data declarations: the source they name and the fields it has."""

from autodesign.dsl.check.misfit import refused
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.library import Misfit
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Data
from autodesign.dsl.syntax import ast


def check_data(program: Program, entry: Entry) -> Data | None:
    """The data set with its fields, or None where it is refused (and reported)."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.DataDeclaration)
    try:
        call = program.data_call(entry)
    except Refused:
        return None
    return data_of(program, declaration.name.id, call, declaration.source, declaration.name.span)


def data_of(program: Program, name: str, call: Call, source: ast.Expr, span: Span) -> Data | None:
    """A data set of a source that is written at `source`; None where it is refused."""
    try:
        fields = program.library.fields(call.module, call.name, call.args)
    except Misfit as misfit:
        at = _argument(source, misfit.argument)
        refused(program, misfit, call.name, at, "does not fit", "AD231")
        return None
    return Data(name, call, fields, span)


def _argument(source: ast.Expr, name: str | None) -> Span:
    """The place of an argument, wherever in the nested sources it is written."""
    if isinstance(source, ast.Call):
        for keyword in source.keywords:
            if keyword.name.id == name:
                return keyword.span
        for arg in source.args:
            found = _argument(arg, name)
            if found is not arg.span:
                return found
    return source.span
