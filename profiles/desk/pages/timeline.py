"""A person's timeline: what has happened to the account and to all that is theirs, newest first."""

import datetime as dt
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Substr
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from profiles.desk.pages import changes
from profiles.desk.pages.glance import state_of, why_failed
from profiles.desk.rows import name_of, named, object_link, page_link, read_address
from profiles.desk.wording import moment, words
from profiles.models import Actor, Job, Profile, Revision
from profiles.models.log import OWN
from profiles.models.trash import KEPT_IN_TRASH
from profiles_project.database.values import LARGEST_ID
from users.models import AuditEntry, Mail, SecurityEvent, Session, User

# What can be chosen, by its value in the address.
KINDS = {
    "account": "Account and log-ins",
    "profiles": "Profiles",
    "mails": "Mails",
    "jobs": "Jobs",
    "colleagues": "Colleagues",
}
# The revisions that stand in a timeline, beside those by support, imports and restores: a profile is in use or not.
LANDMARKS = ("profiles_delete", "trash_restore", "profiles_activate")
# So much of an entry of the log tells whether it is one of those of a profile that went into the trash or came back.
HEAD = 300


class Event(NamedTuple):
    """Something that happened: when, what, by whom if it wasn't the person, and more about it.

    The second and third are the place of its source and its key there, so that the order is the same on every page.
    """

    at: dt.datetime
    rank: int
    key: Any
    what: str
    who: str = ""
    more: str = ""


@dataclass(frozen=True)
class Source:
    """The events that a table has: its rows of a person, and how a row is told to staff (what, who, more)."""

    kind: str
    right: str
    rows: Callable[[User], QuerySet[Any]]
    tell: Callable[[Any, Any], tuple[str, ...]]

    def newest(self, person: User, rank: int, before: "Place | None", most: int, staff: Any) -> list[Event]:
        """The newest events that come after a place, in one statement."""
        rows = self.rows(person).order_by("-created_at", "-pk")
        if before is not None:
            rows = rows.filter(before.condition(rank, rows.model))
        return [Event(row.created_at, rank, row.pk, *self.tell(row, staff)) for row in rows[:most]]


class Place(NamedTuple):
    """A place in a timeline, behind an event: what comes after it is older, or has a lower rank or key."""

    at: dt.datetime
    rank: int
    key: Any

    def condition(self, rank: int, model: type[Model]) -> Q:
        """Which rows of the source with this rank come after the place."""
        if rank != self.rank:
            return Q(created_at__lte=self.at) if rank < self.rank else Q(created_at__lt=self.at)
        key = model._meta.pk.to_python(self.key)
        return Q(created_at__lt=self.at) | Q(created_at=self.at, pk__lt=key)

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.key}"

    @classmethod
    def named(cls, text: str) -> "Place | None":
        """The place that a text of `str` names, None where it names none."""
        with suppress(ValueError, KeyError, OverflowError, ValidationError):
            at, rank, key = text.split("~")
            place = cls(dt.datetime.fromisoformat(at).astimezone(dt.UTC), int(rank[:2]), key[:40])
            pk = MODELS[place.rank]._meta.pk.to_python(place.key)
            return None if isinstance(pk, int) and not 0 <= pk <= LARGEST_ID else place
        return None


# The sources --------------------------------------------------------------------------------------------------------


def _events(person: User) -> QuerySet[Any]:
    device = Subquery(Session.objects.filter(pk=OuterRef("session_id")).values("user_agent"))
    # That somebody registered stands in the account's own row, which is kept as long as the account.
    events = SecurityEvent.objects.filter(user=person.pk).exclude(kind="account_registered")
    return events.annotate(device=device)


def _profiles(person: User) -> QuerySet[Any]:
    return Profile.with_trash.filter(user=person.pk).only("label", "created_at", "deleted_at")


def _revisions(person: User) -> QuerySet[Any]:
    is_landmark = Q(action__in=LANDMARKS) | Q(reverts__isnull=False) | Q(actor__in=(Actor.SUPPORT, Actor.IMPORT))
    mine = Revision.objects.filter(is_landmark, profile__user=person.pk, version__gt=1).defer("changes")
    head = Substr("changes", 1, HEAD, output_field=TextField())
    return mine.annotate(head=head, label=F("profile__label"), by=name_of("staff_id"))


