"""The actions of staff on accounts, profiles and jobs: one table, and one function that carries them out and audits."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, QuerySet

from profiles import erasure, tasks
from profiles.career import history
from profiles.desk.rows import audit, everything, person_of
from profiles.models import Actor, Cause, Job, Profile
from profiles_project.database import clock
from profiles_project.database.refusals import Forgotten, LimitPassed, Refusal, Stale
from profiles_project.observe.logs import security_event
from profiles_project.words.wording import worded
from users.accounts import end_admin_sessions
from users.events import note
from users.models import Mail, Session, User
from users.second_factor import devices, reset_second_factor
from users.tasks import file_mail

BETWEEN_MAILS = dt.timedelta(minutes=1)


class Refused(Exception):
    """An action is not possible on a row; the sentence says why."""


@dataclass(frozen=True)
class Action:
    """One thing that staff may do.

    `right` is the permission that it needs, None for superusers alone. `refusal` gives the sentence that says why it
    makes no sense for a row, "" where it does; what it has to know of other tables is asked with the row, as `known`.
    `apply` does it to a row, inside the transaction of the audit entry; revisions have the cause that it is given.
    `asks` gives the fields that the form has for a row beside the reason: `apply` gets their values by name. Such an
    action is done to one row at a time, and from a page that knows the values. What is grave can't be undone: it is
    done to one row at a time too, and its id has to be typed.
    """

    name: str
    label: str
    model: type[Model]
    right: str | None
    explanation: str
    refusal: Callable[[Any], str]
    apply: Callable[..., object]
    known: Callable[[], Mapping[str, Exists]] = dict
    asks: Callable[[Any], dict[str, forms.Field]] | None = None
    is_grave: bool = False

    @property
    def is_for_many(self) -> bool:
        """Whether it can be done to several rows at once."""
        return not self.is_grave and self.asks is None

    def is_allowed(self, staff: Any) -> bool:
        """Whether the user has the permission for the action."""
        return bool(staff.is_superuser or (self.right and staff.has_perm(self.right)))

    def refusal_to(self, staff: Any, row: Any) -> str:
        """Why this user can't act on this row now; empty where they can."""
        person = person_of(row)
        if person and person.pk == staff.pk:
            return "This is your own account; ask somebody else."
        if person and (person.is_staff or person.is_superuser) and not staff.is_superuser:
            return "Accounts of staff are a superuser's to look after."
        return self.refusal(row)


def rows_for(actions: Iterable[Action], model: type[Model]) -> QuerySet[Any]:
    """All rows of a model, annotated with what the actions' refusals need, so that many rows cost one statement."""
    known = {name: found for action in actions for name, found in action.known().items()}
    rows: QuerySet[Any] = everything(model).annotate(**known)
    return rows if model is User else rows.select_related("user")


def perform(action: Action, key: Any, staff: User, reason: str, **asked: Any) -> None:
    """Carry out an action and audit it, in one transaction; `asked` has the values of the fields that it asks for.

    Raises Refused, and model.DoesNotExist or Missing for a lost row.
    """
    cause = Cause(Actor.SUPPORT, f"support_{action.name}".replace("-", "_"), staff_id=staff.pk)
    try:
        with transaction.atomic():
            row = _locked(action, key)
            if why_not := action.refusal_to(staff, row):
                raise Refused(why_not)
            audit(staff, action.name, row, reason)
            action.apply(row, cause, **asked)
    except Refusal as refusal:
        if why_not := _sentence(refusal):
            raise Refused(why_not) from refusal
        raise
    security_event("admin_action", staff=staff.pk, action=action.name, kind=action.model._meta.label_lower, object=key)


def _sentence(refusal: Refusal) -> str:
    """Why the models refused it, for staff; empty where the row itself is gone."""
    if isinstance(refusal, Stale):
        return f"It was changed meanwhile and is at version {refusal.version} now; please look again."
    if isinstance(refusal, Forgotten):
        return "That version is no longer kept."
    sentences = refusal.sentences if isinstance(refusal, LimitPassed) else [refusal.sentence]
    return " ".join(map(worded, sentences))


