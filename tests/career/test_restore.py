"""Restoring and the trash (contract 7): what comes back, what is refused, and what a release without a log does."""

import uuid
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from profiles import limits
from profiles.career import history
from profiles.models import Actor, Cause, Experience, Language, Origin, Profile, Revision
from profiles.models.log import SIZE
from profiles_project.api.underway import expensive
from tests.support.client import ApiClient
from tests.support.factories import UserFactory, item, make_profile, profile_document
from users.models import User

pytestmark = pytest.mark.django_db
NOBODY = "01990000-0000-7000-8000-000000000000"


@pytest.fixture
def path(api: ApiClient) -> str:
    """The address of a profile with two rows in each list, at version 1."""
    return f"/api/v1/profiles/{api.post('/api/v1/profiles', profile_document(2)).json()['id']}"


def refused(answer: Any, status: int, pointer: str | None = None) -> dict[str, Any]:
    """The problem document of a refusal with that status, and with that pointer first."""
    assert answer.status_code == status, answer.content
    problem: dict[str, Any] = answer.json()
    assert problem["detail"].strip()
    if pointer is not None:
        assert problem["errors"][0]["pointer"] == pointer
    return problem


# Reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["0", "2", "-1", "x", "1.0", "٣", "99999999999999999999"])
def test_a_version_that_never_was_is_404(api: ApiClient, path: str, version: str) -> None:
    refused(api.get(f"{path}/history/{version}"), 404)
    refused(api.get(f"{path}/history/{version}/diff"), 404)


@pytest.mark.parametrize("against", ["x", "-1", "", "1.5"])
def test_a_version_to_compare_with_is_a_number(api: ApiClient, path: str, against: str) -> None:
    problem = refused(api.get(f"{path}/history/1/diff?against={against}"), 422)
    assert problem["errors"][0]["parameter"] == "against"


def test_what_is_no_longer_kept_is_410(api: ApiClient, path: str) -> None:
    for number in range(3):
        api.patch(path, {"label": f"Label {number}"})
    Revision.objects.filter(version__lte=2).delete()
    assert refused(api.get(f"{path}/history/2"), 410)["type"].endswith("/no-longer-kept")
    refused(api.post(f"{path}/restore", {"version": 1}), 410)
    refused(api.get(f"{path}/history/3/diff"), 410)
    assert api.get(f"{path}/history/3").json()["label"] == "Label 1"
    assert [each["version"] for each in api.get(f"{path}/history").json()["revisions"]] == [4, 3]


def test_the_history_says_who_did_what_to_which_item(api: ApiClient, path: str) -> None:
    language = api.get(path).json()["skills"]["languages"][0]
    api.patch(f"{path}/languages/{language['id']}", {"name": "Breton"})
    api.delete(f"{path}/languages/{language['id']}")
    newest, changed, created = api.get(f"{path}/history").json()["revisions"]
    assert newest["actor"] == {"kind": "you", "device": "tests"}
    assert (newest["action"], newest["reverts"]) == ("languages_delete", None)
    named = {"kind": "languages", "id": language["id"], "title": "Breton"}
    assert newest["changes"] == [{**named, "op": "deleted", "fields": []}]
    assert changed["changes"] == [{**named, "op": "changed", "fields": ["name"]}]
    assert {**named, "op": "created", "title": language["name"], "fields": []} in created["changes"]


def test_a_difference_has_both_values(api: ApiClient, path: str) -> None:
    document = api.get(path).json()
    ids = [row["id"] for row in document["experiences"]]
    api.put(f"{path}/experiences/order", {"ids": ids[::-1]})
    api.patch(path, {"personal_info": {"phone": None}, "skills": {"soft": ["Patience"]}})
    found = api.get(f"{path}/history/3/diff?against=1").json()
    assert (found["from"], found["to"]) == (1, 3)
    profile, skills, order = found["changes"]
    assert profile["fields"] == {"personal_info.phone": {"before": document["personal_info"]["phone"], "after": None}}
    assert skills["fields"]["names"] == {"before": document["skills"]["soft"], "after": ["Patience"]}
    assert order == {
        "kind": "experiences",
        "id": None,
        "op": "moved",
        "title": None,
        "fields": {"order": {"before": ids, "after": ids[::-1]}},
    }
    backwards = api.get(f"{path}/history/1/diff?against=3").json()
    assert backwards["changes"][0]["fields"]["personal_info.phone"]["after"] == document["personal_info"]["phone"]


