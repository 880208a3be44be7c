"""What history costs on disk, and how long pruning it takes.

The entries of each kind of write are made by requests to the service, and copied to other profiles until there are
enough of them to measure a table and its indexes. What is pruned is a log of 20,000 profiles with 50 entries each.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import psycopg
from tqdm import tqdm

from bench import figures, servers
from bench.careers import data
from bench.careers.data import Target
from bench.compare import circumstances
from bench.measuring import load
from bench.works import PROFILE, experiences
from tests.faults.load import Client

ROWS = 10_000
REQUESTS = 100
PROFILES, EACH = 20_000, 50
DESCRIPTION = 300
LOG = "profiles_revision"
SIZE = "160 + octet_length(action) + octet_length(device) + octet_length(changes)"
ROOM = f"SELECT count(*), pg_total_relation_size('{LOG}')::float8, pg_indexes_size('{LOG}')::float8 FROM {LOG}"  # noqa: S608  # our own words
# So many profiles share the copies.
SHARING = 200

COLUMNS = "profile_id, born, version, created_at, actor, action, device, staff_id, reverts, changes"
COPY = f"""
INSERT INTO {LOG} ({COLUMNS})
SELECT md5((k %% {SHARING})::text)::uuid, 1700000000000000, k / {SHARING} + 1, created_at, actor, action, device,
    staff_id, reverts, changes
