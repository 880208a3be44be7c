"""What holds for every route: failures as problem documents, headers, methods, health; and a real server's own part."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from profiles.career import rendering
from profiles.models import COMPONENTS
from profiles_project.database.values import new_id
from profiles_project.web import health
from profiles_project.web.bodies import LARGE_BODY_LIMIT, MIB
from tests.support.client import ApiClient
from tests.support.contract import API, PROBLEM, contract
from tests.support.factories import PERSONAL_INFO, ProfileFactory, make_profile
from tests.support.service.live import service
from users.models import User


def problem(response: Any) -> dict[str, Any]:
    """The problem document that an answer is."""
    assert response["Content-Type"] == PROBLEM
    document: dict[str, Any] = json.loads(response.content)
    assert document["request_id"] == response["X-Request-ID"]
    return document


@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/v1", "/api/v1/nothing", "/api/v1/profiles/", "/health/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_is_a_404_for_everybody(client: Client, method: str, path: str) -> None:
    response = client.generic(method, path)
    assert (response.status_code, problem(response)["status"]) == (404, 404)


@pytest.mark.django_db
def test_an_unforeseen_error_is_a_500_that_tells_nothing(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "summary", lambda _: 1 / 0)
    api.post(f"{API}/profiles", {"personal_info": PERSONAL_INFO})
    response = api.get(f"{API}/profiles", check=False)
    assert response.status_code == 500
    assert problem(response)["type"].endswith("/internal")
    assert b"Zero" not in response.content
    assert b"Traceback" not in response.content


def test_an_unforeseen_error_outside_the_api_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "JsonResponse", lambda *_, **__: 1 / 0)
    response = Client(raise_request_exception=False).get("/health")
    assert (response.status_code, problem(response)["status"]) == (500, 500)


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_503_to_try_again(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("connection to server at 10.0.0.1 refused")

    monkeypatch.setattr(rendering, "with_counts", fail)
    response = api.get(f"{API}/profiles")
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert b"10.0.0.1" not in response.content


@pytest.mark.parametrize("debug", [True, False])
def test_a_host_that_is_not_ours_is_a_400(settings: Settings, debug: bool) -> None:  # noqa: FBT001  # a parameter of the table
    settings.DEBUG = debug
    response = Client().get("/api/docs", headers={"Host": "evil.example"})
    assert (response.status_code, problem(response)["status"]) == (400, 400)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/json; q*=x''y", "application/json;q=0", "json", "application/problem+json;q=0"],
)
def test_an_answer_that_is_not_json_is_not_to_be_had(api: ApiClient, accept: str) -> None:
    assert api.get(f"{API}/profiles", headers={"Accept": accept}).status_code == 406


@pytest.mark.django_db
def test_who_gets_nothing_may_accept_anything(api: ApiClient, user: User) -> None:
    profile = ProfileFactory.create(user=user)
    assert api.delete(f"{API}/profiles/{profile.pk}", headers={"Accept": "image/png"}).status_code == 204
    assert api.delete(f"{API}/profiles/{profile.pk}", headers={"Accept": "image/png"}).status_code == 404


def test_a_406_says_what_there_is(anonymous: ApiClient) -> None:
    answer = anonymous.get("/api/docs", headers={"Accept": "image/png"}, check=False)
    assert (answer.status_code, answer.json()["detail"]) == (406, "Answers are available only as text/html.")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "accept",
    [
        "",
        "application/problem+json",
        "application/json; charset=utf-8",
        "text/html, application/*;q=0.1",
        "image/webp;q=1, */*;q=0.001",
        "application/json;q=2",
        "text/html; q*=x''y, application/json;q=0.5",
    ],
)
def test_json_is_given_to_who_takes_json_or_problems_or_anything(api: ApiClient, user: User, accept: str) -> None:
    profile = ProfileFactory.create(user=user)
    headers = {"Accept": accept}
    assert api.get(f"{API}/profiles", headers=headers)["Content-Type"] == "application/json"
    assert api.delete(f"{API}/profiles/{profile.pk}", headers=headers).status_code == 204


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "content_type", "sentence"),
    [
        ("", "text/plain", "Send this as application/json."),
        ("", "application/json; charset=latin-1", "JSON must be encoded in UTF-8."),
        (
            "/import",
            "text/plain",
            (
                "Send this as application/json, application/zip, application/x-zip-compressed, application/yaml,"
                " application/x-yaml, text/yaml, application/xml, text/xml or application/octet-stream."
            ),
        ),
        ("/import/archive", "application/json", "Send this as application/zip or application/x-zip-compressed."),
    ],
)
def test_a_body_of_another_type_is_refused_with_those_that_are_taken(
    api: ApiClient, path: str, content_type: str, sentence: str
) -> None:
    answer = api.send("POST", f"{API}/profiles{path}", data=b"{}", content_type=content_type)
    assert (answer.status_code, answer.json()["detail"]) == (415, sentence)


def paths(profile_id: object) -> list[tuple[str, set[str]]]:
    found = []
    for template, methods in contract().document["paths"].items():
        found.append((re.sub(r"\{\w+\}", str(profile_id), template), set(methods)))
    return found


@pytest.mark.django_db
def test_head_works_wherever_get_does_and_options_says_the_methods_without_a_token(api: ApiClient, user: User) -> None:
    profile = ProfileFactory.create(user=user)
    for path, methods in paths(profile.pk):
        if "get" in methods:
            got, head = api.get(path, check=False), api.head(path)
            assert (head.status_code, head.content) == (got.status_code, b""), path
        options = ApiClient().options(path)
        assert (options.status_code, options.content) == (204, b""), path
        assert methods <= {name.strip().lower() for name in options["Allow"].split(",")}, path


@pytest.mark.django_db
def test_the_id_in_the_body_of_a_change_is_ignored_like_every_read_only_key(api: ApiClient) -> None:
    made = api.post(f"{API}/profiles", {"personal_info": {"full_name": "Ada", "email": "ada@example.com"}})
    url = made["Location"]
    language = api.post(f"{url}/languages", {"name": "French", "proficiency": "basic"}).json()
    changes = ((url, {"label": "New"}), (f"{url}/languages/{language['id']}", {"name": "Welsh"}))
    for path, change in changes:
        for other in ("abc", "01990000-0000-7000-8000-000000000009", 7):
            assert api.patch(path, {**change, "id": other}, check_request=False).status_code == 200
    document = api.get(url).json()
    assert (document["label"], document["id"] in url) == ("New", True)
    # The profile was made, got the language and the label, and then the language changed.
    assert document["skills"]["languages"] == [{**language, "name": "Welsh", "version": 4}]


@pytest.mark.django_db
def test_a_method_that_a_route_does_not_take_is_a_405_with_those_it_takes(api: ApiClient) -> None:
    response = api.delete(f"{API}/profiles")
    assert (response.status_code, response["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")


@pytest.mark.django_db
@pytest.mark.parametrize("pk", [str(new_id()), "no-uuid"], ids=["unknown", "no id"])
def test_a_404_names_what_was_not_found(api: ApiClient, user: User, pk: str) -> None:
    own = f"{API}/profiles/{make_profile(user, 0).pk}"
    of_profile = ("", "/history", "/experiences", "/skills/soft", "/custom-fields", "/export")
    cases = {f"{API}/profiles/{pk}{below}": ("GET", "POST", "Profile") for below in of_profile}
    cases |= {f"{API}/jobs/{pk}": ("GET", "DELETE", "Job"), f"{API}/jobs/{pk}/file": ("GET", "GET", "Job")}
    cases |= {f"{API}/auth/sessions/{pk}": ("DELETE", "DELETE", "Session")}
    cases |= {f"{API}/profiles/trash/{pk}": ("DELETE", "DELETE", "Profile")}
    for model in COMPONENTS:
        name = str(model._meta.verbose_name).capitalize()
        cases |= {f"{own}/{model.plural}/{pk}": ("GET", "DELETE", name)}
        assert api.patch(f"{own}/{model.plural}/{pk}", {}).json()["detail"] == f"{name} not found."
    for path, (*methods, name) in cases.items():
        for method in methods:
            answer = api.send(method, path)
            assert (answer.status_code, answer.json()["detail"]) == (404, f"{name} not found."), (method, path)
    into = api.post(f"{API}/profiles/import", {}, query={"into": str(new_id())})
    assert into.json()["detail"] == "Profile not found."
    assert api.get(f"{own}/history/first").json()["detail"] == "Version not found."
    assert api.get(f"{API}/nothing").json()["detail"] == "There is nothing at this address."


@pytest.mark.django_db
def test_private_answers_are_kept_by_their_owner_only_and_tokens_by_nobody(api: ApiClient, user: User) -> None:
    answer = api.get(f"{API}/profiles")
    assert (answer["Cache-Control"], "Authorization" in answer["Vary"]) == ("private, no-cache", True)
    wrong = ApiClient().post(f"{API}/auth/login", {"email": user.email, "password": "Wrong-Horse-7"})
    assert wrong["Cache-Control"] == "no-store"


def test_browsers_of_configured_origins_may_read_the_headers_that_matter(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    ours = Client().get(f"{API}/profiles", headers={"Origin": "https://app.example"})
    theirs = Client().get(f"{API}/profiles", headers={"Origin": "https://evil.example"})
    assert ours["Access-Control-Allow-Origin"] == "https://app.example"
    exposed = {name.strip() for name in ours["Access-Control-Expose-Headers"].split(",")}
    assert {"ETag", "Location", "Link", "Retry-After", "Idempotency-Replayed", "Preference-Applied"} <= exposed
    assert {"Deprecation", "Sunset"} <= exposed
    assert "Access-Control-Allow-Origin" not in theirs
    preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "PATCH"}
    answer = Client().options(f"{API}/profiles", headers=preflight)
    assert "PATCH" in answer["Access-Control-Allow-Methods"]
    assert "if-match" in answer["Access-Control-Allow-Headers"]


def test_the_root_leads_to_the_documentation(client: Client) -> None:
    assert client.get("/")["Location"] == "/guide/"


def test_the_process_is_healthy_and_metrics_are_off(client: Client) -> None:
    assert client.get("/health").json() == {"status": "healthy"}
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_service_is_ready_when_all_its_parts_are(client: Client) -> None:
    response = client.get("/health/ready")
    assert response.json() == {"status": "ready", "parts": {"database": "ok", "cache": "ok", "queue": "ok"}}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", sorted(set(health.PARTS) - health.DISPENSABLE))
def test_a_part_that_is_away_is_named(client: Client, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError

    monkeypatch.setitem(health.PARTS, part, fail)
    response = client.get("/health/ready")
    states = response.json()["parts"]
    assert (response.status_code, states.pop(part), set(states.values())) == (503, "unavailable", {"ok"})
    assert response["Retry-After"]


# A real server ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server that all tests of this part ask."""
    with service(tmp_path_factory.mktemp("server")) as number:
        yield number


