"""The client that the guide shows: two devices, off line as they like, and nothing is lost or comes back."""

import re
import textwrap
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.python import profile_on_device
from clients.python.profile_on_device import Later
from profiles.models import Experience, Project
from tests.clients.conftest import Place, lost
from tests.clients.device_python import PythonDevice
from tests.support.factories import item

pytestmark = pytest.mark.own_servers


def title(device: PythonDevice, pk: str) -> Any:
    """The title of an experience as the person sees it."""
    return device.client.items("experiences")[pk]["title"]


def question(device: PythonDevice) -> dict[str, Any]:
    """The only one that there is."""
    (found,) = device.client.questions()
    return found


# Merging -------------------------------------------------------------------------------------------------------------


def test_members_that_both_edited_off_line_are_merged(place: Place, phone: PythonDevice, tablet: PythonDevice) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "From the phone"})
    tablet.edit("experiences", pk, {"company": "From the tablet"})
    phone.edit("profile", place.profile, {"personal_info": {"phone": "+44 1"}})
    tablet.edit("profile", place.profile, {"personal_info": {"city": "Oxford"}, "label": "Other"})
    assert phone.sync()
    assert tablet.sync()
    place.assert_all_alike()
    shown = phone.client.items("experiences")[pk]
    assert (shown["title"], shown["company"]) == ("From the phone", "From the tablet")
    info = phone.client.items("profile")[place.profile]["personal_info"]
    assert (info["phone"], info["city"]) == ("+44 1", "Oxford")


def test_an_edit_shows_at_once_and_is_one_change_however_often_it_is_made(place: Place, phone: PythonDevice) -> None:
    pk, new = place.first("experiences"), str(uuid.uuid4())
    for text in ("O", "Ot", "Oth"):
        phone.edit("experiences", pk, {"title": text})
        phone.edit("profile", place.profile, {"personal_info": {"city": text}})
        assert title(phone, pk) == text
    phone.edit("profile", place.profile, {"personal_info": {"phone": "+44 1"}})
    phone.create("experiences", new, item(Experience, 7))
    phone.edit("experiences", new, {"title": "New"})
    assert phone.dump()["pending"] == 3
    assert phone.sync()
    (sent,) = place.networks["phone"].sent
    assert [each["kind"] for each in sent] == ["experiences", "profile", "experiences"]
    assert sent[1]["set"] == {"personal_info": {"city": "Oth", "phone": "+44 1"}}
    place.assert_all_alike()


def test_what_was_created_and_deleted_before_it_was_sent_is_not_sent(place: Place, phone: PythonDevice) -> None:
    new = str(uuid.uuid4())
    phone.create("experiences", new, item(Experience, 7))
    phone.edit("experiences", new, {"title": "New"})
    phone.delete("experiences", new)
    assert new not in phone.client.items("experiences")
    assert phone.sync()
    assert place.networks["phone"].sent == []


def test_what_the_service_made_of_a_value_is_what_the_next_edit_starts_from(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "  Analyst ", "url": "example.org", "technologies": [" Loops "]})
    assert phone.sync()
    shown = phone.client.items("experiences")[pk]
    assert (shown["title"], shown["url"], shown["technologies"]) == ("Analyst", "https://example.org", ["Loops"])
    phone.edit("experiences", pk, {"technologies": [*shown["technologies"], "Punched cards"]})
    tablet.edit("experiences", pk, {"company": "Other"})
    assert tablet.sync()
    assert phone.sync()
    place.assert_all_alike()
    assert phone.client.items("experiences")[pk]["technologies"] == ["Loops", "Punched cards"]


def test_skills_of_both_merge_by_name(place: Place, phone: PythonDevice, tablet: PythonDevice) -> None:
    names = phone.client.items("skills.technical")["technical"]["names"]
    phone.edit("skills.technical", "technical", {"names": [*names, "Phone"]})
    tablet.edit("skills.technical", "technical", {"names": ["Tablet", *names[1:]]})
    assert phone.sync()
    assert tablet.sync()
    place.assert_all_alike()
    assert set(place.send("GET")["skills"]["technical"]) == {"Phone", "Tablet", *names[1:]}


