"""The metrics as Prometheus has them: counted in each web process, added up over all of them at a scrape.

Where `manage.py serve` runs, its processes share a folder (PROMETHEUS_MULTIPROC_DIR, the library's own variable); any
other server's process counts for itself. Imported only where metrics are on.
"""

import os
import platform
import re
import struct
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import suppress
from http.server import HTTPServer
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from profiles_project.observe.metrics import Recorder, recorder

# When a counter began nobody asks, and it would double the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]  # no types

# The library's name.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# A process that has just begun may have made a file and not yet written its head.
TRIES = 3
UNREADABLE = (OSError, ValueError, RuntimeError, struct.error)


class PrometheusRecorder(Recorder):
    """Counts. Every label's value is one of a set that code or settings name."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "profiles_http_requests_total",
            "Requests that were answered, by method, route and status; without /health, /health/ready and /metrics.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._duration = Histogram(
            "profiles_http_request_duration_seconds",
            "From a request's arrival until its answer was made.",
            ["method", "route"],
            buckets=SECONDS,
            registry=registry,
        )
        self._in_progress = self._gauge("profiles_http_requests_in_progress", "Requests that are being answered.")
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
        self._reads = Counter(
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
        # What was asked for by its labels once; the library's own look-up costs more than counting.
        self._by_status: dict[tuple[str, str, int], Counter] = {}
        self._by_route: dict[tuple[str, str], Histogram] = {}
        # Weak, since the connection of a thread that ends goes without a word.
        self._connections: weakref.WeakSet[object] = weakref.WeakSet()
        self._shown_connections = 0
        self._lock = threading.Lock()

    def _gauge(self, name: str, text: str) -> Gauge:
        """One that adds up over the web processes that live."""
        return Gauge(name, text, multiprocess_mode="livesum", registry=self.registry)

    def request_began(self) -> None:
        self._in_progress.inc()

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        if (counter := self._by_status.get((method, route, status))) is None:
            counter = self._by_status[method, route, status] = self._requests.labels(method, route, str(status))
        counter.inc()
        if (histogram := self._by_route.get((method, route))) is None:
            histogram = self._by_route[method, route] = self._duration.labels(method, route)
        histogram.observe(seconds)
        if len(self._connections) != self._shown_connections:
            self._show_connections()

    def request_left(self) -> None:
        self._in_progress.dec()

    def connection_opened(self, connection: object) -> None:
        self._opened.inc()
        with self._lock:
            self._connections.add(connection)
        self._show_connections()

    def connection_closed(self, connection: object) -> None:
        with self._lock:
            self._connections.discard(connection)
        self._show_connections()

    def connection_failed(self) -> None:
        self._failed.inc()

    def cache_read(self, kind: str, *, hit: bool) -> None:
        self._reads.labels(kind, "hit" if hit else "miss").inc()

    def breaker_turned(self, *, is_open: bool) -> None:
        self._breaker.set(is_open)
        if is_open:
            self._openings.inc()

    def rate_limited(self, scope: str) -> None:
        self._refusals.labels(scope).inc()

    def _show_connections(self) -> None:
        with self._lock:
            self._shown_connections = len(self._connections)
            self._open.set(self._shown_connections)


class SharedFolder(Collector):
    """What all processes have counted in their folder; a process that was killed is taken out of what is at present."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def collect(self) -> Iterable[Metric]:
        for pid in self._dead():
            # Another scrape may do the same.
            with suppress(FileNotFoundError):
                mark_process_dead(pid, self.folder)  # type: ignore[no-untyped-call]  # no types
        collector = MultiProcessCollector(None, self.folder)  # type: ignore[no-untyped-call]  # as above
        for _ in range(TRIES - 1):
            with suppress(*UNREADABLE):
                return list(collector.collect())  # type: ignore[no-untyped-call]  # as above
        return list(collector.collect())  # type: ignore[no-untyped-call]  # as above

    def _dead(self) -> Iterator[int]:
        for pid in {int(path.stem.rpartition("_")[2]) for path in Path(self.folder).glob("gauge_live*_*.db")}:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                yield pid
            except PermissionError:
                # Somebody else's, so that ours is gone.
                yield pid


class Constants(Collector):
    """What the settings say, for dashboards and rules."""

    def collect(self) -> Iterable[Metric]:
        build = GaugeMetricFamily("profiles_build_info", "Which release runs; always 1.", labels=["version", "python"])
        build.add_metric([settings.SPECTACULAR_SETTINGS["VERSION"], platform.python_version()], 1)
        yield build
        slots = settings.WEB_WORKERS * settings.WEB_THREADS
        yield GaugeMetricFamily("profiles_http_request_slots", "Requests that can be answered at once.", slots)


class OfApps(Collector):
    """What the functions of settings.METRICS_COLLECTORS tell."""

    def collect(self) -> Iterable[Metric]:
        for path in settings.METRICS_COLLECTORS:
            yield from import_string(path)()


def _registry(own: Recorder) -> CollectorRegistry:
    registry = CollectorRegistry()
    if folder := os.environ.get(FOLDER):
        registry.register(SharedFolder(folder))
    elif isinstance(own, PrometheusRecorder):
        registry.register(own.registry)
    registry.register(Constants())
    registry.register(OfApps())
    return registry


def exposition(accept: str) -> tuple[bytes, str]:
    """The metrics in the format that the client's `Accept` asks for, and that format's media type."""
    encode, content_type = choose_encoder(accept)
    return encode(_registry(recorder())), content_type


class _Scraped(Collector):
    """All of it, for a server whose threads nobody else looks after."""

    def __init__(self) -> None:
        self.registry = _registry(recorder())

    def collect(self) -> Iterable[Metric]:
        try:
            return list(self.registry.collect())
        finally:
            connections.close_all()


def listen(host: str, port: int) -> HTTPServer:
    """Serve the metrics there, without a token, from threads of this process. Raises OSError where it can't."""
    server, _ = start_http_server(port, host.strip("[]"), _Scraped())
    return server


def names() -> set[str]:
    """The name of every time series that a scrape may show."""
    made = _registry(PrometheusRecorder())
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {
        re.sub(r"_total$", "", family.name) + suffix for family in made.collect() for suffix in suffixes[family.type]
    }
