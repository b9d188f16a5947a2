"""Whether a value is of a declared type: `int or int[2] in 1..`, `[real]`, `data`."""

from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused, evaluate
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.resolve.scope import with_article
from autodesign.dsl.source import Span
from autodesign.dsl.spec import Call, Value
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.format import print_expr

BASE = ("int", "real", "bool", "string", "none")
CALLED = (
    "data",
    "exploration",
    "loss",
    "metric",
    "optimizer",
    "schedule",
    "method",
    "layer",
    "job",
    "recipe",
    "search",
    "fade",
    "criterion",
    "extractor",
    "move",
    "trained",
)


def conform(program: Program, type_: ast.TypeExpr, value: Value, at: Span, what: str) -> Value:
    """The value as the type has it (an int for a real becomes one). Reports and raises Refused.

    `what` names the parameter in the message ("`kernel_size` of Conv2d").
    """
    names = type_.names
    if names and not any(matches(name, value) for name in names):
        if isinstance(value, Call) and value.kind == "trained":
            _refuse_trained(program, names, value, at)
        program.problems.error(
            "AD224",
            f"{what} takes {describe(type_)}",
            at,
            f"this is {describe_value(value)}",
            help=f"write {_sample(names[0])}",
        )
        raise Refused()
    if type_.domain is not None:
        _in_domain(program, type_.domain, value, at, what)
    return _widened(names, value)


def check_chain(program: Program, type_: ast.TypeExpr, at: Span, what: str) -> None:
    """Refuses a chain of layers where the type is of values. Reports and raises Refused."""
    if not any(name.name == "layer" for name in type_.names):
        program.problems.error(
            "AD224",
            f"{what} takes {describe(type_) or 'a value'}",
            at,
            "this is a chain of layers",
            help=f"write {_sample(type_.names[0]) if type_.names else 'one of its values'}",
        )
        raise Refused()


def _refuse_trained(program: Program, names: tuple[ast.TypeName, ...], job: Call, at: Span) -> None:
    """Refuses the job of a network where examples are to come of one."""
    if any(name.name == "job" for name in names):
        from autodesign.dsl.check.pipeline.made import refuse_maker

        raise refuse_maker(program, job.name, "is the job of a network", at, job.span)


def matches(name: ast.TypeName, value: Value) -> bool:
    """Whether a value is of one type, its domain aside."""
    if name.of is not None:
        inner = name.of.names
        return isinstance(value, tuple) and all(
            any(matches(n, item) for n in inner) for item in value
        )
    if name.dims:
        length = name.dims[0].value if isinstance(name.dims[0], ast.Number) else None
        single = ast.TypeName(name.span, name.name)
        return (
            isinstance(value, tuple)
            and len(value) == length
            and all(matches(single, item) for item in value)
        )
    return _matches_base(name.name, value)


def _matches_base(name: str, value: Value) -> bool:
    if name == "none":
        return value is None
    if name == "bool":
        return isinstance(value, bool)
    if name == "string":
        return isinstance(value, str)
    if isinstance(value, bool):
        return False
    if name == "int":
        return isinstance(value, int)
    if name == "real":
        return isinstance(value, int | float)
    return isinstance(value, Call) and value.kind == name


def _widened(names: tuple[ast.TypeName, ...], value: Value) -> Value:
    if isinstance(value, tuple):
        inner = tuple(one for name in names for one in _of_items(name))
        return tuple(_widened(inner, item) for item in value)
    kinds = {name.name for name in names}
    if isinstance(value, int) and not isinstance(value, bool) and "real" in kinds:
        return float(value) if "int" not in kinds else value
    return value


def _of_items(name: ast.TypeName) -> tuple[ast.TypeName, ...]:
    """The types of the items of a list."""
    if name.of is not None:
        return name.of.names
    return (ast.TypeName(name.span, name.name),) if name.dims else ()


def _in_domain(program: Program, domain: ast.Expr, value: Value, at: Span, what: str) -> None:
    env = Env(program.empty_scope)
    if isinstance(domain, ast.Range):
        low = None if domain.low is None else evaluate(program, env, domain.low)
        high = None if domain.high is None else evaluate(program, env, domain.high)
        for number in _numbers(value):
            below = isinstance(low, int | float) and number < low
            above = isinstance(high, int | float) and number > high
            if below or above:
                _outside(program, value, f"{what} must lie in {print_expr(domain)}", at, "")
        return
    choices = evaluate(program, env, domain)
    if not isinstance(choices, tuple) or not isinstance(value, str | int | float):
        return
    if value not in choices:
        listed = ", ".join(str(choice) for choice in choices)
        guess = did_you_mean(value, map(str, choices)) if isinstance(value, str) else ""
        _outside(program, value, f"{what} is one of {listed}", at, guess)


def _outside(program: Program, value: Value, message: str, at: Span, guess: str) -> None:
    program.problems.error(
        "AD225",
        message,
        at,
        f"{describe_value(value)} is not",
        help=guess or "choose a value inside",
    )
    raise Refused()


def _numbers(value: Value) -> list[int | float]:
    if isinstance(value, tuple):
        return [n for item in value for n in _numbers(item)]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    return []


def describe(type_: ast.TypeExpr) -> str:
    """A type in words, for messages: "an int or 2 ints"."""
    return " or ".join(_describe_name(name) for name in type_.names)


def _describe_name(name: ast.TypeName) -> str:
    if name.of is not None:
        return f"a list of {' or '.join(n.name for n in name.of.names)}s"
    if name.dims:
        return f"a list of {print_expr(name.dims[0])} {name.name}s"
    words = {
        "int": "a whole number",
        "real": "a number",
        "bool": "true or false",
        "none": "none",
        "string": "text in quotes",
        "trained": "the name of a `train` job",
    }
    return words.get(name.name, with_article(name.name))


def describe_value(value: Value) -> str:
    """A value in words, for messages."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'the text "{value if len(value) < 40 else value[:37] + "..."}"'
    if isinstance(value, Call):
        return f"the {value.kind} {value.name}"
    if isinstance(value, tuple):
        inner = ", ".join(str(v) if not isinstance(v, Call) else v.name for v in value[:6])
        return f"the list [{inner}{', ...' if len(value) > 6 else ''}]"
    return f"the number {value}"


def _sample(name: ast.TypeName) -> str:
    samples = {"int": "a whole number such as 3", "real": "a number such as 0.5", "none": "none"}
    if name.of is not None or name.dims:
        return "it as a list in brackets, such as [1, 2]"
    if name.name == "trained":
        return "the name of a job that trains a network"
    if name.name in CALLED:
        return f"{with_article(name.name)} by its name"
    return samples.get(name.name, "true or false" if name.name == "bool" else 'text, as in "this"')


def is_known(name: ast.TypeName) -> bool:
    """Whether a type name can stand on a param or an argument."""
    if name.of is not None:
        return all(is_known(n) for n in name.of.names)
    return name.name in BASE or name.name in CALLED
