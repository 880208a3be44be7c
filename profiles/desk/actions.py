"""What staff may do to an account, a profile or a job: one table, and the one way to do it, with an audit entry."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from profiles import erasure, tasks
from profiles.desk.rows import audit, person_of
from profiles.models import Job, Profile
from profiles_project.http.conditional import ANY_VERSION
from profiles_project.http.logs import security_event
from users.events import note
from users.models import Mail, User
from users.second_factor import device_of, reset_second_factor
from users.tasks import file_mail

BETWEEN_MAILS = dt.timedelta(minutes=1)


class Refused(Exception):
    """An action can't be done to a row; the sentence says why."""


@dataclass(frozen=True)
class Action:
    """One thing that staff may do.

    `right` is the permission that it needs, None for superusers alone. `refusal` gives the sentence that says why it
    makes no sense for a row, "" where it does. `apply` does it to a row, inside the transaction of the audit entry.
    What is grave can't be undone: it is done to one row at a time, whose id has to be typed.
    """

    name: str
    label: str
    model: type[Model]
    right: str | None
    explanation: str
    refusal: Callable[[Any], str]
    apply: Callable[[Any], object]
    is_grave: bool = False

    def is_allowed(self, staff: Any) -> bool:
        """Whether somebody has the right to it at all."""
        return bool(staff.is_superuser or (self.right and staff.has_perm(self.right)))

    def refusal_to(self, staff: Any, row: Any) -> str:
        """Why this member of the staff can't do it to this row now; "" where they can."""
        person = person_of(row)
        if person and person.pk == staff.pk:
            return "This is your own account; ask somebody else."
        if person and (person.is_staff or person.is_superuser) and not staff.is_superuser:
            return "Accounts of staff are a superuser's to look after."
        return self.refusal(row)


def perform(action: Action, key: Any, staff: User, reason: str) -> None:
    """Do it, and write who did it and why: both or neither. Raises Refused, and model.DoesNotExist where it is gone."""
    with transaction.atomic():
        row = _locked(action.model, key)
        if why_not := action.refusal_to(staff, row):
            raise Refused(why_not)
        audit(staff, action.name, row, reason)
        action.apply(row)
    security_event("admin_action", staff=staff.pk, action=action.name, kind=action.model._meta.label_lower, object=key)


def _locked(model: type[Model], key: Any) -> Any:
    rows = model._default_manager.all()
    if model is User:
        return rows.select_for_update().get(pk=key)
    # Jobs change by conditional updates, profiles through their gate, which locks the user first.
    return rows.select_related("user").get(pk=key)


def _deactivate(user: User) -> None:
    user.is_active = False
    user.save(update_fields=["is_active", "updated_at"])
    note("deactivated_by_support", user)


def _reactivate(user: User) -> None:
    user.is_active = True
    user.save(update_fields=["is_active", "updated_at"])
    note("reactivated_by_support", user)


def _end_sessions(user: User) -> None:
    user.sessions.all().end()
    note("sessions_ended_by_support", user)


def _send_verification(user: User) -> None:
    file_mail(Mail.Kind.VERIFY, user, user.email)


def _send_reset(user: User) -> None:
    file_mail(Mail.Kind.RESET, user, user.email)
    note("password_reset_asked", user)


def _export(user: User) -> None:
    try:
        tasks.file_export(user)
    except tasks.TooManyJobs as exc:
        raise Refused("The person has as many jobs under way as one may have.") from exc
    file_mail(Mail.Kind.EXPORT_NOTICE, user, user.email)
    note("data_exported", user)


def _inactive(user: User) -> str:
    return "" if user.is_active else "The account is not active."


def _verified(user: User) -> str:
    return "The address is verified already." if user.is_verified else _sent(Mail.Kind.VERIFY, user)


def _sent(kind: Mail.Kind, user: User) -> str:
    """Why no mail of that kind may go now: a second tap must not send a second one."""
    newest = Mail.objects.filter(user=user, kind=kind, created_at__gt=timezone.now() - BETWEEN_MAILS)
    return _inactive(user) or ("One was sent within the last minute." if newest.exists() else "")


