"""A pipeline's job as short named texts: two runs are of the same job iff they are equal."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.identity import digest, of_starts, said
from autodesign.interpreter.pipeline.timetable import title


def identity(job: PipelineJob) -> dict[str, str]:
    """By name: what the job's result depends on. Spans and documentation take no part."""
    pipeline = job.pipeline
    told: dict[str, Any] = {
        "pipeline": pipeline.name,
        **{f"player {p.name}": digest(replace(p, doc="")) for p in pipeline.players},
        "data": "; ".join(said(draw.data.call) for draw in pipeline.draws),
        "draws": digest([(draw.names, draw.fields) for draw in pipeline.draws]),
        "value of the goals": digest((pipeline.values, pipeline.goals, pipeline.outputs)),
        "phases": "; ".join(
            f"{title(pipeline, p)} for {p.length} {p.unit}" for p in pipeline.phases
        ),
        "optimizer": said(job.optimizer) if job.optimizer else "none",
        "schedule": said(job.schedule) if job.schedule else "none",
        "batch": job.batch,
        "criterion to keep": job.keep.text if job.keep else "none",
        "clip": job.clip,
        "seed": job.seed,
    }
    starts = of_starts(job.starts, identity, "all players")
    return {name: str(value) for name, value in told.items()} | starts | of_makers(job.makers)


def of_makers(makers: Sequence[PipelineJob]) -> dict[str, str]:
    """What else a job is that learns from examples which others make."""
    return {f"job {one.name}": digest(sorted(identity(one).items())) for one in makers}