def _locked(action: Action, key: Any) -> Any:
    # Jobs change by conditional updates, profiles through their gate, which locks the user first.
    if action.model is User:
        # Read again after locking, so that the annotations are those of the locked row.
        User.objects.select_for_update().only("pk").get(pk=key)
    return rows_for((action,), action.model).get(pk=key)


def _deactivate(user: User, _: Cause) -> None:
    user.is_active = False
    user.save(update_fields=["is_active", "updated_at"])
    # Else the sessions would work again as soon as the account is active.
    end_admin_sessions(user)
    note("deactivated_by_support", user)


def _reactivate(user: User, _: Cause) -> None:
    user.is_active = True
    user.save(update_fields=["is_active", "updated_at"])
    note("reactivated_by_support", user)


def _end_sessions(user: User, _: Cause) -> None:
    user.sessions.all().end()
    if user.is_staff:
        end_admin_sessions(user)
    note("sessions_ended_by_support", user)


def _send_verification(user: User, _: Cause) -> None:
    file_mail(Mail.Kind.VERIFY, user, user.email)


def _send_reset(user: User, _: Cause) -> None:
    file_mail(Mail.Kind.RESET, user, user.email)
    note("password_reset_asked", user)


def _export(user: User, _: Cause) -> None:
    try:
        tasks.file_export(user)
    except tasks.TooManyJobs as exc:
        raise Refused("The person has as many jobs under way as one may have.") from exc
    file_mail(Mail.Kind.EXPORT_NOTICE, user, user.email)
    note("data_exported", user)


def _inactive(user: User) -> str:
    return "" if user.is_active else "The account is not active."


def _mails(kind: Mail.Kind) -> dict[str, Exists]:
    newest = Mail.objects.filter(user=OuterRef("pk"), kind=kind, created_at__gt=clock.now() - BETWEEN_MAILS)
    return {f"has_new_{kind}": Exists(newest)}


def _sent(kind: Mail.Kind, user: Any) -> str:
    """Why no mail of that kind may be sent now: a second click must not send a second mail."""
    return _inactive(user) or ("One was sent within the last minute." if getattr(user, f"has_new_{kind}") else "")


def _no_reset(user: Any) -> str:
    if user.is_staff_account and user.has_second_factor:
        return "The account has a second factor, for which no link stands in; reset that first."
    return _sent(Mail.Kind.RESET, user)


def _verified(user: User) -> str:
    return "The address is verified already." if user.is_verified else _sent(Mail.Kind.VERIFY, user)


def _sessions() -> dict[str, Exists]:
    return {"is_logged_in": Exists(Session.objects.live().filter(user=OuterRef("pk")))}


def _logged_in_nowhere(user: Any) -> str:
    # No column says whether staff are logged in to the admin.
    return "" if user.is_logged_in or user.is_staff else "The person is logged in nowhere."


def _second_factor() -> dict[str, Exists]:
    return {"has_second_factor": Exists(devices().filter(user=OuterRef("pk")))}


def _without_second_factor(user: Any) -> str:
    return "" if user.has_second_factor else "The account has no second factor."


def _no_failure_of_ours(job: Job) -> str:
    is_known = job.input or job.kind == tasks.EXPORT
    if job.can_run_again and is_known:
        return _inactive(job.user)
    return "Only what failed by our fault, and is still known, can be run again."


def _ended(job: Job) -> str:
    return "" if job.status in Job.UNFINISHED else "The job has ended already."


def _rerun(job: Job, _: Cause) -> None:
    if not job.run_again(clock.now()):
        raise Refused("The job has changed in the meantime; please look again.")
    transaction.on_commit(lambda: tasks.put_off(job))


