"""An answer to a question holds against what the person was shown, where the client sends it from there."""

from typing import Any

import pytest

from tests.sync.conftest import Device

pytestmark = pytest.mark.django_db


def pushed(device: Device, change: dict[str, Any]) -> dict[str, Any]:
    """The result of one change."""
    [result] = device.push(change)
    return result


def test_an_answer_does_not_overrule_what_came_after_the_question(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    mine = phone.change("experiences", pk, title="Mine")
    pushed(tablet, tablet.change("experiences", pk, title="Theirs"))
    asked = pushed(phone, mine)
    assert asked["conflict"]["title"]["stored"] == "Theirs"
    tablet.pull()
    pushed(tablet, tablet.change("experiences", pk, title="Newer"))
    answered = pushed(phone, {**mine, "base": asked["version"]})
    assert (answered["status"], answered["conflict"]["title"]["stored"]) == ("conflict", "Newer")
    assert pushed(phone, {**mine, "base": answered["version"]})["status"] == "applied"
    # Whatever is stored by then, the client may say so.
    pushed(tablet, {**tablet.change("experiences", pk, title="Newest"), "base": answered["version"] + 1})
    assert pushed(phone, {**mine, "set": {"title": "Still mine"}, "resolve": "mine"})["status"] == "merged"


def test_an_item_that_two_devices_bring_back_keeps_what_the_first_one_set(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    pushed(phone, {"kind": "experiences", "id": pk, "base": 1, "delete": True})
    asked = [pushed(device, device.change("experiences", pk, title="Mine")) for device in (phone, tablet)]
    one, two = ({**each["data"], "title": title} for each, title in zip(asked, ("One", "Two"), strict=True))
    back = pushed(phone, {"kind": "experiences", "id": pk, "base": asked[0]["version"], "set": one})
    assert (back["status"], back["data"]["title"]) == ("applied", "One")
    answered = pushed(tablet, {"kind": "experiences", "id": pk, "base": asked[1]["version"], "set": two})
    assert (answered["status"], answered["conflict"]["title"]["stored"]) == ("conflict", "One")
