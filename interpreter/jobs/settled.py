"""A spec's text with its params as they are set, so that it says by itself what was run."""

from collections.abc import Mapping

from autodesign.dsl import spec
from autodesign.dsl.source import Source
from autodesign.dsl.spec import Value
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.parse import parse


def settled(checked: spec.Spec) -> str:
    """The text of the spec in which each param's default is the value in force."""
    file, _ = parse(Source(checked.name, checked.text))
    return _replaced(checked.text, file, checked.params)


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


def said(value: Value) -> str:
    """A value as a spec writes it."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case tuple():
            return f"[{', '.join(said(item) for item in value)}]"
        case spec.Call(name=name, args=args):
            return f"{name}({', '.join(f'{k}={said(v)}' for k, v in args.items())})"
        case _:
            return repr(value)
