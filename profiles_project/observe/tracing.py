"""Spans of requests, statements and background work, by OpenTelemetry's API, which makes none while it is not set up.

Nothing in a span comes from a client but the ids of a `traceparent`: no address, no query, no name, no parameter of a
statement, no text of an exception. The packages that instrument Django and psycopg write some of these, and don't see
the statements that our engine prepares.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracer, Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# A statement with a thousand placeholders says no more than its beginning.
LONGEST_STATEMENT = 2_000
PROPAGATOR = TraceContextTextMapPropagator()

_tracer: Tracer = NoOpTracer()


def use(new: Tracer) -> Tracer:
    """Make all further spans by this tracer. Returns the one before."""
    global _tracer  # one a process, as a logger's configuration is
    before, _tracer = _tracer, new
    return before


def start() -> None:
    """Called where a web process or a worker begins: trace from now on, if an endpoint is configured."""
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        # By its name, since the SDK costs memory that nobody should pay who has no traces.
        use(importlib.import_module("profiles_project.observe.otel").exporting_tracer())
        connection_created.connect(_listen, dispatch_uid="traces")


def request_span(meta: Mapping[str, Any]) -> AbstractContextManager[Span]:
    """A request's span, current inside the block. It continues the W3C `traceparent` in the request's `meta`."""
    # From an empty context: no earlier request on this thread is its parent.
    parent = Context()
    if traceparent := meta.get("HTTP_TRACEPARENT"):
        # Without `tracestate`, which may hold any words of the client.
        parent = PROPAGATOR.extract({"traceparent": traceparent}, parent)
    span = _tracer.start_span("request", parent, SpanKind.SERVER)
    if not span.is_recording():
        return nullcontext(span)
    return trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False)


def note_answer(span: Span, method: str, route: str, status: int, request_id: str) -> None:
    """Describe the answer in a request's span. `method` and `route` are words of ours, never a client's."""
    if not span.is_recording():
        return
    # The conventions' word for a method that nobody knows.
    known = method if method != "other" else "_OTHER"
    span.update_name(f"{method if method != 'other' else 'HTTP'} {route}")
    span.set_attributes(
        {
            "http.request.method": known,
            "http.route": route,
            "http.response.status_code": status,
            "profiles.request_id": request_id,
        }
    )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.set_attribute("error.type", str(status))
        span.set_status(Status(StatusCode.ERROR))


def work_span(name: str, **attributes: str) -> AbstractContextManager[Span]:
    """The span of a job or a mail in a worker, current inside the block. The attributes are ids and words of ours."""
    return _tracer.start_as_current_span(
        name,
        Context(),
        SpanKind.CONSUMER,
        {f"profiles.{key}": value for key, value in attributes.items()},
        # An exception's text may quote a row.
        record_exception=False,
        set_status_on_exception=False,
    )


def statement_span(vendor: str, sql: str) -> AbstractContextManager[object]:
    """A statement's span inside one of the others; `sql` is without its parameters."""
    # None on its own: a worker looks for work five times a second.
    return _statement(vendor, sql) if trace.get_current_span().is_recording() else nullcontext()


@contextmanager
def _statement(vendor: str, sql: str) -> Iterator[None]:
    word = sql.lstrip(" (").partition(" ")[0].upper()
    # Django's names of vendors are the conventions' for both.
    attributes = {"db.system.name": vendor, "db.operation.name": word, "db.query.text": sql[:LONGEST_STATEMENT]}
    span = _tracer.start_span(word, kind=SpanKind.CLIENT, attributes=attributes)
    try:
        yield
    except Exception as error:
        span.set_attribute("error.type", type(error).__qualname__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        span.end()


def listener(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  # as Django calls it
    """Django's hook around each statement of a cursor."""
    with statement_span(context["connection"].vendor, str(sql)):
        return execute(sql, params, many, context)


def _listen(connection: BaseDatabaseWrapper, **_: object) -> None:
    # A reconnected wrapper keeps its listeners.
    if listener not in connection.execute_wrappers:
        connection.execute_wrappers.append(listener)
