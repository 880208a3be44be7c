"""The pages of the links in mails, opened from a mail that the worker has sent."""

import re
import time
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import LOOKS, Look
from tests.e2e.conftest import OpenWindow, Site
from tests.e2e.shots import inspect
from tests.support.factories import PASSWORD
from tests.support.service.live import Caller

NEW_PASSWORD = "Another-Horse-8"
MAIL_SECONDS = 30


def read(file: Path) -> tuple[str, str]:
    """To whom a mail goes and its text, "" where it is not written to its end yet."""
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    return str(message["To"]), body.get_content() if body else ""


def link_to(site: Site, address: str, path: str) -> str:
    """The path with the token, out of the newest mail to the address that has such a link."""
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        for file in sorted(site.mails.iterdir(), key=lambda mail: -mail.stat().st_mtime):
            receiver, text = read(file)
            found = re.search(rf"https?://\S+{path}\?token=\S+", text)
            if receiver == address and found:
                return f"{path}?{urlsplit(found[0]).query}"
        time.sleep(0.1)
    raise AssertionError(f"no mail to {address} with a link to {path}")


def test_a_new_user_confirms_the_address(open_window: OpenWindow, site: Site) -> None:
    at = open_window()
    with closing(Caller(site.port)) as caller:
        caller.register("link-verify@example.org", PASSWORD)
        page = at.open(link_to(site, "link-verify@example.org", "/verify-email"))
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("status")).to_contain_text("your e-mail address is confirmed")
        assert caller.send("GET", "/auth/me").json["is_verified"]


def test_a_user_sets_a_new_password_after_a_weak_one_was_refused(open_window: OpenWindow, site: Site) -> None:
    at = open_window()
    at.expect(422)
    with closing(Caller(site.port)) as caller:
        caller.register("link-reset@example.org", PASSWORD)
        caller.send("POST", "/auth/forgot-password", {"email": "link-reset@example.org"})
        page = at.open(link_to(site, "link-reset@example.org", "/reset-password"))
        page.get_by_label("New password").fill("short")
        page.get_by_role("button", name="Set the password").click()
        expect(page.get_by_role("alert").first).to_contain_text("at least 8 characters")
        page.get_by_label("New password").fill(NEW_PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Your password has been changed")
        log_in = {"email": "link-reset@example.org", "password": NEW_PASSWORD}
        assert caller.send("POST", "/auth/login", log_in).status == 200


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
def test_everybody_can_use_the_pages_and_what_they_answer(open_window: OpenWindow, look: Look, path: str) -> None:
    at = open_window(look=look)
    page = at.open(f"{path}?token=none")
    assert inspect(page, path.strip("/"), look) == []
    at.expect(400)
    if path == "/reset-password":
        page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("nvalid or expired")
    assert inspect(page, f"{path.strip('/')}-refused", look) == []