def test_custom_fields_come_and_go_and_come_again(place: Place, phone: PythonDevice, tablet: PythonDevice) -> None:
    for _ in range(2):
        phone.create("custom_fields", "pets", {"value": ["cat"]})
        assert phone.client.items("custom_fields")["pets"] == {"value": ["cat"]}
        place.assert_all_alike()
        tablet.delete("custom_fields", "pets")
        place.assert_all_alike()
        assert "pets" not in phone.client.items("custom_fields")
    phone.create("custom_fields", "pets", {"value": None})
    phone.delete("custom_fields", "pets")
    phone.create("custom_fields", "pets", {"value": {"cat": 1}})
    place.assert_all_alike()
    assert place.send("GET")["custom_fields"]["pets"] == {"cat": 1}


def test_orders_of_both_are_kept_with_new_items_in_their_places(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    phone.move("projects", [first := place.first("projects")])
    for number in range(4):
        phone.create("projects", str(uuid.uuid4()), item(Project, number + 5))
    assert phone.sync()
    assert tablet.sync()
    a, b, c, d, e, f = phone.client.items("projects")
    assert a == first
    tablet.move("projects", [f, a, b, c, d, e])
    assert list(tablet.client.items("projects")) == [f, a, b, c, d, e]
    phone.move("projects", [a, b, d, c, e, f])
    new = str(uuid.uuid4())
    phone.create("projects", new, item(Project, 9))
    phone.move("projects", [new, a, b, d, c, e, f])
    phone.delete("projects", e)
    assert tablet.sync()
    assert phone.sync()
    assert list(phone.client.items("projects")) == [new, f, a, b, d, c]
    assert tablet.sync()
    place.assert_all_alike()
    # The version of an order comes with the pull: the next move is made from it.
    tablet.move("projects", [a, b, c, d, f, new])
    place.assert_all_alike()
    assert list(phone.client.items("projects")) == [a, b, c, d, f, new]


def test_many_changes_go_in_batches_and_come_in_pages(place: Place, phone: PythonDevice, tablet: PythonDevice) -> None:
    for number in range(520):
        phone.create("projects", str(uuid.uuid4()), item(Project, number))
    assert phone.sync()
    assert [len(each) for each in place.networks["phone"].sent] == [100] * 5 + [20]
    place.assert_all_alike()
    fresh = place.device("desk")
    place.assert_all_alike()
    assert len(fresh.client.items("projects")) == 522


# Conflicts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mine", [True, False])
def test_what_both_changed_is_asked_and_kept_until_it_is_answered(
    place: Place, phone: PythonDevice, tablet: PythonDevice, *, mine: bool
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "From the phone", "company": "Other"})
    tablet.edit("experiences", pk, {"title": "From the tablet"})
    assert tablet.sync()
    assert phone.sync()
    assert question(phone)["conflict"]["title"]["stored"] == "From the tablet"
    assert (title(phone, pk), phone.dump()["pending"]) == ("From the phone", 1)
    # Meanwhile other edits of the item wait, and all others go.
    phone.edit("experiences", pk, {"location": "Paris"})
    phone.edit("profile", place.profile, {"label": "Other"})
    assert phone.sync()
    assert place.send("GET")["label"] == "Other"
    assert (place.stored("experiences", pk) or {})["location"] != "Paris"
    assert phone.dump()["pending"] == 2
    phone = place.device("phone")
    phone.client.resolve(question(phone), mine=mine)
    assert phone.sync()
    place.assert_all_alike()
    stored = place.stored("experiences", pk) or {}
    assert stored["title"] == ("From the phone" if mine else "From the tablet")
    assert (stored["company"], stored["location"]) == ("Other", "Paris")


