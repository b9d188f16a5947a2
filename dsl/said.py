"""Values as a spec writes them."""

from autodesign.dsl import spec


def said(value: spec.Value) -> str:
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
