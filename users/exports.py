"""The account's part of the export of a person's own data."""

from typing import Any

from django_otp.plugins.otp_totp.models import TOTPDevice

from users.models import User


def account_document(user: User) -> dict[str, Any]:
    """Everything stored about the user here, as plain values without secrets: account, sessions, mails, requests.

    The requests are those that carried an idempotency key; their answers repeat what stands elsewhere.
    """
    account = (
        "id",
        "email",
        "full_name",
        "language",
        "is_active",
        "is_staff",
        "is_verified",
        "created_at",
        "updated_at",
    )
    session = ("id", "created_at", "last_used_at", "expires_at", "revoked_at", "user_agent")
    mail = ("id", "kind", "address", "created_at", "sent_at")
    kept = ("key", "created_at", "status")
    event = ("id", "kind", "session_id", "created_at")
    factor = ("created_at", "last_used_at")
    return {
        "account": {name: getattr(user, name) for name in (*account, "last_login")},
        "sessions": list(user.sessions.order_by("id").values(*session)),
        "mails": list(user.mails.order_by("id").values(*mail)),
        "requests": list(user.idempotency_records.order_by("id").values(*kept)),
        "security_events": list(user.security_events.order_by("id").values(*event)),
        "second_factors": list(TOTPDevice.objects.filter(user=user).order_by("id").values(*factor)),
    }
