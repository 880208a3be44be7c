"""What is done with whole profiles, and the two parts without items: skills by name and custom fields."""

import datetime as dt
import json
from http import HTTPStatus
from typing import Any

import pytest

from profiles.models import COMPONENTS, PARTS, Actor, Cause, Component, CustomField, Profile, Reference, Revision
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.factories import (
    EMPTY_SKILLS,
    PERSONAL_INFO,
    SUMMARY,
    make_item,
    make_profile,
    profile_document,
    shown,
)
from users.models import User

pytestmark = pytest.mark.django_db

PROFILES = "/api/v1/profiles"
STALE = '"01990000-0000-7000-8000-000000000000.1"'


def address(profile: Profile, below: str = "") -> str:
    return f"{PROFILES}/{profile.pk}{below}"


def versions() -> dict[str, tuple[int, bool]]:
    """Version and activity of every profile by its label."""
    return {profile.label: (profile.version, profile.is_active) for profile in Profile.objects.all()}


def faults(response: Any) -> list[dict[str, str]]:
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, response.content
    errors: list[dict[str, str]] = response.json()["errors"]
    return errors


@pytest.fixture
def three(user: User) -> list[Profile]:
    """Three profiles, oldest first; the first is the active one."""
    return [make_profile(user, number, label=label) for number, label in enumerate(["first", "second", "third"])]


# Active or not ----------------------------------------------------------------------------------------------------


def test_activation_is_a_revision_of_the_two_profiles_that_change(api: ApiClient, three: list[Profile]) -> None:
    answer = api.post(address(three[1], "/activate"))
    assert answer.json() == api.get(address(three[1])).json()
    assert answer["ETag"] == api.get(address(three[1]))["ETag"]
    assert versions() == {"first": (2, False), "second": (2, True), "third": (1, False)}
    assert api.post(address(three[1], "/activate")).json() == answer.json()
    assert versions() == {"first": (2, False), "second": (2, True), "third": (1, False)}
    assert api.get(f"{PROFILES}/me").json() == answer.json()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_nothing_but_activation_makes_a_profile_active(api: ApiClient, three: list[Profile], method: str) -> None:
    answer = api.send(method, address(three[1]), {"is_active": True})
    assert answer.json()["is_active"] is False
    assert api.post(PROFILES, profile_document(0, is_active=True)).json()["is_active"] is False
    api.send(method, address(three[0]), {"is_active": False})
    assert versions() == {
        "first": (1, True),
        "second": (1, False),
        "third": (1, False),
        "Master": (1, False),
    }


def test_the_first_profile_is_the_active_one(api: ApiClient) -> None:
    missing = api.get(f"{PROFILES}/me")
    assert missing.status_code == HTTPStatus.NOT_FOUND
    assert missing.json()["detail"].startswith("No profile found")
    made = api.post(PROFILES, profile_document(1))
    api.post(PROFILES, profile_document(1))
    active = api.get(f"{PROFILES}/me")
    assert active.json() == made.json()
    assert active["ETag"] == made["ETag"]
    assert api.get(f"{PROFILES}/me", if_none_match=active["ETag"]).status_code == HTTPStatus.NOT_MODIFIED


def test_when_the_active_profile_is_deleted_the_newest_becomes_active(api: ApiClient, three: list[Profile]) -> None:
    assert api.delete(address(three[0])).status_code == HTTPStatus.NO_CONTENT
    assert versions() == {"second": (1, False), "third": (2, True)}
    assert api.get(f"{PROFILES}/me").json()["label"] == "third"
    api.delete(address(three[1]))
    assert versions() == {"third": (2, True)}
    assert api.delete(address(three[2])).status_code == HTTPStatus.NO_CONTENT
    assert api.get(f"{PROFILES}/me").status_code == HTTPStatus.NOT_FOUND
    for method in ("GET", "DELETE"):
        assert api.send(method, address(three[2])).status_code == HTTPStatus.NOT_FOUND


