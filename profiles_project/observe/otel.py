"""OpenTelemetry's SDK, which sends spans by OTLP over HTTP. Imported only where an endpoint is configured."""

import os

from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

# The end of a process waits for its last spans, and a stopped server has 8 s.
EXPORT_SECONDS = 3.0


def exporting_tracer() -> Tracer:
    """A tracer for this process. The library reads the standard variables: endpoint, headers, sampler, time-outs."""
    is_given = any(map(os.environ.get, ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")))
    exporter = OTLPSpanExporter(timeout=None if is_given else EXPORT_SECONDS)
    return provider(BatchSpanProcessor(exporter)).get_tracer("profiles", settings.SPECTACULAR_SETTINGS["VERSION"])


def provider(processor: SpanProcessor) -> TracerProvider:
    """A provider under the service's name whose tracers give each ended span to the processor."""
    attributes = {"service.version": settings.SPECTACULAR_SETTINGS["VERSION"]}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        attributes["service.name"] = "profiles"
    made = TracerProvider(resource=Resource.create(attributes))
    made.add_span_processor(processor)
    return made
