"""By how much processes grow while something is done, looked at every few milliseconds."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from tests.faults.stage import Program

LOOK_SECONDS = 0.005
# What a process needs to give memory back.
REST_SECONDS = 3


@dataclass
class Growth:
    """In resident bytes of the process that grew most: at most, and after a rest."""

    most: int = 0
    after: int = 0


@contextmanager
def growth(sizes: Callable[[], Mapping[int, int]]) -> Iterator[Growth]:
    """What the processes of `sizes` (resident bytes by id) grow by inside the block; filled in when it has ended."""
    before = sizes()
    found = Growth()
    done = threading.Event()

    def grown() -> int:
        return max((size - before[pid] for pid, size in sizes().items() if pid in before), default=0)

    def watch() -> None:
        while not done.wait(LOOK_SECONDS):
            found.most = max(found.most, grown())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()
    time.sleep(REST_SECONDS)
    found.after = grown()


def resident(*processes: psutil.Process) -> dict[int, int]:
    """The resident bytes of each process that is still there, by its id."""
    found = {}
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            found[one.pid] = one.memory_info().rss
    return found


def of_tree(program: Program) -> dict[int, int]:
    """The same of a program and all that it has started."""
    root = psutil.Process(program.process.pid)
    return resident(root, *root.children(recursive=True))