def test_of_personal_info_only_the_member_that_is_asked_about_is_given_up(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    phone.edit("profile", place.profile, {"personal_info": {"city": "Phone", "phone": "+44 1"}})
    tablet.edit("profile", place.profile, {"personal_info": {"city": "Tablet"}})
    assert tablet.sync()
    assert phone.sync()
    phone.client.resolve(question(phone), mine=False)
    place.assert_all_alike()
    info = place.send("GET")["personal_info"]
    assert (info["city"], info["phone"]) == ("Tablet", "+44 1")


def test_details_of_skills_are_given_up_together(place: Place, phone: PythonDevice, tablet: PythonDevice) -> None:
    name = phone.client.items("skills.technical")["technical"]["names"][0]
    for device, level in ((phone, "master"), (tablet, "novice")):
        device.edit("skills.technical", "technical", {"details": {name: {"level": level}}})
    assert tablet.sync()
    assert phone.sync()
    phone.client.resolve(question(phone), mine=False)
    place.assert_all_alike()
    assert phone.client.items("skills.technical")["technical"]["details"][name]["level"] == "novice"


@pytest.mark.parametrize("mine", [True, False])
def test_a_change_of_what_was_deleted_elsewhere_is_asked(
    place: Place, phone: PythonDevice, tablet: PythonDevice, *, mine: bool
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "From the phone"})
    tablet.delete("experiences", pk)
    assert tablet.sync()
    assert phone.sync()
    assert question(phone)["deleted"]
    assert pk not in phone.client.items("experiences")
    phone.client.resolve(question(phone), mine=mine)
    place.assert_all_alike()
    stored = place.stored("experiences", pk)
    assert (stored["title"] if stored else None) == ("From the phone" if mine else None)


@pytest.mark.parametrize("mine", [True, False])
def test_a_deletion_of_what_was_changed_elsewhere_is_asked(
    place: Place, phone: PythonDevice, tablet: PythonDevice, *, mine: bool
) -> None:
    pk = place.first("experiences")
    phone.delete("experiences", pk)
    tablet.edit("experiences", pk, {"title": "From the tablet"})
    assert tablet.sync()
    assert phone.sync()
    assert question(phone)["conflict"]["title"]["yours"] is None
    phone.client.resolve(question(phone), mine=mine)
    place.assert_all_alike()
    assert (place.stored("experiences", pk) is None) == mine


