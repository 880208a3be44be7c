"""The shared cache, whose absence costs nobody an answer: Redis behind a breaker, local memory in its place."""

import functools
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from django_redis.exceptions import ConnectionInterrupted
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError, RedisError
from redis.retry import Retry

from profiles_project.http.metrics import recorder

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Without time-outs a hung Redis hangs every request.
TIMEOUT_SECONDS = 0.2
# How long Redis is left alone after a fault.
OPEN_SECONDS = 5.0
FAULTS = (RedisError, ConnectionInterrupted, OSError)


class Breaker:
    """Closed, operations go to Redis; after a fault it is open and they stay local, until one of them may try again.

    Shared by all threads of a process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The monotonic time of the next try; None while closed.
        self._retry_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the last that was heard of Redis was a fault."""
        return self._retry_at is not None

    def call(self, remote: Callable[[], T], local: Callable[[], T]) -> T:
        """The result of `remote`, or of `local` while Redis is away."""
        is_probe = self._may_probe()
        if self.is_open and not is_probe:
            return local()
        try:
            result = remote()
        except FAULTS as error:
            self._open(error)
            return local()
        except ValueError:
            # Counting what isn't there: an answer of Redis.
            self._close(is_probe=is_probe)
            raise
        self._close(is_probe=is_probe)
        return result

    def _may_probe(self) -> bool:
        """Whether this thread is the one that tries Redis again; the others get their turn a pause later."""
        if not self.is_open:
            return False
        with self._lock:
            # Another thread may have closed it, or taken the turn, since.
            if self._retry_at is None or time.monotonic() < self._retry_at:
                return False
            self._retry_at = time.monotonic() + OPEN_SECONDS
            return True

    def _open(self, error: BaseException) -> None:
        with self._lock:
            was_open = self.is_open
            self._retry_at = time.monotonic() + OPEN_SECONDS
        if not was_open:
            recorder().breaker_turned(is_open=True)
            kind = type(error.__cause__ or error).__name__
            logger.error("Redis is away (%s): each process uses its own memory instead", kind)

    def _close(self, *, is_probe: bool) -> None:
        if not is_probe:
            return
        with self._lock:
            was_open = self.is_open
            self._retry_at = None
        if was_open:
            recorder().breaker_turned(is_open=False)
            logger.warning("Redis is back")


def _operation(name: str) -> Any:
    """The cache's method of that name, on Redis or on local memory."""

    def method(self: "FallbackCache", *args: Any, **kwargs: Any) -> Any:
        remote, local = getattr(self.remote, name), getattr(self.local, name)
        return self.breaker.call(functools.partial(remote, *args, **kwargs), functools.partial(local, *args, **kwargs))

    method.__name__ = name
    return method


class FallbackCache(BaseCache):
    """A cache in the Redis at `LOCATION`, else in this process; see `Breaker`.

    `OPTIONS` are those of local memory. Django makes an instance for every thread; all of one Redis share a breaker.
    """

    breakers: ClassVar[dict[str, Breaker]] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.breaker = self.breakers.setdefault(server, Breaker())
        options = {
            "SOCKET_CONNECT_TIMEOUT": TIMEOUT_SECONDS,
            "SOCKET_TIMEOUT": TIMEOUT_SECONDS,
            # A connection that Redis has closed meanwhile, as by its restart, is made anew at once; what takes too long
            # isn't asked twice.
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))},
        }
        self.remote = RedisCache(server, {**params, "OPTIONS": options})
        # The name tells the memory of one alias from another's.
        self.local = LocMemCache(f"{server} {params.get('KEY_PREFIX', '')}", params)

    @property
    def client(self) -> Any:
        """Redis itself, past the breaker, as django-redis has it: for the queue of tasks, which has no stand-in."""
        return self.remote.client

    add = _operation("add")
    get = _operation("get")
    set = _operation("set")
    touch = _operation("touch")
    delete = _operation("delete")
    has_key = _operation("has_key")
    incr = _operation("incr")
    get_many = _operation("get_many")
    set_many = _operation("set_many")
    delete_many = _operation("delete_many")

    def clear(self) -> None:
        """Empty both."""
        self.breaker.call(self.remote.clear, self.local.clear)
        self.local.clear()

    def close(self, **kwargs: Any) -> None:
        """Called at the end of each request."""
        self.remote.close(**kwargs)
