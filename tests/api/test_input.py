"""Whatever is refused is refused with its status, every fault at its place, and nothing stored.

The routes and their fields come from the OpenAPI document, so that a new one is judged from its first day.
"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest

from profiles.api.examples import ITEMS
from profiles.models import COMPONENTS, PARTS, Experience, Profile
from profiles_project.api.errors import MOST_FAULTS
from tests.support.client import ApiClient
from tests.support.contract import contract
from tests.support.factories import EMPTY_SKILLS, make_profile, profile_document
from users.models import Session, User

pytestmark = pytest.mark.django_db

API = "/api/v1"
PROFILES = f"{API}/profiles"
MIB = 2**20
# Bodies that these routes can do without.
OPTIONAL_BODY = {"auth_logout", "profiles_duplicate"}
# Logging out must not fail for anything that stands in the body.
TAKES_ANYTHING = {"auth_logout"}
# One kind of component stands for all, which share their code.
OTHER_KINDS = tuple(f"/{kind.plural}" for kind in COMPONENTS if kind is not Experience)


@dataclass(frozen=True)
class Operation:
    """A method on a route that takes a JSON body: its schema, and an example of a good one."""

    name: str
    method: str
    template: str
    schema: dict[str, Any]
    example: Any

    @property
    def limit(self) -> int:
        return 10 * MIB if self.template.startswith(PROFILES) else MIB

    def request(self, profile: Profile) -> tuple[str, Any]:
        """Path and good body for a profile with one row in each list."""
        (job,) = Experience.of(profile)
        path = self.template.format(profile_id=profile.pk, item_id=job, session_id=job, job_id=job, version=1)
        return path, json.loads(json.dumps(self.example).replace(ITEMS["experiences"]["id"], str(job)))


def operations() -> Iterator[Operation]:
    """Every documented operation with a body."""
    for template, methods in contract().document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content and not any(part in template for part in OTHER_KINDS):
                (example,) = (each["value"] for each in content["examples"].values())
                yield Operation(operation["operationId"], method.upper(), template, content["schema"], example)


PUSH = "profiles_push"
OPERATIONS = {each.name: each for each in operations()}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


@pytest.fixture
def profile(user: User) -> Profile:
    """A profile with one row in each list."""
    return make_profile(user, 1)


@pytest.fixture
def stored(api: ApiClient, user: User, profile: Profile) -> Callable[[], Any]:
    """All that a refused request could have changed."""

    def read() -> Any:
        counts = [User.objects.count(), Session.objects.count(), Profile.objects.count()]
        counts += [part.objects.count() for part in PARTS]
        user.refresh_from_db()
        return api.get(f"{PROFILES}/{profile.pk}").json(), counts, user.full_name, user.password

    return read


def faults(response: Any) -> dict[str, str]:
    """The code of each fault of a 422 by its pointer. A push tells those of each change in the change's result."""
    if response.status_code == HTTPStatus.OK and "results" in response.json():
        problems = (result["problem"] for result in response.json()["results"] if result["problem"])
        return {fault["pointer"]: fault["code"] for problem in problems for fault in problem["errors"]}
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, response.content
    return {fault["pointer"]: fault["code"] for fault in response.json()["errors"]}


# Bodies that can't be read ----------------------------------------------------------------------------------------

UNREADABLE: dict[str, bytes] = {
    "broken off": b'{"a": 1',
    "with a comma too many": b'{"a": 1,}',
    "with text behind it": b"{} {}",
    "NaN": b'{"a": NaN}',
    "infinite": b'{"a": -Infinity}',
    "beyond a float": b'{"a": 1e999}',
    "beyond 64 bits": b'{"a": 9223372036854775808}',
    "of thousands of digits": b'{"a": ' + b"9" * 5000 + b"}",
    "with a NUL": b'{"a": "\\u0000"}',
    "with a NUL in a key": b'{"a\\u0000": 1}',
    "with a raw NUL": b'{"a": "\x00"}',
    "with half a pair": b'{"a": "\\ud800"}',
    "with the other half": b'{"a": {"\\udc00": 1}}',
    "with a key twice": b'{"a": {"b": 1, "b": 1}}',
    "too deep": b"[" * 33 + b"]" * 33,
    "far too deep": b'{"a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "no UTF-8": b'{"a": "\xff"}',
    "in UTF-16": '{"a": 1}'.encode("utf-16"),
}