def test_the_first_version_differs_from_nothing(api: ApiClient, path: str) -> None:
    found = api.get(f"{path}/history/1/diff").json()
    assert found["from"] == 0
    assert {each["op"] for each in found["changes"] if each["kind"] == "awards"} == {"created"}


def test_a_list_of_revisions_names_a_hundred_changes_of_each(api: ApiClient, path: str) -> None:
    api.post(f"{path}/languages", [item(Language, number) for number in range(100)])
    api.patch(path, {"skills": {"languages": []}})
    newest, before, _ = api.get(f"{path}/history").json()["revisions"]
    assert (len(newest["changes"]), newest["more"]) == (100, True)
    assert (len(before["changes"]), before["more"]) == (100, False)


def test_a_page_further_back_is_what_it_was_as_part_of_a_longer_one(api: ApiClient, path: str) -> None:
    for number in range(6):
        api.post(f"{path}/awards", {"title": f"Award {number}"})
        api.patch(path, {"awards": []})
    whole = api.get(f"{path}/history?limit=100").json()["revisions"]
    assert len(whole) == 13
    assert api.get(f"{path}/history?limit=3&offset=5").json()["revisions"] == whole[5:8]
    assert api.get(f"{path}/history?limit=3&offset=50").json()["revisions"] == []


