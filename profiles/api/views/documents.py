"""Whole profiles: documents, activation, copies, analytics (contract 3.2 and 5)."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.api import openapi
from profiles.api.views.base import PROFILES_PAGE, ProfileScopedViewSet, as_json, list_answer
from profiles.api.views.history import HistoryActions
from profiles.api.views.portability import PortabilityActions
from profiles.api.views.replays import DocumentAnswer
from profiles.api.views.synchronising import SyncActions
from profiles.career import bulk, rendering, requests, serializers
from profiles.models import JobFile, Profile
from profiles_project.api.conditional import IfMatch, PreconditionFailed, not_modified
from profiles_project.api.pagination import paginate
from profiles_project.database import clock
from profiles_project.database.refusals import Missing
from profiles_project.words.languages import request_language, spoken
from profiles_project.words.sentences import mark
from users.api.idempotency import idempotent


class ProfileViewSet(HistoryActions, SyncActions, PortabilityActions, ProfileScopedViewSet):
    """The profiles of the user of the token."""

    lookup_url_kwarg = "profile_id"

    def find(self) -> None:
        if "profile_id" in self.kwargs:
            super().find()

    def own(self) -> QuerySet[Profile]:
        """The user's profiles, oldest first."""
        return Profile.objects.filter(user=self.account)

    @openapi.profiles_list
    def list(self, request: Request) -> HttpResponse:
        profiles = rendering.with_counts(self.own())
        return list_answer(
            request, paginate(request, profiles, "profiles", rendering.summary, default_limit=PROFILES_PAGE)
        )

    @openapi.profiles_create
    @idempotent(DocumentAnswer())
    def create(self, request: Request) -> HttpResponse:
        values = self.read(serializers.ProfileSerializer).validated_data
        if "If-Match" in request.headers:
            raise PreconditionFailed(mark("A new profile has no version to match yet."))
        chosen_id = {"id": values["id"]} if values.get("id") else {}
        profile = Profile(user=self.account, **chosen_id)
        with transaction.atomic():
            bulk.set_own_fields(profile, values)
            with Profile.objects.add(profile, self.cause("profiles_create")):
                bulk.store(profile, values)
            return _created(profile)

    @openapi.profiles_active
    @action(detail=False)
    def me(self, request: Request) -> HttpResponse:
        profile = self.own().filter(is_active=True).first()
        if profile is None:
            raise Missing(mark("No profile found; create one first."))
        return not_modified(request, rendering.tag(profile)) or as_json(rendering.current(profile))

    @openapi.profiles_retrieve
    def retrieve(self, request: Request, profile_id: str) -> HttpResponse:
        return self.not_modified() or as_json(rendering.current(self.profile))

    @openapi.profiles_update
    def update(self, request: Request, profile_id: str) -> HttpResponse:
        return self._change(partial=False)

    @openapi.profiles_partial_update
    def partial_update(self, request: Request, profile_id: str) -> HttpResponse:
        return self._change(partial=True)

    def _change(self, *, partial: bool) -> HttpResponse:
        data = self.body()
        with transaction.atomic():
            with self.revise(f"profiles_{self.action}") as profile:
                context = {"profile": profile, "partial": partial}
                serializer = serializers.ProfileSerializer(data=data, partial=True, context=context)
                # The address names the profile; an id in the body is ignored.
                del serializer.fields["id"]
                serializer.is_valid(raise_exception=True)
                bulk.set_own_fields(profile, serializer.validated_data)
                bulk.store(profile, serializer.validated_data)
            return as_json(rendering.stored(profile.pk))

    @openapi.profiles_delete
    def destroy(self, request: Request, profile_id: str) -> Response:
        with transaction.atomic():
            removed = Profile.objects.remove(self.profile, self.cause("profiles_delete"), IfMatch.of(request).matches)
            # Files that jobs made of the profile are deleted with it.
            of_profile = {"job__user": self.account, "job__profile_id": self.profile.pk}
            JobFile.objects.filter(**of_profile, is_input=False).delete()
        rendering.forget([self.profile])
        return self.answer(None, removed, status=204)

    @openapi.profiles_activate
    @action(detail=True, methods=["post"])
    @idempotent(DocumentAnswer())
    def activate(self, request: Request, profile_id: str) -> HttpResponse:
        with transaction.atomic():
            cause = self.cause("profiles_activate")
            profile = Profile.objects.activate(self.profile, cause, IfMatch.of(request).matches)
            return as_json(rendering.stored(profile.pk))

    @openapi.profiles_duplicate
    @action(detail=True, methods=["post"])
    @idempotent(DocumentAnswer())
    def duplicate(self, request: Request, profile_id: str) -> HttpResponse:
        label = self.read(requests.DuplicateBody, optional_body=True).validated_data.get("label")
        with transaction.atomic():
            cause = self.cause("profiles_duplicate")
            with Profile.objects.revise_all(self.profile.user_id, cause) as profiles:
                source = Profile.objects.chosen(profiles, self.profile, IfMatch.of(request).matches)
                target = Profile(user_id=source.user_id, **{name: getattr(source, name) for name in Profile.CONTENT})
                target.label = label or source.label
                with Profile.objects.add(target, cause):
                    bulk.copy(source, target)
            return _created(target)

    @openapi.profiles_analytics
    @action(detail=True)
    def analytics(self, request: Request, profile_id: str) -> HttpResponse:
        today, language = clock.now().date(), request_language(request)
        also = today.isoformat(), language
        response = not_modified(request, rendering.tag(self.profile, *also)) or as_json(
            rendering.analytics(self.profile, today, language), *also
        )
        return spoken(response, language)


def _created(profile: Profile) -> HttpResponse:
    """201 with the address of a new profile."""
    response = as_json(rendering.stored(profile.pk), status=201)
    response["Location"] = f"/api/v1/profiles/{profile.pk}"
    return response
