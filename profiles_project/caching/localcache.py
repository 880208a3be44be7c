"""What all caches share, and the cache in this process's memory, which needs no Redis.

They take bytes and integers and nothing else, and count. Beside them: the bodies that a process has shown last.
"""

import itertools
import logging
import threading
import time
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, cast

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache

logger = logging.getLogger(__name__)

# Beside its name and its body; measured, tests/storage/test_bodies.py.
ENTRY_BYTES = 500
# No process but the one that erases a person is told of it, so that all let go of their bodies within a minute.
SECONDS = 50.0


class Seldom:
    """Logs a warning at most once a minute, for events that may happen with every request."""

    def __init__(self, seconds: float = 60.0) -> None:
        self._seconds = seconds
        self._next = 0.0

    def warn(self, message: str, *arguments: object) -> None:
        """Write the line, unless one was written lately."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._seconds
            logger.warning(message, *arguments)


wrong_bytes = Seldom()


def plain(value: Any) -> bytes | int:
    """The value, if it is of a kind that the cache takes; TypeError if not."""
    if not isinstance(value, (bytes, int)) or isinstance(value, bool):
        raise TypeError(f"The cache takes bytes and integers, not {type(value).__name__}.")
    return value


class Counting(Protocol):
    """A cache that counts."""

    def count(self, key: str, delta: int, seconds: float) -> int:
        """Add to a counter and return its value; one that begins with this is kept for so many seconds.

        Whatever else lies under the key is replaced.
        """


class LocalCache(LocMemCache):
    """Django's cache in this process, for the same values as Redis, with the same way to count."""

    def add(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:  # DEFAULT_TIMEOUT is an object, which its own types call a float
        return super().add(key, plain(value), timeout, version)

    def set(
        self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:  # as above
        super().set(key, plain(value), timeout, version)

    def count(self, key: str, delta: int, seconds: float) -> int:
        """See `Counting`."""
        while True:
            try:
                return self.incr(key, delta)
            except ValueError:
                # The first one, unless another thread was faster.
                if self.add(key, delta, seconds):
                    return delta


def counting(alias: str) -> Counting:
    """The cache of that name in settings.CACHES, as one that counts."""
    return cast("Counting", caches[alias])


class _Entry(NamedTuple):
    tag: bytes
    body: bytes
    size: int
    ends_at: float


class Recent:
    """The bodies that this process has shown last, at most `most_bytes` of them and each for at most `seconds`.

    A body belongs to a name and a tag, which changes with all that the body depends on: nothing is ever stale. The
    oldest goes first, however often it is read: it comes from Redis again.
    """

    def __init__(self, most_bytes: int, seconds: float = SECONDS) -> None:
        self.most_bytes, self.seconds = most_bytes, seconds
        self.size = 0
        # By name, in the order in which they came.
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, name: str, tag: bytes) -> bytes | None:
        """The body of this name and tag, None where it is not here."""
        entry = self._entries.get(name)
        if entry is None or entry.tag != tag or time.monotonic() >= entry.ends_at:
            return None
        return entry.body

    def put(self, name: str, tag: bytes, body: bytes) -> None:
        """Keep it in place of what has this name."""
        size = len(name) + len(tag) + len(body) + ENTRY_BYTES
        with self._lock:
            self._drop(name)
            if size > self.most_bytes:
                return
            self._entries[name] = _Entry(tag, body, size, time.monotonic() + self.seconds)
            self.size += size
            while self.size > self.most_bytes:
                self._drop(next(iter(self._entries)))
            self._set_timer()

    def forget(self, names: Iterable[str]) -> None:
        """Let go of what has these names."""
        with self._lock:
            for name in names:
                self._drop(name)

    def clear(self) -> None:
        """Let go of all."""
        self.forget(list(self._entries))

    def _drop(self, name: str) -> None:
        if entry := self._entries.pop(name, None):
            self.size -= entry.size

    def _set_timer(self) -> None:
        """See to it that what is too old goes, though nobody asks any more."""
        if self._timer is None and self._entries:
            oldest = next(iter(self._entries.values()))
            # Not a thread for each entry: those that end soon after it go with it.
            pause = max(self.seconds / 50, oldest.ends_at - time.monotonic())
            timer = threading.Timer(pause, self._age)
            timer.daemon = True
            try:
                timer.start()
            except RuntimeError:
                # The system has no thread left: what nobody could let go of in time isn't kept.
                self._entries.clear()
                self.size = 0
            else:
                self._timer = timer

    def _age(self) -> None:
        with self._lock:
            now = time.monotonic()
            old = itertools.takewhile(lambda name: self._entries[name].ends_at <= now, self._entries)
            for name in list(old):
                self._drop(name)
            self._timer = None
            self._set_timer()
