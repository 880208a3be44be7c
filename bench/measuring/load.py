"""Loads a service with wrk: one work, so many connections, so many seconds; what it measured.

What is done lies in `bench/works.py`; the requests are made in `lua` beside this.
"""

import http.client
import json
import shutil
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import NamedTuple, Self

from bench.careers.data import Target
from bench.works import BASE, TEXT, Work

LUA = Path(__file__).resolve().parent / "lua"
SCRIPT = "requests.lua"
THREADS = 2
NOT_MODIFIED = http.HTTPStatus.NOT_MODIFIED
# In bytes, headers included; a document alone is several times as large.
EMPTY_ANSWER = 2000
# Of the profiles: past this one thread may have come to the end of its own.
ALMOST_ALL = 0.8
NO_WRK = "The load comes from wrk, which is not installed (on Debian: apt-get install wrk)."


class Measured(NamedTuple):
    """What one run measured; times in milliseconds (None: not known), `rate` in requests a second."""

    requests: int
    rate: float
    p50: float | None
    p99: float | None
    mean: float


class Load(NamedTuple):
    """How a service is loaded, and for how many seconds.

    With `strict` the status of each answer is looked at, which costs the client some speed; without, wrk counts those
    from 400 on, and the size of the answers tells a 304 from a 200. With `few` the run may end early, when all
    profiles of a work that visits each once were visited: then only the times mean anything, not the rate.
    """

    connections: int
    seconds: float
    strict: bool = False
    few: bool = False


class LoadError(RuntimeError):
    """A run whose answers were not what they must be: its figures mean nothing."""


def require_wrk() -> None:
    """Raise SystemExit with a sentence where wrk is not installed."""
    if shutil.which("wrk") is None:
        raise SystemExit(NO_WRK)


@contextmanager
def body_file(work: Work) -> Iterator[str]:
    """The file with the body of all the work's requests, or "-" where they have none or one of their own each."""
    body = work.common_body()
    if not body:
        yield "-"
        return
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(body)
        file.flush()
        yield file.name


class Asker(ABC):
    """Sends the requests of works one after the other, and wants the right statuses."""

    @abstractmethod
    def send(self, method: str, path: str, target: Target, status: int = 200, body: str = "") -> tuple[Message, bytes]:
        """Headers and content of the answer. LoadError where it has another status."""

    def do(self, work: Work, target: Target, number: int) -> None:
        """One request of the work."""
        self.send(work.method, path_of(work, target), target, work.status, body_of(work, target, number))

    def with_etags(self, work: Work, targets: Sequence[Target]) -> list[Target]:
        """The targets with the entity tags of what the work asks for. LoadError where there is none."""
        tagged = []
        for target in targets:
            headers, _ = self.send("GET", path_of(work, target), target._replace(etag=""))
            if not headers["ETag"]:
                raise LoadError(f"{work.title}: an answer has no entity tag.")
            tagged.append(target._replace(etag=headers["ETag"]))
        return tagged

    def with_bodies(self, work: Work, targets: Sequence[Target]) -> list[Target]:
        """The targets with bodies of their own where the work has such, made of what is stored now."""
        if work.own is None:
            return list(targets)
        found = []
        for target in targets:
            _, content = self.send("GET", work.source.replace("ID", target.profile_id), target)
            document = json.loads(content)
            found.append(target._replace(body=work.own(document), number=str(document.get("version", 0))))
        return found


class Reader(Asker):
    """Sends them to the service on a port, over one connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, method: str, path: str, target: Target, status: int = 200, body: str = "") -> tuple[Message, bytes]:
        headers = {"Authorization": f"Bearer {target.token}"}
        headers |= {"Content-Type": "application/json"} if body else {}
        headers |= {"If-None-Match": target.etag} if target.etag else {}
        self.connection.request(method, path, body.encode() or None, headers)
        answer = self.connection.getresponse()
        return answer.headers, checked(answer.read(), answer.status, status, f"{method} {path}")


def checked(content: bytes, status: int, wanted: int, what: str) -> bytes:
    """The content of an answer. LoadError where it has another status."""
    if status != wanted:
        raise LoadError(f"{what} was answered by {status}: {content[:300]!r}")
    return content


def path_of(work: Work, target: Target) -> str:
    """Where the work's request for a profile goes."""
    return work.path.replace("STATE", target.state).replace("ID", target.profile_id, 1)


def body_of(work: Work, target: Target, number: int) -> str:
    """What the work's request for a profile sends; `number` makes it another text than before."""
    body = target.body or work.common_body()
    return body.replace(TEXT, f"{number} of {time.monotonic_ns()}").replace(BASE, target.number)


def run(port: int, work: Work, targets: Sequence[Target], how: Load) -> Measured:
    """Load the service on this port. LoadError where an answer was not what it must be."""
    require_wrk()
    threads = min(THREADS, how.connections)
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file, body_file(work) as body:
        file.writelines("\t".join(target) + "\n" for target in targets)
        file.flush()
        arguments = [file.name, threads, work.method, work.path, work.status, "strict" if how.strict else "lax"]
        arguments += ["once" if work.once else "again", body]
        command = [
            "wrk",
            f"-t{threads}",
            f"-c{how.connections}",
            f"-d{max(1, round(how.seconds))}s",
            "--timeout",
            "10s",
        ]
        command += ["-s", SCRIPT, f"http://127.0.0.1:{port}", "--", *map(str, arguments)]
        result = subprocess.run(command, cwd=LUA, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    lines = result.stdout.strip().splitlines()
    if result.returncode or not lines or not lines[-1].startswith("{"):
        raise LoadError(f"wrk failed: {result.stderr or result.stdout}")
    return _judge(work, json.loads(lines[-1]), None if how.few else len(targets))


def _judge(work: Work, found: dict[str, int], how_many: int | None) -> Measured:
    faults = {name: found[name] for name in ("refused", "unexpected", "broken", "timeouts") if found[name]}
    if faults:
        raise LoadError(f"{work.title}: of {found['requests']} requests {faults}; a status seen: {found['another']}.")
    if not found["requests"]:
        raise LoadError(f"{work.title}: no request was answered.")
    if work.once and how_many is not None and found["requests"] > ALMOST_ALL * how_many:
        raise LoadError(f"{work.title}: {how_many} profiles are too few for a run of this length.")
    if work.status == NOT_MODIFIED and found["bytes"] > EMPTY_ANSWER * found["requests"]:
        raise LoadError(f"{work.title}: the answers had {found['bytes'] // found['requests']} bytes each.")
    return Measured(
        found["requests"],
        found["requests"] / found["duration"] * 1e6,
        found["p50"] / 1000,
        found["p99"] / 1000,
        found["mean"] / 1000,
    )
