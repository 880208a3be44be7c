"""Security events of accounts: stored for their owners and for support, and logged."""

import logging
import uuid
from contextlib import suppress
from typing import Literal, get_args

from django.db import DatabaseError, transaction

from profiles_project.observe.logs import security_event
from users.models import SecurityEvent, User

Kind = Literal[
    "account_registered",
    "login",
    "login_failed",
    "logout",
    "session_ended",
    "refresh_reused",
    "password_changed",
    "password_reset_asked",
    "password_reset",
    "email_change_asked",
    "email_changed",
    "email_verified",
    "data_exported",
    "otp_enrolled",
    "otp_failed",
    "otp_reset",
    "deactivated_by_support",
    "reactivated_by_support",
    "sessions_ended_by_support",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


def note(kind: Kind, user: User | int | None, *, session: uuid.UUID | None = None, level: int = logging.INFO) -> None:
    """Store a security event and log it.

    `user` is None where an address was tried that nobody has: the same is written then, so that the time tells nothing.
    """
    key = user.pk if isinstance(user, User) else user
    security_event(kind, level=level, user=key, session=session)
    # What it tells of has happened: neither an account that was erased at this very moment nor a database that went
    # away may make a failure of it.
    with suppress(DatabaseError), transaction.atomic():
        SecurityEvent.objects.create(user_id=key, kind=kind, session_id=session)
