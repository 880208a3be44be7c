"""What breaks clients of a released OpenAPI document is found, by one small change each, and nothing else is."""

import copy
from datetime import date
from typing import Any

import pytest

from releases.breaks import breaks

pytestmark = pytest.mark.pure

TODAY = date(2026, 11, 28)
GONE = object()
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.1",
    "info": {"title": "Things", "version": "1.0.0"},
    "security": [{"token": []}],
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "put": {
                "operationId": "things_replace",
                "tags": ["things"],
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100, "default": 50}},
                    {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"$ref": "#/components/parameters/Key"},
                ],
                "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                "responses": {
                    "200": {
                        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                            "text/csv": {"schema": {"type": "string"}},
                        },
                    },
                    "404": {"content": {"application/json": {"schema": {"type": "object"}}}},
                },
            },
            "get": {"operationId": "things_read", "security": [], "responses": {"204": {}}},
        },
        "/old": {
            "get": {
                "operationId": "old_read",
                "deprecated": True,
                "x-sunset": "2026-11-28",
                "responses": {"204": {}},
            }
        },
    },
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "parameters": {"Key": {"name": "Key", "in": "header", "schema": {"type": "string"}}},
        "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
        "requestBodies": {
            "Thing": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingRequest"}}}}
        },
        "schemas": {
            "ThingRequest": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 100},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "size": {"type": ["number", "null"]},
                    "since": {"type": "string", "default": "now"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/ThingRequest"}, "maxItems": 9},
                    "extra": {
                        "type": "object",
                        "propertyNames": {"maxLength": 9},
                        "additionalProperties": {"type": ["string", "integer"]},
                    },
                    "words": {"type": "string", "deprecated": True, "x-sunset": "2026-11-29"},
                    "phrase": {"type": "string", "deprecated": True, "x-sunset": "2026-11-28"},
                },
                "required": ["name"],
            },
            "Thing": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 100},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "size": {"type": "number"},
                    "since": {"type": "string", "format": "date"},
                    "count": {"type": "integer", "format": "int32"},
                    "parent": {"oneOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
                    "owner": {"oneOf": [{"$ref": "#/components/schemas/Owner"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                    "extra": {"type": "object", "additionalProperties": {"type": "string"}},
                },
                "required": ["name", "kind"],
            },
            "Owner": {"type": "object", "properties": {"name": {"type": "string"}}},
        },
    },
}
PUT = "paths > /things/{id} > put"
ANSWERS = f"{PUT} > responses"
TAKEN = "components > schemas > ThingRequest"
GIVEN = "components > schemas > Thing"
# What is changed, what it becomes, and what is said of it, from its place on.
CALLS: list[tuple[str, Any, str]] = [
    ("paths > /things/{id} > put", GONE, "PUT /things/{id} is gone."),
    (f"{PUT} > operationId", "put", "PUT /things/{id} has another operationId, by which generated clients call it."),
    ("paths > /things/{id} > get > security", GONE, "GET /things/{id} asks for more security than before."),
    (
        f"{PUT} > tags",
        ["others", "things"],
        "PUT /things/{id} has another first tag, after which generated clients name the class that it is in.",
    ),
    ("servers", [{"url": "/v2"}, {"url": "https://things.example"}], "The server / is gone."),
    (f"{PUT} > security", [{"token": ["admin"]}], "PUT /things/{id} asks for more security than before."),
    (f"{PUT} > security", [{"token": [], "key": []}], "PUT /things/{id} asks for more security than before."),
    ("components > securitySchemes > token > scheme", "basic", "The security scheme token is gone or another."),
    ("components > securitySchemes", {}, "The security scheme token is gone or another."),
    (f"{PUT} > parameters > 0", GONE, "PUT /things/{id}: the query parameter limit is gone."),
    (f"{PUT} > parameters > 0 > required", True, "PUT /things/{id}: the query parameter limit is required now."),
    (
        f"{PUT} > parameters > 0",
        {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 50, "default": 50}},
        "PUT /things/{id}: the query parameter limit has another maximum in requests, 50.",
    ),
    (
        f"{PUT} > parameters > 0 > schema > default",
        20,
        "PUT /things/{id}: the query parameter limit has another default.",
    ),
    (
        f"{PUT} > parameters > 1 > explode",
        False,
        "PUT /things/{id}: the query parameter ids is written in another way (style, explode, content).",
    ),
    (
        f"{PUT} > parameters > 1",
        {"name": "ids", "in": "query", "content": {"application/json": {}}},
        "PUT /things/{id}: the query parameter ids is written in another way (style, explode, content).",
    ),
    (
        f"{PUT} > parameters > 2",
        {"name": "KEY", "in": "header", "required": True, "schema": {"type": "string"}},
        "PUT /things/{id}: the header parameter key is required now.",
    ),
    (
        f"{PUT} > parameters > 3",
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
        "PUT /things/{id}: the path parameter id has uuid format now in requests, not any.",
    ),
    ("components > requestBodies > Thing > required", True, "PUT /things/{id}: the request's body is required now."),
    (f"{PUT} > requestBody", GONE, "PUT /things/{id}: the request's body is gone."),
    (
        "components > requestBodies > Thing > content",
        {"text/csv": {}},
        "PUT /things/{id}: the request's body is gone.",
    ),
    (f"{ANSWERS} > 200", GONE, "PUT /things/{id}: the answer 200 is gone."),
    (f"{ANSWERS} > 204", {}, "PUT /things/{id}: the answer 204 is new, and no client expects it."),
    (f"{ANSWERS} > 200 > content > text/csv", GONE, "PUT /things/{id}: the answer 200 as text/csv is gone."),
    (f"{ANSWERS} > 200 > headers > ETag", GONE, "PUT /things/{id}: the answer 200: the header ETag is gone."),
    (
        "components > headers > ETag > required",
        False,
        "PUT /things/{id}: the answer 200: the header ETag may be absent now.",
    ),
    (
        "components > headers > ETag > schema > type",
        "integer",
        "PUT /things/{id}: the answer 200: the header ETag may now be of integer type in answers.",
    ),
]
VALUES: list[tuple[str, Any, str]] = [
    (f"{TAKEN} > required", ["name", "size"], "ThingRequest.size is required now in requests."),
    (f"{TAKEN} > properties > size", GONE, "ThingRequest.size is gone in requests."),
    (f"{TAKEN} > properties > words", GONE, "ThingRequest.words is gone in requests."),
    (f"{TAKEN} > properties > size > type", "number", "ThingRequest.size may no longer be of null type in requests."),
    (
        f"{TAKEN} > properties > size > type",
        ["integer", "null"],
        "ThingRequest.size may no longer be of number type in requests.",
    ),
    (f"{TAKEN} > properties > name > format", "uri", "ThingRequest.name has uri format now in requests, not any."),
    (f"{TAKEN} > properties > name > minLength", 2, "ThingRequest.name has another minLength in requests, 2."),
    (f"{TAKEN} > properties > name > maxLength", 99, "ThingRequest.name has another maxLength in requests, 99."),
    (f"{TAKEN} > properties > name > pattern", "^a", "ThingRequest.name has another pattern in requests, ^a."),
    (f"{TAKEN} > properties > parts > maxItems", 8, "ThingRequest.parts has another maxItems in requests, 8."),
    (f"{TAKEN} > properties > kind > enum", ["a"], "ThingRequest.kind: the value 'b' is gone in requests."),
    (f"{TAKEN} > properties > kind", {"const": "a"}, "ThingRequest.kind: the value 'b' is gone in requests."),
    (f"{TAKEN} > properties > name > enum", ["a"], "ThingRequest.name is one of a few values now in requests."),
    (
        f"{TAKEN} > not",
        {"required": ["size"]},
        "ThingRequest has another not in requests, {'required': ['size']}.",
    ),
    (
        f"{TAKEN} > dependentRequired",
        {"size": ["kind"]},
        "ThingRequest has another dependentRequired in requests, {'size': ['kind']}.",
    ),
    (
        f"{TAKEN} > properties > parts > contains",
        {"type": "null"},
        "ThingRequest.parts has another contains in requests, {'type': 'null'}.",
    ),
    (
        f"{TAKEN} > properties > extra > propertyNames > maxLength",
        8,
        "ThingRequest.extra, names of members has another maxLength in requests, 8.",
    ),
    (f"{TAKEN} > properties > since > default", GONE, "ThingRequest.since has another default."),
    (
        f"{TAKEN} > properties > parts > items",
        {"type": "string"},
        "ThingRequest.parts[] may no longer be of object type in requests.",
    ),
    (
        f"{TAKEN} > properties > extra > additionalProperties > type",
        "string",
        "ThingRequest.extra.* may no longer be of integer type in requests.",
    ),
    (
        f"{TAKEN} > properties > extra > additionalProperties",
        False,
        "ThingRequest.extra takes no other members now in requests.",
    ),
    (f"{GIVEN} > properties > size", GONE, "Thing.size is gone in answers."),
    (f"{GIVEN} > properties > size > writeOnly", True, "Thing.size is gone in answers."),
    ("components > schemas > Owner > properties > name", GONE, "Owner.name is gone in answers."),
    (f"{GIVEN} > required", ["name"], "Thing.kind may be absent now in answers."),
    (f"{GIVEN} > properties > size > type", ["number", "null"], "Thing.size may now be of null type in answers."),
    (f"{GIVEN} > properties > size > type", GONE, "Thing.size may now be of any type in answers."),
    (f"{GIVEN} > properties > count > type", "number", "Thing.count may now be of number type in answers."),
    (f"{GIVEN} > properties > count > format", "int64", "Thing.count has int64 format now in answers, not int32."),
    (f"{GIVEN} > properties > since > format", GONE, "Thing.since has any format now in answers, not date."),
    (f"{GIVEN} > properties > kind > enum", ["a", "b", "c"], "Thing.kind: the value 'c' is new in answers."),
    (f"{GIVEN} > properties > kind > enum", GONE, "Thing.kind is any value now in answers."),
    (
        f"{GIVEN} > properties > parent > oneOf",
        [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}, {"type": "string"}],
        "Thing.parent may now be of string type in answers.",
    ),
    (
        f"{GIVEN} > properties > parts > items",
        {"type": "string"},
        "Thing.parts[] may now be of string type in answers.",
    ),
    (
        f"{GIVEN} > properties > extra > additionalProperties",
        True,
        "Thing.extra.* may now be of any type in answers.",
    ),
]
HARMLESS: list[tuple[str, Any]] = [
    ("info > version", "1.1.0"),
    ("paths > /new", {"get": {"operationId": "new_read", "responses": {"204": {}}}}),
    ("paths > /things/{id} > delete", {"operationId": "things_delete", "responses": {"204": {}}}),
    # Announced, and the day has come.
    ("paths > /old", GONE),
    (f"{TAKEN} > properties > phrase", GONE),
    (f"{PUT} > deprecated", True),
    (f"{PUT} > description", "Other words."),
    (f"{PUT} > security", []),
    (f"{PUT} > security", [{"token": []}, {"key": []}]),
    ("components > securitySchemes > token > description", "Other words."),
    (f"{PUT} > parameters > 3", {"name": "sort", "in": "query", "schema": {"type": "string"}}),
    (f"{PUT} > parameters > 0 > schema > maximum", 200),
    (f"{PUT} > parameters > 1 > style", "form"),
    ("components > requestBodies > Thing > content > text/csv", {}),
    # A job is answered to those who ask for one, and for what was refused before.
    (f"{ANSWERS} > 202", {}),
    (f"{ANSWERS} > 409", {}),
    (f"{ANSWERS} > 404", GONE),
    (f"{ANSWERS} > 200 > content > application/pdf", {}),
    (f"{ANSWERS} > 200 > headers > Link", {"schema": {"type": "string"}}),
    (f"{TAKEN} > properties > color", {"type": "string"}),
    (f"{TAKEN} > required", []),
    (f"{TAKEN} > properties > name > minLength", 0),
    (f"{TAKEN} > properties > name > maxLength", GONE),
    (f"{TAKEN} > properties > name > type", ["string", "null"]),
    (f"{TAKEN} > properties > kind > enum", ["a", "b", "c"]),
    (f"{TAKEN} > properties > extra > propertyNames > maxLength", 10),
    ("servers", [{"url": "https://things.example"}, {"url": "/"}]),
    (f"{PUT} > tags", ["things", "others"]),
    (f"{TAKEN} > properties > kind > enum", GONE),
    (f"{TAKEN} > properties > kind", {"oneOf": [{"const": "a"}, {"const": "b"}, {"type": "null"}]}),
    (f"{TAKEN} > properties > size", {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]}),
    (f"{TAKEN} > properties > size", {"allOf": [{"type": ["number", "null"]}], "description": "How large."}),
    (f"{GIVEN} > properties > color", {"type": "string"}),
    (f"{GIVEN} > required", ["name", "kind", "size"]),
    (f"{GIVEN} > properties > kind > enum", ["a"]),
    (f"{GIVEN} > properties > size > type", "integer"),
    (f"{GIVEN} > properties > size > format", "float"),
    (f"{GIVEN} > properties > name > maxLength", 200),
    (f"{GIVEN} > properties > parent", {"$ref": "#/components/schemas/Thing"}),
    (f"{GIVEN} > properties > size > deprecated", True),
]


