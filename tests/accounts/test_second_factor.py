"""The second factor of staff, and how the admin is entered: by HTTP, as a browser does."""

import datetime as dt
import io
import logging
import re
import threading
import time
from base64 import b32encode
from binascii import unhexlify
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from profiles import erasure
from profiles_project.database import clock as one_clock
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API
from tests.support.factories import PASSWORD, UserFactory
from users import second_factor
from users.models import SecurityEvent, User

pytestmark = pytest.mark.django_db

LOGIN, CODE, SET_UP = "/admin/login/", "/admin/second-factor/", "/admin/second-factor/set-up/"
PASSWORD_AGAIN = "/admin/second-factor/password/"
USERS = "/admin/users/user/"
STEP = 30


class Clock:
    """What time it is for codes and limits."""

    def __init__(self) -> None:
        # In the middle of a step, and of most windows.
        self.now = time.time() // STEP * STEP + STEP / 2

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(one_clock, "seconds", clock)
    return clock


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root")


@pytest.fixture
def device(staff: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=staff, name="App")


@pytest.fixture
def unthrottled(settings: Settings) -> None:
    """Without the pause after a wrong code, which tests would have to wait for."""
    settings.OTP_TOTP_THROTTLE_FACTOR = 0


@pytest.fixture
def limited(settings: Settings) -> None:
    settings.RATELIMIT_ENABLE = True


def code(key: str, steps: int = 0) -> str:
    """What an app shows so many steps from now."""
    totp = TOTP(unhexlify(key))
    totp.time = one_clock.seconds() + steps * STEP
    return f"{totp.token():06}"


def wrong(key: str) -> str:
    """A code that is none of the key's at this time."""
    good = {code(key, steps) for steps in range(-3, 4)}
    return next(
        text for text in ("000000", "111111", "222222", "333333", "444444", "555555", "666666") if text not in good
    )


def password(client: Client, user: User, **fields: Any) -> Any:
    return client.post(LOGIN, {"username": user.email, "password": PASSWORD, **fields})


def halfway(user: User) -> Client:
    """A browser that has shown the password and nothing else."""
    client = Client()
    answer = password(client, user)
    assert (answer.status_code, answer["Location"]) == (302, CODE)
    return client


def secret_of(client: Client) -> str:
    """The key that the page for setting up shows, in hexadecimal."""
    page = client.get(SET_UP).content.decode()
    assert client.session[second_factor.KEY]
    shown = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert shown
    key: str = client.session[second_factor.KEY]
    assert b32encode(unhexlify(key)).decode() == shown[1].replace(" ", "")
    return key


def password_again(client: Client) -> None:
    """What a session has to show before it sees a secret."""
    assert client.get(SET_UP)["Location"] == PASSWORD_AGAIN
    assert client.get(PASSWORD_AGAIN).status_code == 200
    assert client.post(PASSWORD_AGAIN, {"password": PASSWORD})["Location"] == SET_UP


def is_in(client: Client) -> bool:
    return client.get(USERS).status_code == 200


def kinds(user: User) -> list[str]:
    return list(SecurityEvent.objects.filter(user=user).order_by("id").values_list("kind", flat=True))


# The code ----------------------------------------------------------------------------------------------------------


def test_the_password_and_then_the_code_let_somebody_in(staff: User, device: TOTPDevice) -> None:
    client = halfway(staff)
    assert not is_in(client)
    page = client.get(f"{CODE}?next={USERS}").content.decode()
    assert f'name="next" value="{USERS}"' in page
    before = client.session.session_key
    answer = client.post(CODE, {"code": f"{code(device.key)[:3]} {code(device.key)[3:]}", "next": USERS})
    assert (answer.status_code, answer["Location"]) == (302, USERS)
    assert is_in(client)
    assert client.session.session_key != before
    assert "Set up second factor" not in client.get("/admin/").content.decode()


def test_a_session_that_somebody_else_has_planted_ends_with_each_step(staff: User, device: TOTPDevice) -> None:
    intruder = UserFactory.create(is_staff=True)
    TOTPDevice.objects.create(user=intruder, name="App")
    planted = halfway(intruder).session.session_key
    client = _with_key(planted)
    password(client, staff)
    first = client.session.session_key
    client.post(CODE, {"code": code(device.key)})
    assert len({planted, first, client.session.session_key}) == 3
    assert is_in(client)
    for key in (planted, first):
        assert not Session.objects.filter(session_key=key).exists()
        assert not is_in(_with_key(key))


