"""The pages to which the links in mails lead where no app answers them."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from tests.support.factories import PASSWORD
from users.links import make_token
from users.models import Mail, User

NEW_PASSWORD = "Another-Horse-8"  # of a test's user

pytestmark = pytest.mark.django_db


def token_of(user: User, kind: Mail.Kind) -> str:
    mail = Mail.objects.create(kind=kind, user=user, address=user.email, next_try_at=user.created_at)
    return make_token(mail, user)


def test_opening_a_link_changes_nothing_and_its_button_does(client: Client, user: User) -> None:
    token = token_of(user, Mail.Kind.VERIFY)
    page = client.get("/verify-email", {"token": token})
    user.refresh_from_db()
    assert (page.status_code, user.is_verified) == (200, False)
    (hidden,) = re.findall(r'name="token" value="([^"]+)"', page.content.decode())
    assert "is confirmed" in client.post("/verify-email", {"token": hidden}).content.decode()
    user.refresh_from_db()
    assert user.is_verified


def test_the_reset_page_sets_the_password_once(client: Client, user: User) -> None:
    token = token_of(user, Mail.Kind.RESET)
    form = {"token": token, "new_password": NEW_PASSWORD}
    assert client.post("/reset-password", form).status_code == 200
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    again = client.post("/reset-password", {**form, "new_password": PASSWORD})
    assert (again.status_code, "Invalid or expired" in again.content.decode()) == (400, True)


def test_a_weak_password_is_refused_with_every_reason_and_the_link_stays_good(client: Client, user: User) -> None:
    token = token_of(user, Mail.Kind.RESET)
    page = client.post("/reset-password", {"token": token, "new_password": "short"})
    text = page.content.decode()
    assert page.status_code == 422
    assert "at least 8 characters" in text
    assert "Use at least one upper-case letter." in text
    assert client.post("/reset-password", {"token": token, "new_password": NEW_PASSWORD}).status_code == 200


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
@pytest.mark.parametrize("token", ["", "x", "\0", "a" * 2000])
def test_a_token_that_is_none_is_refused_in_a_page(client: Client, path: str, token: str) -> None:
    assert client.get(path, {"token": token}).status_code == 200
    page = client.post(path, {"token": token, "new_password": NEW_PASSWORD})
    assert page.status_code in {400, 422}


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
def test_the_pages_ask_no_other_host_and_give_the_token_to_nobody(client: Client, path: str) -> None:
    page = client.get(path, {"token": "secret"})
    assert "http" not in page.content.decode().replace("http-equiv", "")
    assert page["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert "no-store" in page["Cache-Control"]


def test_the_pages_count_as_the_routes_of_the_api_do(client: Client, settings: Settings) -> None:
    settings.RATELIMIT_ENABLE = True
    settings.RATELIMITS = settings.RATELIMITS | {"default": "2/h"}
    pages = [client.post("/verify-email", {"token": "x"}) for _ in range(3)]
    assert [page.status_code for page in pages] == [400, 400, 429]
    assert "please try again in" in pages[2].content.decode()
    assert int(pages[2]["Retry-After"]) > 0
    assert client.get("/verify-email").status_code == 200
