"""Pushing (contract 8): what a device changed off line is merged, told of, and never lost in silence."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.career.sync import trails
from profiles.models import COMPONENTS, Experience, Profile, Revision
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import item, make_profile, profile_document
from tests.sync.conftest import Device, same_as_stored
from users.models import User

pytestmark = pytest.mark.django_db


def version(device: Device) -> int:
    """The version of the profile as it is stored."""
    found: int = device.api.get(device.path).json()["version"]
    return found


def stored(device: Device, kind: str, pk: str) -> dict[str, Any]:
    """An item as it is stored."""
    found: dict[str, Any] = device.api.get(f"{device.path}/{kind}/{pk}").json()
    return found


def one(device: Device, change: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The result of one change."""
    (result,) = device.push(change, **options)
    return result


# Each kind -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", COMPONENTS, ids=lambda model: model.plural)
def test_items_of_each_kind_are_created_changed_and_deleted(phone: Device, tablet: Device, model: Any) -> None:
    pk = str(uuid.uuid4())
    made = one(phone, {"kind": model.plural, "id": pk, "base": 0, "set": item(model, 7)})
    assert (made["status"], made["version"], made["data"]) == ("applied", 2, stored(phone, model.plural, pk))
    first = next(iter(model.required_fields()))
    changed = one(phone, {"kind": model.plural, "id": pk, "base": 2, "set": {first: "Other"}})
    assert (changed["status"], changed["version"], changed["data"][first]) == ("applied", 3, "Other")
    tablet.pull()
    same_as_stored(tablet)
    gone = one(phone, {"kind": model.plural, "id": pk, "base": 3, "delete": True})
    assert (gone["status"], gone["version"], gone["data"]) == ("applied", 4, None)
    tablet.pull()
    same_as_stored(tablet)


def test_custom_fields_have_their_key_for_an_id(phone: Device) -> None:
    made = one(phone, {"kind": "custom_fields", "id": " pets ", "base": 0, "set": {"value": ["cat", 1]}})
    assert (made["id"], made["status"], made["data"]) == ("pets", "applied", {"value": ["cat", 1]})
    assert one(phone, {**made, "base": 2, "set": {"value": None}})["data"] == {"value": None}
    assert one(phone, {"kind": "custom_fields", "id": "pets", "base": 3, "delete": True})["status"] == "applied"
    assert "pets" not in phone.api.get(phone.path).json()["custom_fields"]


def test_skills_are_one_item_of_each_kind(phone: Device) -> None:
    names = phone.items["skills.technical", "technical"]["names"]
    details = {names[0]: {"level": "expert"}}
    made = one(phone, phone.change("skills.technical", "technical", names=[*names, "Zig", "zig"], details=details))
    assert (made["status"], made["data"]["names"]) == ("applied", [*names, "Zig"])
    assert made["data"]["details"] == {names[0]: {"level": "expert", "keywords": [], "extra": {}}}
    cleared = one(phone, {"kind": "skills.technical", "id": "technical", "base": 2, "set": {"details": {}}})
    assert (cleared["status"], cleared["data"]) == ("applied", {"names": [*names, "Zig"], "details": {}})


def test_details_of_skills_that_are_in_no_list_are_left_out(phone: Device) -> None:
    name = phone.items["skills.soft", "soft"]["names"][0]
    told = one(phone, phone.change("skills.soft", "soft", details={**_details(phone), "Nowhere": {"level": "x"}}))
    assert (told["status"], told["version"]) == ("unchanged", 1)
    assert version(phone) == 1
    # What is known of a skill goes with it.
    change = phone.change("skills.soft", "soft", names=[name], details={name: {"level": "mine"}, "Nowhere": {}})
    made = one(phone, change)
    again = one(phone, change)
    assert (made["status"], again["status"], again["data"]) == ("applied", "unchanged", made["data"])


def _details(device: Device) -> dict[str, Any]:
    found: dict[str, Any] = device.items["skills.soft", "soft"]["details"]
    return found