def test_a_deleted_profile_lies_in_the_trash_with_all_below_it_until_it_is_deleted_for_good(
    api: ApiClient, three: list[Profile]
) -> None:
    for profile in three:
        tag = api.delete(address(profile))["ETag"]
        assert tag.startswith(f'"{profile.pk}.{Profile.with_trash.get(pk=profile.pk).version}.')
    assert not Profile.objects.exists()
    trash = Profile.with_trash.all()
    assert [each.label for each in trash] == ["first", "second", "third"]
    # Deleting it is a revision, and becoming the active one was another.
    assert [(each.version, each.is_active) for each in trash] == [(2, False), (2, False), (3, False)]
    assert all(part._default_manager.count() >= 3 for part in PARTS)
    for profile in trash:
        Profile.objects.purge(profile, Cause(Actor.YOU, "trash_delete"))
    assert not any(part._default_manager.exists() for part in PARTS)
    assert not Profile.with_trash.exists()
    assert not Revision.objects.exists()


def test_a_profile_that_is_made_again_with_its_old_id_is_another_one(api: ApiClient) -> None:
    made = api.post(PROFILES, profile_document(1))
    api.delete(made["Location"])
    anew = profile_document(0, id=made.json()["id"], label="Again")
    assert api.post(PROFILES, anew).status_code == HTTPStatus.CONFLICT
    assert Profile.with_trash.filter(pk=made.json()["id"]).delete()
    again = api.post(PROFILES, anew)
    assert again.json()["version"] == made.json()["version"]
    answer = api.get(again["Location"], if_none_match=made["ETag"])
    assert answer.status_code == HTTPStatus.OK
    assert answer.json()["label"] == "Again"


@pytest.mark.parametrize(("method", "below"), [("POST", "/activate"), ("POST", "/duplicate"), ("DELETE", "")])
def test_a_stale_version_stops_what_is_done_with_a_profile(
    api: ApiClient, three: list[Profile], method: str, below: str
) -> None:
    before = versions()
    for tag in (STALE, f'"{three[1].pk}.2"', f'W/"{three[0].pk}.1"', "garbage"):
        answer = api.send(method, address(three[1], below), if_match=tag)
        assert answer.status_code == HTTPStatus.PRECONDITION_FAILED
        assert answer.json()["version"] == 1
    assert versions() == before
    current = api.get(address(three[1], "/skills"))["ETag"]
    answer = api.send(method, address(three[1], below), if_match=f"{STALE}, {current}")
    assert answer.status_code in {200, 201, 204}


# Copies -----------------------------------------------------------------------------------------------------------


def ids_in(document: dict[str, Any]) -> list[str]:
    lists = [(document["skills"] if kind.in_skills else document)[kind.plural] for kind in COMPONENTS]
    return [document["id"], *(item["id"] for items in lists for item in items)]


def with_ids(document: dict[str, Any], ids: list[str]) -> Any:
    text = json.dumps(document)
    for old, new in zip(ids_in(document), ids, strict=True):
        text = text.replace(old, new)
    return json.loads(text)


@pytest.mark.parametrize(
    ("body", "label"),
    [({"label": "  Copy "}, "Copy"), ({"label": None}, "third"), ({"label": ""}, "third"), ({}, "third")],
)
def test_a_copy_is_deep_and_has_ids_of_its_own(
    api: ApiClient, three: list[Profile], body: dict[str, Any], label: str
) -> None:
    before = versions()
    original = api.get(address(three[2])).json()
    answer = api.post(address(three[2], "/duplicate"), body, check_request=False)
    assert answer.status_code == HTTPStatus.CREATED
    copied = answer.json()
    assert answer["Location"] == f"{PROFILES}/{copied['id']}"
    assert not set(ids_in(copied)) & set(ids_in(original))
    assert copied["created_at"] > original["created_at"]
    times = {"created_at": original["created_at"], "updated_at": original["updated_at"]}
    assert with_ids(copied, ids_in(original)) == original | {"label": label} | {name: copied[name] for name in times}
    assert api.get(answer["Location"]).json() == copied
    api.patch(answer["Location"], {"label": "changed", "experiences": [], "custom_fields": {}})
    assert api.get(address(three[2])).json() == original
    assert versions() == before | {"changed": (2, False)}


