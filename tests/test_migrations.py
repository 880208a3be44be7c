"""Migrations go forwards and back, and the database itself holds the rules."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from profiles.models import Certification, CustomField, Education, Experience, Profile, Project, Skill
from tests.factories import ProfileFactory, UserFactory, item
from users.models import User

APPS = ("profiles", "users")


@pytest.mark.django_db(transaction=True)
def test_all_migrations_can_be_taken_back_and_made_again() -> None:
    # Django's own apps refer to the user, so they go first.
    for app in ("profiles", "admin", "users"):
        call_command("migrate", app, "zero", verbosity=0)
    left = [name for name in connection.introspection.table_names() if name.startswith(APPS)]
    call_command("migrate", verbosity=0)
    assert left == []
    assert ProfileFactory.create().pk


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


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


REFUSED: dict[str, Callable[[Profile], object]] = {
    "a second active profile": lambda profile: ProfileFactory.create(user=profile.user, is_active=True),
    "a version below 1": lambda profile: Profile.objects.filter(pk=profile.pk).update(version=0),
    "an e-mail address in another case": lambda profile: UserFactory.create(email=profile.user.email.upper()),
    "a skill in another case": skills("Straße", "STRASSE"),
    "a custom field's key twice": custom_fields("key", "key"),
    "an end before its start": experience(start_date="2020-05", end_date="2020-04-30"),
    "an end before its start in another precision": experience(start_date="2020", end_date="2019-12-31"),
    "a current item with an end": experience(is_current=True, end_date="2020"),
    "a past job without an end": experience(is_current=False, end_date=None),
    "a study that ends before it starts": education(start_date="2020", end_date="2019"),
    "a grade above 4": education(gpa=4.1),
    "a grade below 0": education(gpa=-0.1),
    "a project that ends before it starts": lambda profile: Project.objects.bulk_create(
        [Project(profile=profile, position=0, **item(Project, start_date="2020-02", end_date="2020-01"))]
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
def test_deleting_a_user_leaves_no_row_below(user: User) -> None:
    profile = ProfileFactory.create(user=user)
    experience()(profile)
    skills("Go")(profile)
    user.delete()
    assert not any(model.objects.exists() for model in (Profile, Experience, Skill))
