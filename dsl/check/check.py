"""All of a file's declarations, checked into a Spec."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from autodesign.dsl import spec
from autodesign.dsl.check.network import instantiate, open_inputs
from autodesign.dsl.check.params import check_settings
from autodesign.dsl.check.program import Program
from autodesign.dsl.check.sweeps import check_sweep
from autodesign.dsl.check.unused import check_blocks, warn_unused
from autodesign.dsl.check.values import Chain, Env, Refused, evaluate
from autodesign.dsl.resolve.modules import Modules
from autodesign.dsl.resolve.scope import Entry, Scope
from autodesign.dsl.spec import Value
from autodesign.dsl.syntax import ast

T = TypeVar("T")


def check_file(
    file: ast.File, scope: Scope, modules: Modules, settings: Mapping[str, str]
) -> spec.Spec | None:
    """The checked spec, or None where anything in it is refused (and reported)."""
    program = Program(modules, settings)
    _check_params(program, scope)
    data = _all(scope, ast.DataDeclaration, program.data)
    networks = _all(scope, ast.NetworkDeclaration, lambda e: _network(program, e))
    metrics = _all(scope, ast.MetricDeclaration, program.metric)
    jobs: dict[str, spec.Job] = _all(scope, ast.TrainDeclaration, program.job)
    trained = [job.network for job in jobs.values() if isinstance(job, spec.Train)]
    networks = {network.name: network for network in trained} | networks
    sweeps = _all(scope, ast.SweepDeclaration, lambda e: check_sweep(program, e, jobs))
    growths = _all(scope, ast.GrowthDeclaration, program.growth)
    searches = _all(scope, ast.SearchDeclaration, program.search)
    _check_unplayed(program, scope)
    check_blocks(program, scope)
    check_settings(program, {entry.declaration.name.id for entry in program.params})
    warn_unused(program, file, scope)
    if modules.problems.refused:
        return None
    params = {p.name: p for p in program.params.values() if p is not None}
    return spec.Spec(
        name=file.source.name,
        params=params,
        data=data,
        networks=networks,
        jobs=jobs,
        text=file.source.text,
        used=modules.texts,
        metrics=metrics,
        sweeps=sweeps,
        growths=growths,
        searches=searches,
    )


def _all(scope: Scope, kind: type, check: Callable[[Entry], T | None]) -> dict[str, T]:
    found: dict[str, T] = {}
    taken = {name: entry for name, (entry, _) in scope.taken.items()}
    for name, entry in (taken | scope.own).items():
        if isinstance(entry.declaration, kind):
            checked = check(entry)
            if checked is not None:
                found[name] = checked
    return found


def _check_params(program: Program, scope: Scope) -> None:
    taken = {name: entry for name, (entry, _) in scope.taken.items()}
    for entry in [*scope.own.values(), *taken.values()]:
        if isinstance(entry.declaration, ast.ParamDeclaration):
            try:
                program.param(entry)
            except Refused:
                continue


def _check_unplayed(program: Program, scope: Scope) -> None:
    """Looks up the names in pipelines that no job plays."""
    for entry in scope.own.values():
        if entry.kind == "pipeline" and entry not in program.structures:
            from autodesign.dsl.check.pipeline.unplayed import check_unplayed

            check_unplayed(program, entry)


def _network(program: Program, entry: Entry) -> spec.Network | None:
    """A network with its defaults; one that is open, in a parameter without a default or in the
    sizes of an input, is checked where it is used."""
    declaration = entry.declaration
    assert isinstance(declaration, ast.NetworkDeclaration)
    if open_inputs(declaration):
        return None
    bound: dict[str, Value | Chain] = {}
    for param in declaration.params:
        if param.default is None:
            return None
        try:
            bound[param.name.id] = _default(program, entry, param, bound)
        except Refused:
            return None
    return instantiate(program, entry, Env(entry.scope, bound), {})


def _default(
    program: Program, entry: Entry, param: ast.Param, bound: Mapping[str, "Value | Chain"]
) -> "Value | Chain":
    from autodesign.dsl.check.chain import is_chain

    assert param.default is not None
    env = Env(entry.scope, dict(bound))
    if is_chain(env, param.default):
        return Chain(param.default, env)
    return evaluate(program, env, param.default)
