"""`If-Match` that names an item, and the 412 that tells what is current (contract 1.4)."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from profiles.models import COMPONENTS, Experience, Profile
from tests.support.client import NO_BODY, ApiClient
from tests.support.contract import API
from tests.support.factories import item, make_profile, profile_document
from tests.support.items import Section, nothing_stored, on_two_kinds
from tests.support.queries import statements
from users.models import User

pytestmark = pytest.mark.django_db

# The writes on an item's own routes.
ON_ITEM: Mapping[str, Callable[..., Any]] = {
    "PUT": lambda s, **o: s.api.put(s.item_path(), item(s.kind, 13), **o),
    "PATCH": lambda s, **o: s.api.patch(s.item_path(), {s.first_field: "Newest"}, **o),
    "DELETE": lambda s, **o: s.api.delete(s.item_path(), **o),
}


def item_tag(section: Section, index: int = 0) -> str:
    """The tag of the item alone, made of what its GET shows."""
    shown = section.api.get(section.item_path(index)).json()
    return f'"{shown["id"]}.{shown["version"]}"'


def change_elsewhere(section: Section) -> None:
    assert section.api.patch(section.profile_path, {"label": "Changed elsewhere"}).status_code == 200
    assert section.api.patch(section.item_path(1), {section.first_field: "Changed beside"}).status_code == 200


def change_item(section: Section) -> None:
    assert section.api.patch(section.item_path(), {section.first_field: "Changed elsewhere"}).status_code == 200


def is_stale(answer: Any, section: Section) -> dict[str, Any]:
    """The problem document of a 412 that tells the profile's version and tag."""
    profile = section.api.get(section.profile_path)
    assert answer.status_code == 412, answer.content
    problem: dict[str, Any] = answer.json()
    assert (problem["version"], answer["ETag"]) == (profile.json()["version"], profile["ETag"])
    return problem


@pytest.mark.parametrize("name", ON_ITEM)
def test_a_change_elsewhere_is_no_conflict_for_the_tag_of_an_item(section: Section, name: str) -> None:
    tag = item_tag(section)
    change_elsewhere(section)
    answer = ON_ITEM[name](section, if_match=tag)
    assert answer.status_code in {200, 204}
    assert answer["ETag"] == section.tag()


@pytest.mark.parametrize("name", ON_ITEM)
def test_a_change_of_the_item_is_a_conflict_that_tells_what_is_current(section: Section, name: str) -> None:
    tag = item_tag(section)
    change_item(section)
    with nothing_stored(section):
        problem = is_stale(ON_ITEM[name](section, if_match=tag), section)
    assert problem["current"] == section.api.get(section.item_path()).json()
    assert problem["detail"] == "This entry has changed since you read it."
    # What is told is enough to try again.
    again = f'"{problem["current"]["id"]}.{problem["current"]["version"]}"'
    assert ON_ITEM[name](section, if_match=again).status_code in {200, 204}


@on_two_kinds
@pytest.mark.parametrize("name", ON_ITEM)
def test_a_stale_tag_of_the_profile_is_told_the_item_too(section: Section, name: str) -> None:
    stale = section.tag()
    change_elsewhere(section)
    with nothing_stored(section):
        problem = is_stale(ON_ITEM[name](section, if_match=stale), section)
    assert problem["current"] == section.api.get(section.item_path()).json()
    assert problem["detail"] == "The profile has changed since you read it."


@on_two_kinds
def test_moving_an_item_leaves_its_tag(section: Section) -> None:
    tag, path = item_tag(section), section.item_path()
    assert section.api.put(f"{section.path}/order", {"ids": section.ids()[::-1]}).status_code == 200
    assert section.api.patch(path, {section.first_field: "Moved"}, if_match=tag).status_code == 200


@on_two_kinds
def test_any_form_of_the_items_tag_passes_and_no_other_tag_does(section: Section) -> None:
    path = section.item_path()
    for number, form in enumerate(('"{}"', 'W/"{}"', '"{}-gzip"', '"x", "{}"', "*")):
        change_elsewhere(section)
        current = item_tag(section).strip('"')
        answer = section.api.patch(path, {section.first_field: f"New {number}"}, if_match=form.format(current))
        assert answer.status_code == 200, form
        pk, version = current.split(".")
        beside = item_tag(section, 1)
        with nothing_stored(section):
            for tag in (
                *(f'"{current}"', f'"x", W/"{current}"', beside),
                *(f'"{pk}"', f'"{pk}."', f'"{pk}.x"', f'"{pk}.0"', f'"{pk}.{version}.1"'),
                item_tag(section).upper(),
            ):
                problem = is_stale(section.api.patch(path, {section.first_field: "No"}, if_match=tag), section)
                assert problem["current"]["id"] == pk, tag


