"""What the analysis of a network found that deserves a warning, and the warnings."""

from collections.abc import Mapping, Sequence

from autodesign.dsl.check.presence.example import Example
from autodesign.dsl.diagnostics.diagnostic import Label, Problems
from autodesign.dsl.record import record
from autodesign.dsl.spec import Edge, Node, Output, Presence
from autodesign.dsl.syntax import ast

LABELS = 4
"""Further places shown with one warning, at most."""


@record
class Unused:
    """From `position` on, the alternatives of an edge (the default is the last) are never used.

    `holder` is the node or the output that the edge leads to.
    """

    holder: str
    edge: Edge
    position: int


@record
class Findings:
    """What holds of a network, as far as there may be something to warn of.

    `runs` and `present` are those of `spec.Analysis`. `null` has an example for each output that is
    sometimes null (None: there are too many outputs, or the analysis was `cut` short before it
    could tell). `silent` nodes never give a value, because a network in them never does.
    """

    runs: Mapping[str, Presence]
    present: Mapping[str, Presence]
    null: Mapping[str, Example | None]
    unused: tuple[Unused, ...]
    silent: frozenset[str]
    cut: bool

    def never_runs(self, name: str) -> bool:
        return self.runs.get(name) == "never"

    def never_gives(self, name: str) -> bool:
        return self.never_runs(name) or name in self.silent


def diagnose(
    network: ast.Name,
    nodes: Sequence[Node],
    outputs: Sequence[Output],
    findings: Findings,
    problems: Problems,
) -> None:
    """Warns of all that was found in the network of that name."""
    by_name = {n.name: n for n in nodes}
    _warn_never(nodes, by_name, findings, problems)
    for node in nodes:
        if node.kind == "control" and not findings.never_runs(node.name):
            _warn_idle(node, findings, problems)
    for output in outputs:
        _warn_output(output, by_name, findings, problems)
    for unused in findings.unused:
        if not findings.never_runs(unused.holder):
            _warn_unused(unused, problems)
    if findings.cut:
        _warn_cut(network, problems)


def _warn_never(
    nodes: Sequence[Node], by_name: Mapping[str, Node], findings: Findings, problems: Problems
) -> None:
    """One warning for each first cause; what follows from it is shown along with it."""
    cause: dict[str, str] = {}
    for node in nodes:
        if findings.never_runs(node.name):
            before = _missing(node, findings)
            cause[node.name] = cause.get(before, node.name) if before else node.name
    for name in dict.fromkeys(cause.values()):
        after = [by_name[n] for n, first in cause.items() if first == name != n]
        node = by_name[name]
        code, what = ("AD353", "control node") if node.kind == "control" else ("AD350", "node")
        related = [Label(n.span, f"so `{n.name}` never runs either") for n in after[:LABELS]]
        more = len(after) - LABELS
        problems.warn(
            code,
            f"the {what} `{name}` never runs, whatever is decided",
            node.span,
            _why_never(node, findings),
            related=related,
            notes=[f"neither do {more} more that wait for it"] if more > 0 else [],
            help="give its arguments a default (`A ?? 0`) or an alternative (`A ?? B`), activate it"
            " together with what it reads, or take it out",
        )


def _missing(node: Node, findings: Findings) -> str | None:
    """Something that never comes and without which the node cannot run; None if all may come."""
    for edge in node.inputs:
        if edge.default is None and all(map(findings.never_gives, edge.sources)):
            return edge.sources[0]
    controls = [control for control, _ in node.controllers]
    return controls[0] if controls and all(map(findings.never_gives, controls)) else None


def _why_never(node: Node, findings: Findings) -> str:
    missing = _missing(node, findings)
    if missing is not None:
        return f"the network in `{missing}` never gives a value"
    if node.controllers:
        return "one of its arguments is null whenever this is activated"
    return "its arguments are never there together"


