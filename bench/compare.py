"""The comparison: interleaved rounds of every work on every service, which share a database and a machine."""

import argparse
import datetime as dt
import functools
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil
import psycopg
from redis import Redis
from tqdm import tqdm

from bench import figures, parity, report, servers
from bench.careers import data, groups
from bench.careers.data import Target
from bench.careers.groups import Groups
from bench.contenders import EVERYBODY, Contender, contenders, keep_documents
from bench.journal import Journal
from bench.measuring import load, statements
from bench.measuring.load import Load
from bench.measuring.spent import spent
from bench.works import WORKS, Work

PACKAGES = (
    "Django",
    "djangorestframework",
    "granian",
    "psycopg",
    "redis",
    "fastapi",
    "uvicorn",
    "uvloop",
    "httptools",
    "SQLAlchemy",
    "asyncpg",
    "pydantic",
)
STARTS = 5
# Above so many profiles each of them is visited once before the first run, by few connections; the slowest service that
# keeps bodies does so many a second.
MANY, FEW, VISITED = 500, 8, 200
JOURNAL = servers.ROOT / "var" / "bench"
# Position 8 is the first that the generator leaves free.
ADDED = "DELETE FROM profiles_experience WHERE profile_id = ANY(%s) AND position >= 8"


class Options(NamedTuple):
    """What the command line says."""

    rounds: int
    seconds: float
    warm_up: float
    profiles: int
    works: Sequence[str]
    connections: Sequence[int]
    services: Sequence[str]
    starts: int
    cost_rounds: int
    # How many profiles a work visits at most, but for those that visit each once.
    most: int | None


class Entry(NamedTuple):
    """One work of one contender, on the profiles that are visited."""

    work: Work
    rival: Contender
    targets: Sequence[Target]

    @property
    def port(self) -> int:
        """Where the contender listens, if it is a service."""
        return self.rival.service.port if self.rival.service else 0

    def turned(self, number: int, rounds: int) -> Sequence[Target]:
        """The targets as a round visits them: where each is visited once, every round begins with others.

        So no round meets what the one before has left in a process's memory.
        """
        if not self.work.once:
            return self.targets
        start = number * len(self.targets) // (rounds + 1)
        return [*self.targets[start:], *self.targets[:start]]


def blocks(works: Sequence[str]) -> list[list[Work]]:
    """The works that are done in the same rounds: each by itself, unless it is compared with another work."""
    found: dict[str, list[Work]] = {}
    for name in works:
        work = WORKS[name]
        found.setdefault(work.beside if work.beside in works else name, []).append(work)
    return list(found.values())


def entries(
    block: Sequence[Work], everybody: Sequence[Contender], by_group: Groups, most: int | None = None
) -> list[Entry]:
    """Who does what in a block, on at most so many profiles."""
    found = []
    for work in block:
        chosen = by_group[work.group][: work.profiles]
        if not work.once:
            chosen = chosen[:most]
        found += [Entry(work, one, _asked(work, one, chosen)) for one in everybody if work.name in one.works]
    return found


def _asked(work: Work, one: Contender, chosen: Sequence[Target]) -> Sequence[Target]:
    """The targets as this contender is asked for them."""
    if work.status != load.NOT_MODIFIED or one.service is None:
        return chosen
    with load.Reader(one.service.port) as reader:
        return reader.with_etags(work, chosen)


def before(machine: servers.Machine, entry: Entry) -> None:
    """Give every run the same start: an empty cache where the work wants it, and a database without leftovers."""
    work, service = entry.work, entry.rival.service
    statements.rest(machine)
    if work.once and service:
        service.flush_cache()
    if work.writes:
        if work.items:
            with psycopg.connect(machine.database.url) as connection:
                connection.execute(ADDED, [[target.profile_id for target in entry.targets]])
        machine.sql("VACUUM profiles_experience", "VACUUM profiles_profile", "CHECKPOINT")


def measure(machine: servers.Machine, entry: Entry, targets: Sequence[Target], how: Load) -> dict[str, Any]:
    """A run and what it measured, CPU time included."""
    before(machine, entry)
    service = entry.rival.service
    if service:
        with load.Reader(service.port) as reader:
            targets = reader.with_bodies(entry.work, targets)
    parts = {
        "service": service.processes if service else [],
        "database": [psutil.Process(machine.database.process.pid)],
        "cache": [psutil.Process(machine.cache.process.pid)],
    }
    with spent(**parts) as cpu:
        found = entry.rival.measure(entry.work, targets, how)
    return {**found._asdict(), "cpu": {name: took / found.requests * 1000 for name, took in cpu.seconds.items()}}


def visit_all(entry: Entry) -> None:
    """Visit every profile once where there are more of a read than a warm-up comes to, and a cache may keep them."""
    work = entry.work
    if work.writes or work.once or work.status == load.NOT_MODIFIED or entry.rival.name == figures.PEER:
        return
    if len(entry.targets) > MANY:
        once = work._replace(once=True)
        load.run(entry.port, once, entry.targets, Load(FEW, len(entry.targets) / VISITED, strict=True, few=True))


