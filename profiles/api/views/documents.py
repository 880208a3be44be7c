"""The routes of whole profiles: documents, activation, copies, analytics (contract 3.2 and 5)."""

import hashlib
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from profiles import tasks
from profiles.api import openapi
from profiles.api.permissions import IsOwner, session_and_profile
from profiles.api.views.jobs import accepted
from profiles.api.views.replays import DocumentAnswer
from profiles.career import bulk, rendering, serializers
from profiles.career.operations import Operation
from profiles.models import JobFile, Profile
from profiles_project.api.conditional import IfMatch, PreconditionFailed, not_modified, tagged
from profiles_project.api.pagination import paginate
from profiles_project.api.preferences import prefers_async
from profiles_project.database import clock
from profiles_project.database.values import parse_id
from users.api.idempotency import idempotent
from users.api.views import PrivateView
from users.models import Session

PROFILES_PAGE = 20


def path_uuid(text: str) -> uuid.UUID:
    """The UUID of a path. Raises Http404 for any other text."""
    try:
        return parse_id(text)
    except ValueError:
        raise Http404 from None


def as_json(rendered: rendering.Rendered, *also: str, status: int = 200) -> HttpResponse:
    """A rendered document with its `ETag`; `also` as in `rendering.tag`."""
    response = HttpResponse(rendered.body, status=status, content_type="application/json")
    response["ETag"] = rendering.tag(rendered.profile, *also)
    return response


class OwnProfilesView(PrivateView):
    """What belongs to the user of the token, profile by profile."""

    def own(self) -> QuerySet[Profile]:
        """The user's profiles, oldest first."""
        return Profile.objects.filter(user=self.account)


class ProfilesView(OwnProfilesView):
    """Answers /profiles."""

    @openapi.profiles_list
    def get(self, request: Request) -> HttpResponse:
        profiles = rendering.with_counts(self.own())
        page = paginate(request, profiles, "profiles", rendering.summary, default_limit=PROFILES_PAGE)
        # No one version stands for a list, so its tag is made of all that it says.
        tag = f'"list.{hashlib.sha256(rendering.render(page.data)).hexdigest()[:32]}"'
        return not_modified(request, tag) or tagged(page, tag)

    @openapi.profiles_create
    @idempotent(DocumentAnswer())
    def post(self, request: Request) -> HttpResponse:
        values = self.read(serializers.ProfileSerializer).validated_data
        if "If-Match" in request.headers:
            raise PreconditionFailed("A profile that is created now has no version yet that could match.")
        chosen_id = {"id": values["id"]} if values.get("id") else {}
        profile = Profile(user=self.account, **chosen_id)
        with transaction.atomic():
            bulk.set_own_fields(profile, values)
            with Profile.objects.add(profile):
                bulk.store(profile, values)
            return created(profile)


def created(profile: Profile) -> HttpResponse:
    """201 with the address of a new profile."""
    response = as_json(rendering.stored(profile.pk), status=201)
    response["Location"] = f"/api/v1/profiles/{profile.pk}"
    return response


class ActiveProfileView(OwnProfilesView):
    """Answers /profiles/me."""

    @openapi.profiles_active
    def get(self, request: Request) -> HttpResponse:
        profile = self.own().filter(is_active=True).first()
        if profile is None:
            raise NotFound("No profile found; create one first.")
        return not_modified(request, rendering.tag(profile)) or as_json(rendering.current(profile))


