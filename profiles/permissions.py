"""Who may touch a profile: decided once, at the profile, for all that lies below it."""

import uuid

from django.db.models import FilteredRelation, Q
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from profiles.models import Profile
from profiles_project.http.logs import security_event
from profiles_project.http.prepared import Parameter, Prepared
from profiles_project.http.values import parse_id
from users.authentication import SESSION_ID, SessionJWTAuthentication, with_user
from users.models import Session

_OWN = FilteredRelation(
    "user__profiles", condition=Q(user__profiles__pk=Parameter("profile_id", Profile._meta.get_field("id")))
)
_SESSION = Prepared(
    lambda: (
        with_user(Session.objects.annotate(own=_OWN))
        .select_related("own")  # type: ignore[misc]  # the plugin knows no relation that an annotation makes
        .filter(pk=SESSION_ID)
    )
)


class ProfileAuthentication(SessionJWTAuthentication):
    """In the same statement as session and user comes `own`: the profile of the address, if it is the user's."""

    def session(self, request: Request, pk: uuid.UUID) -> Session | None:
        try:
            profile_id = parse_id(request.parser_context["kwargs"]["profile_id"])
        except ValueError:
            # Nobody's; who may know that is decided later.
            return super().session(request, pk)
        found: Session | None = _SESSION.first(pk=pk, profile_id=profile_id)
        return found


class OwnsProfile(BasePermission):
    """The profile's user and nobody else; support staff and superusers have the admin."""

    def has_object_permission(self, request: Request, view: APIView, obj: Profile) -> bool:
        if obj.user_id == request.user.pk:
            return True
        security_event("access_refused", user=request.user.pk, session=request.auth.pk, profile=obj.pk)
        return False
