"""Metrics that a scrape reads from the database: waiting work, its age, and recent outcomes.

Every statement reads an index of waiting or recently ended work, so its cost does not grow with history.
"""

import datetime as dt
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Count, Min, Q
from django_tasks_db.models import DBTaskResult
from prometheus_client.core import GaugeMetricFamily, Metric
from redis.exceptions import RedisError

from profiles.models import Job
from profiles_project.database import clock
from users.models import Mail

# Scrapes closer together than this, such as those of several Prometheus servers, share an answer.
KEEP_SECONDS = 5.0
LATELY = dt.timedelta(hours=1)
# A scrape waits for a few seconds at most.
STATEMENT_TIMEOUT = "2s"


class WorkFigures:
    """The figures, queried every few seconds at most and by one thread at a time; others get the last ones."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._found: list[Metric] = []
        self._until = 0.0

    def __call__(self) -> Iterable[Metric]:
        if time.monotonic() < self._until or not self._asking.acquire(blocking=False):
            return self._found
        try:
            self._found = _asked()
            self._until = time.monotonic() + KEEP_SECONDS
            return self._found
        finally:
            self._asking.release()


collect = WorkFigures()


def _asked() -> list[Metric]:
    """All figures, or that the database is away."""
    up = "Whether the database has answered the last scrape."
    try:
        with _be_quick():
            found = [*_jobs(), *_mails(), *_tasks()]
    except (DatabaseError, InterfaceError):
        return [_gauge("database_up", up, 0), *_tasks_in_redis()]
    return [_gauge("database_up", up, 1), *found, *_tasks_in_redis()]


@contextmanager
def _be_quick() -> Iterator[None]:
    if connection.vendor != "postgresql":
        # No transaction, which on SQLite would wait for its turn to write.
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
        yield


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"profiles_{name}", text, value)


def _age(since: dt.datetime | None) -> float:
    return max(0.0, (clock.now() - since).total_seconds()) if since else 0.0


def _jobs() -> Iterator[Metric]:
    queued, running = Q(status=Job.Status.QUEUED), Q(status=Job.Status.RUNNING)
    found = Job.objects.filter(finished_at=None).aggregate(
        waiting=Count("pk", queued), running=Count("pk", running), oldest=Min("created_at", filter=queued)
    )
    yield _gauge("jobs_waiting", "Jobs that no worker has begun.", found["waiting"])
    yield _gauge("jobs_running", "Jobs that a worker has begun.", found["running"])
    yield _gauge("jobs_oldest_waiting_seconds", "Age of the oldest job that waits, 0 if none.", _age(found["oldest"]))
    ended = GaugeMetricFamily(
        "profiles_jobs_ended_last_hour", "Jobs that have ended within the last hour.", labels=["kind", "outcome"]
    )
    lately = Job.objects.filter(finished_at__gte=clock.now() - LATELY).order_by()
    for kind, outcome, count in lately.values_list("kind", "status").annotate(Count("pk")):
        ended.add_metric([kind, outcome], count)
    yield ended


def _mails() -> Iterator[Metric]:
    found = Mail.objects.filter(sent_at=None, problem="").aggregate(
        waiting=Count("pk"), failing=Count("pk", Q(attempts__gt=0)), oldest=Min("created_at", filter=Q(attempts=0))
    )
    yield _gauge("mails_waiting", "Mails that are not sent yet.", found["waiting"])
    yield _gauge("mails_failing", "Mails that wait for another try after one that failed.", found["failing"])
    text = "Age of the oldest mail that waits for its first try, 0 if none."
    yield _gauge("mails_oldest_waiting_seconds", text, _age(found["oldest"]))


def _tasks() -> Iterator[Metric]:
    if settings.TASKS_BACKEND == "database":
        yield _waiting(DBTaskResult.objects.filter(status="READY").count())


def _tasks_in_redis() -> Iterator[Metric]:
    if settings.TASKS_BACKEND != "rq":
        return
    try:
        client = caches["default"].client.get_client()  # type: ignore[attr-defined]  # of a FallbackCache
        yield _waiting(client.llen("rq:queue:default"))
    except (RedisError, OSError):
        # Left out; the breaker's metrics tell of it.
        return


def _waiting(count: int) -> Metric:
    return _gauge("tasks_waiting", "Tasks that no worker has taken.", count)