@every_operation
def test_a_body_that_cannot_be_read_is_refused_and_nothing_is_stored(
    operation: Operation, api: ApiClient, profile: Profile, stored: Callable[[], Any]
) -> None:
    before = stored()
    path, example = operation.request(profile)
    for name, body in UNREADABLE.items():
        if name == "with a key twice" and operation.name == "profiles_import":
            # Of a document from elsewhere the last one counts (contract 1).
            continue
        assert api.send(operation.method, path, data=body).status_code == HTTPStatus.BAD_REQUEST, name
    if operation.name not in OPTIONAL_BODY:
        for body in (b"", b" \n", b"\xef\xbb\xbf"):
            assert api.send(operation.method, path, data=body).status_code == HTTPStatus.BAD_REQUEST, body
    good = json.dumps(example).encode()
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"):
        answer = api.send(operation.method, path, data=good, content_type=content_type)
        assert answer.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE, content_type
    for charset in ("latin-1", "utf-16", "nonsense", '"'):
        answer = api.send(operation.method, path, data=good, content_type=f"application/json; charset={charset}")
        assert answer.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE, charset
    assert stored() == before


@every_operation
def test_a_body_that_is_null_is_refused_in_a_sentence(operation: Operation, api: ApiClient, profile: Profile) -> None:
    answer = api.send(operation.method, operation.request(profile)[0], data=b"null", check_request=False)
    if operation.name not in TAKES_ANYTHING:
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert answer.json()["detail"].endswith((".", "…"))


@every_operation
def test_a_body_past_its_limit_is_refused_before_it_is_read(
    operation: Operation, api: ApiClient, profile: Profile, stored: Callable[[], Any]
) -> None:
    before = stored()
    path, _ = operation.request(profile)
    size = f"{operation.limit // MIB} MiB"
    answer = api.send(operation.method, path, data=b" " * (operation.limit + 1))
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["detail"] == f"This is too large to send; the limit is {size}."
    # One that just fits is read: this one holds nothing.
    fitting = api.send(operation.method, path, data=b" " * operation.limit)
    assert fitting.status_code == HTTPStatus.BAD_REQUEST
    assert stored() == before


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; Charset=UTF-8", "application/json ;"])
def test_json_is_taken_however_its_type_is_spelt(api: ApiClient, content_type: str) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(profile_document(0)).encode()
    assert api.post(PROFILES, data=body, content_type=content_type).status_code == HTTPStatus.CREATED


# Values of the wrong type -----------------------------------------------------------------------------------------

