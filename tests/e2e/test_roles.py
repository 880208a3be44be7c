"""What a role can't do it can't reach by URL either."""

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import LOOKS, Look
from tests.e2e.conftest import OpenWindow, log_in
from tests.e2e.pages import PAGES, address
from tests.e2e.shots import inspect
from tests.e2e.stage import Stage, make_staff
from tests.support.factories import UserFactory
from users.models import User

# Pages that a role is refused; a superuser is refused none, who is no staff all of them.
SUPERUSERS = ("user-add", "groups", "group", "group-add", "tasks", "act-reset-second-factor")
REFUSED = {"support": (*SUPERUSERS, "audit-log", "audit-entry", "job-history", "act-erase"), "lead": SUPERUSERS}


@pytest.mark.parametrize("role", REFUSED)
@pytest.mark.parametrize("name", PAGES)
def test_staff_see_the_pages_of_their_role_alone(open_window: OpenWindow, stage: Stage, name: str, role: str) -> None:
    at = open_window(role)
    status = 403 if name in REFUSED[role] else 200
    if status == 403:
        at.expect(403)
    response = at.page.goto(at.origin + address(name, stage))
    assert response is not None
    assert response.status == status


@pytest.mark.parametrize("name", PAGES)
def test_who_is_no_staff_is_led_to_the_log_in(open_window: OpenWindow, stage: Stage, name: str) -> None:
    page = open_window().open(address(name, stage))
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


@pytest.mark.parametrize(
    ("role", "path", "is_superusers_right"),
    [
        ("support", "/admin/users/user/act/erase/?id={id}", False),
        ("lead", "/admin/users/user/act/reset-second-factor/?id={id}", False),
        ("support", "/admin/users/user/{id}/change/", False),
        ("lead", "/admin/users/user/{id}/change/", False),
        ("lead", "/admin/users/user/{id}/delete/", False),
        ("superuser", "/admin/users/user/{id}/delete/", False),
        ("superuser", "/admin/users/user/{id}/password/", True),
    ],
)
def test_a_form_that_is_sent_past_the_pages_is_refused(
    open_window: OpenWindow, role: str, path: str, *, is_superusers_right: bool
) -> None:
    person = UserFactory.create()
    before = User.objects.filter(pk=person.pk).values().get()
    at = open_window(role)
    at.open("/admin/")
    token = next(each["value"] for each in at.context.cookies() if each["name"] == "csrftoken")
    form: dict[str, str | float | bool] = {
        "csrfmiddlewaretoken": token,
        "reason": "Ticket 4711",
        "typed": str(person.pk),
        "full_name": "Changed",
        "password1": "Another-Horse-8",
        "password2": "Another-Horse-8",
        "post": "yes",
    }
    response = at.context.request.post(at.origin + path.format(id=person.pk), form=form)
    assert response.status == (200 if is_superusers_right else 403)
    assert User.objects.filter(pk=person.pk).values().get() == before


def test_staff_do_nothing_to_themselves_and_to_other_staff(open_window: OpenWindow) -> None:
    own = User.objects.get(email="support@example.org")
    other = make_staff("support", "colleague@example.org")
    at = open_window("support")
    for staff, sentence in ((own, "your own account"), (other, "a superuser's to look after")):
        page = at.open(f"/admin/users/user/act/deactivate/?id={staff.pk}")
        expect(page.get_by_text(sentence)).to_be_visible()
        expect(page.get_by_label("Reason")).to_have_count(0)


def test_who_is_deactivated_is_out_of_the_admin_at_once(open_window: OpenWindow) -> None:
    staff = make_staff("support", "leaves-today@example.org")
    at = open_window()
    log_in(at, staff.email)
    expect(at.page).to_have_url(f"{at.origin}/admin/")
    staff.is_active = False
    staff.save()
    at.open("/admin/users/user/")
    expect(at.page.get_by_role("button", name="Log in")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize(
    ("status", "path", "heading"),
    [
        (400, "/admin/users/user/?phone__startswith=1", "The address is wrong"),
        (403, "/admin/auth/group/", "Not allowed"),
        (404, "/admin/nothing/", "Not found"),
    ],
)
def test_everybody_can_read_what_went_wrong(
    open_window: OpenWindow, look: Look, status: int, path: str, heading: str
) -> None:
    at = open_window("support", look)
    at.expect(status)
    page = at.open(path)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert inspect(page, f"fault-{status}", look) == []