def _with_key(key: Any) -> Client:
    client = Client()
    client.cookies["sessionid"] = key
    return client


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_a_step_off(staff: User, device: TOTPDevice, steps: int) -> None:
    client = halfway(staff)
    assert client.post(CODE, {"code": code(device.key, steps)}).status_code == 302
    assert is_in(client)


@pytest.mark.parametrize(
    "given", [-2, 2, None, "", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "12_345", "\x00"]
)
def test_any_other_code_is_refused(staff: User, device: TOTPDevice, given: Any) -> None:
    client = halfway(staff)
    text = code(device.key, given) if isinstance(given, int) else wrong(device.key) if given is None else given
    answer = client.post(CODE, {"code": text})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not is_in(client)


def test_a_code_works_once(staff: User, device: TOTPDevice, clock: Clock) -> None:
    shown = code(device.key)
    first, second = halfway(staff), halfway(staff)
    assert first.post(CODE, {"code": shown}).status_code == 302
    answer = second.post(CODE, {"code": shown})
    assert "This code is wrong, too old, or was used before." in answer.content.decode()
    assert (is_in(first), is_in(second)) == (True, False)
    assert kinds(staff) == ["otp_failed"]


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_sent_twice_at_once_works_once(staff: User, device: TOTPDevice) -> None:
    shown = code(device.key)
    browsers = [halfway(staff) for _ in range(4)]
    at_once(*[lambda browser=browser: browser.post(CODE, {"code": shown}).status_code for browser in browsers])
    assert sum(map(is_in, browsers)) == 1


def test_after_a_wrong_code_the_device_is_locked_for_a_moment(staff: User, device: TOTPDevice) -> None:
    client = halfway(staff)
    client.post(CODE, {"code": wrong(device.key)})
    answer = client.post(CODE, {"code": code(device.key)})
    assert (answer.status_code, answer["Retry-After"]) == (429, "1")
    assert "Too many requests; please try again in a few seconds." in answer.content.decode()
    assert not is_in(client)
    # The lock is the device's and not the browser's; when it is over the right code still works.
    assert halfway(staff).post(CODE, {"code": code(device.key)}).status_code == 429
    past = one_clock.now() - dt.timedelta(seconds=2)
    TOTPDevice.objects.update(throttling_failure_timestamp=past)
    assert client.post(CODE, {"code": code(device.key)}).status_code == 302
    assert is_in(client)


@pytest.mark.usefixtures("limited", "unthrottled")
def test_codes_are_counted_by_user(staff: User, device: TOTPDevice) -> None:
    browsers = [halfway(staff), halfway(staff)]
    statuses = [browsers[number % 2].post(CODE, {"code": wrong(device.key)}).status_code for number in range(6)]
    assert statuses == [200] * 5 + [429]
    answer = browsers[0].post(CODE, {"code": code(device.key)})
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert not is_in(browsers[0])


def test_what_waits_for_a_code_waits_for_ten_minutes(
    staff: User, device: TOTPDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = halfway(staff)
    monkeypatch.setattr(second_factor, "WAIT_SECONDS", -1)
    answer = client.post(CODE, {"code": code(device.key), "next": USERS})
    assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?next=%2Fadmin%2Fusers%2Fuser%2F")
    assert not is_in(client)


@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}, {"password": "!other"}])
def test_what_waits_for_a_code_ends_with_the_right_to_come_in(
    staff: User, device: TOTPDevice, change: dict[str, Any]
) -> None:
    client = halfway(staff)
    User.objects.filter(pk=staff.pk).update(**change)
    assert client.post(CODE, {"code": code(device.key)})["Location"] == LOGIN
    assert not is_in(client)


def test_a_code_of_somebody_else_is_none(staff: User, device: TOTPDevice) -> None:
    other = UserFactory.create(is_staff=True)
    theirs = TOTPDevice.objects.create(user=other, name="App")
    client = halfway(staff)
    client.post(CODE, {"code": code(theirs.key)})
    assert not is_in(client)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (USERS, USERS),
        ("https://evil.example/", "/admin/"),
        ("//evil.example/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
        ("", "/admin/"),
    ],
)
def test_next_survives_all_steps_and_leads_to_this_host_only(
    staff: User, device: TOTPDevice, there: str, expected: str
) -> None:
    client = Client()
    answer = password(client, staff, next=there)
    assert "evil" not in answer["Location"]
    assert "javascript" not in answer["Location"]
    page = client.get(answer["Location"]).content.decode()
    hidden = re.search(r'name="next" value="([^"]*)"', page)
    onwards = hidden[1] if hidden else ""
    assert client.post(CODE, {"code": code(device.key), "next": onwards})["Location"] == expected
    client = halfway(staff)
    TOTPDevice.objects.update(last_t=-1)
    assert client.post(CODE, {"code": code(device.key), "next": there})["Location"] == expected


