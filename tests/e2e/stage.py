"""What the browser finds: staff of every role, people in every state, and work and mails that went well and badly."""

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import Group
from django.utils import timezone

from profiles.career import bulk
from profiles.desk.roles import SUPPORT, SUPPORT_LEAD
from profiles.desk.rows import audit
from profiles.models import Actor, Cause, Experience, Job, Profile
from profiles.models.jobs import longest_lease
from tests.support.factories import ProfileFactory, UserFactory, item, make_profile
from users.models import AuditEntry, Mail, SecurityEvent, Session, User

# Who looks at the desk, and their group; the first and the last are in none.
ROLES = {"superuser": None, "lead": SUPPORT_LEAD, "support": SUPPORT, "nobody": None}
DEVICES = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "okhttp/5.1.0",
)
PROBLEM = '{"type": "about:blank", "title": "Internal error", "status": 500, "detail": "Something broke."}'


class Stage(NamedTuple):
    """The rows that pages and flows name."""

    person: User
    unverified: User
    inactive: User
    profile: Profile
    spare: Profile
    revised: Profile
    trashed: Profile
    job: UUID
    queued: UUID
    session: UUID
    mail: UUID
    event: UUID
    entry: UUID
    group: int


def set_up() -> Stage:
    """Fill the database, which is empty."""
    for role in ROLES:
        make_staff(role, f"{role}@example.org")
    person = UserFactory.create(email="ada.lovelace@example.org", is_verified=True)
    profile = make_profile(person, count=3)
    spare = ProfileFactory.create(user=person, label="Teaching")
    for number in range(120):
        made = UserFactory.create(full_name=f"Person Number {number}", is_verified=bool(number % 3))
        ProfileFactory.create(user=made, professional_summary=None if number % 4 else "A summary of a career.")
    sessions = [Session.objects.start(person, device) for device in DEVICES]
    Session.objects.filter(pk=sessions[-1].pk).end()
    jobs = {status: make_job(person, status, profile_id=profile.pk) for status in Job.Status}
    for action in ("view", "end-sessions", "deactivate", "reactivate"):
        reason = "" if action == "view" else "Ticket 4711: asked for by the person, by telephone."
        audit(User.objects.get(email="lead@example.org"), action, person, reason)
    return Stage(
        person=person,
        unverified=UserFactory.create(email="unverified@example.org", full_name="Grace Hopper"),
        inactive=UserFactory.create(email="inactive@example.org", full_name="Charles Babbage", is_active=False),
        profile=profile,
        spare=spare,
        revised=_make_revised(person),
        trashed=Profile.objects.remove(make_profile(person, count=1), Cause(Actor.YOU, "profiles_delete", DEVICES[0])),
        job=jobs[Job.Status.FAILED].pk,
        queued=jobs[Job.Status.QUEUED].pk,
        session=sessions[0].pk,
        mail=_make_mails(person),
        event=_make_events(person, sessions[0]),
        entry=AuditEntry.objects.get(action="deactivate").pk,
        group=Group.objects.get(name=SUPPORT_LEAD).pk,
    )


def _make_revised(person: User) -> Profile:
    """A profile with a past: made, and changed once."""
    profile = Profile(user=person, full_name=person.full_name, email=person.email)
    with Profile.objects.add(profile, Cause(Actor.YOU, "profiles_create", DEVICES[0])):
        bulk.create(profile, Experience, [item(Experience, number) for number in range(3)])
    with Profile.objects.revise(profile.pk, Cause(Actor.YOU, "profiles_update", DEVICES[2])) as revised:
        revised.label, revised.headline = "For the sea", "Sailor\nand captain"
        stored = list(revised.stored(Experience).values())
        bulk.delete(revised, Experience, stored[:1])
        bulk.update(revised, Experience, [(stored[1], {"title": "Captain", "is_current": True, "end_date": None})])
    return Profile.objects.get(pk=profile.pk)


def make_staff(role: str, email: str) -> User:
    """A user of the role; `nobody` is no staff at all."""
    user = UserFactory.create(
        email=email,
        full_name=f"{role.capitalize()} Staff",
        is_verified=True,
        is_staff=role != "nobody",
        is_superuser=role == "superuser",
    )
    if group := ROLES[role]:
        user.groups.add(Group.objects.get(name=group))
    return user


def make_job(user: User, status: str, **fields: Any) -> Job:
    """A job in a state that no worker changes any more: what is not finished has the longest lease.

    A failed one failed by our fault, so that it can be run again.
    """
    now = timezone.now()
    is_finished = status not in Job.UNFINISHED
    state = {
        "kind": "experiences_bulk_create",
        "total": 250,
        "done": 250 if status == Job.Status.SUCCEEDED else 0,
        "attempts": 0 if status == Job.Status.QUEUED else 1,
        "problem": PROBLEM if status == Job.Status.FAILED else None,
        "lease_until": now + 2 * longest_lease(),
        "started_at": None if status == Job.Status.QUEUED else now,
        "finished_at": now if is_finished else None,
    }
    return Job.objects.create(user=user, status=status, **{**state, **fields})


def _make_mails(person: User) -> UUID:
    now = timezone.now()
    common = {"user": person, "address": person.email, "next_try_at": now + dt.timedelta(days=1)}
    sent = Mail.objects.create(kind=Mail.Kind.VERIFY, sent_at=now, attempts=1, **common)
    Mail.objects.create(kind=Mail.Kind.RESET, attempts=5, problem="The mail server refused the address.", **common)
    return sent.pk


def _make_events(person: User, session: Session) -> UUID:
    kinds = ("login", "refresh_reused", "password_changed", "login_failed")
    events = [SecurityEvent.objects.create(user=person, kind=kind, session_id=session.pk) for kind in kinds]
    return events[0].pk
