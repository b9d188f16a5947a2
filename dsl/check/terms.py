"""Goals and reports: `lam * F1(y, label) + (1 - lam) * (1 - cost / cost(N1, N2))`."""

from collections.abc import Mapping

from autodesign.dsl.check.edges import unknown_node
from autodesign.dsl.check.measures import check_measure, number
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.record import record
from autodesign.dsl.resolve.scope import unknown, wrong_kind
from autodesign.dsl.spec import (
    Arithmetic,
    Constant,
    Cost,
    CostOf,
    Data,
    FieldType,
    FieldValue,
    Measure,
    Negative,
    Network,
    OutputValue,
    Paths,
    Shape,
    Term,
    TimeOf,
)
from autodesign.dsl.syntax import ast


@record
class Subject:
    """What a job is about: the names its goals can speak of."""

    network: Network
    outputs: Mapping[str, Shape]
    fields: Mapping[str, FieldType] | None

    @classmethod
    def of(cls, network: Network, data: Data) -> "Subject":
        outputs = {output.name: output.edge.shape for output in network.outputs}
        return cls(network, outputs, data.fields)


def check_term(program: Program, env: Env, subject: Subject, expr: ast.Expr) -> Term:
    """A goal or report as a term. Reports and raises Refused."""
    if isinstance(expr, ast.Number):
        return Constant(number(program, env, expr))
    if isinstance(expr, ast.Name):
        return _name(program, env, subject, expr)
    if isinstance(expr, ast.Unary) and expr.op == "-":
        return Negative(check_term(program, env, subject, expr.operand))
    if isinstance(expr, ast.Binary) and expr.op in "+-*/^":
        left = check_term(program, env, subject, expr.left)
        right = check_term(program, env, subject, expr.right)
        return _no_paths(program, Arithmetic(expr.op, left, right), expr)
    if isinstance(expr, ast.Call) and isinstance(expr.function, ast.Name):
        return _call(program, env, subject, expr, expr.function)
    program.problems.error(
        "AD702",
        "a goal is arithmetic over metrics, losses, outputs, params, cost and time",
        expr.span,
        "this is something else",
        help="write for example `F1(y, label) - 0.1 * cost / cost(N1)`",
    )
    raise Refused()


def _no_paths(program: Program, term: Arithmetic, expr: ast.Binary) -> Term:
    if isinstance(term.left, Paths) or isinstance(term.right, Paths):
        program.problems.error(
            "AD708",
            "`paths` is a table and cannot be reckoned with",
            expr.span,
            "reckoned with here",
            help="name `paths` alone, in `report`",
        )
        raise Refused()
    return term


def _name(program: Program, env: Env, subject: Subject, name: ast.Name) -> Term:
    output = name.id in subject.outputs
    field = subject.fields is not None and name.id in subject.fields
    if output and field:
        program.problems.error(
            "AD718",
            f"`{name.id}` is both an output of `{subject.network.name}` and a field of the data",
            name.span,
            "which of the two?",
            help="give the output another name",
        )
        raise Refused()
    if output:
        return OutputValue(name.id)
    if field:
        return FieldValue(name.id)
    if name.id == "cost":
        return Cost()
    if name.id == "time":
        return Cost("time")
    if name.id == "paths":
        return Paths()
    return _param(program, env, subject, name)


def _param(program: Program, env: Env, subject: Subject, name: ast.Name) -> Term:
    entry = env.scope.find(name.id)
    if entry is None:
        choices = [*subject.outputs, *(subject.fields or ()), *env.scope.names(("param",))]
        program.problems.error(
            "AD701",
            f"I cannot find `{name.id}`",
            name.span,
            "no output, field or param",
            help=did_you_mean(name.id, [*choices, "cost", "time", "paths"])
            or f"there are {', '.join(choices)} and cost",
        )
        raise Refused()
    if entry.kind in ("metric", "loss"):
        program.problems.error(
            "AD706",
            f"{name.id} stands here without what it is applied to",
            name.span,
            f"a {entry.kind}",
            help=f"write `{name.id}(y, label)`, with an output and a field of the data",
        )
        raise Refused()
    if entry.kind != "param":
        wrong_kind(program.problems, name, entry, "an output, field or param")
        raise Refused()
    return Constant(number(program, env, name))


