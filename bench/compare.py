"""The comparison: interleaved rounds of every work on every service, which share a database and a machine."""

import argparse
import datetime as dt
import os
import platform
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from redis import Redis
from tqdm import tqdm

from bench import baselines, data, figures, load, parity, report, servers
from bench.data import Target
from bench.load import WORKS, Load, Measured, Work

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
# Who does which work beside ours and the peer without a cache.
READS = ("hit", "miss", "unchanged", "analytics")
ALSO = {
    figures.PEER_WITH_REDIS: ("hit", "unchanged", "analytics", "patch"),
    figures.NAIVE: ("hit", "post", "post100"),
    figures.LIMITED: ("hit", "unchanged", "post100"),
    figures.POOLED: ("hit", "miss", "patch", "post100"),
    figures.PGBENCH: ("miss",),
    figures.COPY: ("post100",),
}
# Limits that are counted, and that no load run meets.
NO_LIMIT = "99999999/m"
STARTS = 5
# Position 8 is the first that the generator leaves free.
ADDED = "DELETE FROM profiles_experience WHERE profile_id = ANY(%s) AND position >= 8"


class Contender(NamedTuple):
    """One that does works: a service, or what the database does without one (then `service` is None)."""

    name: str
    works: Sequence[str]
    measure: Callable[[Work, Sequence[Target], Load], Measured]
    service: servers.Service | None = None


class Options(NamedTuple):
    """What the command line says."""

    rounds: int
    seconds: float
    warm_up: float
    profiles: int
    works: Sequence[str]
    connections: Sequence[int]
    services: Sequence[str]


def of_service(service: servers.Service, works: Sequence[str]) -> Contender:
    """A web service as a contender."""

    def measure(work: Work, targets: Sequence[Target], how: Load) -> Measured:
        try:
            return load.run(service.port, work, targets, how)
        except load.LoadError as exc:
            raise load.LoadError(f"{service.name}: {exc}") from exc
        finally:
            service.note_memory()

    return Contender(service.name, works, measure, service)


def contenders(machine: servers.Machine, stack: ExitStack, options: Options) -> Iterator[Contender]:
    """All that are asked for, started; ours and the peer come first."""
    wanted = options.services
    limits = dict.fromkeys(("RATELIMIT_DEFAULT", "RATELIMIT_BULK", "RATELIMIT_BULK_ITEMS"), NO_LIMIT)
    ways: dict[str, Callable[[], Any]] = {
        figures.OURS: lambda: machine.ours(figures.OURS),
        figures.PEER: lambda: machine.peer(figures.PEER, cache=False),
        figures.PEER_WITH_REDIS: lambda: machine.peer(figures.PEER_WITH_REDIS, cache=True),
        figures.NAIVE: lambda: machine.naive(figures.NAIVE),
        figures.LIMITED: lambda: machine.ours(figures.LIMITED, RATELIMIT_ENABLE="true", **limits),
        figures.POOLED: lambda: machine.ours(figures.POOLED, DATABASE_URL=pooled_url(machine, stack)),
    }
    for name, start in ways.items():
        works = [work for work in ALSO.get(name, tuple(WORKS)) if work in options.works]
        if works and name in wanted:
            yield of_service(stack.enter_context(start()), works)
    yield from database_alone(machine, options)


def pooled_url(machine: servers.Machine, stack: ExitStack) -> str:
    """The address of a PgBouncer in front of the database, as docs/operations.md sets it up."""
    return stack.enter_context(servers.pgbouncer(machine.database)) + servers.POOLED_QUERY


def database_alone(machine: servers.Machine, options: Options) -> Iterator[Contender]:
    """The contenders without a service."""
    url = machine.database.url
    statement = machine.document_statement() if "miss" in options.works else None
    if statement and figures.PGBENCH in options.services:

        def bare(work: Work, targets: Sequence[Target], how: Load) -> Measured:
            return baselines.pgbench(url, statement, options.profiles, connections=how.connections, seconds=how.seconds)

        yield Contender(figures.PGBENCH, ALSO[figures.PGBENCH], bare)
    if figures.COPY in options.services and "post100" in options.works:

        def copy(work: Work, targets: Sequence[Target], how: Load) -> Measured:
            return baselines.copy(url, targets, connections=how.connections, seconds=how.seconds)

        yield Contender(figures.COPY, ALSO[figures.COPY], copy)


def prepared(work: Work, contender: Contender, targets: Sequence[Target]) -> Sequence[Target]:
    """The targets as this contender is asked for them."""
    chosen = targets[: work.profiles]
    if work.status != load.NOT_MODIFIED or contender.service is None:
        return chosen
    return load.with_etags(contender.service.port, work, chosen)


