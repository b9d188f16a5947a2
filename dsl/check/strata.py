"""`batch 128 stratified by label`: the fields of the data that make classes."""

from collections.abc import Mapping

from autodesign.dsl.check.program import Program
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.spec import Data, FieldType
from autodesign.dsl.syntax import ast

KINDS = ("label", "flag")
"""Kinds of fields whose values are classes, one for each example"""


class Unstratifiable(Exception):
    """Batches cannot be stratified by a field; `help` is the mend."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message, self.help = message, help


def check_strata(program: Program, declaration: ast.TrainDeclaration, data: Data) -> None:
    """Reports batches stratified by what is no class (AD485).

    Fields that are known only once the data are there are looked at then.
    """
    for item in declaration.items:
        if not isinstance(item, ast.Clause) or item.field is None or data.fields is None:
            continue
        try:
            check_field(item.field.id, data.name, data.fields)
        except Unstratifiable as problem:
            program.problems.error(
                "AD485", problem.message, item.field.span, "no class", help=problem.help
            )


def check_field(name: str, data: str, fields: Mapping[str, FieldType]) -> None:
    """Raises Unstratifiable unless a field holds the class of each example."""
    classes = [field for field, type in fields.items() if type.kind in KINDS and not type.shape]
    if name in classes:
        return
    message = f"the data `{data}` have no field `{name}`"
    if name in fields:
        message = f"`{name}` of the data `{data}` is of the kind {fields[name].kind}, not a class"
    mend = (
        f"stratify by {' or '.join(f'`{c}`' for c in classes)}"
        if classes
        else ("leave `stratified by` out: these data have no classes")
    )
    raise Unstratifiable(message, did_you_mean(name, classes) or mend)
