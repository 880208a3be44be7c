"""Shares out threads, so that neither one sender nor one kind of slow work takes them all."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from profiles_project.api.errors import Problem, Unavailable

# A request that has waited this long for a thread is refused.
WAIT_SECONDS = 5.0
# The most waiting requests: further ones would not have their turn in time.
MOST_WAITING = 200
# The interval at which requests that waited too long are refused.
LOOK_SECONDS = 0.25


@dataclass(eq=False, slots=True)
class Work:
    """A task for a thread: `run`, or `refuse` where no thread is free in time.

    `network` and `user` say whose it is. `limits` names what it counts as, and how many of each may run at once.
    """

    run: Callable[[], object]
    refuse: Callable[[Problem], object]
    network: str
    user: str
    limits: list[tuple[str, int]]
    until: float = field(default_factory=lambda: time.monotonic() + WAIT_SECONDS)


class Lanes:
    """A pool of threads that is shared fairly.

    Of the waiting, the network that has the fewest threads is next, and of its users the one that has the fewest. Where
    too many wait, the network of which most wait loses its newest.

    For use by any thread. `run` and `refuse` of a work raise nothing.
    """

    def __init__(self, threads: int, name: str, sort: Callable[[Any], Work | None] | None = None) -> None:
        self.sort = sort
        # Newly arrived requests, and works that may begin.
        self.arrivals: SimpleQueue[Any] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = threads
        self._doing: Counter[str] = Counter()
        self._waiting: list[Work] = []
        self._someone_waits = threading.Event()
        # One more than may work at once, so that one thread always takes arrivals.
        for number in range(threads + (sort is not None)):
            threading.Thread(target=self._serve, name=f"{name} {number + 1}", daemon=True).start()
        threading.Thread(target=self._look, name=f"{name} clock", daemon=True).start()

    def place(self, work: Work) -> None:
        """Give the work a thread, now or in its turn; refuse it at once where too many wait already."""
        if self._may_begin(work):
            self.arrivals.put(work)

    def _may_begin(self, work: Work) -> bool:
        """Whether the work begins now; if not, it waits or is refused."""
        with self._lock:
            if self._fits(work):
                self._begin(work)
                return True
            self._waiting.append(work)
            self._someone_waits.set()
            surplus = self._surplus() if len(self._waiting) > MOST_WAITING else None
        if surplus:
            surplus.refuse(Unavailable())
        return False

    def _surplus(self) -> Work:
        """Remove and return the newest waiting work of the network with the most waiting works."""
        [(network, _)] = Counter(each.network for each in self._waiting).most_common(1)
        newest = next(each for each in reversed(self._waiting) if each.network == network)
        self._waiting.remove(newest)
        return newest

    def _serve(self) -> None:
        while True:
            work = self._begun(self.arrivals.get())
            while work is not None:
                work.run()
                work = self._end(work)

    def _begun(self, arrived: Any) -> Work | None:
        """The work that this thread does next, None where the arrival waits or went elsewhere."""
        if isinstance(arrived, Work):
            return arrived
        work = self.sort(arrived) if self.sort else None
        return work if work is not None and self._may_begin(work) else None

    def _fits(self, work: Work) -> bool:
        return self._idle > 0 and all(self._doing[what] < most for what, most in work.limits)

    def _begin(self, work: Work) -> None:
        self._idle -= 1
        for what, _ in work.limits:
            self._doing[what] += 1

    def _end(self, work: Work) -> Work | None:
        """Free the work's places. Returns the next work of this thread; further ones that fit go to other threads."""
        with self._lock:
            self._idle += 1
            for what, _ in work.limits:
                self._doing[what] -= 1
                if not self._doing[what]:
                    del self._doing[what]
            following = self._next()
            while other := self._next():
                self.arrivals.put(other)
            return following

    def _next(self) -> Work | None:
        fitting = [each for each in self._waiting if self._fits(each)]
        if not fitting:
            return None
        chosen = min(fitting, key=lambda each: (self._doing[each.network], self._doing[each.user]))
        self._waiting.remove(chosen)
        self._begin(chosen)
        return chosen

    def _look(self) -> None:
        """Refuse works that have waited too long."""
        while self._someone_waits.wait():
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
            with self._lock:
                late = [each for each in self._waiting if each.until <= now]
                self._waiting = [each for each in self._waiting if each.until > now]
                if not self._waiting:
                    self._someone_waits.clear()
            for work in late:
                work.refuse(Unavailable())
