"""What support does all day: find somebody, look, do something about it, with a reason."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from django.db.models import Model
from playwright.sync_api import Page, expect

from profiles.desk.rows import page_of
from profiles.models import Actor, Cause, Job, Profile
from profiles.tasks import EXPORT
from tests.e2e.browser import PHONE
from tests.e2e.conftest import OpenWindow
from tests.e2e.stage import DEVICES, Stage, make_job
from tests.support.factories import ProfileFactory, UserFactory, make_profile
from users.models import AuditEntry, Mail, Session, User

WORKER_SECONDS = 30
MOST_TABS = 80
LISTS = (
    "/admin/users/user/?q=ada.lovelace",
    *("/admin/users/session/", "/admin/users/mail/", "/admin/users/securityevent/", "/admin/users/auditentry/"),
    *("/admin/profiles/profile/?q=ada.lovelace", "/admin/profiles/job/"),
)
REASON = "Ticket 4711: asked for by telephone."


def comes_true(is_so: Callable[[], bool]) -> bool:
    """Whether it is so before long: the worker does its part after the answer."""
    deadline = time.monotonic() + WORKER_SECONDS
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.1)
    return is_so()


class Deed(NamedTuple):
    """An action: its label, the row that it is done to, made for the test, and what is so afterwards."""

    label: str
    make: Callable[[User], Any]
    is_done: Callable[[Any], bool]
    fields: Mapping[str, Any] = {}
    by: tuple[str, ...] = ("support", "lead")


def itself(person: User) -> User:
    return person


def logged_in(person: User) -> User:
    for device in DEVICES:
        Session.objects.start(person, device)
    return person


def spare_profile(person: User) -> Profile:
    make_profile(person, count=1)
    return ProfileFactory.create(user=person, label="Teaching")


def is_sent(kind: Mail.Kind) -> Callable[[User], bool]:
    return lambda person: person.mails.filter(kind=kind, sent_at__isnull=False).exists()


def has_status(status: Job.Status) -> Callable[[Job], bool]:
    return lambda job: Job.objects.filter(pk=job.pk, status=status).exists()


DEEDS: Mapping[str, Deed] = {
    "deactivate": Deed("Deactivate", logged_in, lambda person: not User.objects.get(pk=person.pk).is_active),
    "reactivate": Deed(
        "Reactivate", itself, lambda person: User.objects.get(pk=person.pk).is_active, {"is_active": False}
    ),
    "end-sessions": Deed("End all sessions", logged_in, lambda person: not person.sessions.live().exists()),
    "send-verification": Deed("Send verification mail", itself, is_sent(Mail.Kind.VERIFY), {"is_verified": False}),
    "send-reset": Deed("Send reset mail", itself, is_sent(Mail.Kind.RESET)),
    "export": Deed(
        "Export data",
        itself,
        lambda person: person.jobs.filter(kind=EXPORT, status=Job.Status.SUCCEEDED).exists(),
    ),
    "erase": Deed("Erase", logged_in, lambda person: not User.objects.filter(pk=person.pk).exists(), by=("lead",)),
    "make-active": Deed("Make active", spare_profile, lambda profile: Profile.objects.get(pk=profile.pk).is_active),
    "take-out-of-trash": Deed(
        "Take out of the trash",
        lambda person: Profile.objects.remove(spare_profile(person), Cause(Actor.YOU, "profiles_delete")),
        lambda profile: Profile.objects.filter(pk=profile.pk).exists(),
    ),
    "rerun": Deed(
        "Run again",
        lambda person: make_job(person, Job.Status.FAILED, kind=EXPORT, total=0),
        has_status(Job.Status.SUCCEEDED),
    ),
    "cancel": Deed("Cancel", lambda person: make_job(person, Job.Status.QUEUED), has_status(Job.Status.CANCELLED)),
}


def page_to_act_on(row: Model) -> str:
    """Where the row's actions are offered."""
    return f"/admin/profiles/profile/{row.pk}/read/" if isinstance(row, Profile) else page_of(row)