def test_a_log_that_is_large_is_read_in_pieces(api: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(11):
        api.post(f"{path}/awards", {"title": f"Award {number}"})
    at_once = [api.get(f"{path}/history/1").json(), api.get(f"{path}/history?limit=9&offset=2").json()]
    monkeypatch.setattr(history, "LARGE_LOG_BYTES", 0)
    assert [api.get(f"{path}/history/1").json(), api.get(f"{path}/history?limit=9&offset=2").json()] == at_once


@pytest.mark.parametrize("below", ["/history", "/history/1", "/history/1/diff"])
def test_of_requests_that_read_a_large_log_a_user_has_two_under_way(
    api: ApiClient, user: User, path: str, below: str
) -> None:
    with expensive(user.pk), expensive(user.pk):
        assert api.get(f"{path}{below}").status_code == 200
        Profile.objects.update(log_bytes=2**21)
        assert refused(api.get(f"{path}{below}"), 429)["type"].endswith("/too-many-under-way")


# Restoring ----------------------------------------------------------------------------------------------------------


def test_a_mistaken_put_is_reverted_and_the_revision_says_so(api: ApiClient, path: str) -> None:
    before = api.get(path).json()
    api.put(path, {"experiences": [], "custom_fields": {}})
    answer = api.post(f"{path}/restore", {"version": 1})
    assert answer.json()["version"] == 3
    assert answer["ETag"] == api.get(path)["ETag"]
    assert [row["id"] for row in answer.json()["experiences"]] == [row["id"] for row in before["experiences"]]
    assert {row["version"] for row in answer.json()["experiences"]} == {3}
    assert {row["version"] for row in answer.json()["projects"]} == {1}
    newest = api.get(f"{path}/history").json()["revisions"][0]
    assert (newest["action"], newest["reverts"]) == ("profiles_restore", 1)


def test_a_restore_that_changes_nothing_is_no_revision(api: ApiClient, path: str) -> None:
    assert api.post(f"{path}/restore", {"version": 1}).json()["version"] == 1


def test_one_item_comes_back_alone_to_its_place(api: ApiClient, path: str) -> None:
    before = api.get(path).json()
    first = before["experiences"][0]
    api.put(path, {"experiences": [], "label": "Other"})
    items = [{"kind": "experiences", "id": first["id"].upper()}]
    restored = api.post(f"{path}/restore", {"version": 1, "items": items}).json()
    assert restored["label"] == "Other"
    assert restored["experiences"] == [{**first, "version": 3}]


def test_an_item_that_is_named_twice_comes_back_once(api: ApiClient, path: str) -> None:
    before = api.get(path).json()
    key, award = next(iter(before["custom_fields"])), before["awards"][0]
    api.put(path, {"awards": [], "custom_fields": {}})
    items = [{"kind": "awards", "id": award["id"]}, {"kind": "custom_fields", "id": key}]
    items += [{**items[0], "id": award["id"].upper()}, items[1], {"kind": "profile", "id": before["id"].upper()}]
    restored = api.post(f"{path}/restore", {"version": 1, "items": items}).json()
    assert (len(restored["awards"]), list(restored["custom_fields"])) == (1, [key])


def test_an_entry_that_is_older_than_a_field_or_knows_one_that_is_gone(api: ApiClient, path: str) -> None:
    before = api.get(path).json()
    api.put(path, {"awards": []})
    entry = Revision.objects.get(version=2)
    for row in entry.changes["award"]["deleted"]:
        del row["summary"]
        row["colour"] = "gold"
    entry.changes["profile"] = {"colour": "gold"}
    entry.save()
    awards = [{**row, "summary": None} for row in before["awards"]]
    assert api.get(f"{path}/history/1").json()["awards"] == awards
    assert api.get(f"{path}/history/2/diff").status_code == 200
    restored = api.post(f"{path}/restore", {"version": 1}).json()["awards"]
    assert restored == [{**row, "version": 3} for row in awards]


def test_a_field_that_was_deleted_and_made_again_at_once_has_changed(api: ApiClient, path: str) -> None:
    key = next(iter(api.get(path).json()["custom_fields"]))
    api.delete(f"{path}/custom-fields?keys={key}")
    api.post(f"{path}/custom-fields", {"fields": [{"key": key, "value": "other"}]})
    api.post(f"{path}/restore", {"version": 1})
    [newest, *_] = api.get(f"{path}/history").json()["revisions"]
    named = [each for each in newest["changes"] if each["kind"] == "custom_fields"]
    assert named == [{"kind": "custom_fields", "id": key, "op": "changed", "title": key, "fields": ["value"]}]


def test_skills_and_a_custom_field_come_back_by_name(api: ApiClient, path: str) -> None:
    before = api.get(path).json()
    key = next(iter(before["custom_fields"]))
    api.patch(path, {"skills": {"technical": [], "soft": []}, "custom_fields": {key: "other", "new": 1}})
    items = [{"kind": "skills.soft", "id": "soft"}, {"kind": "custom_fields", "id": key}]
    restored = api.post(f"{path}/restore", {"version": 1, "items": items}).json()
    assert (restored["skills"]["technical"], restored["skills"]["soft"]) == ([], before["skills"]["soft"])
    assert restored["custom_fields"] == {key: before["custom_fields"][key], "new": 1}


def test_the_active_profile_stays_the_active_one(api: ApiClient, path: str) -> None:
    other = api.post("/api/v1/profiles", profile_document()).json()["id"]
    api.post(f"/api/v1/profiles/{other}/activate")
    assert api.post(f"{path}/restore", {"version": 1}).json()["is_active"] is False


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/version"),
        ({"version": None}, "/version"),
        ({"version": "1"}, "/version"),
        ({"version": True}, "/version"),
        ({"version": 1.0}, "/version"),
        ({"version": 0}, "/version"),
        ({"version": 2**40}, "/version"),
        ({"version": 1, "items": []}, "/items"),
        ({"version": 1, "items": None}, "/items"),
        ({"version": 1, "items": {"kind": "awards"}}, "/items"),
        ({"version": 1, "items": [{"kind": "jobs", "id": NOBODY}]}, "/items/0/kind"),
        ({"version": 1, "items": [{"kind": "awards"}]}, "/items/0/id"),
        ({"version": 1, "items": [{"kind": "awards", "id": NOBODY}]}, "/items/0/id"),
        ({"version": 1, "items": [{"kind": "skills.soft", "id": "technical"}]}, "/items/0/id"),
        ({"version": 1, "items": [{"kind": "profile", "id": NOBODY}]}, "/items/0/id"),
    ],
)
def test_what_can_not_be_restored_is_told_and_stores_nothing(
    api: ApiClient, path: str, body: dict[str, Any], pointer: str
) -> None:
    api.patch(path, {"label": "Other"})
    before = api.get(path).json()
    refused(api.post(f"{path}/restore", body), 422, pointer)
    assert api.get(path).json() == before


