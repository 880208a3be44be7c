"""Pushing (contract 8): what a device changed off line is merged, told of, and never lost in silence."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.models import COMPONENTS, Experience, Profile, Revision
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import item, profile_document
from tests.sync.conftest import Device, one, same_as_stored, stored, version

pytestmark = pytest.mark.django_db


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
    made = one(phone, {"kind": "experiences", "base": 1, "order": odd}, check_request=False)
    assert (made["status"], made["data"]["order"]) == ("merged", [c, new, b])
    assert one(phone, {"kind": "experiences", "base": 99, "order": [b]})["status"] == "unchanged"


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


def test_if_match_holds_for_a_push(phone: Device) -> None:
    tag = phone.api.get(phone.path)["ETag"]
    phone.api.patch(phone.path, {"label": "Other"})
    body = {"changes": [phone.change("experiences", phone.first("experiences"), title="Mine")]}
    assert phone.api.post(f"{phone.path}/changes", body, if_match=tag).status_code == 412
