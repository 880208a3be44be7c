"""The ground that all other tests stand on: real servers, real files, and a client that does refuse."""

import copy
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.hashers import identify_hasher
from django.core.cache import cache, caches
from django.db import connection, transaction
from django.http import HttpResponse, JsonResponse
from redis import Redis
from redis.exceptions import RedisError

from profiles.career.samples import SAMPLES
from profiles.models import COMPONENTS, Component
from tests.support import client as client_module
from tests.support.client import ApiClient, ContractViolation
from tests.support.concurrency import at_once
from tests.support.contract import PROBLEM, Contract, Sent, contract
from tests.support.factories import UserFactory, make_item, make_profile, profile_document
from tests.support.service.servers import postgresql, redis
from users.models import User

BACKEND = os.environ["TEST_BACKEND"]
GONE_SECONDS = 60
ROOT = Path(__file__).resolve().parent.parent.parent
# Starts the server named by its argument, says where it is, and dies before anything could be tidied up.
KILLED_OWNER = """
import os, signal, sys
from tests.support.service import servers
with getattr(servers, sys.argv[1])() as server:
    print(server.folder, server.url, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_the_database_that_was_asked_for_takes_part() -> None:
    assert connection.vendor == BACKEND
    assert ask("SELECT 1") == 1
    if BACKEND == "postgresql":
        assert ask("SELECT version()").startswith("PostgreSQL")
        assert ask("SHOW server_encoding") == "UTF8"
        assert ask("SELECT current_database()").startswith("test_")
    else:
        assert Path(connection.settings_dict["NAME"]).is_relative_to(settings.DATA_DIR)
        assert Path(connection.settings_dict["NAME"]).stat().st_size
        assert ask("PRAGMA journal_mode") == "wal"


@pytest.mark.django_db(transaction=True)
def test_a_write_waits_for_the_transaction_before_it() -> None:
    """On SQLite from its start (IMMEDIATE), on PostgreSQL from the locked row on."""
    person = UserFactory.create()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)
        if BACKEND == "postgresql":
            with psycopg.connect(address()) as second, pytest.raises(psycopg.errors.LockNotAvailable):
                second.execute("SELECT 1 FROM users_user WHERE id = %s FOR UPDATE NOWAIT", [person.pk])
        else:
            other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
            with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")


def address() -> str:
    parts = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return psycopg.conninfo.make_conninfo(**{name: connection.settings_dict[key] for name, key in parts.items()})


def test_the_cache_that_was_asked_for_takes_part() -> None:
    cache.set("greeting", b"hello")
    assert cache.get("greeting") == b"hello"
    if BACKEND == "postgresql":
        remote = caches["default"].remote  # type: ignore[attr-defined]  # of FallbackCache
        server = remote.client.get_client()
        assert server.ping()
        assert server.exists(cache.make_key("greeting"))
        assert server.info("server")["redis_version"]
    else:
        assert settings.CACHES["default"]["BACKEND"].endswith("LocalCache")


@pytest.mark.parametrize("number", [1, 2])
def test_each_test_begins_with_an_empty_cache(number: int) -> None:
    assert cache.add("mine", number)


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_have_connections_of_their_own() -> None:
    people = at_once(*[UserFactory.create] * 20)
    assert User.objects.count() == len({person.pk for person in people}) == 20


@pytest.mark.django_db
def test_passwords_are_cheap_unless_a_test_asks_for_the_real_thing(request: pytest.FixtureRequest) -> None:
    assert "m=8,t=1,p=1" in UserFactory.create().password
    request.getfixturevalue("production_hashers")
    costly = UserFactory.create().password
    assert identify_hasher(costly).algorithm == "argon2"
    assert "m=8,t=1,p=1" not in costly


@pytest.mark.django_db
def test_the_rows_that_are_made_are_those_of_the_document(api: ApiClient, user: User) -> None:
    made = make_profile(user, 2, is_active=False)
    posted = api.post("/api/v1/profiles", profile_document(2)).json()
    assert without_ids(api.get(f"/api/v1/profiles/{made.pk}").json()) == without_ids(posted | {"is_active": False})
    assert posted["custom_fields"] == profile_document(2)["custom_fields"]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", COMPONENTS)
def test_a_row_is_made_at_the_end_of_its_list(kind: type[Component], user: User) -> None:
    assert make_item(make_profile(user, 2), kind, 5).position == 2
    assert set(SAMPLES) == set(COMPONENTS)


def without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [without_ids(each) for each in value]
    if isinstance(value, dict):
        return {key: without_ids(each) for key, each in value.items() if key not in {"id", "created_at", "updated_at"}}
    return value


@pytest.mark.slow
def test_postgresql_keeps_what_was_committed_through_a_crash() -> None:
    with postgresql() as server:
        with psycopg.connect(server.url) as session:
            session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url)
        server.start()
        with psycopg.connect(server.url) as session:
            assert session.execute("SELECT answer FROM kept").fetchone() == (42,)
        folder = server.folder
    assert not folder.exists()


def test_redis_is_back_at_the_same_address_after_a_restart() -> None:
    with redis() as server, Redis.from_url(server.url, retry=None) as session:
        session.set("forgotten", 1)
        server.restart()
        assert session.ping()
        assert session.get("forgotten") is None
        folder = server.folder
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["postgresql", "redis"])
@pytest.mark.slow
def test_a_server_ends_with_its_owner_even_if_that_is_killed(kind: str) -> None:
    command = [sys.executable, "-c", KILLED_OWNER, kind]
    owner = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    folder, url = owner.stdout.split()
    deadline = time.monotonic() + GONE_SECONDS
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(folder).exists()
    with pytest.raises((psycopg.OperationalError, RedisError)):
        psycopg.connect(url) if kind == "postgresql" else Redis.from_url(url, retry=None).ping()


# The judge -----------------------------------------------------------------------------------------------------------

THING = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "at": {"type": "string", "format": "date-time"},
        "email": {"type": ["string", "null"], "format": "email"},
    },
    "required": ["id"],
}


def content(media_type: str = "application/json", **schema: Any) -> dict[str, Any]:
    return {"content": {media_type: {"schema": schema}}}


DOCUMENT = {
    "components": {"schemas": {"Thing": THING}},
    "paths": {
        "/api/v1/things/{id}": {
            "get": {
                "responses": {
                    "200": content(**{"$ref": "#/components/schemas/Thing"}),
                    "204": {},
                    "401": content(PROBLEM),
                    "422": content(PROBLEM),
                    "503": content(PROBLEM),
                }
            },
            "post": {
                "requestBody": {"required": True, **content(type="object", required=["name"])},
                "responses": {"200": content()},
            },
        },
        "/api/v1/profiles/{id}": {"get": {"responses": {"200": content(), "304": {}}}},
    },
}
JUDGE = Contract(DOCUMENT)
THINGS = "/api/v1/things/1"
UUID = "0190a0b0-0000-7000-8000-000000000000"


def sent(path: str = THINGS, method: str = "GET", body: bytes = b"", *, token: bool = False) -> Sent:
    return Sent(method, path, body, "application/json", token)


def thing(**members: Any) -> JsonResponse:
    return JsonResponse({"id": UUID, **members})


def problem(status: int, headers: dict[str, str] | None = None, /, **members: Any) -> JsonResponse:
    document = {
        "type": "https://profiles.example/problems/x",
        "title": "X",
        "status": status,
        "detail": "It failed.",
        "instance": THINGS,
        "request_id": "1",
    }
    return JsonResponse(
        document | members, status=status, content_type=PROBLEM, headers={"Content-Language": "en", **(headers or {})}
    )


PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization, origin"}

ACCEPTED: dict[str, tuple[Sent, HttpResponse]] = {
    "a whole thing": (sent(), thing(at="2026-01-02T03:04:05.678Z", email=None)),
    "no content": (sent(), HttpResponse(status=204)),
    "a head": (sent(method="HEAD"), HttpResponse(content_type="application/json")),
    "a challenge": (sent(), problem(401, {"WWW-Authenticate": "Bearer"})),
    "faults": (sent(), problem(422, errors=[{"pointer": "/a", "code": "blank", "detail": "No."}])),
    "an unknown path": (sent("/nowhere"), problem(404, instance="/nowhere")),
    "an unknown method": (sent(method="PUT"), problem(405, {"Allow": "GET"})),
    "options": (sent(method="OPTIONS"), HttpResponse(status=204)),
    "a private answer": (sent(token=True), JsonResponse({"id": UUID}, headers=PRIVATE)),
    "a tag": (sent("/api/v1/profiles/1"), JsonResponse({}, headers={"ETag": '"1.2"'})),
    "a fitting request": (sent(method="POST", body=b'{"name": 1, "more": 2}'), JsonResponse({})),
}

REFUSED: dict[str, tuple[Sent, HttpResponse, str]] = {
    "a key that isn't documented": (sent(), thing(secret=1), "'secret' was unexpected"),
    "a key that is missing": (sent(), JsonResponse({}), '"id" is a required property'),
    "a value of another type": (sent(), thing(email=1), "1 is not of type"),
    "an id that is no UUID": (sent(), JsonResponse({"id": "1"}), 'is not a "uuid"'),
    "a time without Z": (sent(), thing(at="2026-01-02T03:04:05+00:00"), 'is not a "date-time"'),
    "an address that is none": (sent(), thing(email="ada"), 'is not a "email"'),
    "not a number": (sent(), HttpResponse(b'{"id": NaN}', content_type="application/json"), "NaN is no JSON number"),
    "another status": (sent(), JsonResponse({}, status=201), "the status is not documented"),
    "another media type": (sent(), HttpResponse("x"), "the media type 'text/html' is not documented"),
    "a body where none belongs": (sent(), HttpResponse("x", status=204), "there is a body"),
    "a length where none belongs": (
        sent(),
        HttpResponse(status=204, headers={"Content-Length": "9"}),
        "there is a body",
    ),
    "an unknown path that answers": (sent("/nowhere"), thing(), "the path is not documented"),
    "an unknown method that answers": (sent(method="PUT"), thing(), "the method is not documented"),
    "an error that is no problem": (sent("/nowhere"), HttpResponse(status=404), "an error came as 'text/html"),
    "a problem without title": (sent(), problem(422, title=""), "the problem's title is ''"),
    "a problem of another status": (sent(), problem(422, status=400), "the problem's status is 400"),
    "a problem from elsewhere": (sent(), problem(422, instance="/x"), "the problem's instance is '/x'"),
    "two sentences": (sent(), problem(422, detail="One. Two."), "more than one sentence"),
    "two lines": (sent(), problem(422, detail="One\ntwo."), "more than one sentence"),
    "a key in a sentence": (sent(), problem(422, detail="The start_date is missing."), "'t_d' is no word for people"),
    "a pointer in a sentence": (sent(), problem(422, detail="Look at /0/title."), "'/0/' is no word for people"),
    "a type in a sentence": (sent(), problem(422, detail="This is no UUID."), "'UUID' is no word for people"),
    "half a sentence": (sent(), problem(422, detail="too long"), "this is no whole sentence"),
    "a sentence with values": (sent(), problem(422, detail='{n}.\x1f{"n": 1}.'), "is no word for people"),
    "an unknown language": (sent(), problem(422, {"Content-Language": "tlh"}), "which language it speaks"),
    "errors outside of 422": (sent(), problem(401, errors=[]), "which only a 422 does"),
    "a fault without place": (
        sent(),
        problem(422, errors=[{"code": "x", "detail": "y"}]),
        "not one pointer or parameter",
    ),
    "a 401 without challenge": (sent(), problem(401), "no WWW-Authenticate"),
    "a 405 without methods": (sent(method="PUT"), problem(405), "no Allow"),
    "a 503 without pause": (sent(), problem(503), "no Retry-After"),
    "a public answer to a token": (sent(token=True), thing(), "Cache-Control None"),
    "an answer for every token": (
        sent(token=True),
        JsonResponse({"id": UUID}, headers=PRIVATE | {"Vary": "origin"}),
        "Vary 'origin'",
    ),
    "a profile without tag": (sent("/api/v1/profiles/1"), JsonResponse({}), "no ETag"),
    "a request that does not fit": (sent(method="POST", body=b"{}"), JsonResponse({}), "the request does not fit"),
    "a request without body": (sent(method="POST"), JsonResponse({}), "the request has no body"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_judge_accepts(name: str) -> None:
    request, response = ACCEPTED[name]
    assert list(JUDGE.faults(request, response)) == []


@pytest.mark.parametrize("name", REFUSED)
def test_the_judge_refuses(name: str) -> None:
    request, response, reason = REFUSED[name]
    assert reason in "\n".join(JUDGE.faults(request, response))


def test_the_judge_lets_a_request_that_does_not_fit_pass_if_asked() -> None:
    request, response, _ = REFUSED["a request that does not fit"]
    assert list(JUDGE.faults(request, response, check_request=False)) == []


@pytest.mark.django_db
def test_the_client_refuses_a_real_answer_that_does_not_fit(
    anonymous: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {"email": "ada@example.org"}
    path = "/api/v1/auth/check-email"
    assert anonymous.get(path, query=query).status_code == HTTPStatus.OK
    document = copy.deepcopy(contract().document)
    responses = document["paths"][path]["get"]["responses"]
    responses["200"] = {"content": {"application/json": {"schema": {"type": "object", "required": ["another"]}}}}
    narrower = Contract(document)
    monkeypatch.setattr(client_module, "contract", lambda: narrower)
    with pytest.raises(ContractViolation, match='"another" is a required property'):
        anonymous.get(path, query=query)
