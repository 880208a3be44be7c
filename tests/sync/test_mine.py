"""An answer to a question holds against what the person was shown, where the client sends it from there."""

import pytest

from tests.sync.conftest import Device, one

pytestmark = pytest.mark.django_db


def test_an_answer_does_not_overrule_what_came_after_the_question(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    mine = phone.change("experiences", pk, title="Mine")
    one(tablet, tablet.change("experiences", pk, title="Theirs"))
    asked = one(phone, mine)
    assert asked["conflict"]["title"]["stored"] == "Theirs"
    tablet.pull()
    one(tablet, tablet.change("experiences", pk, title="Newer"))
    answered = one(phone, {**mine, "base": asked["version"]})
    assert (answered["status"], answered["conflict"]["title"]["stored"]) == ("conflict", "Newer")
    assert one(phone, {**mine, "base": answered["version"]})["status"] == "applied"
    # Whatever is stored by then, the client may say so.
    one(tablet, {**tablet.change("experiences", pk, title="Newest"), "base": answered["version"] + 1})
    assert one(phone, {**mine, "set": {"title": "Still mine"}, "resolve": "mine"})["status"] == "merged"


def test_an_item_that_two_devices_bring_back_keeps_what_the_first_one_set(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    one(phone, {"kind": "experiences", "id": pk, "base": 1, "delete": True})
    asked = [one(device, device.change("experiences", pk, title="Mine")) for device in (phone, tablet)]
    ours, theirs = ({**each["data"], "title": title} for each, title in zip(asked, ("One", "Two"), strict=True))
    back = one(phone, {"kind": "experiences", "id": pk, "base": asked[0]["version"], "set": ours})
    assert (back["status"], back["data"]["title"]) == ("applied", "One")
    answered = one(tablet, {"kind": "experiences", "id": pk, "base": asked[1]["version"], "set": theirs})
    assert (answered["status"], answered["conflict"]["title"]["stored"]) == ("conflict", "One")
