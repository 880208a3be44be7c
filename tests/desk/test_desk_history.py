"""A career's history at the desk: who changed what, restored with a reason; and the trash, from which it comes back."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from profiles import limits
from profiles.desk.actions import ACTIONS, Refused, perform
from profiles.desk.pages import revisions
from profiles.desk.roles import ROLES
from profiles.models import Actor, Cause, Job, Profile, Reference, Revision
from tests.support.client import ApiClient
from tests.support.factories import UserFactory, make_item, make_profile, profile_document
from tests.support.queries import statements
from tests.support.staff import client_of, in_role, superuser
from users.models import AuditEntry, User

pytestmark = pytest.mark.django_db

CAREERS, PEOPLE = "/admin/profiles/profile/", "/admin/users/user/"
BY_NAME = {action.name: action for action in ACTIONS}
RESTORE, TAKE_OUT = BY_NAME["restore-version"], BY_NAME["take-out-of-trash"]
REASON = "Ticket 4711, asked by phone."


@pytest.fixture
def support() -> Client:
    return client_of(in_role("Support"))


@pytest.fixture
def root() -> User:
    return superuser()


@pytest.fixture
def profile(api: ApiClient) -> Profile:
    """Made by its person through the API."""
    return Profile.objects.get(pk=api.post("/api/v1/profiles", profile_document(2)).json()["id"])


def history_of(profile: Profile, version: int | None = None, query: str = "") -> str:
    """The address of a profile's history, or of one of its revisions."""
    return f"{CAREERS}{profile.pk}/history/{'' if version is None else f'{version}/'}{query}"


def shown(client: Client, path: str) -> str:
    page = client.get(path)
    assert page.status_code == 200, path
    return page.content.decode()


def text(page: str) -> str:
    """What of a page is read, without its markup."""
    words = re.sub(r"<[^>]*>", " ", page.partition('id="content-main"')[2])
    return re.sub(r" ([:.,])", r"\1", re.sub(r"\s+", " ", words))


def send(api: ApiClient, profile: Profile, body: dict[str, Any]) -> None:
    assert api.patch(f"/api/v1/profiles/{profile.pk}", body).status_code == 200


def relabel(profile: Profile, *labels: str) -> None:
    """A revision for each label."""
    for label in labels:
        with Profile.objects.revise(profile.pk, Cause(Actor.YOU, "profiles_update", "Pixel 9")) as revised:
            revised.label = label


# Reading ----------------------------------------------------------------------------------------------------------


def test_a_profiles_page_leads_to_who_changed_what(support: Client, api: ApiClient, profile: Profile) -> None:
    send(api, profile, {"label": "<b>Sea</b>", "personal_info": {"phone": None, "headline": "Sailor"}})
    api.patch(f"/api/v1/profiles/{profile.pk}", {"professional_summary": None})
    assert history_of(profile) in shown(support, f"{CAREERS}{profile.pk}/read/")
    page = shown(support, history_of(profile))
    told = text(page)
    for words in ("Version 3: Changed", "The profile itself changed: label, phone, headline", "The person"):
        assert words in told, words
    assert "<b>Sea" not in page
    assert "Version 1: Made" in told
    assert "is no longer kept" not in told


def test_a_revision_reads_as_before_and_after(support: Client, api: ApiClient, profile: Profile) -> None:
    document = api.get(f"/api/v1/profiles/{profile.pk}").json()
    first, second = document["experiences"]
    first |= {"title": "Captain", "end_date": None, "is_current": True, "technologies": ["Sails", "Steam"]}
    document["experiences"] = [second, first]
    document["skills"]["languages"] = document["skills"]["languages"][:1]
    document["skills"]["languages"][0]["proficiency"] = "fluent"
    document["skills"] |= {"soft": ["Patience"], "details": []}
    document["custom_fields"] = {"key 0": {"salary": {"min": 1}}}
    assert api.put(f"/api/v1/profiles/{profile.pk}", document).status_code == 200
    told = text(shown(support, history_of(profile, 2)))
    for words in (
        "Experience “Captain” changed Field Before After Title Engineer 0 Captain",
        "Is current no yes",
        "Experiences put into another order Field Before After Order Captain",
        "Soft skills changed",
        "Custom field “key 0” changed Field Before After Value value: 0 salary: – min: 1",
        "Custom field “key 1” deleted Field Before Value value: 1",
    ):
        assert words in told, (words, told)
    assert not re.search(r"\{|\}|\[|\]|None|True", told)
    # From the present to that version, as a restoring would do it.
    back = text(shown(support, history_of(profile, 1, "?against=now")))
    assert "Field Now At version 1 Title Captain Engineer 0" in back


