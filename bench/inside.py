"""The service in this process, on PostgreSQL and Redis in their production settings: for what a server would hide."""

import json
import logging
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr
from pathlib import Path
from statistics import median
from typing import Any

from tests.support.service.servers import postgresql, redis

API = "/api/v1"
INFO = {"full_name": "Ada Lovelace", "email": "ada@example.org"}


class Person:
    """Somebody with a token, whose requests go through the whole service in this process."""

    def __init__(self) -> None:
        from django.test import Client  # noqa: PLC0415  # settings come first

        self.client = Client(SERVER_NAME="127.0.0.1")
        self.headers: dict[str, str] = {}
        account = {"email": "ada@example.org", "password": "Analytical1843", "full_name": "Ada Lovelace"}
        token = self.send("POST", f"{API}/auth/register", account)["access_token"]
        self.headers = {"authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. RuntimeError where it is a refusal."""
        answer = self.answer(method, path, "" if body is None else json.dumps(body))
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.content[:200]!r}")
        return json.loads(answer.content) if answer.content else None

    def answer(self, method: str, path: str, data: str = "", **headers: str) -> Any:
        """The answer to a request with this body and these headers beside the token."""
        return self.client.generic(method, path, data, "application/json", headers={**self.headers, **headers})

    def new(self) -> str:
        """The address of a new profile."""
        return f"{API}/profiles/{self.send('POST', f'{API}/profiles', {'personal_info': INFO})['id']}"


@contextmanager
def service(*, logs: bool = False) -> Iterator[None]:
    """The service, with an empty database, as this process may ask it; with `logs` its lines go to a file, and all
    else that is written on standard error.
    """
    with (
        postgresql() as database,
        redis() as cache,
        tempfile.TemporaryDirectory() as folder,
        Path(folder, "log").open("w", encoding="utf-8") as log,
    ):
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
            "RATELIMIT_SYNC": "1000000/m",
            "RATELIMIT_BULK": "1000000/m",
            "RATELIMIT_BULK_ITEMS": "100000000/m",
            "RATELIMIT_IMPORT": "1000000/m",
            "RATELIMIT_EXPORT": "1000000/m",
        }
        import django  # noqa: PLC0415  # settings come first
        from django.core.management import call_command  # noqa: PLC0415  # as above
        from django.db import connections  # noqa: PLC0415  # as above

        with redirect_stderr(log) if logs else nullcontext():
            if not logs:
                logging.disable()
            django.setup()
            call_command("migrate", verbosity=0)
            try:
                yield
            finally:
                connections.close_all()


def cost(work: Callable[[], object], times: int) -> float:
    """Microseconds of this process for one."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


def shown(values: Sequence[float]) -> str:
    """The median with its range."""
    return f"{median(values):.4g} ({min(values):.4g} to {max(values):.4g})"
