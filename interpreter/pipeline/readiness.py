"""What can be seen before a pipeline's job starts, besides what the check sees."""

from collections.abc import Sequence

from autodesign.dsl.pipeline import PipelineJob
from autodesign.interpreter.jobs.failures import listed, refused
from autodesign.stdlib.data.reading.examples import Splits


def check_players(job: PipelineJob, precision: str) -> None:
    """What needs no data. Raises SpecError AD551."""
    if precision != "float32":
        raise refused(
            "AD551",
            f"the job `{job.name}` plays a pipeline, and pipelines compute in float32",
            job.span,
            help=f"leave `--precision {precision}` out, or name another job with --job",
        )


def check_draws(job: PipelineJob, data: Sequence[Splits]) -> None:
    """What shows only when the data are there. Raises SpecError AD550, AD773."""
    for draw, splits in zip(job.pipeline.draws, data, strict=True):
        if len(splits.train) == 0:
            raise refused(
                "AD550",
                f"the data `{draw.data.name}` have no training examples, so nothing can be drawn "
                "from them",
                draw.span,
                label="drawn here",
                help="give them a larger part in `split`, or name other data",
            )
        for name in draw.fields:
            if name not in splits.fields:
                raise refused(
                    "AD773",
                    f"the data `{draw.data.name}` have no field `{name}`",
                    draw.span,
                    notes=[f"Their fields are {listed(splits.fields)}."],
                    help="name one of them",
                )
