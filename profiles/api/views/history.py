"""History and trash (contract 7): what was written can be had again."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.api import openapi
from profiles.api.views.base import PROFILES_PAGE, ProfileScopedViewSet, as_json, list_answer, path_uuid
from profiles.api.views.replays import DocumentAnswer
from profiles.career import history, rendering, requests
from profiles.models import Profile
from profiles.models.trash import KEPT_IN_TRASH
from profiles_project.api.conditional import IfMatch, not_modified, tagged
from profiles_project.api.errors import ParameterInvalid
from profiles_project.api.pagination import paginate
from profiles_project.database.refusals import Missing
from profiles_project.memory import LARGE_BYTES
from profiles_project.words.sentences import mark
from users.api.idempotency import idempotent

# The largest version that both databases take.
MAX_VERSION = 2**31 - 1


def _history_tag(profile: Profile) -> str:
    """Another one where older entries are gone, too."""
    return rendering.tag(profile, "history", str(profile.log_bytes))


def _version(text: str) -> int | None:
    """The version that a text names, None where it names none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_VERSION))
    return int(text) if is_number and int(text) <= MAX_VERSION else None


def _is_long(request: Request) -> bool:
    """Whether the log that is walked is so long that a user may have few such requests under way."""
    known = Profile.with_trash.filter(pk=request.parser_context["view"].profile.pk)
    return any(log + (content or 0) > LARGE_BYTES for log, content in known.values_list("log_bytes", "byte_count"))


class HistoryActions(ProfileScopedViewSet):
    """The history of a profile, for its viewset."""

    @openapi.profiles_history
    @action(detail=True, is_expensive=_is_long)
    def history(self, request: Request, profile_id: str) -> HttpResponse:
        walk = history.Walk(self.profile.pk)
        if unchanged := not_modified(request, _history_tag(walk.profile)):
            return unchanged
        page = paginate(request, walk.entries().only("version"), "revisions", lambda entry: entry)
        page.data["revisions"] = history.summaries(walk, page.data["revisions"])
        return tagged(page, _history_tag(walk.profile))

    @openapi.profiles_at_version
    @action(detail=True, url_path="history/<str:version>", is_expensive=_is_long)
    def at_version(self, request: Request, profile_id: str, version: str) -> HttpResponse:
        rendered = history.rendered(self.profile.pk, self._named(version))
        return not_modified(request, rendering.tag(rendered.profile)) or as_json(rendered)

    @openapi.profiles_diff
    @action(detail=True, url_path="history/<str:version>/diff", is_expensive=_is_long)
    def diff(self, request: Request, profile_id: str, version: str) -> HttpResponse:
        one = self._named(version)
        against = request.query_params.get("against")
        other = one - 1 if against is None else _version(against)
        if other is None:
            raise ParameterInvalid("against", mark("This must be the number of a version."))
        if unchanged := self.not_modified():
            return unchanged
        older, newer = sorted((one, other))
        changes = history.diff(self.profile.pk, older, newer)
        if one < other:
            changes = [change.reversed() for change in changes]
        return self.answer({"from": other, "to": one, "changes": [each._asdict() for each in changes]}, self.profile)

    @openapi.profiles_restore
    @action(detail=True, methods=["post"], is_expensive=_is_long)
    @idempotent(DocumentAnswer())
    def restore(self, request: Request, profile_id: str) -> HttpResponse:
        wanted = self.read(requests.RestoreBody).validated_data
        cause = self.cause("profiles_restore")._replace(reverts=wanted["version"])
        with transaction.atomic():
            with Profile.objects.revise(self.profile.pk, cause, IfMatch.of(request).matches) as profile:
                history.restore(profile, wanted["version"], wanted.get("items"))
            return as_json(rendering.stored(profile.pk))

    @staticmethod
    def _named(text: str) -> int:
        """The version in an address. Raises Missing where it is no number."""
        if (version := _version(text)) is None:
            raise Missing(mark("Version not found."))
        return version


class TrashViewSet(ProfileScopedViewSet):
    """The profiles that their person has deleted."""

    lookup_url_kwarg = "profile_id"

    def find(self) -> None:
        if "profile_id" not in self.kwargs:
            return
        # One that came back is found too: a request that is sent again gets its first answer.
        profile = Profile.with_trash.filter(pk=path_uuid(self.kwargs["profile_id"], Profile)).first()
        if profile is None:
            raise Missing.of(Profile)
        self.check_object_permissions(self.request, profile)
        self.profile = profile

    @openapi.trash_list
    def list(self, request: Request) -> HttpResponse:
        mine = Profile.with_trash.filter(user=self.account, deleted_at__isnull=False).order_by("-deleted_at", "-id")
        page = paginate(request, rendering.with_counts(mine), "profiles", _entry, default_limit=PROFILES_PAGE)
        return list_answer(request, page)

    @openapi.trash_restore
    @action(detail=True, methods=["post"])
    @idempotent(DocumentAnswer())
    def restore(self, request: Request, profile_id: str) -> HttpResponse:
        with transaction.atomic():
            profile = Profile.objects.take_out(self.profile, self.cause("trash_restore"), IfMatch.of(request).matches)
            return as_json(rendering.stored(profile.pk))

    @openapi.trash_delete
    def destroy(self, request: Request, profile_id: str) -> Response:
        Profile.objects.purge(self.profile, self.cause("trash_delete"), IfMatch.of(request).matches)
        return self.answer(None, self.profile, status=204)


def _entry(profile: Profile) -> dict[str, Any]:
    """A profile of `with_counts` as the list of the trash shows it."""
    deleted_at: dt.datetime = profile.deleted_at  # type: ignore[assignment]  # since it lies in the trash
    shown = rendering.summary(profile)
    kept = {name: shown[name] for name in ("id", "label", "version", "personal_info", "counts")}
    return {**kept, "deleted_at": deleted_at, "purged_at": deleted_at + KEPT_IN_TRASH}
