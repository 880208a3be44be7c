"""What is known about the request at hand wherever code runs for it."""

from contextvars import ContextVar

# The request's id, as problem documents, the X-Request-ID header and log lines show it; empty outside a request.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# Who asks: the user of the access token, in the admin the member of the staff; None until that is known.
user_id: ContextVar[int | None] = ContextVar("user_id", default=None)
