"""What is hard to restore: names that have traded, rows under another name, places in between, a log near its limit."""

import uuid
from typing import Any

import pytest
from pytest_django import Settings

from profiles.career import bulk, history
from profiles.models import Actor, Award, Cause, CustomField, Origin, Profile, Revision, Skill, usage
from profiles_project.texts import fold
from tests.support.client import ApiClient
from tests.support.factories import item, profile_document

pytestmark = pytest.mark.django_db
SUPPORT = Cause(Actor.SUPPORT, "support_change", staff_id=1)


@pytest.fixture
def path(api: ApiClient) -> str:
    """The address of a profile with two skills of each kind and two custom fields."""
    document = profile_document(0, skills={"technical": ["a", "b"], "soft": ["x", "y"]}, custom_fields={"a": 1, "b": 2})
    return f"/api/v1/profiles/{api.post('/api/v1/profiles', document).json()['id']}"


def mend(path: str, model: Any, called: str, **changes: Any) -> None:
    """What support's form does to the row of that name."""
    with Profile.objects.revise(uuid.UUID(path.rpartition("/")[2]), SUPPORT) as profile:
        field = "key" if model is CustomField else "name"
        row = next(row for row in profile.stored(model).values() if getattr(row, field) == called)
        if "name" in changes:
            changes["name_key"] = fold(changes["name"])
        bulk.update(profile, model, [(row, changes)])


def restored(api: ApiClient, path: str, **body: Any) -> Any:
    """The document after restoring the first version."""
    answer = api.post(f"{path}/restore", {"version": 1, **body})
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize("body", [{}, {"items": [{"kind": "skills.technical", "id": "technical"}]}])
def test_skills_that_have_traded_names_get_them_back(api: ApiClient, path: str, body: Any) -> None:
    for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
        mend(path, Skill, old, name=new)
    assert api.get(path).json()["skills"]["technical"] == ["b", "a"]
    assert restored(api, path, **body)["skills"]["technical"] == ["a", "b"]


@pytest.mark.parametrize("items", [None, [{"kind": "custom_fields", "id": "a"}, {"kind": "custom_fields", "id": "b"}]])
def test_custom_fields_that_have_traded_keys_get_them_back(api: ApiClient, path: str, items: Any) -> None:
    for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
        mend(path, CustomField, old, key=new)
    assert api.get(path).json()["custom_fields"] == {"b": 1, "a": 2}
    body = {"items": items} if items else {}
    assert restored(api, path, **body)["custom_fields"] == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("body", "soft"),
    [
        ({}, ["x", "y"]),
        ({"items": [{"kind": "skills.technical", "id": "technical"}]}, ["a", "x", "y"]),
        ({"items": [{"kind": "skills.soft", "id": "soft"}]}, ["x", "y"]),
    ],
)
def test_a_skill_that_is_of_another_kind_by_now(api: ApiClient, path: str, body: Any, soft: list[str]) -> None:
    mend(path, Skill, "a", kind="soft")
    document = restored(api, path, **body)
    assert sorted(document["skills"]["soft"]) == soft
    assert document["skills"]["technical"] == (["b"] if "skills.soft" in str(body) else ["a", "b"])
    named = {each["kind"] for each in api.get(f"{path}/history").json()["revisions"][1]["changes"]}
    assert named == {"skills.technical", "skills.soft"}


def test_a_custom_field_comes_back_beside_the_one_that_it_was_renamed_to(api: ApiClient, path: str) -> None:
    mend(path, CustomField, "a", key="c")
    document = restored(api, path, items=[{"kind": "custom_fields", "id": "a"}])
    assert document["custom_fields"] == {"a": 1, "c": 1, "b": 2}


def test_items_come_back_to_their_places_among_those_that_have_moved_up(api: ApiClient, path: str) -> None:
    made = api.post(f"{path}/awards", [item(Award, number) for number in range(4)]).json()
    ids = [row["id"] for row in made]
    api.delete(f"{path}/awards?ids={ids[0]},{ids[1]}")
    # An app sends what it has read, which numbers the places anew.
    api.put(path, {"awards": api.get(path).json()["awards"]})
    items = [{"kind": "awards", "id": pk} for pk in (ids[1], ids[0])]
    answer = api.post(f"{path}/restore", {"version": 2, "items": items}).json()
    assert [row["id"] for row in answer["awards"]] == ids
    assert [row["version"] for row in answer["awards"]] == [5, 5, 2, 2] or answer["version"] == answer["awards"][0][
        "version"
    ]


