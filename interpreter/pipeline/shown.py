"""What a report shows of a finished pipeline: pictures of what it makes, side by side."""

from autodesign.interpreter.jobs.directory import JobDirectory
from autodesign.interpreter.pipeline.evaluation import Evaluator


def show(evaluator: Evaluator, directory: JobDirectory) -> None:
    """Nothing yet."""