FROM (SELECT made.*, (row_number() OVER ()) - 1 AS k FROM made, generate_series(1, %s)) AS copies ORDER BY k
"""  # noqa: S608  # our own words
# Whole seconds, which both sides make the same number of microseconds of.
FILL = (
    f"TRUNCATE {LOG}",
    """
    UPDATE profiles_profile
    SET created_at = date_trunc('second', created_at), version = 2 * {each}, log_version = 2 * {each}
    """,
    f"""
    INSERT INTO {LOG} ({COLUMNS})
    SELECT profile.id, extract(epoch FROM profile.created_at)::bigint * 1000000, number,
        now() - {{age}} * interval '1 day' + number * interval '1 second', 'you', 'profiles_update', 'Pixel 9',
        NULL, NULL,
        '{{{{"profile":{{{{"label":"' || md5(random()::text) || '"}}}}}}}}'
    FROM generate_series(1, {{each}}) AS number, profiles_profile AS profile ORDER BY number
    """,  # noqa: S608  # our own words
    f"""
    UPDATE profiles_profile SET log_bytes = total
    FROM (SELECT profile_id, sum({SIZE}) AS total FROM {LOG} GROUP BY profile_id) AS log
    WHERE log.profile_id = profiles_profile.id
    """,  # noqa: S608  # our own words
    f"VACUUM (ANALYZE) {LOG}",
    "VACUUM (ANALYZE) profiles_profile",
)
# Prints what a function of the service says and how long it took.
INSIDE = """
import json, time
from profiles.maintenance import keeping
from profiles.models import Revision
history = keeping.History()
started = time.monotonic()
found = {call}
print(json.dumps([time.monotonic() - started, found]))
"""
PLANS = """
import json, re, uuid
from profiles.maintenance import keeping
from profiles.models import Revision
from profiles_project.database import clock
page, _ = keeping._look(None)
lives = Revision.objects.filter(profile_id__gt=uuid.UUID(int=0)).order_by("profile_id", "born")
queries = {
    "the next 1,000 profiles": lives.values_list("profile_id", "born").annotate(n=keeping.Min("version"))[:1000],
    "what is old of them": keeping._first(page.old),
    "the entries of purged profiles": keeping._first(Revision.objects.filter(profile__in=keeping._purged())),
    "written lately": Revision.objects.filter(created_at__gte=clock.now() - keeping.LOOK_BACK).values("profile"),
}
plans = {name: query.explain(analyze=True, buffers=True) for name, query in queries.items()}
# Without the ids of a thousand profiles.
print(json.dumps([0, {name: re.sub("'{[^']*}'", "'{ids}'", plan) for name, plan in plans.items()}]))
"""


class Write(NamedTuple):
    """A kind of write: what it sends to a profile, given its document and the number of the turn."""

    title: str
    send: Callable[[Client, str, Any, int], Any]


def _patch_item(client: Client, path: str, document: Any, turn: int) -> Any:
    job = document["experiences"][0]["id"]
    return client.send("PATCH", f"{path}/experiences/{job}", {"description": _text(turn)})


def _put(client: Client, path: str, document: Any, turn: int) -> Any:
    document["experiences"][0]["description"] = _text(turn)
    return client.send("PUT", path, document)


def _delete(client: Client, path: str, document: Any, turn: int) -> Any:
    return client.send("DELETE", f"{path}/experiences/{document['experiences'][-1]['id']}")


WRITES = (
    Write("PATCH of a label", lambda c, path, _, turn: c.send("PATCH", path, {"label": f"Master {turn}"})),
    Write("PATCH of an item's description of 300 characters", _patch_item),
    Write("whole-document PUT that changes one item", _put),
    Write("DELETE of an item", _delete),
    Write("POST of 100", lambda c, path, *_: c.send("POST", f"{path}/experiences", experiences(100))),
)


def _text(turn: int) -> str:
    return (f"Text number {turn} of a job. " * DESCRIPTION)[:DESCRIPTION]


def sizes(machine: servers.Machine, rows: int) -> Iterator[dict[str, Any]]:
    """Bytes of an entry of each kind of write: as its profile counts them, and in the table with its indexes."""
    targets = data.targets(machine.database.url, REQUESTS, machine.key)
    with machine.ours() as service:
        client = Client(service.port)
        for write in tqdm(WRITES, unit=" kinds"):
            # What the first round overwrites was not written by it.
            for turn in (1, 2):
                machine.sql(f"TRUNCATE {LOG}")
                for target in targets:
                    _write(client, write, target, turn)
            yield {"title": write.title, **_measured(machine.database.url, rows)}


def _write(client: Client, write: Write, target: Target, turn: int) -> None:
    client.token = target.token
    path = PROFILE.replace("ID", target.profile_id)
    document = json.loads(client.send("GET", path).content)
    answer = write.send(client, path, document, turn)
    if answer.status >= 300:
        raise load.LoadError(f"{write.title} was answered by {answer.status}: {answer.content[:200]!r}")


def _measured(url: str, rows: int) -> dict[str, Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE TEMP TABLE made AS TABLE {LOG}".encode())
        connection.execute(f"TRUNCATE {LOG}".encode())
        connection.execute(COPY.encode(), [rows // REQUESTS])
        connection.execute(f"VACUUM (ANALYZE) {LOG}".encode())
        counted = connection.execute(f"SELECT avg({SIZE})::float8 FROM {LOG}".encode()).fetchone()  # noqa: S608  # our own words
    found = _room(url)
    number = found["rows"]
    each = {"bytes": found["bytes"] / number, "indexes": found["indexes"] / number}
    return {"rows": number, **each, "counted": counted[0] if counted else 0.0}


def pruning(machine: servers.Machine, profiles: int) -> Iterator[dict[str, Any]]:
    """Seconds of looking at a log of which nothing or all may go, of deleting it, and the plans."""
    for age, title, call in (
        (1, "a turn, nothing may go", "history.turn()"),
        (1, "a dry run, nothing may go", "history.count()"),
        (200, "a dry run, all may go", "history.count()"),
        (200, "all deleted", "sum(history.delete())"),
    ):
        machine.sql(*(statement.format(age=age, each=EACH) for statement in FILL))
        room = _room(machine.database.url)
        plans = _inside(machine, PLANS)[1] if call == "history.count()" else {}
        seconds, number = _inside(machine, INSIDE.format(call=call))
        found = {"title": title, "profiles": profiles, "seconds": seconds, "entries": number}
        yield {**found, "room": room, "plans": plans}


def _room(url: str) -> dict[str, float]:
    with psycopg.connect(url) as connection:
        rows, total, indexes = connection.execute(ROOM.encode()).fetchone() or (0, 0.0, 0.0)
    return {"rows": rows, "bytes": total, "indexes": indexes}


def _inside(machine: servers.Machine, program: str) -> Any:
    """What a program prints that runs where the service does."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", program]
    done = subprocess.run(  # noqa: S603  # our own words
        command, cwd=servers.ROOT, env=machine.environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(arguments: Sequence[str]) -> int:
    """Measure, keep the results and print them; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench keeping", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="entries of each kind of write")
    parser.add_argument("--profiles", type=int, default=PROFILES, help="whose entries are pruned")
    given = parser.parse_args(arguments)
    with servers.machine() as machine:
        data.generate(machine.database.url, REQUESTS + 1)
        measured = list(sizes(machine, given.rows))
        data.generate(machine.database.url, given.profiles, tables=_without_parts())
        pruned = list(pruning(machine, given.profiles))
        results = {**circumstances(machine), "sizes": measured, "pruning": pruned}
    figures.save("keeping", results)
    for each in measured:
        sys.stdout.write(f"{each['title']:50} {each['bytes']:6.0f} {each['indexes']:6.0f} {each['counted']:6.0f}\n")
    for each in pruned:
        room = each["room"]["bytes"]
        sys.stdout.write(f"{each['title']:30} {each['entries']:9,} {each['seconds']:8.2f} s {room:,.0f} bytes\n")
    return 0


def _without_parts() -> tuple[data.Table, ...]:
    return tuple(table for table in data.TABLES if table.name in {"users_user", "profiles_profile", "users_session"})
