"""The metrics of the whole service: several web processes that count together, a port of their own, parts that end."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from django.core.management import CommandError, call_command
from prometheus_client.mmap_dict import MmapedDict
from pytest_django import Settings

from tests.support.factories import PASSWORD, PERSONAL_INFO
from tests.support.scrapes import TOKEN, read, scrape, shared_folder, total, web_processes
from tests.support.service.live import Caller, service
from tests.support.service.servers import Server, postgresql, redis

pytestmark = pytest.mark.own_servers

REQUESTS = "profiles_http_requests_total"
ROUTE = "/api/v1/profiles"
SECONDS = 90


@pytest.fixture
def database() -> Iterator[Server]:
    with postgresql() as server:
        yield server


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def until(what: Callable[[], bool]) -> None:
    """Return when it is so; an AssertionError if it never is."""
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def counted(process: psutil.Process) -> float:
    """How many requests that process itself has counted."""
    (file,) = shared_folder(process).glob(f"counter_{process.pid}.db")
    values = MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]  # no types
    return sum(float(value) for key, value, *_ in values if json.loads(key)[1] == REQUESTS)


def ask(port: int, times: int, token: str) -> None:
    """Ask for a list of profiles, over a connection each."""
    for _ in range(times):
        with closing(Caller(port)) as caller:
            caller.token = token
            assert caller.send("GET", "/profiles").status == 200


def test_all_processes_count_together_and_one_that_is_killed_takes_nothing_along(
    tmp_path: Path, database: Server
) -> None:
    metrics_port = free_port()
    variables = {"WEB_WORKERS": "2", "METRICS_TOKEN": TOKEN, "METRICS_PORT": str(metrics_port)}
    with (
        redis() as cache,
        service(
            tmp_path, DATABASE_URL=database.url, REDIS_URL=cache.url, RATELIMIT_ENABLE="false", **variables
        ) as port,
    ):
        with closing(Caller(port)) as caller:
            token = caller.register("zephyrine.canary@example.org", PASSWORD)["access_token"]
            assert caller.send("POST", "/profiles", {"personal_info": PERSONAL_INFO}).status == 201
        ask(port, 40, token)
        until(lambda: total(read(scrape(port)), REQUESTS) == 42)
        before, folder = web_processes(), shared_folder(web_processes()[0])
        assert sorted(counted(each) > 0 for each in before) == [True, True]
        assert sum(counted(each) for each in before) == 42
        # By the token from any process, and from the main one's port without.
        for shown in (scrape(port), scrape(metrics_port, "/", token="")):
            found = read(shown)
            assert total(found, REQUESTS, route=ROUTE, method="GET", status="200") == 40
            assert total(found, "profiles_http_request_duration_seconds_count", route=ROUTE, method="GET") == 40
            assert total(found, "profiles_database_connections") >= 2
            assert total(found, "profiles_database_up") == 1
            assert total(found, "profiles_mails_waiting") == 1
            assert "canary" not in shown.lower()
            assert PERSONAL_INFO["full_name"] not in shown
            assert token not in shown
        _kill_one(before, folder)
        assert total(read(scrape(metrics_port, "/")), REQUESTS) == 42
        until(lambda: len(web_processes()) == 2)
        ask(port, 10, token)
        until(lambda: total(read(scrape(metrics_port, "/")), REQUESTS) == 52)
        assert total(read(scrape(metrics_port, "/")), "profiles_http_requests_in_progress") == 0
    assert not folder.exists()


def _kill_one(processes: list[psutil.Process], folder: Path) -> None:
    victim = processes[0]
    assert list(folder.glob(f"gauge_live*_{victim.pid}.db"))
    victim.kill()
    # Waited for by the main process.
    until(lambda: not victim.is_running())


def test_what_a_killed_process_was_about_is_no_longer_shown(tmp_path: Path, database: Server) -> None:
    metrics_port = free_port()
    with service(tmp_path, DATABASE_URL=database.url, METRICS_PORT=str(metrics_port)) as port:
        with closing(Caller(port)) as caller:
            caller.register("ada@example.org", PASSWORD)
        (victim,) = web_processes()
        assert total(read(scrape(metrics_port, "/")), "profiles_database_connections") >= 1
        _kill_one([victim], shared_folder(victim))
        assert total(read(scrape(metrics_port, "/")), "profiles_database_connections") == 0
        with pytest.raises(urllib.error.HTTPError, match="404"):
            until(lambda: bool(_answer(port)))


def _answer(port: int) -> str:
    """What /metrics on the service's own port says, empty while nobody listens there."""
    try:
        return scrape(port)
    except urllib.error.HTTPError:
        raise
    except OSError:
        return ""


def test_a_scrape_while_postgresql_is_stopped_says_so(tmp_path: Path, database: Server) -> None:
    metrics_port = free_port()
    variables = {"METRICS_TOKEN": TOKEN, "METRICS_PORT": str(metrics_port)}
    with service(tmp_path, DATABASE_URL=database.url, **variables) as port, closing(Caller(port)) as caller:
        caller.register("ada@example.org", PASSWORD)
        database.stop()
        assert caller.send("GET", "/profiles").status == 503
        for shown in (scrape(port), scrape(metrics_port, "/")):
            found = read(shown)
            assert found["profiles_database_up", frozenset()] == 0
            assert "profiles_jobs_waiting" not in shown
            assert total(found, REQUESTS, route=ROUTE, status="503") == 1
            assert total(found, "profiles_database_connection_failures_total") >= 1
        database.start()
        until(lambda: total(read(scrape(port)), "profiles_database_up") == 1)
        until(lambda: "profiles_jobs_waiting" in scrape(metrics_port, "/"))


def test_a_port_that_is_taken_is_one_sentence(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.HOST = settings.METRICS_HOST = "127.0.0.1"
        settings.PORT, settings.METRICS_PORT, settings.WEB_WORKERS = free_port(), taken.getsockname()[1], 1
        expected = f"Port {settings.METRICS_PORT} on 127.0.0.1 is taken: end what listens there, or set METRICS_PORT."
        with pytest.raises(CommandError) as caught:
            call_command("serve")
    assert str(caught.value) == expected
