"""Wrong bytes in Redis: what somebody who can write there makes of the service."""

import json
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from redis import Redis

from tests.faults.load import Answer, Client
from tests.faults.stage import Promise, Stage, wait_for

TRUSTING = "tests.faults.controls.trusting:application"
QUOTA = 20
# So many requests are within two windows at most, and some beyond the quota of each.
CHECKS = 2 * QUOTA + 10
LIMITS = {
    # Redis is asked each time.
    "RECENT_BODIES_MIB": "0",
    "RATELIMIT_ENABLE": "true",
    "RATELIMIT_DEFAULT": "1000000/m",
    "RATELIMIT_BULK": "1000000/m",
    "RATELIMIT_REGISTER": "1000000/m",
    "RATELIMIT_CHECK_EMAIL": f"{QUOTA}/m",
    "TASKS_BACKEND": "rq",
    "JOB_LEASE_SECONDS": "2",
}
JOB_SECONDS = 90

Spoil = Callable[[Redis, bytes], object]


def _put(value: bytes | str) -> Spoil:
    return lambda redis, key: redis.set(key, value, ex=3600)


def _other(spoil: Callable[[Any, bytes], object]) -> Spoil:
    """What needs the key to be free, which the service may use again at any moment."""

    def put(redis: Redis, key: bytes) -> None:
        with redis.pipeline(transaction=True) as both:
            both.delete(key)
            spoil(both, key)
            both.execute()

    return put


def _changed(redis: Redis, key: bytes) -> None:
    """Its own value with one bit turned."""
    if redis.type(key) != b"string":
        return
    found: Any = redis.get(key) or b"\0"
    redis.set(key, found[:-1] + bytes([found[-1] ^ 1]), keepttl=True)


def _swapped(redis: Redis, key: bytes) -> None:
    """The value of another key of the same kind, such as somebody else's document."""
    kind = key.rpartition(b":")[2]
    for other in redis.scan_iter(match=b"*:" + kind, count=1000):
        if other != key and redis.type(other) == b"string" and redis.type(key) == b"string":
            found: Any = redis.get(other)
            redis.set(key, found, keepttl=True)
            return


def kinds(marker: Path) -> dict[str, Spoil]:
    """The twelve kinds of wrong bytes. One of them opens the marker's file where it is taken for an object."""
    code = b"cbuiltins\nopen\n(V%s\nVw\ntR." % str(marker).encode()
    return {
        "empty": _put(b""),
        "noise": _put(bytes(range(128, 256))),
        "code": _put(code),
        "code, packed": _put(zlib.compress(code)),
        "JSON": _put(json.dumps({"id": 1, "label": "x"})),
        "largest integer": _put(str(2**63 - 1)),
        "negative integer": _put("-1000000"),
        "beyond 64 bits": _put("9" * 30),
        "list": _other(lambda redis, key: redis.rpush(key, b"\xff", b"1")),
        "hash": _other(lambda redis, key: redis.hset(key, b"data", code)),
        "one bit": _changed,
        "another's": _swapped,
    }


class People(NamedTuple):
    """Two people, each with a profile: their clients and the paths. The first has one more, for jobs."""

    clients: list[Client]
    paths: list[str]
    worked_at: str

    def documents(self) -> list[Answer]:
        """Each person's document and its analytics."""
        return [
            client.send("GET", path + part)
            for client, path in zip(self.clients, self.paths, strict=True)
            for part in ("", "/analytics")
        ]


def _people(stage: Stage) -> People:
    made = []
    for number in range(2):
        token = stage.person()["access_token"]
        path = stage.profile(token, label=f"Profile {number}", custom_fields={"canary": f"canary {number}"})
        made.append((stage.client(token), path, stage.profile(token)))
    clients, paths, others = zip(*made, strict=True)
    return People(list(clients), list(paths), others[0])


