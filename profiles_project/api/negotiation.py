"""Content negotiation."""

from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation


class ContentNegotiation(DefaultContentNegotiation):
    """DRF's, but an Accept header that can't be parsed is answered with 406."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        first = renderers[0]
        # The common case, answered without parsing.
        if request.META.get("HTTP_ACCEPT", "*/*") in {"*/*", first.media_type}:
            return first, first.media_type
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except ValueError as exc:
            raise NotAcceptable from exc


class OwnForm(ContentNegotiation):
    """For routes whose answer has a form of its own. Their problems are JSON, whatever the client accepts."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
