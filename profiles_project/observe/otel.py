"""Spans of OpenTelemetry, sent by OTLP over HTTP. Imported only where an endpoint is configured.

Nothing here comes from a client but the ids of a `traceparent`: no address, no query, no name, no parameter of a
statement, no text of an exception. The packages that instrument Django and psycopg write some of these, and don't see
the statements that our engine prepares.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import Token
from http import HTTPStatus
from typing import Any, Self

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from profiles_project.observe.tracing import NOTHING, RequestSpan, Tracer

# A statement with a thousand places for values says no more than its beginning.
LONGEST_STATEMENT = 2_000
# The end of a process waits for its last spans, and a stopped server has 8 s.
EXPORT_SECONDS = 3.0
PROPAGATOR = TraceContextTextMapPropagator()


def exporting() -> Tracer:
    """A tracer for this process. The library reads the standard variables: endpoint, headers, sampler, time-outs."""
    is_given = any(map(os.environ.get, ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")))
    return OtelTracer(BatchSpanProcessor(OTLPSpanExporter(timeout=None if is_given else EXPORT_SECONDS)))


class OtelTracer(Tracer):
    """Makes spans and gives each that has ended to the processor."""

    def __init__(self, processor: SpanProcessor) -> None:
        attributes = {"service.version": settings.SPECTACULAR_SETTINGS["VERSION"]}
        if not os.environ.get("OTEL_SERVICE_NAME"):
            attributes["service.name"] = "profiles"
        self.provider = TracerProvider(resource=Resource.create(attributes))
        self.provider.add_span_processor(processor)
        self._tracer = self.provider.get_tracer("profiles", settings.SPECTACULAR_SETTINGS["VERSION"])
        connection_created.connect(self._listen, dispatch_uid="traces")

    def close(self) -> None:
        """Make no more spans; those that have ended are sent first."""
        connection_created.disconnect(dispatch_uid="traces")
        self.provider.shutdown()

    def request(self, meta: Mapping[str, Any]) -> RequestSpan:
        # Without `tracestate`, which may hold any words of whoever sends it.
        carrier = {"traceparent": meta.get("HTTP_TRACEPARENT", "")}
        # From an empty context: nothing of an earlier request on this thread is a parent.
        parent = PROPAGATOR.extract(carrier, context.Context())
        return _RequestSpan(self._tracer.start_span("request", parent, SpanKind.SERVER))

    def work(self, name: str, **attributes: str) -> AbstractContextManager[object]:
        return self._tracer.start_as_current_span(
            name,
            context.Context(),
            SpanKind.CONSUMER,
            {f"profiles.{key}": value for key, value in attributes.items()},
            # An exception's text may quote a row.
            record_exception=False,
            set_status_on_exception=False,
        )

    def statement(self, vendor: str, sql: str) -> AbstractContextManager[object]:
        if not trace.get_current_span().is_recording():
            # A worker looks for work five times a second.
            return NOTHING
        return self._statement(vendor, sql)

    @contextmanager
    def _statement(self, vendor: str, sql: str) -> Iterator[None]:
        word = sql.lstrip(" (").partition(" ")[0].upper()
        span = self._tracer.start_span(
            word,
            kind=SpanKind.CLIENT,
            attributes={
                # Django's names are the conventions' for both.
                "db.system.name": vendor,
                "db.operation.name": word,
                "db.query.text": sql[:LONGEST_STATEMENT],
            },
        )
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            span.end()

    def listener(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  # as Django calls it
        """Django's hook around each statement of a cursor."""
        with self.statement(context["connection"].vendor, str(sql)):
            return execute(sql, params, many, context)

    def _listen(self, connection: BaseDatabaseWrapper, **_: object) -> None:
        # A connection that is made anew has its wrappers still.
        if self.listener not in connection.execute_wrappers:
            connection.execute_wrappers.append(self.listener)


class _RequestSpan(RequestSpan):
    """A request's span, the current one of this thread inside the block."""

    def __init__(self, span: trace.Span) -> None:
        self.span = span
        self._token: Token[context.Context]

    def __enter__(self) -> Self:
        self._token = context.attach(trace.set_span_in_context(self.span))
        return self

    def __exit__(self, *exc_info: object) -> None:
        context.detach(self._token)
        self.span.end()

    def answered(self, method: str, route: str, status: int, request_id: str) -> None:
        # The conventions' word for a method that nobody knows.
        known = method if method != "other" else "_OTHER"
        self.span.update_name(f"{method if method != 'other' else 'HTTP'} {route}")
        self.span.set_attributes(
            {
                "http.request.method": known,
                "http.route": route,
                "http.response.status_code": status,
                "profiles.request_id": request_id,
            }
        )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.span.set_attribute("error.type", str(status))
            self.span.set_status(Status(StatusCode.ERROR))
