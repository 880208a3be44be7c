"""Processes of the service killed with SIGKILL in the middle of their work."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import psutil

from tests.faults.stage import Program, Promise, Stage, is_running, wait_for

WRITERS = 4
BATCH = 100
# The rounds of which the last kills the server's main process, its workers with it.
ROUND_OF_MAIN = 5
MAILS_PER_ROUND = 10
JOB_ITEMS = 1_000
JOBS_PER_ROUND = 5
# About as long as these take together.
JOBS_SECONDS = 0.1
# What the worker needs to come up and to begin with the mails.
STARTING_SECONDS = 10


class Writer:
    """Adds a batch to a profile of its own, changes it, deletes it, brings it back, and looks after each failure."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        token = stage.person()["access_token"]
        self.path = stage.profile(token)
        self.id = self.path.rpartition("/")[2]
        self.client = stage.client(token)
        self.version = 1
        self.number = 0
        self.found: Counter[str] = Counter()

    def write(self, stopping: threading.Event) -> None:
        """One batch after the other until told to stop."""
        while not stopping.is_set():
            self.number += 1
            name = f"Batch {self.number} "
            # What a batch that was cut off has left must not be taken for the next one's.
            self.stage.sql("DELETE FROM profiles_language WHERE profile_id = %s", self.id)
            items = [{"name": f"{name}{n}", "proficiency": "basic"} for n in range(BATCH)]
            added = self._send("POST", items, partial(self._count, "name LIKE %s", f"{name}%"))
            ids = [
                str(pk) for (pk,) in self.stage.sql("SELECT id FROM profiles_language WHERE profile_id = %s", self.id)
            ]
            if not added:
                continue
            changed = [{"id": pk, "name": f"Changed {pk[-12:]}", "proficiency": "fluent"} for pk in ids]
            self._send("PUT", changed, partial(self._count, "proficiency = %s", "fluent"))
            there = self.version
            if self._send("DELETE", {"language_ids": ids}, partial(self._gone, ids)):
                self._send("POST", {"version": there}, partial(self._back, ids), "/restore")

    def _send(self, method: str, body: object, effect: Callable[[], int], below: str = "/languages") -> bool:
        """Send a batch; whether it is stored. ``effect`` counts how many of its items show it."""
        answer = self.client.send(method, f"{self.path}{below}", body)
        if not answer.status:
            # A transaction that was cut off is over as soon as the database notices that nobody is there.
            self._settle()
        done = effect()
        self.found["batches"] += 1
        self.found["cut off"] += not answer.status
        self.found["half applied"] += done not in {0, BATCH}
        # Reading a long history counts among the expensive requests, whose place a killed process keeps for a while.
        self.found["told to wait"] += answer.status == 429
        self.found["refused"] += answer.status >= 400 and answer.status != 429
        self.found["answered, but not stored"] += 200 <= answer.status < 300 and done != BATCH
        [(version,)] = self.stage.sql("SELECT version FROM profiles_profile WHERE id = %s", self.id)
        self.found["of another version"] += version != self.version + (done == BATCH)
        self.version = version
        return done == BATCH

    def _settle(self) -> None:
        """Wait until the profile's row is free and the service answers again."""
        self.stage.sql("SELECT 1 FROM profiles_profile WHERE id = %s FOR UPDATE", self.id)
        with suppress(TimeoutError):
            wait_for(self.stage.answers)

    def _count(self, condition: str, value: str) -> int:
        """How many items of the profile fit the condition."""
        rows = self.stage.sql(
            f"SELECT count(*) FROM profiles_language WHERE profile_id = %s AND {condition}",  # noqa: S608  # ours
            self.id,
            value,
        )
        return int(rows[0][0])

    def _back(self, ids: list[str]) -> int:
        return len(ids) - self._gone(ids)

    def _gone(self, ids: list[str]) -> int:
        rows = self.stage.sql("SELECT count(*) FROM profiles_language WHERE id = ANY(%s::uuid[])", ids)
        return len(ids) - int(rows[0][0])


def kill9_web(stage: Stage) -> Iterator[Promise]:
    """A web process, and in a part of the rounds the main process, killed while batches are written."""
    rounds = stage.count(50, 5)
    started = time.monotonic()
    server = stage.start_server()
    writers = [Writer(stage) for _ in range(WRITERS)]
    stopping = threading.Event()
    threads = [threading.Thread(target=writer.write, args=(stopping,)) for writer in writers]
    back: list[float] = []
    orphans = 0
    try:
        for thread in threads:
            thread.start()
        for number in range(1, rounds + 1):
            time.sleep(0.5 + random.random())  # noqa: S311  # any moment will do
            if number % ROUND_OF_MAIN:
                back.append(_kill_one(stage, server, number))
                continue
            orphans += _kill_main(server)
            server = stage.start_server()
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
        server.end()
    found = sum((writer.found for writer in writers), Counter())
    broken = sum(found[what] for what in ("half applied", "refused", "answered, but not stored", "of another version"))
    figure = ", ".join(f"{found[what]} {what}" for what in sorted({*found, "half applied", "of another version"}))
    lasted = time.monotonic() - started
    yield Promise("kill9_web", figure, rounds, lasted, broken == 0 and found["cut off"] > 0)
    yield Promise(
        "kill9_web: a killed web process is replaced", f"after {max(back):.1f} s at most", len(back), lasted, bool(back)
    )
    mains = rounds // ROUND_OF_MAIN
    figure = f"{orphans} processes stayed 2 s after their main process was killed"
    yield Promise("kill9_web: nothing stays behind a killed main process", figure, mains, lasted, orphans == 0)


