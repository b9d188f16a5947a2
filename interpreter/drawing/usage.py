"""How often a finished job ran each node of a network, read from the folder of its run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autodesign.dsl import spec
from autodesign.interpreter.drawing.graph import nested
from autodesign.interpreter.jobs.directory import RunDirectory
from autodesign.interpreter.jobs.failures import listed, refused
from autodesign.interpreter.jobs.result import Result


@dataclass(frozen=True, slots=True)
class Usage:
    """The share of test examples that ran each node, by dotted path, and where that is from."""

    rates: Mapping[str, float]
    remark: str


def usage(checked: spec.Spec, network: spec.Network, run: Path, job: str | None) -> Usage:
    """Of the job in `run` that trained the network, or the one named. Raises SpecError AD988."""
    place = RunDirectory(run)
    trained = [one for one in checked.jobs.values() if isinstance(one, spec.Train)]
    jobs = [one.name for one in trained if one.network.name == network.name]
    done = [name for name in jobs if place.job(name).result.exists() and job in (None, name)]
    if not done:
        wanted = f"no finished job `{job}`" if job else f"no finished job of `{network.name}`"
        raise refused(
            "AD988",
            f"there is {wanted} in {run}",
            notes=[f"The jobs of `{network.name}` are {listed(jobs)}."] if jobs else [],
            help="name the folder of a run of this spec with --run, and a job with --job",
        )
    if len(done) > 1:
        raise refused(
            "AD988",
            f"{run} holds several jobs of `{network.name}`: {listed(done)}",
            help=f"name one of them, as in --job {done[0]}",
        )
    result = Result.read(place.job(done[0]).result)
    if not result.examples or not set(_paths(network)) >= result.rates.keys():
        raise refused(
            "AD988",
            f"the job `{done[0]}` in {run} does not tell how often the nodes of "
            f"`{network.name}` ran",
            help="draw the spec that is kept there, "
            f"{run / 'spec.ad'}, or train the network on data with a test split",
        )
    remark = f"coloured by the share of {result.examples:,} test examples of {done[0]}"
    return Usage(result.rates, remark)


def _paths(network: spec.Network, prefix: str = "") -> list[str]:
    """All nodes by dotted path."""
    found = []
    for node in network.nodes:
        found.append(prefix + node.name)
        for step in nested(node):
            found += _paths(step.network, f"{prefix}{node.name}.{step.label}.")
    return found
