"""A person's own data: taken along whole, and erased without a trace."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from profiles.models import Profile
from tests.client import ApiClient
from tests.factories import PASSWORD, make_profile, profile_document
from users.models import Mail, Session, User

# Tasks are put off when a transaction commits.
pytestmark = pytest.mark.django_db(transaction=True)

PROFILES = "/api/v1/profiles"
AUTH = "/api/v1/auth"
CANARY = "canary"
# What an export leaves out: secrets, and copies of other columns that only serve comparing.
NOT_EXPORTED = {"password", "email_key", "name_key"}


def branded(value: Any) -> Any:
    """A document with the canary in each of its texts that is free."""
    if isinstance(value, list):
        return [branded(each) for each in value]
    if isinstance(value, dict):
        return {name: each if name == "proficiency" else branded(each) for name, each in value.items()}
    if not isinstance(value, str) or value[:4].isdigit():
        return value
    if "@" in value:
        return f"{CANARY}.{value}"
    return f"{value}/{CANARY}" if value.startswith("https://") else f"{value} {CANARY}"


def texts() -> Iterator[tuple[str, str]]:
    """Table, column and text of everything that is stored anywhere."""
    for model in apps.get_models(include_auto_created=True):
        fields = [field.attname for field in model._meta.concrete_fields]
        for row in model._default_manager.values_list(*fields):
            for name, value in zip(fields, row, strict=True):
                yield f"{model._meta.db_table}.{name}", json.dumps(value, default=str, ensure_ascii=False)


def traces() -> set[str]:
    """The columns in which something of the person is found."""
    return {where for where, text in texts() if CANARY in text.lower()}


@pytest.fixture
def person(anonymous: ApiClient) -> ApiClient:
    """Somebody who has used all there is, and whom support has helped."""
    agent = {"User-Agent": f"{CANARY} phone"}
    form = {"email": f"{CANARY}@example.org", "password": PASSWORD, "full_name": f"Ada {CANARY}"}
    tokens = anonymous.post(f"{AUTH}/register", form, headers=agent).json()
    api = anonymous.with_token(tokens["access_token"])
    gone = api.post(PROFILES, branded(profile_document(2))).json()
    kept = api.post(PROFILES, branded(profile_document(2, label="Kept"))).json()
    api.post(f"{AUTH}/change-email", {"new_email": f"other.{CANARY}@example.org", "password": PASSWORD})
    anonymous.post(f"{AUTH}/forgot-password", {"email": form["email"]})
    support = Client()
    support.force_login(User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root"))
    owner = User.objects.get(email=form["email"])
    sessions = {"sessions-TOTAL_FORMS": 0, "sessions-INITIAL_FORMS": 0}
    page = {"full_name": f"Ada {CANARY} L.", "is_active": "on", **sessions}
    assert support.post(f"/admin/users/user/{owner.pk}/change/", page).status_code == HTTPStatus.FOUND
    for profile in Profile.objects.filter(user=owner):
        mended = profile_page(profile) | {"label": f"Mended {CANARY}"}
        assert support.post(f"/admin/profiles/profile/{profile.pk}/change/", mended).status_code == HTTPStatus.FOUND
    api.delete(f"{PROFILES}/{gone['id']}")
    assert api.get(f"{PROFILES}/{kept['id']}").json()["label"] == f"Mended {CANARY}"
    return api


def profile_page(profile: Profile) -> dict[str, Any]:
    """What the admin's page of a profile sends, with a change in the first job."""
    fields = {name: getattr(profile, name) for name in (*Profile.PERSONAL_INFO, "professional_summary")}
    forms = {related.get_accessor_name(): related for related in Profile._meta.related_objects}
    fields |= {f"{name}-{what}_FORMS": 0 for name in forms for what in ("TOTAL", "INITIAL")}
    job = profile.experience_set.get(position=0)
    own = {name: getattr(job, name) for name in ("id", "title", "company", "start_date", "end_date")}
    lists = {"achievements": "[]", "technologies": "[]"}
    first = {f"experience_set-0-{name}": value for name, value in (own | lists).items()}
    return fields | first | {"experience_set-TOTAL_FORMS": 1, "experience_set-INITIAL_FORMS": 1}


def test_an_export_holds_everything_that_is_stored_about_the_person(person: ApiClient) -> None:
    exported = person.get(f"{AUTH}/me/export")
    document = exported.json()
    (profile,) = person.get(PROFILES).json()["profiles"]
    assert document["profiles"] == [person.get(f"{PROFILES}/{profile['id']}").json()]
    assert len(document["sessions"]) == Session.objects.count()
    assert len(document["mails"]) == Mail.objects.count() > 0
    me = person.get(f"{AUTH}/me").json()
    assert document["account"] == document["account"] | me
    whole = json.dumps(document, ensure_ascii=False)
    own = [(where, text) for where, text in texts() if where.startswith(("users_", "profiles_")) and CANARY in text]
    assert len({where for where, _ in own}) > 30
    for where, text in own:
        assert where.rpartition(".")[2] in NOT_EXPORTED or text.strip('"') in whole, where
    assert "argon2" not in whole


def test_an_export_holds_nothing_of_others(api: ApiClient, person: ApiClient, user: User) -> None:
    make_profile(user, 1)
    whole = api.get(f"{AUTH}/me/export")
    assert CANARY not in whole.content.decode()
    assert [each["user_id"] for each in whole.json()["profiles"]] == [user.pk]


def test_what_was_erased_is_found_in_no_table(person: ApiClient, user: User) -> None:
    make_profile(user, 1)
    others = Profile.objects.filter(user=user).count()
    assert {"users_user.email", "users_session.user_agent", "users_mail.address", "profiles_skill.name"} <= traces()
    assert person.post(f"{AUTH}/me/erase", {"password": PASSWORD}).status_code == HTTPStatus.NO_CONTENT
    assert traces() == set()
    assert Profile.objects.count() == others
    assert person.get(PROFILES).status_code == HTTPStatus.UNAUTHORIZED
    assert person.post(f"{AUTH}/me/erase", {"password": PASSWORD}).status_code == HTTPStatus.UNAUTHORIZED


def test_what_a_person_deletes_is_found_in_no_table(person: ApiClient) -> None:
    (profile,) = person.get(PROFILES).json()["profiles"]
    person.delete(f"{PROFILES}/{profile['id']}")
    assert {where.partition("_")[0] for where in traces()} == {"users"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"password": "Wrong-Horse-7"}, HTTPStatus.UNAUTHORIZED),
        ({"password": f" {PASSWORD}"}, HTTPStatus.UNAUTHORIZED),
        ({"password": ""}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({"password": None}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({"password": 12345678}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({"password": [PASSWORD]}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({}, HTTPStatus.UNPROCESSABLE_ENTITY),
    ],
)
def test_nothing_is_erased_without_the_password(
    api: ApiClient, user: User, body: dict[str, Any], status: HTTPStatus
) -> None:
    make_profile(user, 1)
    answer = api.post(f"{AUTH}/me/erase", body)
    assert answer.status_code == status
    if status == HTTPStatus.UNAUTHORIZED:
        assert answer.json()["type"].endswith("/wrong-password")
        assert "incorrect" in answer.json()["detail"]
        assert "invalid_token" not in answer["WWW-Authenticate"]
    assert User.objects.filter(pk=user.pk).exists()
    assert Profile.objects.filter(user=user).exists()
