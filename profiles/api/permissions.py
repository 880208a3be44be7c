"""Who may touch a profile: decided once, at the profile, for all that lies below it."""

import uuid
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from profiles.models import Job, Profile
from profiles_project.database.prepared import Parameter, Prepared
from profiles_project.database.values import parse_id
from profiles_project.observe.logs import security_event
from users.api.authentication import SESSION_ID, find_session, with_user
from users.models import Session


def _with_own_profile() -> "QuerySet[Session]":
    profile_id = Parameter("profile_id", Profile._meta.get_field("id"))
    own = FilteredRelation("user__profiles", condition=Q(user__profiles__pk=profile_id))
    sessions = with_user(Session.objects.annotate(own=own))
    return sessions.select_related("own").filter(pk=SESSION_ID)  # type: ignore[misc]  # the plugin knows no `own`


_SESSION = Prepared(_with_own_profile)


def session_and_profile(pk: uuid.UUID, profile_id: str) -> Session | None:
    """The session with its user and, as `own`, their profile of that id, None where they have none; one statement."""
    try:
        found: Session | None = _SESSION.first(pk=pk, profile_id=parse_id(profile_id))
    except ValueError:
        # An id of nothing; who may know that is decided later.
        return find_session(pk)
    return found


class IsOwner(BasePermission):
    """The user of a profile or a job and nobody else; support staff and superusers have the admin."""

    def has_object_permission(self, request: Request, view: APIView, obj: Profile | Job) -> bool:
        if obj.user_id == request.user.pk:
            return True
        which: dict[str, Any] = {str(obj._meta.model_name): obj.pk}
        security_event("access_refused", user=request.user.pk, session=request.auth.pk, **which)
        return False
