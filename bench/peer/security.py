"""Who asks, and whether the profile is theirs; refusals as problem documents."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

import jwt
from fastapi import Request
from fastapi.responses import Response
from pydantic_core import to_json
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bench.peer import config
from bench.peer.models import Session, User

REQUIRED_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "sid", "jti", "token_type"]

# Built once, which spares each request the building of it.
LIVE_SESSION = (
    select(Session.user_id)
    .join(User, User.id == Session.user_id)
    .where(
        Session.id == bindparam("session_id"),
        Session.revoked_at.is_(None),
        Session.expires_at > func.now(),
        User.is_active,
    )
)


class Head(Protocol):
    """What must be known of a profile to decide whose it is and whether the client has it already."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def user_id(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def created_at(self) -> dt.datetime: ...


D = TypeVar("D", AsyncConnection, AsyncSession)
H = TypeVar("H", bound=Head)


class Problem(Exception):
    """A refusal, answered as a problem document (RFC 9457)."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers
        self.members = members

    def response(self) -> Response:
        """The problem document."""
        document = {"title": HTTPStatus(self.status).phrase, "status": self.status, "detail": self.detail}
        body = to_json(document | self.members)
        return Response(body, self.status, self.headers, media_type="application/problem+json")


def unauthenticated() -> Problem:
    """The 401 for whatever is wrong with a token."""
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return Problem(401, "The access token is missing, invalid or has expired.", headers)


def no_profile() -> Problem:
    """The 404."""
    return Problem(404, "There is no such profile.")


def _claims(authorization: str) -> tuple[uuid.UUID, str]:
    """The session's id and the user's that a valid access token names."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise unauthenticated()
    try:
        claims = jwt.decode(
            token,
            config.JWT_SIGNING_KEY,
            algorithms=["HS256"],
            issuer="profiles",
            audience="profiles-api",
            options={"require": REQUIRED_CLAIMS},
        )
        if claims["token_type"] != "access":  # noqa: S105  # a claim, not a secret
            raise unauthenticated()
        return uuid.UUID(claims["sid"]), claims["sub"]
    except (jwt.PyJWTError, ValueError, AttributeError, TypeError) as exc:
        raise unauthenticated() from exc


async def current_user(db: AsyncConnection | AsyncSession, request: Request) -> int:
    """The id of the user whose live session the token belongs to. Raises Problem (401)."""
    session_id, subject = _claims(request.headers.get("Authorization", ""))
    user_id: int | None = await db.scalar(LIVE_SESSION, {"session_id": session_id})
    if user_id is None or str(user_id) != subject:
        raise unauthenticated()
    return user_id


async def own(db: D, request: Request, profile_id: str, look_up: Callable[[D, uuid.UUID], Awaitable[H | None]]) -> H:
    """What the look-up finds of the profile, if it exists and is the user's own. Raises Problem (401, 404, 403)."""
    user_id = await current_user(db, request)
    try:
        key = uuid.UUID(profile_id)
    except ValueError as exc:
        raise no_profile() from exc
    found = await look_up(db, key)
    if found is None:
        raise no_profile()
    if found.user_id != user_id:
        raise Problem(403, "Access denied: this does not belong to you.")
    return found


def tag(profile: Head, *also: str) -> str:
    """The `ETag` of the profile at its version."""
    born = format(int(profile.created_at.timestamp() * 1_000_000), "x")
    return '"' + ".".join((str(profile.id), str(profile.version), config.FORMAT, born, *also)) + '"'


def _tags(header: str) -> list[str]:
    return [each.strip().removeprefix("W/") for each in header.split(",")]


def is_known(request: Request, current: str) -> bool:
    """Whether the client has what this tag names already (If-None-Match)."""
    header = request.headers.get("If-None-Match")
    return header is not None and (header.strip() == "*" or current in _tags(header))


def require_match(request: Request, profile: Head) -> None:
    """Raises Problem (412) where If-Match names another version."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return
    wanted = [str(profile.id), str(profile.version)]
    if not any(each.strip('"').split(".")[:2] == wanted for each in _tags(header)):
        raise Problem(412, "The profile has changed since you read it.", version=profile.version)
