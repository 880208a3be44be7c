"""The queue of the client that the guide shows: its questions, its order, and what a pull passes over."""

import sqlite3

import pytest

from clients.python import profile_on_device
from tests.clients.conftest import Place, lost
from tests.clients.device_python import PythonDevice
from tests.clients.test_python_client import question, title

pytestmark = pytest.mark.own_servers

# Questions -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mine", [True, False])
def test_an_answer_to_what_was_edited_meanwhile_is_none(place: Place, phone: PythonDevice, *, mine: bool) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": ""})
    assert phone.sync()
    shown = question(phone)
    phone.edit("experiences", pk, {"title": "Mended", "location": "Paris"})
    phone.client.resolve(shown, mine=mine)
    place.assert_all_alike()
    stored = place.stored("experiences", pk) or {}
    assert (stored["title"], stored["location"]) == ("Mended", "Paris")


def test_a_second_answer_is_none_and_takes_no_other_change_away(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk, other = place.first("experiences"), place.first("projects")
    phone.edit("experiences", pk, {"title": "Phone"})
    tablet.edit("experiences", pk, {"title": "Tablet"})
    assert tablet.sync()
    assert phone.sync()
    shown = question(phone)
    phone.client.resolve(shown, mine=True)
    assert phone.sync()
    # This one has the place in the queue that the question had.
    phone.edit("projects", other, {"name": "Other"})
    phone.client.resolve(shown, mine=False)
    place.assert_all_alike()
    assert (title(phone, pk), (place.stored("projects", other) or {})["name"]) == ("Phone", "Other")


def test_a_process_that_ends_within_an_answer_keeps_the_question(
    place: Place, phone: PythonDevice, tablet: PythonDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "Phone"})
    tablet.edit("experiences", pk, {"title": "Tablet"})
    assert tablet.sync()
    assert phone.sync()
    with monkeypatch.context() as patch:
        patch.setattr(profile_on_device, "QUEUE", "fails")
        with pytest.raises(sqlite3.OperationalError):
            phone.client.resolve(question(phone), mine=True)
    assert question(phone)["change"] == {"set": {"title": "Phone"}}


@pytest.mark.parametrize("mine", [True, False])
def test_what_was_deleted_after_a_question_stays_deleted_whatever_its_answer(
    place: Place, phone: PythonDevice, tablet: PythonDevice, *, mine: bool
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "Phone"})
    tablet.edit("experiences", pk, {"title": "Tablet"})
    assert tablet.sync()
    assert phone.sync()
    phone.delete("experiences", pk)
    phone.client.resolve(question(phone), mine=mine)
    assert pk not in phone.client.items("experiences")
    place.assert_all_alike()
    assert place.stored("experiences", pk) is None