def ask(page: Page, deed: Deed) -> None:
    """From the page of a row to that which asks for the reason."""
    page.get_by_role("navigation", name="Actions").get_by_role("link", name=deed.label, exact=True).click()
    expect(page.get_by_role("heading", name=deed.label, level=1)).to_be_visible()


def entries_of(name: str, row_id: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=name, object_id=row_id))


@pytest.mark.parametrize(("name", "role"), [(name, role) for name, deed in DEEDS.items() for role in deed.by])
def test_an_action_is_done_once_and_written_down(open_window: OpenWindow, name: str, role: str) -> None:
    deed = DEEDS[name]
    person = UserFactory.create(email=f"{name}-{role}@example.net", is_verified=deed.fields.get("is_verified", True))
    User.objects.filter(pk=person.pk).update(**deed.fields)
    row = deed.make(person)
    row_id = str(row.pk)
    assert not deed.is_done(row)
    page = open_window(role).open(page_to_act_on(row))
    ask(page, deed)
    assert not deed.is_done(row)
    assert entries_of(name, row_id) == []
    page.get_by_label("Reason").fill(REASON)
    if name == "erase":
        page.get_by_role("textbox", name="Id:").fill(row_id)
    page.get_by_role("button", name=deed.label, exact=True).click()
    expect(page.locator(".messagelist .success")).to_contain_text("done")
    assert comes_true(lambda: deed.is_done(row))
    (entry,) = entries_of(name, row_id)
    staff = User.objects.get(email=f"{role}@example.org")
    assert (entry.staff_id, entry.user_id, entry.reason) == (staff.pk, person.pk, REASON)
    # A reload, and going back and forth, show pages and do nothing.
    page.reload()
    if name == "erase":
        return
    page.go_back()
    page.go_forward()
    assert len(entries_of(name, row_id)) == 1


def test_going_back_to_the_page_of_an_erased_person_leads_to_the_list(open_window: OpenWindow) -> None:
    person = UserFactory.create(email="erased-and-back@example.net")
    at = open_window("lead")
    page = at.open(page_of(person))
    ask(page, DEEDS["erase"])
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("textbox", name="Id:").fill("1")
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.get_by_text(f"This is not {person.pk}.")).to_be_visible()
    page.get_by_role("textbox", name="Id:").fill(str(person.pk))
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.locator(".messagelist .success")).to_contain_text("done")
    at.open(f"/admin/users/user/act/erase/?id={person.pk}")
    expect(page.get_by_text(f"{person.pk} is gone.")).to_be_visible()
    expect(page).to_have_url(f"{at.origin}/admin/users/user/")


def test_no_reason_no_action(open_window: OpenWindow) -> None:
    person = logged_in(UserFactory.create(email="no-reason@example.net"))
    page = open_window("support").open(page_of(person))
    ask(page, DEEDS["deactivate"])
    page.get_by_role("button", name="Deactivate", exact=True).click()
    assert page.get_by_label("Reason").evaluate("field => field.validity.valueMissing")
    # The server asks too.
    page.locator("form.desk-form").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("button", name="Deactivate", exact=True).click()
    expect(page.locator(".errorlist")).to_contain_text("required")
    assert User.objects.get(pk=person.pk).is_active
    page.get_by_role("link", name="Cancel, do nothing").click()
    expect(page).to_have_url(re.compile(f"{page_of(person)}$"))


def test_several_are_helped_at_once_from_the_list(open_window: OpenWindow) -> None:
    people = [logged_in(UserFactory.create(full_name=f"Several Together {number}")) for number in range(3)]
    page = open_window("support").open("/admin/users/user/?q=Several+Together")
    for person in people:
        page.locator(f'input[name="_selected_action"][value="{person.pk}"]').check()
    page.get_by_role("combobox", name="Action").select_option(label="End all sessions")
    page.get_by_role("button", name="Go").click()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="End all sessions", exact=True).click()
    expect(page.locator(".messagelist .success")).to_have_count(3)
    assert not Session.objects.live().filter(user__in=people).exists()


