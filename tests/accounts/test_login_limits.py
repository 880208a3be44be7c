"""Log-ins to the admin are counted together with those to the API."""

import time
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from profiles_project.api.ratelimit import soon
from profiles_project.database import clock
from profiles_project.words.wording import worded
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD
from users.models import User

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def limited(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits switched on, in a window that doesn't end while a test runs."""
    settings.RATELIMIT_ENABLE = True
    now = time.time()
    monkeypatch.setattr(clock, "seconds", lambda: now)


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root")


def password(client: Client, user: User) -> Any:
    return client.post(LOGIN, {"username": user.email, "password": PASSWORD})


def is_in(client: Client) -> bool:
    return client.get("/admin/users/user/").status_code == 200


def test_guesses_at_one_account_are_counted_together_with_the_apis(staff: User) -> None:
    for number in range(2):
        api = ApiClient(address=f"198.51.100.{number}")
        assert api.post(f"{API}/auth/login", {"email": staff.email, "password": "wrong"}).status_code == 401
    # Compatible letters are the same letters to Django's form.
    wide = staff.email.replace("r", "\uff52")
    spellings = (staff.email, staff.email.upper(), f" {wide} ")
    for number, spelling in enumerate(spellings):
        browser = Client(REMOTE_ADDR=f"198.51.100.{number + 10}")
        assert browser.post(LOGIN, {"username": spelling, "password": "wrong"}).status_code == 200
    browser = Client(REMOTE_ADDR="198.51.100.99")
    answer = password(browser, staff)
    assert answer.status_code == 429
    seconds = int(answer["Retry-After"])
    assert 1 <= seconds <= 60
    assert f"Too many requests; please try again {worded(soon(seconds))}." in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert not is_in(browser)
    problem = ApiClient(address="198.51.100.98").post(f"{API}/auth/login", {"email": staff.email, "password": PASSWORD})
    when = worded(soon(int(problem["Retry-After"])))
    assert (problem.status_code, problem.json()["detail"]) == (429, f"Too many requests; please try again {when}.")


def test_a_network_is_counted_together_with_the_api(staff: User) -> None:
    for number in range(5):
        body = {"email": f"nobody{number}@example.org", "password": "wrong"}
        assert ApiClient().post(f"{API}/auth/login", body).status_code == 401
    statuses = [
        Client().post(LOGIN, {"username": f"anybody{number}@example.org", "password": "wrong"}).status_code
        for number in range(6)
    ]
    assert statuses == [200] * 5 + [429]
    assert password(Client(REMOTE_ADDR="198.51.100.7"), staff).status_code == 302


def test_looking_at_the_page_is_not_counted() -> None:
    assert {Client().get(LOGIN).status_code for _ in range(12)} == {200}
