"""Authentication of requests below a profile."""

import uuid
from typing import Any, cast

from django.db.models import FilteredRelation, Q
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from profiles.models import Profile
from profiles_project.database.prepared import Parameter, Prepared, loaded
from profiles_project.database.values import parse_id
from users.api.authentication import SESSION_ID, SessionJWTAuthentication
from users.models import Session, SessionRow

# What a read needs of a profile, which its version tells apart; a write reads the row anew, under its lock.
OWN = ("id", "user_id", "version", "created_at", "log_version", "boundary", "log_bytes")


def _with_own_profile(row: SessionRow) -> tuple[SessionRow, Prepared]:
    """The row of a session that the profile's columns follow, and the statement that finds it."""
    profile_id = Parameter("profile_id", Profile._meta.get_field("id"))
    own = FilteredRelation(
        "user__profiles", condition=Q(user__profiles__pk=profile_id, user__profiles__deleted_at=None)
    )
    sessions = Session.objects.filter(pk=SESSION_ID).annotate(own=own)
    return row, Prepared(lambda: sessions.values_list(*row.columns, *(f"own__{name}" for name in OWN)))


_READING = _with_own_profile(SessionRow())
# What writes is told in the history by the device that sent it.
_WRITING = _with_own_profile(SessionRow(["user_agent"]))


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
        row, sessions = _READING if request.method in SAFE_METHODS else _WRITING
        found = sessions.first_row(pk=pk, profile_id=profile_id)
        if found is None:
            return None
        session: Any = row.read(found)
        own = found[len(row.columns) :]
        session.own = None if own[0] is None else loaded(Profile, OWN, own)
        return cast("Session", session)
