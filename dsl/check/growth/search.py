"""A search: what is sought among the architectures of a growth, and how."""

from collections.abc import Callable
from typing import TypeVar

from autodesign.dsl.check import clauses
from autodesign.dsl.check.growth.actions import inserted
from autodesign.dsl.check.growth.baseline import check_baseline
from autodesign.dsl.check.growth.bounds import read_until
from autodesign.dsl.check.growth.criteria import read_criteria, read_reports
from autodesign.dsl.check.growth.data import check_data
from autodesign.dsl.check.growth.extractors import extractors_of
from autodesign.dsl.check.growth.growth import check_layers, layers_in
from autodesign.dsl.check.growth.method import read_method
from autodesign.dsl.check.growth.reading import Seeking, errors
from autodesign.dsl.check.growth.training import read_training
from autodesign.dsl.check.jobs import data_named, named
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.values import Env, Refused
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.grow import first
from autodesign.dsl.grow.grow import Inherit
from autodesign.dsl.grow.space import Plan, space_of
from autodesign.dsl.growth import Move, Search, Until
from autodesign.dsl.resolve.scope import Entry
from autodesign.dsl.syntax import ast

T = TypeVar("T")
BATCH = 16
INHERIT: tuple[Inherit, ...] = ("reinit", "overlap", "identity")
OF_TRAIN = {
    "using": "name the optimiser of the training: `train RECIPE using Adam(lr=1e-3) for ...`",
    "epochs": "say how long a candidate trains: `train RECIPE using Adam(lr=1e-3) for 3 epochs`",
    "schedule": "leave it out: candidates train at one rate",
    "keep": "leave it out: candidates are compared by the goals of the search",
    "patience": "leave it out: all candidates train equally long",
    "clip": "leave it out",
    "precision": "leave it out: candidates train in float32",
    "from": "leave it out: a candidate starts from its parent",
}


def check_search(program: Program, entry: Entry) -> Search | None:
    """The search, or None where it is refused (and reported)."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.SearchDeclaration)
    before = errors(program)
    env = Env(entry.scope)
    subject = named(program, env, declaration.subject, ("growth",), "a growth")
    growth = None if subject is None else program.growth(subject)
    data = data_named(program, env, declaration.data)
    _refuse_clauses(program, declaration)
    if growth is None or data is None:
        return None
    at = Seeking(program, env, declaration, entry, growth, data, first(growth, program.library))
    try:
        check_data(at)
        found = _search(at)
    except Refused:
        return None
    return None if errors(program) > before else found


def _search(at: Seeking) -> Search:
    declaration, program = at.declaration, at.program
    written = clauses.once(program, declaration)
    batch = clauses.whole(program, at.env, written.get("batch"), 1)
    seed = clauses.whole(program, at.env, written.get("seed"), 0)
    inherit = _inherit(program, written.get("inherit"))
    trainings, goals = _tried(at, read_training), _tried(at, read_criteria)
    told, ways = _tried(at, read_reports), _tried(at, read_method)
    ends = [read_until(at, *way) for way in ways]
    if not (trainings and goals and told and ends):
        raise Refused()
    (training,), (criteria,), (reports,), (until,) = trainings, goals, told, ends
    method, path = ways[0]
    _check_size(at, path, until)
    baseline = check_baseline(at, criteria, until)
    extractors = extractors_of(at, (*criteria, *reports))
    size = BATCH if batch is None else batch
    plan = Plan(at.growth, at.data, method, path, until, training, size)
    return Search(
        name=declaration.name.id,
        growth=at.growth,
        data=at.data,
        criteria=criteria,
        method=method,
        path=path,
        training=training,
        until=until,
        inherit=inherit,
        batch=size,
        seed=seed or 0,
        reports=reports,
        space=space_of(plan, program.library),
        baseline=baseline,
        extractors=extractors,
        span=declaration.name.span,
        doc=declaration.doc,
    )


def _check_size(at: Seeking, path: tuple[Move, ...], until: Until) -> None:
    """Refuses a search whose candidates may have too many layers."""
    begin = sum(layers_in(grown.network) for grown in at.growth.networks)
    if path:
        most = begin + sum(map(inserted, path))
    else:
        most = begin + until.layers * max(map(inserted, at.growth.moves))
    check_layers(at.program, most, at.declaration.name.span)


def _tried(at: Seeking, read: Callable[[Seeking], T]) -> list[T]:
    """What a part of the search says; nothing where it is refused, so that others are read too."""
    try:
        return [read(at)]
    except Refused:
        return []


def _refuse_clauses(program: Program, declaration: ast.SearchDeclaration) -> None:
    """Refuses what belongs in a `train` job."""
    for item in declaration.items:
        if not isinstance(item, ast.Clause):
            continue
        if item.keyword in OF_TRAIN or item.field is not None:
            by = "stratified by" if item.field is not None else item.keyword
            program.problems.error(
                "AD614",
                f"`{by}` does not belong in a search",
                item.span,
                "in a `train` job it would",
                help=OF_TRAIN.get(item.keyword, "leave it out"),
            )


def _inherit(program: Program, clause: ast.Clause | None) -> Inherit:
    if clause is None:
        return "overlap"
    expr = clause.values[0]
    word = expr.id if isinstance(expr, ast.Name) else ""
    for known in INHERIT:
        if word == known:
            return known
    program.problems.error(
        "AD711",
        f"`inherit` is one of {', '.join(INHERIT)}",
        expr.span,
        "this is something else",
        help=did_you_mean(word, INHERIT) or "write `inherit overlap`",
    )
    return "overlap"
