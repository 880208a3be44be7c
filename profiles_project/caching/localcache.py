"""What all caches share, and the cache in this process's memory, which needs no Redis.

They take bytes and integers and nothing else, and count.
"""

import logging
import time
from typing import Any, Protocol, cast

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache

logger = logging.getLogger(__name__)


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
