"""Machines whose clocks differ, and one whose clock is set back while it works."""

import copy
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

import psycopg

from tests.faults.load import Client
from tests.faults.stage import Program, Promise, Stage, free_port, wait_for

MODULE = "tests.faults.controls.other_clock"
QUOTA = 30
WINDOW_SECONDS = 60
LIMITS = {
    "RATELIMIT_ENABLE": "true",
    "RATELIMIT_DEFAULT": "1000000/m",
    "RATELIMIT_BULK": f"{QUOTA}/m",
    "RATELIMIT_REGISTER": "1000000/m",
    "JOB_LEASE_SECONDS": "2",
}
# A job whose worker was killed is begun again after its lease and a sweep; on a busy machine that takes a while.
LEASE_SECONDS = 20
HOUR = 3600
AHEAD = 30


class Machines:
    """Two web machines on one database and one Redis. The clock of the second, `other`, is wrong."""

    def __init__(self, stage: Stage, *, own: bool) -> None:
        self.stage = stage
        self.file = stage.folder / "clock of the other"
        self.right = stage.folder / "right clock"
        self.right.write_text("0")
        self.variables = {**LIMITS, **({"CLOCK_OWN": "1"} if own else {})}
        self.other = copy.copy(stage)
        self.other.port, self.other.clients = free_port(), []
        self.other.environment = {**stage.environment, "PORT": str(self.other.port)}
        self.set(0)

    def set(self, seconds: float) -> None:
        """Set the other machine's clock off by so much."""
        self.file.write_text(str(seconds))

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Both web machines."""
        application = f"{MODULE}:application"
        with (
            self.stage.serve(application, CLOCK_FILE=str(self.right), **self.variables),
            self.other.serve(application, CLOCK_FILE=str(self.file), **self.variables),
        ):
            yield

    def start_worker(self, clock: Path) -> Program:
        """A worker on one of the machines; the caller ends it."""
        environment = {**self.stage.environment, **self.variables, "CLOCK_FILE": str(clock)}
        log = self.stage.folder / "worker.log"
        return Program([sys.executable, "-m", MODULE, "worker"], environment, log)


def clocks(stage: Stage) -> Iterator[Promise]:
    """Clocks 30 s apart either way, and one that is set back by an hour; the control has no common clock."""
    for shift in (-HOUR,) if stage.short else (AHEAD, -AHEAD, -HOUR):
        yield from _play(Machines(stage, own=False), "clocks", shift)
    # By a whole window, so that the two are never in the same one.
    control = _play(Machines(stage, own=True), "clocks control, each its own", WINDOW_SECONDS)
    # Its lease lasts for a minute too long.
    for promise in islice(control, 2 if stage.short else 3):
        yield promise._replace(kept=not promise.kept)


def _play(machines: Machines, name: str, shift: float) -> Iterator[Promise]:
    name = f"{name}, {shift:+.0f} s"
    people = machines.stage.count(40, 4)
    with machines.serve():
        # It works for a moment before it is set.
        _log_out(machines, 1)
        machines.set(shift)
        started = time.monotonic()
        refused = _log_out(machines, people)
        lasted = time.monotonic() - started
        yield Promise(f"{name}: people", f"{refused} logged out or refused", 6 * people, lasted, not refused)
        started = time.monotonic()
        passed, longest = _pass_limits(machines, people)
        figure = f"{passed} passed a limit by the other machine, Retry-After {longest} s at most"
        lasted = time.monotonic() - started
        yield Promise(f"{name}: limits", figure, people, lasted, not passed and longest <= WINDOW_SECONDS)
        started = time.monotonic()
        after, attempts = _lose_worker(machines, shift)
        figure = f"a killed worker's job done after {after:.1f} s, begun {attempts} times"
        yield Promise(f"{name}: leases", figure, 1, time.monotonic() - started, after < LEASE_SECONDS and attempts == 2)


def _log_out(machines: Machines, people: int) -> int:
    """How often a token of one machine was refused by the other."""
    refused = 0
    here, there = machines.stage, machines.other
    for number in range(people):
        one, two = (here, there) if number % 2 else (there, here)
        tokens = one.person()
        # Each numbers its people from one.
        two.people = one.people = max(one.people, two.people)
        refused += two.client(tokens["access_token"]).send("GET", "/api/v1/auth/me").status != 200
        answers = [
            # The second comes again within the grace, on the other machine.
            each.client().send("POST", "/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]})
            for each in (two, one)
        ]
        refused += sum(answer.status != 200 for answer in answers)
        for answer in answers:
            if answer.status == 200:
                token = answer.json()["access_token"]
                refused += one.client(token).send("GET", "/api/v1/auth/me").status != 200
    return refused


def _pass_limits(machines: Machines, people: int) -> tuple[int, int]:
    """How many who were refused by one machine were served by the other, and the longest Retry-After."""
    passed, waits = 0, [0]
    for _ in range(people):
        token = machines.stage.person()["access_token"]
        machines.other.people = machines.stage.people
        path = f"{machines.stage.profile(token)}/custom-fields?keys=none"
        clients = [machines.stage.client(token), machines.other.client(token)]
        # A window may end between the two, so that both serve: then once more.
        results = Counter(_is_passed(clients, path, waits) for _ in range(2))
        passed += results[True] == 2
    return passed, max(waits)


def _is_passed(clients: list[Client], path: str, waits: list[int]) -> bool:
    here, there = clients
    for _ in range(2 * QUOTA):
        if (answer := here.send("DELETE", path)).status == 429:
            break
    other = there.send("DELETE", path)
    waits += [int(each.headers["retry-after"]) for each in (answer, other) if each.status == 429]
    return other.status != 429


def _lose_worker(machines: Machines, shift: float) -> tuple[float, int]:
    """After how many seconds the job of a killed worker on the other machine was done, and how often it was begun.

    It is killed while it is at the job, which waits for the profile's row.
    """
    stage = machines.stage
    token = stage.person()["access_token"]
    path = stage.profile(token)
    client = stage.client(token)
    job = _file(client, path)
    with psycopg.connect(stage.database.url) as holding:
        holding.execute("SELECT 1 FROM profiles_profile WHERE id = %s FOR UPDATE", [path.rpartition("/")[2]])
        # A clock that is a little off is so from the beginning; one that is set by an hour is so at work.
        machines.set(shift if abs(shift) < HOUR else 0)
        lost = machines.start_worker(machines.file)
        wait_for(lambda: _row(stage, job)[0] == 1)
        machines.set(shift)
        # Several renewals of the lease by the clock that was set.
        time.sleep(3)
        lost.kill()
    machines.set(0)
    left = machines.start_worker(machines.right)
    started = time.monotonic()
    try:
        with suppress(TimeoutError):
            wait_for(lambda: _row(stage, job)[1] == "succeeded", 2 * LEASE_SECONDS)
        return time.monotonic() - started, _row(stage, job)[0]
    finally:
        left.end()


def _file(client: Client, path: str) -> str:
    body = [{"name": "Latin", "proficiency": "basic"}]
    answer = client.send("POST", f"{path}/languages", body, headers={"Prefer": "respond-async"})
    assert answer.status == 202, answer
    return str(answer.json()["id"])


def _row(stage: Stage, job: str) -> tuple[int, str]:
    """How often the job was begun, and its status."""
    [(attempts, status)] = stage.sql("SELECT attempts, status FROM profiles_job WHERE id = %s", job)
    return int(attempts), str(status)
