"""The shared cache: Redis behind a breaker, and local memory (`caching/localcache.py`) in its place.

It takes bytes and integers and nothing else, and gives back nothing else, whoever has written to Redis: no bytes are
ever made into objects. Who shows what it gives checks first that it is ours (`caching/sealed.py`).
"""

import functools
import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, cast

from django.core.cache.backends.base import BaseCache
from django_redis.cache import RedisCache
from django_redis.client import DefaultClient
from django_redis.exceptions import ConnectionInterrupted
from django_redis.serializers.base import BaseSerializer
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError, RedisError, ResponseError
from redis.retry import Retry

from profiles_project.caching.localcache import LocalCache, plain, wrong_bytes
from profiles_project.observe.metrics import recorder

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Without time-outs a hung Redis hangs every request.
TIMEOUT_SECONDS = 0.2
# How long Redis is not asked after a fault.
OPEN_SECONDS = 5.0
FAULTS = (RedisError, ConnectionInterrupted, OSError)
# The least interval between log lines about a Redis that comes and goes, such as one that runs out of memory.
QUIET_SECONDS = 60.0
# Redis's notation of a 64-bit integer.
INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]{0,18})")
# Adds to a counter in one step. What is there and can't be counted on (other bytes, a list, a negative number, one that
# would leave 64 bits) gives way, so that it neither fails a request nor switches a limit off.
COUNT = """
local counted = redis.pcall('INCRBY', KEYS[1], ARGV[1])
local added = tonumber(ARGV[1])
if type(counted) == 'number' and counted >= added then
    if counted == added then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
    return counted
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return added
"""


class PlainSerializer(BaseSerializer):  # type: ignore[misc]  # its package has no types
    """django-redis's serializer for all but integers: writes bytes unchanged."""

    def dumps(self, value: Any) -> bytes:
        return cast("bytes", plain(value))

    def loads(self, value: bytes) -> bytes:
        return value


class PlainClient(DefaultClient):  # type: ignore[misc]  # its package has no types
    """django-redis's client, for bytes and integers, which finds nothing where Redis holds anything else."""

    def decode(self, value: bytes) -> bytes | int:
        return int(value) if INTEGER.fullmatch(value) else value

    def get(self, key: str, default: Any = None, version: int | None = None, client: Any = None) -> Any:
        try:
            return super().get(key, default, version, client)
        except ConnectionInterrupted as error:
            # Redis answered, so it is not away.
            if not isinstance(error.__cause__, ResponseError) or not str(error.__cause__).startswith("WRONGTYPE"):
                raise
            wrong_bytes.warn("the cache holds what this service has not put there: passed over")
            return default

    @functools.cached_property
    def _counting(self) -> Any:
        return self.get_client().register_script(COUNT)

    def count(self, key: str, delta: int, seconds: float) -> int:
        """See `Counting`."""
        return int(self._counting([self.make_key(key)], [delta, int(seconds * 1000)]))


class Breaker:
    """Closed, operations go to Redis; after a fault it is open and they stay local, until one of them may try again.

    Shared by all threads of a process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The monotonic time of the next probe; None while closed.
        self._retry_at: float | None = None
        # Whether the last line in the log says that Redis is away, and until when no other may say so.
        self._is_told = False
        self._quiet_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the last operation on Redis failed."""
        return self._retry_at is not None

    def call(self, remote: Callable[[], T], local: Callable[[], T], *, may_probe: bool = True) -> T:
        """The result of `remote`, or of `local` while Redis is away.

        Only an operation that writes may probe: a Redis without memory, or one that became a replica, still reads.
        """
        is_probe = may_probe and self._may_probe()
        if self.is_open and not is_probe:
            return local()
        try:
            result = remote()
        except FAULTS as error:
            self._open(error)
            return local()
        self._close(is_probe=is_probe)
        return result

    def _may_probe(self) -> bool:
        """Whether this thread probes Redis now; the next probe is a pause later."""
        if not self.is_open:
            return False
        with self._lock:
            # Another thread may have closed it, or taken the turn, since.
            if self._retry_at is None or time.monotonic() < self._retry_at:
                return False
            self._retry_at = time.monotonic() + OPEN_SECONDS
            return True

    def _open(self, error: BaseException) -> None:
        now = time.monotonic()
        with self._lock:
            was_open = self.is_open
            self._retry_at = now + OPEN_SECONDS
            tells = not self._is_told and now >= self._quiet_until
            if tells:
                self._is_told, self._quiet_until = True, now + QUIET_SECONDS
        if not was_open:
            recorder().breaker_turned(is_open=True)
        if tells:
            kind = type(error.__cause__ or error).__name__
            logger.error("Redis is away (%s): each process uses its own memory instead", kind)

    def _close(self, *, is_probe: bool) -> None:
        if not is_probe:
            return
        with self._lock:
            was_open, was_told = self.is_open, self._is_told
            self._retry_at, self._is_told = None, False
        if was_open:
            recorder().breaker_turned(is_open=False)
        if was_told:
            logger.warning("Redis is back")


def _operation(name: str, *, may_probe: bool = False) -> Any:
    """The cache's method of that name, on Redis or on local memory."""

    def method(self: "FallbackCache", *args: Any, **kwargs: Any) -> Any:
        remote, local = getattr(self.remote, name), getattr(self.local, name)
        return self.breaker.call(
            functools.partial(remote, *args, **kwargs), functools.partial(local, *args, **kwargs), may_probe=may_probe
        )

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
            "CLIENT_CLASS": "profiles_project.caching.cache.PlainClient",
            "SERIALIZER": "profiles_project.caching.cache.PlainSerializer",
            "SOCKET_CONNECT_TIMEOUT": TIMEOUT_SECONDS,
            "SOCKET_TIMEOUT": TIMEOUT_SECONDS,
            # A thread keeps its connection: the pool looks at each that it hands out and takes back, which costs a 304
            # a twentieth of its time.
            "REDIS_CLIENT_KWARGS": {"single_connection_client": True},
            # A connection that Redis has closed meanwhile, as by its restart, is made anew at once; what takes too long
            # isn't asked twice.
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))},
        }
        self.remote = RedisCache(server, {**params, "OPTIONS": options})
        # The name tells the memory of one alias from another's.
        self.local = LocalCache(f"{server} {params.get('KEY_PREFIX', '')}", params)

    @property
    def client(self) -> Any:
        """The redis-py client, without the breaker: for the queue of tasks, which has no fallback."""
        return self.remote.client

    # Those that a Redis without memory would refuse may probe.
    add = _operation("add", may_probe=True)
    get = _operation("get")
    set = _operation("set", may_probe=True)
    touch = _operation("touch")
    delete = _operation("delete")
    has_key = _operation("has_key")
    get_many = _operation("get_many")
    set_many = _operation("set_many", may_probe=True)
    delete_many = _operation("delete_many")

    def count(self, key: str, delta: int, seconds: float) -> int:
        """See `Counting`."""
        counted: int = self.breaker.call(
            functools.partial(self.remote.client.count, key, delta, seconds),
            functools.partial(self.local.count, key, delta, seconds),
        )
        return counted

    def clear(self) -> None:
        """Empty both."""
        self.breaker.call(self.remote.clear, self.local.clear)
        self.local.clear()

    def close(self, **kwargs: Any) -> None:
        """Called at the end of each request."""
        self.remote.close(**kwargs)
