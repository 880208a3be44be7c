"""How the cost of a request and the room on disk grow with the number of profiles.

One database is filled up in steps. A copy of its first step is kept, and at every later step both are measured in
turn, so that a machine that is slower at another hour does not look like growth.
"""

import argparse
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import psycopg
from tqdm import tqdm

from bench import figures, report, servers
from bench.careers import data
from bench.careers.data import TABLES, Target
from bench.compare import ADDED, circumstances
from bench.measuring import load
from bench.measuring.load import Load
from bench.works import EXPERIENCES, PROFILE, WORKS, Work
from tests.faults.stage import WAIT_SECONDS

SIZES = (1_000, 100_000, 1_000_000)
PROFILES = "/api/v1/profiles"
ALSO = (
    Work("list", "GET profiles, the list", PROFILES),
    Work("me", "GET profiles/me", f"{PROFILES}/me"),
    Work("experiences", "GET experiences", EXPERIENCES),
    Work("skills", "GET skills", f"{PROFILE}/skills"),
    Work("custom-fields", "GET custom fields", f"{PROFILE}/custom-fields"),
)
OF_ALL = ("hit", "miss", "unchanged", "analytics", "history", "patch", "post", "post100", "put")
ROUTES = {**{name: WORKS[name] for name in OF_ALL}, **{work.name: work for work in ALSO}}
# Kind of run and connections.
KINDS = (("warm", 1), ("warm", 16), ("cold", 1))
# Profiles that are visited again and again, and those of a run that visits each one once.
HOT, ONCE, COLD = 200, 700, 200
# So many good answers in a row, each over a new connection, come from all workers.
MANY = 60
TOLD = (
    "*Warm*: the profiles visited were visited before. *Cold*: PostgreSQL was restarted and Redis emptied, nothing"
    " else, so that what the operating system keeps of the files stays; the server's connections are open again, and"
    f" each of {COLD} profiles, spread over the whole database, is visited once. A miss is warm where PostgreSQL has"
    " read the profile before and the service's cache does not hold it."
)


class Side(NamedTuple):
    """A service on a database of so many profiles, and the profiles that are visited there."""

    size: int
    service: servers.Service
    url: str
    targets: Sequence[Target]

    def chosen(self, work: Work, kind: str) -> Sequence[Target]:
        """The profiles that a run visits; those of cold runs are visited by no other."""
        if kind == "cold":
            return self.targets[-COLD:]
        return self.targets[:ONCE] if work.once or work.writes else self.targets[:HOT]


def copied(machine: servers.Machine) -> str:
    """The URL of a new copy of the machine's database, which nobody may be using."""
    base = machine.database.url.rpartition("/")[0]
    with psycopg.connect(f"{base}/template1", autocommit=True) as connection:
        connection.execute("CREATE DATABASE first_step TEMPLATE postgres")
    return f"{base}/first_step"


def room(url: str) -> dict[str, Any]:
    """Bytes of the whole database, and of each table and its indexes a profile."""
    with psycopg.connect(url) as connection:
        total = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        rows = connection.execute(
            "SELECT relname, pg_table_size(oid)::float8, pg_indexes_size(oid)::float8,"
            " (SELECT count(*) FROM users_user) FROM pg_class WHERE relname = ANY(%s)",
            [[table.name for table in TABLES]],
        ).fetchall()
    sizes = {name: {"table": table / people, "indexes": indexes / people} for name, table, indexes, people in rows}
    return {"database_bytes": total[0] if total else 0, "tables": dict(sorted(sizes.items()))}


def measure(machine: servers.Machine, sides: Sequence[Side], rounds: int, seconds: float) -> Iterator[dict[str, Any]]:
    """The runs of every route on every side, in turn."""
    for work in ROUTES.values():
        for side in sides:
            _look(side, work, seconds)
        # Cold ones last, since after them nothing is warm.
        for way, number in itertools.product(KINDS, range(rounds)):
            kind, connections = way
            for side in sides if number % 2 else sides[::-1]:
                targets = _asked(side, work, side.chosen(work, kind))
                _clean(side, work)
                if kind == "cold":
                    _restart(machine, sides)
                found = _run(side, work, way, targets, seconds)
                where = {"work": work.name, "kind": kind, "connections": connections, "round": number}
                yield {"service": str(side.size), **where, **found._asdict()}
        for side in sides:
            _clean(side, work)


