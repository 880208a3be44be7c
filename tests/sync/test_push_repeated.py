"""Changes that come again, alone or with others of the same item: what was stored is known, and nothing else."""

import uuid
from itertools import combinations
from typing import Any

import pytest

from profiles.models import Experience
from tests.support.factories import item
from tests.sync.conftest import Device, one, same_as_stored, stored, version

pytestmark = pytest.mark.django_db


def test_a_push_that_is_repeated_is_harmless(phone: Device, tablet: Device) -> None:
    pk, gone, new = phone.first("experiences"), phone.first("education"), str(uuid.uuid4())
    changes = [
        phone.change("experiences", pk, title="Mine"),
        {"kind": "education", "id": gone, "base": 1, "delete": True},
        {"kind": "experiences", "id": new, "base": 0, "set": item(Experience, 9)},
        {"kind": "experiences", "base": 1, "order": [new, *phone.order["experiences"]]},
        phone.change("skills.technical", "technical", names=["Ada"]),
    ]
    first = phone.push(*changes)
    assert {each["status"] for each in first} == {"applied"}
    again = phone.push(*changes)
    assert [each["status"] for each in again] == ["unchanged"] * len(changes)
    assert [each["data"] for each in again] == [each["data"] for each in first]
    assert version(phone) == 2
    # Somebody else goes on from there, and it comes once more.
    tablet.pull()
    tablet.push(
        tablet.change("experiences", pk, title="Theirs"),
        {"kind": "experiences", "id": new, "base": 2, "delete": True},
        {"kind": "experiences", "base": 2, "order": phone.order["experiences"]},
        tablet.change("skills.technical", "technical", names=["Rust"]),
    )
    assert [each["status"] for each in phone.push(*changes)] == ["unchanged"] * len(changes)
    assert version(phone) == 3
    assert stored(phone, "experiences", pk)["title"] == "Theirs"
    phone.pull()
    same_as_stored(phone)
    assert ("experiences", new) not in phone.items


