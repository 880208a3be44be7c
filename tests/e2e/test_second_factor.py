"""Staff set up a second factor, are asked for it, and are slowed down when they guess."""

import base64

import pytest
from django_otp.oath import totp
from playwright.sync_api import Page, expect

from tests.e2e.browser import LIGHT, LOOKS, Look
from tests.e2e.conftest import OpenWindow, log_in
from tests.e2e.shots import inspect
from tests.e2e.stage import make_staff
from tests.support.factories import PASSWORD

TRIES = 5  # of one address in a minute


def set_up(page: Page, look: Look) -> bytes:
    """Follow the link in the header, type the password and the code of the secret that the page shows; the secret."""
    page.get_by_role("link", name="Set up second factor").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    assert inspect(page, "second-factor-set-up", look) == []
    secret = base64.b32decode(page.locator("code.secret").inner_text().replace(" ", ""))
    send(page, secret, button="Set up")
    return secret


def send(page: Page, secret: bytes, *, button: str = "Log in", drift: int = 0) -> None:
    """Type the code that the app shows, ``drift`` periods of 30 seconds from now."""
    page.get_by_label("Code").fill(f"{totp(secret, drift=drift):06}")
    page.get_by_role("button", name=button).click()


def test_a_second_factor_is_set_up_and_asked_for_from_then_on(open_window: OpenWindow) -> None:
    staff = make_staff("support", "two-factors@example.org")
    at = open_window()
    log_in(at, staff.email)
    secret = set_up(at.page, LIGHT)
    expect(at.page.get_by_text("The second factor is set up")).to_be_visible()
    at.page.get_by_role("button", name="Log out").click()
    log_in(at, staff.email)
    expect(at.page.get_by_role("heading", name="Second factor")).to_be_visible()
    assert inspect(at.page, "second-factor", LIGHT) == []
    at.page.get_by_label("Code").fill("not a code")
    at.page.get_by_role("button", name="Log in").click()
    expect(at.page.get_by_text("A code has six digits.")).to_be_visible()
    # The password alone opens nothing.
    at.open("/admin/users/user/")
    expect(at.page.get_by_label("Password")).to_be_visible()
    log_in(at, staff.email)
    # That of the next half minute: the one that set it up was used.
    send(at.page, secret, drift=1)
    expect(at.page).to_have_url(f"{at.origin}/admin/")


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_everybody_can_give_the_code(open_window: OpenWindow, look: Look) -> None:
    staff = make_staff("support", f"code-{look.name}@example.org")
    at = open_window(look=look)
    log_in(at, staff.email)
    set_up(at.page, look)
    at.page.get_by_role("button", name="Log out").click()
    log_in(at, staff.email)
    assert inspect(at.page, "second-factor", look) == []


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_who_guesses_passwords_is_told_to_wait(open_window: OpenWindow, look: Look) -> None:
    at = open_window(look=look)
    for _ in range(TRIES):
        log_in(at, "guessed@example.org", "Wrong-Horse-7")
        expect(at.page.get_by_text("Please enter the correct")).to_be_visible()
    at.expect(429)
    log_in(at, "guessed@example.org", "Wrong-Horse-7")
    expect(at.page.get_by_role("heading", name="Too many requests")).to_be_visible()
    assert inspect(at.page, "too-many-requests", look) == []