def wrong_bytes(stage: Stage) -> Iterator[Promise]:
    """Twelve kinds of wrong bytes in every key, those of the queue included; the control believes what it finds."""
    with stage.serve(**LIMITS), stage.work(**LIMITS) as worker:
        yield from _spoil_all(stage, "wrong_bytes", is_worked=True)
        alive = worker.process.poll() is None
        yield Promise("wrong_bytes: worker", "still there" if alive else "has ended", 1, 0.0, alive)
    with stage.serve(TRUSTING, **LIMITS):
        promises = list(_spoil_all(stage, "wrong_bytes control, a cache that believes", is_worked=False))
        yield from (promise._replace(kept=not promise.kept) for promise in promises[:2])


def _spoil_all(stage: Stage, name: str, *, is_worked: bool) -> Iterator[Promise]:
    started = time.monotonic()
    marker = stage.folder / f"marker of {name}"
    people, redis = _people(stage), Redis.from_url(stage.cache.url)
    statuses, keys, wrong, unlimited, stuck = Counter[int](), 0, 0, [], []
    with ExitStack() as ending:
        ending.callback(redis.close)
        for kind, spoil in kinds(marker).items():
            _forget(redis)
            truth = [answer.content for answer in people.documents()]
            _check_emails(stage, 1)
            job = _file(people) if is_worked else None
            people.documents()
            found = list(redis.scan_iter(count=1000))
            keys += len(found)
            for key in found:
                spoil(redis, key)
            answers = people.documents()
            wrong += sum(answer.content != true for answer, true in zip(answers, truth, strict=True))
            checks = _check_emails(stage, CHECKS)
            answers += [*checks, *people.documents(), *_write(people)]
            statuses += Counter(answer.status for answer in answers)
            if {200, 429} - {answer.status for answer in checks}:
                unlimited.append(kind)
            if job and not _is_done(people, job):
                stuck.append(kind)
    failed = {status: number for status, number in statuses.items() if status >= 500 or not status}
    lasted = time.monotonic() - started
    figure = f"{sum(failed.values())} answers of 5xx ({dict(sorted(failed.items()))})"
    yield Promise(f"{name}: failures", figure, sum(statuses.values()), lasted, not failed)
    yield Promise(f"{name}: code", "executed" if marker.exists() else "not executed", keys, lasted, not marker.exists())
    yield Promise(f"{name}: documents", f"{wrong} wrong", 4 * len(kinds(marker)), lasted, not wrong)
    figure = f"not kept after {', '.join(unlimited) or 'none'}"
    yield Promise(f"{name}: limits", figure, len(kinds(marker)) * CHECKS, lasted, not unlimited)
    if is_worked:
        figure = f"a job stuck after {', '.join(stuck) or 'none'}"
        yield Promise(f"{name}: jobs", figure, len(kinds(marker)), lasted, not stuck)


def _forget(redis: Redis) -> None:
    """Empty the caches, so that what is read next is true."""
    for key in redis.scan_iter(match="profiles-*", count=1000):
        redis.delete(key)


def _check_emails(stage: Stage, number: int) -> list[Answer]:
    client = stage.client()
    return [client.send("GET", "/api/v1/auth/check-email?email=nobody%40example.org") for _ in range(number)]


def _write(people: People) -> list[Answer]:
    return [
        client.send("PATCH", path, {"label": f"Label {time.monotonic_ns()}"})
        for client, path in zip(people.clients, people.paths, strict=True)
    ]


def _file(people: People) -> str:
    """The path of a job, which the worker may have done already."""
    languages = [{"name": f"Language {time.monotonic_ns()}", "proficiency": "basic"} for _ in range(3)]
    answer = people.clients[0].send(
        "POST", f"{people.worked_at}/languages", languages, headers={"Prefer": "respond-async"}
    )
    assert answer.status == 202, answer
    return f"/api/v1/jobs/{answer.json()['id']}"


def _is_done(people: People, job: str) -> bool:
    def succeeded() -> bool:
        return bool(people.clients[0].send("GET", job).json()["status"] == "succeeded")

    try:
        wait_for(succeeded, JOB_SECONDS)
    except TimeoutError:
        return False
    return True