def _cancel(job: Job, _: Cause) -> None:
    if not Job.objects.filter(pk=job.pk).cancel():
        raise Refused(_ended(job) or "The job has ended in the meantime.")


def _in_trash(profile: Profile) -> str:
    return "The profile lies in the trash." if profile.deleted_at else ""


def _active(profile: Profile) -> str:
    return _in_trash(profile) or ("This is the active profile already." if profile.is_active else "")


def _which_version(profile: Profile) -> dict[str, forms.Field]:
    """The version to bring back, and the one that staff looked at when they decided."""
    return {
        "version": forms.IntegerField(min_value=1),
        "seen": forms.IntegerField(initial=profile.version, widget=forms.HiddenInput),
    }


def _restore(profile: Profile, cause: Cause, *, version: int, seen: int) -> None:
    cause = cause._replace(reverts=version)
    with Profile.objects.revise(profile.pk, cause, lambda _, current: current == seen) as revised:
        if version == seen:
            raise Refused(f"Version {version} is the present one.")
        history.restore(revised, version)
    if revised.version == seen:
        raise Refused(f"Nothing was stored: the profile is already as it was at version {version}.")


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
        "The person is logged out of the app on every device at once; a member of the staff is logged out here, too.",
        refusal=_logged_in_nowhere,
        apply=_end_sessions,
        known=_sessions,
    ),
    Action(
        "send-verification",
        "Send verification mail",
        User,
        "users.send_mail_user",
        "A mail with a link that confirms the address goes to the address of the account.",
        refusal=_verified,
        apply=_send_verification,
        known=partial(_mails, Mail.Kind.VERIFY),
    ),
    Action(
        "send-reset",
        "Send reset mail",
        User,
        "users.send_mail_user",
        "A mail with a link for a new password goes to the address of the account. The password stays until then.",
        refusal=_no_reset,
        apply=_send_reset,
        known=lambda: {**_mails(Mail.Kind.RESET), **_second_factor()},
    ),
    Action(
        "export",
        "Export data",
        User,
        "users.export_user",
        "A job makes the archive of everything stored about the person. They find it in the app and are told so by "
        "mail; staff can't open it.",
        refusal=partial(_sent, Mail.Kind.EXPORT_NOTICE),
        apply=_export,
        known=partial(_mails, Mail.Kind.EXPORT_NOTICE),
    ),
    Action(
        "reset-second-factor",
        "Reset second factor",
        User,
        None,
        "The phone that makes the codes counts no more: at the next log-in a new one is set up. Make sure that you "
        "know who asks for it.",
        refusal=_without_second_factor,
        apply=lambda user, _: reset_second_factor(user),
        known=_second_factor,
    ),
    Action(
        "erase",
        "Erase",
        User,
        "users.erase_user",
        "The account and everything in it is deleted for good, at once: profiles, jobs, archives, sessions. Only the "
        "audit log keeps that it was done. Nobody can undo it.",
        refusal=lambda _: "",
        apply=lambda user, _: erasure.erase(user.pk),
        is_grave=True,
    ),
    Action(
        "make-active",
        "Make active",
        Profile,
        "profiles.activate_profile",
        "This profile becomes the active one of its person, and the one that was ceases to be.",
        refusal=_active,
        apply=Profile.objects.activate,
    ),
    Action(
        "restore-version",
        "Restore this version",
        Profile,
        "profiles.restore_profile",
        "The whole profile becomes again what it was at this version. That is a new version, which the person sees as "
        "made by support, and from which the present one can be restored in turn.",
        refusal=_in_trash,
        apply=_restore,
        asks=_which_version,
    ),
    Action(
        "take-out-of-trash",
        "Take out of the trash",
        Profile,
        "profiles.take_out_profile",
        "The person has the profile again, with its history. It becomes the active one if there is no other.",
        refusal=lambda profile: "" if profile.deleted_at else "The profile does not lie in the trash.",
        apply=Profile.objects.take_out,
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
