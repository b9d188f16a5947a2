"""Ctrl-C and SIGTERM: the first ends the run after the current step, a second one at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether the run was asked to end."""

    def __init__(self) -> None:
        self.asked = False

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def watched() -> Iterator[Interruption]:
    """Takes the signals over for a while; outside the main thread they are left alone."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = {number: signal.signal(number, interruption._ask) for number in SIGNALS}
    try:
        yield interruption
    finally:
        for number, action in before.items():
            signal.signal(number, action)
