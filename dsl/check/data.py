"""Data declarations: the source they name and the fields it has."""

from autodesign.dsl.check.misfit import refused
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Refused
from autodesign.dsl.library import Misfit
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Data
from autodesign.dsl.syntax import ast


def check_data(program: Program, entry: Entry) -> Data | None:
    """The data set with its fields, or None where it is refused (and reported)."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.DataDeclaration)
    try:
        call = program.data_call(entry)
    except Refused:
        return None
    try:
        fields = program.library.fields(call.module, call.name, call.args)
    except Misfit as misfit:
        at = _argument(declaration.source, misfit.argument)
        refused(program, misfit, call.name, at, "does not fit", "AD231")
        return None
    return Data(declaration.name.id, call, fields, declaration.name.span)


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
