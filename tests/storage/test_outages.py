"""What clients see when something is away or broken: a problem document that says nothing of the inside."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from pytest_django import Settings

from profiles.career import rendering
from profiles.models import COMPONENTS, Experience
from profiles_project.observe.context import request_id
from profiles_project.web import health
from tests.support.client import ApiClient
from tests.support.contract import API, PROBLEM, contract
from tests.support.factories import PASSWORD, PERSONAL_INFO, make_profile
from tests.support.service.live import Caller, service
from tests.support.service.servers import postgresql
from users.models import User

SECRET = "password=hunter2 host=10.0.0.1"
# One kind of component stands for the five, which share their code.
OTHER_KINDS = tuple(f"/{kind.plural}" for kind in COMPONENTS if kind is not Experience)


@contextmanager
def database_away(error: type[Exception] = OperationalError) -> Iterator[None]:
    """Every statement fails as it does when the server is gone, until the block ends."""

    def fail(*_: object) -> None:
        raise error(SECRET)

    with connection.execute_wrapper(fail):
        yield


def operations() -> Iterator[tuple[str, str, Any]]:
    """Method, path and example of the body of every documented operation."""
    for template, methods in contract().document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            examples = [each["value"] for each in content.get("examples", {}).values()]
            if not any(part in template for part in OTHER_KINDS):
                yield method.upper(), template, examples[0] if examples else None


@pytest.fixture(params=[True, False], ids=["debug", "production"])
def debug(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Once with Django's debugging pages on, once without."""
    settings.DEBUG = request.param


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_a_503_on_every_route(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 1)
    (job,) = Experience.of(profile)
    asked = 0
    for method, template, example in operations():
        path = template.format(profile_id=profile.pk, item_id=job, session_id=job, job_id=job, version=1)
        body = {} if example is None else {"json": example}
        query = {"email": "ada@example.org"} if path.endswith("/check-email") else None
        for error in (OperationalError, InterfaceError):
            with database_away(error):
                answer = api.send(method, path, query=query, **body)
            # What a link's token says is known without the database, and those of the examples are good for nothing.
            if path.endswith(("/verify-email", "/reset-password", "/refresh")):
                assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
                continue
            assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE, (method, path, answer.content)
            assert answer["Retry-After"] == "2"
            assert b"hunter2" not in answer.content
            asked += 1
    assert asked > 60
    assert api.get(f"{API}/profiles/{profile.pk}").status_code == HTTPStatus.OK


@pytest.mark.own_servers
def test_while_postgresql_restarts_nothing_is_stored_and_then_all_goes_on(tmp_path: Path) -> None:
    profile = {"personal_info": PERSONAL_INFO}
    with (
        postgresql() as database,
        service(tmp_path, DATABASE_URL=database.url) as port,
        closing(Caller(port)) as caller,
    ):
        caller.register("ada@example.org", PASSWORD)
        assert caller.send("POST", "/profiles", profile).status == HTTPStatus.CREATED
        database.stop()
        answer = caller.send("POST", "/profiles", profile)
        assert (answer.status, answer.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "2")
        database.start()
        deadline = time.monotonic() + 10
        while (answer := caller.send("GET", "/profiles")).status != HTTPStatus.OK and time.monotonic() < deadline:
            assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
            time.sleep(0.1)
        assert (answer.status, answer.json["pagination"]["total"]) == (HTTPStatus.OK, 1)
        assert caller.send("POST", "/profiles", profile).status == HTTPStatus.CREATED


@pytest.mark.usefixtures("debug")
@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError, 503), (InterfaceError, 503), (RuntimeError, 500), (RecursionError, 500)]
)
def test_what_fails_outside_the_api_is_a_problem_too(
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    status: int,
) -> None:
    def fail(*_: object) -> None:
        raise error(SECRET)

    monkeypatch.setattr(health, "JsonResponse", fail)
    answer = Client(raise_request_exception=False).get("/health")
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert (answer.get("Retry-After") is not None) == (status == HTTPStatus.SERVICE_UNAVAILABLE)
    assert b"hunter2" not in answer.content


@pytest.mark.django_db
@pytest.mark.usefixtures("debug")
def test_an_unforeseen_error_leaves_nothing_half_done(
    api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    profile = make_profile(user, 1)
    path = f"{API}/profiles/{profile.pk}"
    before = api.get(path).json()

    def fail(data: Any) -> bytes:
        raise RuntimeError(SECRET)

    with monkeypatch.context() as broken:
        broken.setattr(rendering, "render", fail)
        answer = api.patch(path, {"label": "Other", "experiences": []}, check=False)
    assert (answer.status_code, answer["Content-Type"]) == (HTTPStatus.INTERNAL_SERVER_ERROR, PROBLEM)
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "request_id"}
    assert problem["request_id"] == answer["X-Request-ID"]
    assert b"hunter2" not in answer.content
    assert "RuntimeError" in caplog.text
    assert api.get(path).json() == before
    assert request_id.get() == ""


@pytest.mark.parametrize("path", ["/nothing", f"{API}/nothing", "/admin/nothing/", "/static/nothing.css"])
def test_an_unknown_address_shows_no_page_of_django_to_a_developer_either(settings: Settings, path: str) -> None:
    settings.DEBUG = True
    answer = Client().get(path)
    assert answer.status_code in {302, 404}
    assert b"URLconf" not in answer.content


# Methods beside the API -------------------------------------------------------------------------------------------

BESIDE = {
    "/": "GET, HEAD",
    "/health": "GET, HEAD, OPTIONS",
    "/health/ready": "GET, HEAD, OPTIONS",
    "/guide": "GET, HEAD",
    "/guide/": "GET, HEAD, OPTIONS",
    "/guide/versions": "GET, HEAD, OPTIONS",
    "/problems/": "GET, HEAD, OPTIONS",
    "/problems/validation": "GET, HEAD, OPTIONS",
    "/api/schema": "GET, HEAD, OPTIONS",
    "/api/docs": "GET, HEAD, OPTIONS",
    "/api/redoc": "GET, HEAD, OPTIONS",
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", BESIDE)
def test_a_method_that_is_refused_beside_the_api_is_a_problem_too(client: Client, path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        answer = client.generic(method, path, json.dumps({}), "application/json")
        assert (answer.status_code, answer["Content-Type"]) == (HTTPStatus.METHOD_NOT_ALLOWED, PROBLEM)
        assert answer["Allow"] == BESIDE[path]
        assert answer.json()["request_id"] == answer["X-Request-ID"]
    options = client.options(path)
    assert (options.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, options["Allow"]) == (True, BESIDE[path])
    assert options.status_code == HTTPStatus.METHOD_NOT_ALLOWED or options.content == b""
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")


@pytest.mark.django_db
def test_refusals_can_be_read_by_browsers_of_configured_origins(api: ApiClient, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    origin = {"Origin": "https://app.example"}
    large = b" " * (10 * 2**20 + 1)
    refused = [
        ApiClient().get(f"{API}/profiles", headers=origin),
        api.get(f"{API}/profiles/nothing", headers=origin),
        api.post(f"{API}/profiles", {}, headers=origin),
        api.post(f"{API}/profiles", data=large, headers=origin),
        api.delete(f"{API}/profiles", headers=origin),
    ]
    assert [each.status_code for each in refused] == [401, 404, 422, 413, 405]
    assert {each["Access-Control-Allow-Origin"] for each in refused} == {"https://app.example"}
    assert all("origin" in each["Vary"].lower() for each in refused)
