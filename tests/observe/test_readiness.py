"""What a load balancer is told: that the process is up, and whether all it needs is there and can be written to."""

import logging
import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, OperationalError, connection
from django.test import Client
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings
from redis import Redis

from profiles_project.api.errors import to_problem
from profiles_project.caching.cache import FallbackCache
from profiles_project.database.unfit import is_unfit
from profiles_project.web import health
from tests.storage.test_outages import database_away
from tests.support.concurrency import held
from tests.support.factories import PASSWORD, PERSONAL_INFO
from tests.support.service.live import Caller, service
from tests.support.service.servers import Server, redis

LOGGER = "profiles_project.web.health"
IS_POSTGRESQL = django_settings.DATABASES["default"]["ENGINE"] == "profiles_project.database.postgresql"
HOSTS = ["127.0.0.1", "10.1.2.3:8000", "[fe80::1]:8000", "evil.example", "a b", "", "\x7f", "x" * 300]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees what another one has looked at."""
    monkeypatch.setattr(health, "_last", health.Look())


def parts(client: Client, status: int) -> Any:
    answer = client.get("/health/ready")
    assert answer.status_code == status, answer.content
    assert (answer.get("Retry-After") is not None) == (status == HTTPStatus.SERVICE_UNAVAILABLE)
    return answer.json()["parts"]


@pytest.mark.django_db(transaction=True)
def test_readiness_sees_a_database_that_is_gone_and_that_it_is_back(client: Client) -> None:
    with database_away():
        answer = client.get("/health/ready")
        assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert answer.json()["parts"] == {"database": "unavailable", "cache": "ok", "queue": "unavailable"}
        assert b"hunter2" not in answer.content
        assert client.get("/health").status_code == HTTPStatus.OK
    assert client.get("/health/ready").status_code == HTTPStatus.OK


@pytest.mark.django_db
def test_readiness_sees_a_cache_that_is_gone_and_is_ready_all_the_same(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing listens on this port.
    monkeypatch.setattr(health, "caches", {"default": FallbackCache("redis://127.0.0.1:9/0", {})})
    answer = client.get("/health/ready")
    assert answer.status_code == HTTPStatus.OK
    assert answer.json() == {
        "status": "degraded",
        "parts": {"database": "ok", "cache": "unavailable", "queue": "ok"},
    }


@pytest.mark.django_db
def test_readiness_sees_a_queue_that_takes_no_task(client: Client) -> None:
    table = DBTaskResult._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_gone")
    answer = client.get("/health/ready")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json()["parts"] == {"database": "ok", "cache": "ok", "queue": "unavailable"}


@pytest.mark.django_db
def test_readiness_leaves_no_task_behind(client: Client) -> None:
    before = DBTaskResult.objects.count()
    assert client.get("/health/ready").status_code == HTTPStatus.OK
    assert DBTaskResult.objects.count() == before


@pytest.mark.skipif(not IS_POSTGRESQL, reason="a file that can't be written to is tried below")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("backend", ["database", "rq"])
def test_readiness_sees_a_database_that_is_read_only(client: Client, settings: Settings, backend: str) -> None:
    settings.TASKS_BACKEND = backend
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    assert parts(client, 503)["database"] == "unavailable"
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
    assert parts(client, 200)["database"] == "ok"


@pytest.mark.skipif(not IS_POSTGRESQL, reason="SQLite has no locks of tables")
@pytest.mark.django_db(transaction=True)
def test_readiness_waits_a_second_for_a_locked_table(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE_MILLISECONDS", 100)
    with locked(DBTaskResult._meta.db_table):
        assert parts(client, 503) == {"database": "ok", "cache": "ok", "queue": "unavailable"}
    assert parts(client, 200)["queue"] == "ok"


def locked(table: str) -> AbstractContextManager[None]:
    """The table locked by another connection, as by a migration."""

    def lock() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table}")

    return held(lock)


@pytest.mark.skipif(IS_POSTGRESQL, reason="PostgreSQL has no file of ours")
@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_file_that_somebody_else_writes_to_can_be_written_to(client: Client) -> None:
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert set(parts(client, 200).values()) == {"ok"}
        other.execute("ROLLBACK")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (20_000,)


# A disk that takes nothing more -------------------------------------------------------------------------------------


def ready(port: int) -> tuple[int, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as asking:
        asking.request("GET", "/health/ready", headers={"Host": "10.0.0.7"})
        answer = asking.getresponse()
        return answer.status, answer.read()


@pytest.mark.own_servers
def test_a_disk_that_takes_nothing_more_is_a_503_until_it_does(tmp_path: Path) -> None:
    """By a limit of the system: no file of the server's processes may be written to any more."""
    profile = {"personal_info": PERSONAL_INFO}
    before = set(psutil.Process().children(recursive=True))
    with service(tmp_path, RATELIMIT_ENABLE="false") as port, closing(Caller(port)) as caller:
        caller.register("ada@example.org", PASSWORD)
        assert ready(port)[0] == 200
        workers = set(psutil.Process().children(recursive=True)) - before
        # Reading needs the files beside the database, which go with its last connection.
        with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as reader:
            reader.execute("SELECT 1 FROM users_user").fetchone()
            limit(workers, 0)
            time.sleep(health_seconds())
            status, body = ready(port)
            assert (status, b'"database": "unavailable"' in body) == (503, True)
            answer = caller.send("POST", "/profiles", profile)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
            assert caller.send("GET", "/profiles").json["pagination"]["total"] == 0
            limit(workers, psutil.RLIM_INFINITY)
            time.sleep(health_seconds())
            assert ready(port)[0] == 200
            assert caller.send("POST", "/profiles", profile).status == 201


