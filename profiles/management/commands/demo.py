"""`manage.py demo`: somebody to log in as and something to practise on, on a machine that has nobody yet."""

import secrets
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand
from django.db import transaction

from profiles import tasks
from profiles.api import examples
from profiles.career import bulk, history
from profiles.career.serializers import ProfileSerializer
from profiles.desk.roles import SUPPORT, SUPPORT_LEAD
from profiles.models import Actor, Cause, Experience, Job, Profile
from profiles_project.database import clock
from users.models import Mail, SecurityEvent, Session, User
from users.tasks import FAILURES

STAFF = {"is_staff": True, "is_verified": True}
# Those who may log in: what they are, which is the role of staff, their address, and their account.
PEOPLE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("App user", "ada@example.com", {"full_name": "Ada Lovelace", "is_verified": True}),
    (SUPPORT, "support@example.com", {"full_name": "Sam Support", **STAFF}),
    (SUPPORT_LEAD, "lead@example.com", {"full_name": "Lena Lead", **STAFF}),
    ("Superuser", "admin@example.com", {"full_name": "Superuser", "is_superuser": True, **STAFF}),
)
DEVICES = ("Profiles/4.1 (iPhone; iOS 19.1)", "Profiles/2.0 (Android 12)")


class Command(BaseCommand):
    """Makes demo data where there is no user yet, and prints how to log in, once; else it only says so."""

    help = "Makes demo users and a full profile, with a past to practise on, if the database has no user yet."

    def handle(self, *args: object, **options: object) -> None:
        with transaction.atomic():
            if User.objects.exists():
                self.stdout.write("There are accounts already, so no demo accounts are made.")
                return
            made = []
            for role, email, fields in PEOPLE:
                # Not the same on every machine, since some of them are reached from outside in the end.
                password = f"Demo-{secrets.token_urlsafe(9)}1a"
                user = User.objects.create_user(email, password, **fields)
                user.groups.set(Group.objects.filter(name=role))
                made.append((role, user, password))
            ada = made[0][1]
            _make_account(ada)
            _make_career(ada)
            _make_trouble(ada)
        self.stdout.write("Demo accounts (shown this once; the passwords are kept nowhere):")
        for role, user, password in made:
            self.stdout.write(f"  {role + ':':<14}{user.email:<22}{password}")


def _make_account(user: User) -> None:
    """What happened to the account; it is stored without the lines of the log, which tell what people did."""
    SecurityEvent.objects.create(user=user, kind="account_registered")
    for device in DEVICES:
        session = Session.objects.start(user, device)
        SecurityEvent.objects.create(user=user, kind="login", session_id=session.pk)


def _make_career(user: User) -> None:
    """A profile that an old app has harmed, which was mended by a restore; and one that lies in the trash."""
    phone, old_phone = DEVICES
    profile = _make_profile(user, phone)
    with Profile.objects.revise(profile.pk, Cause(Actor.YOU, "profiles_partial_update", phone)) as revised:
        revised.headline = "Analyst and poet of numbers"
    with Profile.objects.revise(profile.pk, Cause(Actor.YOU, "profiles_update", old_phone)) as revised:
        bulk.replace(revised, Experience, [], existing=revised.stored(Experience).values())
    with Profile.objects.revise(profile.pk, Cause(Actor.YOU, "profiles_restore", phone, reverts=2)) as revised:
        history.restore(revised, 2)
    spare = _make_profile(user, old_phone, label="For museums")
    Profile.objects.remove(spare, Cause(Actor.YOU, "profiles_delete", old_phone))


def _make_profile(user: User, device: str, **changes: Any) -> Profile:
    serializer = ProfileSerializer(data=examples.NEW_PROFILE | changes)
    serializer.is_valid(raise_exception=True)
    profile = Profile(user=user)
    bulk.set_own_fields(profile, serializer.validated_data)
    with Profile.objects.add(profile, Cause(Actor.YOU, "profiles_create", device)):
        bulk.store(profile, serializer.validated_data)
    return profile


def _make_trouble(user: User) -> None:
    """A job that failed by our fault, and a mail that was given up."""
    job = Job.objects.create(user=user, kind=tasks.EXPORT, lease_until=clock.now())
    job.claim()
    job.fail(tasks.problem_document(job, tasks.GivenUp()))
    given_up = {"problem": "It could not be sent for a day.", "failure": dict(FAILURES)[ConnectionRefusedError]}
    mail = {"address": user.email, "attempts": 30, "next_try_at": clock.now(), **given_up}
    Mail.objects.create(user=user, kind=Mail.Kind.PASSWORD_NOTICE, **mail)
