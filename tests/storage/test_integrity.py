"""A healthy database has no fault; each row that was broken past the service's rules is found and named."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from profiles import tasks
from profiles.maintenance import checks
from profiles.models import Actor, Cause, Interest, Job, JobFile, Profile, Revision, Skill, log
from profiles_project.database import clock
from tests.support.factories import UserFactory, make_profile
from tests.support.filling import fill
from users.models import User

IS_POSTGRESQL = connection.vendor == "postgresql"


@contextmanager
def unguarded() -> Iterator[None]:
    """Lets rows in that the database itself refuses; undone with the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS one_active_profile_a_user")
        if not IS_POSTGRESQL:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
            return
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'c' AND conrelid::regclass::text LIKE 'profiles_%'"
        )
        for table, name in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        yield


def damage(statement: str) -> None:
    """Run a statement that nothing of ours looks at."""
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(statement)


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What the command says it found: it must fail then, with the number of faults."""
    capsys.readouterr()
    with pytest.raises(CommandError) as failed:
        call_command("check_integrity", *arguments)
    lines = capsys.readouterr().out.splitlines()
    faults = [line.strip() for line in lines if line.startswith("  ")]
    named = [line for line in faults if not line.startswith("and ")]
    more = [int(line.split()[1]) for line in faults if line.startswith("and ")]
    total = len(named) + sum(more)
    assert str(failed.value) == f"{total} fault{'' if total == 1 else 's'} found."
    return faults


@pytest.fixture
def career(db: None) -> Profile:
    """An active profile with everything in it, and another one of the same person."""
    user = UserFactory.create(email="person@example.org")
    profile = make_profile(user, 2)
    make_profile(user, 1)
    return profile


@pytest.mark.django_db(transaction=True)
def test_a_database_with_every_kind_of_row_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    fill()
    call_command("check_integrity")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "All is well."
    assert f"users_user: {User.objects.count()} rows" in lines
    assert [line for line in lines if line.endswith(": well")] == [
        f"{name}: well" for name in (*checks.CHECKS, "values")
    ]


# A statement, and the table and the fault that are named then; {profile} and {user} are the ids of these.
DAMAGES = {
    "no active profile": (
        "UPDATE profiles_profile SET is_active = FALSE",
        "users_user {user}: has 2 profiles, 0 of them active",
    ),
    "two active profiles": (
        "UPDATE profiles_profile SET is_active = TRUE",
        "users_user {user}: has 2 profiles, 2 of them active",
    ),
    "version": (
        "UPDATE profiles_profile SET version = 0 WHERE is_active",
        "profiles_profile {profile}: version is below 1",
    ),
    "times": (
        "UPDATE profiles_profile SET updated_at = '2001-01-01 00:00:00' WHERE is_active",
        "profiles_profile {profile}: updated_at is before created_at",
    ),
    "times of a user": (
        "UPDATE users_user SET updated_at = '2001-01-01 00:00:00'",
        "users_user {user}: updated_at is before created_at",
    ),
    "positions": (
        "UPDATE profiles_experience SET position = 7",
        "profiles_experience {profile}: this profile has 2 rows at position 7",
    ),
    "positions of skills": (
        "UPDATE profiles_skill SET position = 7 WHERE kind = 'soft'",
        "profiles_skill {profile}: this profile has 2 rows at position 7",
    ),
    "version of an item": (
        "UPDATE profiles_interest SET version = 2 WHERE position = 0 AND profile_id = '{key}'",
        "profiles_interest {interest}: version is above its profile's",
    ),
    "log_version": (
        "UPDATE profiles_profile SET log_version = 2 WHERE is_active",
        "profiles_profile {profile}: log_version is above version",
    ),
    "boundary": (
        "UPDATE profiles_profile SET boundary = 2 WHERE is_active",
        "profiles_profile {profile}: boundary is above version",
    ),
    "bytes of the log": (
        "UPDATE profiles_profile SET log_bytes = 1 WHERE is_active",
        "profiles_profile {profile}: log_bytes is not what its log takes",
    ),
    "versions of lists": (
        "UPDATE profiles_profile SET versions = '{{\"interests\": 2}}' WHERE is_active",
        "profiles_profile {profile}: versions names a version above its own",
    ),
    "active in the trash": (
        "UPDATE profiles_profile SET deleted_at = '2026-01-01 00:00:00' WHERE is_active",
        "profiles_profile {profile}: is active in the trash",
    ),
    "derived column of a user": (
        "UPDATE users_user SET email_key = 'other'",
        "users_user {user}: email_key is not what email makes it",
    ),
    "extra": (
        "UPDATE profiles_profile SET extra = '{{' WHERE is_active",
        "profiles_profile {profile}: extra is no JSON",
    ),
    "links": (
        "UPDATE profiles_profile SET links = '[{{\"secret\": 1}}]' WHERE is_active",
        "profiles_profile {profile}: it can't be read (KeyError)",
    ),
    "value that the model refuses": (
        "UPDATE profiles_profile SET phone = 'secret' WHERE is_active",
        "profiles_profile {profile}: its model refuses phone (no_digit)",
    ),
    "too much text": (
        (
            "UPDATE profiles_experience SET description = '{long}' WHERE profile_id IN"
            " (SELECT id FROM profiles_profile WHERE is_active)"
        ),
        "profiles_profile {profile}: A profile can be at most 4 MiB; this would make it 6.0 MiB.",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_broken_is_named(name: str, career: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    statement, fault = DAMAGES[name]
    key = career.pk if IS_POSTGRESQL else career.pk.hex
    interest = career.interest_set.get(position=0)
    damage(statement.format(long="x" * 3 * 2**20, key=key))
    faults = found(capsys)
    assert fault.format(profile=career.pk, user=career.user_id, interest=interest.pk) in faults
    text = "\n".join(faults)
    assert [
        word for word in ("secret", "other", career.full_name, career.email, career.user.email) if word in text
    ] == []


def test_keys_of_skills_are_looked_at_wherever_the_field_stands(
    career: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    damage("UPDATE profiles_skill SET name_key = name_key || '!' WHERE kind = 'soft'")
    broken = Skill.objects.filter(kind="soft").order_by("pk")
    assert found(capsys) == [f"profiles_skill {skill.pk}: name_key is not what name makes it" for skill in broken]


@pytest.mark.skipif(IS_POSTGRESQL, reason="jsonb takes no text that is not JSON")
def test_a_list_that_is_no_json_is_found(career: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    damage("UPDATE profiles_interest SET keywords = '['")
    assert {re.sub(r"[0-9a-f-]{36}", "ID", fault) for fault in found(capsys)} == {
        "profiles_interest ID: keywords is no JSON",
        "profiles_interest ID: its model refuses keywords (not_a_list)",
    }


def test_too_long_lists_and_too_many_profiles_are_found_and_at_most_twenty_are_named(
    career: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    Interest.objects.bulk_create(Interest(profile=career, position=n, name="Chess") for n in range(2, 1001))
    Profile.objects.bulk_create(Profile(user=career.user, full_name="A", email="a@example.org") for _ in range(49))
    Profile.objects.filter(label="Master", full_name="A").update(version=5)
    assert found(capsys) == [
        f"users_user {career.user_id}: has 51 profiles, 1 of them active",
        f"profiles_profile {career.pk}: Interests: at most 1,000 are allowed; this would make 1,001.",
    ]
    damage("UPDATE profiles_profile SET version = 0")
    faults = found(capsys, "--sample", "0")
    assert sum("version is below 1" in fault for fault in faults) == 20
    assert "and 31 more" in faults


@pytest.fixture
def written(career: Profile) -> Profile:
    """The same after three revisions."""
    for number in range(3):
        with Profile.objects.revise(career.pk, Cause(Actor.YOU, "profiles_update")) as revised:
            revised.label = f"Label {number}"
    call_command("check_integrity")
    return career


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ("version = 3", ["log_bytes is not what its log takes", "a version is missing in its log"]),
        ("version = 4", ["log_bytes is not what its log takes", "its log does not end with log_version"]),
        # The oldest may be gone, as long as nobody counts its bytes.
        ("version = 2", ["log_bytes is not what its log takes"]),
    ],
)
def test_what_is_missing_in_a_log_is_found(
    rows: str, faults: list[str], written: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(f"DELETE FROM profiles_revision WHERE {rows}")  # noqa: S608  # our own words
    assert found(capsys) == [f"profiles_profile {written.pk}: {fault}" for fault in faults]


def test_a_log_that_was_pruned_or_has_a_boundary_is_well(written: Profile) -> None:
    log.forget(Revision.objects.filter(version=2).values_list("pk", flat=True))
    call_command("check_integrity")
    # As a release that knows no log writes.
    Profile.objects.filter(pk=written.pk).update(version=5, label="By an older release")
    call_command("check_integrity")
    with Profile.objects.revise(written.pk, Cause(Actor.YOU, "profiles_update")) as revised:
        revised.label = "By this release"
    call_command("check_integrity")
    # An entry of an earlier profile with the same id.
    entry = {"actor": Actor.YOU, "action": "x", "created_at": clock.now(), "changes": {}}
    Revision.objects.create(profile=written, born=1, version=9, **entry)
    call_command("check_integrity")


def test_profiles_in_the_trash_are_looked_at_too(written: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    Profile.objects.remove(written, Cause(Actor.YOU, "profiles_delete"))
    # Both it and the other one, which nobody has counted yet.
    assert tasks.Count().turn() == 2
    call_command("check_integrity")
    damage("UPDATE profiles_profile SET byte_count = byte_count + 1, version = 0 WHERE deleted_at IS NOT NULL")
    faults = found(capsys)
    assert f"profiles_profile {written.pk}: version is below 1" in faults
    damage("UPDATE profiles_profile SET version = bytes_version WHERE deleted_at IS NOT NULL")
    assert f"profiles_profile {written.pk}: byte_count is not what the profile takes" in found(capsys)


JOB_DAMAGES = {
    "has ended and is unfinished": "UPDATE profiles_job SET status = 'running'",
    "has ended without finished_at": "UPDATE profiles_job SET finished_at = NULL",
    "nobody would take it up when its worker dies: its lease is too long": (
        "UPDATE profiles_job SET status = 'queued', finished_at = NULL, lease_until = '2100-01-01 00:00:00'"
    ),
    "has done more than there is to do": "UPDATE profiles_job SET done = 2",
    "was begun too often": "UPDATE profiles_job SET attempts = 6",
    "has succeeded without a result": "UPDATE profiles_job SET result = NULL",
    "has failed without a problem": "UPDATE profiles_job SET status = 'failed'",
    "keeps its input although it has ended": "UPDATE profiles_job SET input = '[]'",
    "keeps the file that it was given although it has ended": "UPDATE profiles_jobfile SET is_input = TRUE",
    "result is no JSON": "UPDATE profiles_job SET result = '{'",
}


@pytest.fixture
def job(user: User) -> Job:
    """A job that has succeeded, with a file of one piece."""
    job = Job(user=user, kind="auth_me_export", status="succeeded", result='{"status":200}')
    job.lease_until = job.finished_at = job.created_at
    job.save()
    JobFile.objects.create(job=job, number=0, content=b"x")
    return job


@pytest.mark.parametrize("what", JOB_DAMAGES)
def test_a_job_at_odds_with_itself_is_found(what: str, job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    damage(JOB_DAMAGES[what])
    assert f"profiles_job {job.pk}: {what}" in found(capsys)


def test_a_missing_piece_of_a_file_is_found(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    damage("UPDATE profiles_jobfile SET number = 1")
    assert found(capsys) == [f"profiles_jobfile {job.pk}: a piece of this job's file is missing"]


@pytest.mark.django_db(transaction=True)
def test_a_reference_to_nothing_is_found(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    [piece] = job.pieces.all()
    off, on = (
        ("SET session_replication_role = replica", "SET session_replication_role = DEFAULT")
        if IS_POSTGRESQL
        else ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON")
    )
    with connection.cursor() as cursor:
        cursor.execute(off)
        cursor.execute("DELETE FROM profiles_job")
        cursor.execute(on)
    faults = found(capsys)
    JobFile.objects.all().delete()
    assert faults == [f"profiles_jobfile {piece.pk}: job_id leads to no row"]


@pytest.mark.django_db
@pytest.mark.skipif(not IS_POSTGRESQL, reason="SQLite looks at the rows themselves")
def test_a_sequence_that_lags_behind_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    last = [UserFactory.create().pk for _ in range(3)][-1]
    damage("SELECT setval(pg_get_serial_sequence('users_user', 'id'), 1)")
    assert found(capsys) == [f"users_user {last}: its table's sequence will give numbers that are taken"]
    damage(f"SELECT setval(pg_get_serial_sequence('users_user', 'id'), {last})")
    call_command("check_integrity")


def test_of_a_large_table_a_sample_is_judged(career: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    Interest.objects.bulk_create(Interest(profile=career, position=n, name="Chess") for n in range(2, 400))
    damage("UPDATE profiles_interest SET name = ''")
    judged = [finding for finding in checks.values(100) if finding.table == "profiles_interest"]
    assert 5 <= len(judged) <= 100
    assert {finding.what for finding in judged} == {"its model refuses name (blank)"}
    assert len({finding.id for finding in judged}) == len(judged)
    assert not list(checks.values(0))


@pytest.mark.parametrize("sample", ["-1", "many"])
def test_a_sample_is_a_number(sample: str) -> None:
    with pytest.raises(CommandError, match="--sample"):
        call_command("check_integrity", "--sample", sample)