@on_two_kinds
def test_of_a_tag_of_the_item_and_one_of_the_profile_either_is_enough(section: Section) -> None:
    stale_item, stale_profile = item_tag(section), section.tag()
    change_item(section)
    pairs: list[tuple[Callable[[], str], str]] = [
        (lambda: f"{stale_item}, {stale_profile}", "No"),
        (lambda: f"{stale_item}, {section.tag()}", "One"),
        (lambda: f"{stale_profile}, {item_tag(section)}", "Two"),
    ]
    found = []
    for tags, text in pairs:
        answer = section.api.patch(section.item_path(), {section.first_field: text}, if_match=tags())
        found.append(answer.status_code)
    assert found == [412, 200, 200]


@on_two_kinds
@pytest.mark.parametrize("method", ON_ITEM)
def test_an_item_that_is_gone_is_a_conflict_without_it_unless_the_profile_is_current(
    section: Section, method: str
) -> None:
    of_item, of_profile, gone = item_tag(section), section.tag(), section.item_path()
    section.api.delete(gone)
    body = NO_BODY if method == "DELETE" else item(section.kind, 13)
    with nothing_stored(section):
        problems = [
            is_stale(section.api.send(method, gone, body, if_match=tag), section) for tag in (of_item, of_profile)
        ]
        for tag in (None, "*", section.tag(), f"{of_item}, {section.tag()}"):
            assert section.api.send(method, gone, body, if_match=tag).status_code == 404, tag
    assert not any("current" in problem for problem in problems)
    assert [problem["detail"] for problem in problems] == [
        "This entry no longer exists.",
        "The profile has changed since you read it.",
    ]


@on_two_kinds
def test_an_item_of_another_profile_is_neither_found_nor_shown(section: Section, other_user: User) -> None:
    theirs = next(iter(section.kind.of(make_profile(other_user, 1)).values()))
    answer = section.api.delete(f"{section.path}/{theirs.pk}", if_match=f'"{theirs.pk}.{theirs.version}"')
    assert "current" not in is_stale(answer, section)
    assert section.kind._default_manager.filter(pk=theirs.pk).exists()


@on_two_kinds
def test_on_other_routes_a_tag_of_two_parts_names_the_profile(section: Section) -> None:
    change_elsewhere(section)
    change = [{"id": section.ids()[0], section.first_field: "Other"}]
    with nothing_stored(section):
        problem = is_stale(section.api.patch(section.path, change, if_match=item_tag(section)), section)
    assert "current" not in problem
    for number, path in enumerate((section.path, section.item_path())):
        tag, body = f'"{section.profile.pk}.{section.version()}"', {section.first_field: f"Number {number}"}
        sent = [change[0] | body] if path == section.path else body
        assert section.api.patch(path, sent, if_match=tag).status_code == 200


@on_two_kinds
def test_after_a_release_without_a_log_the_version_that_is_shown_counts(section: Section) -> None:
    before = item_tag(section)
    Profile.with_trash.filter(pk=section.profile.pk).update(version=5)
    after = item_tag(section)
    assert after == f'"{section.ids()[0]}.5"'
    with nothing_stored(section):
        assert is_stale(ON_ITEM["PATCH"](section, if_match=before), section)["current"]["version"] == 5
    assert ON_ITEM["PATCH"](section, if_match=after).status_code == 200


@on_two_kinds
@pytest.mark.parametrize("name", ON_ITEM)
def test_judging_a_tag_costs_no_statement(section: Section, name: str) -> None:
    found = {}
    for tag in (None, item_tag(section), section.tag()):
        fresh = Section(section.api, section.kind, make_profile(section.profile.user, 3))
        sent = {None: None, item_tag(section): item_tag(fresh)}.get(tag, fresh.tag())
        with statements() as run:
            assert ON_ITEM[name](fresh, if_match=sent).status_code in {200, 204}
        found[tag] = len(run)
    assert len(set(found.values())) == 1, found


# Every other write ------------------------------------------------------------------------------------------------


