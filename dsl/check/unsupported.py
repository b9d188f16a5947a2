"""Constructs that the language has and this version does not run yet: said plainly."""

from autodesign.dsl.diagnostics.diagnostic import Problems
from autodesign.dsl.syntax import ast

CODES: dict[type, tuple[str, str, str]] = {
    ast.GrowthDeclaration: ("AD601", "growth", "write the grown architecture out as a `network`"),
    ast.SearchDeclaration: ("AD602", "search", "train single candidates with `train`"),
}


def refuse_unsupported(problems: Problems, file: ast.File) -> None:
    """Refuses each declaration whose kind is known but not supported yet."""
    for declaration in file.declarations:
        if type(declaration) in CODES:
            code, kind, mend = CODES[type(declaration)]
            problems.error(
                code,
                f"a `{kind}` is known, and not supported yet",
                declaration.name.span,
                "this part of the language comes with a later version",
                help=mend,
            )