def _without_session(user: User) -> str:
    return "" if user.sessions.live().exists() else "The person is logged in nowhere."


def _without_second_factor(user: User) -> str:
    return "" if device_of(user) else "The account has no second factor."


def _no_failure_of_ours(job: Job) -> str:
    is_known = job.input or job.kind == tasks.EXPORT
    if job.can_run_again and is_known:
        return _inactive(job.user)
    return "Only what failed by our fault, and is still known, can be run again."


def _ended(job: Job) -> str:
    return "" if job.status in Job.UNFINISHED else "The job has ended already."


def _rerun(job: Job) -> None:
    if not job.run_again(timezone.now()):
        raise Refused("The job has changed in the meantime; please look again.")
    transaction.on_commit(lambda: tasks.put_off(job))


def _cancel(job: Job) -> None:
    if not Job.objects.filter(pk=job.pk).cancel():
        raise Refused(_ended(job) or "The job has ended in the meantime.")


# In the order in which a page offers them.
ACTIONS = (
    Action(
        "deactivate",
        "Deactivate",
        User,
        "users.deactivate_user",
        "The person is logged out everywhere at once and can't log in any more. Nothing is deleted.",
        refusal=_inactive,
        apply=_deactivate,
    ),
    Action(
        "reactivate",
        "Reactivate",
        User,
        "users.deactivate_user",
        "The person can log in again, with the password that they had.",
        refusal=lambda user: "The account is active already." if user.is_active else "",
        apply=_reactivate,
    ),
    Action(
        "end-sessions",
        "End all sessions",
        User,
        "users.end_sessions_user",
        "The person is logged out of the app on every device at once. Staff stay logged in here until they log out.",
        refusal=_without_session,
        apply=_end_sessions,
    ),
    Action(
        "send-verification",
        "Send verification mail",
        User,
        "users.send_mail_user",
        "A mail with a link that confirms the address goes to the address of the account.",
        refusal=_verified,
        apply=_send_verification,
    ),
    Action(
        "send-reset",
        "Send reset mail",
        User,
        "users.send_mail_user",
        "A mail with a link for a new password goes to the address of the account. The password stays until then.",
        refusal=partial(_sent, Mail.Kind.RESET),
        apply=_send_reset,
    ),
    Action(
        "export",
        "Export data",
        User,
        "users.export_user",
        "A job makes the archive of everything stored about the person. They find it in the app and are told so by "
        "mail; staff can't open it.",
        refusal=_inactive,
        apply=_export,
    ),
    Action(
        "reset-second-factor",
        "Reset second factor",
        User,
        None,
        "The phone that makes the codes counts no more: at the next log-in a new one is set up. Make sure that you "
        "know who asks for it.",
        refusal=_without_second_factor,
        apply=reset_second_factor,
    ),
    Action(
        "erase",
        "Erase",
        User,
        "users.erase_user",
        "The account and everything in it is deleted for good, at once: profiles, jobs, archives, sessions. Only the "
        "audit log keeps that it was done. Nobody can undo it.",
        refusal=lambda _: "",
        apply=lambda user: erasure.erase(user.pk),
        is_grave=True,
    ),
    Action(
        "make-active",
        "Make active",
        Profile,
        "profiles.activate_profile",
        "This profile becomes the active one of its person, and the one that was ceases to be.",
        refusal=lambda profile: "This is the active profile already." if profile.is_active else "",
        apply=lambda profile: Profile.objects.activate(profile, ANY_VERSION),
    ),
    Action(
        "rerun",
        "Run again",
        Job,
        "profiles.rerun_job",
        "The job is begun once more, with what it was given.",
        refusal=_no_failure_of_ours,
        apply=_rerun,
    ),
    Action(
        "cancel",
        "Cancel",
        Job,
        "profiles.cancel_job",
        "The job ends without effect; one that runs takes back what it has done so far. It can't be run again.",
        refusal=_ended,
        apply=_cancel,
    ),
)
