"""The door of the admin."""

from playwright.sync_api import expect

from tests.e2e.conftest import OpenWindow, log_in
from tests.e2e.stage import make_staff


def test_staff_log_in_and_out(open_window: OpenWindow) -> None:
    make_staff("superuser", "leaver@example.org")
    at = open_window()
    log_in(at, "leaver@example.org")
    expect(at.page).to_have_url(f"{at.origin}/admin/")
    at.page.get_by_role("button", name="Log out").click()
    expect(at.page.get_by_role("heading", name="Logged out")).to_be_visible()
    at.open("/admin/")
    expect(at.page.get_by_role("button", name="Log in")).to_be_visible()


def test_a_wrong_password_and_people_who_are_no_staff_stay_outside(open_window: OpenWindow) -> None:
    for email, password in (("superuser@example.org", "Wrong-Horse-7"), ("nobody@example.org", "Correct-Horse-7")):
        at = open_window()
        log_in(at, email, password)
        expect(at.page.get_by_text("Please enter the correct e-mail and password")).to_be_visible()
        at.open("/admin/users/user/")
        expect(at.page.get_by_role("button", name="Log in")).to_be_visible()