def warm(machine: servers.Machine, entry: Entry, connections: int, options: Options) -> None:
    """A run in which each answer's status is looked at."""
    last = entry.turned(options.rounds, options.rounds)
    measure(machine, entry, last, Load(connections, options.warm_up, strict=True))


def _missing(block: Sequence[Entry], connections: int, how_many: int, journal: Journal) -> Iterator[int]:
    """The rounds that are not there, or not whole."""
    for number in range(how_many):
        if not all(journal.has_run([one.work.name, connections, number, one.rival.name]) for one in block):
            yield number


def rounds(
    machine: servers.Machine, block: Sequence[Entry], options: Options, journal: Journal
) -> Iterator[dict[str, Any]]:
    """The runs of a block that are not there yet: after a warm-up each in its turn, whole rounds."""
    missing = {
        connections: list(_missing(block, connections, options.rounds, journal)) for connections in options.connections
    }
    if not any(missing.values()):
        return
    for one in block:
        visit_all(one)
    for connections, numbers in missing.items():
        if not numbers:
            continue
        for one in block:
            warm(machine, one, connections, options)
        for number in numbers:
            for place in range(len(block)):
                # Each is the first in some round.
                one = block[(number + place) % len(block)]
                where = {"work": one.work.name, "connections": connections, "round": number}
                targets = one.turned(number, options.rounds)
                found = measure(machine, one, targets, Load(connections, options.seconds))
                yield {**where, "service": one.rival.name, **found}
    before(machine, block[0])


def count_statements(machine: servers.Machine, block: Sequence[Entry], journal: Journal) -> None:
    """How many statements a request of each entry takes, kept in the journal. Once all connections are warm."""
    known = {(one["work"], one["service"]) for one in journal.of("statements")}
    with statements.logged(machine):
        for entry in block:
            if entry.rival.service and (entry.work.name, entry.rival.name) not in known:
                found = _statements(machine, entry)
                where = {"work": entry.work.name, "service": entry.rival.name}
                journal.add("statements", {**where, "a_request": found})


def _statements(machine: servers.Machine, entry: Entry) -> float:
    before(machine, entry)
    with load.Reader(entry.port) as reader:
        asked = reader.with_bodies(entry.work, entry.targets[: statements.REQUESTS])

        # The median, since now and then somebody looks whether a connection still works.
        return median(
            statements.count(machine, functools.partial(reader.do, entry.work, target, number))
            for number, target in enumerate(asked)
        )


def compare(machine: servers.Machine, options: Options, journal: Journal) -> dict[str, Any]:
    """Raw results, as bench/results keeps them."""
    data.generate(machine.database.url, options.profiles)
    by_group = groups.split(data.targets(machine.database.url, options.profiles, machine.key))
    with ExitStack() as stack:
        names = {"works": options.works, "names": options.services}
        everybody = list(contenders(machine, stack, **names, profiles=options.profiles))
        services = {one.name: one.service for one in everybody if one.service}
        _check_parity(services, by_group["parity"])
        if figures.OURS in services and any(WORKS[name].group for name in options.works):
            by_group = groups.fill(services[figures.OURS].port, by_group)
        if figures.OURS in services and figures.FLOOR in services:
            shown = by_group[""][: WORKS["hit"].profiles]
            keep_documents(services[figures.OURS], services[figures.FLOOR], shown)
        for works in blocks(options.works):
            _measure_block(machine, entries(works, everybody, by_group, options.most), options, journal)
            for name, service in services.items():
                journal.add("memory", [name, service.most_resident])
        for name, service in services.items():
            journal.add("starts", [name, service.start_seconds])
    if figures.OURS in services:
        for _ in range(options.starts):
            journal.add("starts", [figures.OURS, _start(machine)])
    return {**circumstances(machine), **collected(journal, options)}


def _measure_block(machine: servers.Machine, block: Sequence[Entry], options: Options, journal: Journal) -> None:
    total = len(block) * len(options.connections) * options.rounds
    with tqdm(total=total, unit=" runs") as bar:
        for run in rounds(machine, block, options, journal):
            journal.add("runs", run)
            bar.set_description(f"{run['work']}, {run['service']}: {run['rate']:.0f}/s")
            bar.update()
    count_statements(machine, block, journal)


def collected(journal: Journal, options: Options) -> dict[str, Any]:
    """What a journal holds, as the report reads it."""
    memory: dict[str, int] = {}
    for name, size in journal.of("memory"):
        memory[name] = max(size, memory.get(name, 0))
    starts: dict[str, list[float]] = {}
    for name, seconds in journal.of("starts"):
        starts.setdefault(name, []).append(seconds)
    return {
        "rounds": options.rounds,
        "seconds": options.seconds,
        "profiles": options.profiles,
        "runs": journal.runs(),
        "statements": journal.of("statements"),
        "costs": journal.of("costs")[-1] if journal.of("costs") else {},
        "memory": memory,
        "starts": starts,
    }