# Nothing opens halfway ----------------------------------------------------------------------------------------------


def addresses(patterns: Any, start: str = "/admin/") -> Iterator[str]:
    """An address for each pattern of the admin."""
    for pattern in patterns:
        text = str(pattern.pattern)
        if text.startswith("^(?P<app_label>"):
            part = "profiles/"
        elif text == "(?P<url>.*)$":
            part = "anything"
        else:
            part = re.sub(r"<[^>]+>", "1", text)
            assert not re.search(r"[()^$]", part)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, start + part)
        else:
            assert isinstance(pattern, URLPattern)
            yield start + part


def of_the_admin() -> list[str]:
    (resolver,) = [each for each in get_resolver().url_patterns if str(each.pattern) == "admin/"]
    assert isinstance(resolver, URLResolver)
    return list(addresses(resolver.url_patterns))


def outsiders(user: User) -> dict[str, Client]:
    logged_in_before = Client()
    logged_in_before.force_login(user)
    return {"nobody": Client(), "password alone": halfway(user), "before there was a device": logged_in_before}


def test_no_address_of_the_admin_opens_without_the_code(staff: User, device: TOTPDevice) -> None:
    found = of_the_admin()
    assert len(found) > 30
    assert {"/admin/", USERS, "/admin/auth/group/add/", "/admin/profiles/", "/admin/anything"} <= set(found)
    for address in found:
        for who, client in outsiders(staff).items():
            for method in ("GET", "POST"):
                answer = client.generic(method, address)
                if address in {LOGIN, CODE, SET_UP}:
                    assert "Log out" not in answer.content.decode(), (who, address)
                    continue
                assert answer.status_code == 302, (who, method, address)
                assert answer["Location"].startswith((LOGIN, "/admin/")), (who, method, address)
                assert answer["Location"].startswith(LOGIN) or address == "/admin/logout/", (who, method, address)


def test_who_was_in_before_there_was_a_device_starts_again(staff: User, client: Client) -> None:
    client.force_login(staff)
    assert is_in(client)
    device = TOTPDevice.objects.create(user=staff, name="App")
    answer = client.get(USERS, follow=True)
    assert "Please log in again: this account needs a second factor now." in answer.content.decode()
    assert "_auth_user_id" not in client.session
    password(client, staff)
    client.post(CODE, {"code": code(device.key)})
    assert is_in(client)


def test_the_admin_and_the_api_do_not_let_each_other_in(staff: User, device: TOTPDevice) -> None:
    token = ApiClient().post(f"{API}/auth/login", {"email": staff.email, "password": PASSWORD}).json()["access_token"]
    for value in (f"Bearer {token}", f"Token {token}"):
        assert Client(headers={"Authorization": value}).get(USERS).status_code == 302
    browser = halfway(staff)
    browser.post(CODE, {"code": code(device.key)})
    assert is_in(browser)
    for path in ("/auth/me", "/profiles", "/jobs"):
        assert browser.get(f"{API}{path}").status_code == 401


# Setting it up -----------------------------------------------------------------------------------------------------


def test_where_it_is_not_required_the_password_is_enough(staff: User) -> None:
    client = Client()
    assert password(client, staff)["Location"] == "/admin/"
    assert is_in(client)


def test_where_it_is_required_the_first_login_sets_it_up(staff: User, settings: Settings) -> None:
    settings.STAFF_OTP_REQUIRED = True
    client = Client()
    answer = password(client, staff, next=USERS)
    page = client.get(answer["Location"], follow=True)
    assert page.redirect_chain == [(f"{SET_UP}?next=%2Fadmin%2Fusers%2Fuser%2F", 302)]
    key = secret_of(client)
    assert not is_in(client)
    assert not TOTPDevice.objects.exists()
    before = client.session.session_key
    answer = client.post(SET_UP, {"code": code(key), "next": USERS})
    assert answer["Location"] == USERS
    assert is_in(client)
    assert client.session.session_key != before
    assert second_factor.KEY not in client.session
    assert kinds(staff) == ["otp_enrolled"]
    # The code is used up, and the next login asks for another.
    again = halfway(staff)
    again.post(CODE, {"code": code(key)})
    assert not is_in(again)
    TOTPDevice.objects.update(throttling_failure_count=0)
    again.post(CODE, {"code": code(key, 1)})
    assert is_in(again)


