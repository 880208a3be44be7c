"""What is known about the request at hand wherever code runs for it."""

from contextvars import ContextVar

# The request's id, as problem documents, the X-Request-ID header and log lines show it; empty outside a request.
request_id: ContextVar[str] = ContextVar("request_id", default="")