def _check_parity(services: Mapping[str, servers.Service], targets: Sequence[Target]) -> None:
    """Nothing is measured before ours and the others answer alike."""
    if figures.OURS not in services:
        return
    mine, other = targets
    ours = services[figures.OURS].url
    if figures.NAIVE in services:
        parity.check_simple(ours, services[figures.NAIVE].url, mine.token, mine.profile_id)
    if figures.FLOOR in services:
        keep_documents(services[figures.OURS], services[figures.FLOOR], [mine])
        parity.check_floor(ours, services[figures.FLOOR].url, mine.token, mine.profile_id)
    for peer in (figures.PEER, figures.PEER_WITH_LINE, figures.PEER_WITH_REDIS):
        if peer in services:
            parity.check(ours, services[peer].url, mine.token, mine.profile_id, other.token)


def _start(machine: servers.Machine) -> float:
    with machine.ours() as service:
        return service.start_seconds


def costs(journal: Journal, how_many: int) -> None:
    """The CPU time in process, measured in a process of its own, if it is not there yet."""
    if journal.of("costs"):
        return
    command = [sys.executable, "-m", "bench", "costs", "--json", f"--rounds={how_many}"]
    result = subprocess.run(command, cwd=servers.ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    journal.add("costs", json.loads(result.stdout.splitlines()[-1]))


def circumstances(machine: servers.Machine) -> dict[str, Any]:
    """What the figures were measured on."""
    with psycopg.connect(machine.database.url) as connection, Redis.from_url(machine.cache.url) as cache:
        row = connection.execute("SHOW server_version").fetchone()
        found = {"PostgreSQL": row[0] if row else "", "Redis": cache.info("server")["redis_version"]}
    programs = {"wrk": ["wrk", "-v"], "pgbench": ["pgbench", "-V"], "PgBouncer": ["/usr/sbin/pgbouncer", "-V"]}
    for name, command in programs.items():
        found[name] = _version(command)
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "taken": dt.datetime.now(dt.UTC).isoformat(timespec="minutes"),
        "cores": os.cpu_count(),
        "processor": processor[1] if processor else platform.machine(),
        "memory_bytes": memory,
        "system": f"{platform.system()} {platform.release()}",
        "versions": {"Python": platform.python_version(), **{name: version(name) for name in PACKAGES}, **found},
        "postgresql": servers.POSTGRESQL,
    }


def _version(command: Sequence[str]) -> str:
    """The first number with a dot in what a program says of itself, "" where it isn't installed."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    except FileNotFoundError:
        return ""
    found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
    return found[0] if found else ""


class Way(NamedTuple):
    """How the command is to be carried out."""

    go_on: bool
    keep: bool
    short: bool


def options_of(arguments: Sequence[str]) -> tuple[Options, Way]:
    """The options in a command line. With `--short` all of it is done once, on few profiles, and nothing is kept."""
    parser = argparse.ArgumentParser(prog="python -m bench compare", description=__doc__)
    short = "--short" in arguments
    parser.add_argument("--rounds", type=int, default=1 if short else 5)
    parser.add_argument("--seconds", type=float, default=1 if short else 5, help="of a round")
    parser.add_argument("--warm-up", type=float, default=1 if short else 2, help="seconds before the first round")
    parser.add_argument("--profiles", type=int, default=6_000 if short else 50_000)
    parser.add_argument("--work", action="append", choices=list(WORKS), help="only this one (may be repeated)")
    parser.add_argument("--connections", action="append", type=int, help=f"instead of {figures.CONNECTIONS}")
    parser.add_argument("--service", action="append", choices=EVERYBODY, help="only this one (may be repeated)")
    parser.add_argument("--short", action="store_true", help="a look at whether all of it works")
    parser.add_argument("--go-on", action="store_true", help="with what the last run of these options did not get to")
    parser.add_argument("--keep", action="store_true", help="write bench/results and the report from a partial run too")
    given = parser.parse_args(arguments)
    partial = bool(short or given.work or given.connections or given.service) or any(
        getattr(given, name) < parser.get_default(name) for name in ("rounds", "seconds")
    )
    options = Options(
        given.rounds,
        given.seconds,
        given.warm_up,
        given.profiles,
        given.work or list(WORKS),
        given.connections or figures.CONNECTIONS,
        given.service or EVERYBODY,
        1 if short else STARTS,
        2 if short else 15,
        1_000 if short else None,
    )
    return options, Way(given.go_on, given.keep or not partial, short)


def main(arguments: Sequence[str]) -> int:
    """Compare, print, and keep the results of a whole run; 0."""
    load.require_wrk()
    options, way = options_of(arguments)
    name = "short" if way.short else "compare"
    journal = Journal(JOURNAL / f"{name}.jsonl", options._asdict(), go_on=way.go_on)
    # First, while nothing else of ours runs.
    if figures.OURS in options.services:
        costs(journal, options.cost_rounds)
    with servers.machine() as machine:
        results = compare(machine, options, journal)
    report.show(results)
    if way.keep:
        figures.save("compare", results)
        report.main()
    elif way.short:
        report.write(JOURNAL, results)
    return 0