def test_the_current_version_is_no_revision_whatever_places_are_free(api: ApiClient, path: str) -> None:
    made = api.post(f"{path}/awards", [item(Award, number) for number in range(3)]).json()
    api.delete(f"{path}/awards/{made[0]['id']}")
    assert api.post(f"{path}/restore", {"version": 3}).json()["version"] == 3


def test_what_imports_remember_is_not_changed_without_a_revision(api: ApiClient, path: str) -> None:
    before = api.get(path).json()
    resume = {"basics": {"name": "Ada"}, "languages": [{"language": "Breton", "fluency": "native"}]}
    assert api.post(f"/api/v1/profiles/import?into={path.rpartition('/')[2]}", resume).status_code == 200
    api.put(path, before)
    assert restored(api, path)["version"] == 3
    assert Origin.objects.count() == 1


def test_deleting_near_the_limit_leaves_the_history_that_undoes_it(
    api: ApiClient, path: str, settings: Settings
) -> None:
    api.patch(path, {"custom_fields": {f"key {number}": "x" * 9_000 for number in range(20)}})
    profile = Profile.objects.get()
    total = usage.total_of(profile.user_id)
    settings.USER_BYTES_LIMIT = usage.SET_ASIDE_BYTES + total.content + total.history + 2_000
    assert api.put(f"{path}/custom-fields", {}).status_code == 200
    assert [each["version"] for each in api.get(f"{path}/history").json()["revisions"]] == [3, 2, 1]
    assert len(api.get(f"{path}/history/2").json()["custom_fields"]) == 20


def test_texts_of_the_profile_itself_make_room_for_their_history(api: ApiClient, path: str, settings: Settings) -> None:
    settings.USER_BYTES_LIMIT = usage.SET_ASIDE_BYTES + 60_000
    for number in range(20):
        assert api.patch(path, {"professional_summary": f"{number} " + "𝄞" * 1_900}).status_code == 200
    profile = Profile.objects.get()
    assert profile.log_bytes < 60_000
    assert api.get(f"{path}/history/{profile.version - 1}").status_code == 200


def test_a_new_profile_makes_room_too(api: ApiClient, path: str, settings: Settings) -> None:
    for number in range(20):
        api.patch(path, {"professional_summary": f"{number} " + "𝄞" * 1_900})
    settings.USER_BYTES_LIMIT = usage.SET_ASIDE_BYTES + 60_000
    assert api.post(f"{path}/duplicate").status_code == 201
    assert usage.excess(usage.total_of(Profile.objects.first().user_id), 0) <= 0  # type: ignore[union-attr]  # there are two


def test_a_long_log_is_not_walked_for_a_repeated_request(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    key = {"Idempotency-Key": "once"}
    made = api.post("/api/v1/profiles", profile_document(0), headers=key).json()
    api.patch(f"/api/v1/profiles/{made['id']}", {"label": "Later"})
    Profile.objects.update(log_bytes=2**21)
    again = api.post("/api/v1/profiles", profile_document(0), headers=key)
    assert (again.json()["label"], again["Idempotency-Replayed"]) == ("Later", "current")


def test_pieces_of_a_long_log_have_few_bytes_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PIECE_BYTES", 10)
    sizes = [(9, 4), (8, 5), (7, 30), (6, 1), (5, 9), (4, 1)]
    assert list(history._pieces(sizes)) == [[9, 8], [7], [6, 5], [4]]


def test_a_list_of_revisions_is_another_one_when_older_ones_are_gone(api: ApiClient, path: str) -> None:
    api.patch(path, {"label": "Two"})
    tag = api.get(f"{path}/history")["ETag"]
    assert api.get(f"{path}/history", headers={"If-None-Match": tag}).status_code == 304
    Revision.objects.filter(version=1).delete()
    Profile.objects.update(log_bytes=1)
    assert api.get(f"{path}/history", headers={"If-None-Match": tag}).status_code == 200
    tag = api.get(f"{path}/history/2/diff?against=2")["ETag"]
    assert api.get(f"{path}/history/2/diff?against=2", headers={"If-None-Match": tag}).status_code == 304
