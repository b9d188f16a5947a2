"""The networks of a growth as they begin: `generator G { ... }`, `network C { ... }`."""

from autodesign.dsl.check.network import instantiate
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.diagnostics.diagnostic import Label
from autodesign.dsl.grow.grow import image_shape
from autodesign.dsl.growth import Grown, Role
from autodesign.dsl.resolve.scope import Entry, Scope, twice
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Nested, Network
from autodesign.dsl.syntax import ast

ROLES: dict[str, Role] = {
    "generator": "generator",
    "discriminator": "discriminator",
    "network": "network",
}


def read_networks(
    program: Program, scope: Scope, declaration: ast.GrowthDeclaration
) -> tuple[Grown, ...]:
    """The networks of a growth. What is wrong is reported; raises Refused where one is refused."""
    items = [item for item in declaration.items if isinstance(item, ast.GrownItem)]
    if not items:
        program.problems.error(
            "AD603",
            f"the growth `{declaration.name.id}` has no network",
            declaration.name.span,
            "nothing grows",
            help="write for example `network C { input x: image[1, 8, 8] ... }` in it",
        )
        raise Refused()
    first: dict[str, Span] = {}
    for item in items:
        if first.setdefault(item.name.id, item.name.span) is not item.name.span:
            twice(program.problems, item.name, first[item.name.id])
    checked = [_grown(program, scope, item) for item in items]
    found = tuple(grown for grown in checked if grown is not None)
    if len(found) < len(first) or len(first) < len(items):
        raise Refused()
    _check_images(program, items, found)
    return found


def _grown(program: Program, scope: Scope, item: ast.GrownItem) -> Grown | None:
    written = ast.NetworkDeclaration(item.name.span, item.name, (), item.items, doc=item.doc)
    entry = Entry(written, scope)
    try:
        network = instantiate(program, entry, Env(scope), {})
    except Refused:
        return None
    if network is None or _decides(program, network, item.name.span):
        return None
    role = ROLES[item.role.id]
    return Grown(role, item.name.id, network, _head(role, network))


def _decides(program: Program, network: Network, at: Span) -> bool:
    """Whether a network, or one it uses as a layer, has control nodes (reported)."""
    for node in network.nodes:
        if node.kind == "control":
            program.problems.error(
                "AD604",
                f"`{network.name}` decides by its control node `{node.name}`, and a network that"
                " grows may not",
                node.span,
                "a control node",
                related=[Label(at, "this network grows")],
                help="let a growth find a static network, and train a dynamic one with `train`",
            )
            return True
        if any(_decides(program, s.network, at) for s in node.steps if isinstance(s, Nested)):
            return True
    return False


def _head(role: Role, network: Network) -> str:
    """The node that gives the image of a generator, or that reads that of another network."""
    if role == "generator":
        given = [one.edge.sources[0] for one in network.outputs if len(one.edge.shape) == 3]
        nodes = {node.name for node in network.nodes}
        return given[0] if given and given[0] in nodes else ""
    images = {given.name for given in network.inputs if len(given.shape) == 3}
    readers = [
        node.name for node in network.nodes for one in node.inputs if images & {*one.sources}
    ]
    return readers[0] if len(readers) == 1 else ""


def _check_images(
    program: Program, items: list[ast.GrownItem], networks: tuple[Grown, ...]
) -> None:
    """Refuses networks whose images differ: what one gives is what the others take."""
    first: tuple[Grown, ast.GrownItem, tuple[int, ...]] | None = None
    for grown, item in zip(networks, items, strict=True):
        shape = image_shape(grown, grown.network)
        if shape is None:
            continue
        if first is None:
            first = grown, item, shape
        elif shape != first[2]:
            program.problems.error(
                "AD605",
                f"{_said(grown)} {list(shape)}, and {_said(first[0])} {list(first[2])}",
                item.name.span,
                "images of another shape",
                related=[Label(first[1].name.span, "than here")],
                help=f"let both have images of shape {list(first[2])}",
            )
            raise Refused()


def _said(grown: Grown) -> str:
    verb = "gives" if grown.role == "generator" else "takes"
    return f"`{grown.name}` {verb} images of shape"