def _warn_idle(node: Node, findings: Findings, problems: Problems) -> None:
    targets = [target for action in node.targets for target in action]
    if all(map(findings.never_runs, targets)):
        problems.warn(
            "AD354",
            f"the decisions of `{node.name}` change nothing",
            node.span,
            "no node that it controls ever runs" if targets else "it controls only `skip`",
            help="let it control a node that can run, or take it out: it costs multiplications",
        )


def _warn_output(
    output: Output, by_name: Mapping[str, Node], findings: Findings, problems: Problems
) -> None:
    edge, name = output.edge, output.name
    if findings.present[name] == "never":
        problems.warn(
            "AD352",
            f"the output `{name}` is always null",
            edge.span,
            "nothing here ever has a value",
            help="let it read a node that can run",
        )
    elif findings.present[name] == "sometimes":
        example = findings.null[name]
        problems.warn(
            "AD351",
            f"the output `{name}` can be null",
            edge.span,
            f"null when {_words(example, by_name)}" if example else "not always there",
            related=_places(example, by_name) if example else [],
            help=_mend_null(output, by_name, findings),
        )


def _mend_null(output: Output, by_name: Mapping[str, Node], findings: Findings) -> str:
    """A default where values meet, if the output reads a node that waits for several of them."""
    node = by_name.get(output.edge.sources[-1])
    if node and not node.controllers and len(node.inputs) > 1 and output.edge.default is None:
        arguments = ", ".join(
            edge.span.text if _always(edge, findings) else f"{edge.span.text} ?? 0"
            for edge in node.inputs
        )
        return (
            f"`{node.name}` waits for all of its arguments: give those that may be null a default, "
            f"`node {node.name}({arguments})`"
        )
    return (
        "give it a default or an alternative: "
        f"`output {output.name} = {output.edge.span.text} ?? 0`"
    )


def _always(edge: Edge, findings: Findings) -> bool:
    return edge.default is not None or any(
        findings.runs.get(source, "always") == "always" and source not in findings.silent
        for source in edge.sources
    )


def _words(example: Example, by_name: Mapping[str, Node]) -> str:
    parts = [f"`{q}` chooses {_choice(by_name[q], a)}" for q, a in example.actions.items()]
    parts += [f"the network in `{name}` gives no value" for name in example.nulls]
    if len(parts) > LABELS:
        parts[LABELS:] = [f"{len(parts) - LABELS} more decisions agree"]
    return " and ".join(parts)


def _choice(node: Node, action: int) -> str:
    targets = node.targets[action]
    if len(targets) > 1:
        return f"{{{', '.join(targets)}}}"
    return targets[0] if targets else "skip"


def _places(example: Example, by_name: Mapping[str, Node]) -> list[Label]:
    labels = [
        Label(by_name[q].span, f"chooses {_choice(by_name[q], a)}")
        for q, a in example.actions.items()
    ]
    labels += [Label(by_name[n].span, "gives no value") for n in example.nulls]
    return labels[:LABELS]


def _warn_unused(unused: Unused, problems: Problems) -> None:
    edge, position = unused.edge, unused.position
    default = [] if edge.default is None else [f"{edge.default:g}"]
    kept = " ?? ".join(edge.sources[:position])
    rest = " ?? ".join([*edge.sources[position:], *default])
    problems.warn(
        "AD355",
        f"`{rest}` is never used: `{kept}` is never null",
        edge.span,
        f"`{kept}` is always there",
        help=f"write `{kept}`",
    )


def _warn_cut(network: ast.Name, problems: Problems) -> None:
    problems.warn(
        "AD356",
        f"I cannot follow all decisions of `{network.id}`: too many depend on each other",
        network.span,
        "analysed only in part",
        notes=[
            "where I could not rule it out, a node is said to run sometimes and an output to be"
            " null; the least and greatest cost may not be reached, but are never passed"
        ],
        help="give data edges a default where a null does not matter, so that less depends on it",
    )