def test_where_it_is_required_a_session_without_it_is_out(staff: User, client: Client, settings: Settings) -> None:
    client.force_login(staff)
    assert is_in(client)
    settings.STAFF_OTP_REQUIRED = True
    assert not is_in(client)


def test_staff_set_it_up_when_they_like(staff: User, client: Client) -> None:
    client.force_login(staff)
    front = client.get("/admin/").content.decode()
    assert f'<a href="{SET_UP}">Set up second factor</a>' in front
    password_again(client)
    key = secret_of(client)
    assert key == secret_of(client)
    before = client.session.session_key
    answer = client.post(SET_UP, {"code": code(key)}, follow=True)
    assert "The second factor is set up." in answer.content.decode()
    assert "Set up second factor" not in answer.content.decode()
    assert is_in(client)
    assert client.session.session_key != before
    assert client.get(SET_UP)["Location"] == "/admin/"
    assert code(key) not in answer.content.decode()
    assert [(mail.kind, mail.address) for mail in staff.mails.all()] == [("second_factor_notice", staff.email)]


def test_the_password_is_asked_for_where_there_is_something_to_set_up(
    staff: User, client: Client, device: TOTPDevice
) -> None:
    assert client.get(PASSWORD_AGAIN)["Location"] == LOGIN
    client = halfway(staff)
    client.post(CODE, {"code": code(device.key)})
    assert client.get(PASSWORD_AGAIN)["Location"] == "/admin/"


@pytest.mark.usefixtures("unthrottled")
def test_without_its_first_code_nothing_is_set_up(staff: User, client: Client, settings: Settings) -> None:
    settings.STAFF_OTP_REQUIRED = True
    assert client.post(SET_UP, {"code": "000000"})["Location"] == LOGIN
    password(client, staff)
    # No secret was shown so far, so no code can be of it.
    assert client.post(SET_UP, {"code": "000000"}).status_code == 200
    key = secret_of(client)
    for given in (wrong(key), code(key, 2), "12345"):
        assert "errorlist" in client.post(SET_UP, {"code": given}).content.decode()
    assert not TOTPDevice.objects.exists()
    assert not is_in(client)
    assert key == secret_of(client)


