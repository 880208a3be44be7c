"""The adapters for RxDB and WatermelonDB, in Node against the service: what each library makes easy to get wrong."""

import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.clients.devices import CLIENTS, LIBRARIES, NODE, ROOT, Device, Line, device, line_to
from tests.support.service.live import DATABASE, Caller

pytestmark = pytest.mark.own_servers

PASSWORD = "Correct-Horse-7"
EXPERIENCE = {
    "title": "Engineer",
    "company": "Babbage & Co",
    "start_date": "2021",
    "end_date": "2023",
    "technologies": ["Ada"],
}
SHOWN = ("title", "company", "location", "start_date", "end_date", "description", "technologies")


@pytest.fixture(scope="module", params=LIBRARIES)
def devices(request: pytest.FixtureRequest) -> Iterator[list[Device]]:
    """Two processes that keep a profile with one of the libraries."""
    with device(request.param) as one, device(request.param) as other:
        yield [one, other]


class Career:
    """A person's profile at the service, and devices that keep it over a line each."""

    def __init__(self, server: tuple[int, Path], devices: list[Device], stack: ExitStack) -> None:
        self.port, self.folder = server
        self.devices, self.stack = [*devices], stack
        self.caller = Caller(self.port)
        stack.callback(self.caller.close)
        self.token = self.caller.register(f"{uuid.uuid4()}@example.com", PASSWORD)["access_token"]
        info = {"full_name": "Ada Lovelace", "email": "ada@example.com"}
        self.profile = self.ask("POST", "/profiles", {"personal_info": info})["id"]

    def device(self, token: str | None = None) -> "Phone":
        """One more device of the person."""
        line = self.stack.enter_context(line_to(self.port))
        phone = Phone(self.devices.pop(), line)
        phone.device.do("open", url=line.url, token=token or self.token, profile=self.profile)
        return phone

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the service answers, which must be a success."""
        answer = self.caller.send(method, path, body)
        assert 200 <= answer.status < 300, answer
        return answer.json

    def stored(self, kind: str = "experiences") -> dict[str, dict[str, Any]]:
        """The items that the service has of a kind, by id."""
        listed = self.ask("GET", f"/profiles/{self.profile}/{kind}")[kind]
        return {item["id"]: item for item in listed}

    def forget(self) -> None:
        """Let the service keep nothing of what was before."""
        with closing(sqlite3.connect(self.folder / DATABASE)) as database, database:
            database.execute("DELETE FROM profiles_revision WHERE profile_id = ?", [uuid.UUID(self.profile).hex])


class Phone:
    """A device with its line to the service."""

    def __init__(self, running: Device, line: Line) -> None:
        self.device, self.line = running, line

    def create(self, kind: str = "experiences", /, **values: Any) -> str:
        """Create an item; its id."""
        pk = str(uuid.uuid4())
        self.device.do("create", kind=kind, id=pk, values=values or EXPERIENCE)
        return pk

    def edit(self, pk: str, kind: str = "experiences", **values: Any) -> None:
        """Edit an item."""
        self.device.do("edit", kind=kind, id=pk, values=values)

    def delete(self, pk: str, kind: str = "experiences") -> None:
        """Delete an item."""
        self.device.do("delete", kind=kind, id=pk)

    def sync(self, **options: Any) -> None:
        """Synchronise, twice: what the first time brought about, the second one brings back."""
        self.device.do("sync", **options)
        self.device.do("sync")

    def lose(self) -> None:
        """Synchronise while the answers to all pushes are lost."""
        self.line.loses = True
        assert not self.device.say("sync")["ok"]
        self.line.loses = False

    def shows(self, pk: str, kind: str = "experiences") -> dict[str, Any]:
        """What it shows of an item."""
        found: dict[str, Any] = self.device.do("dump")["items"].get(kind, {})[pk]
        return found

    @property
    def conflicts(self) -> list[dict[str, Any]]:
        """What the person is to be asked."""
        found: list[dict[str, Any]] = self.device.do("dump")["conflicts"]
        return found

    @property
    def pushed(self) -> list[dict[str, Any]]:
        """All changes that it sent."""
        return [change for push in self.line.pushes for change in push]


@pytest.fixture
def career(server: tuple[int, Path], devices: list[Device]) -> Iterator[Career]:
    """A person's profile, for devices with each of the libraries."""
    with ExitStack() as stack:
        yield Career(server, devices, stack)


