"""A search with real training, killed by SIGKILL at random moments: `killing.py SPEC OUT KILLS`.

It runs in a process of its own, which computes with one thread: its children are forked from it, so
that a kill costs no start of an interpreter. OUT/unbroken is the search that nobody killed, OUT/0,
OUT/1, ... are those that were, each until it was done. Prints how often a child was killed while it
was at work, and in how many searches.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch
from standin import Here

from autodesign.dsl.load import load_file
from autodesign.interpreter.growth.candidate import train_candidate
from autodesign.interpreter.growth.running import run_searches, with_baselines
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener
from autodesign.stdlib.library import standard


def main(spec: Path, out: Path, kills: int) -> None:
    torch.set_num_threads(1)
    assert train_candidate
    checked, found = load_file(spec, standard(), {})
    assert checked is not None, found
    searches = with_baselines(checked.searches.values())

    def started(place: Path) -> int:
        child = os.fork()
        if child:
            return child
        place.mkdir(parents=True, exist_ok=True)
        run_searches(searches, place, Here(), Listener(), Interruption(), "")
        os._exit(0)

    began = time.monotonic()
    assert os.waitpid(started(out / "unbroken"), 0)[1] == 0
    whole = time.monotonic() - began
    chance, done, number = random.Random(0), 0, 0
    child = started(out / "0")
    while True:
        if done < kills:
            time.sleep(chance.uniform(0, whole))
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        if status == 0:
            if done >= kills:
                break
            number += 1
        else:
            assert os.WTERMSIG(status) == signal.SIGKILL
            done += 1
        child = started(out / str(number))
    print(done, number + 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
