"""One sender who wants the disk: what a person within all limits, and who has no account, can make the service keep."""

import json
import secrets
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.faults.load import Answer, Client
from tests.faults.stage import Promise, Stage, wait_for

UNBOUNDED = "tests.faults.controls.unbounded:application"
MIB = 2**20
# What is stored takes so much more room in the pages of tables and indexes, and an empty table has some as well.
IN_PAGES, SLACK = 1.25, 4 * MIB
ASYNC = {"Prefer": "respond-async"}
# What a refusal for want of room is called, and how its sentence begins.
FULL, SENTENCE = "for their bytes", b"You can store"
# What the rules of users/maintenance.py leave of what an unknown address has caused.
MOST_EVENTS = 200


def user_bytes(stage: Stage) -> Iterator[Promise]:
    """One user tries for the bytes in every way there is, then somebody without an account; the control is unbounded.

    Limits of requests are off, so that what an hour allows is done in minutes.
    """
    quota = stage.count(256, 16) * MIB
    limit = {"USER_BYTES_LIMIT": str(quota)}
    for name, application in (("user_bytes", ""), ("user_bytes control, nothing is judged", UNBOUNDED)):
        started, before = time.monotonic(), _stored(stage)
        with stage.serve(application, **limit):
            hoarder = Hoarder(stage, tries=quota // (4 * MIB) + 4)
            hoarder.hoard(limit)
            grown = _stored(stage) - before
            figure = f"{grown / MIB:.0f} MiB stored of {quota / MIB:.0f}; {hoarder.told()}"
            lasted = time.monotonic() - started
            if application:
                yield Promise(name, figure, hoarder.count, lasted, grown > IN_PAGES * quota + SLACK)
                continue
            kept = grown <= IN_PAGES * quota + SLACK and hoarder.refusals[FULL] > 0 and not hoarder.other
            yield Promise(name, figure, hoarder.count, lasted, kept)
            gone = hoarder.clear()
            figure = f"{gone[204]} profiles deleted at the limit, {gone.total() - gone[204]} refused"
            yield Promise("user_bytes: deleting", figure, gone.total(), time.monotonic() - started, set(gone) == {204})
            yield _anonymous(stage)


class Hoarder:
    """A person with a token, and what became of what they sent."""

    def __init__(self, stage: Stage, tries: int) -> None:
        self.stage = stage
        self.tries = tries
        self.token = stage.person()["access_token"]
        self.client: Client = stage.client(self.token)
        self.count = 0
        self.refusals: Counter[str] = Counter()
        self.other: Counter[int] = Counter()

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """An answer, counted by what it says."""
        answer = self.client.send(method, f"/api/v1{path}", body, headers)
        self.count += 1
        if answer.status in {422, 429}:
            self.refusals[FULL if SENTENCE in answer.content else str(answer.status)] += 1
        elif not 200 <= answer.status < 300:
            self.other[answer.status] += 1
        return answer

    def hoard(self, limit: dict[str, str]) -> None:
        """All ways, one after the other."""
        first = self.send("POST", "/profiles", _profile())
        assert first.status == 201, first
        profile = first.json()["id"]
        for _ in range(self.tries):
            self.copy_and_delete(profile)
        small = self.send("POST", "/profiles", _profile(0)).json()["id"]
        for _ in range(self.stage.count(3, 2)):
            self.send("POST", "/profiles/import", _resume())
        for _ in range(self.tries):
            self.send("POST", "/profiles", _profile())
        with self.stage.work(**limit):
            for _ in range(self.stage.count(8, 2)):
                for path in ("/auth/me/export", f"/profiles/{profile}/export"):
                    self.send("GET", path, None, ASYNC)
                    self.ended()
        # Nobody runs these, and so all that they were given stays.
        self.send("POST", f"/profiles/{small}/projects", _projects(1000), ASYNC)
        for _ in range(self.stage.count(4, 1)):
            self.send("POST", f"/profiles/import?into={small}", _resume(aside=8 * MIB), ASYNC)
        for each in self.profiles():
            self.send("PATCH", f"/profiles/{each}", {"extra": {"x-aside": _text(250_000)}})
        for number in range(self.stage.count(60, 5)):
            body = {"new_email": f"x{number}@example.org", "password": "Wrong-1-Horse"}
            self.send("POST", "/auth/change-email", body)
        # 401 is how they end.
        self.other.pop(401, None)
        _tidy(self.stage)

    def copy_and_delete(self, profile: str) -> None:
        """What left a whole answer behind for each empty request."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = self.send("POST", f"/profiles/{profile}/duplicate", None, key)
        if answer.status == 201:
            self.send("DELETE", f"/profiles/{answer.json()['id']}")
            self.send("DELETE", f"/profiles/trash/{answer.json()['id']}")

    def ended(self) -> None:
        """Wait until no job is under way."""
        wait_for(lambda: not self.stage.sql("SELECT 1 FROM profiles_job WHERE finished_at IS NULL"), 120)

    def clear(self) -> Counter[int]:
        """Delete all profiles, and then for good; the statuses."""
        places = [f"/api/v1/profiles/{below}{each}" for each in self.profiles() for below in ("", "trash/")]
        return Counter(self.client.send("DELETE", place).status for place in places)

    def profiles(self) -> list[str]:
        """The ids of all their profiles."""
        shown = self.client.send("GET", "/api/v1/profiles?limit=100").json()["profiles"]
        return [each["id"] for each in shown]

    def told(self) -> str:
        """What became of the requests."""
        refused = ", ".join(f"{number} {why}" for why, number in sorted(self.refusals.items())) or "none"
        other = ", ".join(f"{number} × {status}" for status, number in sorted(self.other.items())) or "none"
        return f"refused: {refused}; other failures: {other}"


def _anonymous(stage: Stage) -> Promise:
    """A minute's worth of requests about addresses that nobody has."""
    started = time.monotonic()
    client, asked = stage.client(), stage.count(600, 250)
    for number in range(asked):
        client.send("POST", "/api/v1/auth/forgot-password", {"email": f"nobody{number}@example.net"})
        if number % 10 == 0:
            body = {"email": f"nobody{number}@example.net", "password": "Wrong-Horse-7"}
            client.send("POST", "/api/v1/auth/login", body)
    [(asked_for,)] = stage.sql("SELECT count(*) FROM users_securityevent WHERE user_id IS NULL")
    with stage.work():
        wait_for(lambda: not stage.sql("SELECT 1 FROM users_mail WHERE user_id IS NULL LIMIT 1"), 120)
    _tidy(stage)
    found = dict(
        stage.sql("SELECT kind, count(*) FROM users_securityevent WHERE user_id IS NULL GROUP BY kind ORDER BY kind")
    )
    figure = f"of {asked_for} events {sum(found.values())} are left, of {asked} mails none"
    kept = asked_for > MOST_EVENTS and max(found.values(), default=0) <= MOST_EVENTS
    return Promise("user_bytes: addresses that nobody has", figure, asked, time.monotonic() - started, kept)


def _tidy(stage: Stage) -> None:
    """What the worker's schedule does within a minute."""
    stage.manage("shell", "--command", "from users.maintenance import trim; trim()")


def _stored(stage: Stage) -> int:
    """The bytes of the database once what was deleted is given back."""
    stage.vacuum()
    [(size,)] = stage.sql("SELECT pg_database_size(current_database())")
    return int(size)


def _text(length: int) -> str:
    """A text that no database compresses."""
    return secrets.token_urlsafe(length)[:length]


def _projects(count: int) -> list[dict[str, Any]]:
    """Projects of 4 KB each."""
    common = {"start_date": "2001", "is_visible": True}
    texts = {"name": 100, "description": 1000, "entity": 100, "type": 50}
    lists = {"highlights": [500] * 5, "technologies": [100]}
    return [
        {
            **common,
            **{name: _text(length) for name, length in texts.items()},
            **{name: [_text(length) for length in lengths] for name, lengths in lists.items()},
        }
        for _ in range(count)
    ]


def _profile(projects: int = 1000) -> bytes:
    """A profile of nearly 4 MiB, unless it is to have fewer projects."""
    info = {"full_name": "Ada Lovelace", "email": "ada@example.org"}
    return json.dumps({"personal_info": info, "projects": _projects(projects)}).encode()


def _resume(aside: int = 100_000) -> bytes:
    """A career whose larger part no field of ours holds, so many bytes of it beside all items."""
    work = [{"name": _text(90), "position": _text(90), "startDate": "2001", "x-kept": _text(4000)} for _ in range(300)]
    return json.dumps({"basics": {"name": "Ada"}, "work": work, "x-aside": _text(aside)}).encode()
