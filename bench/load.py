"""Loads a service with wrk: one work, so many connections, so many seconds; what it measured.

What is done lies in `WORKS`; the requests are made in bench/lua.
"""

import http.client
import json
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench import words
from bench.data import Target

LUA = Path(__file__).resolve().parent / "lua"
THREADS = 2
NOT_MODIFIED = http.HTTPStatus.NOT_MODIFIED
# In bytes, headers included; a document alone is several times as large.
EMPTY_ANSWER = 2000
# Of the profiles: past this one thread may have come to the end of its own.
ALMOST_ALL = 0.8
NO_WRK = "The load comes from wrk, which is not installed (on Debian: apt-get install wrk)."


class Work(NamedTuple):
    """A kind of request that services are compared by.

    `path` has ID for the profile's id. `profiles` is how many of them are visited: a few where the answers shall come
    from a cache, None for all that there are. With `once` the caches are emptied before each run and no profile is
    visited twice in it. `items` is the number of experiences in the body.
    """

    name: str
    title: str
    path: str
    script: str = "get.lua"
    status: int = 200
    profiles: int | None = 200
    once: bool = False
    items: int = 0

    @property
    def writes(self) -> bool:
        """Whether it changes the database."""
        return self.script != "get.lua"


PROFILE = "/api/v1/profiles/ID"
EXPERIENCES = f"{PROFILE}/experiences"
WORKS = {
    work.name: work
    for work in (
        Work("hit", "GET profile, hit", PROFILE),
        Work("miss", "GET profile, miss", PROFILE, profiles=None, once=True),
        Work("unchanged", "GET with If-None-Match, 304", PROFILE, status=304),
        Work("analytics", "GET analytics", f"{PROFILE}/analytics"),
        Work("patch", "PATCH profile", PROFILE, script="patch.lua", profiles=5000),
        Work("post", "POST of 1 experience", EXPERIENCES, script="post.lua", status=201, profiles=5000, items=1),
        Work(
            "post100", "POST of 100 experiences", EXPERIENCES, script="post.lua", status=201, profiles=5000, items=100
        ),
    )
}


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


def experiences(how_many: int) -> list[dict[str, Any]]:
    """Experiences as a client sends them, the same at every call."""
    chance = random.Random(how_many)  # noqa: S311  # invented careers, no secrets
    prose = words.sentences(how_many).bare
    return [
        {
            "title": chance.choice(words.TITLES),
            "company": chance.choice(words.COMPANIES),
            "location": chance.choice(words.CITIES),
            "start_date": f"{2000 + index % 20}-03",
            "end_date": f"{2001 + index % 20}-11",
            "is_current": False,
            "description": " ".join(chance.choices(prose, k=3)),
            "achievements": chance.choices(prose, k=2),
            "technologies": chance.sample(words.TECHNICAL, 6),
            "employment_type": chance.choice(words.EMPLOYMENT),
            "industry": chance.choice(words.INDUSTRIES),
        }
        for index in range(how_many)
    ]


@contextmanager
def body_file(work: Work) -> Iterator[str]:
    """The file with the work's body, or "-" where it has none or its script makes one."""
    if not work.items:
        yield "-"
        return
    items = experiences(work.items)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(items if work.items > 1 else items[0], file, ensure_ascii=False)
        file.flush()
        yield file.name


def with_etags(port: int, work: Work, targets: Sequence[Target]) -> list[Target]:
    """The targets with the entity tags that the service on this port gives them. LoadError where it gives none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    tagged = []
    for target in targets:
        path = work.path.replace("ID", target.profile_id)
        connection.request("GET", path, headers={"Authorization": f"Bearer {target.token}"})
        answer = connection.getresponse()
        answer.read()
        etag = answer.headers["ETag"]
        if answer.status != http.HTTPStatus.OK or not etag:
            raise LoadError(f"GET {path} was answered by {answer.status} with the entity tag {etag}.")
        tagged.append(target._replace(etag=etag))
    connection.close()
    return tagged


def run(port: int, work: Work, targets: Sequence[Target], how: Load) -> Measured:
    """Load the service on this port. LoadError where an answer was not what it must be."""
    require_wrk()
    threads = min(THREADS, how.connections)
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file, body_file(work) as body:
        file.writelines("\t".join(target) + "\n" for target in targets)
        file.flush()
        arguments = [file.name, threads, work.path, work.status, "strict" if how.strict else "lax"]
        arguments += ["once" if work.once else "again", body]
        command = [
            "wrk",
            f"-t{threads}",
            f"-c{how.connections}",
            f"-d{max(1, round(how.seconds))}s",
            "--timeout",
            "10s",
        ]
        command += ["-s", work.script, f"http://127.0.0.1:{port}", "--", *map(str, arguments)]
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