def assert_in_sync(career: Career, *phones: Phone) -> None:
    """All devices show what the service has, and hold nothing that it lacks."""
    for phone in phones:
        dump = phone.device.do("dump")
        assert dump["pending"] == 0
        assert dump["conflicts"] == []
        shown = dump["items"].get("experiences", {})
        stored = career.stored()
        assert {pk: {n: item[n] for n in SHOWN if n in item} for pk, item in shown.items()} == {
            pk: {n: item[n] for n in SHOWN if n in shown.get(pk, SHOWN)} for pk, item in stored.items()
        }


# The service's word -------------------------------------------------------------------------------------------------


def test_what_the_service_makes_of_a_value_comes_back_and_the_next_edit_is_not_lost(career: Career) -> None:
    phone = career.device()
    pk = phone.create(**EXPERIENCE | {"title": "  Inge\u0301nieur ", "location": "Paris"})
    phone.device.do("sync")
    assert phone.shows(pk)["title"] == "Ing\u00e9nieur"
    phone.edit(pk, title=" Chef ")
    phone.device.do("sync")
    assert career.stored()[pk]["title"] == "Chef"
    phone.edit(pk, title="Cheffe")
    phone.sync()
    assert career.stored()[pk]["title"] == "Cheffe"
    assert [change["base"] for change in phone.pushed] == [0, 2, 3]
    assert_in_sync(career, phone)


def test_an_edit_while_the_push_is_on_its_way_is_kept_and_sent_next(career: Career) -> None:
    phone, other = career.device(), career.device()
    pk = phone.create()
    phone.sync()
    other.sync()
    other.edit(pk, location="London")
    other.sync()
    phone.edit(pk, title=" Analyst ")
    more = {"do": "edit", "kind": "experiences", "id": pk, "values": {"title": "Countess", "technologies": ["Note G"]}}
    phone.sync(meanwhile=[more])
    item = career.stored()[pk]
    assert (item["title"], item["location"], item["technologies"]) == ("Countess", "London", ["Note G"])
    other.sync()
    assert_in_sync(career, phone, other)


def test_only_fields_that_a_person_changed_are_sent_and_nothing_of_the_library(career: Career) -> None:
    phone = career.device()
    pk = phone.create()
    phone.sync()
    phone.edit(pk, title="Analyst")
    phone.sync()
    first, second = phone.pushed
    assert set(first["set"]).isdisjoint({"_status", "_changed", "_deleted", "_rev", "_meta", "key", "id", "version"})
    assert second == {"kind": "experiences", "id": pk, "base": 2, "set": {"title": "Analyst"}}


# Several devices ----------------------------------------------------------------------------------------------------


def test_edits_of_different_fields_and_of_a_list_on_two_devices_merge(career: Career) -> None:
    phone, tablet = career.device(), career.device()
    pk = phone.create()
    phone.sync()
    tablet.sync()
    phone.edit(pk, title="Analyst", technologies=["Ada", "Punched cards"])
    tablet.edit(pk, location="London", technologies=["Looms", "Ada"])
    tablet.sync()
    phone.sync()
    tablet.sync()
    item = career.stored()[pk]
    assert (item["title"], item["location"]) == ("Analyst", "London")
    assert sorted(item["technologies"]) == ["Ada", "Looms", "Punched cards"]
    assert_in_sync(career, phone, tablet)


def test_a_field_that_both_changed_is_asked_about_with_all_three_values_and_mine_holds_if_taken(career: Career) -> None:
    phone, tablet = career.device(), career.device()
    pk = phone.create()
    phone.sync()
    tablet.sync()
    tablet.edit(pk, title="Countess", location="London")
    tablet.sync()
    phone.edit(pk, title="Analyst", description="Wrote the first program.")
    phone.sync()
    [asked] = phone.conflicts
    assert asked["conflict"] == {"title": {"base": "Engineer", "yours": "Analyst", "stored": "Countess"}}
    assert career.stored()[pk]["title"] == "Countess"
    phone.device.do("resolve")
    phone.sync()
    tablet.sync()
    item = career.stored()[pk]
    assert (item["title"], item["location"], item["description"]) == ("Analyst", "London", "Wrote the first program.")
    assert_in_sync(career, phone, tablet)


