"""The links in mails: made when a mail is sent, and valid until the account's address or password changes."""

import datetime as dt
import json
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from profiles_project.database import clock
from users.models import Mail, User

Kind = Mail.Kind

# Where each kind of link leads below APP_LINK_BASE, and how long it works after it was sent (contract 2).
LINKS = {
    Kind.VERIFY: ("/verify-email", dt.timedelta(days=3)),
    Kind.CHANGE_EMAIL: ("/verify-email", dt.timedelta(days=3)),
    Kind.RESET: ("/reset-password", dt.timedelta(hours=1)),
}


class _Signer(signing.TimestampSigner):
    """Django's, but by the clock that all machines share: one signs and another one verifies."""

    def timestamp(self) -> str:
        return signing.b62_encode(int(clock.seconds()))

    def unsign(self, value: str, max_age: float | dt.timedelta | None = None) -> str:
        content, _, stamp = signing.Signer.unsign(self, value).rpartition(self.sep)
        if isinstance(max_age, dt.timedelta) and clock.seconds() - signing.b62_decode(stamp) > max_age.total_seconds():
            raise signing.SignatureExpired("The link has expired.")
        return content


def _salt(kind: str) -> str:
    return f"users.links.{kind}"


def _fingerprint(user: User, kind: str) -> str:
    """What the link depends on: the address, and the password except for the first confirmation."""
    state = [user.email] if kind == Kind.VERIFY else [user.email, user.password, user.is_active]
    return salted_hmac(_salt(kind), json.dumps(state), algorithm="sha256").hexdigest()


def make_token(mail: Mail, user: User) -> str:
    """The token in the link of the user's mail."""
    claims = {"u": user.pk, "m": str(mail.pk), "f": _fingerprint(user, mail.kind)}
    return _Signer(salt=_salt(mail.kind)).sign_object(claims)


def make_link(mail: Mail, user: User) -> str:
    """The address to open, below APP_LINK_BASE: a Host header can be forged."""
    path, _ = LINKS[Kind(mail.kind)]
    return f"{settings.APP_LINK_BASE}{path}?token={quote(make_token(mail, user))}"


def open_link(token: str, *kinds: Mail.Kind) -> tuple[Mail, User] | None:
    """The mail that carried the token, and its active user; None if the token is not, or no longer, good.

    Only the newest mail of a kind counts, so that a second link ends the first.
    """
    for kind in kinds:
        try:
            claims = _Signer(salt=_salt(kind)).unsign_object(token, max_age=LINKS[kind][1])
        except signing.BadSignature:
            continue
        user = User.objects.filter(pk=claims["u"], is_active=True).first()
        # By time and not by id: ids contain the time of each machine's own clock.
        mail = user and user.mails.filter(kind=kind).order_by("-created_at", "-id").first()
        if (
            user
            and mail
            and str(mail.pk) == claims["m"]
            and constant_time_compare(claims["f"], _fingerprint(user, kind))
        ):
            return mail, user
    return None
