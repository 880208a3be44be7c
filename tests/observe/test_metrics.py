"""What the metrics say, to whom, and what they must never say (contract 6)."""

import datetime as dt
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.cache import caches
from django.db import OperationalError, connection, transaction
from django.test import Client
from pytest_django import Settings
from rest_framework.exceptions import APIException

from profiles import metrics as work
from profiles.career import rendering
from profiles.models import Job
from profiles_project.api.ratelimit import Usage
from profiles_project.caching.cache import Breaker
from profiles_project.database import clock
from profiles_project.observe import metrics, prometheus
from tests.support import scrapes
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import UserFactory, make_profile
from tests.support.queries import statements
from tests.support.scrapes import TOKEN, Series, read, total
from users.models import Mail, User

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs" / "operations"
REQUESTS = "profiles_http_requests_total"


@pytest.fixture
def counting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[metrics.Recorder]:
    """The recorder of this process, which counts from nothing on and has asked the database nothing before."""
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(work, "collect", work.WorkFigures())
    metrics.recorder.cache_clear()
    yield metrics.recorder()
    metrics.recorder.cache_clear()


def scrape(**headers: str) -> Any:
    return Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})


def series() -> Series:
    answer = scrape()
    assert answer.status_code == 200
    return read(answer.content.decode())


# To whom ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_without_a_token_in_the_settings_there_is_nothing_at_the_address(method: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(method, "/metrics", headers={"Authorization": "Bearer "})
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer tökén"]
)
def test_another_token_or_none_is_refused_and_not_logged(given: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        answer = Client().get("/metrics", headers={"Authorization": given} if given else {})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')
    assert json.loads(answer.content)["status"] == 401
    assert "profiles_" not in answer.content.decode()
    lines = [record.getMessage() for record in caplog.records if record.name == "profiles.access"]
    assert len(lines) == 1
    assert "route=/metrics status=401" in lines[0]
    assert TOKEN[:-1] not in caplog.text


@pytest.mark.usefixtures("counting")
def test_whoever_has_the_token_reads_them_however_often_and_leaves_no_line(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.RATELIMIT_ENABLE = True
    settings.RATELIMITS = dict.fromkeys(settings.RATELIMITS, "1/m")
    settings.SECURE_SSL_REDIRECT = True
    answers = [scrape() for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0]["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in answers[0]["Cache-Control"]
    assert scrape(Accept="application/openmetrics-text; version=1.0.0").content.endswith(b"# EOF\n")
    assert Client().post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405
    assert [each for each in caplog.records if each.name == "profiles.access" and each.levelname != "DEBUG"][1:] == []
    assert total(series(), REQUESTS) == 0


@pytest.mark.pure
@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_the_sdk_of_traces_is_imported_where_they_are_on(is_on: bool) -> None:  # noqa: FBT001  # a parameter of the test
    program = "import sys, profiles_project.wsgi as _; print('opentelemetry.sdk' in sys.modules)"
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"} if is_on else {}
    own = {"DEBUG": "true", "ALLOWED_HOSTS": "localhost", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**own, **variables, "DATA_DIR": str(ROOT / ".venv" / "var")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{is_on}\n"


# What is counted --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("counting")
def test_requests_are_counted_by_method_route_and_status(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 0)
    for _ in range(3):
        assert api.get(f"{API}/profiles/{profile.pk}").status_code == 200
    ApiClient().get(f"{API}/profiles/{profile.pk}")
    found = series()
    route = f"{API}/profiles/<str:profile_id>"
    assert total(found, REQUESTS, method="GET", route=route, status="200") == 3
    assert total(found, REQUESTS, method="GET", route=route, status="401") == 1
    assert total(found, REQUESTS) == 4
    assert total(found, "profiles_http_request_duration_seconds_count", method="GET", route=route) == 4
    assert total(found, "profiles_http_request_duration_seconds_bucket", route=route, le="10.0") == 4
    assert 0 < total(found, "profiles_http_request_duration_seconds_sum") < 10
    assert found["profiles_http_requests_in_progress", frozenset()] == 0


def test_a_request_is_in_progress_until_it_is_answered_or_breaks_off(
    counting: metrics.Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []

    def look(*_: object) -> str:
        seen.append(total(read(prometheus.exposition("")[0].decode()), "profiles_http_requests_in_progress"))
        if len(seen) > 1:
            raise RuntimeError
        return "unmatched"

    client = Client(raise_request_exception=False)
    with monkeypatch.context() as patch:
        patch.setattr("profiles_project.web.middleware._route", look)
        assert [client.get("/canary").status_code for _ in range(2)] == [404, 500]
    assert seen == [1, 1]
    assert total(series(), "profiles_http_requests_in_progress") == 0


@pytest.mark.usefixtures("counting")
def test_no_client_can_make_a_series_or_leave_a_word_in_one(api: ApiClient, user: User) -> None:
    canary = "zephyrine-canary"

    def ask(number: int) -> None:
        word = f"{canary}-{number}"
        for path in (f"/{word}", f"{API}/{word}", f"{API}/profiles/{word}", f"/static/{word}.css", f"/admin/{word}/"):
            api.send("GET", f"{path}?q={word}", headers={"Prefer": word}, check=False)
        Client().generic(word.upper(), f"/{word}", headers={"X-Word": word})
        body = {"email": f"{word}@example.org", "password": word, "full_name": word}
        ApiClient().post(f"{API}/auth/login", body)
        Client().get("/health", headers={"Host": f"{word}.example.org"})

    ask(0)
    first = series()
    for number in range(1, 4):
        ask(number)
    assert series().keys() == first.keys()
    assert canary not in scrape().content.decode().lower()
    assert user.email not in scrape().content.decode()
    assert total(series(), REQUESTS, method="other", route="unmatched") == 4


@pytest.mark.usefixtures("counting")
def test_hits_and_misses_of_documents_are_counted_by_kind(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 0)
    for _ in range(3):
        rendering.current(profile)
    rendering.analytics(profile, dt.date(2026, 1, 1), "en")
    found = {key: total(series(), "profiles_document_cache_reads_total", **dict(key)) for key in _kinds()}
    assert found[("kind", "document"), ("result", "miss")] == 1
    # The analytics are made of the document.
    assert found[("kind", "document"), ("result", "hit")] == 3
    assert found[("kind", "analytics"), ("result", "miss")] == 1
    assert found[("kind", "analytics"), ("result", "hit")] == 0


def _kinds() -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for kind, result in itertools.product(("document", "analytics"), ("hit", "miss")):
        yield ("kind", kind), ("result", result)


@pytest.mark.usefixtures("counting")
def test_the_breaker_and_refusals_are_counted() -> None:
    breaker = Breaker()

    def away() -> str:
        raise OSError

    assert [breaker.call(away, lambda: "local") for _ in range(3)] == ["local"] * 3
    assert total(series(), "profiles_cache_breakers_open") == 1
    breaker._retry_at = 0.0
    assert breaker.call(lambda: "remote", lambda: "local") == "remote"
    for _ in range(2):
        with pytest.raises(APIException):
            Usage("login", quota=1, period=60, count=2, seconds=5).check()
    found = series()
    assert total(found, "profiles_cache_breakers_open") == 0
    assert total(found, "profiles_cache_breaker_openings_total") == 1
    assert total(found, "profiles_rate_limit_refusals_total", scope="login") == 2
    assert total(found, "profiles_rate_limit_refusals_total") == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections to a server")
def test_connections_are_counted_even_those_of_threads_that_end(counting: metrics.Recorder, api: ApiClient) -> None:
    kept, may_end = threading.Event(), threading.Event()

    def work_a_while() -> None:
        connection.ensure_connection()
        kept.set()
        may_end.wait(20)
        connection.close()

    connection.ensure_connection()
    before = series()
    mine = total(before, "profiles_database_connections")
    thread = threading.Thread(target=work_a_while)
    thread.start()
    assert kept.wait(10)
    assert total(series(), "profiles_database_connections") == mine + 1
    may_end.set()
    thread.join()
    found = series()
    assert total(found, "profiles_database_connections") == mine
    opened = "profiles_database_connections_opened_total"
    assert total(found, opened) == total(before, opened) + 1

    class Kept:
        """A connection as such."""

    one = Kept()
    counting.connection_opened(one)
    assert total(series(), "profiles_database_connections") == mine + 1
    del one
    api.get(f"{API}/auth/me")
    assert total(series(), "profiles_database_connections") == mine


# What the database tells ------------------------------------------------------------------------------------------


def make_work(user: User, count: int) -> None:
    now = clock.now()
    lease = now + dt.timedelta(minutes=1)
    shared: dict[str, Any] = {"user": user, "kind": "experiences_create", "lease_until": lease}
    ended = {**shared, "finished_at": now}
    for _ in range(count):
        Job.objects.create(**shared, created_at=now - dt.timedelta(seconds=100))
        Job.objects.create(**shared, status=Job.Status.RUNNING, created_at=now - dt.timedelta(days=1))
        Job.objects.create(**ended, status=Job.Status.FAILED)
        Job.objects.create(**ended, status=Job.Status.SUCCEEDED)
        Job.objects.create(**shared, status=Job.Status.FAILED, finished_at=now - dt.timedelta(hours=2))
        mail = {"user": user, "kind": Mail.Kind.VERIFY, "address": "canary@example.org", "next_try_at": now}
        Mail.objects.create(**mail, created_at=now - dt.timedelta(seconds=50))
        Mail.objects.create(**mail, created_at=now - dt.timedelta(seconds=500), attempts=2)
        Mail.objects.create(**mail, sent_at=now)
        Mail.objects.create(**mail, problem="The account is inactive.")


@pytest.mark.usefixtures("counting")
def test_work_that_waits_and_what_became_of_it(user: User) -> None:
    make_work(user, 2)
    found = series()
    figures = {name: value for (name, labels), value in found.items() if not labels}
    assert figures["profiles_database_up"] == 1
    assert (figures["profiles_jobs_waiting"], figures["profiles_jobs_running"]) == (2, 2)
    assert 100 <= figures["profiles_jobs_oldest_waiting_seconds"] < 160
    assert (figures["profiles_mails_waiting"], figures["profiles_mails_failing"]) == (4, 2)
    assert 50 <= figures["profiles_mails_oldest_waiting_seconds"] < 110
    assert figures["profiles_tasks_waiting"] == 0
    for outcome, count in {"failed": 2, "succeeded": 2}.items():
        labels = {"kind": "experiences_create", "outcome": outcome}
        assert total(found, "profiles_jobs_ended_last_hour", **labels) == count


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize("count", [1, 3, 30])
def test_a_scrape_asks_a_constant_number_of_times_through_indexes_and_not_again_at_once(count: int) -> None:
    make_work(UserFactory.create(), count)
    with statements() as first:
        scrape()
    with statements() as second:
        scrape()
    asked = [sql for sql in first if sql.startswith("SELECT")]
    assert (len(asked), second) == (4, [])
    plans = "\n".join(_plan(sql) for sql in asked)
    for index in ("job_unfinished", "job_finished", "mail_waiting", "tasks_db_new_ordering_idx"):
        assert index in plans, plans


def _plan(sql: str) -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What it would do with many rows.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + sql)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.usefixtures("counting")
def test_a_database_that_is_away_leaves_its_figures_out_and_fails_no_scrape(user: User) -> None:
    def away(*_: object) -> None:
        raise OperationalError("password=hunter2")

    with connection.execute_wrapper(away):
        found = series()
    names = {name for name, _ in found}
    assert found["profiles_database_up", frozenset()] == 0
    assert "profiles_http_requests_in_progress" in names
    assert [name for name in names if name.startswith(("profiles_jobs", "profiles_mails", "profiles_tasks"))] == []


@pytest.mark.usefixtures("counting")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="tasks lie in Redis where there is one")
def test_tasks_are_counted_in_redis_where_they_lie_there(settings: Settings) -> None:
    settings.TASKS_BACKEND = "rq"
    client = caches["default"].client.get_client()  # type: ignore[attr-defined]  # of a FallbackCache
    client.rpush("rq:queue:default", "one", "another")
    assert total(series(), "profiles_tasks_waiting") == 2


@pytest.mark.usefixtures("counting")
def test_a_scrape_that_waits_for_the_database_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    collect = work.WorkFigures()
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> list[Any]:
        begun.set()
        may_end.wait(20)
        return []

    monkeypatch.setattr(work, "_asked", slow)
    thread = threading.Thread(target=collect)
    thread.start()
    assert begun.wait(10)
    started = time.monotonic()
    assert list(collect()) == []
    assert time.monotonic() - started < 10
    may_end.set()
    thread.join()


# Rules, dashboard and runbooks ------------------------------------------------------------------------------------


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((DOCS / "alerts.yaml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    document = json.loads((DOCS / "grafana-dashboard.json").read_text())
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def used(text: str) -> set[str]:
    return set(re.findall(r"\bprofiles_\w+", text))


def test_rules_and_dashboard_ask_for_what_is_really_exposed(settings: Settings) -> None:
    exposed = prometheus.names()
    expressions = [rule["expr"] for rule in rules()]
    assert [name for each in expressions for name in used(each) - exposed] == []
    shown = {name for panel in panels() for target in panel["targets"] for name in used(target["expr"])}
    assert shown - exposed == set()
    # Every metric has its panel; a histogram's parts are one.
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in exposed - shown} <= {
        re.sub(r"_(bucket|count|sum)$", "", name) for name in shown
    }


def test_labels_that_rules_and_dashboard_name_exist(user: User, counting: metrics.Recorder) -> None:
    make_work(user, 1)
    counting.request_answered("GET", "/", 200, 0.1)
    counting.cache_read("document", hit=True)
    exposed = {label for _, labels in series() for label, _ in labels} | {"job", "instance"}
    expressions = [rule["expr"] for rule in rules()] + [t["expr"] for panel in panels() for t in panel["targets"]]
    named = {label for each in expressions for label in re.findall(r"[{,](\w+)(?:=~|!~|!=|=)\"", each)}
    grouped = {
        label.strip()
        for each in expressions
        for labels in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", each)
        for label in labels.split(",")
    }
    assert named
    assert grouped
    assert (named | grouped) - exposed == set()


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    names = [rule["alert"] for rule in rules()]
    text = (DOCS / "runbooks.md").read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == names
    parts = ("What it means", "What users notice", "How to look", "What to do", "How to see that it is over")
    for section in text.split("\n## ")[1:]:
        assert [part for part in parts if f"**{part}.**" not in section] == [], section
    assert [rule["annotations"]["runbook"] for rule in rules()] == [f"runbooks.md#{name.lower()}" for name in names]
    titles = {panel["title"] for panel in panels()}
    mentioned = set(re.findall(r"[Pp]anels? «([^»]+)»", text)) | set(re.findall(r"and «([^»]+)»", text))
    assert mentioned - titles == set()
    described = set(re.findall(r"Profiles[A-Z]\w+", " ".join(panel["description"] for panel in panels())))
    assert described <= set(names)


def test_every_metric_stands_in_the_documentation(settings: Settings) -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    bare = {re.sub(r"_(bucket|count|sum)$", "", name) for name in prometheus.names()}
    missing = [name for name in bare if name not in text and not _abbreviated(name, text)]
    assert missing == []


def _abbreviated(name: str, text: str) -> bool:
    """Whether the table has the name as «…» and its end, behind one that begins alike."""
    return any(name.endswith(end) for end in re.findall(r"`…(_\w+)`", text))


# Several processes ------------------------------------------------------------------------------------------------

COUNTED = """
import django; django.setup()
from profiles_project.observe.metrics import Recorder
recorder = Recorder()
recorder.in_progress.inc()
recorder.request_answered("GET", "/health", 200, 0.1)
recorder.breaker_turned(is_open=True)
recorder.connection_failed()
"""


def test_of_a_process_that_is_gone_the_counts_stay_and_its_state_goes(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    settings_module = {"DJANGO_SETTINGS_MODULE": "profiles_project.settings"}
    command = [sys.executable, "-c", COUNTED]
    for _ in range(2):
        subprocess.run(command, check=True, cwd=ROOT, env={**environment, **settings_module})
    found = {
        sample.name: sample.value
        for family in prometheus.SharedFolder(str(tmp_path)).collect()
        for sample in family.samples
        if sample.name.startswith(("profiles_http_requests", "profiles_cache", "profiles_database_connection_f"))
    }
    assert found[REQUESTS] == found["profiles_database_connection_failures_total"] == 2
    assert found["profiles_cache_breaker_openings_total"] == 2
    assert not found.keys() & {"profiles_http_requests_in_progress", "profiles_cache_breakers_open"}


class Held:
    """Something that can be held weakly, as a connection is."""


def test_connections_are_open_until_they_are_closed_or_forgotten(counting: metrics.Recorder) -> None:
    held, forgotten = Held(), Held()
    for each in (held, forgotten):
        counting.connection_opened(each)
    counting.connection_failed()
    assert series()["profiles_database_connections", frozenset()] == 2
    del each, forgotten
    counting.request_answered("GET", "/health", 200, 0.1)
    assert series()["profiles_database_connections", frozenset()] == 1
    counting.connection_closed(held)
    assert series()["profiles_database_connections", frozenset()] == 0
    assert total(series(), "profiles_database_connections_opened_total") == 2
    assert total(series(), "profiles_database_connection_failures_total") == 1


def test_the_metrics_have_a_port_of_their_own_where_no_token_is_asked(counting: metrics.Recorder) -> None:
    server = prometheus.listen("127.0.0.1", 0)
    try:
        assert "profiles_build_info" in scrapes.scrape(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