def _call(program: Program, env: Env, subject: Subject, call: ast.Call, name: ast.Name) -> Term:
    if name.id == "cost":
        return _cost_of(program, subject, call)
    if name.id == "time":
        return _time_of(program, subject, call)
    entry = env.scope.find(name.id)
    if entry is None:
        _unknown_measure(program, env, name)
        raise Refused()
    if entry.kind not in ("metric", "loss"):
        wrong_kind(program.problems, name, entry, "a metric or loss")
        raise Refused()
    return check_measure(program, env, entry, call, subject.outputs, subject.fields)


def _unknown_measure(program: Program, env: Env, name: ast.Name) -> None:
    for module in program.library.modules():
        if module.startswith("std.metrics") and name.id in program.declared_in(module):
            program.problems.error(
                "AD201",
                f"I cannot find a metric or loss named `{name.id}`",
                name.span,
                "not declared in this file",
                help=f"take it from the library: use {module} ({name.id})",
            )
            return
    unknown(program.problems, name, env.scope, ("metric", "loss"), "a metric or loss")


def _cost_of(program: Program, subject: Subject, call: ast.Call) -> Term:
    names = _nodes(program, subject, call)
    value = sum(subject.network.node(name).greatest for name in names)
    if value == 0:
        program.problems.error(
            "AD707",
            "these nodes make no multiplications",
            call.span,
            "this is 0",
            help="name the nodes of a path, as in `cost(N1, N2)`",
        )
        raise Refused()
    return CostOf(names, value)


def _time_of(program: Program, subject: Subject, call: ast.Call) -> Term:
    names = _nodes(program, subject, call)
    if not names:
        program.problems.error(
            "AD772",
            "`time()` names no node",
            call.span,
            "this is 0",
            help="name the nodes of a path, as in `time(N1, N2)`, or write `time` for what an "
            "example takes",
        )
        raise Refused()
    return TimeOf(names)


def _nodes(program: Program, subject: Subject, call: ast.Call) -> tuple[str, ...]:
    """The nodes that `cost(...)` or `time(...)` names. Reports and raises Refused."""
    known = [node.name for node in subject.network.nodes]
    for arg in call.args:
        if not (isinstance(arg, ast.Name) and arg.id in known):
            named = arg if isinstance(arg, ast.Name) else ast.Name(arg.span, arg.span.text)
            unknown_node(program, named, known, "a node")
            raise Refused()
    return tuple(arg.id for arg in call.args if isinstance(arg, ast.Name))


def measures(term: Term) -> list[Measure]:
    """All metrics and losses in a term."""
    if isinstance(term, Measure):
        return [term]
    if isinstance(term, Arithmetic):
        return measures(term.left) + measures(term.right)
    return measures(term.operand) if isinstance(term, Negative) else []


def mentions_cost(term: Term) -> bool:
    """Whether a term depends on what the network executes."""
    if isinstance(term, Arithmetic):
        return mentions_cost(term.left) or mentions_cost(term.right)
    if isinstance(term, Negative):
        return mentions_cost(term.operand)
    return isinstance(term, Cost)


def mentions_output(term: Term) -> bool:
    """Whether a term depends on an output of the network."""
    if isinstance(term, Arithmetic):
        return mentions_output(term.left) or mentions_output(term.right)
    if isinstance(term, Negative):
        return mentions_output(term.operand)
    if isinstance(term, Measure):
        return any(isinstance(value, OutputValue) for value in term.inputs)
    return isinstance(term, OutputValue)
