"""A person at a glance: short tables of the newest rows that support needs first."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html

from profiles import limits
from profiles.career import rendering
from profiles.desk.rows import name_of, named, page_link
from profiles.models import Job, Profile, usage
from profiles_project.database import clock
from users.models import AuditEntry, Mail, SecurityEvent, Session, User
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


def moment(value: Any) -> str:
    """A time as the desk writes it, UTC to the minute."""
    return date_format(value, "DATETIME_FORMAT") if value else "–"


def why_failed(job: Job) -> str:
    """Why a job failed, without what a field's own sentence might quote."""
    if job.problem is None:
        return ""
    problem = json.loads(job.problem)
    return f"{problem['status']} {problem['title']}"


def state_of(mail: Mail) -> str:
    """The state of a mail in words."""
    if mail.problem:
        return mail.problem
    return f"sent {moment(mail.sent_at)}" if mail.sent_at else f"waiting, tried {mail.attempts} times"


def words(name: str) -> str:
    """A name of ours as words: `login_failed` as “Login failed”."""
    return name.replace("_", " ").replace("-", " ").capitalize()


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
    field = "user_id__exact" if rows.model is AuditEntry else "user__id__exact"
    return Table(
        heading,
        columns,
        tuple(cells(row) for row in islice(found, MOST_SHOWN)),
        f"{_list_of(rows.model)}?{urlencode({field: user.pk})}",
        len(found) > MOST_SHOWN,
    )


def _list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def tables(user: User, *, with_audit: bool) -> Iterable[Table]:
    """The tables on a person's page, in a constant number of statements."""
    yield _profiles(user)
    yield _storage(user)
    yield _table("Sessions", ("Device", "Began", "Last use", "State"), user.sessions.all(), _session, user)
    jobs = Job.objects.filter(user=user).defer("input", "result")
    yield _table("Jobs", ("Job", "State", "Problem", "Filed", "Ended"), jobs, _job, user)
    mails = Mail.objects.filter(user=user)
    yield _table("Mails", ("Mail", "Address", "Filed", "State"), mails, _mail, user)
    events = SecurityEvent.objects.filter(user=user)
    yield _table("Security events", ("Event", "When", "Session"), events, _event, user)
    if with_audit:
        # Page views are left out here; the whole log has them.
        deeds = AuditEntry.objects.filter(user_id=user.pk).exclude(action="view").annotate(by=name_of("staff_id"))
        yield _table("Audit log", ("Action", "By", "When", "Reason"), deeds, _entry, user)


def _profiles(user: User) -> Table:
    found = list(Profile.objects.filter(user=user).order_by("-is_active", "-id")[: limits.MAX_PROFILES])
    unscored = [profile.pk for profile in found if profile.score is None]
    fresh = rendering.score(Profile.objects.filter(pk__in=unscored), clock.now().date()) if unscored else {}
    rows = tuple(_profile(profile, fresh.get(profile.pk, profile.score)) for profile in found)
    columns = ("Profile", "Name", "Complete", "State", "Version", "Changed")
    return Table(
        "Profiles", columns, rows, f"{_list_of(Profile)}?{urlencode({'user__id__exact': user.pk})}", more=False
    )


def _profile(profile: Profile, score: int | None) -> tuple[Any, ...]:
    address = reverse("admin:profiles_profile_read", args=[profile.pk])
    label = format_html('<a href="{}">{}</a>', address, profile.label)
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


def _event(event: SecurityEvent) -> tuple[Any, ...]:
    return words(event.kind), moment(event.created_at), str(event.session_id or "–")


def _entry(entry: Any) -> tuple[Any, ...]:
    return words(entry.action), named(entry.staff_id, entry.by), moment(entry.created_at), entry.reason