def test_the_first_revision_and_one_without_a_log_are_read_too(support: Client, profile: Profile) -> None:
    told = text(shown(support, history_of(profile, 1)))
    assert "Experience “Engineer 0” added Field After Title Engineer 0 Company" in told
    Revision.objects.all().delete()
    assert "What was before version 1 is no longer kept" not in shown(support, history_of(profile))
    relabel(profile, "A", "B", "C")
    Revision.objects.filter(version__lte=3).delete()
    assert "What was before version 4 is no longer kept." in shown(support, history_of(profile))
    gone = support.get(history_of(profile, 2), follow=True).content.decode()
    assert "Version 2, or what was there before it, is no longer kept." in gone
    assert support.get(f"{CAREERS}{profile.pk}/read/?version=2").status_code == 404
    assert support.get(history_of(profile, 99)).status_code == 404
    assert support.get(history_of(profile, 0)).status_code == 404


def test_a_career_is_read_as_it_was(support: Client, profile: Profile) -> None:
    make_item(profile, Reference, name="Charles Canary")
    relabel(profile, "Sea", "Land")
    page = shown(support, f"{CAREERS}{profile.pk}/read/?version=2")
    assert "As it was at version 2." in page
    assert "Sea" in page
    assert "Canary" not in page
    for odd in ("x", "0", "99", "", "9" * 5_000, "%00"):
        assert "As it was" not in shown(support, f"{CAREERS}{profile.pk}/read/?version={odd}")


@pytest.mark.parametrize("role", [*ROLES, "superuser"])
def test_nobody_at_the_desk_reads_references_and_what_imports_kept(
    role: str, api: ApiClient, user: User, root: User
) -> None:
    document = profile_document(1)
    made = api.post("/api/v1/profiles", document).json()
    profile = Profile.objects.get(pk=made["id"])
    path = f"/api/v1/profiles/{profile.pk}"
    (reference,) = made["references"]
    secret = {"x-secret": "canary"}
    api.patch(f"{path}/references/{reference['id']}", {"name": "Canary", "extra": secret})
    api.post(f"{path}/references", {"name": "Second Canary", "reference": "canary words"})
    ids = [each["id"] for each in api.get(path).json()["references"]]
    api.put(f"{path}/references/order", {"ids": ids[::-1]})
    api.delete(f"{path}/references/{ids[0]}")
    api.patch(path, {"extra": secret})
    api.patch(f"{path}/experiences/{made['experiences'][0]['id']}", {"extra": secret, "title": "Captain"})
    details = [{"kind": "soft", "name": "soft skill 0", "level": "High", "extra": secret}]
    api.put(f"{path}/skills", {"soft": ["soft skill 0"], "details": details})
    profile.refresh_from_db()
    assert profile.version == 8
    client = client_of(root if role == "superuser" else in_role(role))
    pages = [history_of(profile), *(history_of(profile, version) for version in range(1, 9))]
    pages += [history_of(profile, version, "?against=now") for version in range(1, 9)]
    pages += [f"{CAREERS}{profile.pk}/read/?version={version}" for version in range(1, 9)]
    for page in pages:
        told = shown(client, page)
        assert not re.search(r"canary|reference|babbage|x-secret|x-rating|x-years|extra", told, re.IGNORECASE), page
    assert "Nothing that is shown here." in text(shown(client, history_of(profile, 2)))
    assert "Captain" in shown(client, history_of(profile, 7))
    assert "level: High" in text(shown(client, history_of(profile, 8)))