def test_members_of_the_personal_info_merge_and_one_that_both_changed_leaves_the_others(career: Career) -> None:
    phone, tablet = career.device(), career.device()
    phone.sync()
    tablet.sync()
    info = phone.shows(career.profile, "profile")["personal_info"]
    tablet.edit(career.profile, "profile", personal_info={**info, "location": "London", "phone": "+44 1"})
    phone.edit(career.profile, "profile", personal_info={**info, "website": "ada.example", "phone": "+44 2"})
    tablet.sync()
    phone.sync()
    [asked] = phone.conflicts
    assert asked["conflict"] == {"personal_info.phone": {"base": None, "yours": "+44 2", "stored": "+44 1"}}
    phone.device.do("resolve")
    phone.sync()
    tablet.sync()
    stored = career.ask("GET", f"/profiles/{career.profile}")["personal_info"]
    assert (stored["location"], stored["website"], stored["phone"]) == ("London", "https://ada.example", "+44 2")
    assert phone.shows(career.profile, "profile")["personal_info"] == stored
    assert tablet.shows(career.profile, "profile")["personal_info"] == stored


def test_details_of_one_skill_in_question_leave_those_of_the_others(career: Career) -> None:
    phone, tablet, kind = career.device(), career.device(), "skills.technical"
    skills = {"names": ["Ada", "Node.js", "SQL"], "details": {}}
    change = {"kind": kind, "id": "technical", "base": 1, "set": skills}
    career.ask("POST", f"/profiles/{career.profile}/changes", {"changes": [change]})
    phone.sync()
    tablet.sync()
    tablet.edit("technical", kind, details={"Node.js": {"level": "Tablet"}, "Ada": {"level": "Tablet"}})
    phone.edit("technical", kind, details={"Node.js": {"level": "Phone"}, "SQL": {"level": "Phone"}})
    tablet.sync()
    phone.sync()
    [asked] = phone.conflicts
    assert list(asked["conflict"]) == ["details.node.js.level"]
    phone.device.do("resolve")
    phone.sync()
    tablet.sync()
    for each in (phone, tablet):
        details = each.shows("technical", kind)["details"]
        levels = {skill: known["level"] for skill, known in details.items()}
        assert levels == {"Node.js": "Phone", "Ada": "Tablet", "SQL": "Phone"}


def test_an_edit_of_what_was_deleted_elsewhere_is_asked_about_and_brings_it_back_if_taken(career: Career) -> None:
    phone, tablet = career.device(), career.device()
    pk = phone.create(**EXPERIENCE | {"location": "London"})
    phone.sync()
    tablet.sync()
    tablet.delete(pk)
    tablet.sync()
    assert career.stored() == {}
    phone.edit(pk, title="Countess")
    phone.sync()
    [asked] = phone.conflicts
    assert asked["isDeleted"]
    phone.device.do("resolve")
    phone.sync()
    tablet.sync()
    item = career.stored()[pk]
    assert (item["title"], item["location"]) == ("Countess", "London")
    assert_in_sync(career, phone, tablet)


def test_what_two_devices_bring_back_holds_the_edits_of_both(career: Career) -> None:
    phone, tablet = career.device(), career.device()
    pk = phone.create()
    phone.sync()
    tablet.sync()
    career.ask("DELETE", f"/profiles/{career.profile}/experiences/{pk}")
    phone.edit(pk, title="Countess")
    tablet.edit(pk, location="London")
    for each in (phone, tablet):
        each.sync()
        each.device.do("resolve")
    phone.sync()
    tablet.sync()
    assert career.stored()[pk]["title"] == "Countess"
    assert career.stored()[pk]["location"] == "London" or "location" in tablet.conflicts[0]["conflict"]


def test_a_deletion_of_what_was_changed_elsewhere_is_asked_about_and_done_if_taken(career: Career) -> None:
    phone, tablet = career.device(), career.device()
    pk = phone.create()
    phone.sync()
    tablet.sync()
    tablet.edit(pk, title="Countess")
    tablet.sync()
    phone.delete(pk)
    phone.sync()
    assert career.stored()[pk]["title"] == "Countess"
    [asked] = phone.conflicts
    assert asked["yours"]["delete"]
    phone.device.do("resolve")
    phone.sync()
    tablet.sync()
    assert career.stored() == {}
    assert_in_sync(career, phone, tablet)


def test_what_one_device_deletes_is_gone_on_the_other(career: Career) -> None:
    phone, tablet = career.device(), career.device()
    pk = phone.create()
    phone.sync()
    tablet.sync()
    phone.delete(pk)
    phone.sync()
    tablet.sync()
    assert career.stored() == {}
    assert_in_sync(career, phone, tablet)


def test_the_order_of_a_list_is_kept_on_all_devices(career: Career) -> None:
    phone, tablet = career.device(), career.device()
    ids = [phone.create("languages", name=name, proficiency="basic") for name in ("German", "French", "Welsh")]
    phone.sync()
    tablet.sync()
    wanted = [ids[2], ids[0], ids[1]]
    tablet.edit("languages", "order", ids=wanted)
    tablet.sync()
    phone.sync()
    assert list(career.stored("languages")) == wanted
    assert phone.shows("languages", "order")["ids"] == wanted


