"""Generic views, as a tutorial shows them."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from rest_framework import generics
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.naive.serializers import ExperienceSerializer, ProfileSerializer
from profiles.models import Profile


class IsOwner(BasePermission):
    """Everybody their own profiles."""

    def has_object_permission(self, request: Request, view: APIView, obj: Profile) -> bool:
        return obj.user_id == request.user.pk


class ProfileView(generics.RetrieveAPIView[Profile]):
    """Answers /profiles/{id}."""

    permission_classes = (IsAuthenticated, IsOwner)
    serializer_class = ProfileSerializer
    queryset = Profile.objects.prefetch_related(
        "experience_set",
        "education_set",
        "project_set",
        "certification_set",
        "language_set",
        "volunteering_set",
        "award_set",
        "publication_set",
        "interest_set",
        "reference_set",
        "skill_set",
        "customfield_set",
    )


class ExperiencesView(generics.CreateAPIView[Any]):
    """Answers /profiles/{id}/experiences, for one object or an array."""

    permission_classes = (IsAuthenticated, IsOwner)
    serializer_class = ExperienceSerializer
    queryset = Profile.objects.all()

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        profile = self.get_object()
        Profile.objects.select_for_update().get(pk=profile.pk)
        many = isinstance(request.data, list)
        serializer = self.get_serializer(data=request.data, many=many)
        serializer.is_valid(raise_exception=True)
        items = serializer.validated_data if many else [serializer.validated_data]
        for position, item in enumerate(items, start=profile.experience_set.count()):
            item["position"] = position
        # The usual `save()` of a list: a statement for each row.
        serializer.save(profile=profile, version=profile.version + 1)
        Profile.objects.filter(pk=profile.pk).update(version=F("version") + 1, updated_at=timezone.now())
        return Response(serializer.data, status=201)