def test_what_two_devices_bring_back_is_asked_on_the_second(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk, third = place.first("experiences"), place.device("third")
    assert third.sync()
    third.delete("experiences", pk)
    assert third.sync()
    for device, text in ((phone, "From the phone"), (tablet, "From the tablet")):
        device.edit("experiences", pk, {"title": text})
        assert device.sync()
        assert question(device)["deleted"]
    for device in (phone, tablet):
        device.client.resolve(question(device), mine=True)
        assert device.sync()
    assert question(tablet)["conflict"]["title"]["stored"] == "From the phone"
    tablet.client.resolve(question(tablet), mine=True)
    place.assert_all_alike()
    assert (place.stored("experiences", pk) or {})["title"] == "From the tablet"


def test_what_is_pulled_meanwhile_is_not_what_a_person_saw_who_is_asked(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk = place.first("experiences")
    tablet.edit("experiences", pk, {"title": "Seen in the question"})
    phone.edit("experiences", pk, {"title": "Mine"})
    assert tablet.sync()
    assert phone.sync()
    tablet.edit("experiences", pk, {"title": "Seen by nobody"})
    assert tablet.sync()
    phone.client.resolve(question(phone), mine=True)
    # Without an answer to the push, and with one to the pull.
    assert phone.client._pull() is False
    phone.edit("experiences", pk, {"title": "Mine again"})
    assert phone.sync()
    assert question(phone)["conflict"]["title"]["stored"] == "Seen by nobody"
    assert (place.stored("experiences", pk) or {})["title"] == "Seen by nobody"


def test_the_rest_of_a_change_in_conflict_does_not_cover_what_came_later(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "Mine", "technologies": ["One"]})
    place.networks["phone"].before = lost
    assert not phone.sync()
    phone.edit("experiences", pk, {"technologies": ["One", "Two"]})
    tablet.edit("experiences", pk, {"title": "Theirs", "technologies": ["Tablet"]})
    assert tablet.sync()
    assert phone.sync()
    assert set(phone.client.items("experiences")[pk]["technologies"]) == {"One", "Two", "Tablet"}
    assert question(phone)["change"] == {"set": {"title": "Mine"}}
    phone.edit("experiences", pk, {"technologies": ["One", "Two", "Tablet", "Three"]})
    phone.client.resolve(question(phone), mine=False)
    place.assert_all_alike()
    stored = place.stored("experiences", pk) or {}
    assert (stored["title"], set(stored["technologies"])) == ("Theirs", {"One", "Two", "Tablet", "Three"})


def test_what_is_rejected_is_kept_with_its_sentence_until_it_is_mended(place: Place, phone: PythonDevice) -> None:
    pk, other, new = place.first("experiences"), place.first("projects"), str(uuid.uuid4())
    phone.edit("experiences", pk, {"title": "", "company": "Other"})
    phone.create("experiences", new, {"title": "No company"})
    phone.edit("projects", other, {"name": "Stored all the same"})
    assert phone.sync()
    first, second = phone.client.questions()
    assert (first["status"], second["id"]) == ("rejected", new)
    assert first["problem"]["detail"]
    assert phone.dump()["pending"] == 2
    assert title(phone, pk) == ""
    phone.edit("experiences", pk, {"title": "Mended"})
    phone.client.resolve(second, mine=False)
    place.assert_all_alike()
    stored = place.stored("experiences", pk) or {}
    assert (stored["title"], stored["company"]) == ("Mended", "Other")
    assert place.stored("experiences", new) is None


def test_what_was_rejected_and_is_pushed_again_overrides_nobody(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "", "company": "Phone"})
    assert phone.sync()
    phone.client.resolve(question(phone), mine=True)
    assert phone.sync()
    assert question(phone)["status"] == "rejected"
    tablet.edit("experiences", pk, {"company": "Tablet"})
    assert tablet.sync()
    phone.edit("experiences", pk, {"title": "Mended"})
    assert phone.sync()
    assert list(question(phone)["conflict"]) == ["company"]


# Faults --------------------------------------------------------------------------------------------------------------


