"""One job of a run: a network that is trained, or a pipeline that is played."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from autodesign.dsl import spec
from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs import identity
from autodesign.interpreter.jobs.directory import JobDirectory, RunDirectory
from autodesign.interpreter.jobs.feeding import feed
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener
from autodesign.interpreter.jobs.ranks import Ranks
from autodesign.interpreter.jobs.request import Job, Request, identity_of, precision_of
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.jobs.sources import Sources
from autodesign.interpreter.jobs.starts import begin
from autodesign.interpreter.jobs.times import timed
from autodesign.interpreter.jobs.training import Training
from autodesign.interpreter.network.module import DynamicNetwork
from autodesign.interpreter.pipeline.made import made_by
from autodesign.interpreter.pipeline.played import module_of
from autodesign.interpreter.pipeline.training import Around, PipelineTraining
from autodesign.stdlib.data.reading.examples import Splits


@dataclass(frozen=True, slots=True)
class Setting:
    """What the jobs of a run share."""

    request: Request
    place: RunDirectory
    device: torch.device
    listener: Listener
    interruption: Interruption
    resume_with: str
    ranks: Ranks


def run_job(job: Job, data: Sources, setting: Setting) -> Result:
    """Trains a job whose sources are done, unless it is done itself. Raises RunError."""
    there = setting.place.job(job.name)
    if there.result.exists():
        result = Result.read(there.result)
        setting.listener.job_skipped(job, result)
        return result
    there.path.mkdir(exist_ok=True)
    splits = data.of(job, lambda maker, call: _made(maker, call, data, setting))
    _check_unchanged(job, splits, setting.place)
    device = setting.device
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(job.seed)
        if isinstance(job, PipelineJob):
            return _train_players(job, splits, there, setting)
        return _train_network(job, splits[0], there, setting)


def _made(maker: PipelineJob, call: spec.Call, data: Sources, setting: Setting) -> Path:
    """The file of the examples that a finished job makes."""
    splits = data.of(maker, lambda other, inner: _made(other, inner, data, setting))
    return made_by(maker, call, splits, setting.place.job(maker.name), setting.device)


def _train_network(
    job: spec.Train, splits: Splits, there: JobDirectory, setting: Setting
) -> Result:
    device, precision = setting.device, precision_of(job, setting.request)
    module = DynamicNetwork(job.network).to(device)
    if not there.last.exists():
        begin(dict(module.named_children()), job, lambda name: setting.place.job(name).best)
    said = identity_of(job, setting.request)
    job, times = timed(job, module, there, device, precision)
    fed = feed(job, splits.fields, module, device, precision, times)
    told, stop = setting.listener, setting.interruption
    hint, ranks = setting.resume_with, setting.ranks
    return Training(job, splits, fed, there, said, told, stop, hint, ranks).run()


def _train_players(
    job: PipelineJob, data: Sequence[Splits], there: JobDirectory, setting: Setting
) -> Result:
    modules = {one.name: module_of(one).to(setting.device) for one in job.pipeline.players}
    if not there.last.exists():
        begin(modules, job, lambda name: setting.place.job(name).best)
    said = identity_of(job, setting.request)
    told, stop = setting.listener, setting.interruption
    around = Around(there, said, told, stop, setting.resume_with, setting.device)
    return PipelineTraining(job, list(modules.values()), data, around).run()


def _check_unchanged(job: Job, data: Sequence[Splits], place: RunDirectory) -> None:
    """Notes what the data are, or compares with what they were. Raises RunError AD904."""
    facts, found = place.facts(), ";".join(identity.fingerprint(splits) for splits in data)
    if facts.data.get(job.name, found) != found:
        raise identity.data_changed(job)
    place.put_facts(facts.model_copy(update={"data": {**facts.data, job.name: found}}))