def limit(processes: set[psutil.Process], size: int) -> None:
    for process in processes:
        process.rlimit(resource.RLIMIT_FSIZE, (size, psutil.RLIM_INFINITY))


def health_seconds() -> float:
    """How long the server's answer is kept; the tests' own is not."""
    return 1.1


@pytest.mark.pure
def test_what_sqlite_says_of_a_file_that_is_of_no_use_is_a_503(tmp_path: Path) -> None:
    garbage, full, fixed = tmp_path / "garbage", tmp_path / "full", tmp_path / "fixed"
    garbage.write_bytes(b"this is no database" * 100)
    for path in (full, fixed):
        with closing(sqlite3.connect(path)) as made:
            made.execute("CREATE TABLE t (a)")
    errors = []
    for address, statement in (
        (f"file:{garbage}", "SELECT * FROM t"),
        (f"file:{full}", "INSERT INTO t VALUES (zeroblob(100000))"),
        (f"file:{fixed}?mode=ro", "INSERT INTO t VALUES (1)"),
        (f"file:{tmp_path}/none/none", "SELECT 1"),
    ):
        with pytest.raises(sqlite3.DatabaseError) as raised:
            write(address, statement)
        errors.append(raised.value)
    names = [error.sqlite_errorname for error in errors]
    assert names == ["SQLITE_NOTADB", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN"]
    for error in errors:
        assert is_unfit(error)
        wrapped = DatabaseError(str(error))
        wrapped.__cause__ = error
        problem = to_problem(wrapped)
        assert problem
        assert problem.status_code == 503


def write(address: str, statement: str) -> None:
    """A statement on a file of three pages at most."""
    with closing(sqlite3.connect(address, uri=True)) as opened:
        opened.execute("PRAGMA max_page_count = 3")
        opened.execute(statement)


# Redis --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with redis() as running:
        yield running


@pytest.mark.own_servers
@pytest.mark.django_db
def test_a_queue_without_memory_or_with_something_else_in_its_place_is_not_ready(
    client: Client, server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TASKS_BACKEND = "rq"
    monkeypatch.setattr(health, "caches", {"default": FallbackCache(server.url, {})})
    with Redis.from_url(server.url) as own:
        assert parts(client, 200) == {"database": "ok", "cache": "ok", "queue": "ok"}
        own.config_set("maxmemory", "1")
        assert parts(client, 503) == {"database": "ok", "cache": "unavailable", "queue": "unavailable"}
        own.config_set("maxmemory", "0")
        assert parts(client, 200)["queue"] == "ok"
        own.replicaof("127.0.0.1", "1")
        assert parts(client, 503)["queue"] == "unavailable"
        own.replicaof("NO", "ONE")
        own.set("rq:queue:default", "x")
        assert parts(client, 503)["queue"] == "unavailable"
        own.delete("rq:queue:default")
        assert parts(client, 200)["queue"] == "ok"


# How often it looks -------------------------------------------------------------------------------------------------


def test_many_balancers_cost_one_look_a_second(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(health, "PARTS", {"database": lambda: looks.append(1)})
    monkeypatch.setattr(health, "KEEP_SECONDS", 60.0)
    assert [client.get("/health/ready").status_code for _ in range(20)] == [200] * 20
    assert looks == [1]


def test_a_look_that_hangs_holds_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, may_end = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        may_end.wait(20)

    monkeypatch.setattr(health, "PARTS", {"database": hang})
    monkeypatch.setattr(health, "PATIENCE_MILLISECONDS", 50)
    look = health.Look()
    first = threading.Thread(target=look.states)
    first.start()
    assert hangs.wait(10)
    # Nothing is known yet.
    assert look.states() == {"database": "unavailable"}
    may_end.set()
    first.join()
    assert look.states() == {"database": "ok"}
    may_end.clear()
    hangs.clear()
    second = threading.Thread(target=look.states)
    second.start()
    assert hangs.wait(10)
    # What was found a moment ago.
    assert look.states() == {"database": "ok"}
    monkeypatch.setattr(health, "STALE_SECONDS", 0.0)
    assert look.states() == {"database": "unavailable"}
    may_end.set()
    second.join()


def test_a_line_tells_when_a_part_goes_and_when_it_comes_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = True

    def check() -> None:
        if away:
            raise OperationalError("host=10.0.0.1")

    monkeypatch.setattr(health, "PARTS", {"database": check})
    look = health.Look()
    for _ in range(12):
        look.states()
    away = False
    for _ in range(12):
        look.states()
    lines = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    assert lines == ["database is not ready: OperationalError", "database is ready again"]
    assert logging.getLogger(LOGGER).isEnabledFor(logging.WARNING)


# By any name --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_a_probe_may_ask_by_any_name_or_address_and_by_plain_http(
    client: Client, settings: Settings, host: str, path: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path, headers={"Host": host}).status_code == 200
    assert client.head(path, headers={"Host": host}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/health/", "/health/ready/x", "/metrics", "/api/docs", "/admin/", "/api/v1/profiles"]
)
def test_no_other_address_is_answered_by_any_name(client: Client, path: str) -> None:
    assert client.get(path, headers={"Host": "10.1.2.3"}).status_code == 400