# A bad line ---------------------------------------------------------------------------------------------------------


def test_an_edit_after_an_answer_that_was_lost_is_no_conflict_with_the_same_hand(career: Career) -> None:
    phone = career.device()
    pk = phone.create()
    phone.sync()
    phone.edit(pk, title="Analyst", technologies=["Ada", "Looms"])
    phone.lose()
    assert career.stored()[pk]["title"] == "Analyst"
    phone.edit(pk, title="Countess", technologies=["Ada"])
    phone.sync()
    item = career.stored()[pk]
    assert (item["title"], item["technologies"]) == ("Countess", ["Ada"])
    assert_in_sync(career, phone)


def test_an_item_whose_first_answer_was_lost_is_there_once_and_can_be_edited(career: Career) -> None:
    phone = career.device()
    pk = phone.create()
    phone.lose()
    phone.edit(pk, title="Countess")
    phone.lose()
    phone.sync()
    assert [item["title"] for item in career.stored().values()] == ["Countess"]
    assert_in_sync(career, phone)


def test_an_item_whose_first_answer_was_lost_can_be_deleted(career: Career) -> None:
    phone = career.device()
    pk = phone.create()
    phone.lose()
    phone.delete(pk)
    phone.sync()
    assert career.stored() == {}
    assert_in_sync(career, phone)


def test_a_token_that_has_ended_stops_nothing_for_good(career: Career) -> None:
    phone = career.device(token="ended")
    pk = phone.create()
    assert not phone.device.say("sync")["ok"]
    phone.device.do("token", token=career.token)
    phone.sync()
    assert set(career.stored()) == {pk}


@pytest.mark.parametrize("trial", ["echoed", "passedOver", "overtaken", "firstPullLate", "askedAgain", "postponed"])
def test_what_a_library_does_in_an_order_of_its_own_loses_nothing(server: tuple[int, Path], trial: str) -> None:
    with ExitStack() as stack:
        career = Career(server, [], stack)
        made = career.ask("POST", f"/profiles/{career.profile}/experiences", EXPERIENCE)
        script = ROOT / "tests" / "clients" / "handlers.ts"
        url = f"http://127.0.0.1:{career.port}/api/v1"
        arguments = [trial, url, career.token, career.profile, made["id"]]
        tried = subprocess.run([NODE, script, *arguments], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr


# Refusals -----------------------------------------------------------------------------------------------------------


def test_a_change_against_the_rules_is_told_and_kept_and_the_others_are_stored(career: Career) -> None:
    phone = career.device()
    pk = phone.create()
    phone.sync()
    phone.edit(pk, end_date="1815")
    good = phone.create(**EXPERIENCE | {"title": "Countess"})
    phone.sync()
    assert career.stored()[good]["title"] == "Countess"
    [asked] = phone.conflicts
    assert asked["yours"]["set"] == {"end_date": "1815"}
    assert "end" in asked["problem"]["detail"].lower()


# Long away ----------------------------------------------------------------------------------------------------------


def test_after_a_state_that_is_too_old_all_is_read_anew_and_no_edit_is_lost(career: Career) -> None:
    phone, tablet = career.device(), career.device()
    edited, deleted, kept = phone.create(), phone.create(), phone.create()
    phone.sync()
    tablet.sync()
    tablet.delete(deleted)
    tablet.edit(kept, title="Countess")
    tablet.sync()
    career.forget()
    phone.edit(edited, location="London")
    phone.sync()
    phone.device.do("resolve")
    phone.sync()
    tablet.sync()
    assert set(career.stored()) == {edited, kept}
    assert career.stored()[edited]["location"] == "London"
    assert_in_sync(career, phone, tablet)


def test_the_adapters_are_typed_strictly() -> None:
    compiler = CLIENTS / "node_modules" / "typescript" / "bin" / "tsc"
    checked = subprocess.run([NODE, compiler, "-p", CLIENTS], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


ADAPTERS = [each for each in sorted(CLIENTS.glob("*.ts")) + sorted(CLIENTS.glob("*/*.ts")) if each.stem != "example"]


@pytest.mark.parametrize("path", ADAPTERS, ids=lambda p: p.stem)
def test_a_file_of_an_adapter_has_at_most_80_lines_of_120_characters(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 80
    assert max(map(len, lines)) <= 120
