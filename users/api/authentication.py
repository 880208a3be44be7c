"""Authentication by access token: finds the session and its user.

DRF's views import this module while they are imported themselves, so nothing here may import them.
"""

import logging
import uuid

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError

from profiles_project.database.prepared import Parameter, Prepared
from profiles_project.observe.context import user_id
from profiles_project.observe.logs import security_event
from profiles_project.words.sentences import mark
from users.models import Session, SessionRow, User
from users.tokens import CHALLENGE, AccessToken

# RFC 9110 wants it on every 401; `error=` is only said where an access token is at fault (contract 1.2).
REFUSAL = mark("The access token is invalid or has expired.")

SESSION_ID = Parameter("pk", Session._meta.get_field("id"))
# What the routes need besides that are about the account.
_ACCOUNT = ("email", "full_name", "is_verified", "is_staff", "is_superuser", "created_at", "updated_at")


_ROW = SessionRow(["user_agent", "token_id"], _ACCOUNT)
_SESSION = Prepared(lambda: Session.objects.filter(pk=SESSION_ID).values_list(*_ROW.columns))


def _credentials(request: Request) -> list[str]:
    """The parts after the word Bearer in the Authorization header; a token is exactly one part. Raises nothing."""
    scheme, *rest = request.META.get("HTTP_AUTHORIZATION", "").split() or [""]
    return rest or [""] if scheme.lower() == "bearer" else []


def _refused(reason: str, session: uuid.UUID | None = None, user: int | None = None) -> AuthenticationFailed:
    """The refusal of a token, after logging it."""
    security_event("token_refused", level=logging.WARNING, reason=reason, session=session, user=user)
    return AuthenticationFailed(REFUSAL)


class SessionJWTAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`, good for as long as its session and its user are.

    Session and user are looked up with every request, in one statement, so that logout, a change of password and
    deactivation work on the very next one. `request.auth` is the session.
    """

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        credentials = _credentials(request)
        if not credentials:
            return None
        if len(credentials) != 1:
            raise _refused("malformed")
        try:
            token = AccessToken.known(credentials[0])
        except ExpiredTokenError as exc:
            # No event: every phone's token expires once an hour.
            raise AuthenticationFailed(REFUSAL) from exc
        except TokenError as exc:
            raise _refused("not ours") from exc
        session = self.find_session(token.session_id, request)
        if session is None:
            raise _refused("session gone", token.session_id)
        if not token.belongs_to(session):
            raise _refused("session ended" if session.user.is_active else "user inactive", session.pk, session.user_id)
        user_id.set(session.user_id)
        return session.user, session

    def find_session(self, pk: uuid.UUID, request: Request) -> Session | None:
        """The session of a token, with its user."""
        row = _SESSION.first_row(pk=pk)
        return None if row is None else _ROW.read(row)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer error="invalid_token"' if _credentials(request) else CHALLENGE