def _deeds(person: User) -> QuerySet[Any]:
    # Page views are left out here; the whole log has them.
    return AuditEntry.objects.filter(user_id=person.pk).exclude(action="view").annotate(by=name_of("staff_id"))


def _event(event: Any, _: object) -> tuple[str, ...]:
    return words(event.kind), "", event.device or ""


def _profile(profile: Profile, _: object) -> tuple[str, ...]:
    what = format_html('Profile <a href="{}">“{}”</a> made', read_address(profile), profile.label)
    if profile.deleted_at:
        return what, "", f"now in the trash, kept until {moment(profile.deleted_at + KEPT_IN_TRASH)}"
    return (what,)


def _revision(entry: Any, staff: Any) -> tuple[str, ...]:
    address = reverse("admin:profiles_profile_revision", args=[entry.profile_id, entry.version])
    done = changes.deed(entry, _own(entry.head))
    what = format_html('Profile “{}”: <a href="{}">{}</a>', entry.label, address, f"{done[:1].lower()}{done[1:]}")
    return what, changes.who(entry, with_names=staff.has_perm("users.view_auditentry"))


def _own(head: str) -> Any:
    """What a short entry of the log has overwritten of the profile's own fields; of a longer one nobody asks."""
    with suppress(ValueError):
        return json.loads(head).get(OWN, {})
    return {}


def _mail(mail: Mail, _: object) -> tuple[str, ...]:
    return page_link(mail, f"Mail: {mail.get_kind_display()}"), "", state_of(mail)


def _job(job: Job, _: object) -> tuple[str, ...]:
    ended = f" {moment(job.finished_at)}" if job.finished_at else ""
    more = f"{job.status}{ended}{': ' if job.problem else ''}{why_failed(job)}"
    return page_link(job, f"Job: {words(job.kind)}"), "", more


def _deed(entry: Any, _: object) -> tuple[str, ...]:
    what = format_html("{} {}", words(entry.action), object_link(entry))
    return what, named(entry.staff_id, entry.by), entry.reason


# Where two things happened at once, what stands further down in the table is shown first.
SOURCES = (
    Source("account", "users.view_securityevent", _events, _event),
    Source("profiles", "profiles.view_profile", _profiles, _profile),
    Source("profiles", "profiles.view_profile", _revisions, _revision),
    Source("mails", "users.view_mail", lambda person: Mail.objects.filter(user=person.pk), _mail),
    Source(
        "jobs", "profiles.view_job", lambda person: Job.objects.filter(user=person.pk).defer("input", "result"), _job
    ),
    Source("colleagues", "users.view_auditentry", _deeds, _deed),
)
# The table of each rank; the registration stands in the account's own row.
MODELS: dict[int, Any] = {0: User, **{rank: each.rows(User()).model for rank, each in enumerate(SOURCES, start=1)}}


# The timeline -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Timeline:
    """A page of events; where its kinds and what is older are shown. `chosen` is the address of the kind shown."""

    events: list[Event]
    kinds: list[tuple[str, str]]
    chosen: str
    older: str


def timeline(request: HttpRequest, person: User, most: int, *, kind: str = "", before: str = "") -> Timeline:
    """The newest events of a person that the staff may see: one statement a source, at most `most` rows of each."""
    may = {rank: each for rank, each in enumerate(SOURCES, start=1) if request.user.has_perm(each.right)}
    kinds = [name for name in KINDS if name == "account" or name in {each.kind for each in may.values()}]
    kind, place = kind if kind in kinds else "", Place.named(before)
    found = []
    if kind in {"", "account"} and (place is None or (person.created_at, 0) < place[:2]):
        found.append(Event(person.created_at, 0, person.pk, "Registered"))
    for rank, source in may.items():
        if kind in {"", source.kind}:
            found += source.newest(person, rank, place, most + 1, request.user)
    found.sort(key=lambda event: event[:3], reverse=True)
    shown, where = found[:most], reverse("admin:users_user_history", args=[person.pk])
    older = {"kind": kind, "before": Place(*shown[-1][:3])} if len(found) > most else None
    addresses = [(where, "All"), *((f"{where}?kind={name}", KINDS[name]) for name in kinds)]
    chosen = f"{where}?kind={kind}" if kind else where
    return Timeline(shown, addresses, chosen, f"{where}?{urlencode(older)}" if older else "")
