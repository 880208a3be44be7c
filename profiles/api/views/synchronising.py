"""Synchronising (contract 8): apps that are off line for weeks, on several devices."""

import hashlib
import uuid
import zlib
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.api import openapi
from profiles.api.views.base import ProfileScopedViewSet
from profiles.api.views.replays import PushAnswer
from profiles.career import rendering
from profiles.career.sync import pulls, states
from profiles.career.sync.pushes import PushChanges, in_words
from profiles.models import Profile
from profiles_project.api.conditional import not_modified
from profiles_project.api.errors import ParameterInvalid
from profiles_project.api.pagination import whole_number
from profiles_project.memory import LARGE_BYTES
from profiles_project.words.languages import in_language_of, spoken
from profiles_project.words.sentences import mark
from users.api.idempotency import idempotent
from users.api.views import PrivateView

SCOPE = "sync"
# How many entries one answer has at most, and where the request names no number.
MOST, USUAL = 1_000, 500
# Of a longer log a user may have few requests under way that read it.
LONG_LOG_BYTES = 8 * LARGE_BYTES


def _is_long(request: Request) -> bool:
    """Whether the log that may be read is long."""
    profile: Profile = request.parser_context["view"].profile
    return profile.log_bytes > LONG_LOG_BYTES


def _seen(request: Request) -> dict[uuid.UUID, states.Seen] | None:
    """What the client has seen, by profile; None where it has seen nothing yet."""
    text = request.query_params.get("since")
    # A client that has no state yet may send the parameter empty.
    if not text:
        return None
    try:
        return states.read(text)
    except ValueError as exc:
        raise ParameterInvalid("since", mark("This state does not come from this service.")) from exc


def _limit(request: Request) -> int:
    return whole_number(request, "limit", USUAL, 1, MOST)


def _answer(tag: str, body: Any) -> HttpResponse:
    response = HttpResponse(rendering.render(body), content_type="application/json")
    response["ETag"] = tag
    return response


class SyncActions(ProfileScopedViewSet):
    """The changes of a profile, for its viewset."""

    @openapi.profiles_changes
    @action(detail=True, throttle_scope=SCOPE, is_expensive=_is_long)
    def changes(self, request: Request, profile_id: str) -> HttpResponse:
        profile, limit = self.profile, _limit(request)
        current = states.written([pulls.all_of(profile)])
        if request.query_params.get("since") == current:
            return _page(request, pulls.Page(profile, pulls.all_of(profile)), current)
        seen = _seen(request)
        if seen is not None and profile.pk not in seen:
            raise ParameterInvalid("since", mark("This state belongs to another profile."), "other_profile")
        page = pulls.changes(profile, seen[profile.pk] if seen else None, limit)
        return _page(request, page, states.written([page.seen]))

    @openapi.profiles_push
    @changes.mapping.post  # type: ignore[untyped-decorator]  # of DRF
    @idempotent(PushAnswer())
    def push(self, request: Request, profile_id: str) -> Response:
        response = self.carry_out(PushChanges(), self.body())
        if response.status_code != HTTPStatus.OK:
            return response
        with in_language_of(request) as language:
            response.data = in_words(response.data)
        return spoken(response, language)


def _page(request: Request, page: pulls.Page, state: str) -> HttpResponse:
    """The answer with its tag, which is made of the state that it gives out.

    304 only where there is nothing to tell: a client that has lost its state, and not the tag, must be told.
    """
    tag = rendering.tag(page.profile, "changes", format(zlib.crc32(state.encode()), "x"))
    unchanged = None if page.entries or page.order or page.full else not_modified(request, tag)
    return unchanged or _answer(tag, {**page.shown(), "state": state})


class SyncView(PrivateView):
    """The changes of all profiles of the user."""

    throttle_scope = SCOPE

    @openapi.profiles_sync
    def get(self, request: Request) -> HttpResponse:
        told = pulls.all_changes(self.account.pk, _seen(request) or {}, _limit(request))
        state = states.written(told.seen)
        tag = f'"sync.{hashlib.sha256(state.encode()).hexdigest()[:32]}"'
        body = {
            "profiles": [
                {"id": page.profile.pk, **page.shown(), "state": states.written([page.seen])} for page in told.pages
            ],
            "removed": told.removed,
            "state": state,
            "has_more": told.has_more,
        }
        unchanged = None if told.pages or told.removed else not_modified(request, tag)
        return unchanged or _answer(tag, body)
