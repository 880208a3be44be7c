"""What the log costs a write, and what it takes to go back: in one process, on PostgreSQL and Redis.

Each work is done with the log and without it in turn, so that both see the same machine. Without it means that no entry
is written; all else, the versions of items included, is the same.
"""

import argparse
import json
import logging
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any
from unittest.mock import patch

from tests.support.service.servers import postgresql, redis

API = "/api/v1"
INFO = {"full_name": "Ada Lovelace", "email": "ada@example.org"}
ITEM = {"title": "Engineer", "company": "Analytical Engines", "start_date": "2019", "is_current": True}
REVISIONS = 1_000
PROFILES = 20
# How often a work is done in a round.
TIMES = {"PATCH": 200, "POST of 100": 12, "PUT of the whole document": 40}


class Person:
    """Somebody with a token, whose requests go through the whole service in this process."""

    def __init__(self) -> None:
        from django.test import Client  # noqa: PLC0415  # settings come first

        self.client = Client(SERVER_NAME="127.0.0.1")
        self.headers: dict[str, str] = {}
        account = {"email": "ada@example.org", "password": "Analytical1843", "full_name": "Ada Lovelace"}
        token = self.send("POST", f"{API}/auth/register", account)["access_token"]
        self.headers = {"authorization": f"Bearer {token}"}
        self.path = self.new()
        self.send("POST", f"{self.path}/experiences", [{**ITEM, "description": "x" * 300}] * 20)
        self.document = self.send("GET", self.path)
        self.target, self.number = self.new(), 0

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. RuntimeError where it is a refusal."""
        data = "" if body is None else json.dumps(body)
        answer = self.client.generic(method, path, data, "application/json", headers=self.headers)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.content[:200]!r}")
        return json.loads(answer.content) if answer.content else None

    def new(self) -> str:
        """The address of a new profile."""
        return f"{API}/profiles/{self.send('POST', f'{API}/profiles', {'personal_info': INFO})['id']}"

    def patch(self) -> None:
        self.number += 1
        self.send("PATCH", self.path, {"label": f"Label {self.number}"})

    def put(self) -> None:
        self.number += 1
        self.send("PUT", self.path, {**self.document, "label": f"Label {self.number}"})

    def post(self) -> None:
        self.send("POST", f"{self.target}/experiences", [ITEM] * 100)

    def empty(self) -> None:
        """Make room for more items."""
        self.send("PATCH", self.target, {"experiences": []})


@contextmanager
def without_log() -> Iterator[None]:
    """No entry is written, and none is made room for."""
    from profiles.models import career  # noqa: PLC0415  # settings come first

    def update_alone(columns: tuple[str, ...], _: tuple[str, ...]) -> Any:
        return career._update(*columns)  # noqa: SLF001  # without the log around it

    with patch.object(career, "_update_and_log", update_alone):
        yield


def cost(work: Callable[[], object], times: int) -> float:
    """Microseconds of this process for one."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


def writes(person: Person, rounds: int) -> Iterator[str]:
    """A line for each work: what it costs without the log and with it."""
    works = {"PATCH": person.patch, "POST of 100": person.post, "PUT of the whole document": person.put}
    for name, work in works.items():
        plain, logged = [], []
        cost(work, 3)
        person.empty()
        for _ in range(rounds):
            with without_log():
                plain.append(cost(work, TIMES[name] // 2))
            person.empty()
            logged.append(cost(work, TIMES[name] // 2))
            person.empty()
        ratio = median(with_log / without for without, with_log in zip(plain, logged, strict=True))
        yield f"{name}: {shown(plain)} µs without, {shown(logged)} µs with the log; {ratio:.3f}, n={rounds}"


def reads(person: Person) -> Iterator[str]:
    """A line for each way to look back, of a profile with a thousand revisions."""
    for _ in range(PROFILES - 2):
        person.new()
    ids = [row["id"] for row in person.document["experiences"]]
    for number in range(REVISIONS):
        person.send("PATCH", f"{person.path}/experiences/{ids[number % 20]}", {"description": f"{number} " + "y" * 300})
    version = person.send("GET", person.path)["version"]
    for name, path in {
        f"a version {REVISIONS:,} revisions back": f"{person.path}/history/{version - REVISIONS}",
        "a page of 50 revisions": f"{person.path}/history?limit=50",
        f"a list of {PROFILES} profiles": f"{API}/profiles",
    }.items():
        taken = [cost(partial(person.send, "GET", path), 1) / 1e3 for _ in range(15)]
        yield f"{name}: {shown(taken)} ms, n={len(taken)}"


def shown(values: Sequence[float]) -> str:
    """The median with its range."""
    return f"{median(values):.4g} ({min(values):.4g} to {max(values):.4g})"


def main(arguments: Sequence[str]) -> int:
    """Print all of it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench history", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(arguments).rounds
    with postgresql() as database, redis() as cache, tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "profiles_project.settings",
            "DATABASE_URL": database.url,
            "REDIS_URL": cache.url,
            "DATA_DIR": folder,
            "SECRET_KEY": secrets.token_hex(32),
            "JWT_SIGNING_KEY": secrets.token_hex(32),
            "ALLOWED_HOSTS": "127.0.0.1",
            "APP_LINK_BASE": "https://app.example",
            "EMAIL_URL": "dummymail://",
            "SECURE_SSL_REDIRECT": "false",
            "RATELIMIT_DEFAULT": "1000000/m",
            "RATELIMIT_BULK": "1000000/m",
            "RATELIMIT_BULK_ITEMS": "100000000/m",
        }
        import django  # noqa: PLC0415  # settings come first
        from django.core.management import call_command  # noqa: PLC0415  # as above
        from django.db import connections  # noqa: PLC0415  # as above

        logging.disable()
        django.setup()
        call_command("migrate", verbosity=0)
        try:
            person = Person()
            for line in (*writes(person, rounds), *reads(person)):
                sys.stdout.write(f"{line}\n")
        finally:
            connections.close_all()
    return 0
