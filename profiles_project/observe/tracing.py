"""Traces of what the service does, for OpenTelemetry; while no endpoint is configured nothing of it is imported."""

import importlib
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.conf import settings


class RequestSpan(AbstractContextManager["RequestSpan", None]):
    """A request's part of a trace, as long as the block; this one is none."""

    def __exit__(self, *exc_info: object) -> None:
        """Nothing to end."""

    def answered(self, method: str, route: str, status: int, request_id: str) -> None:
        """What became of it. `method` and `route` are words of ours, never what a client has sent."""


NO_SPAN = RequestSpan()
NOTHING = nullcontext()


class Tracer:
    """Makes spans; this one makes none, which is all there is while traces are off."""

    # What listens to Django's cursors; None where nothing does.
    listener: Any = None

    def request(self, meta: Mapping[str, Any]) -> RequestSpan:
        """A request's; `meta` is its META, whose W3C `traceparent` is continued."""
        return NO_SPAN

    def work(self, name: str, **attributes: str) -> AbstractContextManager[object]:
        """That of a job or a mail that a worker sees to; the attributes are ids and words of ours."""
        return NOTHING

    def statement(self, vendor: str, sql: str) -> AbstractContextManager[object]:
        """A statement's, inside one of the others; `sql` is without its parameters."""
        return NOTHING


_tracer = Tracer()


def tracer() -> Tracer:
    """The one of this process."""
    return _tracer


def use(new: Tracer) -> Tracer:
    """From now on this is the one; returns the one before."""
    global _tracer  # one a process, as a logger's configuration is
    before, _tracer = _tracer, new
    return before


def start() -> None:
    """Called where a web process or a worker begins: trace from now on, if there is an endpoint to send it to."""
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        # By its name, since what it imports costs memory that nobody should pay who has no traces.
        use(importlib.import_module("profiles_project.observe.otel").exporting())
