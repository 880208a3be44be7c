"""The short form of the simulation, what it must find out, and the ledger that it goes by."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.stage import Stage, stage
from tests.sync.simulation.__main__ import KINDS
from tests.sync.simulation.controls import CONTROLS, ByTime
from tests.sync.simulation.devices import merged
from tests.sync.simulation.ledger import Ledger
from tests.sync.simulation.lines import Weather
from tests.sync.simulation.world import Plan, World, mortal_service, times

SHORT = Plan(edits=40, held_seconds=1.0, sync=0.3, weather=Weather(deadly=0.5))
SEED = 7
# The kinds whose long form holds (docs/faults.md).
HELD = ("plain", "python", "rxdb", "watermelon")
TITLE = ("experiences", "a")


@pytest.fixture(scope="module")
def service() -> Iterator[Stage]:
    """The service on servers of its own, whose processes can be killed before they answer."""
    with stage(short=True) as on, mortal_service(on):
        ByTime.times = lambda profile: times(on, profile)
        yield on


@pytest.mark.own_servers
@pytest.mark.parametrize("kind", HELD)
def test_no_edit_is_lost_nothing_comes_back_and_all_are_equal(service: Stage, kind: str) -> None:
    outcome = World(service, KINDS[kind], SHORT, SEED).play()
    assert outcome.is_kept, (outcome.verdict, outcome.differences, outcome.unsent)
    # Processes may be killed every 12 s alone.
    needed = {"pushes", "merged", "conflict", "unchanged", "lost answers", "partitions", "holds", "410"}
    needed |= {"kills"} if kind == HELD[0] else set()
    assert needed <= {name for name, number in outcome.seen.items() if number}, outcome.seen
    assert outcome.edits == 5 * SHORT.edits


@pytest.mark.own_servers
@pytest.mark.parametrize("name", CONTROLS)
def test_a_device_that_does_one_thing_wrong_is_found_out(service: Stage, name: str) -> None:
    assert not World(service, CONTROLS[name], SHORT, SEED).play().is_kept


def question(mine: Any, stored: Any, name: str = "title", **told: Any) -> dict[str, Any]:
    """What a device asks about one field of an item."""
    yours = {"kind": TITLE[0], "id": TITLE[1], "set": {name: mine}}
    conflict = {name: {"base": "", "yours": mine, "stored": stored}}
    return {"yours": yours, "stored": {"data": {name: stored}}, "conflict": conflict, "isDeleted": False, **told}


@pytest.mark.pure
class TestLedger:
    """What counts as lost, and as back from the dead."""

    def ledger(self) -> Ledger:
        """One in which two devices have replaced the same text, neither seeing the other's."""
        ledger = Ledger()
        ledger.wrote(TITLE, {"title": " one "}, {"title": "first"})
        ledger.wrote(TITLE, {"title": "two"}, {"title": "first"})
        return ledger

    def test_a_text_that_nobody_saw_replaced_is_lost(self) -> None:
        assert self.ledger().judged({TITLE: {"title": "two"}}).lost == [(TITLE, "title: one")]

    def test_a_text_that_was_seen_may_be_replaced(self) -> None:
        ledger = self.ledger()
        ledger.wrote(TITLE, {"title": "two"}, {"title": "one"})
        assert not ledger.judged({TITLE: {"title": "two"}}).lost
        ledger.wrote(TITLE, {"title": "three"}, {"title": "two"})
        assert not ledger.judged({TITLE: {"title": "three"}}).lost

    def test_an_answer_to_a_question_may_give_a_text_up_and_no_other(self) -> None:
        ledger = self.ledger()
        ledger.wrote(TITLE, {"title": "three"}, {"title": "first"})
        ledger.decided("d0", question("one", "two"), {"title": "one"}, {"title": "two"})
        assert ledger.judged({TITLE: {"title": "two"}}).lost == [(TITLE, "title: three")]
        assert len(ledger.judged({TITLE: {"title": "one"}}).lost) == 2

    def test_an_item_that_is_gone_takes_what_its_deleter_saw_with_it(self) -> None:
        ledger = self.ledger()
        ledger.deleted("d0", TITLE, {"title": "two"}, [])
        ledger.settled("d0", [])
        verdict = ledger.judged({})
        assert (verdict.lost, verdict.back, verdict.deletions) == ([(TITLE, "title: one")], [], 1)

    def test_an_item_that_is_there_after_its_deletion_is_back_unless_somebody_kept_it(self) -> None:
        ledger = self.ledger()
        ledger.deleted("d0", TITLE, {"title": "two"}, [])
        ledger.settled("d0", [])
        assert ledger.judged({TITLE: {"title": "one"}}).back == [(TITLE, "all of it")]
        ledger.decided("d1", question("one", "two", isDeleted=True), {"title": "one"}, {"title": "one"})
        verdict = ledger.judged({TITLE: {"title": "one"}})
        assert (verdict.lost, verdict.back, verdict.deletions) == ([], [], 0)

    def test_a_deletion_that_was_undone_excuses_nothing(self) -> None:
        ledger = self.ledger()
        ledger.deleted("d0", TITLE, {"title": "one"}, [])
        undone = {**question("one", "two"), "yours": {"kind": TITLE[0], "id": TITLE[1], "delete": True}}
        ledger.decided("d0", undone, None, {"title": "two"})
        ledger.settled("d0", [])
        ledger.wrote(TITLE, {"title": "three"}, {"title": "two"})
        assert (TITLE, "title: three") in ledger.judged({TITLE: {"title": "two"}}).lost

    def test_elements_are_there_unless_somebody_saw_and_removed_them(self) -> None:
        ledger = Ledger()
        ledger.wrote(TITLE, {"technologies": ["a", "b"]}, {"technologies": []})
        ledger.wrote(TITLE, {"technologies": ["b"]}, {"technologies": ["a", "b"]})
        assert not ledger.judged({TITLE: {"technologies": ["b"]}}).lost
        assert ledger.judged({TITLE: {"technologies": []}}).lost == [(TITLE, "technologies: b")]
        assert ledger.judged({TITLE: {"technologies": ["a", "b"]}}).back == [(TITLE, "technologies: a")]


@pytest.mark.pure
def test_a_device_brings_a_list_on_top_of_what_is_stored() -> None:
    assert merged(["a", "b"], ["b", "c"], ["a", "b", "d"]) == ["b", "d", "c"]