@pytest.mark.parametrize("role", [*ROLES, "superuser"])
def test_which_colleague_it_was_is_told_to_who_reads_the_audit_log(role: str, root: User, profile: Profile) -> None:
    colleague = in_role("Support")
    User.objects.filter(pk=colleague.pk).update(full_name="Lena Colleague")
    relabel(profile, "Wrong")
    perform(RESTORE, profile.pk, colleague, REASON, version=1, seen=2)
    told = text(shown(client_of(root if role == "superuser" else in_role(role)), history_of(profile)))
    assert "Version 3: Version 1 restored" in told
    assert ("Lena Colleague" in told) is (role != "Support")
    assert "Support" in told


@pytest.mark.parametrize("path", ["history/", "history/1/", "read/"])
def test_who_may_not_see_profiles_sees_no_history(profile: Profile, path: str) -> None:
    where = f"{CAREERS}{profile.pk}/{path}"
    assert client_of(UserFactory.create(is_staff=True)).get(where).status_code == 403
    assert client_of(profile.user).get(where).status_code == 302
    assert Client().get(where).status_code == 302


def test_looking_at_history_is_written_down(support: Client, profile: Profile) -> None:
    for path in (history_of(profile), history_of(profile, 1)):
        shown(support, path)
    entries = AuditEntry.objects.values_list("action", "object_kind", "object_id", "user_id")
    assert list(entries) == [("view", "profiles.profile", str(profile.pk), profile.user_id)] * 2


def test_older_versions_are_on_further_pages(
    support: Client, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "MOST_REVISIONS", 3)
    relabel(profile, *map(str, range(5)))
    seen, path = [], history_of(profile)
    while True:
        page = support.get(path)
        seen += [row["version"] for row in page.context["rows"]]
        if not page.context["is_more"]:
            break
        path = history_of(profile, query=f"?before={seen[-1]}")
    assert seen == [6, 5, 4, 3, 2, 1]
    for odd in ("x", "-1", "0", "99999999999999999999", "%00", ""):
        assert shown(support, history_of(profile, query=f"?before={odd}"))


def test_history_costs_the_same_for_little_and_for_much(support: Client, api: ApiClient, user: User) -> None:
    costs: dict[str, list[int]] = {"list": [], "revision": [], "now": [], "then": []}
    for rows, labels in ((1, 1), (5, 3), (30, 45)):
        made = api.post("/api/v1/profiles", profile_document(rows, label=f"{rows}")).json()
        profile = Profile.objects.get(pk=made["id"])
        relabel(profile, *map(str, range(labels)))
        paths = {
            "list": history_of(profile),
            "revision": history_of(profile, labels + 1),
            "now": history_of(profile, 1, "?against=now"),
            "then": f"{CAREERS}{profile.pk}/read/?version={labels}",
        }
        for name, path in paths.items():
            with statements() as asked:
                shown(support, path)
            costs[name].append(len(asked))
    # Session, account, second factor and rights, the profile, its person, the entry of the audit log; then the rest.
    assert {name: set(cost) for name, cost in costs.items()} == {
        "list": {12},
        "revision": {12},
        "now": {12},
        "then": {11},
    }


# Restoring --------------------------------------------------------------------------------------------------------


