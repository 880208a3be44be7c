"""Changes and pushes at fault: each has its sentence and its pointer, and stops none of the others."""

import uuid
from typing import Any

import pytest

from profiles.career.sync import trails
from profiles.models import Experience
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import item, make_profile, profile_document
from tests.sync.conftest import Device, one, stored, version
from users.models import User

pytestmark = pytest.mark.django_db


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


def test_a_word_that_is_none_of_those_taken_is_answered_with_these_and_not_sent_back(phone: Device) -> None:
    changes = [{**GOOD, "kind": "hobbies" * 1000}, {**GOOD, "resolve": "theirs"}]
    answer = phone.api.post(f"{phone.path}/changes", {"changes": changes}, check_request=False)
    kind, resolve = (told["problem"]["errors"][0]["detail"] for told in answer.json()["results"])
    # None of them is a word that a person chooses.
    assert kind == resolve == "This value can't be used here."
    assert b"hobbies" not in answer.content


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
