"""Content negotiation."""

from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation

from profiles_project.api.renderers import PROBLEM_JSON


class ContentNegotiation(DefaultContentNegotiation):
    """By the types of an `Accept` that have a `q` above 0, whatever parameters they have; 406 if none of them fits.

    A client that takes problem documents alone gets the answer's own type: some that are generated ask so where an
    answer has no content (contract 6).
    """

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        first = renderers[0]
        # The common case, answered without parsing.
        if request.META.get("HTTP_ACCEPT", "") in {"", "*/*", first.media_type}:
            return first, first.media_type
        offered = [(each.media_type, each) for each in renderers]
        try:
            accepted = request.accepted_types
        except ValueError as exc:
            raise NotAcceptable from exc
        for wanted in accepted:
            for media_type, renderer in [*offered, (PROBLEM_JSON, first)]:
                main, _, sub = media_type.partition("/")
                if wanted.main_type in {"*", main} and wanted.sub_type in {"*", sub}:
                    return renderer, renderer.media_type
        raise NotAcceptable


class OwnForm(ContentNegotiation):
    """For routes whose answer has a form of its own. Their problems are JSON, whatever the client accepts."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