@pytest.mark.parametrize("find_by", ["e-mail", "name", "part of the name", "id", "profile id"])
def test_a_person_is_found_in_one_box(open_window: OpenWindow, find_by: str) -> None:
    email = f"{find_by.replace(' ', '-')}@found.example"
    person = UserFactory.create(email=email, full_name=f"Zoë Quastenflößer {find_by}")
    profile = ProfileFactory.create(user=person)
    terms = {"e-mail": email.upper(), "name": person.full_name, "part of the name": "quastenflosser part"}
    page = open_window("support").open("/admin/users/user/")
    page.get_by_role("textbox", name="Search").fill(
        {**terms, "id": str(person.pk), "profile id": str(profile.pk)}[find_by]
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**?q=*")
    found = page.locator("#result_list tbody tr")
    expect(found).to_have_count(1)
    found.get_by_role("link", name=person.full_name).click()
    expect(page.get_by_role("heading", name=str(person))).to_be_visible()


def test_a_person_is_seen_at_a_glance_and_a_career_read(open_window: OpenWindow) -> None:
    person = logged_in(UserFactory.create(email="glance@example.net"))
    profile = make_profile(person, count=2)
    make_job(person, Job.Status.FAILED)
    page = open_window("support").open(page_of(person))
    for heading, text in (("Profiles", "Master"), ("Sessions", "iPhone"), ("Jobs", "500 Internal error")):
        expect(page.get_by_role("region", name=heading)).to_contain_text(text)
    opened = AuditEntry.objects.filter(action="view", user_id=person.pk)
    assert opened.count() == 1
    page.get_by_role("region", name="Profiles").get_by_role("link", name="Master").click()
    expect(page).to_have_url(re.compile(f"/admin/profiles/profile/{profile.pk}/read/$"))
    career = page.locator(".desk-career")
    for text in ("Engineer 0", "University of London 1", "Note G 0", "technical skill 1", "key 0"):
        expect(career).to_contain_text(text)
    for bare in ("{", "None", "null"):
        expect(career).not_to_contain_text(bare)


@pytest.mark.parametrize("path", LISTS)
def test_no_list_has_the_address_or_phone_of_anybody(open_window: OpenWindow, stage: Stage, path: str) -> None:
    html = open_window("lead").open(path).content()
    assert "Ada Lovelace" in html
    profile = stage.profile
    for kept in (stage.person.email, profile.email, str(profile.phone), str(profile.address)):
        assert kept not in html


def tab_to(page: Page, is_there: str) -> None:
    """Press the tab key until the expression is true of the element that has the focus."""
    for _ in range(MOST_TABS):
        if page.evaluate(f"({is_there})(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no {is_there} after {MOST_TABS} tabs")


def test_keys_are_enough_to_find_somebody_and_end_their_sessions(open_window: OpenWindow) -> None:
    person = logged_in(UserFactory.create(email="by-keys@example.net", full_name="Keyboard Only"))
    page = open_window("support").open("/admin/users/user/")
    tab_to(page, "element => element.name === 'q'")
    page.keyboard.type("by-keys@example.net")
    page.keyboard.press("Enter")
    page.wait_for_url("**?q=*")
    tab_to(page, "element => element.textContent === 'Keyboard Only'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/**")
    tab_to(page, "element => element.textContent === 'End all sessions'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/act/**")
    tab_to(page, "element => element.name === 'reason'")
    page.keyboard.type(REASON)
    tab_to(page, "element => element.type === 'submit' && element.value === 'End all sessions'")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist .success")).to_contain_text("done")
    assert not person.sessions.live().exists()


def test_a_phone_is_enough_to_deactivate_somebody(open_window: OpenWindow) -> None:
    person = UserFactory.create(email="by-phone@example.net")
    page = open_window("support", PHONE).open(page_of(person))
    page.get_by_role("link", name="Deactivate", exact=True).tap()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Deactivate", exact=True).tap()
    expect(page.locator(".messagelist .success")).to_contain_text("done")
    assert not User.objects.get(pk=person.pk).is_active