# A value of each type of JSON. Those that resemble what a field wants are the ones that a lenient reader would take.
OF_TYPE: dict[str, list[Any]] = {
    "string": ["true", "1", "{}"],
    "number": [1, 0, 1.5],
    "boolean": [True, False],
    "array": [[], ["x"], [{"x": 1}]],
    "object": [{}, {"0": "x"}],
}
CONTAINERS = {"array", "object"}


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, of one that refers to it or that takes null beside it."""
    while True:
        if "$ref" in schema:
            schema = contract().document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif {"type": "null"} in schema.get("oneOf", ()):
            schema = next(each for each in schema["oneOf"] if each != {"type": "null"})
        else:
            return schema


def types_of(schema: dict[str, Any]) -> set[str]:
    """The types of JSON that a schema takes; all of them where it says nothing."""
    kinds = schema.get("type", list(OF_TYPE))
    named = {kinds} if isinstance(kinds, str) else set(kinds)
    return {"number" if kind == "integer" else kind for kind in named}


def spoil(schema: dict[str, Any], value: Any, kind: str, wrong: Any, *, deep: bool) -> tuple[Any, set[str]]:
    """A body with ``wrong`` wherever a value of its type is out of place, and the pointers to all these places.

    ``deep`` goes into the objects and lists; without it they are replaced as a whole.
    """
    schema = resolve(schema)
    spoilt, found = copy.deepcopy(value), set()
    children: dict[Any, dict[str, Any]] = dict(schema.get("properties", {}))
    if isinstance(value, list) and value:
        children = {0: schema["items"]}
    for name, child in children.items():
        allowed = types_of(resolve(child))
        inner = value[name] if name == 0 else value.get(name)
        if allowed & CONTAINERS and deep and inner:
            spoilt[name], below = spoil(child, inner, kind, wrong, deep=True)
            found |= {f"/{name}{pointer}" for pointer in below}
        elif kind not in allowed and not (deep and allowed & CONTAINERS):
            spoilt[name] = wrong
            found.add(f"/{name}")
    return spoilt, found


@every_operation
def test_values_of_the_wrong_type_are_refused_all_at_once_and_each_at_its_place(
    operation: Operation, api: ApiClient, profile: Profile, stored: Callable[[], Any]
) -> None:
    if operation.name in TAKES_ANYTHING:
        answer = api.send(operation.method, operation.template, {"refresh_token": 1}, check_request=False)
        assert answer.status_code == HTTPStatus.OK
        return
    before = stored()
    path, example = operation.request(profile)
    for kind, values in OF_TYPE.items():
        for wrong in values:
            for deep in (True, False):
                body, places = spoil(operation.schema, example, kind, wrong, deep=deep)
                if "_id}" in operation.template.rpartition("/")[2]:
                    # The address says which one it is: the body's id is a read-only key, which is ignored.
                    places -= {"/id"}
                if places:
                    # The schema of a push is that of changes without faults.
                    found = faults(api.send(operation.method, path, body, check_request=operation.name != PUSH))
                    # Of very many faults the first are told.
                    is_cut = len(found) == MOST_FAULTS and set(found) < places
                    assert set(found) == places or is_cut, (wrong, found)
            # One object is taken where the document wants an array of them.
            taken = {"object"} if operation.name.endswith("_bulk_create") else set()
            if kind not in types_of(resolve(operation.schema)) | taken:
                assert set(faults(api.send(operation.method, path, wrong))) == {""}, wrong
    assert set(faults(api.send(operation.method, path, None))) == {""}
    assert stored() == before


def test_the_operations_and_fields_that_are_judged_are_those_there_are() -> None:
    """A control: an empty table would let everything above pass."""
    assert {"auth_register", "profiles_create", "experiences_bulk_update", "skills_update"} <= set(OPERATIONS)
    create = OPERATIONS["profiles_create"]
    _, places = spoil(create.schema, create.example, "number", 1, deep=True)
    assert {"/label", "/personal_info/phone", "/experiences/0/technologies/0", "/skills/technical/0"} <= places
    assert len(places) > 30
    _, flat = spoil(create.schema, create.example, "string", "x", deep=False)
    lists = {f"/{kind.plural}" for kind in COMPONENTS if not kind.in_skills}
    assert flat == {"/personal_info", "/skills", "/extra", "/custom_fields", *lists}


# Null -------------------------------------------------------------------------------------------------------------


def fields(schema: dict[str, Any], path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], bool]]:
    """Every field of a document by its path, and whether null may stand in it."""
    schema = resolve(schema)
    for name, child in schema.get("properties", {}).items():
        may_be_null = {"type": "null"} in child.get("oneOf", ()) or "null" in types_of(child)
        yield (*path, name), may_be_null
        yield from fields(child, (*path, name))
    if "items" in schema and "properties" in resolve(schema["items"]):
        yield from fields(schema["items"], (*path, 0))


def with_value(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy of the document with another value at one place."""
    changed = copy.deepcopy(document)
    node = changed
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return changed


