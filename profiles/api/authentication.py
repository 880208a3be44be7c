"""Authentication of requests below a profile."""

import uuid

from django.db.models import FilteredRelation, Q, QuerySet
from rest_framework.request import Request

from profiles.models import Profile
from profiles_project.database.prepared import Parameter, Prepared
from profiles_project.database.values import parse_id
from users.api.authentication import SESSION_ID, SessionJWTAuthentication, with_user
from users.models import Session


def _with_own_profile() -> "QuerySet[Session]":
    profile_id = Parameter("profile_id", Profile._meta.get_field("id"))
    own = FilteredRelation("user__profiles", condition=Q(user__profiles__pk=profile_id))
    sessions = with_user(Session.objects.annotate(own=own))
    return sessions.select_related("own").filter(pk=SESSION_ID)  # type: ignore[misc]  # the plugin knows no `own`


_SESSION = Prepared(_with_own_profile)


class ProfileJWTAuthentication(SessionJWTAuthentication):
    """Finds the profile of the address in the statement that finds the session, as its `own`.

    `own` is None where the user has no profile of that id.
    """

    def find_session(self, pk: uuid.UUID, request: Request) -> Session | None:
        try:
            profile_id = parse_id(request.parser_context["kwargs"].get("profile_id"))
        except ValueError:
            # The route names no profile, or no valid id. The view answers that, after authentication.
            return super().find_session(pk, request)
        found: Session | None = _SESSION.first(pk=pk, profile_id=profile_id)
        return found
