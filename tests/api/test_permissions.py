"""Who may do what: every route and method of the OpenAPI document, asked by everybody (contract 1.2).

The requests are the document's own examples, sent to a profile that is the example profile, so that each of them
would succeed if only the right person sent it.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from profiles.api import examples
from profiles.models import COMPONENTS, PARTS, Job, Profile
from tests.support.client import NO_BODY, ApiClient
from tests.support.contract import API, contract
from tests.support.documents.archives import LINKEDIN, zipped
from tests.support.factories import UserFactory, make_profile
from users.api import openapi
from users.models import Session, User

pytestmark = pytest.mark.django_db

# A word in every text of the owner's profile; whoever reads it elsewhere has seen too much.
CANARY = "canary"
OTHERS = ("other user", "support", "superuser")
STAFF = ("support", "superuser")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE")
PROFILE = f"{API}/profiles/{{profile_id}}"
# Both are refused, if anybody looks at them.
GARBAGE: dict[str, Any] = {"data": b'{"title": ', "content_type": "text/plain"}


class Access(NamedTuple):
    """The status that each gets, or its first digit: people without a token, the owner, everybody else, and staff.

    Where nothing is said of staff they get what everybody else gets.
    """

    anonymous: int
    owner: int
    others: int
    staff: int = 0

    def of(self, role: str) -> int:
        """What a role gets."""
        named = {"anonymous": self.anonymous, "owner": self.owner}
        return named.get(role) or (role in STAFF and self.staff) or self.others


def public(status: int = 2) -> Access:
    """A route without a token, whose answer is the same for all."""
    return Access(status, status, status)


# About oneself, whoever one is.
PERSONAL = Access(401, 2, 2)
# What staff do in the admin only.
NOT_OF_STAFF = Access(401, 2, 2, 403)
# About a profile or a job.
OWNED = Access(401, 2, 403)
# What isn't in one's own list isn't anywhere.
LISTED = Access(401, 2, 404)

AUTH: Mapping[str, Mapping[str, Access]] = {
    "register": {"post": public()},
    "login": {"post": public()},
    "refresh": {"post": public(401)},
    "logout": {"post": PERSONAL},
    "me": {"get": PERSONAL, "patch": PERSONAL},
    "me/erase": {"post": NOT_OF_STAFF},
    "me/export": {"get": PERSONAL},
    "change-password": {"post": NOT_OF_STAFF},
    "forgot-password": {"post": public()},
    "reset-password": {"post": public(400)},
    "change-email": {"post": NOT_OF_STAFF},
    "verify-email": {"post": public(400)},
    "resend-verification": {"post": PERSONAL},
    "sessions": {"get": PERSONAL},
    "sessions/{session_id}": {"delete": LISTED},
    "check-email": {"get": public()},
}
BELOW_PROFILE = {
    "": ("get", "put", "patch", "delete"),
    "/activate": ("post",),
    "/duplicate": ("post",),
    "/analytics": ("get",),
    "/export": ("get",),
    "/export/json-resume": ("get",),
    "/history": ("get",),
    "/history/{version}": ("get",),
    "/history/{version}/diff": ("get",),
    "/restore": ("post",),
    "/changes": ("get", "post"),
    "/skills": ("get", "put"),
    "/skills/technical": ("post", "delete"),
    "/skills/soft": ("post", "delete"),
    "/custom-fields": ("get", "post", "put", "delete"),
}
FOR_EACH_COMPONENT = {
    "": ("get", "post", "put", "patch", "delete"),
    "/order": ("put",),
    "/{item_id}": ("get", "put", "patch", "delete"),
}
TABLE: dict[tuple[str, str], Access] = {
    **{(f"{API}/auth/{path}", method): access for path, row in AUTH.items() for method, access in row.items()},
    (f"{API}/jobs", "get"): PERSONAL,
    (f"{API}/jobs/{{job_id}}", "get"): OWNED,
    (f"{API}/jobs/{{job_id}}", "delete"): OWNED,
    # The job of the example waits for its worker, so that it has no file yet.
    (f"{API}/jobs/{{job_id}}/file", "get"): Access(401, 404, 403),
    (f"{API}/profiles", "get"): PERSONAL,
    (f"{API}/profiles", "post"): PERSONAL,
    (f"{API}/profiles/me", "get"): PERSONAL,
    (f"{API}/profiles/import", "post"): PERSONAL,
    (f"{API}/profiles/import/archive", "post"): PERSONAL,
    (f"{API}/profiles/import/file", "post"): PERSONAL,
    (f"{API}/profiles/trash", "get"): PERSONAL,
    (f"{API}/sync", "get"): PERSONAL,
    # The profile of the example does not lie in the trash.
    (f"{API}/profiles/trash/{{profile_id}}", "delete"): Access(401, 404, 403),
    (f"{API}/profiles/trash/{{profile_id}}/restore", "post"): Access(401, 404, 403),
    **{(PROFILE + path, method): OWNED for path, methods in BELOW_PROFILE.items() for method in methods},
    **{
        (f"{PROFILE}/{kind.plural}{path}", method): OWNED
        for kind in COMPONENTS
        for path, methods in FOR_EACH_COMPONENT.items()
        for method in methods
    },
}
PATHS = sorted({path for path, _ in TABLE})
# Whose profile it is, is settled at the profile, before anybody knows which kind of component was meant: two kinds are
# enough for it, one in a list of the document's own and one inside the skills. The table's test asks for every route.
OTHER_KINDS = {kind.plural for kind in COMPONENTS} - {"experiences", "languages"}
PATHS_OF_TWO_KINDS = [path for path in PATHS if path.startswith(PROFILE) and OTHER_KINDS.isdisjoint(path.split("/"))]
# Where the document's example would not do, since it names a person or an address that the test needs otherwise.
ZIP, FILE = "application/zip", "application/octet-stream"
BODIES = {f"{API}/auth/register": {"email": "new@example.com", "password": openapi.PASSWORD, "full_name": "Grace"}}
QUERIES = {f"{API}/auth/check-email": {"email": openapi.EMAIL}}


def marked(value: Any) -> Any:
    """The example with the canary in every text that may hold it."""
    if isinstance(value, dict):
        marks = {name: f"{value[name]} {CANARY}" for name in ("title", "degree", "issuer", "label") if name in value}
        return {name: marked(each) for name, each in value.items()} | marks
    return [marked(each) for each in value] if isinstance(value, list) else value


@pytest.fixture
def clients() -> dict[str, ApiClient]:
    """A client for each role; the owner has the example profile, the others one each."""
    fields: dict[str, dict[str, Any]] = {
        "owner": {"email": openapi.EMAIL},
        "other user": {},
        "support": {"is_staff": True},
        "superuser": {"is_staff": True, "is_superuser": True},
    }
    users = {role: UserFactory.create(password=openapi.PASSWORD, **given) for role, given in fields.items()}
    users["support"].user_permissions.set(Permission.objects.all())
    found = {role: ApiClient().as_user(user) for role, user in users.items()}
    for role in OTHERS:
        make_profile(users[role], 1)
    document = marked(examples.PROFILE) | {"custom_fields": examples.CUSTOM_FIELDS | {CANARY: CANARY}}
    assert found["owner"].post(f"{API}/profiles", document).status_code == 201
    job = found["owner"].get(f"{API}/auth/me/export", headers={"Prefer": "respond-async"})
    assert job.status_code == 202
    return {"anonymous": ApiClient(), **found}


def address(template: str, **changes: str) -> str:
    """The path with the ids of the owner's things in it."""
    plural = template.removeprefix(PROFILE).strip("/").partition("/")[0]
    session = Session.objects.filter(user__email=openapi.EMAIL).first()
    job = Job.objects.filter(user__email=openapi.EMAIL).first()
    ids = {
        "profile_id": examples.PROFILE["id"],
        "item_id": examples.ITEMS[plural]["id"] if plural in examples.ITEMS else "",
        "session_id": str(session.pk if session else uuid.uuid4()),
        "job_id": str(job.pk if job else uuid.uuid4()),
        "version": "1",
        **changes,
    }
    return template.format(**ids)