def test_a_copy_needs_no_body_and_the_copy_of_the_active_profile_is_not_active(
    api: ApiClient, three: list[Profile]
) -> None:
    copied = api.post(address(three[0], "/duplicate"), content_type="").json()
    assert copied["label"] == "first"
    assert copied["is_active"] is False
    assert faults(api.post(address(three[0], "/duplicate"), {"label": "x" * 101}))[0]["pointer"] == "/label"
    assert Profile.objects.count() == 4


# Lists ------------------------------------------------------------------------------------------------------------


def test_the_list_shows_own_fields_and_counts_oldest_first(
    api: ApiClient, three: list[Profile], other_user: User
) -> None:
    make_profile(other_user, 1)
    answer = api.get(PROFILES).json()
    assert [each["label"] for each in answer["profiles"]] == ["first", "second", "third"]
    assert answer["pagination"] == {
        "total": 3,
        "limit": 20,
        "offset": 0,
        "has_next": False,
        "has_previous": False,
    }
    # What others say of the person is counted nowhere.
    names = [kind.plural for kind in COMPONENTS if kind is not Reference] + ["technical", "soft", "custom_fields"]
    for number, each in enumerate(answer["profiles"]):
        assert each["counts"] == dict.fromkeys(names, number)
        whole = api.get(address(three[number])).json()
        assert each == {name: whole[name] for name in each if name != "counts"} | {"counts": each["counts"]}
        assert each["personal_info"] == PERSONAL_INFO
        assert each["professional_summary"] == SUMMARY