def test_a_version_to_restore_must_have_been(api: ApiClient, path: str) -> None:
    assert "version 2" in refused(api.post(f"{path}/restore", {"version": 2}), 404)["detail"]


def test_a_restore_is_for_the_version_that_the_client_knows(api: ApiClient, path: str) -> None:
    tag = api.get(path)["ETag"]
    api.patch(path, {"label": "Other"})
    assert refused(api.post(f"{path}/restore", {"version": 1}, headers={"If-Match": tag}), 412)["version"] == 2


def test_an_id_that_is_in_use_by_now_is_409(api: ApiClient, path: str) -> None:
    award = api.get(path).json()["awards"][0]
    api.delete(f"{path}/awards/{award['id']}")
    other = api.post("/api/v1/profiles", profile_document()).json()["id"]
    api.post(f"/api/v1/profiles/{other}/awards", {"id": award["id"], "title": "Mine"})
    for body in ({"version": 1}, {"version": 1, "items": [{"kind": "awards", "id": award["id"]}]}):
        refused(api.post(f"{path}/restore", body), 409)
    assert len(api.get(path).json()["awards"]) == 1


def test_limits_of_today_hold_for_what_is_restored(api: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    api.put(path, {"awards": []})
    monkeypatch.setattr(limits, "MAX_DOCUMENT_BYTES", 2_000)
    refused(api.post(f"{path}/restore", {"version": 1}), 422, "")
    assert api.get(path).json()["awards"] == []


def test_a_repeated_restore_has_one_effect(api: ApiClient, path: str) -> None:
    api.put(path, {"awards": []})
    first, second = (api.post(f"{path}/restore", {"version": 1}, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert second["Idempotency-Replayed"] == "true"
    assert second.json() == first.json()


def test_the_first_answer_is_had_again_after_later_changes(api: ApiClient) -> None:
    key = {"Idempotency-Key": "once"}
    first = api.post("/api/v1/profiles", profile_document(), headers=key)
    api.patch(f"/api/v1/profiles/{first.json()['id']}", {"label": "Later", "awards": []})
    again = api.post("/api/v1/profiles", profile_document(), headers=key)
    assert (again.json(), again["ETag"], again["Idempotency-Replayed"]) == (first.json(), first["ETag"], "true")
    Revision.objects.filter(version=1).delete()
    current = api.post("/api/v1/profiles", profile_document(), headers=key)
    assert (current.json()["label"], current["Idempotency-Replayed"]) == ("Later", "current")


RESUME = {
    "basics": {"name": "Ada Lovelace", "email": "ada@example.org"},
    "languages": [{"language": "French", "fluency": "fluent"}],
}


def test_what_imports_remember_is_restored_with_the_whole(api: ApiClient, path: str) -> None:
    api.patch(path, {"skills": {"languages": []}})
    into = f"/api/v1/profiles/import?into={path.rpartition('/')[2]}"
    assert api.post(into, RESUME).status_code == 200
    assert len(api.get(path).json()["skills"]["languages"]) == 1
    api.post(f"{path}/restore", {"version": 2})
    assert not Origin.objects.exists()
    # Were it remembered, the language would count as deleted by the person.
    api.post(into, RESUME)
    assert len(api.get(path).json()["skills"]["languages"]) == 1
    api.patch(path, {"skills": {"languages": []}})
    api.post(into, RESUME)
    assert api.get(path).json()["skills"]["languages"] == []
    # The last import changed nothing, so the one before made the second newest version.
    version = api.get(f"{path}/history").json()["revisions"][1]["version"]
    api.post(f"{path}/restore", {"version": version})
    assert Origin.objects.count() == 1


# The trash ----------------------------------------------------------------------------------------------------------


def test_a_deleted_profile_lies_in_the_trash_and_comes_back_whole(api: ApiClient, path: str) -> None:
    before = api.get(path).json()
    api.delete(path)
    refused(api.get(path), 404)
    [entry] = api.get("/api/v1/profiles/trash").json()["profiles"]
    assert (entry["id"], entry["version"], entry["counts"]["awards"]) == (before["id"], 2, 2)
    assert entry["deleted_at"] < entry["purged_at"]
    restored = api.post(f"/api/v1/profiles/trash/{before['id']}/restore")
    assert restored.json() == {**before, "version": 3, "updated_at": restored.json()["updated_at"]}
    assert api.get("/api/v1/profiles/trash").json()["profiles"] == []
    revisions = api.get(f"{path}/history").json()["revisions"]
    assert [each["action"] for each in revisions] == ["trash_restore", "profiles_delete", "profiles_create"]
    assert [each["changes"][0]["op"] for each in revisions] == ["created", "deleted", "created"]


def test_a_profile_that_is_taken_out_twice_with_one_key_comes_back_once(api: ApiClient, path: str) -> None:
    api.delete(path)
    address = path.replace("/profiles/", "/profiles/trash/") + "/restore"
    first, second = (api.post(address, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert (second.status_code, second.json(), second["Idempotency-Replayed"]) == (200, first.json(), "true")
    refused(api.post(address), 404)


def test_a_profile_from_the_trash_is_active_only_if_no_other_is(api: ApiClient, path: str) -> None:
    other = api.post("/api/v1/profiles", profile_document()).json()["id"]
    api.delete(path)
    assert api.get("/api/v1/profiles/me").json()["id"] == other
    restored = api.post(path.replace("/profiles/", "/profiles/trash/") + "/restore").json()
    assert restored["is_active"] is False


def test_past_the_most_profiles_none_comes_back(api: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    api.delete(path)
    monkeypatch.setattr(limits, "MAX_PROFILES", 1)
    # What lies in the trash does not count.
    assert api.post("/api/v1/profiles", profile_document()).status_code == 201
    refused(api.post(path.replace("/profiles/", "/profiles/trash/") + "/restore"), 422)


def test_what_is_deleted_in_the_trash_is_gone_with_its_history(api: ApiClient, path: str) -> None:
    api.delete(path)
    trashed = path.replace("/profiles/", "/profiles/trash/")
    assert api.delete(trashed).status_code == 204
    refused(api.delete(trashed), 404)
    refused(api.post(f"{trashed}/restore"), 404)
    assert not Profile.with_trash.exists()
    assert not Revision.objects.exists()
    assert not Experience.objects.exists()


def test_an_id_in_the_trash_is_taken_and_its_owner_is_told_where_it_is(api: ApiClient, path: str) -> None:
    pk = path.rpartition("/")[2]
    api.delete(path)
    mine = refused(api.post("/api/v1/profiles", profile_document(id=pk)), 409)
    assert mine["type"].endswith("/in-trash")
    other = api.as_user(UserFactory.create())
    theirs = refused(other.post("/api/v1/profiles", profile_document(id=pk)), 409)
    assert theirs["type"].endswith("/conflict")
    assert "trash" not in theirs["detail"]


def test_the_trash_of_somebody_else_is_403(api: ApiClient, path: str) -> None:
    api.delete(path)
    other = api.as_user(UserFactory.create())
    trashed = path.replace("/profiles/", "/profiles/trash/")
    refused(other.post(f"{trashed}/restore"), 403)
    refused(other.delete(trashed), 403)
    assert other.get("/api/v1/profiles/trash").json()["profiles"] == []
    refused(other.get(path), 404)


@pytest.mark.parametrize("pk", [NOBODY, "x"])
def test_what_is_not_in_the_trash_is_404(api: ApiClient, path: str, pk: str) -> None:
    refused(api.post(f"/api/v1/profiles/trash/{pk}/restore"), 404)
    refused(api.delete(f"/api/v1/profiles/trash/{pk}"), 404)
    refused(api.delete(path.replace("/profiles/", "/profiles/trash/")), 404)


# A release without a log --------------------------------------------------------------------------------------------


def _run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        as_hex = connection.vendor == "sqlite"
        cursor.execute(sql, [each.hex if as_hex and isinstance(each, uuid.UUID) else each for each in values])


def write_as_before(profile: Profile) -> None:
    """What the release before the log does: a new language, another version, none of the new columns."""
    values = (uuid.uuid4(), profile.pk, "Old", "basic", 9, "{}")
    columns = "id, profile_id, name, proficiency, position, extra"
    _run(f"INSERT INTO profiles_language ({columns}) VALUES (%s, %s, %s, %s, %s, %s)", *values)  # noqa: S608  # no input
    _run("UPDATE profiles_profile SET version = version + 1 WHERE id = %s", profile.pk)


def test_what_a_release_without_a_log_wrote_is_a_boundary(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 2)
    path = f"/api/v1/profiles/{profile.pk}"
    api.patch(path, {"label": "Two"})
    write_as_before(profile)
    document = api.get(path).json()
    # Any item may have changed with the version of which nothing is known.
    assert {row["version"] for row in document["experiences"]} == {document["version"]}
    assert api.get(f"{path}/experiences").json()["experiences"] == document["experiences"]
    assert api.get(f"{path}/history").json()["revisions"] == []
    assert api.get(f"{path}/history/{document['version']}").json() == document
    refused(api.get(f"{path}/history/{document['version'] - 1}"), 410)
    later = api.patch(path, {"label": "Four"}).json()
    assert [each["version"] for each in api.get(f"{path}/history").json()["revisions"]] == [later["version"]]
    assert api.get(f"{path}/history/{document['version']}").json() == document
    assert {row["version"] for row in later["experiences"]} == {document["version"]}
    assert api.post(f"{path}/restore", {"version": document["version"]}).json()["label"] == "Two"


def test_a_profile_that_a_release_without_a_log_deleted_leaves_nothing_in_the_way(api: ApiClient) -> None:
    pk = str(uuid.uuid4())
    path = f"/api/v1/profiles/{pk}"
    for _ in range(2):
        assert api.post("/api/v1/profiles", {**profile_document(0), "id": pk}).status_code == 201
        assert api.patch(path, {"label": "Two"}).status_code == 200
        assert len(api.get(f"{path}/history").json()["revisions"]) == 2
        _run("DELETE FROM profiles_profile WHERE id = %s", uuid.UUID(pk))
    assert Revision.objects.count() == 4


def test_a_release_without_a_trash_may_make_a_trashed_profile_active(api: ApiClient, path: str) -> None:
    pk = uuid.UUID(path.rpartition("/")[2])
    api.delete(path)
    _run("UPDATE profiles_profile SET is_active = true WHERE id = %s", pk)
    assert api.post("/api/v1/profiles", profile_document()).json()["is_active"] is True
    assert not Profile.with_trash.get(pk=pk).is_active


# Room ---------------------------------------------------------------------------------------------------------------


def test_history_makes_room_for_what_is_typed_and_refuses_nothing(
    api: ApiClient, path: str, settings: Settings
) -> None:
    for number in range(30):
        api.patch(path, {"custom_fields": {"large": f"{number}" * 9_000}})
    profile = Profile.objects.get()
    settings.USER_BYTES_LIMIT = 10 * 2**20 + (profile.byte_count or 0) + 60_000
    assert api.patch(path, {"custom_fields": {"large": "x" * 9_000}}).status_code == 200
    profile.refresh_from_db()
    assert profile.log_bytes <= 60_000
    newest = api.get(f"{path}/history").json()["revisions"]
    assert newest[0]["version"] == profile.version
    assert len(newest) < 10


def test_the_bytes_of_the_log_are_those_of_its_entries(api: ApiClient, path: str) -> None:
    api.put(path, {"awards": [], "label": "Ünïcödé"})
    api.delete(path)
    profile = Profile.with_trash.get()
    assert profile.log_bytes == sum(size for (size,) in Revision.objects.values_list(SIZE))


def test_what_support_does_is_told_as_made_by_support(api: ApiClient, path: str) -> None:
    pk = uuid.UUID(path.rpartition("/")[2])
    with Profile.objects.revise(pk, Cause(Actor.SUPPORT, "support_change", staff_id=1)) as profile:
        profile.label = "Mended"
    newest = api.get(f"{path}/history").json()["revisions"][0]
    assert newest["actor"] == {"kind": "support", "device": None}
