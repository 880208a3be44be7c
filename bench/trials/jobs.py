"""Work in the background: how soon a large job ends, how many items a second, and what the web meanwhile feels.

Two web processes and two workers on one PostgreSQL and one Redis, with each backend of the Tasks interface.
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any

import psycopg
from tqdm import tqdm

from bench import figures, report, servers
from bench.careers import data
from bench.careers.data import Target
from bench.compare import circumstances
from bench.measuring import load, memory
from bench.measuring.load import Load
from bench.works import EXPERIENCES, WORKS, experiences
from tests.faults.load import Client
from tests.faults.stage import Program, wait_for

BACKENDS = ("database", "rq")
WORKERS = 2
PROFILES = 3_000
LARGE = 1_000
MANY, EACH = 1_000, 100
CLIENTS = 16
ASYNC = {"Prefer": "respond-async"}
# Just below the limit of a request body.
UPLOAD_BYTES = 10 * 2**20 - 1024
SECONDS = 120


@contextmanager
def workers(machine: servers.Machine, backend: str) -> Iterator[list[Program]]:
    """Two workers, up and idle."""
    environment = {**machine.environment, "REDIS_URL": f"{machine.cache.url.rpartition('/')[0]}/0"}
    command = [sys.executable, "manage.py", "worker"]
    programs = []
    with ExitStack() as stack:
        for number in range(WORKERS):
            log = machine.folder / f"worker{number}.log"
            programs.append(Program(command, environment | {"TASKS_BACKEND": backend}, log))
            stack.callback(programs[-1].end)
        time.sleep(memory.REST_SECONDS)
        yield programs


def unfinished(url: str) -> int:
    """How many jobs have not ended."""
    return int(_one(url, "SELECT count(*) FROM profiles_job WHERE finished_at IS NULL")[0])


def _one(url: str, statement: str) -> tuple[Any, ...]:
    with psycopg.connect(url) as connection:
        found = connection.execute(statement.encode()).fetchone()
    if found is None:
        raise LookupError(statement)
    return found


def file(client: Client, target: Target, body: bytes) -> float:
    """File a job of new experiences; how many seconds the answer took. LoadError where it is no 202."""
    client.token = target.token
    path = EXPERIENCES.replace("ID", target.profile_id)
    answer = client.send("POST", path, body, ASYNC)
    if answer.status != 202:
        raise load.LoadError(f"A job was answered by {answer.status or answer.error}: {answer.content[:200]!r}")
    return answer.seconds


def large(machine: servers.Machine, service: servers.Service, target: Target) -> dict[str, float]:
    """One job of 1,000 experiences: seconds until the 202, and from it until the job has ended."""
    body = json.dumps(experiences(LARGE)).encode()
    _empty(machine, target)
    accepted = file(Client(service.port), target, body)
    ended = wait_for(lambda: not unfinished(machine.database.url), SECONDS)
    _clean(machine)
    return {"accepted": accepted, "ended": ended}


def many(machine: servers.Machine, service: servers.Service, targets: Sequence[Target]) -> dict[str, float]:
    """1,000 jobs of 100 items: seconds from the first request to the last 202 and to the last job's end."""
    body = json.dumps(experiences(EACH)).encode()
    started = time.monotonic()

    def part(number: int) -> None:
        client = Client(service.port)
        for target in targets[number::CLIENTS]:
            file(client, target, body)

    with ThreadPoolExecutor(CLIENTS) as executor:
        list(executor.map(part, range(CLIENTS)))
    filed = time.monotonic() - started
    wait_for(lambda: not unfinished(machine.database.url), SECONDS)
    ended = time.monotonic() - started
    failed, rows = _one(
        machine.database.url,
        "SELECT count(*) FILTER (WHERE status <> 'succeeded'), sum(total) FROM profiles_job",
    )
    if failed:
        raise load.LoadError(f"{failed} jobs failed.")
    _clean(machine)
    return {"filed": filed, "ended": ended, "rate": float(rows) / ended}


def _empty(machine: servers.Machine, target: Target) -> None:
    """Make room for as many experiences as a profile may have."""
    with psycopg.connect(machine.database.url) as connection:
        connection.execute("DELETE FROM profiles_experience WHERE profile_id = %s", [target.profile_id])