def test_a_push_whose_answer_was_lost_is_sent_again_with_what_was_edited_since(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk, gone, new, other = place.first("experiences"), place.first("education"), *(str(uuid.uuid4()) for _ in "12")
    phone.edit("experiences", pk, {"title": "First", "technologies": ["One"]})
    phone.delete("education", gone)
    phone.create("experiences", new, item(Experience, 7))
    phone.create("experiences", other, {**item(Experience, 8), "is_visible": True})
    place.networks["phone"].after = lost
    assert not phone.sync()
    assert (place.stored("experiences", pk) or {})["title"] == "First"
    phone.edit("experiences", pk, {"title": "Second", "technologies": ["One", "Two"]})
    phone.edit("experiences", new, {"title": "Second"})
    phone.delete("experiences", other)
    assert tablet.sync()
    tablet.edit("experiences", pk, {"company": "From the tablet", "technologies": ["Tablet", "One"]})
    assert tablet.sync()
    assert phone.sync()
    assert phone.client.questions() == []
    place.assert_all_alike()
    shown = phone.client.items("experiences")
    assert (shown[pk]["title"], shown[pk]["company"], shown[new]["title"]) == ("Second", "From the tablet", "Second")
    assert set(shown[pk]["technologies"]) == {"Tablet", "One", "Two"}
    assert other not in shown


def test_a_lost_answer_undoes_nothing_that_came_after(place: Place, phone: PythonDevice, tablet: PythonDevice) -> None:
    pk, new = place.first("experiences"), str(uuid.uuid4())
    phone.edit("experiences", pk, {"title": "First"})
    phone.create("experiences", new, item(Experience, 7))
    place.networks["phone"].after = lost
    assert not phone.sync()
    assert tablet.sync()
    tablet.edit("experiences", pk, {"title": "Later"})
    tablet.delete("experiences", new)
    assert tablet.sync()
    place.assert_all_alike()
    assert title(phone, pk) == "Later"
    assert new not in phone.client.items("experiences")


def test_what_is_edited_while_a_push_is_under_way_stays_on_top(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk, new = place.first("experiences"), str(uuid.uuid4())
    ui = place.device("phone")
    tablet.edit("experiences", pk, {"location": "Tablet", "technologies": ["Tablet"]})
    assert tablet.sync()
    ui.edit("experiences", pk, {"title": "First", "technologies": ["One"]})
    ui.create("experiences", new, item(Experience, 7))

    def edit() -> None:
        ui.edit("experiences", pk, {"title": "Second", "technologies": ["Two"]})
        ui.edit("experiences", new, {"title": "Second"})

    place.networks["phone"].after = edit
    assert ui.sync()
    shown = ui.client.items("experiences")
    assert (shown[pk]["title"], shown[pk]["location"], shown[new]["title"]) == ("Second", "Tablet", "Second")
    assert ui.dump()["pending"] == 2
    place.assert_all_alike()
    assert ui.client.items("experiences")[pk]["technologies"] == ["Tablet", "Two"]


def test_an_edit_of_a_member_that_another_changed_during_the_push_is_asked(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk = place.first("experiences")
    tablet.edit("experiences", pk, {"location": "Tablet"})
    assert tablet.sync()
    phone.edit("experiences", pk, {"title": "First"})
    place.networks["phone"].after = lambda: phone.edit("experiences", pk, {"location": "Phone"})
    assert phone.sync()
    assert phone.sync()
    assert list(question(phone)["conflict"]) == ["location"]


def test_where_the_pull_fails_the_push_still_tells_what_is_stored(place: Place, phone: PythonDevice) -> None:
    pk, gone, network = place.first("experiences"), place.first("projects"), place.networks["phone"]
    phone.edit("experiences", pk, {"title": "First"})
    phone.delete("projects", gone)
    network.after = lambda: setattr(network, "before", lost)
    assert not phone.sync()
    assert (title(phone, pk), phone.dump()["pending"]) == ("First", 0)
    assert gone not in phone.client.items("projects")
    phone.edit("experiences", pk, {"title": "Second"})
    place.assert_all_alike()
    assert title(phone, pk) == "Second"


def test_nothing_is_asked_of_what_was_stored_once(place: Place, phone: PythonDevice, tablet: PythonDevice) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "Phone"})
    place.networks["phone"].after = lambda: phone.edit("experiences", pk, {"location": "Phone"})
    assert phone.sync()
    assert tablet.sync()
    tablet.edit("experiences", pk, {"title": "Tablet"})
    assert tablet.sync()
    place.prune()
    assert phone.sync()
    assert list(question(phone)["conflict"]) == ["location"]
    phone.resolve_all()
    place.assert_all_alike()
    assert title(phone, pk) == "Tablet"


class Killed(BaseException):
    """Ends a process in the middle."""


def killed() -> None:
    """Let the process end here."""
    raise Killed


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_is_killed_loses_nothing(place: Place, phone: PythonDevice, moment: str) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "Mine"})
    setattr(place.networks["phone"], moment, killed)
    with pytest.raises(Killed):
        phone.sync()
    phone = place.device("phone")
    assert (title(phone, pk), phone.dump()["pending"]) == ("Mine", 1)
    phone.edit("experiences", pk, {"company": "Mine"})
    place.assert_all_alike()
    stored = place.stored("experiences", pk) or {}
    assert (stored["title"], stored["company"]) == ("Mine", "Mine")