def test_the_list_comes_in_pages_with_links(api: ApiClient, three: list[Profile]) -> None:
    first = api.get(f"{PROFILES}?limit=1")
    assert first["Link"] == f'<{PROFILES}?limit=1&offset=1>; rel="next"'
    middle = api.get(first["Link"].partition(">")[0].lstrip("<"))
    assert middle["Link"] == (f'<{PROFILES}?limit=1&offset=2>; rel="next", <{PROFILES}?limit=1&offset=0>; rel="prev"')
    last = api.get(f"{PROFILES}?limit=2&offset=2")
    assert last["Link"] == f'<{PROFILES}?limit=2&offset=0>; rel="prev"'
    beyond = api.get(f"{PROFILES}?offset=100")
    assert beyond.json()["profiles"] == []
    assert beyond.json()["pagination"] | {"limit": 0} == {
        "total": 3,
        "limit": 0,
        "offset": 100,
        "has_next": False,
        "has_previous": True,
    }
    pages = [page.json()["profiles"][0]["label"] for page in (first, middle, last)]
    assert pages == ["first", "second", "third"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=1.0", "limit=%C2%B2"])
@pytest.mark.parametrize("name", ["limit", "offset"])
def test_a_page_outside_the_bounds_is_refused(api: ApiClient, name: str, query: str) -> None:
    text = query.replace("limit", name).replace("0", "-1").replace("1-11", "2147483648")
    (fault,) = faults(api.get(f"{PROFILES}?{text}"))
    assert fault["parameter"] == name


def test_the_list_is_not_sent_again_to_who_has_it(api: ApiClient, three: list[Profile]) -> None:
    tag = api.get(PROFILES)["ETag"]
    assert api.get(PROFILES, if_none_match=tag).status_code == HTTPStatus.NOT_MODIFIED
    api.post(address(three[0], "/skills/soft"), {"skills": ["Patience"]})
    assert api.get(PROFILES, if_none_match=tag).status_code == HTTPStatus.OK


# Analytics --------------------------------------------------------------------------------------------------------


def test_analytics_change_with_the_profile_and_with_the_day(
    api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = make_profile(user, 3)
    path = address(profile, "/analytics")
    answer = api.get(path)
    found = answer.json()
    assert found["profile_id"] == str(profile.pk)
    assert found["completeness"] | {"skills": 0, "overall": 0} == {
        "overall": 0,
        "personal_info": 100,
        "professional_summary": 100,
        "experiences": 60,
        "education": 100,
        "skills": 0,
        "projects": 75,
        "custom_fields": 60,
    }
    assert found["statistics"] == {
        "total_experiences": 3,
        "total_education": 3,
        "total_skills": 6,
        "total_projects": 3,
        "total_certifications": 3,
        "total_languages": 3,
        "years_of_experience": 2.8,
    }
    assert api.get(path, if_none_match=answer["ETag"]).status_code == HTTPStatus.NOT_MODIFIED
    today = clock.now()
    assert today.date().isoformat() in answer["ETag"]
    changed = api.post(address(profile, "/projects"), {**profile_document(1)["projects"][0]}, if_match=answer["ETag"])
    assert changed.status_code == HTTPStatus.CREATED
    second = api.get(path, if_none_match=answer["ETag"])
    assert second.json()["completeness"]["projects"] == 100
    monkeypatch.setattr(clock, "now", lambda: today + dt.timedelta(days=1))
    third = api.get(path, if_none_match=second["ETag"])
    assert third.status_code == HTTPStatus.OK
    assert third["ETag"] != second["ETag"]


# Skills -----------------------------------------------------------------------------------------------------------


def test_the_skills_section_is_read_and_replaced_as_the_document_has_it(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 2)
    path = address(profile, "/skills")
    whole = api.get(address(profile))
    answer = api.get(path)
    assert answer.json() == whole.json()["skills"]
    assert answer["ETag"] == whole["ETag"]
    same = api.put(path, answer.json())
    assert same.json() == {"message": "Skills updated successfully", **answer.json()}
    assert same["ETag"] == whole["ETag"]
    (first, second) = answer.json()["languages"]
    sent = {"technical": [" C++ ", "Go"], "languages": [second, {"name": "Welsh", "proficiency": "basic"}]}
    changed = api.put(path, sent).json()
    welsh = changed["languages"][1]
    assert changed == answer.json() | {
        "message": "Skills updated successfully",
        "technical": ["C++", "Go"],
        # What was known of a skill goes with it.
        "details": [each for each in answer.json()["details"] if each["kind"] == "soft"],
        "languages": [
            second,
            shown({"name": "Welsh", "proficiency": "basic", "is_visible": True, "extra": {}}, welsh["id"], version=2),
        ],
    }
    assert api.get(address(profile)).json()["version"] == 2
    assert first["id"] not in {each["id"] for each in api.get(path).json()["languages"]}


def test_a_faulty_skills_section_stores_nothing(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 1)
    before = api.get(address(profile)).json()
    sent = {
        "technical": ["Go", 1, "", "x" * 101, "GO"],
        "soft": "Patience",
        "languages": [{"name": "x" * 51, "proficiency": "good"}],
        "certifications": [{}],
    }
    found = {fault["pointer"]: fault["code"] for fault in faults(api.put(address(profile, "/skills"), sent))}
    assert found == {
        "/technical/1": "invalid",
        "/technical/2": "blank",
        "/technical/3": "max_length",
        "/soft": "not_a_list",
        "/languages/0/name": "max_length",
        "/languages/0/proficiency": "invalid_choice",
        "/certifications/0/name": "required",
        "/certifications/0/issuer": "required",
        "/certifications/0/date_obtained": "required",
    }
    known = {"id": before["skills"]["languages"][0]["id"]}
    assert len(faults(api.put(address(profile, "/skills"), {"languages": [known]}, check_request=False))) == 2
    assert api.get(address(profile)).json() == before


@pytest.mark.parametrize("kind", ["technical", "soft"])
def test_skills_are_added_and_removed_by_name_without_case(api: ApiClient, user: User, kind: str) -> None:
    path = address(make_profile(user, 0), f"/skills/{kind}")
    added = api.post(path, {"skills": ["Go", " C++ ", "go", "Straße", "R", "Rust"]})
    names = ["Go", "C++", "Straße", "R", "Rust"]
    assert added.json() == {"message": f"5 {kind} skills added successfully", kind: names}
    again = api.post(path, {"skills": ["STRASSE", "c++"]})
    assert again.json() == {"message": f"0 {kind} skills added successfully", kind: names}
    assert again["ETag"] == added["ETag"]
    one = api.post(path, {"skills": ["Go", "Perl"]})
    assert one.json() == {"message": f"1 {kind} skill added successfully", kind: [*names, "Perl"]}
    removed = api.delete(f"{path}?skills=C%2B%2B&skills=GO&skills=COBOL")
    left = ["Straße", "R", "Rust", "Perl"]
    assert removed.json() == {"message": f"2 {kind} skills removed successfully", kind: left}
    assert api.delete(path, {"skills": ["COBOL"]})["ETag"] == removed["ETag"]
    body = api.delete(path, {"skills": ["strasse", "R", "r"]})
    assert body.json() == {"message": f"2 {kind} skills removed successfully", kind: ["Rust", "Perl"]}
    skills = api.get(path.removesuffix(f"/{kind}")).json()
    assert skills == EMPTY_SKILLS | {kind: ["Rust", "Perl"]}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "/skills"),
        ({"skills": None}, "/skills"),
        ({"skills": "Go"}, "/skills"),
        ({"skills": {"0": "Go"}}, "/skills"),
        ({"skills": ["Go", None]}, "/skills/1"),
        ({"skills": [["Go"]]}, "/skills/0"),
        ({"skills": ["x" * 101]}, "/skills/0"),
        ({"skills": [" "]}, "/skills/0"),
        (["Go"], ""),
        ("Go", ""),
        (None, ""),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_faulty_lists_of_skills_change_nothing(api: ApiClient, user: User, method: str, body: Any, where: str) -> None:
    profile = make_profile(user, 1)
    before = api.get(address(profile)).json()
    answer = api.send(method, address(profile, "/skills/technical"), body)
    assert [fault["pointer"] for fault in faults(answer)] == [where]
    assert api.get(address(profile)).json() == before


@pytest.mark.parametrize(
    ("below", "query", "name"),
    [
        ("/skills/soft", "skills=&skills=Go", "skills"),
        ("/skills/soft", f"skills=Go&skills={'x' * 101}", "skills"),
        ("/custom-fields", "keys=&keys=", "keys"),
        ("/custom-fields", "keys=a&keys=%00", "keys"),
    ],
)
def test_a_fault_in_the_query_names_the_parameter(
    api: ApiClient, user: User, below: str, query: str, name: str
) -> None:
    (fault,) = faults(api.delete(f"{address(make_profile(user, 1), below)}?{query}"))
    assert fault["parameter"] == name


def test_a_delete_that_names_nothing_does_nothing(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 2)
    before = api.get(address(profile))
    how: dict[str, Any]
    for below, key, status in (("/skills/soft", "skills", 200), ("/custom-fields", "keys", 204)):
        path = address(profile, below)
        empty: tuple[dict[str, Any], ...] = ({"json": {key: []}}, {"query": {key: ""}})
        for how in empty:
            answer = api.delete(path, **how, if_match=before["ETag"])
            assert (answer.status_code, answer["ETag"]) == (status, before["ETag"])
            assert api.delete(path, **how, if_match=f'"{profile.pk}.9.1"').status_code == 412
        assert api.delete(path).status_code == 400
    none = api.delete(address(profile, "/skills/soft"), {"skills": []}).json()
    soft = before.json()["skills"]["soft"]
    assert none == {"message": "0 soft skills removed successfully", "soft": soft}
    assert api.get(address(profile)).json() == before.json()
    assert api.post(address(profile, "/skills/soft"), {"skills": []}).status_code == 422


# Custom fields ----------------------------------------------------------------------------------------------------

EXACT = """{"int": 1, "float": 1.0, "true": true, "zero": 0, "no": false, "null": null, "big": 9223372036854775807,
 "huge": 1e300, "tiny": 5e-324, "precise": 0.1, "minus": -0.0, "empty": "", "spaces": "  kept  ", "nfd": "e\u0301",
 "emoji": "\\ud83d\\ude00", "text": "1", "list": [null, [], {}, [null, {"": null}]],
 "order": {"z": 1, "a": {"y": 1.0, "b": true}, "m": [1.0, 1, true]}}"""


def exactly(text: str | bytes) -> str:
    """A JSON text with every value's type, number and key order to be compared."""
    return repr(dict(json.loads(text, object_pairs_hook=lambda pairs: pairs)))


def test_values_of_custom_fields_are_kept_exactly(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 0)
    path = address(profile, "/custom-fields")
    sent = json.loads(EXACT)
    stored = api.put(path, data=EXACT.encode())
    for text in (stored.content, api.get(path).content, json.dumps(api.get(address(profile)).json()["custom_fields"])):
        assert exactly(text) == exactly(EXACT)
    assert api.put(path, sent)["ETag"] == stored["ETag"]
    assert api.patch(address(profile), {"custom_fields": sent})["ETag"] == stored["ETag"]
    posted = api.post(path, {"fields": [{"key": key, "value": value} for key, value in sent.items()]})
    assert posted["ETag"] == stored["ETag"]


@pytest.mark.parametrize(("old", "new"), [(1, 1.0), (1, True), (0, False), (None, False), ({"a": 1}, {"a": True})])
def test_a_value_that_only_python_takes_for_the_same_is_another(api: ApiClient, user: User, old: Any, new: Any) -> None:
    path = address(make_profile(user, 0), "/custom-fields")
    before = api.put(path, {"key": old})
    after = api.put(path, {"key": new})
    assert after["ETag"] != before["ETag"]
    assert repr(api.get(path).json()["key"]) == repr(new)


def test_custom_fields_are_added_overwritten_replaced_and_removed(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 2)
    path = address(profile, "/custom-fields")
    sent = {"fields": [{"key": "key 0", "value": None}, {"key": " new ", "value": [1]}]}
    added = api.post(path, sent)
    assert added.status_code == HTTPStatus.CREATED
    assert added.json() == {"message": "2 custom fields updated successfully", "updated_fields": ["key 0", "new"]}
    assert api.get(path).json() == {"key 0": None, "key 1": {"value": 1}, "new": [1]}
    assert api.post(path, sent)["ETag"] == added["ETag"]
    one = api.post(path, {"fields": [{"key": "new", "value": [2]}]})
    assert one.json() == {"message": "1 custom field updated successfully", "updated_fields": ["new"]}
    removed = api.delete(path, {"keys": ["key 0", "never there"]})
    assert removed.status_code == HTTPStatus.NO_CONTENT
    assert api.delete(f"{path}?keys=new&keys=never%20there").status_code == HTTPStatus.NO_CONTENT
    assert api.get(path).json() == {"key 1": {"value": 1}}
    whole = api.get(address(profile)).json()
    assert whole["version"] == 5
    assert api.delete(f"{path}?keys=nothing")["ETag"] == api.get(path)["ETag"]
    kept = CustomField.objects.get(profile=profile)
    assert api.put(path, {"key 1": "changed", "other": 1}).json() == {"key 1": "changed", "other": 1}
    assert CustomField.objects.get(profile=profile, key="key 1").pk == kept.pk
    assert api.put(path, {}).json() == {}
    assert api.get(address(profile)).json()["version"] == 7


@pytest.mark.parametrize(
    ("method", "body", "where"),
    [
        ("POST", {}, "/fields"),
        ("POST", {"fields": []}, "/fields"),
        ("POST", {"fields": None}, "/fields"),
        ("POST", {"fields": {"key": 1}}, "/fields"),
        ("POST", {"fields": [{"key": "a", "value": 1}, {"value": 1}]}, "/fields/1/key"),
        ("POST", {"fields": [{"key": "a"}]}, "/fields/0/value"),
        ("POST", {"fields": [{"key": "", "value": 1}]}, "/fields/0/key"),
        ("POST", {"fields": [{"key": 1, "value": 1}]}, "/fields/0/key"),
        ("POST", {"fields": [{"key": "x" * 51, "value": 1}]}, "/fields/0/key"),
        ("POST", {"fields": [{"key": "a", "value": "x" * 10240}]}, "/fields/0/value"),
        ("POST", {"fields": [{"key": "a", "value": 1}, {"key": " a", "value": 2}]}, "/fields"),
        ("POST", {"fields": [{"key": f"{n}", "value": 1} for n in range(101)]}, "/fields"),
        ("POST", [{"key": "a", "value": 1}], ""),
        ("PUT", [], ""),
        ("PUT", "text", ""),
        ("PUT", None, ""),
        ("PUT", {"": 1}, "/"),
        ("PUT", {"a": 1, " a": 2}, "/ a"),
        ("PUT", {"x" * 51: 1}, f"/{'x' * 51}"),
        ("PUT", {"a/b": "x" * 10240}, "/a~1b"),
        ("PUT", {"non_field_errors": "x" * 10240}, "/non_field_errors"),
        ("PUT", {f"{n}": 1 for n in range(101)}, ""),
        ("DELETE", {}, "/keys"),
        ("DELETE", {"keys": "a"}, "/keys"),
        ("DELETE", {"keys": [1]}, "/keys/0"),
        ("DELETE", {"keys": [None]}, "/keys/0"),
    ],
)
def test_faulty_custom_fields_change_nothing(api: ApiClient, user: User, method: str, body: Any, where: str) -> None:
    profile = make_profile(user, 1)
    before = api.get(address(profile)).json()
    answer = api.send(method, address(profile, "/custom-fields"), body)
    assert [fault["pointer"] for fault in faults(answer)] == [where]
    assert api.get(address(profile)).json() == before


def test_a_map_in_place_of_the_list_of_custom_fields_is_not_told_to_hold_a_list(api: ApiClient, user: User) -> None:
    answer = api.post(address(make_profile(user, 0), "/custom-fields"), {"fields": {"key": 1}}, check_request=False)
    assert [(fault["pointer"], fault["detail"]) for fault in faults(answer)] == [("/fields", "This must be a list.")]


@pytest.mark.parametrize("depth", [28, 29, 30, 31])
def test_whatever_value_was_stored_can_be_sent_back_in_the_whole_document(
    api: ApiClient, user: User, depth: int
) -> None:
    """The value lies deeper in the whole document than in the map that it may have come in."""
    profile = make_profile(user, 0)
    value: Any = "deep"
    for _ in range(depth):
        value = [value]
    stored = api.put(address(profile, "/custom-fields"), {"key": value})
    whole = api.get(address(profile)).json()
    assert api.put(address(profile), whole).status_code == HTTPStatus.OK
    assert (stored.status_code == HTTPStatus.OK) == (whole["custom_fields"] == {"key": value})


@pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
def test_other_profiles_keep_what_one_profile_loses(api: ApiClient, user: User, kind: type[Component]) -> None:
    one, other = make_profile(user, 1), make_profile(user, 1)
    make_item(other, kind, 1)
    before = api.get(address(other)).json()
    api.put(address(one), {"experiences": [], "education": [], "projects": [], "skills": None, "custom_fields": {}})
    api.delete(address(one))
    assert api.get(address(other)).json() == before | {
        "is_active": True,
        "version": 2,
        "updated_at": api.get(address(other)).json()["updated_at"],
    }