def at(document: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


FIELDS = dict(fields(OPERATIONS["profiles_create"].schema))
# What a field is after null has cleared it, where that is neither null nor an empty list.
CLEARED: dict[str, Any] = {
    "is_current": False,
    "is_ongoing": False,
    "label": "Master",
    "is_visible": True,
    "extra": {},
    "custom_fields": {},
    "skills": EMPTY_SKILLS,
}


@pytest.mark.slow
def test_null_clears_every_field_that_may_be_null(api: ApiClient) -> None:
    document = profile_document(1)
    nullable = [path for path, may_be_null in FIELDS.items() if may_be_null]
    assert len(nullable) > 30
    for path in nullable:
        answer = api.post(PROFILES, with_value(document, path, None))
        assert answer.status_code == HTTPStatus.CREATED, (path, answer.content)
        found = at(answer.json(), path)
        name = path[-1]
        assert name == "id" or found == CLEARED.get(str(name), [] if isinstance(at(document, path), list) else None)
        assert name != "id" or found
        api.delete(answer["Location"])


def test_null_is_refused_in_every_field_that_must_be_there(api: ApiClient) -> None:
    required = [path for path, may_be_null in FIELDS.items() if not may_be_null]
    document = profile_document(1)
    for path in required:
        document = document if path == ("personal_info",) else with_value(document, path, None)
    pointers = {"/" + "/".join(map(str, path)) for path in required}
    assert faults(api.post(PROFILES, document)) == dict.fromkeys(pointers - {"/personal_info"}, "null")
    assert faults(api.post(PROFILES, {"personal_info": None})) == {"/personal_info": "null"}
    assert {"/personal_info/full_name", "/skills/languages/0/proficiency", "/projects/0/description"} <= pointers
    assert "/experiences/0/start_date" not in pointers


def test_null_is_no_item_of_a_list(api: ApiClient, profile: Profile, stored: Callable[[], Any]) -> None:
    before = stored()
    document = profile_document(1)
    lists = [path for path in FIELDS if path[-1] != "id" and isinstance(at(document, path), list)]
    assert len(lists) > 20
    pointers = {f"/{'/'.join(map(str, path))}/{len(at(document, path))}" for path in lists}
    for path in lists:
        at(document, path).append(None)
    one = f"{PROFILES}/{profile.pk}"
    for method, address in (("POST", PROFILES), ("PUT", one), ("PATCH", one)):
        assert faults(api.send(method, address, document)) == dict.fromkeys(pointers, "null")
    assert stored() == before


# Keys that don't count --------------------------------------------------------------------------------------------


def with_strangers(value: Any) -> Any:
    """A document with unknown and read-only keys in each of its objects that has no keys of its owner's."""
    if isinstance(value, list):
        return [with_strangers(each) for each in value]
    if not isinstance(value, dict):
        return value
    strange = {"user_id": "x", "version": -1, "created_at": None, "profile_id": [], "position": 9, "unknown": {"a": []}}
    free = {"custom_fields", "extra"}
    return strange | {n: each if n in free else with_strangers(each) for n, each in value.items()}


def test_unknown_and_read_only_keys_are_ignored_everywhere(api: ApiClient, user: User) -> None:
    sent = with_strangers(profile_document(2)) | {"is_active": "x", "updated_at": 1, "counts": None}
    made = api.post(PROFILES, sent).json()
    plain = api.post(PROFILES, profile_document(2)).json()
    assert made["user_id"] == user.pk
    assert made["version"] == 1
    assert set(made) == set(plain)
    for name in ("personal_info", "custom_fields", "professional_summary", "extra"):
        assert made[name] == plain[name]
    for name in (kind.plural for kind in COMPONENTS if not kind.in_skills):
        bare = [[{**each, "id": ""} for each in document[name]] for document in (made, plain)]
        assert bare[0] == bare[1]
    path = f"{PROFILES}/{made['id']}"
    for method in ("PUT", "PATCH"):
        assert api.send(method, path, with_strangers(made) | {"is_active": None}).json() == made
