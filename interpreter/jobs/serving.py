"""A process that does tasks, one after the other, as it is told to on its input.

It is started as `python -m MODULE THREADS ...`, not by multiprocessing: that would run the user's
script again in each process. Its input closes when there is no more to do, or when the process that
started it has died; either way it ends at once. What it had saved by then can be resumed.
"""

import os
import pickle
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, NoReturn

import torch

Tell = Callable[..., None]
"""Sends a message to the process that gave the task."""


def serve(perform: Callable[[Any, Tell], tuple[object, ...]]) -> NoReturn:
    """`perform` is given a task and what to send messages with; its last one is what it returns."""
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints does not get between the messages
    torch.set_num_threads(int(sys.argv[1]))
    tasks: SimpleQueue[object] = SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()

    def tell(*message: object) -> None:
        try:
            pickle.dump(message, channel)
            channel.flush()
        except OSError:
            os._exit(1)  # nobody listens any more

    while True:
        tell(*perform(tasks.get(), tell))


def _listen(tasks: "SimpleQueue[object]") -> None:
    while True:
        try:
            tasks.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(0)
