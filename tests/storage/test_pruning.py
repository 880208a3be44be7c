"""Rows that nobody needs any more: counted, deleted in batches, by one table of rules."""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session as AdminSession
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from profiles.models import Job, JobFile, Revision
from profiles_project import pruning
from profiles_project.database import clock
from tests.support.factories import ProfileFactory
from users.models import AuditEntry, IdempotencyRecord, Mail, SecurityEvent, Session, User
from users.tasks import send_mail

LONG_AGO = dt.timedelta(days=800)


@pytest.fixture
def outdated(user: User) -> dict[str, int]:
    """Rows of every kind that may go, beside one of each that may not; how many of which table."""
    now = clock.now()
    for then in (now, now - LONG_AGO, now - LONG_AGO):
        key = str(IdempotencyRecord.objects.count())
        Session.objects.filter(pk=Session.objects.start(user, key).pk).update(expires_at=then + dt.timedelta(days=1))
        AdminSession.objects.create(session_key=key, session_data="", expire_date=then + dt.timedelta(days=1))
        IdempotencyRecord.objects.create(user=user, key=key, fingerprint="", created_at=then)
        SecurityEvent.objects.create(user=user, kind="login", created_at=then)
        AuditEntry.objects.create(staff_id=1, object_kind="x", object_id="x", action="view", created_at=then)
        Mail.objects.create(user=user, kind=Mail.Kind.VERIFY, address=user.email, created_at=then, next_try_at=then)
        job = Job.objects.create(user=user, kind="x", status="cancelled", lease_until=then, finished_at=then)
        JobFile.objects.create(job=job, number=0, content=b"x")
        send_mail.enqueue(key, 0)
        DBTaskResult.objects.filter(finished_at=None).update(status="FAILED", finished_at=then)
        profile = ProfileFactory.create(user=user, is_active=False, deleted_at=then)
        Revision.objects.create(profile=profile, born=profile.born, version=1, created_at=then, changes={})
    return {rule.table: 2 for rule in pruning.rules()}


@pytest.mark.django_db
def test_every_rule_finds_what_may_go_and_leaves_the_rest(outdated: dict[str, int]) -> None:
    assert {rule.table: rule.count() for rule in pruning.rules()} == outdated
    assert pruning.prune() == sum(outdated.values())
    for rule in pruning.rules():
        assert rule.model._base_manager.count() == 1, rule.table


@pytest.mark.django_db
def test_a_dry_run_says_what_the_command_then_does(
    outdated: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("prune", "--dry-run")
    promised = capsys.readouterr()
    assert AdminSession.objects.count() == 3
    call_command("prune")
    done = capsys.readouterr()
    total = sum(outdated.values())
    lines = [f"{table}: {rows} rows deleted" for table, rows in outdated.items()] + [f"All: {total} rows deleted"]
    assert done.out.splitlines() == lines
    assert promised.out.replace("to delete", "deleted") == done.out
    # Standard error is no terminal here.
    assert promised.err == done.err == ""
    assert AdminSession.objects.count() == 1


@pytest.mark.django_db
def test_many_rows_go_in_batches(outdated: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 1)
    [rule] = [rule for rule in pruning.rules() if rule.model is Mail]
    assert list(rule.delete()) == [1, 1]
    assert rule.count() == 0


def test_what_the_worker_does_and_what_the_command_does_are_one_thing(settings: Settings) -> None:
    assert settings.SCHEDULE["profiles_project.pruning.prune"] == 60
    assert {rule.model for rule in pruning.rules()} <= set(apps.get_models())
