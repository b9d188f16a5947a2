"""A spec's text with its params as they are set, so that it says by itself what was run."""

from collections.abc import Mapping

from autodesign.dsl import spec
from autodesign.dsl.said import said
from autodesign.dsl.source import Source
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.parse import parse

SPEC = "spec.ad"


def settled(checked: spec.Spec) -> dict[str, str]:
    """The texts of the spec and of the files it uses, in which each param's default is the value in
    force: by path, the spec itself under `spec.ad`."""
    texts = {**checked.used, SPEC: checked.text}
    return {path: _settled(path, text, checked.params) for path, text in texts.items()}


def _settled(path: str, text: str, params: Mapping[str, spec.Param]) -> str:
    file, _ = parse(Source(path, text))
    return _replaced(text, file, params)


def _replaced(text: str, file: ast.File, params: Mapping[str, spec.Param]) -> str:
    written = [
        (declaration, params[declaration.name.id])
        for declaration in file.declarations
        if isinstance(declaration, ast.ParamDeclaration) and declaration.name.id in params
    ]
    for declaration, param in sorted(written, key=lambda pair: -pair[0].span.start):
        if param.value == param.default:
            continue
        if declaration.default is not None:
            place = declaration.default.span
            text = text[: place.start] + said(param.value) + text[place.end :]
        else:
            end = declaration.span.end
            text = f"{text[:end]} = {said(param.value)}{text[end:]}"
    return text
