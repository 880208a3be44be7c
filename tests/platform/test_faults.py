"""The short part of the fault trials, and that the long one is whole; docs/faults.md says what each shows."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.faults.__main__ import SCENARIOS, run
from tests.faults.scenarios import hoarding
from tests.faults.scenarios.clocks import clocks
from tests.faults.scenarios.distrust import wrong_bytes
from tests.faults.scenarios.failover import read_only
from tests.faults.scenarios.hostile import ATTACKS, UNPROTECTED, Attack, Siege, besieged, silent_bodies
from tests.faults.scenarios.writers import refresh_race
from tests.faults.stage import Promise, Stage, stage, wait_for

pytestmark = pytest.mark.own_servers

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "faults.md"


@pytest.fixture(scope="module")
def short() -> Iterator[Stage]:
    """A migrated service that nothing of is running yet."""
    with stage(short=True) as made:
        yield made


def test_one_refresh_token_in_many_requests_at_once_logs_nobody_out(short: Stage) -> None:
    [promise] = refresh_race(short)
    assert promise.kept, promise.line()


def test_one_user_can_not_take_the_disk(short: Stage) -> None:
    promises = list(hoarding.user_bytes(short))
    assert all(promise.kept for promise in promises), [promise.line() for promise in promises]
    assert sum("control" in promise.name for promise in promises) == 1


def test_a_killed_main_process_leaves_no_web_process_behind_and_the_port_free(short: Stage) -> None:
    with short.serve() as server:
        assert len(server.web_workers()) == 2
        server.process.kill()
        wait_for(lambda: not server.family(), 10)
    with short.serve():
        assert short.answers()


@pytest.fixture(scope="module")
def siege() -> Iterator[Siege]:
    """One server for all attacks, which the long form gives one each."""
    with stage(short=True) as made, besieged(made) as siege:
        yield siege


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_one_hostile_sender_is_noticed_by_nobody_else(siege: Siege, attack: Attack) -> None:
    promise = siege.play(attack)
    assert promise.kept, promise.line()


def test_the_same_application_is_stopped_by_silent_bodies_where_its_threads_read_them(short: Stage) -> None:
    with besieged(short, UNPROTECTED) as unprotected:
        promise = unprotected.play(silent_bodies)
    assert not promise.kept, promise.line()


@pytest.mark.parametrize("scenario", [wrong_bytes, clocks, read_only])
def test_a_promise_is_kept_and_its_control_breaks_it(
    short: Stage, scenario: Callable[[Stage], Iterator[Promise]]
) -> None:
    promises = list(scenario(short))
    assert [promise.line() for promise in promises if not promise.kept] == []
    assert any("control" in promise.name for promise in promises)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_is_there_and_documented(name: str) -> None:
    assert callable(getattr(import_module(f"tests.faults.scenarios.{SCENARIOS[name]}"), name))
    assert f"`{name}`" in DOCUMENT.read_text()


@pytest.mark.parametrize("kept", [True, False])
def test_a_broken_promise_is_told_and_fails_the_run(
    kept: bool,  # noqa: FBT001  # what pytest gives
    monkeypatch: pytest.MonkeyPatch,
    short: Stage,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def scenario(stage: Stage) -> Iterator[Promise]:
        yield Promise("trial", "3 lost", 7, 1.25, kept)

    monkeypatch.setitem(SCENARIOS, "trial", "writers")
    monkeypatch.setattr("tests.faults.scenarios.writers.trial", scenario, raising=False)
    assert run("trial", short) is kept
    assert f"trial: 3 lost; n=7, 1.2 s, {'kept' if kept else 'BROKEN'}\n" in capsys.readouterr().out
