"""What the comparison makes of its raw figures, and how it goes on where it was broken off. Needs no server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import figures
from bench.careers import pasts
from bench.journal import Journal
from bench.measuring.spent import spent
from bench.works import BASE, SOME, TEXT, WORKS, changed_document, changed_items, changed_resume, pushed_items
from profiles.models import log
from profiles.models.log import Actor, Cause

# What it needs beside the development requirements comes with those of the comparison.
compare = pytest.importorskip("bench.compare")
contenders = pytest.importorskip("bench.contenders")
data = pytest.importorskip("bench.careers.data")
groups = pytest.importorskip("bench.careers.groups")
report = pytest.importorskip("bench.report")
statements = pytest.importorskip("bench.measuring.statements")

TITLES = {name: work.title for name, work in WORKS.items()}
HIT = {"work": "hit", "connections": 16}


def run(service: str, rate: float, number: int = 0, work: str = "hit", connections: int = 16) -> dict[str, Any]:
    """A run as the journal has it; its CPU time is a second shared by its requests."""
    cpu = {"service": 500 / rate, "database": 300 / rate, "cache": 200 / rate}
    where = {"work": work, "connections": connections, "round": number, "service": service}
    return {**where, "rate": rate, "p50": 1000 / rate, "p99": 3000 / rate, "cpu": cpu}


def results(*runs: dict[str, Any], costs: dict[str, list[float]] | None = None) -> dict[str, Any]:
    return {"runs": runs, "costs": costs or {}, "memory": {}, "starts": {}}


def test_a_ratio_is_taken_within_a_round_in_whatever_order_the_runs_came() -> None:
    runs = [run("peer", 100, 1), run("ours", 300, 0), run("peer", 50, 0), run("ours", 1000, 1)]
    assert figures.ratio(runs, "hit", 16, "peer") == (8, 6, 10)
    assert figures.ratio(runs, "hit", 64, "peer") is None
    assert figures.ratio(runs, "hit", 16, "floor") is None


def test_one_work_is_compared_with_another_of_the_same_rounds() -> None:
    runs = [run("ours", 80, work="push20"), run("ours", 100, work="patch20")]
    assert figures.ratio(runs, "push20", 16, "ours", of="patch20") == (0.8, 0.8, 0.8)
    told = [(each.measured, each.reached) for each in figures.verdicts(results(*runs), TITLES)]
    assert told == [("0.80 (0.80 – 0.80)×", True)]


def test_cpu_time_is_the_sum_of_all_processes_and_its_ratio_speaks_for_ours_above_one() -> None:
    runs = [run("ours", 200), run("peer", 100)]
    assert figures.cpu(runs, service="ours", **HIT) == [pytest.approx(5)]
    found = figures.cpu_ratio(runs, "hit", 16, "peer")
    assert found is not None
    assert found.median == pytest.approx(2)
    [table] = report.works(results(*runs))
    assert "5.00 (5.00 – 5.00) = 2.50 + 1.50 + 1.00" in table
    assert "10.00 (10.00 – 10.00) = 5.00 + 3.00 + 2.00 | 2.00 (2.00 – 2.00)×" in table


def test_runs_from_before_cpu_time_was_measured_are_shown_without_it() -> None:
    old = {name: value for name, value in run("ours", 200).items() if name != "cpu"}
    assert figures.cpu([old], service="ours", **HIT) == []
    [table] = report.works(results(old))
    assert "200 (200 – 200)" in table


@pytest.mark.parametrize(("cost", "reached"), [(0.22, True), (0.23, False)])
def test_a_goal_of_cpu_time_in_process_is_a_median_that_is_not_passed(cost: float, reached: bool) -> None:  # noqa: FBT001  # a parameter of the test
    [verdict] = figures.verdicts(results(costs={"unchanged": [0.1, cost, 0.9], "put": [9.0]}), TITLES)
    assert (verdict.goal, verdict.reached) == ("≤ 0.22 ms", reached)
    assert verdict.measured == f"{cost:.3f} (0.100 – 0.900) ms"


def test_the_slowest_answers_must_be_below_the_peers() -> None:
    equal = [run(name, 100, work="history", connections=64) for name in ("ours", "peer")]
    [verdict] = figures.verdicts(results(*equal), TITLES)
    assert not verdict.reached
    faster = [run("ours", 101, work="history", connections=64), equal[1]]
    [verdict] = figures.verdicts(results(*faster), TITLES)
    assert verdict.reached


def test_every_goal_is_of_works_that_both_do() -> None:
    for goal in figures.GOALS:
        assert goal.work in WORKS
        done = contenders.DONE_BY.get(goal.other, tuple(WORKS))
        assert (goal.of or goal.work) in done, goal
        if goal.of:
            assert WORKS[goal.work].beside == goal.of
    assert set(figures.COSTS) <= set(WORKS)


def test_works_that_are_compared_with_each_other_share_their_rounds() -> None:
    found = [[work.name for work in block] for block in compare.blocks(["hit", "push20", "patch20", "pull20"])]
    assert found == [["hit"], ["push20", "patch20"], ["pull20"]]


def test_no_round_of_a_work_that_visits_each_profile_once_begins_where_another_did() -> None:
    entry = compare.Entry(WORKS["miss"], contenders.Contender("ours", (), None), range(60))
    begins = [entry.turned(number, 5)[0] for number in range(6)]
    assert begins == [0, 10, 20, 30, 40, 50]
    assert all(sorted(entry.turned(number, 5)) == list(range(60)) for number in range(6))
    assert list(entry._replace(work=WORKS["hit"]).turned(3, 5)) == list(range(60))


def test_a_journal_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "compare.jsonl"
    first = Journal(path, {"rounds": 5, "works": ("hit",)}, go_on=False)
    first.add("runs", run("ours", 100))
    first.add("memory", ["ours", 5])
    with path.open("a") as file:
        file.write('["runs", {"work": "hi')
    second = Journal(path, {"rounds": 5, "works": ("hit",)}, go_on=True)
    assert second.has_run(["hit", 16, 0, "ours"])
    assert not second.has_run(["hit", 16, 1, "ours"])
    second.add("runs", run("ours", 200))
    third = Journal(path, {"rounds": 5, "works": ("hit",)}, go_on=True)
    assert [each["rate"] for each in third.runs()] == [200]
    assert third.of("memory") == [["ours", 5]]


def test_a_journal_of_other_options_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "compare.jsonl"
    with pytest.raises(SystemExit, match="missing"):
        Journal(path, {"rounds": 5}, go_on=True)
    Journal(path, {"rounds": 5}, go_on=False)
    with pytest.raises(SystemExit, match="other options"):
        Journal(path, {"rounds": 6}, go_on=True)


def test_each_profile_is_in_one_group_and_most_are_left_to_all_works() -> None:
    targets = [data.Target(str(number), str(number)) for number in range(3_000)]
    found = groups.split(targets)
    assert sorted(each.token for group in found.values() for each in group) == sorted(each.token for each in targets)
    assert {name: len(group) for name, group in found.items() if name} == {"parity": 2, **groups.SIZES}
    assert len(found[""]) > 2_500
    assert len(groups.split(targets[:100])[""]) >= 50


@pytest.fixture
def burner() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for a line; then a child of it takes CPU time and ends, before the line that it prints."""
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    run_it = f"subprocess.run([sys.executable, '-c', {burn!r}])"
    code = f"import subprocess, sys; input(); {run_it}; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_cpu_time_of_what_has_ended_counts_with_its_parent(burner: subprocess.Popen[bytes]) -> None:
    with spent(service=[psutil.Process(burner.pid)], cache=[]) as found:
        assert burner.stdin is not None
        assert burner.stdout is not None
        burner.stdin.write(b"\n")
        burner.stdin.flush()
        burner.stdout.readline()
        # The child is gone, and no process that runs has taken as much.
        assert psutil.Process(burner.pid).children() == []
    assert 0.25 <= found.seconds["service"] < 5
    assert found.seconds["cache"] == 0


