"""The health routes: whether the process is up, and whether all that it needs can be written to (contract 6)."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.cache import caches
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django_tasks import task

from profiles_project.api.errors import RETRY_AFTER_SECONDS
from profiles_project.database.unfit import name_of
from profiles_project.database.values import new_id

logger = logging.getLogger(__name__)

# So long an answer is given again, and so long it may be while somebody looks anew.
KEEP_SECONDS = 1.0
STALE_SECONDS = 5.0
# How long a lock is waited for, the look of another thread included.
PATIENCE_MILLISECONDS = 1_000


@task()
def nothing() -> None:
    """A task to file, so that it is known whether one can be filed."""


class ReadOnly(Exception):
    """The database takes no changes."""


def _database() -> None:
    """Raises what says that nothing can be read, or nothing written."""
    if connection.vendor == "sqlite":
        _write_to_file()
        return
    with connection.cursor() as cursor:
        # A standby says so too.
        cursor.execute("SELECT current_setting('transaction_read_only')")
        if cursor.fetchone() != ("off",):
            raise ReadOnly


def _write_to_file() -> None:
    """Write a page of SQLite's file, the same number to the same place, so that it never grows by it."""
    with _soon(), connection.cursor() as cursor:
        cursor.execute("PRAGMA user_version")
        (number,) = cursor.fetchone()
        cursor.execute(f"PRAGMA user_version = {number}")


def _cache() -> None:
    # Redis itself, where there is one, and not the memory that stands in for it.
    cache = getattr(caches["default"], "remote", caches["default"])
    # A key of its own: two checks at once must not read each other's value.
    value = str(new_id())
    cache.set(f"ready:{value}", value.encode(), 10)
    if cache.get(f"ready:{value}") != value.encode():
        raise ConnectionError


def _queue() -> None:
    if settings.TASKS_BACKEND == "rq":
        # The tasks lie in the Redis of the cache; without memory it refuses this as it would refuse a task.
        redis = caches["default"].client.get_client()  # type: ignore[attr-defined]  # of a FallbackCache
        redis.set("ready:queue", "1", ex=10)
        if redis.type("rq:queue:default") not in {b"none", b"list"}:
            raise ConnectionError
        return
    with _soon(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE_MILLISECONDS}")
        nothing.enqueue()
        transaction.set_rollback(True)


@contextmanager
def _soon() -> Iterator[None]:
    """Inside, SQLite is not waited for while somebody writes to it, which shows that it can be written to."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MILLISECONDS}")
    try:
        yield
    except OperationalError as exc:
        if getattr(exc.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
            raise
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


# The service answers without these parts.
DISPENSABLE = {"cache"}
PARTS: dict[str, Callable[[], None]] = {"database": _database, "cache": _cache, "queue": _queue}


def _fault(check: Callable[[], None]) -> str:
    """What is wrong with a part, in a word; empty where nothing is."""
    try:
        check()
    except Exception as exc:  # noqa: BLE001  # whatever is wrong with a part, the answer is that it is not there
        return name_of(exc.__cause__ or exc)
    return ""


class Look:
    """What the last look at all parts has found: many balancers ask at once, and each second."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._found = dict.fromkeys(PARTS, "ok")
        self._found_at = -STALE_SECONDS

    def states(self) -> dict[str, str]:
        """Each part's state, of a moment ago at most. While a look hangs, and holds one thread, nobody waits for it."""
        age = time.monotonic() - self._found_at
        if age < KEEP_SECONDS:
            return self._found
        if not self._looking.acquire(timeout=0 if age < STALE_SECONDS else PATIENCE_MILLISECONDS / 1000):
            return self._found if age < STALE_SECONDS else dict.fromkeys(PARTS, "unavailable")
        try:
            self._found = {name: self._state(name, _fault(check)) for name, check in PARTS.items()}
            self._found_at = time.monotonic()
        finally:
            self._looking.release()
        return self._found

    def _state(self, part: str, fault: str) -> str:
        """The part's state. A line tells when it changes, and not with every probe."""
        was_ok = self._found[part] == "ok"
        if fault and was_ok:
            logger.warning("%s is not ready: %s", part, fault)
        elif not fault and not was_ok:
            logger.warning("%s is ready again", part)
        return "unavailable" if fault else "ok"


_last = Look()


@method_decorator(csrf_exempt, name="dispatch")
class HealthView(View):
    """GET /health: the process is up."""

    def get(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse({"status": "healthy"})


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class ReadyView(View):
    """GET /health/ready: 200, or 503 where a part is away that is needed; each part is named."""

    def get(self, request: HttpRequest) -> JsonResponse:
        parts = _last.states()
        missing = {name for name, state in parts.items() if state != "ok"}
        if missing <= DISPENSABLE:
            return JsonResponse({"status": "degraded" if missing else "ready", "parts": parts})
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return JsonResponse({"status": "unavailable", "parts": parts}, status=503, headers=headers)