def before(machine: servers.Machine, work: Work, contender: Contender, targets: Sequence[Target]) -> None:
    """Give every run the same start: an empty cache where the work wants it, and a database without leftovers."""
    if work.once and contender.service:
        contender.service.flush_cache()
    if work.writes:
        with psycopg.connect(machine.database.url) as connection:
            connection.execute(ADDED, [[target.profile_id for target in targets[: work.profiles]]])
        machine.sql("VACUUM profiles_experience", "VACUUM profiles_profile", "CHECKPOINT")


def rounds(
    machine: servers.Machine, work: Work, rivals: Sequence[Contender], targets: Sequence[Target], options: Options
) -> Iterator[dict[str, Any]]:
    """The runs of one work: after a warm-up, in which each answer's status is looked at, each in its turn."""
    asked = {one.name: prepared(work, one, targets) for one in rivals}
    for connections in options.connections:
        for one in rivals:
            before(machine, work, one, targets)
            one.measure(work, asked[one.name], Load(connections, options.warm_up, strict=True))
        for number in range(options.rounds):
            for place in range(len(rivals)):
                # Each is the first in some round.
                one = rivals[(number + place) % len(rivals)]
                before(machine, work, one, targets)
                found = one.measure(work, asked[one.name], Load(connections, options.seconds))
                where = {"work": work.name, "connections": connections, "round": number, "service": one.name}
                yield {**where, **found._asdict()}
    before(machine, work, rivals[0], targets)


def compare(machine: servers.Machine, options: Options) -> dict[str, Any]:
    """Raw results, as bench/results keeps them."""
    data.generate(machine.database.url, options.profiles)
    targets = data.targets(machine.database.url, options.profiles, machine.key)
    with ExitStack() as stack:
        everybody = list(contenders(machine, stack, options))
        _check_parity([one.service for one in everybody if one.service], targets)
        by_work = {name: [one for one in everybody if name in one.works] for name in options.works}
        runs: list[dict[str, Any]] = []
        total = sum(map(len, by_work.values())) * len(options.connections) * options.rounds
        with tqdm(total=total, unit=" runs") as bar:
            for name, rivals in by_work.items():
                for run in rounds(machine, WORKS[name], rivals, targets, options):
                    runs.append(run)
                    bar.set_description(f"{run['work']}, {run['service']}: {run['rate']:.0f}/s")
                    bar.update()
        memory = {one.name: one.service.most_resident for one in everybody if one.service}
        starts = {one.name: [one.service.start_seconds] for one in everybody if one.service}
    if figures.OURS in starts:
        starts[figures.OURS] = [_start(machine) for _ in range(STARTS)]
    return {
        **circumstances(machine),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "profiles": options.profiles,
        "runs": runs,
        "memory": memory,
        "starts": starts,
    }


def _check_parity(everybody: Sequence[servers.Service], targets: Sequence[Target]) -> None:
    """Nothing is measured before ours and the peers answer alike. It is tried on the profile visited last."""
    urls = {service.name: service.url for service in everybody}
    if figures.OURS in urls and figures.NAIVE in urls:
        mine = targets[-1]
        parity.check_simple(urls[figures.OURS], urls[figures.NAIVE], mine.token, mine.profile_id)
    for peer in (figures.PEER, figures.PEER_WITH_REDIS):
        if figures.OURS in urls and peer in urls:
            mine = targets[-1]
            parity.check(urls[figures.OURS], urls[peer], mine.token, mine.profile_id, targets[-2].token)


def _start(machine: servers.Machine) -> float:
    with machine.ours() as service:
        return service.start_seconds


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


def options_of(arguments: Sequence[str]) -> tuple[Options, bool]:
    """The options in a command line, and whether the results are to be kept."""
    everybody = [figures.OURS, figures.PEER, *ALSO]
    parser = argparse.ArgumentParser(prog="python -m bench compare", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8, help="of a round")
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before the first round")
    parser.add_argument("--profiles", type=int, default=50_000)
    parser.add_argument("--work", action="append", choices=list(WORKS), help="only this one (may be repeated)")
    parser.add_argument("--connections", action="append", type=int, help=f"instead of {figures.CONNECTIONS}")
    parser.add_argument("--service", action="append", choices=everybody, help="only this one (may be repeated)")
    parser.add_argument("--keep", action="store_true", help="write bench/results and the report from a partial run too")
    given = parser.parse_args(arguments)
    partial = bool(given.work or given.connections or given.service) or any(
        getattr(given, name) < parser.get_default(name) for name in ("rounds", "seconds")
    )
    options = Options(
        given.rounds,
        given.seconds,
        given.warm_up,
        given.profiles,
        given.work or list(WORKS),
        given.connections or figures.CONNECTIONS,
        given.service or everybody,
    )
    return options, given.keep or not partial


def main(arguments: Sequence[str]) -> int:
    """Compare, print, and keep the results of a whole run; 0."""
    load.require_wrk()
    options, keep = options_of(arguments)
    with servers.machine() as machine:
        results = compare(machine, options)
    report.show(results)
    if keep:
        figures.save("compare", results)
        report.main()
    return 0
