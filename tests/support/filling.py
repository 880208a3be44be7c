"""Fills a database with every kind of row that it can hold, for tests of backups and of what must not be left out.

In a process of its own: ``manage.py shell --command "from tests.support.filling import fill; fill()"``.
"""

import datetime as dt
import io
import uuid
from typing import Any

from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session as AdminSession
from django.db import models
from django_otp.plugins.otp_totp.models import TOTPDevice

from profiles.career import bulk
from profiles.models import PARTS, Actor, Cause, Job, JobFile, Origin, Profile
from profiles_project.database import clock
from tests.support.factories import UserFactory, make_profile
from users.models import AuditEntry, IdempotencyRecord, Mail, SecurityEvent, Session, User
from users.tasks import send_mail

NAMES = ("Ada Lovelace", "Zoë Ångström", "Мария Кюри", "王小明", "Emoji 🙂 Person")


def fill(people: int = len(NAMES)) -> list[User]:
    """Rows of every kind for so many people; each has two profiles and one in the trash, and none is broken."""
    users = [_person(number) for number in range(people)]
    assert empty_tables() == []
    return users


def empty_tables() -> list[str]:
    """The tables without a row."""
    models_of_ours = apps.get_models(include_auto_created=True)
    return [model._meta.db_table for model in models_of_ours if not model._base_manager.exists()]


def _person(number: int) -> User:
    user = UserFactory.create(full_name=NAMES[number % len(NAMES)], is_staff=True, last_login=clock.now())
    group, _ = Group.objects.get_or_create(name="Readers")
    permission = Permission.objects.order_by("pk")[number]
    group.permissions.add(permission)
    user.groups.add(group)
    user.user_permissions.add(permission)
    profile = make_profile(user, full_name=user.full_name, email=user.email)
    make_profile(user, 1, label="Second", phone=None, links=[], extra={})
    _history(user)
    Origin.remember(profile, Origin.Source.LINKEDIN, {"experiences": {str(uuid.uuid4()): "5f2b"}})
    _account(user)
    for status in Job.Status:
        _job(profile, status)
    return user


def _history(user: User) -> None:
    """A profile that was written to and deleted: every value that it had is in its log."""
    cause = Cause(Actor.YOU, "profiles_update", "Pixel 9")
    profile = make_profile(user, 2, is_active=False, label="Deleted")
    with Profile.objects.revise(profile.pk, cause) as revised:
        for part in PARTS:
            rows = list(revised.stored(part).values())
            bulk.replace(revised, part, [], existing=rows[1:])
            changes = {name: value for name, value in rows[0].values().items() if name not in {"id", "position"}}
            revised.changes.overwritten(rows[0], changes)
        revised.label, revised.links, revised.phone = "Deleted later", [], None
        revised.changes.remembered(Origin.Source.LINKEDIN, {"experiences": {"x": "5f2b"}})
    Profile.objects.remove(profile, cause)


def _account(user: User) -> None:
    now = clock.now()
    session = Session.objects.start(user, "Pixel 9")
    body: dict[str, Any] = {"status": 201, "headers": {"ETag": '"1"', "Allow": "GET"}, "body": b'{"full_name": "Ada"}'}
    IdempotencyRecord.objects.create(user=user, key="first try", fingerprint="0" * 64, **body)
    SecurityEvent.objects.create(user=user, kind="login", session_id=session.pk)
    SecurityEvent.objects.create(user=None, kind="login_failed")
    for sent, problem in ((now, ""), (None, "The account is inactive."), (None, "")):
        mail = {"address": user.email, "sent_at": sent, "problem": problem, "next_try_at": now}
        Mail.objects.create(user=user, kind=Mail.Kind.VERIFY, **mail)
    AuditEntry.objects.create(
        staff_id=user.pk, user_id=user.pk, object_kind="users.user", object_id=user.pk, action="export", reason="Asked."
    )
    TOTPDevice.objects.create(user=user, name="App")
    person = ContentType.objects.get_for_model(User)
    entry = {"object_id": str(user.pk), "object_repr": user.email, "change_message": "Changed the name."}
    LogEntry.objects.create(user=user, content_type=person, action_flag=CHANGE, **entry)
    AdminSession.objects.create(session_key=f"key of {user.pk}", session_data="signed", expire_date=now)
    send_mail.enqueue(str(uuid.uuid4()), 0)


def _job(profile: Profile, status: str) -> Job:
    now = clock.now()
    is_over = status not in Job.UNFINISHED
    job = Job.objects.create(
        user=profile.user,
        kind="profiles_import",
        profile_id=profile.pk,
        profile_created_at=profile.created_at,
        if_match=[f"{profile.pk}-1"],
        input="" if is_over else '{"source":"json-resume","mode":"merge"}',
        result='{"status":200,"label":"Ada"}' if status == Job.Status.SUCCEEDED else None,
        problem='{"status":409,"title":"Conflict"}' if status == Job.Status.FAILED else None,
        status=status,
        lease_until=now + dt.timedelta(seconds=5),
        finished_at=now if is_over else None,
    )
    if not is_over or status == Job.Status.SUCCEEDED:
        JobFile.keep(job, io.BytesIO(bytes(range(256)) * 5000), is_input=not is_over)
    return job


def text_columns(model: type[models.Model]) -> list[str]:
    """The names of the columns of a table in which a text can stand."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
    return [str(field.column) for field in model._meta.concrete_fields if isinstance(field, kinds)]
