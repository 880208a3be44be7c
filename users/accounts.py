"""Changes of an account: passwords, confirmed addresses, log-ins of staff; for the API and for the pages of links."""

import logging
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.contrib.sessions.models import Session as AdminSession
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from rest_framework.exceptions import ValidationError

from profiles_project.database import clock
from profiles_project.observe.logs import security_event
from profiles_project.texts import fold, search_key
from profiles_project.words.sentences import mark
from users.events import note
from users.links import open_link
from users.models import Mail, Session, User
from users.problems import InvalidLink, StaffAccount
from users.second_factor import WAITING, device_of
from users.tasks import file_mail
from users.validators import password_faults

Kind = Mail.Kind
BEHIND_SECOND_FACTOR = mark(
    "This account has a second factor: change the password in the admin, or ask a superuser to reset that first."
)


@receiver(user_logged_in)
def note_login(sender: object, user: User, **_: object) -> None:
    """Called by Django when staff log in to the admin; the API has sessions of its own."""
    security_event("admin_login", staff=user.pk)


@receiver(user_logged_out)
def note_logout(sender: object, user: User | None, **_: object) -> None:
    """Called by Django when staff log out."""
    security_event("admin_logout", staff=user.pk if user else None)


@receiver(user_login_failed)
def note_failed_login(sender: object, credentials: Mapping[str, Any], **_: object) -> None:
    """Called by Django when address and password do not match, in the API or in the admin.

    The account is looked up again for every failure, so that the time tells nothing about who has one.
    """
    address = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.filter(email_key=fold(address)).values_list("pk", flat=True).first()
    note("login_failed", user, level=logging.WARNING)


def end_admin_sessions(user: User) -> None:
    """Log a member of staff out of the admin, and end log-ins that wait for their code.

    Only staff have such sessions, so that all can be looked at.
    """
    for session in AdminSession.objects.filter(expire_date__gt=clock.now()).iterator():
        kept = session.get_decoded()
        if str(user.pk) in {kept.get(SESSION_KEY), str(kept.get(WAITING, {}).get("user"))}:
            session.delete()


def replace_password(user: User, password: str, *, keep: Session | None = None) -> bool:
    """Store the new password, end every session but `keep`, and tell the user by mail.

    False, and nothing stored, if the account has changed since `user` was loaded: so of two requests that rest on
    the same old password one wins, and a link for it dies with it.
    """
    # Before the transaction begins: hashing takes long, and others would wait for the lock.
    hashed = make_password(password)
    unchanged = {"pk": user.pk, "password": user.password, "email": user.email, "is_active": True}
    with transaction.atomic():
        if not User.objects.filter(**unchanged).update(password=hashed, updated_at=clock.now()):
            return False
        others = user.sessions.exclude(pk=keep.pk) if keep else user.sessions.all()
        others.end()
        file_mail(Kind.PASSWORD_NOTICE, user, user.email)
    return True


def reset_password(token: str, new_password: str) -> None:
    """Give the user of a reset link a new password.

    Raises InvalidLink, StaffAccount where a second factor guards the account (a mailbox does not replace it), and
    ValidationError for a weak password.
    """
    if (found := open_link(token, Kind.RESET)) is None:
        raise InvalidLink(mark("Invalid or expired reset token."))
    _, user = found
    if user.is_staff_account and device_of(user) is not None:
        raise StaffAccount(BEHIND_SECOND_FACTOR)
    if broken := password_faults(new_password, user):
        raise ValidationError({"new_password": broken})
    if not replace_password(user, new_password):
        raise InvalidLink(mark("Invalid or expired reset token."))
    note("password_reset", user)


def confirm_address(token: str) -> None:
    """Note that an account's address, or the one that is to replace it, is the user's own.

    Raises InvalidLink, and StaffAccount for the new address of somebody who has become staff since they asked for it.
    """
    if (found := open_link(token, Kind.VERIFY, Kind.CHANGE_EMAIL)) is None:
        raise InvalidLink(mark("Invalid or expired verification token."))
    mail, user = found
    changes: dict[str, Any] = {"is_verified": True, "updated_at": clock.now()}
    if mail.kind == Kind.CHANGE_EMAIL:
        if user.is_staff_account:
            raise StaffAccount
        name = search_key(user.full_name, mail.address)
        changes |= {"email": mail.address, "email_key": fold(mail.address), "search_key": name}
    elif user.is_verified:
        return
    try:
        with transaction.atomic():
            unchanged = User.objects.filter(pk=user.pk, email=user.email, password=user.password, is_active=True)
            changed = unchanged.update(**changes)
    except IntegrityError as exc:
        raise InvalidLink(mark("This e-mail address belongs to another account by now.")) from exc
    if not changed:
        raise InvalidLink(mark("Invalid or expired verification token."))
    note("email_changed" if mail.kind == Kind.CHANGE_EMAIL else "email_verified", user)