def test_details_that_are_sent_twice_are_all_that_is_known(phone: Device) -> None:
    one_, other, _ = phone.items["skills.soft", "soft"]["names"]
    one(phone, phone.change("skills.soft", "soft", details={}))
    phone.pull()
    results = phone.push(
        phone.change("skills.soft", "soft", details={one_: {"level": "first"}}),
        phone.change("skills.soft", "soft", details={other: {"level": "second"}}),
    )
    assert list(results[1]["data"]["details"]) == [other]


def test_the_profiles_own_members_are_an_item(phone: Device) -> None:
    pk = phone.first("profile")
    change = phone.change("profile", pk, label=None, personal_info={"phone": " +44 2 "}, professional_summary=None)
    made = one(phone, change)
    assert (made["status"], made["data"]["personal_info"]["phone"]) == ("applied", "+44 2")
    assert (made["data"]["label"], made["data"]["professional_summary"]) == ("Master", None)
    assert one(phone, {"kind": "profile", "id": pk, "base": 2, "delete": True})["status"] == "rejected"


# Merging -------------------------------------------------------------------------------------------------------------


def test_members_that_one_side_changed_are_merged(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    assert one(tablet, tablet.change("experiences", pk, title="From the tablet"))["status"] == "applied"
    made = one(phone, phone.change("experiences", pk, company="From the phone", location=" Paris "))
    assert (made["status"], made["version"]) == ("merged", 3)
    assert (made["data"]["title"], made["data"]["company"]) == ("From the tablet", "From the phone")
    assert made["data"]["location"] == "Paris"
    assert made["data"] == stored(phone, "experiences", pk)


def test_a_whole_item_that_is_sent_back_changes_what_the_client_changed(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    one(tablet, tablet.change("experiences", pk, title="From the tablet"))
    mine = {**phone.items["experiences", pk], "company": "From the phone"}
    made = one(phone, phone.change("experiences", pk, **mine))
    assert (made["status"], made["data"]["title"], made["data"]["company"]) == (
        "merged",
        "From the tablet",
        "From the phone",
    )


def test_lists_of_texts_merge_by_element(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    before = ["one", "two", "three"]
    base = one(phone, phone.change("experiences", pk, technologies=before))["version"]
    change = {"kind": "experiences", "id": pk, "base": base}
    one(tablet, {**change, "set": {"technologies": ["one", "three", "tablet"]}})
    made = one(phone, {**change, "set": {"technologies": ["phone", "one", "two", "three"]}})
    assert (made["status"], made["data"]["technologies"]) == ("merged", ["phone", "one", "three", "tablet"])
    again = one(phone, {**change, "set": {"technologies": ["phone", "one", "two", "three"]}})
    assert (again["status"], again["version"]) == ("unchanged", made["version"])


def test_what_both_changed_differently_is_a_conflict_and_stores_nothing(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    before = phone.items["experiences", pk]["title"]
    one(tablet, tablet.change("experiences", pk, title="From the tablet"))
    change = phone.change("experiences", pk, title="From the phone", company="Other")
    told = one(phone, change)
    assert (told["status"], told["version"], told["deleted"]) == ("conflict", 2, False)
    assert told["conflict"] == {"title": {"base": before, "yours": "From the phone", "stored": "From the tablet"}}
    assert told["data"] == stored(phone, "experiences", pk)
    assert version(phone) == 2
    made = one(phone, {**change, "resolve": "mine"})
    assert (made["status"], made["data"]["title"], made["data"]["company"]) == ("merged", "From the phone", "Other")


def test_members_of_personal_info_and_of_skills_merge_one_by_one(phone: Device, tablet: Device) -> None:
    pk = phone.first("profile")
    one(tablet, tablet.change("profile", pk, personal_info={"phone": "1"}))
    made = one(phone, phone.change("profile", pk, personal_info={"location": "Rome"}))
    assert (made["status"], made["data"]["personal_info"]["phone"]) == ("merged", "1")
    told = one(phone, {**phone.change("profile", pk, personal_info={"phone": "2"}), "base": 1})
    assert list(told["conflict"]) == ["personal_info.phone"]
    names = phone.items["skills.soft", "soft"]["names"]
    one(tablet, tablet.change("skills.soft", "soft", names=[*names, "Tablet"]))
    made = one(phone, phone.change("skills.soft", "soft", names=["Phone", *names[1:]]))
    assert (made["status"], made["data"]["names"]) == ("merged", ["Phone", *names[1:], "Tablet"])


def test_merged_members_that_break_a_rule_together_are_a_conflict(phone: Device, tablet: Device) -> None:
    pk = str(uuid.uuid4())
    whole = {"title": "Engineer", "company": "Ltd", "start_date": "2020", "is_current": True}
    base = one(phone, {"kind": "experiences", "id": pk, "base": 0, "set": whole})["version"]
    change = {"kind": "experiences", "id": pk, "base": base}
    one(tablet, {**change, "set": {"is_current": False, "end_date": "2021"}})
    told = one(phone, {**change, "set": {"start_date": "2022"}})
    assert (told["status"], list(told["conflict"])) == ("conflict", ["start_date"])
    told = one(phone, {**change, "set": {"start_date": "2022"}, "resolve": "mine"})
    assert (told["status"], told["problem"]["errors"][0]["pointer"]) == ("rejected", "/changes/0/set/end_date")


def test_a_list_that_grew_too_long_by_both_is_a_conflict(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    one(tablet, tablet.change("experiences", pk, technologies=[f"tablet {n}" for n in range(30)]))
    told = one(phone, phone.change("experiences", pk, technologies=[f"phone {n}" for n in range(30)]))
    assert (told["status"], list(told["conflict"])) == ("conflict", ["technologies"])


# Repeated ------------------------------------------------------------------------------------------------------------


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


# Deleted -------------------------------------------------------------------------------------------------------------


def test_a_change_of_what_was_deleted_is_a_conflict(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    before = phone.items["experiences", pk]
    one(tablet, {"kind": "experiences", "id": pk, "base": 1, "delete": True})
    change = phone.change("experiences", pk, title="Mine", company=before["company"])
    told = one(phone, change)
    assert (told["status"], told["deleted"], told["version"]) == ("conflict", True, 2)
    assert told["conflict"] == {"title": {"base": before["title"], "yours": "Mine", "stored": None}}
    assert told["data"] == {**before, "version": 2}
    assert version(phone) == 2
    back = one(phone, {**change, "resolve": "mine"})
    assert (back["status"], back["data"]) == ("merged", {**before, "version": 3, "title": "Mine"})
    assert one(phone, {**change, "resolve": "mine"})["status"] == "unchanged"
    phone.pull()
    same_as_stored(phone)


def test_a_deletion_of_what_was_changed_is_a_conflict(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    before = phone.items["experiences", pk]["title"]
    one(tablet, tablet.change("experiences", pk, title="Theirs"))
    deletion = {"kind": "experiences", "id": pk, "base": 1, "delete": True}
    told = one(phone, deletion)
    assert (told["status"], told["deleted"]) == ("conflict", False)
    assert told["conflict"] == {"title": {"base": before, "yours": None, "stored": "Theirs"}}
    assert one(phone, {**deletion, "resolve": "mine"})["status"] == "merged"
    assert one(phone, deletion)["status"] == "unchanged"


def test_what_was_brought_back_is_not_deleted_by_a_repeated_push(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    deletion = {"kind": "experiences", "id": pk, "base": 1, "delete": True}
    one(phone, deletion)
    tablet.api.post(f"{phone.path}/restore", {"version": 1, "items": [{"kind": "experiences", "id": pk}]})
    again = one(phone, deletion)
    assert (again["status"], again["data"]["id"]) == ("unchanged", pk)


def test_a_creation_that_was_deleted_elsewhere_does_not_come_back(phone: Device, tablet: Device) -> None:
    new = str(uuid.uuid4())
    creation = {"kind": "experiences", "id": new, "base": 0, "set": item(Experience, 9)}
    one(phone, creation)
    one(tablet, {"kind": "experiences", "id": new, "base": 2, "delete": True})
    again = one(phone, creation)
    assert (again["status"], again["data"]) == ("unchanged", None)
    # The log has forgotten that it was this very change.
    Revision.objects.filter(version__lte=2).delete()
    told = one(phone, creation)
    assert (told["status"], told["deleted"]) == ("conflict", True)


def test_what_the_client_knew_to_be_deleted_is_created_anew(phone: Device, tablet: Device) -> None:
    creation = {"kind": "custom_fields", "id": "pets", "base": 0, "set": {"value": "cat"}}
    base = one(phone, creation)["version"]
    gone = one(phone, {"kind": "custom_fields", "id": "pets", "base": base, "delete": True})["version"]
    # The same value again is no repetition of the first time, since its base says that it was gone.
    again = {**creation, "base": gone}
    made = one(phone, again)
    assert (made["status"], made["data"]) == ("applied", {"value": "cat"})
    assert one(phone, again)["status"] == "unchanged"
    # So it is beside a change that must be followed further back.
    one(tablet, {"kind": "custom_fields", "id": "pets", "base": made["version"], "delete": True})
    pk = phone.first("experiences")
    one(tablet, tablet.change("experiences", pk, title="Theirs"))
    again = {**again, "base": made["version"] + 1}
    results = phone.push(phone.change("experiences", pk, company="Mine"), again)
    assert [each["status"] for each in results] == ["merged", "applied"]


def test_what_was_created_by_a_lost_answer_can_be_deleted(phone: Device) -> None:
    new = str(uuid.uuid4())
    whole = item(Experience, 9, is_visible=True)
    given = {name: value for name, value in whole.items() if name != "is_visible"}
    creation = {"kind": "experiences", "id": new, "base": 0, "set": given}
    one(phone, creation)
    results = phone.push(creation, {"kind": "experiences", "id": new, "base": 0, "delete": True})
    assert [each["status"] for each in results] == ["unchanged", "merged"]


def test_what_never_was_there_is_told_as_such(phone: Device) -> None:
    told = one(phone, {"kind": "experiences", "id": str(uuid.uuid4()), "base": 1, "set": {"title": "Mine"}})
    assert (told["status"], told["problem"]["errors"][0]["pointer"]) == ("rejected", "/changes/0/id")
    gone = one(phone, {"kind": "experiences", "id": str(uuid.uuid4()), "base": 1, "delete": True})
    assert gone["status"] == "unchanged"


def test_without_a_base_what_differs_is_a_conflict(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    for number in range(3):
        one(tablet, {**tablet.change("experiences", pk, title=f"Title {number}"), "base": number + 1})
    Revision.objects.filter(version__lte=3).delete()
    same = phone.items["experiences", pk]["company"]
    told = one(phone, phone.change("experiences", pk, title="Mine", company=same))
    assert told["conflict"] == {"title": {"base": None, "yours": "Mine", "stored": "Title 2"}}
    for base in (99, 2**31 - 1):
        told = one(phone, {**phone.change("experiences", pk, title="Mine"), "base": base})
        assert (told["status"], list(told["conflict"])) == ("conflict", ["title"])
    gone = phone.first("projects")
    phone.api.delete(f"{phone.path}/projects/{gone}")
    Revision.objects.all().delete()
    told = one(phone, phone.change("projects", gone, name="Mine"))
    assert (told["status"], told["deleted"], told["data"]) == ("conflict", True, None)
    told = one(phone, {**phone.change("projects", gone, **item(Experience, 1)), "resolve": "mine"})
    assert told["status"] == "rejected"


# Order ---------------------------------------------------------------------------------------------------------------


def test_moves_of_both_sides_are_kept(phone: Device, tablet: Device) -> None:
    phone.push(*({"kind": "projects", "id": str(uuid.uuid4()), "base": 0, "set": _project(n)} for n in range(3)))
    phone.pull()
    tablet.pull()
    a, b, c, d, e, f = phone.order["projects"]
    moved = one(tablet, {"kind": "projects", "base": 2, "order": [f, a, b, c, d, e]})
    assert (moved["status"], moved["data"], moved["version"]) == ("applied", {"order": [f, a, b, c, d, e]}, 3)
    made = one(phone, {"kind": "projects", "base": 2, "order": [a, c, b, d, e, f]})
    assert made["status"] == "merged"
    assert made["data"]["order"] == [f, a, c, b, d, e]
    phone.pull()
    same_as_stored(phone)


def _project(number: int) -> dict[str, Any]:
    return {"name": f"Project {number}", "description": "Something", "start_date": "2020"}


def test_an_order_is_never_rejected(phone: Device, tablet: Device) -> None:
    a, b, c = phone.order["experiences"]
    one(tablet, {"kind": "experiences", "id": a, "base": 1, "delete": True})
    new = str(uuid.uuid4())
    one(tablet, {"kind": "experiences", "id": new, "base": 0, "set": item(Experience, 9)})
    odd: list[Any] = [c, "x", None, 7, [], str(uuid.uuid4()), a, b, c]
    made = one(phone, {"kind": "experiences", "base": 1, "order": odd})
    assert (made["status"], made["data"]["order"]) == ("merged", [c, new, b])
    assert one(phone, {"kind": "experiences", "base": 99, "order": [b]})["status"] == "unchanged"


# Bad input -----------------------------------------------------------------------------------------------------------

ID = "01990000-0000-7000-8000-00000000000a"
GOOD = {"kind": "experiences", "id": ID, "base": 0, "set": {}}
BAD: list[tuple[Any, str]] = [
    (None, "/changes/1"),
    ("x", "/changes/1"),
    ([], "/changes/1"),
    ({}, "/changes/1/kind"),
    ({**GOOD, "kind": "hobbies"}, "/changes/1/kind"),
    ({**GOOD, "kind": ["experiences"]}, "/changes/1/kind"),
    ({**GOOD, "id": "x"}, "/changes/1/id"),
    ({**GOOD, "id": None}, "/changes/1/id"),
    ({**GOOD, "id": 5}, "/changes/1/id"),
    ({**GOOD, "base": -1}, "/changes/1/base"),
    ({**GOOD, "base": 1.5}, "/changes/1/base"),
    ({**GOOD, "base": 2**31}, "/changes/1/base"),
    ({**GOOD, "base": None}, "/changes/1/base"),
    ({**GOOD, "set": "x"}, "/changes/1/set"),
    ({**GOOD, "set": None}, "/changes/1/set"),
    ({**GOOD, "delete": True}, "/changes/1/set"),
    ({"kind": "experiences", "id": ID, "base": 0}, "/changes/1/set"),
    ({"kind": "experiences", "id": ID, "base": 0, "delete": False}, "/changes/1/set"),
    ({"kind": "experiences", "id": ID, "base": 0, "delete": "yes"}, "/changes/1/delete"),
    ({"kind": "experiences", "base": 0, "order": "x"}, "/changes/1/order"),
    ({"kind": "custom_fields", "base": 0, "order": []}, "/changes/1/kind"),
    ({**GOOD, "resolve": "theirs"}, "/changes/1/resolve"),
    ({**GOOD, "set": {}}, "/changes/1/set/title"),
    ({**GOOD, "set": {**item(Experience, 1), "title": ""}}, "/changes/1/set/title"),
    ({**GOOD, "set": {**item(Experience, 1), "title": 5}}, "/changes/1/set/title"),
    ({"kind": "custom_fields", "id": "x" * 51, "base": 0, "set": {"value": 1}}, "/changes/1/id"),
    ({"kind": "custom_fields", "id": "x", "base": 0, "set": {}}, "/changes/1/set/value"),
    ({"kind": "custom_fields", "id": "x", "base": 0, "set": {"value": "x" * 20_000}}, "/changes/1/set/value"),
    ({"kind": "skills.soft", "id": "technical", "base": 1, "set": {"names": []}}, "/changes/1/id"),
    ({"kind": "skills.soft", "id": "soft", "base": 1, "set": {"names": "x"}}, "/changes/1/set/names"),
    ({"kind": "skills.soft", "id": "soft", "base": 1, "set": {"names": [""]}}, "/changes/1/set/names/0"),
    ({"kind": "skills.soft", "id": "soft", "base": 1, "set": {"details": {"x": 5}}}, "/changes/1/set/details/x"),
    ({"kind": "skills.soft", "id": "soft", "base": 1, "delete": True}, "/changes/1/delete"),
    ({"kind": "profile", "id": ID, "base": 1, "set": {}}, "/changes/1/id"),
]


@pytest.mark.parametrize(("bad", "pointer"), BAD, ids=[f"{n}" for n in range(len(BAD))])
def test_a_change_at_fault_stops_none_of_the_others(phone: Device, bad: Any, pointer: str) -> None:
    pk = phone.first("experiences")
    changes = [phone.change("experiences", pk, title="Before"), bad, phone.change("experiences", pk, company="After")]
    answer = phone.api.post(f"{phone.path}/changes", {"changes": changes}, check_request=False)
    before, told, after = answer.json()["results"]
    assert (before["status"], told["status"], after["status"]) == ("applied", "rejected", "applied")
    problem = told["problem"]
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, pointer)
    assert problem["detail"].strip()
    item_now = stored(phone, "experiences", pk)
    assert (item_now["title"], item_now["company"]) == ("Before", "After")
    assert version(phone) == 2


@pytest.mark.parametrize(
    "body",
    [[], None, "x", {}, {"changes": None}, {"changes": {}}, {"changes": []}, {"changes": [GOOD] * 1001}],
    ids=["list", "null", "text", "empty", "null changes", "object", "none", "too many"],
)
def test_a_body_at_fault_is_422_and_stores_nothing(phone: Device, body: Any) -> None:
    answer = phone.api.post(f"{phone.path}/changes", body, check_request=False)
    assert answer.status_code == 422
    assert version(phone) == 1


def test_an_id_that_is_taken_elsewhere_is_rejected(phone: Device, other_user: User) -> None:
    theirs = str(Experience.objects.get(profile=make_profile(other_user, 1)).pk)
    results = phone.push(
        {"kind": "experiences", "id": theirs, "base": 0, "set": item(Experience, 1)},
        {"kind": "experiences", "id": phone.first("profile"), "base": 0, "set": item(Experience, 1)},
        phone.change("experiences", phone.first("experiences"), title="Stored"),
    )
    assert [each["status"] for each in results] == ["rejected", "rejected", "applied"]
    assert results[0]["problem"]["status"] == 409
    assert results[1]["problem"]["errors"][0]["pointer"] == "/changes/1/id"
    # What is changed or deleted there is not found, whoever it belongs to.
    for change in ({"set": {"title": "x"}}, {"delete": True}):
        told = one(phone, {"kind": "experiences", "id": theirs, "base": 1, **change})
        assert told["status"] in {"rejected", "unchanged"}
    assert Experience.objects.get(pk=theirs).title != "x"


def test_an_item_whose_id_was_taken_since_does_not_stop_the_others(phone: Device, api: ApiClient) -> None:
    pk = phone.first("experiences")
    one(phone, {"kind": "experiences", "id": pk, "base": 1, "delete": True})
    elsewhere = api.post(f"{API}/profiles", profile_document(1)).json()["id"]
    api.post(f"{API}/profiles/{elsewhere}/experiences", {**item(Experience, 1), "id": pk})
    back, other = phone.push(
        {**phone.change("experiences", pk, title="Mine"), "resolve": "mine"},
        phone.change("education", phone.first("education"), degree="Stored"),
    )
    assert (back["status"], back["problem"]["status"], other["status"]) == ("rejected", 409, "applied")


def test_unknown_members_are_ignored(phone: Device) -> None:
    pk = phone.first("experiences")
    made = one(phone, phone.change("experiences", pk, title="Mine", id=ID, version=7, _status="x", hobby=1))
    assert (made["status"], made["data"]["id"]) == ("applied", pk)


def test_if_match_holds_for_a_push(phone: Device) -> None:
    tag = phone.api.get(phone.path)["ETag"]
    phone.api.patch(phone.path, {"label": "Other"})
    body = {"changes": [phone.change("experiences", phone.first("experiences"), title="Mine")]}
    assert phone.api.post(f"{phone.path}/changes", body, if_match=tag).status_code == 412


def test_an_answer_that_would_tell_large_items_again_and_again_is_422(phone: Device) -> None:
    names = [f"Skill {number}" for number in range(400)]
    details = {name: {"keywords": ["x" * 100] * 20} for name in names}
    made = one(phone, phone.change("skills.soft", "soft", names=names, details=details))
    change = {"kind": "skills.soft", "id": "soft", "base": 2, "set": {"names": [*made["data"]["names"], "More"]}}
    answer = phone.api.post(f"{phone.path}/changes", {"changes": [change] * 100})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "answer_too_large")
    assert version(phone) == 2
    assert one(phone, change)["status"] == "applied"


def test_what_would_take_too_long_to_compare_is_not_known(
    phone: Device, tablet: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk, gone = phone.first("experiences"), str(uuid.uuid4())
    creation = {"kind": "experiences", "id": gone, "base": 0, "set": item(Experience, 9)}
    one(phone, creation)
    one(tablet, {"kind": "experiences", "id": gone, "base": 2, "delete": True})
    for number in range(3):
        one(tablet, {**tablet.change("experiences", pk, title=f"Title {number}"), "base": number + 3})
    monkeypatch.setattr(trails, "MOST_READ", 0)
    told = one(phone, phone.change("experiences", pk, title="Mine"))
    assert told["conflict"] == {"title": {"base": None, "yours": "Mine", "stored": "Title 2"}}
    assert version(phone) == 6
    # Nothing comes back from the dead for that.
    again = phone.push(creation, phone.change("experiences", pk, title="Mine"))
    assert [(each["status"], each["deleted"]) for each in again] == [("conflict", True), ("conflict", False)]


# Limits --------------------------------------------------------------------------------------------------------------


def test_as_many_changes_are_stored_as_have_room(phone: Device) -> None:
    room = 100 - sum(kind == "custom_fields" for kind, _ in phone.items)
    new = [
        {"kind": "custom_fields", "id": f"mine {number}", "base": 0, "set": {"value": number}} for number in range(99)
    ]
    pk = phone.first("experiences")
    results = phone.push(*new, {"kind": "experiences", "id": pk, "base": 1, "delete": True})
    statuses = [each["status"] for each in results]
    assert statuses == ["applied"] * room + ["rejected"] * (99 - room) + ["applied"]
    assert results[room]["problem"]["errors"][0]["code"] == "limit"
    phone.pull()
    same_as_stored(phone)
    assert version(phone) == 2


def test_a_push_takes_the_same_statements_for_any_number_of_changes(phone: Device) -> None:
    counts = set()
    phone.push(*({"kind": "projects", "id": str(uuid.uuid4()), "base": 0, "set": _project(n)} for n in range(100)))
    phone.pull()
    ids = phone.order["projects"]
    for number in (1, 3, 100):
        changes = [phone.change("projects", pk, name=f"Name {number}") for pk in ids[:number]]
        with CaptureQueriesContext(connection) as queries:
            phone.push(*changes)
        counts.add(len(queries))
        phone.pull()
    assert len(counts) == 1


def test_a_push_is_one_revision_of_the_person(phone: Device, api: ApiClient) -> None:
    one(phone, phone.change("experiences", phone.first("experiences"), title="Mine"))
    newest = api.get(f"{phone.path}/history").json()["revisions"][0]
    assert (newest["version"], newest["action"], newest["actor"]["kind"]) == (2, "profiles_push", "you")
    assert Profile.objects.get(pk=phone.first("profile")).version == 2
    assert api.post(f"{API}/profiles", profile_document(1)).status_code == 201
