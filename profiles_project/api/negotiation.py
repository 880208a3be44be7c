"""Content negotiation."""

from collections.abc import Sequence
from typing import Any, cast

from django.http.request import MediaType
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
        for wanted in _accepted(request):
            for media_type, renderer in [*offered, (PROBLEM_JSON, first)]:
                main, _, sub = media_type.partition("/")
                if wanted.main_type in {"*", main} and wanted.sub_type in {"*", sub}:
                    return renderer, renderer.media_type
        raise NotAcceptable


def _accepted(request: Any) -> Sequence[MediaType]:
    """The types that the client takes, the best first. One that can't be read is left out."""
    try:
        return cast("Sequence[MediaType]", request.accepted_types)
    except ValueError:
        # Django gives up at the first of them.
        types = [found for each in request.META["HTTP_ACCEPT"].split(",") if (found := _readable(each))]
        return sorted(types, key=lambda each: (each.quality, each.specificity), reverse=True)


def _readable(text: str) -> MediaType | None:
    """The media type of a part of `Accept`; None for one that can't be read, or that the client does not take."""
    try:
        found = MediaType(text)
    except ValueError:
        return None
    return found if found.quality > 0 else None


class OwnForm(ContentNegotiation):
    """For routes whose answer has a form of its own. Their problems are JSON, whatever the client accepts."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