def test_a_change_that_was_stored_is_part_of_every_base_since(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    first = phone.change("experiences", pk, title="First", technologies=["First"])
    phone.push(first)
    tablet.pull()
    tablet.push(tablet.change("experiences", pk, title="Theirs", technologies=["Theirs"]))
    # The person was shown what the tablet has made of it, and holds to another title: that is no conflict any more.
    mine = {**first, "base": 3, "set": {"title": "Mine", "technologies": ["Theirs", "Mine"]}}
    assert [each["status"] for each in phone.push(first, mine)] == ["unchanged", "applied"]
    found = stored(phone, "experiences", pk)
    assert (found["title"], found["technologies"]) == ("Mine", ["Theirs", "Mine"])
    # Of a base that is older nobody knows whether they have seen the newer title.
    late = {**first, "base": 1, "set": {"title": "Late"}}
    assert [each["status"] for each in phone.push(first, late)] == ["unchanged", "conflict"]


def test_several_changes_of_an_item_follow_each_other(phone: Device, tablet: Device) -> None:
    pk, new = phone.first("experiences"), str(uuid.uuid4())
    changes = [
        phone.change("experiences", pk, title="First", company="First"),
        phone.change("experiences", pk, title="Second"),
        phone.change("experiences", pk, location="Third"),
        {"kind": "experiences", "id": new, "base": 0, "set": item(Experience, 9)},
        {"kind": "experiences", "id": new, "base": 0, "set": {"title": "Changed"}},
    ]
    results = phone.push(*changes)
    assert {each["status"] for each in results} == {"applied"}
    assert [results[0]["data"][name] for name in ("title", "company", "location")] == ["Second", "First", "Third"]
    assert stored(phone, "experiences", new)["title"] == "Changed"
    one(tablet, {"kind": "experiences", "id": pk, "base": 2, "set": {"title": "Theirs"}})
    assert {each["status"] for each in phone.push(*changes)} == {"unchanged"}
    assert stored(phone, "experiences", pk)["title"] == "Theirs"


@pytest.mark.parametrize("kind", ["experiences", "custom_fields", "order"])
def test_who_goes_back_to_an_earlier_value_has_made_a_new_change(phone: Device, kind: str) -> None:
    """Two answers were lost, so the client sends all of it again, with a change that looks like its first one."""
    if kind == "order":
        a, b, c = phone.order["experiences"]
        one, two = ({"kind": "experiences", "base": 1, "order": ids} for ids in ([b, a, c], [c, b, a]))
    elif kind == "experiences":
        pk = phone.first("experiences")
        one, two = (phone.change("experiences", pk, title=title) for title in ("One", "Two"))
    else:
        pk = phone.first("custom_fields")
        one, two = (phone.change("custom_fields", pk, value=value) for value in ("One", "Two"))
    assert [each["status"] for each in phone.push(one)] == ["applied"]
    assert [each["status"] for each in phone.push(one, two)] == ["unchanged", "merged"]
    results = phone.push(one, two, one)
    assert [each["status"] for each in results] == ["unchanged", "unchanged", "merged"]
    data = results[-1]["data"]
    assert one.get("order", "One") in (data.get("order"), data.get("title"), data.get("value"))
    assert {each["status"] for each in phone.push(one, two, one)} == {"unchanged"}


def test_changes_that_were_stored_together_are_known_apart(phone: Device) -> None:
    pk = phone.first("experiences")
    one, two, three = (phone.change("experiences", pk, title=title) for title in ("One", "Two", "Three"))
    assert [each["status"] for each in phone.push(one, two)] == ["applied", "applied"]
    assert [each["status"] for each in phone.push(one, two, three)] == ["unchanged", "unchanged", "merged"]
    assert stored(phone, "experiences", pk)["title"] == "Three"


def test_lists_that_one_push_changes_twice_are_known_again(phone: Device, tablet: Device) -> None:
    one(tablet, tablet.change("skills.soft", "soft", names=["Both", "Theirs"]))
    changes = [
        phone.change("skills.soft", "soft", names=["Both", "First"]),
        phone.change("skills.soft", "soft", names=["Second"]),
    ]
    made = phone.push(*changes)
    assert {each["status"] for each in made} == {"merged"}
    again = phone.push(*changes)
    assert [(each["status"], each["data"]) for each in again] == [("unchanged", each["data"]) for each in made]
    assert version(phone) == 3


def test_orders_of_one_push_are_known_again_by_the_last_one(phone: Device, tablet: Device) -> None:
    a, b, c = phone.order["experiences"]
    orders = [{"kind": "experiences", "base": 1, "order": order} for order in ([c, a, b], [b, a, c])]
    made = phone.push(*orders)
    assert made[1]["data"]["order"] == [b, a, c]
    tablet.api.put(f"{phone.path}/experiences/order", {"ids": [a, b, c]})
    again = phone.push(*orders)
    assert [each["status"] for each in again] == ["unchanged", "unchanged"]
    assert again[1]["data"]["order"] == [a, b, c]


def test_what_one_push_deletes_and_makes_anew_is_known_again(phone: Device, tablet: Device) -> None:
    key = phone.first("custom_fields")
    field = {"kind": "custom_fields", "id": key, "base": 1}
    changes = [{**field, "delete": True, "resolve": "mine"}, {**field, "set": {"value": "anew"}}]
    phone.push(*changes)
    one(tablet, {**field, "base": 2, "set": {"value": "theirs"}})
    assert [each["status"] for each in phone.push(*changes)] == ["unchanged", "unchanged"]
    assert phone.api.get(phone.path).json()["custom_fields"][key] == "theirs"


@pytest.mark.parametrize(("first", "then"), [(None, {}), (1, 2), (True, 2)], ids=["null", "number", "boolean"])
def test_a_field_is_known_again_by_value_and_type(phone: Device, tablet: Device, first: Any, then: Any) -> None:
    creation = {"kind": "custom_fields", "id": "new", "base": 0, "set": {"value": first}}
    one(phone, creation)
    one(tablet, {**creation, "base": 2, "set": {"value": 1.0}})
    one(tablet, {**creation, "base": 3, "set": {"value": then}})
    again = one(phone, {**creation, "resolve": "mine"})
    assert (again["status"], again["data"]) == ("unchanged", {"value": then})
    told = one(phone, {**creation, "base": 3, "set": {"value": "mine"}})
    assert told["conflict"] == {"value": {"base": 1.0, "yours": "mine", "stored": then}}


_LIFE: list[dict[str, Any]] = [
    {"set": {"value": "cat"}},
    {"delete": True},
    {"set": {"value": "dog"}},
    {"delete": True},
    {"set": {"value": 5}},
]


@pytest.mark.parametrize("ends", [ends for n in range(1, 5) for ends in combinations(range(1, 6), n)], ids=str)
def test_who_gets_no_answers_makes_deletes_and_makes_again_and_is_asked_nothing(
    phone: Device, ends: tuple[int, ...]
) -> None:
    changes = [{"kind": "custom_fields", "id": "pets", "base": 0, **each} for each in _LIFE]
    for end in ends:
        results = phone.push(*changes[:end])
        assert {each["status"] for each in results} <= {"applied", "merged", "unchanged"}
        fields = phone.api.get(phone.path).json()["custom_fields"]
        assert fields.get("pets") == _LIFE[end - 1].get("set", {}).get("value")


def test_an_item_that_is_created_and_deleted_in_one_push_never_was(phone: Device) -> None:
    new = str(uuid.uuid4())
    results = phone.push(
        {"kind": "experiences", "id": new, "base": 0, "set": item(Experience, 9)},
        {"kind": "experiences", "id": new, "base": 0, "delete": True},
    )
    assert [each["status"] for each in results] == ["applied", "applied"]
    assert version(phone) == 1
    pk = phone.first("experiences")
    results = phone.push(
        {"kind": "experiences", "id": pk, "base": 1, "delete": True},
        {"kind": "experiences", "id": pk, "base": 1, "set": {"title": "Back"}},
    )
    assert [each["status"] for each in results] == ["applied", "applied"]
    assert stored(phone, "experiences", pk)["title"] == "Back"


def test_an_idempotency_key_judges_a_push_anew(phone: Device) -> None:
    change = phone.change("experiences", phone.first("experiences"), title="Mine")
    body = {"changes": [change]}
    key = {"Idempotency-Key": "one"}
    first = phone.api.post(f"{phone.path}/changes", body, headers=key)
    again = phone.api.post(f"{phone.path}/changes", body, headers=key)
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "current")
    assert again.json()["results"][0]["status"] == "unchanged"
    assert again["ETag"] == first["ETag"]
    assert phone.api.post(f"{phone.path}/changes", {"changes": []}, headers=key).status_code == 422