def test_after_history_is_gone_all_comes_anew_and_the_queue_is_still_taken(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk, gone = place.first("experiences"), place.first("projects")
    phone.edit("experiences", pk, {"title": "From the phone"})
    phone.edit("projects", gone, {"name": "From the phone"})
    new = str(uuid.uuid4())
    phone.create("languages", new, {"name": "Breton", "proficiency": "basic"})
    tablet.edit("experiences", pk, {"title": "From the tablet"})
    tablet.delete("projects", gone)
    tablet.delete("languages", next(iter(tablet.client.items("languages"))))
    assert tablet.sync()
    place.prune()
    assert phone.sync()
    assert {each["id"]: each["deleted"] for each in phone.client.questions()} == {pk: False, gone: True}
    phone.resolve_all()
    place.assert_all_alike()
    assert title(phone, pk) == "From the phone"
    assert phone.client.items("projects")[gone]["name"] == "From the phone"
    assert new in tablet.client.items("languages")


def test_a_token_that_is_refused_is_refreshed_once(place: Place, phone: PythonDevice) -> None:
    asked: list[str] = []

    def give(token: str) -> str:
        asked.append(token)
        return token

    good = phone.access
    phone.client.http.headers["Authorization"] = "Bearer expired"
    phone.client.token = lambda: give(good)
    assert phone.sync()
    assert asked == [good]
    phone.edit("profile", place.profile, {"label": "Mine"})
    phone.client.http.headers["Authorization"] = "Bearer expired"
    phone.client.token = lambda: give("expired too")
    with pytest.raises(httpx.HTTPStatusError) as told:
        phone.client.sync()
    assert (told.value.response.status_code, len(asked), phone.dump()["pending"]) == (401, 2, 1)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (httpx.Response(429, json={}, headers={"Retry-After": "7"}), 7),
        (httpx.Response(503, json={}, headers={"Retry-After": "2"}), 2),
        (httpx.Response(502, text="Bad gateway"), 60),
        (httpx.Response(200, html="<p>Welcome to our hotel"), 60),
        (None, 30),
    ],
    ids=["429", "503", "502", "a hotel", "no network"],
)
def test_where_the_service_is_away_the_client_says_when_to_try_again(
    place: Place, phone: PythonDevice, answer: httpx.Response | None, seconds: int
) -> None:
    phone.edit("profile", place.profile, {"label": "Mine"})

    def before() -> httpx.Response | None:
        if answer is None:
            lost()
        return answer

    place.networks["phone"].before = before
    with pytest.raises(Later) as told:
        phone.client.sync()
    assert told.value.args == (seconds,)
    place.assert_all_alike()
    assert place.send("GET")["label"] == "Mine"


def test_logging_out_leaves_nothing_on_the_device(place: Place, phone: PythonDevice) -> None:
    phone.edit("profile", place.profile, {"label": "Nobody shall read this"})
    assert phone.dump()["pending"] == 1
    phone.client.clear()
    assert phone.dump() == {"items": {}, "pending": 0, "conflicts": []}
    phone.close()
    content = phone.path.read_bytes()
    assert b"Nobody shall" not in content
    assert b"Lovelace" not in content


# The guide -----------------------------------------------------------------------------------------------------------

SOURCE = Path(profile_on_device.__file__)
GUIDE = (Path(__file__).resolve().parents[2] / "docs/guide/synchronising.md").read_text()
# The page's own steps are `python`; what it shows of the client is `py`.
USE, *SHOWN = re.findall(r"```py\n(.*?)```", GUIDE, re.DOTALL)


def test_the_client_is_small_enough_to_be_copied() -> None:
    assert len([line for line in SOURCE.read_text().splitlines() if line]) <= 150


@pytest.mark.parametrize("number", range(len(SHOWN)))
def test_what_the_guide_shows_is_the_clients_code(number: int) -> None:
    indented = (textwrap.indent(SHOWN[number], " " * width) for width in range(0, 17, 4))
    assert any(each in SOURCE.read_text() for each in indented)


def test_an_app_can_use_it_as_the_guide_shows(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SOURCE.parent)
    asked: list[dict[str, Any]] = []
    path = str(tmp_path / "profile.db")
    names: dict[str, Any] = {"API": place.url, "PROFILE": place.profile, "PATH": path, "ask": asked.append}
    names["fresh_token"] = lambda: place.caller.token
    exec(USE, names)  # noqa: S102  # it is our own
    names["device"].db.close()
    names["device"].http.close()
    assert asked == []
    stored = place.send("GET")
    assert stored["custom_fields"]["teacher"] == "Augustus De Morgan"
    assert {each["proficiency"] for each in stored["skills"]["languages"]} == {"native"}