RESUME = {"basics": {"name": "Ada Lovelace", "email": "ada@example.org"}}
OTHER_WRITES: list[tuple[str, str, Any]] = [
    ("PUT", "/{id}", {"label": "Other"}),
    ("PATCH", "/{id}", {"label": "Other"}),
    ("DELETE", "/{id}", NO_BODY),
    ("POST", "/{id}/activate", NO_BODY),
    ("POST", "/{id}/duplicate", NO_BODY),
    ("POST", "/{id}/restore", {"version": 1}),
    ("POST", "/{id}/experiences", item(Experience, 7)),
    ("PUT", "/{id}/experiences/order", {"ids": [str(uuid.uuid4())]}),
    ("PUT", "/{id}/skills", {"technical": []}),
    ("POST", "/{id}/skills/soft", {"skills": ["Foresight"]}),
    ("DELETE", "/{id}/skills/soft", {"skills": ["Foresight"]}),
    ("POST", "/{id}/custom-fields", {"fields": [{"key": "new", "value": 1}]}),
    ("PUT", "/{id}/custom-fields", {}),
    ("DELETE", "/{id}/custom-fields", {"keys": ["new"]}),
    ("POST", "/import?into={id}", RESUME),
    ("POST", "/import?into={id}&dry_run=true", RESUME),
    ("POST", "/trash/{id}/restore", NO_BODY),
    ("DELETE", "/trash/{id}", NO_BODY),
]


@pytest.mark.parametrize(("method", "path", "body"), OTHER_WRITES, ids=lambda part: part if type(part) is str else "")
def test_a_412_tells_the_profiles_version_and_tag_on_every_route(
    api: ApiClient, user: User, method: str, path: str, body: Any
) -> None:
    profile = make_profile(user, 1)
    url = f"{API}/profiles/{profile.pk}"
    current = api.patch(url, {"label": "Changed"})["ETag"]
    if path.startswith("/trash"):
        current = api.delete(url)["ETag"]
    answer = api.send(method, f"{API}/profiles{path}".format(id=profile.pk), body, if_match=f'"{profile.pk}.1"')
    assert answer.status_code == 412, answer.content
    told = answer.json()
    assert (answer["ETag"], told["version"], "current" in told) == (current, int(current.split(".")[1]), False)


def test_a_profile_that_is_made_now_has_no_tag_yet(api: ApiClient) -> None:
    answer = api.post(f"{API}/profiles", profile_document(1), if_match='"x"')
    assert answer.status_code == 412
    assert "ETag" not in answer


# Ids that would make a tag name two things ------------------------------------------------------------------------


def refused_at(answer: Any, *pointers: str) -> None:
    assert answer.status_code == 422, answer.content
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        (pointer, "id_of_profile") for pointer in pointers
    ]
    assert answer.json()["detail"].lower().endswith("id: this is the id of the profile; choose another, or send none.")


def test_no_new_item_has_the_id_of_its_profile(section: Section) -> None:
    own = str(section.profile.pk)
    bad, good = item(section.kind, 8, id=own), item(section.kind, 9, id=str(uuid.uuid4()))
    name, is_skill = section.kind.plural, section.kind.in_skills
    document = {"skills": {name: [good, bad]}} if is_skill else {name: [good, bad]}
    inside = f"/skills/{name}" if is_skill else f"/{name}"
    with nothing_stored(section):
        refused_at(section.api.post(section.path, bad), "/id")
        refused_at(section.api.post(section.path, [good, bad]), "/1/id")
        refused_at(section.api.post(section.path, [good, bad], headers={"Prefer": "respond-async"}), "/1/id")
        refused_at(section.api.put(section.profile_path, document), f"{inside}/1/id")
        refused_at(section.api.patch(section.profile_path, document), f"{inside}/1/id")
        if is_skill:
            refused_at(section.api.put(f"{section.profile_path}/skills", document["skills"]), f"/{name}/1/id")


@pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
def test_nor_has_one_that_is_made_with_it(api: ApiClient, kind: type[Any]) -> None:
    own = str(uuid.uuid4())
    document = profile_document(2, id=own)
    items = (document["skills"] if kind.in_skills else document)[kind.plural]
    items[1]["id"] = own
    refused_at(api.post(f"{API}/profiles", document), f"{'/skills' if kind.in_skills else ''}/{kind.plural}/1/id")
    assert not Profile.with_trash.exists()
    # What another profile is called is no matter.
    items[1]["id"] = str(uuid.uuid4())
    assert api.post(f"{API}/profiles", document).status_code == 201


def test_an_item_that_has_the_id_of_its_profile_already_goes_on(section: Section) -> None:
    section.kind._default_manager.filter(pk=section.ids()[0]).update(id=section.profile.pk)
    assert section.api.put(section.path, section.items()).status_code == 200
    document = section.api.get(section.profile_path).json()
    assert section.api.put(section.profile_path, document).json() == document
    # A tag of two parts is the item's there.
    tag = item_tag(section)
    change_elsewhere(section)
    assert section.api.patch(section.item_path(), {section.first_field: "Other"}, if_match=tag).status_code == 200
