"""Authentication of requests below a profile."""

import uuid
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F, FilteredRelation, Q, QuerySet
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from profiles.models import Profile
from profiles_project.database.prepared import Parameter, Prepared
from profiles_project.database.values import parse_id
from users.api.authentication import SESSION_ID, SessionJWTAuthentication, with_user
from users.models import Session

# What a read needs of a profile, which its version tells apart; a write reads the row anew, under its lock.
OWN = ("id", "user_id", "version", "created_at", "log_version", "boundary", "log_bytes")


def _with_own_profile() -> "QuerySet[Session]":
    profile_id = Parameter("profile_id", Profile._meta.get_field("id"))
    own = FilteredRelation(
        "user__profiles", condition=Q(user__profiles__pk=profile_id, user__profiles__deleted_at=None)
    )
    sessions = with_user(Session.objects.annotate(own=own)).filter(pk=SESSION_ID)
    read = {f"own_{name}": F(f"own__{name}") for name in OWN}
    return sessions.annotate(**read).defer("user__email", "user__full_name", "user__created_at", "user__updated_at")


# What writes is told in the history by the device that sent it.
_READING, _WRITING = Prepared(lambda: _with_own_profile().defer("user_agent")), Prepared(_with_own_profile)


class ProfileJWTAuthentication(SessionJWTAuthentication):
    """Finds the profile of the address in the statement that finds the session, as its `own`.

    `own` has the columns of `OWN`, and loads others when they are asked for. It is None where the user has no profile
    of that id.
    """

    def find_session(self, pk: uuid.UUID, request: Request) -> Session | None:
        try:
            profile_id = parse_id(request.parser_context["kwargs"].get("profile_id"))
        except ValueError:
            # The route names no profile, or no valid id. The view answers that, after authentication.
            return super().find_session(pk, request)
        sessions = _READING if request.method in SAFE_METHODS else _WRITING
        found: Any = sessions.first(pk=pk, profile_id=profile_id)
        if found is not None:
            values = [getattr(found, f"own_{name}") for name in OWN]
            found.own = None if values[0] is None else Profile.from_db(DEFAULT_DB_ALIAS, OWN, values)
        session: Session | None = found
        return session