def changed(where: str, value: Any) -> dict[str, Any]:
    """The document with one part in place of another, a new one, or (GONE) without one."""
    document = copy.deepcopy(DOCUMENT)
    *above, last = where.split(" > ")
    part: Any = document
    for name in above:
        part = part[int(name)] if isinstance(part, list) else part[name]
    if isinstance(part, list):
        index = int(last)
        part[index : index + 1] = [] if value is GONE else [value]
    elif value is GONE:
        del part[last]
    else:
        part[last] = value
    return document


def test_a_document_breaks_nobody_who_has_it() -> None:
    assert breaks(DOCUMENT, copy.deepcopy(DOCUMENT), TODAY) == []


@pytest.mark.parametrize(("where", "value", "said"), [*CALLS, *VALUES])
def test_what_breaks_clients_is_said_once(where: str, value: Any, said: str) -> None:
    assert breaks(DOCUMENT, changed(where, value), TODAY) == [said]


@pytest.mark.parametrize(("where", "value"), HARMLESS)
def test_what_breaks_nobody_is_let_pass(where: str, value: Any) -> None:
    assert breaks(DOCUMENT, changed(where, value), TODAY) == []


def test_what_a_path_calls_its_parameter_is_nobodys_matter() -> None:
    document = copy.deepcopy(DOCUMENT)
    item = document["paths"]["/things/{thing_id}"] = document["paths"].pop("/things/{id}")
    item["parameters"][0]["name"] = "thing_id"
    assert breaks(DOCUMENT, document, TODAY) == []


def test_what_was_announced_is_a_break_until_its_day() -> None:
    without = changed("paths > /old", GONE)
    assert breaks(DOCUMENT, without, date(2026, 11, 27)) == ["GET /old is gone."]
    unannounced = copy.deepcopy(DOCUMENT)
    del unannounced["paths"]["/old"]["get"]["deprecated"]
    assert breaks(unannounced, without, TODAY) == ["GET /old is gone."]


def test_a_schema_of_another_name_is_compared_by_what_it_holds() -> None:
    document = changed(f"{GIVEN} > properties > size", GONE)
    schemas = document["components"]["schemas"]
    schemas["Item"] = schemas["Thing"]
    content = document["paths"]["/things/{id}"]["put"]["responses"]["200"]["content"]
    content["application/json"]["schema"] = {"$ref": "#/components/schemas/Item"}
    assert breaks(DOCUMENT, document, TODAY) == ["Thing.size is gone in answers."]
