"""What the service counts about itself (contract 6), by Prometheus' client library.

Counted in each process, and shown only where metrics are on: `prometheus.py` adds up what the web processes have
counted in the folder that they share.
"""

import functools
import threading
import weakref

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# Drops the `_created` series, which nothing reads and which would double the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]  # no types

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Recorder:
    """What code tells of itself. Every label's value is one of a set that code or settings name."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        requests = Counter(
            "profiles_http_requests_total",
            "Requests that were answered, by method, route and status; without /health, /health/ready and /metrics.",
            ["method", "route", "status"],
            registry=registry,
        )
        duration = Histogram(
            "profiles_http_request_duration_seconds",
            "From a request's arrival until its answer was made.",
            ["method", "route"],
            buckets=SECONDS,
            registry=registry,
        )
        self.in_progress = self._gauge("profiles_http_requests_in_progress", "Requests that are being answered.")
        self._open = self._gauge(
            "profiles_database_connections", "Connections to PostgreSQL that the web processes keep."
        )
        self._opened = Counter(
            "profiles_database_connections_opened_total", "Connections to PostgreSQL made.", registry=registry
        )
        self._failed = Counter(
            "profiles_database_connection_failures_total",
            "Connections to PostgreSQL that could not be made.",
            registry=registry,
        )
        reads = Counter(
            "profiles_document_cache_reads_total",
            "Rendered documents looked for in the cache.",
            ["kind", "result"],
            registry=registry,
        )
        self._breaker = self._gauge(
            "profiles_cache_breakers_open", "Web processes that leave Redis alone after a fault."
        )
        self._openings = Counter(
            "profiles_cache_breaker_openings_total", "How often a web process found Redis away.", registry=registry
        )
        self._refusals = Counter(
            "profiles_rate_limit_refusals_total",
            "Requests refused since somebody asked too often.",
            ["scope"],
            registry=registry,
        )
        for scope in settings.RATELIMITS:
            self._refusals.labels(scope)
        # The library's own look-up of a series by its labels costs more than counting.
        self._requests = functools.cache(requests.labels)
        self._duration = functools.cache(duration.labels)
        self._reads = functools.cache(reads.labels)
        # Weak, since the connection of a thread that ends goes without a word.
        self._connections: weakref.WeakSet[object] = weakref.WeakSet()
        self._shown_connections = 0
        self._lock = threading.Lock()

    def _gauge(self, name: str, text: str) -> Gauge:
        """One that adds up over the web processes that live."""
        return Gauge(name, text, multiprocess_mode="livesum", registry=self.registry)

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """It was answered. `method` and `route` are words of ours, never a client's."""
        self._requests(method, route, status).inc()
        self._duration(method, route).observe(seconds)
        if len(self._connections) != self._shown_connections:
            self._show_connections()

    def connection_opened(self, connection: object) -> None:
        """A connection to the database was made."""
        self._opened.inc()
        with self._lock:
            self._connections.add(connection)
        self._show_connections()

    def connection_closed(self, connection: object) -> None:
        """It was closed."""
        with self._lock:
            self._connections.discard(connection)
        self._show_connections()

    def connection_failed(self) -> None:
        """The database could not be reached."""
        self._failed.inc()

    def cache_read(self, kind: str, *, hit: bool) -> None:
        """A rendered document of a kind was looked for in the cache."""
        self._reads(kind, "hit" if hit else "miss").inc()

    def breaker_turned(self, *, is_open: bool) -> None:
        """The cache's breaker has opened or closed."""
        self._breaker.set(is_open)
        if is_open:
            self._openings.inc()

    def rate_limited(self, scope: str) -> None:
        """A request was refused by a rate limit."""
        self._refusals.labels(scope).inc()

    def _show_connections(self) -> None:
        with self._lock:
            self._shown_connections = len(self._connections)
            self._open.set(self._shown_connections)


@functools.cache
def recorder() -> Recorder:
    """The one of this process, made when it is first needed, which is after the settings are there."""
    return Recorder()
