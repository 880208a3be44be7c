"""Hidden items, links, the details of skills, what others say, and what an import keeps aside."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from profiles.limits import MAX_EXTRA_BYTES, MAX_EXTRA_DEPTH, MAX_PROFILE_EXTRA_BYTES
from profiles.models import COMPONENTS, Component, Experience, Language, Profile, Reference, Skill
from profiles_project.api.parsers import MAX_DEPTH
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PERSONAL_INFO, item, make_item, make_profile
from users.models import User

pytestmark = pytest.mark.django_db

PROFILES = f"{API}/profiles"
methods = pytest.mark.parametrize("method", ["PUT", "PATCH"])


@pytest.fixture
def path(user: User) -> str:
    """The address of a profile with two rows in each list."""
    return f"{PROFILES}/{make_profile(user, 2).pk}"


def faults(response: Any) -> dict[str, str]:
    """The code of each fault of a 422 by its pointer."""
    assert response.status_code == 422, response.content
    return {error["pointer"]: error["code"] for error in response.json()["errors"]}


# Hidden items -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
def test_an_item_is_hidden_and_shown_again_and_stays_where_it_is(
    api: ApiClient, path: str, kind: type[Component]
) -> None:
    first, second = api.get(f"{path}/{kind.plural}").json()[kind.plural]
    counts = api.get(PROFILES).json()["profiles"][0]["counts"]
    for version, (sent, is_visible) in enumerate(((True, True), (False, False), (None, True)), start=2):
        answer = api.patch(f"{path}/{kind.plural}/{first['id']}", {"is_visible": sent})
        expected = [first | {"is_visible": is_visible, "version": version}, second]
        assert answer.json() == expected[0]
        assert api.get(f"{path}/{kind.plural}").json()[kind.plural] == expected
        whole = api.get(path).json()
        assert (whole["skills"] if kind.in_skills else whole)[kind.plural] == expected
        assert api.get(PROFILES).json()["profiles"][0]["counts"] == counts
    no_flags: list[Any] = ["false", 0, 1, [], {}]
    for wrong in no_flags:
        assert faults(api.patch(f"{path}/{kind.plural}/{first['id']}", {"is_visible": wrong})) == {
            "/is_visible": "invalid"
        }


# Links ------------------------------------------------------------------------------------------------------------

FULL = {"network": "Mastodon", "username": "ada", "url": "https://social.example.org/@ada"}
LINKS: dict[str, tuple[Any, list[Any]]] = {
    "null": (None, []),
    "none": ([], []),
    "whole": ([FULL], [FULL]),
    "in another order": ([dict(reversed(FULL.items()))], [FULL]),
    "the same twice": ([FULL, FULL], [FULL, FULL]),
    "the network alone": ([{"network": " X "}], [{"network": "X", "username": None, "url": None}]),
    "null members": ([FULL | {"username": None, "url": None}], [FULL | {"username": None, "url": None}]),
    "empty members": ([FULL | {"username": " ", "url": ""}], [FULL | {"username": None, "url": None}]),
    "without a scheme": ([FULL | {"url": "social.example.org"}], [FULL | {"url": "https://social.example.org"}]),
    "an unknown member": ([FULL | {"icon": "x"}], [FULL]),
    "in NFC": ([FULL | {"username": "e\u0301"}], [FULL | {"username": "\u00e9"}]),
    "as many as there may be": ([FULL] * 50, [FULL] * 50),
    "as long as they may be": (
        [{"network": "é" * 50, "username": "é" * 100, "url": "https://example.org/" + "x" * 180}],
        [{"network": "é" * 50, "username": "é" * 100, "url": "https://example.org/" + "x" * 180}],
    ),
}


@methods
@pytest.mark.parametrize("name", LINKS)
def test_links_are_stored_whole_and_can_be_sent_back(api: ApiClient, path: str, method: str, name: str) -> None:
    sent, expected = LINKS[name]
    answer = api.send(method, path, {"personal_info": {"links": sent}}, check_request=False)
    assert answer.json()["personal_info"] == PERSONAL_INFO | {"links": expected}
    assert [list(each) for each in answer.json()["personal_info"]["links"]] == [list(FULL)] * len(expected)
    again = api.send(method, path, {"personal_info": {"links": sent}}, check_request=False)
    assert again["ETag"] == api.put(path, answer.json())["ETag"] == answer["ETag"]


NO_LINKS: dict[str, tuple[Any, dict[str, str]]] = {
    "a text": ("https://example.org", {"": "not_a_list"}),
    "an object": (FULL, {"": "not_a_list"}),
    "too many": ([FULL] * 51, {"": "max_length"}),
    "null among them": ([FULL, None], {"/1": "null"}),
    "a text among them": (["https://example.org"], {"/0": "invalid"}),
    "an empty one": ([{}], {"/0/network": "required"}),
    "without its network": ([FULL, {"url": "https://example.org"}], {"/1/network": "required"}),
    "of no network": (
        [FULL | {"network": None}, FULL | {"network": " "}],
        {"/0/network": "null", "/1/network": "blank"},
    ),
    "too long": (
        [{"network": "x" * 51, "username": "x" * 101, "url": "https://example.org/" + "x" * 181}],
        {"/0/network": "max_length", "/0/username": "max_length", "/0/url": "max_length"},
    ),
    "of other types": ([{"network": 1, "username": True}], {"/0/network": "invalid", "/0/username": "invalid"}),
    "of another scheme": ([FULL | {"url": "javascript:alert(1)"}], {"/0/url": "scheme"}),
    "of no web address": ([FULL | {"url": "https://example"}], {"/0/url": "invalid"}),
}


@methods
@pytest.mark.parametrize("name", NO_LINKS)
def test_what_is_no_link_is_refused_at_its_place(api: ApiClient, path: str, method: str, name: str) -> None:
    sent, expected = NO_LINKS[name]
    before = api.get(path).json()
    answer = api.send(method, path, {"personal_info": {"links": sent}, "label": "Other"})
    assert faults(answer) == {f"/personal_info/links{below}": code for below, code in expected.items()}
    assert api.get(path).json() == before


# Details of skills ------------------------------------------------------------------------------------------------

GO: dict[str, Any] = {"kind": "technical", "name": "Go", "level": "Master", "keywords": ["Tools"], "extra": {"y": 1}}
CALM: dict[str, Any] = {"kind": "soft", "name": "Calm", "level": "High", "keywords": [], "extra": {}}
SKILLS: dict[str, Any] = {"technical": ["Go", "Rust"], "soft": ["Calm"], "details": [GO]}


@pytest.fixture
def skilled(api: ApiClient, user: User) -> str:
    """The address of a profile with SKILLS."""
    path = f"{PROFILES}/{make_profile(user, 0).pk}"
    api.put(f"{path}/skills", SKILLS)
    return path


# What is sent of the skills, and the details that are there then.
DETAILS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "what was read": (SKILLS, [GO]),
    "null": ({"details": None}, []),
    "none": ({"details": []}, []),
    "no skills": ({"technical": [], "soft": []}, []),
    "absent keys are kept": (
        {"details": [{"kind": "technical", "name": "Go", "level": "Novice"}]},
        [GO | {"level": "Novice"}],
    ),
    "nothing but the name": ({"details": [{"kind": "technical", "name": "Go"}]}, [GO]),
    "without case": (
        {"details": [{"kind": "technical", "name": " GO ", "keywords": ["a"]}]},
        [GO | {"keywords": ["a"]}],
    ),
    "another skill's in place of it": ({"details": [CALM]}, [CALM]),
    "in any order": ({"details": [CALM, GO]}, [GO, CALM]),
    "null clears each": ({"details": [{"kind": "technical", "name": "Go"} | dict.fromkeys(Skill.DETAILS)]}, []),
    "null clears one": ({"details": [GO | {"extra": None, "keywords": None}]}, [GO | {"extra": {}, "keywords": []}]),
    "of no such skill": ({"details": [GO, {"kind": "technical", "name": "Zig", "level": "Master"}]}, [GO]),
    "of the other kind": ({"details": [GO | {"kind": "soft"}]}, []),
    "of a new skill": ({"technical": ["Zig"], "details": [GO | {"name": "zig"}]}, [GO | {"name": "Zig"}]),
    "of a skill spelt anew": ({"technical": ["GO"]}, [GO | {"name": "GO"}]),
    "of a skill that went": ({"technical": ["Rust"], "details": [GO]}, []),
    "of a skill of the other list": ({"soft": []}, [GO]),
}


@pytest.mark.parametrize("name", DETAILS)
def test_details_follow_their_skills_in_the_section_and_in_the_document(
    api: ApiClient, skilled: str, name: str
) -> None:
    sent, expected = DETAILS[name]
    before = api.get(skilled).json()["skills"]
    lists = {kind: sent.get(kind, before[kind]) for kind in Skill.Kind.values}
    after = api.put(f"{skilled}/skills", sent).json()
    assert after == before | lists | {"details": expected, "message": "Skills updated successfully"}
    for method in ("PUT", "PATCH"):
        api.put(f"{skilled}/skills", SKILLS)
        answer = api.send(method, skilled, {"skills": sent})
        assert answer.json()["skills"] == before | lists | {"details": expected}
        assert api.put(skilled, answer.json())["ETag"] == answer["ETag"]


@pytest.mark.parametrize("sends_details", [True, False], ids=["sends them back", "leaves them out"])
@methods
def test_an_app_that_knows_no_details_can_drop_a_skill(
    api: ApiClient,
    path: str,
    method: str,
    sends_details: bool,  # noqa: FBT001  # what pytest gives
) -> None:
    before = api.get(path).json()
    dropped, *left = before["skills"]["soft"]
    sent = copy.deepcopy(before)
    sent["skills"]["soft"] = left
    if not sends_details:
        del sent["skills"]["details"]
    after = api.send(method, path, sent)
    assert after.status_code == 200
    details = [each for each in before["skills"]["details"] if each["name"] != dropped]
    assert after.json()["skills"] == before["skills"] | {"soft": left, "details": details}
    assert api.send(method, path, sent)["ETag"] == after["ETag"]


NO_DETAILS: dict[str, tuple[Any, dict[str, str]]] = {
    "a text": ("Go", {"": "not_a_list"}),
    "an object": (GO, {"": "not_a_list"}),
    "too many": ([GO | {"name": str(number)} for number in range(1001)], {"": "max_length"}),
    "null among them": ([None], {"/0": "null"}),
    "a name among them": (["Go"], {"/0": "invalid"}),
    "an empty one": ([{}], {"/0/kind": "required", "/0/name": "required"}),
    "of no kind": ([GO | {"kind": "hard"}], {"/0/kind": "invalid_choice"}),
    "of null": ([GO | {"kind": None, "name": None}], {"/0/kind": "null", "/0/name": "null"}),
    "two different things of one skill": (
        [CALM, GO, CALM | {"level": "Other"}, GO | {"name": "gO", "keywords": ["other"]}],
        {"/2": "duplicate", "/3": "duplicate"},
    ),
    "too long": (
        [{"kind": "soft", "name": "x" * 101, "level": "x" * 51, "keywords": ["x" * 101]}],
        {"/0/name": "max_length", "/0/level": "max_length", "/0/keywords/0": "max_length"},
    ),
    "too many keywords": ([CALM | {"keywords": ["x"] * 51}], {"/0/keywords": "max_length"}),
    "of other types": (
        [CALM | {"level": 1, "keywords": "x", "extra": []}],
        {"/0/level": "invalid", "/0/keywords": "not_a_list", "/0/extra": "invalid"},
    ),
}


@pytest.mark.parametrize("name", NO_DETAILS)
def test_what_are_no_details_is_refused_at_its_place(api: ApiClient, skilled: str, name: str) -> None:
    sent, expected = NO_DETAILS[name]
    before = api.get(skilled).json()
    section = api.put(f"{skilled}/skills", {"details": sent, "soft": []})
    assert faults(section) == {f"/details{below}": code for below, code in expected.items()}
    nested = api.patch(skilled, {"skills": {"details": sent, "soft": []}})
    assert faults(nested) == {f"/skills/details{below}": code for below, code in expected.items()}
    assert api.get(skilled).json() == before


# What an import kept aside ----------------------------------------------------------------------------------------

# Method, path below the profile, body for an `extra`, where it lies in the body, and how many bytes it may have.
Place = tuple[str, str, Callable[[Any], Any], str, int]
PLACES: dict[str, Place] = {
    "profile": ("PATCH", "", lambda extra: {"extra": extra}, "/extra", MAX_PROFILE_EXTRA_BYTES),
    "item": ("POST", "/experiences", lambda extra: item(Experience, extra=extra), "/extra", MAX_EXTRA_BYTES),
    "items": (
        "POST",
        "/languages",
        lambda extra: [item(Language), item(Language, extra=extra)],
        "/1/extra",
        MAX_EXTRA_BYTES,
    ),
    "document": (
        "PATCH",
        "",
        lambda extra: {"skills": {"languages": [item(Language, extra=extra)]}},
        "/skills/languages/0/extra",
        MAX_EXTRA_BYTES,
    ),
    "details": (
        "PUT",
        "/skills",
        lambda extra: {"details": [{"kind": "soft", "name": "soft skill 0", "extra": extra}]},
        "/details/0/extra",
        MAX_EXTRA_BYTES,
    ),
}
places = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)


def nested(depth: int) -> dict[str, Any]:
    """An object of so many levels."""
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"x": value}
    return value


@places
def test_what_was_kept_aside_has_its_limits(api: ApiClient, path: str, place: Place) -> None:
    method, below, body, pointer, most = place
    before = api.get(path).json()
    # In bytes: each é has two, and what is around them eight.
    for value, code in (
        *((wrong, "invalid") for wrong in ([], "text", 1, True, [{"x": 1}])),
        ({"x": "é" * ((most - 8) // 2 + 1)}, "max_size"),
    ):
        assert faults(api.send(method, path + below, body(value))) == {pointer: code}
    too_deep = api.send(method, path + below, body(nested(MAX_EXTRA_DEPTH + 1)))
    if pointer.count("/") + MAX_EXTRA_DEPTH < MAX_DEPTH:
        assert faults(too_deep) == {pointer: "max_depth"}
    else:
        # All of the body is too deep to be read.
        assert too_deep.status_code == 400
    assert api.get(path).json() == before


@places
def test_what_just_fits_is_kept_to_the_letter_and_can_be_sent_back(api: ApiClient, path: str, place: Place) -> None:
    method, below, body, pointer, most = place
    exact = {"z": 1.0, "a": [None, True, 1, {"b": "e\u0301 "}]}
    for value in ({"x": "é" * ((most - 8) // 2)}, nested(MAX_EXTRA_DEPTH), exact, {}):
        found: Any = api.send(method, path + below, body(value)).json()
        for step in pointer.split("/")[1:]:
            found = found[int(step) if step.isdigit() else step] if value or "details" not in pointer else value
        assert repr(found) == repr(value)
        whole = api.get(path)
        assert api.put(path, whole.json())["ETag"] == whole["ETag"]


@pytest.mark.parametrize(("old", "new"), [(1, True), (1, 1.0), (0, False), ([1], [True]), (None, False)])
def test_what_only_python_takes_for_the_same_is_a_change(api: ApiClient, path: str, old: Any, new: Any) -> None:
    before = api.get(path).json()
    job = before["experiences"][0]["id"]

    def sent(value: Any) -> list[tuple[str, str, Any]]:
        extra = {"x-value": value}
        skill = {"kind": "soft", "name": "soft skill 0", "extra": extra}
        return [
            ("PATCH", path, {"extra": extra}),
            ("PATCH", f"{path}/experiences/{job}", {"extra": extra}),
            ("PUT", f"{path}/skills", {"details": [skill]}),
        ]

    for first, second in zip(sent(old), sent(new), strict=True):
        tag = api.send(*first)["ETag"]
        assert api.send(*first)["ETag"] == tag
        assert api.send(*second)["ETag"] != tag
    after = api.get(path).json()
    found = [after["extra"], after["experiences"][0]["extra"], after["skills"]["details"][0]["extra"]]
    assert repr(found) == repr([{"x-value": new}] * 3)


# What others say, and what does not score -------------------------------------------------------------------------


def test_the_list_of_profiles_tells_neither_what_others_say_nor_what_was_kept_aside(api: ApiClient, path: str) -> None:
    assert Reference.objects.count() == 2
    shown = api.get(PROFILES)
    assert [word for word in ("Babbage", "references", "x-source") if word in shown.content.decode()] == []
    assert "Babbage" in api.get(path).content.decode()


@pytest.mark.parametrize("kind", COMPONENTS[5:], ids=lambda kind: kind.plural)
def test_the_newer_kinds_do_not_score(api: ApiClient, path: str, kind: type[Component]) -> None:
    before = api.get(f"{path}/analytics")
    assert api.post(f"{path}/{kind.plural}", [item(kind, number) for number in range(5)]).status_code == 201
    after = api.get(f"{path}/analytics")
    assert after.json() == before.json()
    assert after["ETag"] != before["ETag"]


def test_a_copy_has_all_of_it(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 0, is_active=False, extra={"x": [1.0, True]}, links=[FULL], country_code="FR")
    make_item(profile, Reference, is_visible=True, extra={"x": 1})
    Skill.objects.create(profile=profile, kind="soft", position=0, name="Calm", level="High", keywords=["a"])
    original = api.get(f"{PROFILES}/{profile.pk}").json()
    copied = api.post(f"{PROFILES}/{profile.pk}/duplicate", {}).json()
    own = {"id", "created_at", "updated_at", "is_active", "references"}
    assert {name: copied[name] for name in copied.keys() - own} == {
        name: original[name] for name in original.keys() - own
    }
    assert [each | {"id": ""} for each in copied["references"]] == [
        each | {"id": ""} for each in original["references"]
    ]
    assert repr(copied["extra"]) == "{'x': [1.0, True]}"
    assert Profile.objects.get(pk=copied["id"]).links == [FULL]
