"""Migrations go forwards and back, and the database itself holds the rules."""

import itertools
import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from profiles import partial_dates
from profiles.career import rendering
from profiles.models import (
    COMPONENTS,
    Certification,
    CustomField,
    Education,
    Experience,
    Profile,
    Project,
    Skill,
    Volunteering,
)
from tests.support.factories import ProfileFactory, UserFactory, item
from users.models import User

APPS = ("profiles", "users")


# Tables with their columns, constraints and indexes, as each database describes them.
STRUCTURE = {
    "postgresql": """
        SELECT table_name, concat_ws(' ', column_name, data_type, character_maximum_length, is_nullable)
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "sqlite": "SELECT name, sql FROM sqlite_master",
}


def structure() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(STRUCTURE[connection.vendor])
        return set(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_all_migrations_can_be_taken_back_and_made_again() -> None:
    before = structure()
    try:
        # Apps that aren't ours refer to the user, so they go first.
        for app in ("profiles", "admin", "otp_totp", "users"):
            call_command("migrate", app, "zero", verbosity=0)
        left = [name for name in connection.introspection.table_names() if name.startswith(APPS)]
    finally:
        # The tests that follow need them, whatever happened here.
        call_command("migrate", verbosity=0)
    assert left == []
    assert structure() == before
    ProfileFactory.create()
    assert Profile.objects.count() == 1


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_the_release_before_still_writes_rows_once_the_career_has_grown(user: User) -> None:
    """It names the columns that it knows, while this one is rolled out; the others get what nobody gave."""
    known = MigrationLoader(connection).project_state([("profiles", "0002_jobs")]).apps
    own = {"full_name": "Ada", "email": "ada@example.org"}
    profile = known.get_model("profiles", "Profile").objects.create(user_id=user.pk, **own)
    kinds = {kind: known.get_model("profiles", kind.__name__) for kind in COMPONENTS[:5]}
    for kind, table in kinds.items():
        fields = {field.name for field in table._meta.concrete_fields}
        content = {name: value for name, value in item(kind).items() if name in fields}
        assert len(content) < len(kind.content_fields())
        table.objects.create(profile=profile, position=0, **content)
    skill = {"kind": "soft", "name": "Calm", "name_key": "calm"}
    known.get_model("profiles", "Skill").objects.create(profile=profile, position=0, **skill)
    assert Profile.objects.get(pk=profile.pk).links == []
    document = json.loads(rendering.stored(profile.pk).body)
    assert (document["personal_info"]["links"], document["extra"], document["references"]) == ([], {}, [])
    assert (document["skills"]["soft"], document["skills"]["details"]) == (["Calm"], [])
    for kind in kinds:
        (shown,) = (document["skills"] if kind.in_skills else document)[kind.plural]
        assert (shown["is_visible"], shown["extra"]) == (True, {})
    assert (document["education"][0]["courses"], document["projects"][0]["roles"]) == ([], [])


def experience(**changes: Any) -> Callable[[Profile], object]:
    return lambda profile: Experience.objects.bulk_create(
        [Experience(profile=profile, position=0, **item(Experience, **changes))]
    )


def education(**changes: Any) -> Callable[[Profile], object]:
    return lambda profile: Education.objects.bulk_create(
        [Education(profile=profile, position=0, **item(Education, **changes))]
    )


def skills(*names: str) -> Callable[[Profile], object]:
    return lambda profile: Skill.objects.bulk_create(
        Skill(profile=profile, position=number, kind="technical", name=name) for number, name in enumerate(names)
    )


def custom_fields(*keys: str) -> Callable[[Profile], object]:
    return lambda profile: CustomField.objects.bulk_create(
        CustomField(profile=profile, position=number, key=key, value=number) for number, key in enumerate(keys)
    )


def without_profile(profile: Profile) -> None:
    experience()(Profile(user=profile.user))
    # References are judged when a transaction ends, or now.
    connection.check_constraints()


REFUSED: dict[str, Callable[[Profile], object]] = {
    "a second active profile": lambda profile: ProfileFactory.create(user=profile.user, is_active=True),
    "an update to a second active profile": lambda profile: Profile.objects.filter(
        pk=ProfileFactory.create(user=profile.user, is_active=False).pk
    ).update(is_active=True),
    "an update to an end before the start": lambda profile: (
        experience()(profile),
        Experience.objects.update(end_date="1999"),
    ),
    "an item of no profile": without_profile,
    "a version below 1": lambda profile: Profile.objects.filter(pk=profile.pk).update(version=0),
    "an e-mail address in another case": lambda profile: UserFactory.create(email=profile.user.email.upper()),
    "a skill in another case": skills("Straße", "STRASSE"),
    "a custom field's key twice": custom_fields("key", "key"),
    "an end before its start": experience(start_date="2020-05", end_date="2020-04-30"),
    "an end before its start in another precision": experience(start_date="2020", end_date="2019-12-31"),
    "a current item with an end": experience(is_current=True, end_date="2020"),
    "a current study with an end": education(is_current=True, end_date="2020"),
    "a study that ends before it starts": education(start_date="2020", end_date="2019"),
    "a grade above 4": education(gpa=4.1),
    "a grade below 0": education(gpa=-0.1),
    "a project that ends before it starts": lambda profile: Project.objects.bulk_create(
        [Project(profile=profile, position=0, **item(Project, start_date="2020-02", end_date="2020-01"))]
    ),
    "voluntary work that ends before it starts": lambda profile: Volunteering.objects.bulk_create(
        [Volunteering(profile=profile, position=0, **item(Volunteering, start_date="2020-02", end_date="2020-01"))]
    ),
    "a certificate that expires before it is obtained": lambda profile: Certification.objects.bulk_create(
        [Certification(profile=profile, position=0, **item(Certification, date_obtained="2020", expiry_date="2019"))]
    ),
}
TAKEN: dict[str, Callable[[Profile], object]] = {
    "a second profile that is not active": lambda profile: ProfileFactory.create(user=profile.user, is_active=False),
    "an active profile of somebody else": lambda _: ProfileFactory.create(is_active=True),
    "an end that may be after its start": experience(start_date="2020-05", end_date="2020"),
    "a current job": experience(is_current=True, end_date=None),
    "a past job whose end nobody knows": experience(is_current=False, end_date=None),
    "a job whose start nobody knows": experience(start_date=None, end_date="2020"),
    "a job without any date": experience(start_date=None, end_date=None),
    "a study whose start nobody knows": education(start_date=None),
    "a project without dates": lambda profile: Project.objects.bulk_create(
        [Project(profile=profile, position=0, **item(Project, start_date=None, end_date=None))]
    ),
    "a certificate of a day that nobody knows": lambda profile: Certification.objects.bulk_create(
        [Certification(profile=profile, position=0, **item(Certification, date_obtained=None))]
    ),
    "different skills": skills("Straße", "Strasze"),
    "different keys": custom_fields("key", "Key"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("write", REFUSED.values(), ids=REFUSED)
def test_the_database_refuses(write: Callable[[Profile], object]) -> None:
    profile = ProfileFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        write(profile)


@pytest.mark.django_db
@pytest.mark.parametrize("write", TAKEN.values(), ids=TAKEN)
def test_the_database_takes(write: Callable[[Profile], object]) -> None:
    write(ProfileFactory.create())


@pytest.mark.django_db
def test_the_database_judges_ranges_as_the_code_does(user: User) -> None:
    profile = ProfileFactory.create(user=user)
    dates = ("2019", "2019-12", "2019-12-31", "2020", "2020-01", "2020-01-01", "2020-02", "2020-02-29", "2021")
    for start, end in itertools.product(dates, repeat=2):
        row = Project(profile=profile, position=0, **item(Project, start_date=start, end_date=end))
        expected = pytest.raises(IntegrityError) if partial_dates.ends_before(end, start) else nullcontext()
        with expected, transaction.atomic():
            Project.objects.bulk_create([row])


@pytest.mark.django_db
def test_deleting_a_user_leaves_no_row_below(user: User) -> None:
    profile = ProfileFactory.create(user=user)
    experience()(profile)
    skills("Go")(profile)
    user.delete()
    assert not any(model.objects.exists() for model in (Profile, Experience, Skill))
