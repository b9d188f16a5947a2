"""Runs tasks in processes of their own, and goes on when one of them fails or is killed.

The points of a sweep and the candidates of a search are such tasks. `work` says how the processes
are started and what they are; what a task says on its way, and what came of it, are messages.
"""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

import autodesign
from autodesign.interpreter.jobs.interruption import Interruption

POLL = 0.1
"""Seconds after which a wait looks whether it is to end."""

PATIENCE = 5.0
"""Seconds that the last words of a process may take to be read."""

Message = tuple[Any, ...]
"""("ended", what came of the task), ("failed", why nothing did), or what it says on its way."""

ENDS = ("ended", "failed")

T = TypeVar("T")


class Process(Generic[T]):
    """A process and the task that it runs; what it says is put into `heard`, None when it ends."""

    def __init__(
        self,
        place: int,
        module: str,
        arguments: Sequence[str],
        threads: int,
        heard: "SimpleQueue[tuple[Process[T], Message | None]]",
    ) -> None:
        self.place = place
        self.task: T | None = None
        self.asked = False
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `forget`)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(threads), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env={**os.environ, **variables(threads)},
            start_new_session=True,  # Ctrl-C on the terminal is for its parent alone
        )
        self.listener = threading.Thread(target=self._listen, args=(heard,), daemon=True)
        self.listener.start()

    def _listen(self, heard: "SimpleQueue[tuple[Process[T], Message | None]]") -> None:
        assert self.process.stdout
        try:
            while True:
                heard.put((self, pickle.load(self.process.stdout)))
        except (EOFError, OSError, pickle.UnpicklingError):
            heard.put((self, None))

    def give(self, task: T) -> None:
        """It may still be starting, and read this in a while only; nobody waits for it."""
        self.task = task
        threading.Thread(target=self._send, args=(task,), daemon=True).start()

    def _send(self, task: T) -> None:
        assert self.process.stdin
        with suppress(OSError, ValueError):  # it is dead, and will be heard to be
            pickle.dump(task, self.process.stdin)
            self.process.stdin.flush()

    def ask_to_end(self) -> None:
        """Asks once: its task is saved and then ends."""
        if not self.asked:
            self.asked = True
            self.process.terminate()

    def forget(self) -> None:
        """Ends it at once, where it has not ended."""
        self.process.kill()
        self.process.wait()
        self.listener.join(PATIENCE)
        for file in (self.process.stdin, self.process.stdout, self.errors):
            with suppress(OSError):
                file.close()  # type: ignore[union-attr]

    def death(self) -> "Death":
        """How it ended, and what it said last."""
        status = self.process.wait()
        self.errors.seek(0)
        return Death(status, self.errors.read())


@dataclass(frozen=True, slots=True)
class Death:
    """The end of a process that nobody asked for: its exit status, and what it said last."""

    status: int
    words: bytes

    @property
    def how(self) -> str:
        if self.status < 0:
            return f"by the signal {signal.Signals(-self.status).name}"
        return f"with the status {self.status}"

    @property
    def hints(self) -> list[str]:
        killed = self.status == -signal.SIGKILL
        return ["The system does so when memory runs out."] if killed else []


class Crew(Generic[T]):
    """Processes that do tasks, `size` at a time: `python -m MODULE THREADS ...`, with those of
    `arguments` that belong to a process' place among them, in turns.

    They are started when they are needed, and wait for further tasks until the crew is closed. A
    task whose process dies is given to another, until `lives` of them have died of it.
    """

    def __init__(
        self,
        size: int,
        module: str,
        threads: int,
        arguments: Sequence[tuple[str, ...]] = ((),),
        lives: int = 1,
    ) -> None:
        self.size, self.module, self.threads = size, module, threads
        self.arguments, self.lives = arguments, lives
        self._heard: SimpleQueue[tuple[Process[T], Message | None]] = SimpleQueue()
        self._idle: list[Process[T]] = []
        self._at_work: dict[Process[T], int] = {}

    def __enter__(self) -> "Crew[T]":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends all processes at once."""
        for process in (*self._idle, *self._at_work):
            process.forget()
        self._idle.clear()
        self._at_work.clear()

    def run(
        self,
        tasks: Sequence[T],
        interruption: Interruption,
        told: Callable[[T, Message], None],
        ended: Callable[[T, Message | Death], None],
    ) -> None:
        """Returns when all tasks have ended, or when those at work have after an end is asked for.

        `told` is given what a task says on its way, `ended` its last message, or the death of its
        process; of those that are asked to end it is given only what had been done all the same.
        """
        waiting = deque(enumerate(tasks))
        deaths: Counter[int] = Counter()
        try:
            while True:
                if interruption.asked:
                    waiting.clear()
                    for one in self._at_work:
                        one.ask_to_end()
                self._give_out(waiting)
                if not self._at_work:
                    return
                process, message = self._next()
                if process is None or process.task is None:
                    continue
                task = process.task
                if message and message[0] not in ENDS:
                    told(task, message)
                    continue
                number, last = self._take_back(process, message)
                if interruption.asked:
                    if message and message[0] == "ended":
                        ended(task, message)
                    continue
                deaths[number] += isinstance(last, Death)
                if isinstance(last, Death) and deaths[number] < self.lives:
                    waiting.appendleft((number, task))
                else:
                    self._give_out(waiting)  # before what came of the last one is written down
                    ended(task, last)
        except BaseException:
            self.close()
            raise

    def _give_out(self, waiting: deque[tuple[int, T]]) -> None:
        while waiting and len(self._at_work) < self.size:
            self._give(waiting.popleft())

    def _give(self, numbered: tuple[int, T]) -> None:
        """To a process that waits for it, or to a new one at the first place that is free."""
        number, task = numbered
        alive = [one for one in self._idle if one.process.poll() is None]
        if alive:
            self._idle.remove(process := alive[0])
        else:
            taken = {one.place for one in self._at_work}
            place = next(place for place in count() if place not in taken)
            arguments = self.arguments[place % len(self.arguments)]
            process = Process(place, self.module, arguments, self.threads, self._heard)
        self._at_work[process] = number
        process.give(task)

    def _next(self) -> "tuple[Process[T] | None, Message | None]":
        """What is heard next, and of whom; of nobody where nothing is for a while."""
        try:
            process, message = self._heard.get(timeout=POLL)
        except Empty:
            return None, None
        if message is None and process in self._idle:
            self._idle.remove(process)
            process.forget()
        return process, message

    def _take_back(
        self, process: Process[T], message: Message | None
    ) -> tuple[int, Message | Death]:
        """The number of its task, and how that ended. A process that is alive waits for another,
        unless it was asked to end."""
        number, process.task = self._at_work.pop(process), None
        if message and not process.asked:
            self._idle.append(process)
            return number, message
        last = message or process.death()
        process.forget()
        return number, last


def variables(threads: int) -> dict[str, str]:
    """This interpreter's own sources first, and as many threads for all libraries."""
    home = str(Path(autodesign.__file__).parents[1])
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    libraries = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {"PYTHONPATH": path} | dict.fromkeys(libraries, str(threads))