def test_a_version_is_restored_from_the_page_and_the_person_sees_who_did_it(
    support: Client, api: ApiClient, profile: Profile
) -> None:
    before = api.get(f"/api/v1/profiles/{profile.pk}").json()
    assert api.delete(f"/api/v1/profiles/{profile.pk}/experiences/{before['experiences'][0]['id']}").status_code == 204
    page = support.get(history_of(profile))
    newest, first = page.context["rows"]
    assert newest["restore"] == ""
    asked = support.get(first["restore"])
    assert 'name="version" value="1"' in asked.content.decode()
    form = {name: asked.context["form"].initial[name] for name in ("version", "seen")}
    done = support.post(first["restore"], {"reason": REASON, **form}, follow=True)
    assert "restore this version – done." in done.content.decode()
    after = api.get(f"/api/v1/profiles/{profile.pk}").json()
    assert [each["title"] for each in after["experiences"]] == [each["title"] for each in before["experiences"]]
    told = api.get(f"/api/v1/profiles/{profile.pk}/history").json()["revisions"][0]
    assert (told["version"], told["actor"]["kind"], told["reverts"]) == (3, "support", 1)
    entry = AuditEntry.objects.exclude(action="view").get()
    assert (entry.action, entry.object_id, entry.reason) == ("restore-version", str(profile.pk), REASON)
    assert Revision.objects.get(version=3).staff_id == entry.staff_id
    # A second tap finds another version than the one that was looked at.
    again = support.post(first["restore"], {"reason": REASON, **form}, follow=True)
    assert "changed meanwhile and is at version 3 now" in again.content.decode()


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"version": 99, "seen": 3}, "has no version 99"),
        ({"version": 1, "seen": 3}, "no longer kept"),
        ({"version": 2, "seen": 2}, "changed meanwhile and is at version 3"),
        ({"version": 3, "seen": 3}, "Version 3 is the present one"),
    ],
)
def test_what_can_not_be_restored_is_refused_with_a_sentence(
    root: User, profile: Profile, asked: dict[str, int], why: str
) -> None:
    relabel(profile, "A", "B")
    Revision.objects.filter(version=1).update(version=1_000)
    Revision.objects.filter(version=2).update(changes={})
    Profile.objects.update(boundary=2)
    with pytest.raises(Refused, match=why), transaction.atomic():
        perform(RESTORE, profile.pk, root, REASON, **asked)
    profile.refresh_from_db()
    assert profile.version == 3
    assert not AuditEntry.objects.exists()