def _look(side: Side, work: Work, seconds: float) -> None:
    """Visit the profiles of warm runs once, and look at each answer's status."""
    targets = _asked(side, work, side.chosen(work, "warm"))
    _clean(side, work)
    each = work._replace(once=True)
    load.run(side.service.port, each, targets, Load(8, 2 * seconds, strict=True, few=True))


def _asked(side: Side, work: Work, targets: Sequence[Target]) -> Sequence[Target]:
    """The targets with the tags or the bodies that the work needs."""
    with load.Reader(side.service.port) as reader:
        tagged = reader.with_etags(work, targets) if work.status == load.NOT_MODIFIED else targets
        return reader.with_bodies(work, tagged)


def _run(side: Side, work: Work, way: tuple[str, int], targets: Sequence[Target], seconds: float) -> load.Measured:
    kind, connections = way
    once = work.once or kind == "cold"
    if once:
        side.service.flush_cache()
    each = work._replace(once=once)
    return load.run(side.service.port, each, targets, Load(connections, seconds, few=once))


def _restart(machine: servers.Machine, sides: Sequence[Side]) -> None:
    """Restart PostgreSQL, and let every worker open its connections again, on a profile that no run visits."""
    machine.database.restart()
    for side in sides:
        _reconnect(side)


def _reconnect(side: Side) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    good = 0
    while good < MANY:
        try:
            # A connection of its own each time, lest one worker answer all of them.
            with load.Reader(side.service.port) as reader:
                reader.with_etags(WORKS["hit"], [side.targets[ONCE]])
        except (load.LoadError, OSError):
            if time.monotonic() > deadline:
                raise
            good = 0
        else:
            good += 1


def _clean(side: Side, work: Work) -> None:
    """Delete what runs have added to the profiles visited, and leave the database at rest."""
    if not work.writes:
        return
    with psycopg.connect(side.url, autocommit=True) as connection:
        connection.execute(ADDED, [[target.profile_id for target in side.targets]])
        for statement in ("VACUUM profiles_experience", "VACUUM profiles_profile", "CHECKPOINT"):
            connection.execute(statement)


def grow(machine: servers.Machine, sizes: Sequence[int], rounds: int, seconds: float) -> dict[str, Any]:
    """Raw results, as bench/results keeps them."""
    steps: list[dict[str, Any]] = []
    runs: list[dict[str, Any]] = []
    url = machine.database.url
    first_url = ""
    for size in sizes:
        machine.sql("DELETE FROM profiles_experience WHERE position >= 8")
        started = time.monotonic()
        rows = data.generate(url, size)
        taken = time.monotonic() - started
        machine.sql("CHECKPOINT")
        steps.append({"profiles": size, "rows": rows, "seconds": taken, **room(url)})
        first_url = first_url or copied(machine)
        databases = {size: url} if size == sizes[0] else {sizes[0]: first_url, size: url}
        with ExitStack() as stack:
            sides = []
            for count, where in databases.items():
                service = stack.enter_context(machine.ours(f"{count} profiles", DATABASE_URL=where))
                visited = data.targets(where, ONCE + 1 + COLD, machine.key)
                sides.append(Side(count, service, where, visited))
            total = len(ROUTES) * rounds * len(KINDS) * len(sides)
            measured = tqdm(measure(machine, sides, rounds, seconds), total=total, unit=" runs")
            runs += [{"size": size, **run} for run in measured]
    return {
        **circumstances(machine),
        "told": TOLD,
        "rounds": rounds,
        "seconds": seconds,
        "sizes": steps,
        "titles": {name: work.title for name, work in ROUTES.items()},
        "kinds": KINDS,
        "runs": runs,
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, keep the results and write the report; 0."""
    load.require_wrk()
    parser = argparse.ArgumentParser(prog="python -m bench growth", description=__doc__)
    parser.add_argument("--size", action="append", type=int, help=f"instead of {SIZES}, the smallest first")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of a round")
    parser.add_argument("--name", default="growth", help="of the file in bench/results")
    given = parser.parse_args(arguments)
    with servers.machine() as machine:
        results = grow(machine, given.size or SIZES, given.rounds, given.seconds)
    figures.save(given.name, results)
    return report.main()
