"""Bodies of answers by the version that they show: kept in this process for a moment, and under a MAC in the cache.

A body belongs to a name and a tag. The tag changes with all that the body depends on, so that nothing is ever stale.
"""

import itertools
import threading
import time
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache

from profiles_project.caching import sealed

# Beside its name and its body; measured, tests/storage/test_bodies.py.
ENTRY_BYTES = 500
# No process but the one that erases a person is told of it, so that all let go of their bodies within a minute.
SECONDS = 50.0


class _Entry(NamedTuple):
    tag: bytes
    body: bytes
    size: int
    ends_at: float


class Recent:
    """The bodies that this process has shown last, at most `most_bytes` of them and each for at most `seconds`.

    The oldest goes first, however often it is read: it comes from Redis again.
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
        is_good = entry is not None and entry.tag == tag and time.monotonic() < entry.ends_at
        return entry.body if entry is not None and is_good else None

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
            self._timer = threading.Timer(max(0, oldest.ends_at - time.monotonic()), self._age)
            self._timer.daemon = True
            self._timer.start()

    def _age(self) -> None:
        with self._lock:
            now = time.monotonic()
            old = itertools.takewhile(lambda name: self._entries[name].ends_at <= now, self._entries)
            for name in list(old):
                self._drop(name)
            self._timer = None
            self._set_timer()


recent = Recent(settings.RECENT_BODIES_BYTES)


def kept(name: str, tag: str) -> bytes | None:
    """The body that was kept under this name and tag, None where there is none."""
    mark = _mark(tag)
    body = recent.get(name, mark)
    if body is not None:
        return body
    content = sealed.kept(name)
    if content is None or not content.startswith(mark):
        return None
    body = content[len(mark) :]
    recent.put(name, mark, body)
    return body


def keep(name: str, tag: str, body: bytes, seconds: float) -> None:
    """Keep a body in place of the one of this name, in Redis for so many seconds."""
    mark = _mark(tag)
    recent.put(name, mark, body)
    sealed.keep(name, mark + body, seconds)


def forget(names: Iterable[str]) -> None:
    """Delete what is kept under these names; other processes keep theirs for less than a minute."""
    names = list(names)
    recent.forget(names)
    cache.delete_many(names)


def _mark(tag: str) -> bytes:
    """What a body begins with in Redis."""
    return tag.encode() + b"\n"