def test_a_restoring_past_a_limit_or_with_a_taken_id_is_refused(
    root: User, api: ApiClient, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/v1/profiles/{profile.pk}"
    item = api.get(path).json()["experiences"][0]
    assert api.delete(f"{path}/experiences/{item['id']}").status_code == 204
    with monkeypatch.context() as patch:
        patch.setattr(limits, "MAX_DOCUMENT_BYTES", 1)
        with pytest.raises(Refused, match="A profile can be at most"), transaction.atomic():
            perform(RESTORE, profile.pk, root, REASON, version=1, seen=2)
    other = ApiClient().as_user(UserFactory.create())
    elsewhere = other.post("/api/v1/profiles", profile_document(0)).json()["id"]
    assert other.post(f"/api/v1/profiles/{elsewhere}/experiences", item).status_code == 201
    with pytest.raises(Refused, match="is in another profile by now"), transaction.atomic():
        perform(RESTORE, profile.pk, root, REASON, version=1, seen=2)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("odd", [{}, {"version": "x"}, {"version": "0"}, {"version": "9" * 5_000}, {"seen": "x"}])
def test_odd_versions_are_at_fault_in_the_form(root: User, profile: Profile, odd: dict[str, str]) -> None:
    relabel(profile, "A")
    where = f"{CAREERS}act/restore-version/?id={profile.pk}"
    assert client_of(root).get(f"{where}&version=x&seen=y&reason=z").status_code == 200
    page = client_of(root).post(where, {"reason": REASON, "seen": "2", **odd})
    assert page.status_code == 200
    assert page.context["form"].errors
    # One at a time, since each has versions of its own.
    assert client_of(root).get(f"{where}&id={make_profile(profile.user, 0).pk}").status_code == 404
    assert 'value="restore-version"' not in client_of(root).get(CAREERS).content.decode()


def test_only_who_may_restore_is_offered_it(profile: Profile) -> None:
    relabel(profile, "A")
    looker = UserFactory.create(is_staff=True)
    looker.user_permissions.add(*_rights("view_profile"))
    for role in ROLES:
        assert f"act/{RESTORE.name}/" in shown(client_of(in_role(role)), history_of(profile))
    assert f"act/{RESTORE.name}/" not in shown(client_of(looker), history_of(profile))
    assert f"act/{RESTORE.name}/" not in shown(client_of(looker), history_of(profile, 1))


def _rights(*names: str) -> list[Any]:
    from django.contrib.auth.models import Permission  # noqa: PLC0415  # of this helper alone

    return list(Permission.objects.filter(codename__in=names))


# The trash --------------------------------------------------------------------------------------------------------


@pytest.fixture
def trashed(api: ApiClient, profile: Profile) -> Profile:
    """One that its person has deleted, beside another one."""
    make_profile(profile.user, 0, label="The other one", is_active=False)
    assert api.delete(f"/api/v1/profiles/{profile.pk}").status_code == 204
    return Profile.with_trash.get(pk=profile.pk)


def test_what_was_deleted_is_found_by_its_id_and_read(support: Client, trashed: Profile) -> None:
    assert list(support.get(CAREERS, {"q": str(trashed.pk)}).context["cl"].result_list) == [trashed]
    assert list(support.get(PEOPLE, {"q": str(trashed.pk)}).context["cl"].result_list) == [trashed.user]
    page = shown(support, f"{CAREERS}{trashed.pk}/read/")
    assert "In the trash since" in page
    assert "Engineer 0" in page
    assert f"act/{TAKE_OUT.name}/" in page
    assert f"act/{BY_NAME['make-active'].name}/" not in page
    told = text(shown(support, history_of(trashed)))
    assert "Version 2: Put into the trash" in told
    assert RESTORE.label not in told
    with pytest.raises(Refused, match="lies in the trash"):
        perform(BY_NAME["make-active"], trashed.pk, superuser("a"), REASON)


def test_lists_leave_the_trash_out_until_it_is_chosen(support: Client, trashed: Profile) -> None:
    (other,) = Profile.objects.all()
    name = trashed.full_name
    for query, rows in (
        ({}, [other]),
        ({"use": "trash"}, [trashed]),
        ({"use": "trash", "q": name}, [trashed]),
        ({"use": "active"}, [other]),
        ({"use": "spare"}, []),
        ({"q": name}, [other]),
        ({"q": str(trashed.user_id)}, [other]),
    ):
        page = support.get(CAREERS, query)
        assert list(page.context["cl"].result_list) == rows, query
    assert "In the trash (1)" in page.content.decode()
    assert "(in the trash)" in support.get(CAREERS, {"use": "trash"}).content.decode()


def test_support_takes_a_profile_out_and_the_person_sees_who_did(
    support: Client, api: ApiClient, trashed: Profile
) -> None:
    where = f"{CAREERS}act/{TAKE_OUT.name}/?id={trashed.pk}"
    done = support.post(where, {"reason": REASON}, follow=True)
    assert "take out of the trash – done." in done.content.decode()
    newest = api.get(f"/api/v1/profiles/{trashed.pk}/history").json()["revisions"][0]
    assert (newest["actor"]["kind"], newest["action"]) == ("support", "support_take_out_of_trash")
    entry = AuditEntry.objects.exclude(action="view").get()
    assert (entry.action, entry.user_id, entry.reason) == (TAKE_OUT.name, trashed.user_id, REASON)
    again = support.post(where, {"reason": REASON}, follow=True)
    assert "does not lie in the trash" in again.content.decode()


def test_what_is_past_the_limit_stays_in_the_trash(
    root: User, trashed: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_PROFILES", 1)
    with pytest.raises(Refused, match="at most 1 profiles"), transaction.atomic():
        perform(TAKE_OUT, trashed.pk, root, REASON)
    assert not AuditEntry.objects.exists()


def test_nobody_mends_what_lies_in_the_trash(root: User, trashed: Profile) -> None:
    client = client_of(root)
    page = client.get(f"{CAREERS}{trashed.pk}/change/")
    assert page.status_code == 302
    assert page["Location"].endswith(f"{trashed.pk}/read/")
    assert client.post(f"{CAREERS}{trashed.pk}/change/", {"label": "Forged"}).status_code in {403, 404}
    assert Profile.with_trash.get(pk=trashed.pk).label != "Forged"
    assert (
        "/change/"
        not in shown(client, f"{CAREERS}{trashed.pk}/read/").partition("object-tools")[2].partition("</ul>")[0]
    )


def test_jobs_of_somebody_are_no_way_round_the_trash(support: Client, trashed: Profile) -> None:
    Job.objects.create(user=trashed.user, kind="auth_me_export", lease_until=trashed.created_at)
    assert str(trashed.pk) not in shown(support, CAREERS)
