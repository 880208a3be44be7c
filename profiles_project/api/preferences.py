"""The Prefer header (RFC 7240), of which only `respond-async` is honoured."""

from rest_framework.request import Request

RESPOND_ASYNC = "respond-async"


def prefers_async(request: Request) -> bool:
    """Whether the request's `Prefer` says `respond-async`, in whatever case and company."""
    preferences = request.headers.get("Prefer", "").split(",")
    return any(preference.partition(";")[0].strip().lower() == RESPOND_ASYNC for preference in preferences)