def test_what_comes_back_has_what_others_added_to_its_lists_before_it_was_deleted(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk = place.first("experiences")
    before = phone.client.items("experiences")[pk]["technologies"]
    phone.edit("experiences", pk, {"technologies": [*before, "Phone"]})
    tablet.edit("experiences", pk, {"technologies": [*before, "Tablet"]})
    assert tablet.sync()
    tablet.delete("experiences", pk)
    assert tablet.sync()
    assert phone.sync()
    phone.client.resolve(question(phone), mine=True)
    place.assert_all_alike()
    assert (place.stored("experiences", pk) or {})["technologies"] == [*before, "Tablet", "Phone"]


def test_what_was_stored_behind_a_question_is_not_sent_again_on_top_of_its_answer(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk, network = place.first("experiences"), place.networks["phone"]
    phone.edit("experiences", pk, {"title": "Phone"})
    network.before = lost
    assert not phone.sync()
    phone.edit("experiences", pk, {"technologies": ["Phone"]})
    tablet.edit("experiences", pk, {"title": "Tablet"})
    assert tablet.sync()
    assert phone.sync()
    phone.client.resolve(question(phone), mine=True)
    assert phone.sync()
    assert [change["set"] for change in network.sent[-1]] == [{"title": "Phone"}]
    place.assert_all_alike()


def test_an_edit_behind_a_question_about_a_deletion_is_not_asked_again(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "Phone"})
    tablet.delete("experiences", pk)
    assert tablet.sync()
    place.networks["phone"].after = lambda: phone.edit("experiences", pk, {"location": "Paris"})
    assert phone.sync()
    phone.client.resolve(question(phone), mine=True)
    place.assert_all_alike()
    stored = place.stored("experiences", pk) or {}
    assert (stored["title"], stored["location"]) == ("Phone", "Paris")


def test_an_edit_behind_a_question_overwrites_nothing_that_the_question_did_not_show(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk, network = place.first("experiences"), place.networks["phone"]
    phone.edit("experiences", pk, {"title": "Phone", "company": "Phone"})
    tablet.edit("experiences", pk, {"title": "Tablet"})
    assert tablet.sync()
    # The rest of the change is sent only after another edit elsewhere.
    network.after = lambda: setattr(network, "before", lost)
    assert not phone.sync()
    tablet.edit("experiences", pk, {"title": "Unseen"})
    assert tablet.sync()
    assert phone.sync()
    phone.edit("experiences", pk, {"title": "Again"})
    phone.client.resolve(question(phone), mine=True)
    assert phone.sync()
    assert {each["conflict"]["title"]["stored"] for each in phone.client.questions()} == {"Unseen"}
    assert (place.stored("experiences", pk) or {})["title"] == "Unseen"


def test_who_holds_to_the_details_of_a_skill_keeps_those_that_others_changed(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    skills = phone.client.items("skills.technical")["technical"]
    one, two = skills["names"]
    phone.edit("skills.technical", "technical", {"details": {**skills["details"], one: {"level": "Phone"}}})
    tablet.edit("skills.technical", "technical", {"details": {one: {"level": "Tablet"}, two: {"level": "Tablet"}}})
    assert tablet.sync()
    assert phone.sync()
    phone.client.resolve(question(phone), mine=True)
    place.assert_all_alike()
    details = phone.client.items("skills.technical")["technical"]["details"]
    assert (details[one]["level"], details[two]["level"]) == ("Phone", "Tablet")


def test_who_holds_to_what_was_rejected_sends_only_what_they_typed(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    tablet.edit("profile", place.profile, {"personal_info": {"city": "Tablet"}})
    assert tablet.sync()
    phone.edit("profile", place.profile, {"personal_info": {"email": "none"}})
    assert phone.sync()
    phone.client.resolve(question(phone), mine=True)
    assert phone.sync()
    assert question(phone)["change"] == {"set": {"personal_info": {"email": "none"}}}


def test_nobody_is_asked_about_their_own_edit_that_came_before_a_rejected_one(
    place: Place, phone: PythonDevice
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": "First"})
    place.networks["phone"].after = lambda: phone.edit("experiences", pk, {"title": ""})
    assert phone.sync()
    assert phone.sync()
    assert question(phone)["status"] == "rejected"
    phone.edit("experiences", pk, {"title": "Mended"})
    place.assert_all_alike()
    assert title(phone, pk) == "Mended"


# What a pull passes over ---------------------------------------------------------------------------------------------


def test_after_a_rejected_creation_is_given_up_what_others_created_comes(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    phone.create("custom_fields", "pets", {"value": "x" * 2_000_000})
    assert phone.sync()
    assert question(phone)["status"] == "rejected"
    tablet.create("custom_fields", "pets", {"value": "dog"})
    assert tablet.sync()
    assert phone.sync()
    phone.client.resolve(question(phone), mine=False)
    place.assert_all_alike()
    assert phone.client.items("custom_fields")["pets"] == {"value": "dog"}


def test_after_a_creation_is_deleted_unsent_what_others_created_comes(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    tablet.create("custom_fields", "pets", {"value": "dog"})
    assert tablet.sync()
    phone.create("custom_fields", "pets", {"value": "cat"})
    assert phone.client._pull() is False
    phone.delete("custom_fields", "pets")
    place.assert_all_alike()
    assert phone.client.items("custom_fields")["pets"] == {"value": "dog"}


def test_a_rejected_edit_of_what_is_deleted_goes_with_it(
    place: Place, phone: PythonDevice, tablet: PythonDevice
) -> None:
    pk = place.first("experiences")
    phone.edit("experiences", pk, {"title": ""})
    tablet.delete("experiences", pk)
    assert tablet.sync()
    assert phone.sync()
    assert question(phone)["status"] == "rejected"
    phone.client.resolve(question(phone), mine=False)
    place.assert_all_alike()
    assert pk not in phone.client.items("experiences")


def test_deletions_are_known_after_all_was_pulled_anew(place: Place, phone: PythonDevice) -> None:
    phone.create("custom_fields", "pets", {"value": "cat"})
    place.assert_all_alike()
    phone.delete("custom_fields", "pets")
    place.assert_all_alike()
    phone.client.db.execute("DELETE FROM state")
    place.assert_all_alike()
    phone.create("custom_fields", "pets", {"value": "dog"})
    place.assert_all_alike()


# Numbers -------------------------------------------------------------------------------------------------------------


def test_an_item_that_was_edited_again_and_again_off_line_is_sent_to_the_end(place: Place, phone: PythonDevice) -> None:
    pk, network = place.first("experiences"), place.networks["phone"]
    for number in range(150):
        phone.edit("experiences", pk, {"title": f"Title {number}"})
        network.before = lost
        assert not phone.sync()
    # Two batches, and then no network: a client that sends the first for ever is stopped.
    network.after = lambda: setattr(network, "after", lambda: setattr(network, "before", lost))
    assert not phone.sync()
    assert phone.dump()["pending"] == 0
    place.assert_all_alike()
    assert title(phone, pk) == "Title 149"


def test_a_log_out_that_fails_forgets_nothing(place: Place, phone: PythonDevice) -> None:
    phone.client.db.execute("CREATE TRIGGER stop BEFORE DELETE ON state BEGIN SELECT raise(ABORT, 'stopped'); END")
    with pytest.raises(sqlite3.IntegrityError):
        phone.client.clear()
    phone.client.db.execute("ROLLBACK")
    assert place.profile in phone.client.items("profile")
