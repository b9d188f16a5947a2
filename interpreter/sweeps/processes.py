"""Runs the points of a sweep in processes, and goes on when one of them fails or is killed."""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import autodesign
from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.interpreter.jobs.failures import failed
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.result import Result
from autodesign.interpreter.sweeps.points import Task

POLL = 0.1
"""Seconds after which a wait looks whether it is to end."""

PATIENCE = 5.0
"""Seconds that the last words of a process may take to be read."""

Ending = Result | tuple[Diagnostic, ...]
"""What came of a point: its result, or the reasons why there is none."""

Message = tuple[Any, ...]


class Process:
    """A process and the point that it runs; what it says is put into `heard`, None when it ends."""

    def __init__(self, threads: int, heard: "SimpleQueue[tuple[Process, Message | None]]") -> None:
        self.task: Task | None = None
        self.asked = False
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `forget`)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "autodesign.interpreter.sweeps.worker", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=_environment(threads),
            start_new_session=True,  # Ctrl-C on the terminal is for its parent alone
        )
        self.listener = threading.Thread(target=self._listen, args=(heard,), daemon=True)
        self.listener.start()

    def _listen(self, heard: "SimpleQueue[tuple[Process, Message | None]]") -> None:
        assert self.process.stdout
        try:
            while True:
                heard.put((self, pickle.load(self.process.stdout)))
        except (EOFError, OSError, pickle.UnpicklingError):
            heard.put((self, None))

    def give(self, task: Task) -> None:
        """It may still be starting, and read this in a while only; nobody waits for it."""
        self.task = task
        threading.Thread(target=self._send, args=(task,), daemon=True).start()

    def _send(self, task: Task) -> None:
        assert self.process.stdin
        with suppress(OSError, ValueError):  # it is dead, and will be heard to be
            pickle.dump(task, self.process.stdin)
            self.process.stdin.flush()

    def ask_to_end(self) -> None:
        """Asks once: its point is saved and then ends."""
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

    def death(self, task: Task) -> tuple[Diagnostic, ...]:
        """Why its point has no result. What it said last is kept in the point's folder."""
        status = self.process.wait()
        how = f"with the status {status}"
        if status < 0:
            how = f"by the signal {signal.Signals(-status).name}"
        notes = []
        self.errors.seek(0)
        words = self.errors.read()
        if words:
            task.place.path.mkdir(parents=True, exist_ok=True)
            task.place.log.write_bytes(words)
            notes = [f"What it said last stands in {task.place.log}."]
        if status == -signal.SIGKILL:
            notes.append("The system does so when memory runs out.")
        error = failed(
            "AD791",
            f"the process of the point {task.name} was ended {how}",
            notes=notes,
            help="start the sweep again with --resume; fewer --processes take less memory",
        )
        return tuple(error.diagnostics)


def run_tasks(
    tasks: Sequence[Task],
    processes: int,
    threads: int,
    interruption: Interruption,
    told: Callable[[Task, Message], None],
    ended: Callable[[Task, Ending], None],
) -> None:
    """Runs points, `processes` at a time, until all have ended or an end is asked for.

    `told` is given what a point says on its way, `ended` what came of it; those that are asked to
    end before they have are not given to it.
    """
    waiting = deque(tasks)
    heard: SimpleQueue[tuple[Process, Message | None]] = SimpleQueue()
    crew: set[Process] = set()
    try:
        while True:
            if interruption.asked:
                waiting.clear()
                for process in crew:
                    process.ask_to_end()
            while waiting and len(crew) < processes:
                crew.add(process := Process(threads, heard))
                process.give(waiting.popleft())
            if not crew:
                return
            try:
                process, message = heard.get(timeout=POLL)
            except Empty:
                continue
            task = process.task
            if message and message[0] != "ended" and task:
                told(task, message)
                continue
            process.task = None
            if task and not interruption.asked:
                ended(task, message[1] if message else process.death(task))
            elif task and message and isinstance(message[1], Result):
                ended(task, message[1])
            if message and waiting:
                process.give(waiting.popleft())
            else:
                crew.discard(process)
                process.forget()
    finally:
        for process in crew:
            process.forget()


def _environment(threads: int) -> dict[str, str]:
    """This interpreter's own sources first, and as many threads for all libraries."""
    home = str(Path(autodesign.__file__).parents[1])
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    count = str(threads)
    libraries = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {**os.environ, "PYTHONPATH": path} | dict.fromkeys(libraries, count)
