"""The links in mails: made when the mail is sent, and good for as long as what they rest on stays the same."""

import datetime as dt
import json
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from users.models import Mail, User

Kind = Mail.Kind

# Where each kind of link leads below APP_LINK_BASE, and how long it works after it was sent (contract 2).
LINKS = {
    Kind.VERIFY: ("/verify-email", dt.timedelta(days=3)),
    Kind.CHANGE_EMAIL: ("/verify-email", dt.timedelta(days=3)),
    Kind.RESET: ("/reset-password", dt.timedelta(hours=1)),
}


def _salt(kind: str) -> str:
    return f"users.links.{kind}"


def _fingerprint(user: User, kind: str) -> str:
    """What a change of makes the link worthless: the address, and for all but its first confirmation the password."""
    state = [user.email] if kind == Kind.VERIFY else [user.email, user.password, user.is_active]
    return salted_hmac(_salt(kind), json.dumps(state), algorithm="sha256").hexdigest()


def make_token(mail: Mail, user: User) -> str:
    """The token in the link of the user's mail."""
    claims = {"u": user.pk, "m": str(mail.pk), "f": _fingerprint(user, mail.kind)}
    return signing.dumps(claims, salt=_salt(mail.kind))


def make_link(mail: Mail, user: User) -> str:
    """The address to open, below the one that is configured: a Host header could be anybody's."""
    path, _ = LINKS[Kind(mail.kind)]
    return f"{settings.APP_LINK_BASE}{path}?token={quote(make_token(mail, user))}"


def open_link(token: str, *kinds: Mail.Kind) -> tuple[Mail, User] | None:
    """The mail that carried the token, and its active user; None if the token is not, or no longer, good.

    Only the newest mail of a kind counts, so that a second link ends the first.
    """
    for kind in kinds:
        try:
            claims = signing.loads(token, salt=_salt(kind), max_age=LINKS[kind][1])
        except signing.BadSignature:
            continue
        user = User.objects.filter(pk=claims["u"], is_active=True).first()
        mail = user and user.mails.filter(kind=kind).first()
        if (
            user
            and mail
            and str(mail.pk) == claims["m"]
            and constant_time_compare(claims["f"], _fingerprint(user, kind))
        ):
            return mail, user
    return None
