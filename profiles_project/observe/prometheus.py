"""The metrics for a scrape: added up over all web processes.

Where `manage.py serve` runs, its processes share a folder (PROMETHEUS_MULTIPROC_DIR, the library's own variable); any
other server's process counts for itself.
"""

import os
import platform
import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from http.server import HTTPServer
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from profiles_project.observe.metrics import Recorder, recorder

# The library's name.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# A process that has just begun may have made a file and not yet written its head.
TRIES = 3
UNREADABLE = (OSError, ValueError, RuntimeError, struct.error)


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
    else:
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
    made = _registry(Recorder())
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {
        re.sub(r"_total$", "", family.name) + suffix for family in made.collect() for suffix in suffixes[family.type]
    }
