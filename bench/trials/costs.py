"""What requests cost in this process, in milliseconds of CPU time: on PostgreSQL and Redis, limits and log included.

The WSGI application is called directly, with requests that were put together before, on profiles as `bench compare`
generates them.
"""

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from email.message import Message
from typing import Any

import psycopg

from bench import figures
from bench.careers import data
from bench.careers.data import Target
from bench.compare import ADDED
from bench.inside import service, shown
from bench.measuring import load
from bench.works import WORKS, Work

# How often each work is done in a round.
TIMES = {"unchanged": 300, "hit": 300, "miss": 100, "post": 100, "post100": 20, "put": 20, "import": 20}
PROFILES = 600


class Inside(load.Asker):
    """Asks the application in this process."""

    def __init__(self) -> None:
        from profiles_project.wsgi import application  # noqa: PLC0415  # settings come first

        self.application = application

    def send(self, method: str, path: str, target: Target, status: int = 200, body: str = "") -> tuple[Message, bytes]:
        found, headers, content = self.answer(environ(method, path, target, body))
        message = Message()
        for name, value in headers:
            message[name] = value
        return message, load.checked(content, found, status, f"{method} {path}")

    def answer(self, request: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and content."""
        begun: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
            begun.extend((int(status[:3]), headers))
            return begun.append

        answer = self.application(request, start)
        content = b"".join(answer)
        answer.close()
        return begun[0], begun[1], content


def environ(method: str, path: str, target: Target, body: str) -> dict[str, Any]:
    """A request as WSGI has it."""
    address, _, query = path.partition("?")
    content = body.encode()
    made = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": address,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Bearer {target.token}",
        "CONTENT_LENGTH": str(len(content)) if content else "",
        "wsgi.input": io.BytesIO(content),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }
    if content:
        made["CONTENT_TYPE"] = "application/json"
    if target.etag:
        made["HTTP_IF_NONE_MATCH"] = target.etag
    return made


def shared_out(targets: Sequence[Target]) -> dict[str, Sequence[Target]]:
    """The profiles that a round of each work visits: as many as it has requests, so that none is visited twice.

    A work that writes has profiles of its own: what another one has added would make its documents larger.
    """
    found, begin = {}, max(TIMES[name] for name in TIMES if not WORKS[name].writes)
    for name, times in TIMES.items():
        first = begin if WORKS[name].writes else 0
        found[name] = targets[first : first + times]
        begin += times if WORKS[name].writes else 0
    return found


def once(asker: Inside, work: Work, targets: Sequence[Target], number: int) -> float:
    """Milliseconds of CPU time for one request, of a round of them. LoadError where one was refused."""
    from django.core.cache import cache  # noqa: PLC0415  # settings come first

    from profiles.career.rendering import recent  # noqa: PLC0415  # as above

    targets = asker.with_bodies(work, targets)
    if work.once:
        cache.clear()
        recent.clear()
    elif not work.writes:
        # Kept again, whatever was done before.
        for target in targets:
            asker.do(work, target, number)
    requests = [
        environ(work.method, load.path_of(work, target), target, load.body_of(work, target, number))
        for target in targets
    ]
    began = time.process_time()
    statuses = [asker.answer(request)[0] for request in requests]
    taken = time.process_time() - began
    if set(statuses) != {work.status}:
        raise load.LoadError(f"{work.title} was answered by {sorted(set(statuses))}.")
    return taken / len(requests) * 1000


def measured(rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Each work with its rounds, of which each has all works in turn. The first one is not counted."""
    url = os.environ["DATABASE_URL"]
    data.generate(url, PROFILES)
    targets = data.targets(url, PROFILES, os.environ["JWT_SIGNING_KEY"])
    asker = Inside()
    visited = shared_out(targets)
    visited["unchanged"] = asker.with_etags(WORKS["unchanged"], visited["unchanged"])
    found: dict[str, list[float]] = {name: [] for name in TIMES}
    for number in range(rounds + 1):
        for name, costs in found.items():
            costs.append(once(asker, WORKS[name], visited[name], number))
        with psycopg.connect(url) as connection:
            connection.execute(ADDED, [[target.profile_id for target in targets]])
    yield from ((name, costs[1:]) for name, costs in found.items())


def main(arguments: Sequence[str]) -> int:
    """Print a line for each work, or all as one line of JSON; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench costs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    with service(logs=True):
        found = dict(measured(given.rounds))
    if given.json:
        sys.stdout.write(f"{json.dumps(found)}\n")
        return 0
    for name, costs in found.items():
        goal = figures.COSTS.get(name)
        wanted = f"; goal {goal}" if goal else ""
        sys.stdout.write(f"{WORKS[name].title}: {shown(costs)} ms, n={len(costs)}{wanted}\n")
    return 0