def ask(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[HTTPResponse, bytes]:
    """The answer of the real server, and its body; an iterator is sent in chunks."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        connection.request(method, path, body, sent, encode_chunked=hasattr(body, "__next__"))
        response = connection.getresponse()
        return response, response.read()


def in_chunks(text: bytes, size: int = 2**16) -> Iterator[bytes]:
    return (text[start : start + size] for start in range(0, len(text), size))


LOGIN = f"{API}/auth/login"
CREDENTIALS = json.dumps({"email": "ada@example.org", "password": "Secret-Horse-1"}).encode()


@pytest.mark.own_servers
class TestRealServer:
    def test_a_body_in_chunks_is_read_like_any_other(self, port: int) -> None:
        response, body = ask(port, "POST", LOGIN, in_chunks(CREDENTIALS, 7), Transfer_Encoding="chunked")
        assert (response.status, b"Invalid credentials" in body) == (401, True)

    def test_an_empty_body_in_chunks_is_an_empty_body(self, port: int) -> None:
        response, body = ask(port, "POST", LOGIN, iter(()), Transfer_Encoding="chunked")
        assert (response.status, b"Nothing was sent" in body) == (400, True)

    @pytest.mark.parametrize("size", [MIB + 1, 6 * MIB, 14 * MIB])
    @pytest.mark.parametrize("chunked", [True, False])
    def test_a_body_that_is_too_large_is_refused_in_words_that_arrive(
        self,
        port: int,
        size: int,
        chunked: bool,  # noqa: FBT001  # a parameter of the table
    ) -> None:
        text = b" " * size
        sent, headers = (in_chunks(text), {"Transfer_Encoding": "chunked"}) if chunked else (text, {})
        response, body = ask(port, "POST", LOGIN, sent, **headers)
        assert (response.status, response.headers["Content-Type"]) == (413, PROBLEM)
        assert b"the limit is 1 MiB" in body

    def test_below_profiles_ten_times_as_much_is_read(self, port: int) -> None:
        response, _ = ask(port, "POST", f"{API}/profiles", b" " * (LARGE_BODY_LIMIT - 1))
        assert response.status == 401
        response, _ = ask(port, "POST", f"{API}/profiles", b" " * (LARGE_BODY_LIMIT + 1))
        assert response.status == 413

    def test_a_body_that_breaks_off_stores_nothing_and_harms_nobody(self, port: int) -> None:
        head = f"POST {LOGIN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 500\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(head.encode() + b"\r\n" + CREDENTIALS)
        assert ask(port, "GET", "/health")[0].status == 200

    @pytest.mark.parametrize("content_type", ["application/json; charset*=foo''bar", "", "text/plain", ";;;"])
    def test_another_content_type_is_a_415(self, port: int, content_type: str) -> None:
        response, _ = ask(port, "POST", LOGIN, CREDENTIALS, Content_Type=content_type)
        assert response.status == 415

    def test_head_has_no_body(self, port: int) -> None:
        response, body = ask(port, "HEAD", "/health")
        assert (response.status, body) == (200, b"")

    @pytest.mark.parametrize("path", ["/%00", "/%ff%fe", "/api/v1/profiles/%00", "/" + "a" * 5000, "//evil.example"])
    def test_an_odd_address_is_a_client_error(self, port: int, path: str) -> None:
        response, _ = ask(port, "GET", path)
        assert 400 <= response.status < 500