def _kill_one(stage: Stage, server: Program, number: int) -> float:
    """Kill one of the web processes in turn; after how many seconds there were as many as before."""
    # The server gives up where one and the same process dies twice within seconds, so the oldest is next.
    victim = min(server.web_workers(), key=lambda one: one.create_time())
    with suppress(psutil.NoSuchProcess):
        victim.kill()
    return wait_for(lambda: not is_running(victim) and stage.is_up(server))


def _kill_main(server: Program) -> int:
    """Kill the main process; how many of its processes did not end by themselves. They are killed, too."""
    server.family()
    server.process.kill()
    server.process.wait()
    with suppress(TimeoutError):
        wait_for(lambda: not server.family(), 2)
    left = len(server.family())
    server.kill()
    return left


def kill9_worker(stage: Stage) -> Iterator[Promise]:
    """The worker killed while it sends mails; the pauses between two tries are cut short in the database."""
    rounds = stage.count(50, 3)
    with stage.serve():
        started = time.monotonic()
        emails = [stage.person()["user"]["email"] for _ in range(MAILS_PER_ROUND)]
        client = stage.client()
        for _ in range(rounds):
            for email in emails:
                client.send("POST", "/api/v1/auth/forgot-password", {"email": email})
            _kill_at_work(stage)
        with stage.work():
            deadline = time.monotonic() + 60
            while _unsent(stage) and time.monotonic() < deadline:
                _hurry(stage)
                time.sleep(1)
        unsent = _unsent(stage)
        [(mails,)] = stage.sql("SELECT count(*) FROM users_mail")
        # Their rows stay as they are until the schedule deletes them; the mail itself says whether it is sent.
        [(cut_off,)] = stage.sql("SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'RUNNING'")
        files = sum(path.read_text().count("\nMessage-ID:") for path in stage.mails.iterdir())
        lasted = time.monotonic() - started
        figure = f"{mails} mails, {unsent} unsent, {files} copies written, {cut_off} tasks cut off"
        yield Promise("kill9_worker", figure, rounds, lasted, not unsent and files >= mails and cut_off > 0)


def _kill_at_work(stage: Stage) -> None:
    """Start a worker and kill it while it sends."""
    _hurry(stage)
    worker = stage.start_worker()
    first = _unsent(stage)
    wait_for(lambda: _unsent(stage) < first, STARTING_SECONDS + 20)
    time.sleep(0.1 * random.random())  # noqa: S311  # any moment will do
    worker.kill()


def _hurry(stage: Stage) -> None:
    """Every unsent mail is due, and the worker's next sweep files it again."""
    stage.sql("UPDATE users_mail SET next_try_at = now() WHERE sent_at IS NULL")


def _unsent(stage: Stage) -> int:
    [(left,)] = stage.sql("SELECT count(*) FROM users_mail WHERE sent_at IS NULL AND problem = ''")
    return int(left)


def kill9_jobs(stage: Stage) -> Iterator[Promise]:
    """The worker killed while it does jobs of 1,000 items, with each queue and each database."""
    embedded = {"DATABASE_URL": f"sqlite:///{stage.folder / 'jobs.sqlite3'}"}
    yield _kill_at_jobs(stage, "kill9_jobs, PostgreSQL", {})
    yield _kill_at_jobs(stage, "kill9_jobs, PostgreSQL and RQ", {"TASKS_BACKEND": "rq"})
    yield _kill_at_jobs(stage, "kill9_jobs, SQLite", embedded)


def _kill_at_jobs(stage: Stage, name: str, variables: dict[str, str]) -> Promise:
    rounds = stage.count(50, 5)
    started = time.monotonic()
    variables = {"JOB_LEASE_SECONDS": "2", **variables}
    stage.manage("migrate", "--verbosity=0", **variables)
    with stage.serve(**variables):
        found = [_kill_at_work_on_jobs(stage, variables) for _ in range(rounds)]
    cut_off, broken = (sum(part) for part in zip(*found, strict=True))
    jobs = rounds * JOBS_PER_ROUND
    figure = f"{jobs} jobs of {JOB_ITEMS:,} items, {cut_off} cut off, {broken} without exactly one effect"
    return Promise(name, figure, rounds, time.monotonic() - started, not broken and cut_off > 0)


def _kill_at_work_on_jobs(stage: Stage, variables: dict[str, str]) -> tuple[int, int]:
    """How many jobs were cut off by one kill of the worker, and how many have not had their one effect in the end."""
    client = stage.client(stage.person()["access_token"])
    items = [{"name": f"Language {number}", "proficiency": "basic"} for number in range(JOB_ITEMS)]
    paths = [stage.profile(client.token) for _ in range(JOBS_PER_ROUND)]
    jobs = [client.send("POST", f"{path}/languages", items).headers["location"] for path in paths]

    def states() -> Counter[str]:
        return Counter(client.send("GET", job).json()["status"] for job in jobs)

    worker = stage.start_worker(**variables)
    wait_for(lambda: states()["queued"] < JOBS_PER_ROUND, STARTING_SECONDS + 20)
    time.sleep(JOBS_SECONDS * random.random())  # noqa: S311  # any moment will do
    worker.kill()
    cut_off = states()["running"]
    with stage.work(**variables), suppress(TimeoutError):
        wait_for(lambda: states()["succeeded"] == JOBS_PER_ROUND)
    profiles = [client.send("GET", path).json() for path in paths]
    whole = sum(len(each["skills"]["languages"]) == JOB_ITEMS and each["version"] == 2 for each in profiles)
    return cut_off, JOBS_PER_ROUND - min(whole, states()["succeeded"])
