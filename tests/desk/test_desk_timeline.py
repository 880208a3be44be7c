"""What has happened: a person's timeline, what colleagues did to a row, and one's own last actions."""

import datetime as dt
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import Client

from profiles.desk.actions import ACTIONS, perform
from profiles.desk.pages import people
from profiles.desk.pages.timeline import KINDS, SOURCES, timeline
from profiles.desk.roles import ROLES
from profiles.desk.rows import audit, own_deeds
from profiles.models import Actor, Cause, Job, Profile
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.factories import UserFactory, make_profile, profile_document
from tests.support.queries import statements
from tests.support.staff import client_of, failed_job, in_role, superuser
from users.events import note
from users.models import AuditEntry, Mail, SecurityEvent, Session, User

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/users/user/"
BY_NAME = {action.name: action for action in ACTIONS}
REASON = "Ticket 4711, asked by phone."
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def support() -> Client:
    return client_of(in_role("Support"))


@pytest.fixture
def lead() -> Client:
    return client_of(in_role("Support lead"))


def told(client: Client, person: User, query: str = "") -> list[str]:
    """The events of the timeline's page, each as the words that are read."""
    page = client.get(f"{PEOPLE}{person.pk}/history/{query}")
    assert page.status_code == 200
    events = re.findall(r'<li><time datetime="[^"]*">[^<]*</time>(.*?)</li>', page.content.decode(), re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", event)).strip() for event in events]


def live(person: User, api: ApiClient, staff: User) -> Profile:
    """A life in which everything happens once."""
    session = Session.objects.start(person, "Pixel 9")
    note("login", person, session=session.pk)
    profile = Profile.objects.get(pk=api.post("/api/v1/profiles", profile_document(1)).json()["id"])
    path = f"/api/v1/profiles/{profile.pk}"
    assert api.patch(path, {"label": "Sea & Land"}).status_code == 200
    assert api.post(f"{path}/restore", {"version": 1}).status_code == 200
    assert api.delete(path).status_code == 204
    perform(BY_NAME["take-out-of-trash"], profile.pk, staff, REASON)
    failure = "The mail server refused the connection."
    waiting = {"next_try_at": clock.now(), "attempts": 3, "failure": failure}
    Mail.objects.create(user=person, kind=Mail.Kind.RESET, address=person.email, **waiting)
    failed_job(person)
    perform(BY_NAME["end-sessions"], person.pk, staff, REASON)
    return profile


def test_a_persons_timeline_tells_everything_newest_first(support: Client, user: User, api: ApiClient) -> None:
    colleague = in_role("Support")
    live(user, api, colleague)
    events = told(support, user)
    expected = (
        "Sessions ended by support",
        "Job: Auth me export failed .*: 500 Internal error",
        "Mail: Set a new password The mail server refused the connection; tried 3 times, next at .*",
        "Profile “Master”: taken out of the trash · Support",
        "Profile “Master”: put into the trash · The person, with .*",
        "Profile “Master”: version 1 restored · The person, with .*",
        "Profile “Master” made",
        "Login Pixel 9",
    )
    assert [words for words, event in zip(expected, events, strict=False) if not re.fullmatch(words, event)] == []
    assert events[-1] == "Registered"
    # Views, edits and what is the colleagues' business are not in it.
    assert not [event for event in events if "Sea" in event or REASON in event or "view" in event.lower()]


@pytest.mark.parametrize("role", [*ROLES, "superuser"])
def test_what_colleagues_did_is_told_to_who_reads_the_audit_log(role: str, user: User, api: ApiClient) -> None:
    colleague = superuser("lena")
    live(user, api, colleague)
    events = told(client_of(superuser() if role == "superuser" else in_role(role)), user)
    is_told = [event for event in events if REASON in event]
    if role == "Support":
        assert is_told == []
        assert not [event for event in events if "Lena" in event]
    else:
        first, second = is_told
        assert first == f"End sessions · Lena ({colleague.pk}) {REASON}"
        assert re.fullmatch(rf"Take out of trash profile [-0-9a-f]+ · Lena \({colleague.pk}\) {REASON}", second)
        assert f"Profile “Master”: taken out of the trash · Support: Lena ({colleague.pk})" in events


@pytest.mark.parametrize(
    ("right", "words"),
    [
        ("view_securityevent", "Login"),
        ("view_profile", "Profile"),
        ("view_mail", "Mail"),
        ("view_job", "Job"),
        ("view_auditentry", REASON),
    ],
)
def test_each_kind_is_told_to_who_may_see_its_rows(user: User, api: ApiClient, right: str, words: str) -> None:
    live(user, api, superuser("lena"))
    looker = UserFactory.create(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert told(client_of(looker), user) == ["Registered"]
    looker.user_permissions.add(Permission.objects.get(codename=right))
    events = told(client_of(looker), user)
    assert [event for event in events if words in event]
    others = {"Login", "Profile “", "Mail:", "Job:", REASON} - {words, f"{words}:", f"{words} “"}
    assert not [event for event in events if any(other in event for other in others)]


def test_nobody_else_sees_it(user: User) -> None:
    where = f"{PEOPLE}{user.pk}/history/"
    assert client_of(UserFactory.create(is_staff=True)).get(where).status_code == 403
    assert client_of(user).get(where).status_code == 302
    assert client_of(superuser()).get(f"{PEOPLE}999999/history/").status_code == 404


def test_a_timeline_is_filtered_by_kind(lead: Client, user: User, api: ApiClient) -> None:
    live(user, api, superuser("lena"))
    found = {kind: told(lead, user, f"?kind={kind}") for kind in KINDS}
    assert all(found.values())
    assert sorted(event for events in found.values() for event in events) == sorted(told(lead, user))
    assert all(event.startswith("Profile") for event in found["profiles"])
    assert told(lead, user, "?kind=nonsense") == told(lead, user)
    page = lead.get(f"{PEOPLE}{user.pk}/history/?kind=mails").content.decode()
    assert 'kind=mails" aria-current="page">Mails' in page


def test_a_persons_page_has_the_newest_of_it_and_leads_to_the_rest(support: Client, user: User) -> None:
    for _ in range(12):
        note("login_failed", user)
    page = support.get(f"{PEOPLE}{user.pk}/change/")
    assert len(page.context["timeline"].events) == 10
    shown = page.content.decode()
    assert f'href="{PEOPLE}{user.pk}/history/?kind=jobs"' in shown
    assert page.context["timeline"].older.replace("&", "&amp;") in shown
    assert "kind=colleagues" not in shown
    assert "Security events</h2>" not in shown
    older = support.get(page.context["timeline"].older)
    assert [event.what for event in older.context["timeline"].events][-1] == "Registered"


def test_page_by_page_nothing_is_told_twice_and_nothing_left_out(
    lead: Client, user: User, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(user, api, superuser("lena"))
    # All at one moment, and some of them before the registration.
    moment = user.created_at
    for number in range(7):
        at = moment - SECOND if number == 6 else moment
        SecurityEvent.objects.create(user=user, kind="logout", created_at=at)
        Mail.objects.create(
            user=user, kind="verify", address=user.email, created_at=at, next_try_at=at, attempts=number + 1
        )
    everything = [(event.rank, event.key) for event in _page(lead, f"{PEOPLE}{user.pk}/history/").events]
    monkeypatch.setattr(people, "MOST_EVENTS", 2)
    seen, where = [], f"{PEOPLE}{user.pk}/history/"
    while where:
        page = _page(lead, where)
        assert len(page.events) <= 2
        seen += [(event.rank, event.key) for event in page.events]
        where = page.older
    assert seen == everything
    assert len(set(seen)) == len(seen)


def _page(client: Client, where: str) -> Any:
    return client.get(where).context["timeline"]


@pytest.mark.parametrize(
    "before",
    [
        *("x", "~", "~~", "2026-01-01~1~1~1", "2026-13-01~1~1", "2026-01-01T00:00:00+00:00~99~x", "%00~1~1"),
        *("2026-01-01T00:00:00+00:00~-1~1", "2026-01-01T00:00:00+00:00~1~x", "0001-01-01T00:00:00%2B14:00~1~x"),
        *("2026-01-01T00:00:00%2B00:00~3~99999999999999999999", "2026-01-01T00:00:00%2B00:00~3~-1"),
        *("9999-12-31T23:59:59-14:00~0~1", "2026-01-01T00:00:00%2B00:00~0~x"),
    ],
)
def test_odd_places_are_the_beginning(support: Client, user: User, before: str) -> None:
    assert "Registered" in told(support, user, f"?before={before}")


def test_a_timeline_costs_the_same_for_little_and_for_much(lead: Client, user: User, api: ApiClient) -> None:
    costs: dict[str, list[int]] = {"page": [], "timeline": [], "older": [], "mails": []}
    staff = superuser("lena")
    # What a process reads once, such as content types.
    lead.get(f"{PEOPLE}{user.pk}/change/")
    for more in (1, 3, 15):
        for _ in range(more):
            profile = live(user, api.as_user(user), staff)
            Job.objects.all().delete()
            api.as_user(user).delete(f"/api/v1/profiles/{profile.pk}")
        where = f"{PEOPLE}{user.pk}/"
        older = f"{where}history/?before={clock.now().isoformat().replace('+', '%2B')}~6~{profile.pk}"
        paths = {"page": f"{where}change/", "timeline": f"{where}history/", "older": older}
        for name, path in (paths | {"mails": f"{where}history/?kind=mails"}).items():
            with statements() as asked:
                assert lead.get(path).status_code == 200
            costs[name].append(len(asked))
    # Session, account, second factor and rights, the person, the entry of the audit log; then one a source.
    assert costs == {"page": [21] * 3, "timeline": [13] * 3, "older": [13] * 3, "mails": [8] * 3}


@pytest.mark.parametrize(
    ("rank", "index"),
    [
        (1, "security_event_of_user"),
        (2, "profile_of_user"),
        (3, "one_entry_a_version|sqlite_autoindex_profiles_revision_1"),
        (4, "users_mail_user|mail_newest_of_kind"),
        (5, "job_of_user"),
        (6, "audit_entry_of_user"),
    ],
)
def test_each_source_is_found_by_an_index(user: User, rank: int, index: str) -> None:
    rows = SOURCES[rank - 1].rows(user).order_by("-created_at", "-pk")[:11]
    table = rows.model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What it would do with many rows, whatever it has learnt of the few that are here.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE oid = %s::regclass", [table])
            cursor.execute("DELETE FROM pg_statistic WHERE starelid = %s::regclass", [table])
        plan = rows.explain()
        transaction.set_rollback(True)
    assert re.search(index, plan), plan


def test_what_an_import_brought_stands_in_the_timeline(support: Client, user: User) -> None:
    profile = make_profile(user, 0)
    with Profile.objects.revise(profile.pk, Cause(Actor.IMPORT, "profiles_import", "Pixel 9")) as revised:
        revised.label = "Imported"
    assert "Profile “Imported”: import · An import, with Pixel 9" in told(support, user)


def test_of_two_profiles_only_the_deleted_one_went_into_the_trash(support: Client, user: User, api: ApiClient) -> None:
    first, second = (api.post("/api/v1/profiles", profile_document(0, label=name)).json() for name in ("A", "B"))
    assert api.delete(f"/api/v1/profiles/{first['id']}").status_code == 204
    assert api.post(f"/api/v1/profiles/trash/{first['id']}/restore").status_code == 200
    assert api.post(f"/api/v1/profiles/{first['id']}/activate").status_code == 200
    events = [event.partition(" · ")[0] for event in told(support, user) if event.startswith("Profile")]
    assert sorted(events[:2]) == ["Profile “A”: made the active one", "Profile “B”: no longer the active one"]
    assert events[2] == "Profile “A”: taken out of the trash"
    assert sorted(events[3:5]) == ["Profile “A”: put into the trash", "Profile “B”: made the active one"]
    assert second["id"]


# The trash ----------------------------------------------------------------------------------------------------------


def test_a_persons_page_shows_the_trash_and_until_when(support: Client, user: User, api: ApiClient) -> None:
    profile = make_profile(user, 0, label="Old one")
    assert "Old one" in support.get(f"{PEOPLE}{user.pk}/change/").content.decode()
    assert api.delete(f"/api/v1/profiles/{profile.pk}").status_code == 204
    page = support.get(f"{PEOPLE}{user.pk}/change/")
    shown = page.content.decode()
    section = shown[shown.index("<h2>Trash</h2>") :].partition("</section>")[0]
    assert "Old one" in section
    assert f"/admin/profiles/profile/{profile.pk}/read/" in section
    deleted_at = Profile.with_trash.get(pk=profile.pk).deleted_at
    assert deleted_at
    assert f"{deleted_at + dt.timedelta(days=30):%Y-%m-%d %H:%M}" in section


# «History» elsewhere ------------------------------------------------------------------------------------------------


def test_the_history_of_other_rows_is_what_the_audit_log_has_of_them(lead: Client, user: User) -> None:
    job, other = failed_job(user), failed_job(user)
    colleague = superuser("lena")
    perform(BY_NAME["rerun"], job.pk, colleague, REASON)
    audit(colleague, "cancel", other, "Something else.")
    where = f"/admin/profiles/job/{job.pk}"
    assert f'href="{where}/history/"' in lead.get(f"{where}/change/").content.decode()
    page = lead.get(f"{where}/history/").content.decode()
    assert f"Lena ({colleague.pk})" in page
    assert REASON in page
    assert "Something else" not in page
    assert "admin site" not in page.partition('id="content"')[2]
    assert lead.get(f"/admin/profiles/job/{user.pk}/history/").status_code == 404
    assert lead.get("/admin/profiles/job/01990000-0000-7000-8000-000000000000/history/").status_code == 404


def test_who_may_not_read_the_audit_log_has_no_button_to_it(support: Client, user: User) -> None:
    session = Session.objects.start(user, "Pixel 9")
    paths = (f"/admin/profiles/job/{failed_job(user).pk}", f"/admin/users/session/{session.pk}")
    for path in paths:
        assert "historylink" not in support.get(f"{path}/change/").content.decode()
        assert support.get(f"{path}/history/").status_code == 403
    assert "historylink" in support.get(f"{PEOPLE}{user.pk}/change/").content.decode()


def test_an_entry_of_the_log_has_no_history(lead: Client, user: User) -> None:
    audit(superuser(), "view", user)
    where = f"/admin/users/auditentry/{AuditEntry.objects.get().pk}"
    assert "historylink" not in lead.get(f"{where}/change/").content.decode()
    assert lead.get(f"{where}/history/").status_code == 403


def test_a_role_has_a_history_too(user: User) -> None:
    root = superuser()
    client = client_of(root)
    group = Group.objects.create(name="Others")
    client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Other people"})
    page = client.get(f"/admin/auth/group/{group.pk}/history/").content.decode()
    assert f"Root ({root.pk})" in page
    assert "<td>change</td>" in page


# «Recent actions» ---------------------------------------------------------------------------------------------------


def recent(client: Client) -> str:
    page = client.get("/admin/").content.decode()
    module = page[page.index('id="recent-actions-module"') :].partition("</div>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", module)).replace(" :", ":")


@pytest.mark.parametrize("role", ROLES)
def test_the_front_page_shows_ones_own_last_actions(role: str, user: User) -> None:
    mine = in_role(role)
    client = client_of(mine)
    assert "None yet." in recent(client)
    make_profile(user, 0)
    spare = make_profile(user, 0)
    client.get(f"{PEOPLE}{user.pk}/change/")
    perform(BY_NAME["deactivate"], user.pk, mine, REASON)
    perform(BY_NAME["make-active"], spare.pk, mine, REASON)
    perform(BY_NAME["deactivate"], UserFactory.create(full_name="Somebody Else").pk, superuser(), REASON)
    shown = recent(client)
    assert f"Deactivate: {user.full_name} ({user.pk})" in shown
    assert f"Make active profile {spare.pk}: {user.full_name} ({user.pk})" in shown
    assert shown.index("Make active") < shown.index("Deactivate")
    assert "Somebody" not in shown
    assert "View" not in shown


def test_who_erased_somebody_sees_that_they_did(user: User) -> None:
    lead = in_role("Support lead")
    perform(BY_NAME["erase"], user.pk, lead, REASON)
    assert f"Erase: {user.pk} (erased)" in recent(client_of(lead))


def test_staff_without_a_view_of_people_see_numbers_and_no_names(user: User) -> None:
    colleague = UserFactory.create(is_staff=True)
    audit(colleague, "deactivate", user, REASON)
    shown = recent(client_of(colleague))
    assert f"Deactivate: {user.pk}" in shown
    assert user.full_name not in shown


def test_ones_own_actions_cost_one_statement_and_look_no_further_than_so_many(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = superuser()
    audit(staff, "deactivate", user, REASON)
    for _ in range(3):
        audit(staff, "view", user)
    with statements() as asked:
        assert [entry.action for entry in own_deeds(staff, 10)] == ["deactivate"]
    assert len(asked) == 1
    monkeypatch.setattr("profiles.desk.rows.MOST_LOOKED_THROUGH", 2)
    assert own_deeds(staff, 10) == []


def test_a_timeline_is_of_one_person_alone(user: User, api: ApiClient) -> None:
    live(user, api, superuser("lena"))
    other = UserFactory.create()
    request = HttpRequest()
    request.user = superuser()
    assert [event.what for event in timeline(request, other, 50).events] == ["Registered"]
