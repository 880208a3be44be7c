"""The demo data of a first start."""

import io
import re

import pytest
from django.core.management import call_command

from profiles.models import COMPONENTS, Profile, Skill
from tests.support.client import ApiClient
from tests.support.contract import API
from users.models import User

pytestmark = pytest.mark.django_db


def demo() -> str:
    printed = io.StringIO()
    call_command("demo", stdout=printed)
    return printed.getvalue()


def test_the_printed_credentials_work_and_lead_to_a_full_profile(anonymous: ApiClient) -> None:
    people = re.findall(r"(\S+@example\.com) +(\S+)$", demo(), re.MULTILINE)
    assert len(people) == 3
    for email, password in people:
        response = anonymous.post(f"{API}/auth/login", {"email": email, "password": password})
        assert response.status_code == 200
        if email.startswith("ada"):
            api = anonymous.with_token(response.json()["access_token"])
            document = api.get(f"{API}/profiles/me").json()
    lists = {**document, **document["skills"]}
    assert [
        name for name in (*Skill.Kind.values, "details", *(kind.plural for kind in COMPONENTS)) if not lists[name]
    ] == []
    assert document["personal_info"]["headline"]
    assert document["personal_info"]["links"]
    assert (User.objects.filter(is_superuser=True).count(), User.objects.filter(is_staff=True).count()) == (1, 2)


def test_where_somebody_is_already_nothing_is_made(user: User) -> None:
    assert demo() == ""
    assert (User.objects.count(), Profile.objects.count()) == (1, 0)
