"""Access and refresh tokens: simplejwt signs and parses them, a session stands behind each."""

import datetime as dt
import functools
import uuid
from typing import Any, Self, cast

import jwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenBackendError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

from profiles_project.database import clock
from users.models import Session

# What a request without a good access token is told to bring (RFC 6750).
CHALLENGE = 'Bearer realm="api"'

# Every claim that a token of ours has, beside iss and aud, which the parser compares.
CLAIM_TYPES: dict[str, type] = {"jti": str, "sid": str, "sub": str, "iat": int, "exp": int, "token_type": str}
TIMES = frozenset({"iat", "exp", "nbf"})


class Signatures(TokenBackend):
    """simplejwt's, which leaves the times in a token to `SessionToken.check_times`: they would be this machine's."""

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002  # simplejwt's signature
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.get_verifying_key(token),
                algorithms=[self.algorithm],
                audience=self.audience,
                issuer=self.issuer,
                options={"verify_signature": verify, "verify_iat": False, "verify_exp": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError as exc:
            raise TokenBackendError("Token is invalid") from exc
        return claims


@functools.cache
def signatures() -> Signatures:
    """The backend of all tokens."""
    return Signatures(
        api_settings.ALGORITHM,
        api_settings.SIGNING_KEY,
        audience=api_settings.AUDIENCE,
        issuer=api_settings.ISSUER,
    )


class SessionToken(Token):
    """A JWT whose claims name a session (`sid`) and its user (`sub`)."""

    payload: dict[str, Any]

    def get_token_backend(self) -> Signatures:
        return signatures()

    @classmethod
    def parse(cls, text: Any) -> Self:
        """The token in `text`; `TokenError` for all that isn't a token of this type, signed, whole and in date."""
        if not isinstance(text, str):
            # simplejwt would make a new token of None.
            raise TokenError("Token is invalid")
        token = cls._read(text)
        token.check_times()
        return token

    @classmethod
    def _read(cls, text: str) -> Self:
        """The same, in date or not."""
        try:
            return cls(text)  # type: ignore[arg-type]  # simplejwt takes the text, whatever it declares
        except (ValueError, TypeError, OverflowError, OSError, RecursionError) as exc:
            # Claims of the wrong type break simplejwt, which expects its own; deep nesting breaks the JSON parser,
            # in the header even of a token that nobody signed.
            raise TokenError("Token is invalid") from exc

    def verify(self) -> None:
        """Check that every claim is there and has its type, then what simplejwt checks."""
        for name, kind in CLAIM_TYPES.items():
            value = self.payload.get(name)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise TokenError("Token has a missing or malformed claim")
        for name in TIMES & self.payload.keys():
            # Raises what `_read` expects for what is no time of this age of the world.
            dt.datetime.fromtimestamp(self.payload[name], dt.UTC)
        self.session_id = uuid.UUID(self.payload["sid"])
        self.token_id = uuid.UUID(self.payload["jti"])
        self.verify_token_type()

    def check_times(self) -> None:
        """Raises ExpiredTokenError past the token's end, TokenError before its beginning, each by the leeway.

        When it was issued isn't judged: a machine whose clock is ahead would log people out of all others, and a token
        is good for as long as its session is.
        """
        now = clock.seconds()
        if self.payload["exp"] + api_settings.LEEWAY <= now:
            raise ExpiredTokenError("Token is expired")
        if self.payload.get("nbf", 0) - api_settings.LEEWAY > now:
            raise TokenError("Token is not valid yet")

    def belongs_to(self, session: Session | None) -> bool:
        """Whether this is a token of that session, and the session and its user are still good."""
        return (
            session is not None
            and self.payload["sub"] == str(session.user_id)
            and session.is_live
            and session.user.is_active
        )

    @classmethod
    def issue(cls, session: Session, token_id: uuid.UUID, issued_at: dt.datetime) -> str:
        """A signed token of the session; the same arguments give the very same text."""
        token = cls()
        token.set_iat(at_time=issued_at)
        token.set_exp(from_time=issued_at)
        token["jti"] = str(token_id)
        token["sid"] = str(session.pk)
        token["sub"] = str(session.user_id)
        return str(token)


class AccessToken(SessionToken):
    """What a request carries."""

    token_type = "access"  # noqa: S105  # a claim, not a secret
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME

    @classmethod
    def known(cls, text: str) -> Self:
        """The same as `parse`, for a token whose signature and claims were found good before without doing it again.

        A phone sends its token with every request of an hour. Not for changing.
        """
        token = cast("Self", _signed(text))
        # The one thing that time changes, and so is not remembered.
        token.check_times()
        return token


@functools.lru_cache(maxsize=1_000)
def _signed(text: str) -> AccessToken:
    return AccessToken._read(text)  # noqa: SLF001  # of this module


class RefreshToken(SessionToken):
    """What buys the next pair of tokens, once."""

    token_type = "refresh"  # noqa: S105  # a claim, not a secret
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME
