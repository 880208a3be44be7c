"""Who is compared: services, and what the database does without one; each does some of the works."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import psutil
from redis import Redis

from bench import baselines, figures, servers
from bench.careers.data import Target
from bench.measuring import load
from bench.measuring.load import Load, Measured
from bench.works import WORKS, Work

# What the peers have routes for.
OF_PEERS = ("hit", "hit8000", "miss", "unchanged", "unchanged8000", "analytics", "patch", "post", "post100")
# Who does which work beside ours, which does all of them.
DONE_BY = {
    figures.PEER: OF_PEERS,
    figures.PEER_WITH_LINE: ("hit", "unchanged", "post"),
    figures.PEER_WITH_REDIS: ("hit", "hit8000", "analytics"),
    figures.NAIVE: ("hit", "post100"),
    figures.FLOOR: ("hit", "unchanged"),
    figures.UNLIMITED: ("hit", "unchanged", "post100"),
    figures.POOLED: ("miss", "patch"),
    figures.PGBENCH: ("miss",),
    figures.COPY: ("post100",),
}
EVERYBODY = (figures.OURS, *DONE_BY)


class Contender(NamedTuple):
    """One that does works: a service, or what the database does without one (then `service` is None)."""

    name: str
    works: Sequence[str]
    measure: Callable[[Work, Sequence[Target], Load], Measured]
    service: servers.Service | None = None


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


def contenders(
    machine: servers.Machine, stack: ExitStack, *, works: Sequence[str], names: Sequence[str], profiles: int
) -> Iterator[Contender]:
    """All of these names that do any of the works, started; ours comes first."""
    ways: dict[str, Callable[[], Any]] = {
        figures.OURS: lambda: machine.ours(figures.OURS),
        figures.PEER: lambda: machine.peer(figures.PEER),
        figures.PEER_WITH_LINE: lambda: machine.peer(figures.PEER_WITH_LINE, lines=True),
        figures.PEER_WITH_REDIS: lambda: machine.peer(figures.PEER_WITH_REDIS, cache=True),
        figures.NAIVE: lambda: machine.naive(figures.NAIVE),
        figures.FLOOR: lambda: machine.floor(figures.FLOOR),
        figures.UNLIMITED: lambda: machine.ours(figures.UNLIMITED, RATELIMIT_ENABLE="false"),
    }
    for name, start in ways.items():
        done = [work for work in DONE_BY.get(name, tuple(WORKS)) if work in works]
        if done and name in names:
            yield of_service(stack.enter_context(start()), done)
    done = [work for work in DONE_BY[figures.POOLED] if work in works]
    if done and figures.POOLED in names:
        yield pooled(machine, stack, done)
    yield from database_alone(machine, works, names, profiles)


def keep_documents(ours: servers.Service, floor: servers.Service, targets: Sequence[Target]) -> None:
    """Put the documents that ours shows into the floor's Redis, under the tags that it gives them."""
    with load.Reader(ours.port) as reader, Redis.from_url(floor.cache_url) as cache:
        for target in targets:
            _, body = reader.send("GET", load.path_of(WORKS["hit"], target), target)
            cache.set(f'"{target.profile_id}.{json.loads(body)["version"]}"', body)


def pooled(machine: servers.Machine, stack: ExitStack, works: Sequence[str]) -> Contender:
    """Ours behind a PgBouncer, as docs/operations.md sets it up; the PgBouncer's CPU time is the service's."""
    pooler = stack.enter_context(servers.pgbouncer(machine.database))
    url = pooler.url + servers.POOLED_QUERY
    service = stack.enter_context(machine.ours(figures.POOLED, DATABASE_URL=url))
    service.beside.append(psutil.Process(pooler.process.pid))
    return of_service(service, works)


def database_alone(
    machine: servers.Machine, works: Sequence[str], names: Sequence[str], profiles: int
) -> Iterator[Contender]:
    """The contenders without a service."""
    url = machine.database.url
    statement = machine.document_statement() if "miss" in works and figures.PGBENCH in names else None
    if statement:

        def bare(work: Work, targets: Sequence[Target], how: Load) -> Measured:
            return baselines.pgbench(url, statement, profiles, connections=how.connections, seconds=how.seconds)

        yield Contender(figures.PGBENCH, DONE_BY[figures.PGBENCH], bare)
    if figures.COPY in names and "post100" in works:

        def copy(work: Work, targets: Sequence[Target], how: Load) -> Measured:
            return baselines.copy(url, targets, connections=how.connections, seconds=how.seconds)

        yield Contender(figures.COPY, DONE_BY[figures.COPY], copy)