def ask(client: ApiClient, template: str, method: str) -> Any:
    """The answer to a route's own example."""
    taken = contract().document["paths"][template][method].get("requestBody", {}).get("content", {})
    if ZIP in taken:
        return client.send(method.upper(), address(template), data=zipped(LINKEDIN), content_type=ZIP)
    if FILE in taken:
        return client.send(method.upper(), address(template), data=b"basics: {name: Ada}", content_type=FILE)
    body = BODIES.get(template, NO_BODY)
    if body is NO_BODY and taken:
        body = next(iter(taken["application/json"]["examples"].values()))["value"]
    return client.send(method.upper(), address(template), body, query=QUERIES.get(template))


@contextmanager
def undone() -> Iterator[None]:
    """What happens in here has not happened for the next one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def owners_rows() -> Any:
    """All that the owner has."""
    mine = {"profile__user__email": openapi.EMAIL}
    below = [list(part._default_manager.filter(**mine).order_by("pk").values()) for part in PARTS]
    accounts = list(User.objects.filter(email=openapi.EMAIL).values("pk", "password", "email", "full_name"))
    sessions = list(Session.objects.filter(user__email=openapi.EMAIL).values("pk", "revoked_at").order_by("pk"))
    jobs = list(Job.objects.filter(user__email=openapi.EMAIL).values())
    return [*below, jobs, list(Profile.objects.filter(user__email=openapi.EMAIL).values()), accounts, sessions]


def is_as_expected(status: int, expected: int) -> bool:
    return status == expected or status // 100 == expected


def test_the_table_has_every_route_and_method_of_the_document() -> None:
    documented = {(path, method) for path, row in contract().document["paths"].items() for method in row}
    assert set(TABLE) == documented


def test_the_document_has_every_route_of_the_api() -> None:
    def paths(patterns: Any, prefix: str = "/") -> Iterator[str]:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from paths(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern):
                yield path.replace("<str:", "{").replace(">", "}")

    served = {path for path in paths(get_resolver().url_patterns) if path.startswith(f"{API}/")}
    assert served == set(contract().document["paths"])


@pytest.mark.parametrize("template", PATHS, ids=lambda path: path.removeprefix(API))
def test_everybody_gets_what_the_table_says(clients: dict[str, ApiClient], template: str) -> None:
    before = owners_rows()
    for method, access in ((method, access) for (path, method), access in TABLE.items() if path == template):
        found: dict[str, int] = {}
        for role, client in clients.items():
            with undone():
                answer = ask(client, template, method)
                found[role] = answer.status_code
                if role == "owner":
                    continue
                assert CANARY.encode() not in answer.content, (method, role)
                # Whoever knows the password may log in as the owner, which starts a session.
                assert template.endswith("/login") or owners_rows() == before, (method, role)
        wrong = {role: status for role, status in found.items() if not is_as_expected(status, access.of(role))}
        assert not wrong, (method, found)
        assert found["support"] == found["superuser"]
        assert access.staff or found["support"] == found["other user"]


@pytest.mark.parametrize("template", PATHS_OF_TWO_KINDS, ids=lambda path: path.removeprefix(PROFILE) or "/")
def test_ownership_is_settled_first_whatever_the_method_and_the_body(
    clients: dict[str, ApiClient], template: str
) -> None:
    path = address(template)
    before = owners_rows()
    documented = {method.upper() for method in contract().document["paths"][template]}
    allowed = documented | ({"HEAD"} if "GET" in documented else set())
    for method in METHODS:
        found = {}
        for role, client in clients.items():
            with undone():
                answer = client.send(method, path, **GARBAGE)
            found[role] = answer.status_code
            if answer.status_code == 403 and method != "HEAD":
                assert json.loads(answer.content)["detail"].startswith("Access denied")
        own = found.pop("owner")
        assert found == {"anonymous": 401, **dict.fromkeys(OTHERS, 403)}, method
        assert own not in {401, 403, 404}
        assert (own == 405) == (method not in allowed), method
    assert owners_rows() == before


@pytest.mark.parametrize("template", PATHS_OF_TWO_KINDS, ids=lambda path: path.removeprefix(PROFILE) or "/")
def test_a_profile_that_does_not_exist_is_not_found_by_anybody(clients: dict[str, ApiClient], template: str) -> None:
    without_dashes = examples.PROFILE["id"].replace("-", "")
    for method in METHODS:
        path = address(template, profile_id=str(uuid.uuid4()))
        found = {role: client.send(method, path, **GARBAGE).status_code for role, client in clients.items()}
        assert found == {"anonymous": 401, "owner": 404, **dict.fromkeys(OTHERS, 404)}, method
        for no_uuid in ("0", without_dashes, f"{{{examples.PROFILE['id']}}}"):
            path = address(template, profile_id=no_uuid)
            assert clients["owner"].send(method, path, **GARBAGE).status_code == 404, (method, no_uuid)


@pytest.mark.parametrize("template", PATHS, ids=lambda path: path.removeprefix(API))
def test_options_say_nothing_about_anybody(anonymous: ApiClient, api: ApiClient, template: str) -> None:
    path = address(template, profile_id=str(uuid.uuid4()))
    answers = [client.options(path) for client in (anonymous, api)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}
    documented = {method.upper() for method in contract().document["paths"][template]}
    assert documented <= set(answers[0]["Allow"].split(", "))
