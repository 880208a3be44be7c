"""The same request gets the same verdict on PostgreSQL and on SQLite, and what is refused stores nothing."""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support import bodies
from tests.support.service.live import Answer, Caller, service
from tests.support.service.servers import postgresql, redis

pytestmark = pytest.mark.own_servers

COUNT = 1000
SEED = 2026
# The profile is made anew after so many requests, lest it grow until all of them are refused.
BATCH = 25
# Ids that the requests choose begin so; those that the service makes differ by their time.
CHOSEN = "01990000-"


def test_a_thousand_hostile_bodies_get_the_same_verdict_on_both_databases(tmp_path: Path) -> None:
    requests = list(bodies.generate(COUNT, SEED))
    with postgresql() as database, redis() as cache:
        urls = {"DATABASE_URL": database.url, "REDIS_URL": cache.url}
        with (
            service(tmp_path / "one", RATELIMIT_ENABLE="false", **urls) as first,
            service(tmp_path / "other", RATELIMIT_ENABLE="false") as second,
            ThreadPoolExecutor() as pool,
        ):
            on_postgresql, on_sqlite = pool.map(lambda port: _verdicts(port, requests), (first, second))

    for request, one, other in zip(requests, on_postgresql.each, on_sqlite.each, strict=True):
        assert one == other, (request, one, other)
    for number, (one, other) in enumerate(zip(on_postgresql.stored, on_sqlite.stored, strict=True)):
        assert one == other, f"what is stored after {(number + 1) * BATCH} requests"
    by_status = Counter(verdict["status"] for verdict in on_postgresql.each)
    sys.stdout.write(f"{COUNT} bodies by verdict: {dict(sorted(by_status.items()))}\n")
    # Enough of each, so that neither half of the statement is empty.
    assert by_status[200] + by_status[201] > COUNT / 5, by_status
    assert by_status[422] > COUNT / 5, by_status
    assert by_status[400] > COUNT / 20, by_status


class Verdicts(NamedTuple):
    """What a service made of each request, and what it had stored after each batch of them."""

    each: list[dict[str, Any]]
    stored: list[Any]


def _verdicts(port: int, requests: list[bodies.Request]) -> Verdicts:
    """Without what differs from one service to the other by its nature: times and the ids that it made.

    A refusal that stored something would raise the version by one that no answer has announced.
    """
    found = Verdicts([], [])
    with closing(Caller(port)) as caller:
        caller.register("ada@example.org", "Correct-Horse-7")
        for start in range(0, len(requests), BATCH):
            version = _start_anew(caller)
            made = 1
            for request in requests[start : start + BATCH]:
                answer = caller.send(*request)
                assert answer.status < 500, (request, answer)
                found.each.append(_verdict(answer))
                if answer.status == 202:
                    # Nobody works here, so that it waits for ever.
                    caller.send("DELETE", f"/jobs/{answer.json['id']}")
                elif answer.status < 400 and _version(answer, bodies.PROFILE_ID):
                    changed = _version(answer, bodies.PROFILE_ID)
                    assert changed in {version, version + 1}, (request, answer, version)
                    version = changed
                elif answer.status < 400:
                    made += 1
            stored = _stored(caller)
            assert len(stored) == made
            assert stored[0]["version"] == version
            found.stored.append(_comparable(stored))
    return found


def _start_anew(caller: Caller) -> int:
    """Make the profile that the requests are about; its version."""
    for profile in caller.send("GET", "/profiles?limit=100").json["profiles"]:
        caller.send("DELETE", f"/profiles/{profile['id']}")
        caller.send("DELETE", f"/profiles/trash/{profile['id']}")
    answer = caller.send("POST", "/profiles", bodies.document())
    assert answer.status == 201, answer
    return _version(answer, bodies.PROFILE_ID)


def _version(answer: Answer, profile_id: str) -> int:
    """The version that the answer's ETag has of this profile, 0 where it is about another one."""
    whose, version, *_ = answer.headers["ETag"].strip('"').split(".")
    return int(version) if whose == profile_id else 0


def _stored(caller: Caller) -> list[Any]:
    """Every profile of the user, whole, in the order in which they were made."""
    return [
        caller.send("GET", f"/profiles/{profile['id']}").json
        for profile in caller.send("GET", "/profiles?limit=100").json["profiles"]
    ]


def _verdict(answer: Answer) -> dict[str, Any]:
    if answer.status < 400:
        return {"status": answer.status, "shown": _comparable(answer.json)}
    problem = answer.json
    # The order of the faults is no promise.
    errors = sorted(json.dumps(error, sort_keys=True) for error in problem.get("errors", []))
    return {"status": answer.status, "type": problem["type"], "detail": problem["detail"], "errors": errors}


def _comparable(value: Any, name: str = "") -> Any:
    """The same JSON value without times and without the ids that the service made."""
    if name in {"created_at", "updated_at"} or (name == "id" and not str(value).startswith(CHOSEN)):
        return None
    if isinstance(value, dict):
        return {key: _comparable(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    return value
