"""Traces as a collector receives them: what spans there are, and what must never be in one."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from profiles_project.observe import otel, tracing
from profiles_project.observe.logs import Rarely
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD, PERSONAL_INFO, make_profile
from tests.support.service.live import Caller, service, worker
from tests.support.service.servers import postgresql
from users.models import User

CANARY = "zephyrine"
EMAIL = f"{CANARY}.canary@example.org"
SECONDS = 90
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
SERVER, CLIENT, CONSUMER = 2, 3, 5


class Collector:
    """Receives spans by OTLP over HTTP, as a collector does."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.port = 0

    @property
    def endpoint(self) -> str:
        """For OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    def spans(self) -> list[Any]:
        """All that has come so far."""
        return [span for resource in self._resources() for scope in resource.scope_spans for span in scope.spans]

    def services(self) -> set[str]:
        """The names that senders give themselves."""
        return {
            attribute.value.string_value
            for resource in self._resources()
            for attribute in resource.resource.attributes
            if attribute.key == "service.name"
        }

    def wait_for(self, *names: str) -> list[Any]:
        """The spans, as soon as there is one of each name."""
        deadline = time.monotonic() + SECONDS
        while not set(names) <= {span.name for span in self.spans()}:
            assert time.monotonic() < deadline, {span.name for span in self.spans()}
            time.sleep(0.1)
        return self.spans()

    def _resources(self) -> list[Any]:
        return [each for body in self.bodies for each in ExportTraceServiceRequest.FromString(body).resource_spans]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector on this machine."""
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                made.bodies.append(body)
                made.headers.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """It has nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """The spans of this process, as they end."""
    exporter = InMemorySpanExporter()
    provider = otel.provider(SimpleSpanProcessor(exporter))
    before = tracing.use(provider.get_tracer("tests"))
    connection.execute_wrappers.append(tracing.listener)
    yield exporter
    connection.execute_wrappers.remove(tracing.listener)
    tracing.use(before)
    provider.shutdown()


def attributes(span: Any) -> dict[str, Any]:
    """Those of a span that was received."""
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


@pytest.mark.own_servers
def test_requests_statements_jobs_and_mails_are_spans_without_a_word_of_anybody(
    tmp_path: Path, collector: Collector
) -> None:
    with postgresql() as database:
        variables = {
            # Production, where statements are prepared by name and no cursor runs them.
            "DEBUG": "false",
            "DATABASE_URL": database.url,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=ours",
            "OTEL_SERVICE_NAME": "profiles-here",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        with service(tmp_path, **variables) as port, worker(tmp_path, **variables):
            with closing(Caller(port)) as caller:
                caller.register(EMAIL, PASSWORD)
                answer = caller.send("POST", "/profiles", {"label": CANARY, "personal_info": PERSONAL_INFO})
                assert answer.status == 201
                profile = answer.json["id"]
                # With and without its document in the cache.
                answers = [caller.send("GET", f"/profiles/{profile}?q={CANARY}") for _ in range(2)]
                caller.send("GET", f"/{CANARY}/x")
                caller.send(CANARY.upper(), f"/{CANARY}/x")
                _ask_beside(port)
                request = {"skills": [{"name": f"{CANARY} {n}"} for n in range(3)]}
                caller.send("POST", f"/profiles/{profile}/skills/technical", request)
                assert _export(caller) == 202
            found = collector.wait_for("job auth_me_export", "mail verify", f"GET {API}/profiles/<str:profile_id>")
        text = "\n".join(map(str, found))
        for word in (CANARY, PASSWORD, PERSONAL_INFO["full_name"], profile, "token"):
            assert word.lower() not in text.lower().replace("refresh_token", "").replace("token_", "").replace(
                "_token", ""
            ), word
        _judge(found, answers[0].headers["X-Request-ID"])
        assert collector.services() == {"profiles-here"}
        assert {headers["x-tenant"] for headers in collector.headers} == {"ours"}


def _ask_beside(port: int) -> None:
    for path in ("/health", "/health/ready"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            assert answer.status == 200


def _export(caller: Caller) -> int:
    caller.connection.request(
        "GET", f"{API}/auth/me/export", headers={"Authorization": f"Bearer {caller.token}", "Prefer": "respond-async"}
    )
    answer = caller.connection.getresponse()
    answer.read()
    return answer.status


def _judge(found: list[Any], request_id: str) -> None:
    route = f"{API}/profiles/<str:profile_id>"
    requests = [span for span in found if span.kind == SERVER]
    (one,) = [span for span in requests if attributes(span).get("profiles.request_id") == request_id]
    assert one.name == f"GET {route}"
    assert attributes(one) == {
        "http.request.method": "GET",
        "http.route": route,
        "http.response.status_code": 200,
        "profiles.request_id": request_id,
    }
    assert {attributes(span)["http.request.method"] for span in requests} == {"GET", "POST", "_OTHER"}
    assert "HTTP unmatched" in {span.name for span in requests}
    assert [span.name for span in requests if "health" in span.name] == []
    statements = [span for span in found if span.kind == CLIENT]
    below = [attributes(span) for span in statements if span.parent_span_id == one.span_id]
    assert {each["db.operation.name"] for each in below} == {"SELECT"}
    (who,) = [text for each in below if (text := each["db.query.text"]).startswith('SELECT "users_session"."id"')]
    assert "%s" in who
    assert {attributes(span)["db.system.name"] for span in statements} == {"postgresql"}
    # Nothing is traced on its own, as the worker's looking for work would be.
    assert all(span.parent_span_id for span in statements)
    work = {span.name: span for span in found if span.kind == CONSUMER}
    assert set(work) == {"job auth_me_export", "mail verify"}
    assert [span for span in statements if span.parent_span_id == work["job auth_me_export"].span_id]
    assert not [span for span in found if span.events]


@pytest.mark.django_db
def test_a_traceparent_is_continued_and_nonsense_is_not(spans: InMemorySpanExporter) -> None:
    for header in (f"00-{TRACE}-{PARENT}-01", "nonsense", f"00-{TRACE}-{PARENT}-00"):
        given = {"traceparent": header, "tracestate": f"name={CANARY}", "baggage": f"name={CANARY}"}
        Client().get("/canary", headers=given)
    first, second = spans.get_finished_spans()
    assert [json.loads(span.to_json())["parent_id"] for span in (first, second)] == [f"0x{PARENT}", None]
    ids = [json.loads(span.to_json())["context"]["trace_id"] for span in (first, second)]
    assert ids[0] == f"0x{TRACE}" != ids[1]
    assert CANARY not in first.to_json()
    assert json.loads(first.to_json())["context"]["trace_state"] == "[]"


@pytest.mark.django_db(transaction=True)
def test_a_failure_marks_its_span_and_is_not_quoted_in_it(
    api: ApiClient, user: User, spans: InMemorySpanExporter
) -> None:
    profile = make_profile(user, 0)

    def fail(*_: object) -> None:
        raise ValueError(CANARY)

    with connection.execute_wrapper(fail):
        answer = api.get(f"{API}/profiles/{profile.pk}", check=False)
    assert answer.status_code == 500
    *_, last = spans.get_finished_spans()
    assert (last.status.status_code.name, last.status.description) == ("ERROR", None)
    assert (last.attributes or {})["error.type"] == "500"
    failed = [span for span in spans.get_finished_spans() if (span.attributes or {}).get("error.type") == "ValueError"]
    assert failed
    assert [span.events for span in spans.get_finished_spans() if span.events] == []
    assert CANARY not in "".join(span.to_json() for span in spans.get_finished_spans())


@pytest.mark.own_servers
def test_an_endpoint_that_is_away_delays_neither_requests_nor_the_end(tmp_path: Path) -> None:
    # Where nobody listens any more.
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with _log(tmp_path) as log:
        with service(tmp_path, **variables) as port, closing(Caller(port)) as caller:
            caller.register("ada@example.org", PASSWORD)
            started = time.monotonic()
            for _ in range(50):
                assert caller.send("GET", "/auth/me").status == 200
            assert time.monotonic() - started < 20
            # For some batches, and what the library says of each.
            time.sleep(3)
            ending = time.monotonic()
        assert time.monotonic() - ending < 20
        lines = [line for line in log.read_text().splitlines() if "opentelemetry" in line]
    assert 1 <= len(lines) <= 4, lines
    assert len(set(lines)) == len(lines)


@contextmanager
def _log(folder: Path) -> Iterator[Path]:
    """What this process and those that it starts write to standard error, as a file."""
    path, kept = folder / "stderr", os.dup(2)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield path
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@pytest.mark.pure
def test_a_library_that_repeats_itself_is_heard_once_a_minute_and_others_always() -> None:
    rarely = Rarely(["opentelemetry"])

    def passes(name: str, text: str, *args: object, at: float) -> bool:
        record = logging.LogRecord(name, logging.WARNING, "a.py", 1, text, args, None)
        record.created = at
        return rarely.filter(record)

    assert passes("opentelemetry.exporter", "failed %s", 1, at=0)
    assert not passes("opentelemetry.exporter", "failed %s", 2, at=59)
    assert passes("opentelemetry.exporter", "gone %s", 2, at=59)
    assert passes("opentelemetry.exporter", "failed %s", 3, at=60)
    assert not passes("opentelemetry.exporter", "failed %s", 4, at=119)
    assert all(passes("profiles", "failed", at=at) for at in (0, 1, 2))


@pytest.mark.pure
@pytest.mark.slow
def test_the_name_of_the_service_is_ours_unless_one_is_given() -> None:
    program = (
        "import django; django.setup(); from profiles_project.observe import otel;"
        "print(otel.exporting_tracer().resource.attributes['service.name'])"
    )
    shared = {
        "DEBUG": "true",
        "DATA_DIR": os.environ["DATA_DIR"],
        "DJANGO_SETTINGS_MODULE": "profiles_project.settings",
    }
    names = []
    for own in ({}, {"OTEL_SERVICE_NAME": "another"}):
        environment = shared | own | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).resolve().parent.parent.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        names.append(done.stdout.strip())
    assert names == ["profiles", "another"]
