"""A person at a glance: short tables of the newest rows that support needs first."""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from profiles import limits
from profiles.career import rendering
from profiles.desk.rows import page_link, read_address
from profiles.desk.wording import moment, words
from profiles.models import Job, Profile, usage
from profiles.models.trash import KEPT_IN_TRASH
from profiles_project.database import clock
from users.models import Mail, Session, User
from users.second_factor import device_of

# The number of newest rows shown; a link leads to the others. All profiles are shown.
MOST_SHOWN = 10


@dataclass(frozen=True)
class Table:
    """Rows of cells under a heading, and where all of them are listed; `more` says whether there are others."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    address: str
    more: bool


def why_failed(job: Job) -> str:
    """Why a job failed, without what a field's own sentence might quote."""
    if job.problem is None:
        return ""
    problem = json.loads(job.problem)
    return f"{problem['status']} {problem['title']}"


def state_of(mail: Mail) -> str:
    """The state of a mail in words."""
    if mail.sent_at:
        return f"sent {moment(mail.sent_at)}"
    if mail.problem:
        return f"{mail.problem} {mail.failure}".strip()
    tried = "once" if mail.attempts == 1 else f"{mail.attempts} times"
    state = f"tried {tried}, next at {moment(mail.next_try_at)}" if mail.attempts else "waiting"
    return f"{mail.failure.rstrip('.')}; {state}" if mail.failure else state


def facts(user: User) -> list[tuple[str, str]]:
    """The state of an account, by label."""
    return [
        ("Id", str(user.pk)),
        ("E-mail", f"{user.email} ({'verified' if user.is_verified else 'not verified'})"),
        ("Account", "active" if user.is_active else "not active"),
        ("Role", "superuser" if user.is_superuser else "staff" if user.is_staff else "person with the app"),
        ("Second factor", "set up" if device_of(user) else "none"),
        ("Registered", moment(user.created_at)),
    ]


def _size(count: int) -> str:
    """Bytes in KiB, from 1 MiB on in MiB."""
    return f"{count / 2**20:,.1f} MiB" if count >= 2**20 else f"{count / 2**10:,.1f} KiB"


def _storage(user: User) -> Table:
    """A person's stored bytes by kind, and their share of the limit."""
    found = usage.by_kind(user)
    names = {
        "profiles": "Profiles",
        "imports": "What imports remember",
        "jobs": "Jobs",
        "files": "Files of jobs",
        "history": "History of profiles",
        "records": "Requests with an idempotency key",
        "sessions": "Sessions",
        "mails": "Mails",
        "events": "Security events",
    }
    rows = [(names[kind], _size(count)) for kind, count in found.items()]
    rows.append(("All", f"{_size(sum(found.values()))} of {_size(settings.USER_BYTES_LIMIT)}"))
    return Table("Storage", ("Kind", "Bytes"), tuple(rows), "", more=False)


def _table(
    heading: str, columns: tuple[str, ...], rows: QuerySet[Any], cells: Callable[[Any], tuple[Any, ...]], user: User
) -> Table:
    found = list(rows[: MOST_SHOWN + 1])
    return Table(
        heading,
        columns,
        tuple(cells(row) for row in islice(found, MOST_SHOWN)),
        f"{_list_of(rows.model)}?{urlencode({'user__id__exact': user.pk})}",
        len(found) > MOST_SHOWN,
    )


def _list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def tables(user: User) -> Iterable[Table]:
    """The tables on a person's page, in a constant number of statements; what happened when is in its timeline."""
    yield _profiles(user)
    yield _trash(user)
    yield _storage(user)
    yield _table("Sessions", ("Device", "Began", "Last use", "State"), user.sessions.all(), _session, user)
    jobs = Job.objects.filter(user=user).defer("input", "result")
    yield _table("Jobs", ("Job", "State", "Problem", "Filed", "Ended"), jobs, _job, user)
    mails = Mail.objects.filter(user=user)
    yield _table("Mails", ("Mail", "Address", "Filed", "State"), mails, _mail, user)


def _profiles(user: User) -> Table:
    found = list(Profile.objects.filter(user=user).order_by("-is_active", "-id")[: limits.MAX_PROFILES])
    unscored = [profile.pk for profile in found if profile.score is None]
    fresh = rendering.score(Profile.objects.filter(pk__in=unscored), clock.now().date()) if unscored else {}
    rows = tuple(_profile(profile, fresh.get(profile.pk, profile.score)) for profile in found)
    columns = ("Profile", "Name", "Complete", "State", "Version", "Changed")
    return Table(
        "Profiles", columns, rows, f"{_list_of(Profile)}?{urlencode({'user__id__exact': user.pk})}", more=False
    )


def _trash(user: User) -> Table:
    trash = Profile.with_trash.filter(user=user, deleted_at__isnull=False).order_by("-deleted_at", "-id")
    found = list(trash[: MOST_SHOWN + 1])
    query = urlencode({"user__id__exact": user.pk, "use": "trash"})
    columns = ("Profile", "Name", "Version", "Deleted", "Kept until")
    rows = tuple(map(_trashed, found[:MOST_SHOWN]))
    return Table("Trash", columns, rows, f"{_list_of(Profile)}?{query}", len(found) > MOST_SHOWN)


def _trashed(profile: Profile) -> tuple[Any, ...]:
    deleted_at: dt.datetime = profile.deleted_at  # type: ignore[assignment]  # since it lies in the trash
    label = format_html('<a href="{}">{}</a>', read_address(profile), profile.label)
    return label, profile.full_name, profile.version, moment(deleted_at), moment(deleted_at + KEPT_IN_TRASH)


def _profile(profile: Profile, score: int | None) -> tuple[Any, ...]:
    label = format_html('<a href="{}">{}</a>', read_address(profile), profile.label)
    state = "active" if profile.is_active else ""
    return label, profile.full_name, f"{score} %", state, profile.version, moment(profile.updated_at)


def _session(session: Session) -> tuple[Any, ...]:
    state = "live" if session.is_live else "ended" if session.revoked_at else "expired"
    return (
        page_link(session, session.user_agent or "unknown device"),
        *map(moment, (session.created_at, session.last_used_at)),
        state,
    )


def _job(job: Job) -> tuple[Any, ...]:
    return page_link(job, words(job.kind)), job.status, why_failed(job), moment(job.created_at), moment(job.finished_at)


def _mail(mail: Mail) -> tuple[Any, ...]:
    return page_link(mail, mail.get_kind_display()), mail.address, moment(mail.created_at), state_of(mail)