DOCUMENT = {
    "version": 7,
    "professional_summary": "Before",
    "experiences": [{"id": str(number), "title": "Before"} for number in range(40)],
}


def test_bodies_of_a_profile_say_all_that_was_read_and_something_new() -> None:
    assert json.loads(changed_document(DOCUMENT)) == {**DOCUMENT, "professional_summary": f"Engineer; state {TEXT}."}
    patched = json.loads(changed_items(DOCUMENT))
    assert [row["id"] for row in patched] == [str(number) for number in range(8, 8 + SOME)]
    pushed = json.loads(pushed_items(DOCUMENT).replace(BASE, "7"))["changes"]
    assert [(each["id"], each["base"], each["set"]) for each in pushed] == [
        (row["id"], 7, {"title": row["title"]}) for row in patched
    ]


def test_a_resume_is_imported_with_one_job_more_however_often() -> None:
    once = json.loads(changed_resume({"basics": {}, "work": [{"name": "Town"}]}))
    assert [each["name"] for each in once["work"]] == ["Town", "Analytical Engines"]
    assert json.loads(changed_resume(once)) == once


def test_a_line_of_the_database_is_counted_where_it_tells_of_a_statement() -> None:
    lines = (
        "2026-11-29 LOG:  statement: BEGIN\n"
        "2026-11-29 LOG:  execute _pg3_0: SELECT 1\n"
        "2026-11-29 DETAIL:  parameters: $1 = 'LOG:  nothing'\n"
        "2026-11-29 LOG:  execute <unnamed>: UPDATE x\n"
        "2026-11-29 LOG:  checkpoint starting: time\n"
    )
    assert len(statements.STATEMENT.findall(lines)) == 3


def test_a_generated_log_counts_as_the_service_counts_it() -> None:
    entries = list(pasts.entries(4, "018cc256-87e0-7008-bff7-f075ab8e5c1e", "2024-01-01 00:00:00+00:00"))
    assert [entry.version for entry in entries] == [2, 3, pasts.VERSION]
    for entry in entries:
        cause = Cause(Actor(entry.actor), entry.action, entry.device)
        assert entry.size == log.size_of(cause, entry.changes)