def test_two_tabs_show_one_secret_and_two_browsers_two(staff: User, settings: Settings) -> None:
    settings.STAFF_OTP_REQUIRED = True
    mine, other = Client(), Client()
    password(mine, staff)
    password(other, staff)
    key = secret_of(mine)
    assert secret_of(mine) == key != secret_of(other)
    theirs = secret_of(other)
    assert mine.post(SET_UP, {"code": code(key)}).status_code == 302
    # The first tab's success is the second tab's, too.
    assert mine.post(SET_UP, {"code": code(key)})["Location"] == "/admin/"
    # Whoever has only the password can't add a device beside it.
    assert other.get(SET_UP)["Location"] == CODE
    assert other.post(SET_UP, {"code": code(theirs)})["Location"] == CODE
    assert not is_in(other)
    assert TOTPDevice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_some_that_set_it_up_at_once_one_wins(
    staff: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STAFF_OTP_REQUIRED = True
    browsers = [Client() for _ in range(4)]
    for browser in browsers:
        password(browser, staff)
    keys = [secret_of(browser) for browser in browsers]
    codes = [code(key) for key in keys]
    # Each code has been found right before any device is stored.
    barrier, verify = threading.Barrier(len(browsers)), TOTP.verify

    def together(self: TOTP, *args: Any) -> Any:
        barrier.wait(10)
        return verify(self, *args)

    monkeypatch.setattr(TOTP, "verify", together)
    pairs = zip(browsers, codes, strict=True)
    at_once(*[lambda browser=browser, shown=shown: browser.post(SET_UP, {"code": shown}) for browser, shown in pairs])
    assert TOTPDevice.objects.count() == 1
    assert sum(map(is_in, browsers)) == 1


@pytest.mark.usefixtures("limited")
def test_first_codes_are_counted_too(staff: User, client: Client) -> None:
    client.force_login(staff)
    password_again(client)
    key = secret_of(client)
    statuses = [client.post(SET_UP, {"code": wrong(key)}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_nobody_reads_a_secret_in_the_admin(staff: User, client: Client) -> None:
    assert not admin.site.is_registered(TOTPDevice)
    client.force_login(staff)
    password_again(client)
    key = secret_of(client)
    client.post(SET_UP, {"code": code(key)})
    secret = b32encode(unhexlify(key)).decode()
    for path in ("", "users/user/", f"users/user/{staff.pk}/change/", "users/securityevent/", "auth/"):
        page = client.get(f"/admin/{path}").content.decode()
        assert secret not in page.replace(" ", "")
        assert key not in page
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404


def test_the_pages_need_nothing_that_the_policy_forbids_and_are_kept_nowhere(staff: User, client: Client) -> None:
    client.force_login(staff)
    pages = [client.get(PASSWORD_AGAIN)]
    password_again(client)
    pages += [client.get(SET_UP), client.post(SET_UP, {"code": "1"})]
    TOTPDevice.objects.create(user=staff, name="App")
    pages.append(halfway(staff).get(CODE))
    for answer in pages:
        page = answer.content.decode()
        assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*src=)", page) == []
        assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page) == []
        assert "no-store" in answer["Cache-Control"]
        assert page.count("<h1") == 1


def test_what_becomes_of_it_is_logged_and_the_secret_is_not(
    staff: User, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(staff)
    password_again(client)
    key = secret_of(client)
    bad, good = wrong(key), code(key)
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        client.post(SET_UP, {"code": bad})
        client.post(SET_UP, {"code": good})
        client.post("/admin/logout/")
        half = halfway(staff)
        half.post(CODE, {"code": good})
        TOTPDevice.objects.update(throttling_failure_count=0)
        half.post(CODE, {"code": code(key, 1)})
        second_factor.reset_second_factor(staff)
    members = [record.members for record in caplog.records if record.name == "security"]  # type: ignore[attr-defined]  # of our events
    assert [each["event"] for each in members] == [
        *("otp_failed", "otp_enrolled", "admin_logout"),
        # Nobody is logged in before the code.
        *("otp_failed", "admin_login", "otp_reset"),
    ]
    assert all(set(each) <= {"event", "user", "staff"} for each in members)
    for secret in (key, b32encode(unhexlify(key)).decode(), bad, good, code(key, 1)):
        assert not re.search(rf"\b{secret}\b", caplog.text)


# Getting rid of it ---------------------------------------------------------------------------------------------------


def test_a_reset_ends_what_rests_on_the_device(staff: User, device: TOTPDevice) -> None:
    client, half = halfway(staff), halfway(staff)
    client.post(CODE, {"code": code(device.key)})
    assert is_in(client)
    assert second_factor.reset_second_factor(staff)
    assert not second_factor.reset_second_factor(staff)
    assert not is_in(client)
    half.post(CODE, {"code": code(device.key, 1)})
    assert not is_in(half)
    assert kinds(staff) == ["otp_reset"]
    assert [(mail.kind, mail.address) for mail in staff.mails.all()] == [("second_factor_notice", staff.email)]
    assert password(client, staff)["Location"] == "/admin/"
    assert is_in(client)


def test_an_export_tells_of_it_without_the_secret_and_an_erasure_takes_it_along(
    staff: User, device: TOTPDevice
) -> None:
    api = ApiClient().as_user(staff)
    answer = api.get(f"{API}/auth/me/export")
    (told,) = answer.json()["second_factors"]
    assert set(told) == {"created_at", "last_used_at"}
    assert device.key not in answer.content.decode()
    erasure.erase(staff.pk)
    assert not TOTPDevice.objects.exists()


def test_the_last_superuser_has_a_command(staff: User, device: TOTPDevice) -> None:
    out = io.StringIO()
    call_command("reset_second_factor", "ROOT@example.com", stdout=out)
    assert out.getvalue() == f"The second factor of the account {staff.pk} is deleted.\n"
    assert not TOTPDevice.objects.exists()
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("reset_second_factor", "root@example.com")
    with pytest.raises(CommandError, match="No account has"):
        call_command("reset_second_factor", "nobody@example.com")