class BelowProfileView(PrivateView):
    """Whatever belongs to one profile: 404 where there is none, 403 where it is somebody else's, then the rest."""

    permission_classes = (IsAuthenticated, IsOwner)
    profile: Profile
    # The parameter that names what a DELETE is about, in place of a body.
    query_name = ""

    def find_session(self, pk: uuid.UUID) -> Session | None:
        """Called by authentication."""
        return session_and_profile(pk, self.kwargs["profile_id"])

    def find(self) -> None:
        profile = getattr(self.request.auth, "own", None) or Profile.objects.find(path_uuid(self.kwargs["profile_id"]))
        if profile is None:
            raise Http404
        self.check_object_permissions(self.request, profile)
        self.profile = profile

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.limit == "bulk" and request.method != "OPTIONS":
            # Only now, since nobody's body is looked at before it is known whose profile it is for.
            self.count("bulk_items", f"user {self.account.pk}", max(1, self.items()))

    def check_throttles(self, request: Request) -> None:
        if self.is_bulk():
            self.limit = "bulk"
        super().check_throttles(request)

    def is_bulk(self) -> bool:
        """Whether the request writes many items at once, as far as can be told without reading its body's content."""
        return False

    def items(self) -> int:
        """How many items a bulk request names: in its body, which is a list or has one, or in its query."""
        named = self.request.query_params.getlist(self.query_name) if self.request.method == "DELETE" else []
        if named:
            return sum(value.count(",") + 1 for value in named)
        data = self.request.data
        lists = [data, *data.values()] if isinstance(data, dict) else [data]
        return sum(len(each) for each in lists if isinstance(each, list))

    def revise(self) -> AbstractContextManager[Profile]:
        """The profile, locked for a change that the request's `If-Match` allows."""
        return Profile.objects.revise(self.profile.pk, IfMatch.of(self.request))

    def carry_out(
        self,
        operation: Operation,
        data: Any,
        *,
        limit: int = serializers.BULK_LIMIT,
        show: Callable[[Profile], Response] | None = None,
    ) -> Response:
        """Do at once what the request's JSON asks for, or file a job where it is large or the client prefers that.

        `show` makes the answer where it is more than what the operation gives.
        """
        if operation.size(data) > limit or prefers_async(self.request):
            return accepted(tasks.file_operation(self.profile, operation, data, IfMatch.of(self.request)))
        judged = operation.judge(data)
        with self.revise() as profile:
            body = operation.apply(profile, judged)
        return show(profile) if show else self.answer(body, profile, status=operation.status)

    def answer(self, data: Any, profile: Profile, status: int = 200) -> Response:
        """What a request changed or read, with the `ETag` of the profile."""
        return tagged(Response(data, status=status), rendering.tag(profile))

    def section(self, name: str) -> Response:
        """A section of the document, with the `ETag` of the profile."""
        rendered = rendering.current(self.profile)
        return self.answer(rendered.section(name), rendered.profile)

    def not_modified(self) -> HttpResponse | None:
        """The 304, where the client has this version already."""
        return not_modified(self.request, rendering.tag(self.profile))


class ProfileView(BelowProfileView):
    """Answers /profiles/{profile_id}."""

    @openapi.profiles_retrieve
    def get(self, request: Request, profile_id: str) -> HttpResponse:
        return self.not_modified() or as_json(rendering.current(self.profile))

    @openapi.profiles_update
    def put(self, request: Request, profile_id: str) -> HttpResponse:
        return self._change(partial=False)

    @openapi.profiles_partial_update
    def patch(self, request: Request, profile_id: str) -> HttpResponse:
        return self._change(partial=True)

    def _change(self, *, partial: bool) -> HttpResponse:
        data = self.body()
        with transaction.atomic():
            with self.revise() as profile:
                context = {"profile": profile, "partial": partial}
                serializer = serializers.ProfileSerializer(data=data, partial=True, context=context)
                # The address says which one it is; the body's id is read-only here.
                del serializer.fields["id"]
                serializer.is_valid(raise_exception=True)
                bulk.set_own_fields(profile, serializer.validated_data)
                bulk.store(profile, serializer.validated_data)
            return as_json(rendering.stored(profile.pk))

    @openapi.profiles_delete
    def delete(self, request: Request, profile_id: str) -> Response:
        with transaction.atomic():
            Profile.objects.remove(self.profile, IfMatch.of(request))
            # What jobs have made of it goes with it.
            of_profile = {"job__user": self.account, "job__profile_id": self.profile.pk}
            JobFile.objects.filter(**of_profile, is_input=False).delete()
        rendering.forget([self.profile])
        return self.answer(None, self.profile, status=204)


class ActivateView(BelowProfileView):
    """Answers /profiles/{profile_id}/activate."""

    @openapi.profiles_activate
    @idempotent(DocumentAnswer())
    def post(self, request: Request, profile_id: str) -> HttpResponse:
        with transaction.atomic():
            profile = Profile.objects.activate(self.profile, IfMatch.of(request))
            return as_json(rendering.stored(profile.pk))


class DuplicateView(BelowProfileView):
    """Answers /profiles/{profile_id}/duplicate."""

    @openapi.profiles_duplicate
    @idempotent(DocumentAnswer())
    def post(self, request: Request, profile_id: str) -> HttpResponse:
        label = self.read(serializers.DuplicateBody, optional_body=True).validated_data.get("label")
        with transaction.atomic():
            with Profile.objects.revise_all(self.profile.user_id) as profiles:
                source = Profile.objects.chosen(profiles, self.profile, IfMatch.of(request))
                target = Profile(user_id=source.user_id, **{name: getattr(source, name) for name in Profile.REVISED})
                target.label = label or source.label
                with Profile.objects.add(target):
                    bulk.copy(source, target)
            return created(target)


class AnalyticsView(BelowProfileView):
    """Answers /profiles/{profile_id}/analytics."""

    @openapi.profiles_analytics
    def get(self, request: Request, profile_id: str) -> HttpResponse:
        today = clock.now().date()
        day = today.isoformat()
        return not_modified(request, rendering.tag(self.profile, day)) or as_json(
            rendering.analytics(self.profile, today), day
        )
