"""A process that trains the candidates of a search on one device."""

import sys
import time

import torch

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.growth.perform import Work, perform
from autodesign.interpreter.jobs.serving import Tell, serve

TELL_EVERY = 0.2
"""Seconds between two messages about the steps of a candidate."""


class Teller:
    """Sends how a candidate goes on: ("stepped", steps done, steps in all)."""

    def __init__(self, tell: Tell) -> None:
        self.tell, self.told = tell, 0.0

    def stepped(self, done: int, total: int) -> None:
        if done == total or time.monotonic() - self.told > TELL_EVERY:
            self.told = time.monotonic()
            self.tell("stepped", done, total)


def performed(work: Work, tell: Tell) -> tuple[object, ...]:
    """Ends with what came of a candidate, or fails with why the search cannot go on."""
    try:
        return "ended", perform(work, torch.device(sys.argv[2]), Teller(tell))
    except SpecError as refusal:
        return "failed", tuple(refusal.diagnostics)


if __name__ == "__main__":
    serve(performed)