def _clean(machine: servers.Machine) -> None:
    machine.sql("DELETE FROM profiles_job", "DELETE FROM profiles_experience WHERE position >= 8")
    machine.sql("VACUUM profiles_experience", "VACUUM profiles_job", "CHECKPOINT")


def upload(machine: servers.Machine, service: servers.Service, target: Target) -> dict[str, int]:
    """A job whose request has 10 MB: by how many resident bytes a web process grows at most, and after a rest."""
    items = experiences(LARGE)
    room = (UPLOAD_BYTES - len(json.dumps(items).encode())) // LARGE
    # Members that nobody knows are ignored, and must be read all the same.
    body = json.dumps([{**each, "note": "x" * (room - 14)} for each in items]).encode()
    _empty(machine, target)
    with memory.growth(lambda: memory.resident(*service.program.web_workers())) as web:
        file(Client(service.port), target, body)
        wait_for(lambda: not unfinished(machine.database.url), SECONDS)
    _clean(machine)
    return {"bytes": len(body), "most": web.most, "after": web.after}


def beside(
    machine: servers.Machine, service: servers.Service, targets: Sequence[Target], seconds: float
) -> dict[str, float]:
    """The p99 of cached GETs in milliseconds: alone, and while jobs of 100 items are filed and done without a pause."""
    readers, writers = targets[:200], targets[200 : 200 + MANY]
    how = Load(CLIENTS, seconds)
    alone = load.run(service.port, WORKS["hit"], readers, how)
    stop = threading.Event()
    filed = 0

    def write() -> None:
        nonlocal filed
        body = json.dumps(experiences(EACH)).encode()
        client = Client(service.port)
        while not stop.is_set():
            if unfinished(machine.database.url) < 4 * WORKERS:
                file(client, writers[filed % MANY], body)
                filed += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        meanwhile = load.run(service.port, WORKS["hit"], readers, how)
    finally:
        stop.set()
        thread.join()
    wait_for(lambda: not unfinished(machine.database.url), SECONDS)
    _clean(machine)
    return {"alone": alone.p99 or 0, "meanwhile": meanwhile.p99 or 0, "items": filed * EACH / seconds}


def measure(machine: servers.Machine, backend: str, rounds: int, seconds: float) -> dict[str, list[dict[str, Any]]]:
    """Every measurement with one backend, so many times."""
    found: dict[str, list[dict[str, Any]]] = {"large": [], "many": [], "beside": [], "upload": []}
    cache = f"{machine.cache.url.rpartition('/')[0]}/0"
    with machine.ours("jobs", TASKS_BACKEND=backend, REDIS_URL=cache) as service, workers(machine, backend):
        targets = data.targets(machine.database.url, 200 + MANY, machine.key)
        for number in tqdm(range(rounds), desc=backend, unit=" rounds"):
            found["upload"].append(upload(machine, service, targets[number]))
            found["large"].append(large(machine, service, targets[number]))
            found["many"].append(many(machine, service, targets[:MANY]))
            found["beside"].append(beside(machine, service, targets, seconds))
    return found


def main(arguments: Sequence[str]) -> int:
    """Measure, keep the results and write the report; 0."""
    load.require_wrk()
    parser = argparse.ArgumentParser(prog="python -m bench jobs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8, help="of a load run")
    parser.add_argument("--profiles", type=int, default=PROFILES)
    given = parser.parse_args(arguments)
    with servers.machine() as machine:
        data.generate(machine.database.url, given.profiles)
        measured = {each: measure(machine, each, given.rounds, given.seconds) for each in BACKENDS}
        results = {**circumstances(machine), "rounds": given.rounds, "seconds": given.seconds, "backends": measured}
    figures.save("jobs", results)
    for backend, found in measured.items():
        sys.stdout.write(f"{backend}: {_shown(found)}\n")
    return report.main()


def _shown(found: dict[str, list[dict[str, Any]]]) -> str:
    parts = []
    for name, rounds in found.items():
        medians = {key: round(median(each[key] for each in rounds), 3) for key in rounds[0]}
        parts.append(f"{name} {medians}")
    return "; ".join(parts)
