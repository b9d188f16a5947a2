"""Runs the jobs of a spec, in order, then its sweeps and searches, into a run directory."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from autodesign.dsl import spec
from autodesign.dsl.growth import Search
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.growth.identity import identity as identity_of_search
from autodesign.interpreter.growth.result import SearchResult
from autodesign.interpreter.growth.running import (
    as_asked,
    candidate_threads,
    check_data,
    check_request,
    engine_for,
    run_searches,
    with_baselines,
)
from autodesign.interpreter.jobs import directory as run_directory
from autodesign.interpreter.jobs import identity
from autodesign.interpreter.jobs.device import find_device, thread_count, threads
from autodesign.interpreter.jobs.directory import Facts, RunDirectory
from autodesign.interpreter.jobs.failures import listed, refused
from autodesign.interpreter.jobs.interruption import watched
from autodesign.interpreter.jobs.job import Setting, run_job
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.lock import held
from autodesign.interpreter.jobs.mishaps import explained
from autodesign.interpreter.jobs.ranks import Ranks, check_together, joined
from autodesign.interpreter.jobs.readiness import check_job
from autodesign.interpreter.jobs.report import write_report
from autodesign.interpreter.jobs.request import (
    Job,
    Request,
    identity_of,
    precision_of,
    resume_with,
)
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.jobs.settled import SPEC, settled
from autodesign.interpreter.jobs.sources import Sources
from autodesign.interpreter.jobs.starts import with_sources
from autodesign.interpreter.pipeline.played import module_of
from autodesign.interpreter.pipeline.weights import load
from autodesign.interpreter.sweeps.result import Row, SweepResult
from autodesign.interpreter.sweeps.sweep import (
    jobs_of,
    plan,
    point_threads,
    process_count,
    refuse_failures,
    run_sweep,
)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: where it is, the result of each job, sweep and search by name."""

    directory: Path
    results: Mapping[str, Result]
    sweeps: Mapping[str, SweepResult] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict, repr=False)
    searches: Mapping[str, SearchResult] = field(default_factory=dict)

    def players(self, job: str) -> dict[str, nn.Module]:
        """The players of a pipeline's job with the weights it has kept, on the CPU, in evaluation
        mode.

        Raises KeyError where this run has no such job.
        """
        found = self.jobs.get(job)
        if not isinstance(found, PipelineJob):
            raise KeyError(f"there is no pipeline's job {job!r} in this run")
        players = {player.name: module_of(player).eval() for player in found.pipeline.players}
        load(players, RunDirectory(self.directory).job(job))
        return players

    @property
    def rows(self) -> tuple[Row, ...]:
        """The finished points of its sweeps, those beside them last."""
        return tuple(row for one in self.sweeps.values() for row in (*one.rows, *one.beside))

    @property
    def table(self) -> str:
        """Its sweeps as Markdown tables: means and standard deviations over seeds."""
        return "\n\n".join(one.table for one in self.sweeps.values())


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be run: each job after those that it needs, each search after its baseline."""

    checked: spec.Spec
    request: Request
    jobs: Sequence[Job]
    sweeps: Sequence[spec.Sweep]
    searches: Sequence[Search]


def run(checked: spec.Spec, request: Request, listener: Listener) -> Run:
    """Runs all jobs, or the one asked for. Raises SpecError before and RunError after the start.

    A run that is refused leaves nothing behind. Points of a sweep that fail are passed over; that
    they did is the last that is raised.
    """
    with joined() as ranks:
        return _run(checked, request, listener if ranks.rank == 0 else Listener(), ranks)


def _run(checked: spec.Spec, request: Request, listener: Listener, ranks: Ranks) -> Run:
    named, sweeps, searches = chosen(checked, request.job)
    check_request(searches, request)
    searches = [as_asked(search, request) for search in with_baselines(searches)]
    jobs = with_sources([*named, *(job for search in searches for job in search.extractors)])
    device = find_device(request.device)
    check_together(ranks, jobs, [*sweeps, *searches], device)
    for job in [*jobs, *(job for sweep in sweeps for job in jobs_of(sweep))]:
        check_job(job, device, precision_of(job, request))
    data = Sources()
    data.read_for(jobs)
    for sweep in sweeps:
        process_count([sweep], request, device)
        Sources().read_for(list({job.name: job for job in reversed(jobs_of(sweep))}.values()))
    doubts = [(search, doubt) for search in searches for doubt in check_data(search)]
    asked = Asked(checked, request, jobs, sweeps, searches)
    with ranks.folder(lambda: _placed(checked, request)) as place:
        for search, doubt in doubts:
            listener.warned(search, doubt)
        return _run_all(asked, listener, ranks, place, device, data)


def _run_all(
    asked: Asked,
    listener: Listener,
    ranks: Ranks,
    place: RunDirectory,
    device: torch.device,
    data: Sources,
) -> Run:
    checked, request, jobs, searches = asked.checked, asked.request, asked.jobs, asked.searches
    texts = settled(checked)
    facts = _opened(asked, place, device, texts)
    plans = [plan(sweep, checked, request, place, device) for sweep in asked.sweeps]
    engine = engine_for(searches, request, device, facts.candidate_threads or 1)
    with (
        closing(engine),
        threads(facts.threads),
        watched() as interruption,
        explained(place.log),
    ):
        hint = resume_with(checked.name, request, place.path)
        setting = Setting(request, place, device, listener, interruption, hint, ranks)
        listener.run_started(place.path, facts.device)
        try:
            results = [run_job(job, data, setting) for job in jobs]
            swept = [run_sweep(one, facts, listener, interruption, hint) for one in plans]
            grown = run_searches(searches, place.path, engine, listener, interruption, hint)
            if ranks.rank == 0:
                told = (jobs, results, swept, grown)
                write_report(place, texts[SPEC], place.facts(), *told)
            listener.run_ended(place.path, results)
        finally:
            listener.close()
        refuse_failures(swept, hint)
    return Run(
        place.path,
        {result.job: result for result in results},
        {result.sweep.name: result for result in swept},
        {job.name: job for job in jobs},
        {result.search.name: result for result in grown},
    )


def chosen(
    checked: spec.Spec, name: str | None
) -> tuple[list[Job], list[spec.Sweep], list[Search]]:
    """The jobs to run, the sweeps and the searches. Where none is named, a job that a sweep runs is
    left to it.

    Raises SpecError AD762 for an unknown job, AD763 where there is none at all.
    """
    if not checked.jobs and not checked.searches:
        raise refused(
            "AD763",
            f"{checked.name} has no job, so there is nothing to run",
            help="add a job (`train NAME = NETWORK on DATA { ... }`), or only check the file "
            "with `interpret check`",
        )
    if name is None:
        sweeps = list(checked.sweeps.values())
        swept = {job.name for sweep in sweeps for job in jobs_of(sweep)}
        jobs = [job for job in checked.jobs.values() if job.name not in swept]
        return jobs, sweeps, list(checked.searches.values())
    if name in checked.jobs:
        return [checked.jobs[name]], [], []
    if name in checked.sweeps:
        return [], [checked.sweeps[name]], []
    if name in checked.searches:
        return [], [], [checked.searches[name]]
    raise refused(
        "AD762",
        f"{checked.name} has no job `{name}`",
        notes=[f"Its jobs are {listed([*checked.jobs, *checked.sweeps, *checked.searches])}."],
        help="name one of them with --job, or leave it out to run all",
    )


@contextmanager
def _placed(checked: spec.Spec, request: Request) -> Iterator[RunDirectory]:
    """The run directory, a new one or the one to be resumed, held against other processes."""
    stem = Path(checked.name).stem.strip("<>")
    make = run_directory.find if request.resume else run_directory.create
    place = make(request.out, stem)
    with held(place.path):
        yield place


def _opened(
    asked: Asked, place: RunDirectory, device: torch.device, texts: Mapping[str, str]
) -> Facts:
    """What stands in run.json: of a new run, or of the one to be resumed."""
    checked, request, jobs = asked.checked, asked.request, asked.jobs
    identities = {job.name: identity_of(job, request) for job in jobs}
    identities |= {search.name: identity_of_search(search) for search in asked.searches}
    if request.resume:
        facts = place.facts()
        for name, said in identities.items():
            if name in facts.jobs:
                kind = "job" if name in checked.jobs else "search"
                where = f"the {kind} `{name}` of the run in {place.path}"
                identity.check_same(facts.jobs[name], said, where)
        facts = facts.model_copy(update={"jobs": {**facts.jobs, **identities}})
    else:
        seeds = {job.name: job.seed for job in jobs}
        count = thread_count(jobs)
        facts = run_directory.facts_of(
            Path(checked.name).stem.strip("<>"),
            request.command,
            request.settings,
            seeds,
            str(device),
            count,
            identities,
        )
        place.put_specs(texts)
    if asked.sweeps and facts.point_threads is None:
        count = point_threads(asked.sweeps, request, device)
        facts = facts.model_copy(update={"point_threads": count})
    if asked.searches and facts.candidate_threads is None:
        count = candidate_threads(asked.searches, device)
        facts = facts.model_copy(update={"candidate_threads": count})
    place.put_facts(facts)
    return facts