def test_what_was_added_and_removed_again_is_gone_though_the_addition_was_stored(phone: Device) -> None:
    pk = phone.first("projects")
    phone.push(phone.change("projects", pk, technologies=[]))
    phone.pull()
    added = phone.change("projects", pk, technologies=["Ada"], description="New")
    removed = phone.change("projects", pk, technologies=[])
    assert phone.push(added)[0]["data"]["technologies"] == ["Ada"]
    first, second = phone.push(added, removed)
    assert first["status"] == "unchanged"
    assert (second["status"], second["data"]["technologies"]) == ("merged", [])
    assert second["data"]["description"] == "New"


def test_the_same_value_twice_is_in_conflict_twice(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    mine = phone.change("experiences", pk, title="Mine")
    tablet.push(tablet.change("experiences", pk, title="Theirs"))
    assert [result["status"] for result in phone.push(mine, mine)] == ["conflict", "conflict"]


def test_a_value_that_was_refused_holds_where_it_comes_again_on_top_of_what_is_stored(
    phone: Device, tablet: Device
) -> None:
    pk = phone.first("experiences")
    mine = phone.change("experiences", pk, title="Mine")
    tablet.push(tablet.change("experiences", pk, title="Theirs"))
    first, second = phone.push(mine, {**mine, "base": 2})
    assert (first["status"], second["status"]) == ("conflict", "applied")
    assert second["data"]["title"] == "Mine"
