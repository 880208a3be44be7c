"""Accounts of staff change and end in the admin: a password alone, or a link alone, does nothing to them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as outbox
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD, UserFactory
from users.links import make_token
from users.models import Mail, SecurityEvent, User
from users.tasks import file_mail

pytestmark = pytest.mark.django_db

NEW = "Difference-Engine-2"
STAFF: dict[str, dict[str, bool]] = {
    "support": {"is_staff": True},
    "a superuser": {"is_staff": True, "is_superuser": True},
    "a superuser who is not staff": {"is_superuser": True},
}
REQUESTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "/auth/change-password": lambda password: {"current_password": password, "new_password": NEW},
    "/auth/change-email": lambda password: {"new_email": "taken-over@example.org", "password": password},
    "/auth/me/erase": lambda password: {"password": password},
}


def state(user: User) -> Any:
    """What must stay as it is."""
    return User.objects.filter(pk=user.pk).values("email", "password", "is_active").first(), list(user.mails.all())


def is_refused(answer: Any) -> bool:
    return answer.status_code == 403 and bool(answer.json()["type"].endswith("/staff-account"))


@pytest.mark.parametrize("rights", STAFF.values(), ids=STAFF)
@pytest.mark.parametrize("has_factor", [True, False], ids=["with a second factor", "without one"])
@pytest.mark.parametrize("path", REQUESTS)
def test_the_password_alone_changes_no_account_of_staff(
    path: str,
    has_factor: bool,  # noqa: FBT001  # what pytest gives
    rights: dict[str, bool],
) -> None:
    user = UserFactory.create(**rights)
    if has_factor:
        TOTPDevice.objects.create(user=user, name="App")
    before, api = state(user), ApiClient().as_user(user)
    answers = [api.post(API + path, REQUESTS[path](given)) for given in (PASSWORD, "Wrong-Horse-7")]
    answers.append(api.post(API + path, {}))
    assert all(map(is_refused, answers))
    # A right and a wrong password, and none, can't be told apart.
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert state(user) == before
    assert not SecurityEvent.objects.filter(user=user).exists()


@pytest.mark.parametrize("path", REQUESTS)
def test_the_control_is_everybody_elses_account(path: str, user: User) -> None:
    assert ApiClient().as_user(user).post(API + path, REQUESTS[path](PASSWORD)).status_code in {200, 204}


def test_what_concerns_no_password_and_no_address_stays_open_to_staff() -> None:
    user = UserFactory.create(is_staff=True)
    api, other = ApiClient().as_user(user), ApiClient().as_user(user)
    assert api.patch(f"{API}/auth/me", {"full_name": "Grace Hopper"}).status_code == 200
    assert api.get(f"{API}/auth/me/export").json()["account"]["is_staff"]
    [here] = [each for each in other.get(f"{API}/auth/sessions").json()["sessions"] if each["is_current"]]
    assert api.delete(f"{API}/auth/sessions/{here['id']}").status_code == 204
    assert other.get(f"{API}/auth/me").status_code == 401


def link(user: User, kind: Mail.Kind, address: str) -> str:
    """The token of a mail to the user."""
    file_mail(kind, user, address)
    return make_token(user.mails.filter(kind=kind).latest("id"), user)


def test_a_reset_link_does_not_stand_in_for_a_second_factor() -> None:
    user = UserFactory.create(is_staff=True)
    device = TOTPDevice.objects.create(user=user, name="App")
    token, password = link(user, Mail.Kind.RESET, user.email), user.password
    body = {"token": token, "new_password": NEW}
    assert is_refused(ApiClient().post(f"{API}/auth/reset-password", body))
    page = ApiClient().http.post("/reset-password", body)
    assert page.status_code == 403
    assert "second factor" in page.content.decode()
    user.refresh_from_db()
    assert user.password == password
    # The control: whoever lost the phone has it reset by a superuser, and the link works.
    device.delete()
    assert ApiClient().post(f"{API}/auth/reset-password", body).status_code == 200


def test_new_staff_choose_their_password_by_a_link() -> None:
    user = UserFactory.create(is_staff=True)
    body = {"token": link(user, Mail.Kind.RESET, user.email), "new_password": NEW}
    assert ApiClient().post(f"{API}/auth/reset-password", body).status_code == 200


def test_a_former_member_of_the_staff_is_like_everybody() -> None:
    user = UserFactory.create()
    TOTPDevice.objects.create(user=user, name="App")
    body = {"token": link(user, Mail.Kind.RESET, user.email), "new_password": NEW}
    assert ApiClient().post(f"{API}/auth/reset-password", body).status_code == 200


def test_a_new_address_asked_for_before_somebody_became_staff_is_not_confirmed(user: User) -> None:
    token = link(user, Mail.Kind.CHANGE_EMAIL, "new@example.org")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert is_refused(ApiClient().post(f"{API}/auth/verify-email", {"token": token}))
    assert User.objects.get(pk=user.pk).email == user.email
    # Their own address can be confirmed as ever.
    own = link(user, Mail.Kind.VERIFY, user.email)
    assert ApiClient().post(f"{API}/auth/verify-email", {"token": own}).status_code == 200
    assert not outbox.outbox
