"""Holds answers of the service against its generated OpenAPI document and against the contract's invariants.

An answer is at fault where its path, method, status or media type isn't documented, where its body doesn't fit the
documented schema (a key that the schema doesn't name is a fault), and where a 2xx was given to a request that the
documented schema refuses.
"""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import quote

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from jsonschema_rs import Draft202012Validator, Registry

from profiles.api.openapi.shared import ANY_FORM
from profiles_project.api.openapi.document import ANYWHERE
from tests.support.wording import LANGUAGES, sentence_faults

API = "/api/v1"
PROBLEM = "application/problem+json"
PROBLEM_MEMBERS = {"type": str, "title": str, "status": int, "detail": str, "instance": str, "request_id": str}
# A sentence's end with more after it, or a second line.
SECOND_SENTENCE = re.compile(r"[.!?]\s+[A-Z]|[\r\n]")
# What the two readings of the document are called, as it stands and with its objects closed to what it doesn't name.
REQUESTS, ANSWERS = "urn:requests", "urn:answers"
# Bodies that are no JSON.
ARCHIVES = {"application/zip", "application/x-zip-compressed", "application/octet-stream"}
# What the document says once, and its operations refer to.
SHARED = tuple(f"#/components/{kind}/" for kind in ("responses", "headers", "parameters", "examples"))
# What may refuse a request before anybody asks whether the method is documented.
REFUSALS = {401, 403, 404, 405}


def is_utc_time(text: str) -> bool:
    """Whether a text is a time as the contract has it: RFC 3339, in UTC, with a Z."""
    try:
        return "T" in text and text.endswith("Z") and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


# What the document calls a URI may have letters beyond ASCII; which addresses are taken, other tests say.
FORMATS = {"date-time": is_utc_time, "uri": lambda _: True}


@dataclass(frozen=True)
class Sent:
    """A request as it went out; ``path`` is without the query."""

    method: str
    path: str
    body: bytes
    content_type: str
    has_token: bool

    @property
    def is_api(self) -> bool:
        return self.path.startswith(f"{API}/")


class Contract:
    """An OpenAPI document of version 3.1, whose schemas are JSON Schema 2020-12, as a judge of answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        inline(document, document["components"])
        self.document = document
        closed = copy.deepcopy(document)
        close_objects(closed)
        self.registry = Registry([(REQUESTS, document), (ANSWERS, closed)])
        # Literal paths before those with parameters: /profiles/me is not the profile «me».
        templates = sorted(document["paths"], key=lambda template: template.count("{"))
        self.patterns = {
            template: re.compile(re.sub(r"\\{.*?\\}", "[^/]+", re.escape(template))) for template in templates
        }
        self.validator = lru_cache(maxsize=None)(self._validator)

    def faults(self, sent: Sent, response: HttpResponseBase, *, check_request: bool = True) -> Iterator[str]:
        """Everything that is wrong with an answer, a sentence each."""
        template = next((name for name, pattern in self.patterns.items() if pattern.fullmatch(sent.path)), "")
        method = "get" if sent.method == "HEAD" else sent.method.lower()
        operation = self.document["paths"].get(template, {}).get(method)
        if operation is None:
            yield from _undocumented_faults(sent, response, template)
        else:
            yield from self._documented_faults((template, method), operation, sent, response)
            if check_request and response.status_code < HTTPStatus.MULTIPLE_CHOICES:
                yield from self._request_faults((template, method), operation.get("requestBody"), sent)
        yield from header_faults(sent, response)
        if _must_be_tagged(sent, response, template) and not re.fullmatch(r'(W/)?"[^"]+"', response.get("ETag", "")):
            yield "an answer about a profile has no ETag"

    def _documented_faults(
        self, key: tuple[str, str], operation: dict[str, Any], sent: Sent, response: HttpResponseBase
    ) -> Iterator[str]:
        status = str(response.status_code)
        if status not in operation["responses"] and response.status_code in ANYWHERE:
            status = "default"
        if status not in operation["responses"]:
            yield f"the status is not documented, only {', '.join(operation['responses'])}"
            return
        documented = operation["responses"][status]
        if "Location" in documented.get("headers", {}) and not response.get("Location"):
            yield "the answer has no Location, which is documented"
        contents = documented.get("content", {})
        media_type = response.get("Content-Type", "").partition(";")[0]
        preferred = response.get("Preference-Applied", "")
        if "return=minimal" in preferred or not (contents or "respond-async" in preferred):
            yield from _presence_faults(response)
        elif ANY_FORM in contents or not contents:
            return
        elif media_type not in contents:
            yield f"the media type {media_type!r} is not documented, only {', '.join(contents)}"
        elif sent.method != "HEAD" and media_type.endswith("json"):
            yield from self._value_faults((*key, status, media_type), _body(response), "answer")
        if PROBLEM in contents:
            yield from problem_faults(sent, response)

    def _request_faults(self, key: tuple[str, str], wanted: dict[str, Any] | None, sent: Sent) -> Iterator[str]:
        media_type = sent.content_type.partition(";")[0]
        if wanted is None:
            return
        if sent.body and media_type in wanted["content"] and media_type not in ARCHIVES:
            yield from self._value_faults((*key, "request", media_type), sent.body, "request")
        elif wanted.get("required") and not sent.body:
            yield "the request has no body, where the document wants one"

    def _value_faults(self, key: tuple[str, str, str, str], text: bytes, what: str) -> Iterator[str]:
        try:
            value = json.loads(text, parse_constant=_refuse_constant)
        except ValueError as error:
            yield f"the {what} is not JSON: {error}"
            return
        if self._is_creation(key) and isinstance(value, dict):
            # Contract 3.3: one object stands for an array of it, which the document leaves to its description.
            value = [value]
        for fault in self.validator(*key).iter_errors(value):
            place = "/".join(map(str, fault.instance_path))
            yield f"the {what} does not fit at /{place}: {fault.message}"

    def _is_creation(self, key: tuple[str, str, str, str]) -> bool:
        """Whether it is the request that adds items to a list, or its answer 201."""
        template, method, status, _ = key
        name: str = self.document["paths"][template][method].get("operationId", "")
        return name.endswith("_bulk_create") and status in {"request", "201"}

    def _validator(self, template: str, method: str, status: str, media_type: str) -> Draft202012Validator:
        """The compiled schema of an answer, or with the status ``request`` that of the request body."""
        # A request may have keys that nobody knows, and texts that get their form when they are stored.
        is_request = status == "request"
        place = ["requestBody"] if is_request else ["responses", status]
        steps = ["paths", template, method, *place, "content", media_type, "schema"]
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
        return Draft202012Validator(
            {"$ref": f"{REQUESTS if is_request else ANSWERS}#/{quote(pointer)}"},
            registry=self.registry,
            formats=FORMATS,
            validate_formats=not is_request,
        )


@cache
def contract() -> Contract:
    """The judge made of this code's own document, generated once a process."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return Contract(json.loads(OpenApiJsonRenderer().render(document)))


def inline(node: Any, components: dict[str, Any]) -> None:
    """Put what is shared of a document where its operations refer to it; schemas stay where they are."""
    for key, child in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if isinstance(child, dict) and str(child.get("$ref", "")).startswith(SHARED):
            kind, name = child["$ref"].split("/")[2:]
            node[key] = components[kind][name]
        if isinstance(node[key], (dict, list)):
            inline(node[key], components)


def close_objects(node: Any) -> None:
    """Close every object in a document that names its properties to others, unless it says otherwise."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and "object" in node.get("type", ()):
            node.setdefault("additionalProperties", False)
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            close_objects(child)


def _undocumented_faults(sent: Sent, response: HttpResponseBase, template: str) -> Iterator[str]:
    """What is wrong with an answer to a path, or to a method on a documented path, that the document doesn't know."""
    if sent.method == "OPTIONS" and template:
        yield from _presence_faults(response)
    elif response.status_code not in (REFUSALS if template else {HTTPStatus.NOT_FOUND}):
        yield f"the {'method' if template else 'path'} is not documented"
    else:
        yield from problem_faults(sent, response)


def _presence_faults(response: HttpResponseBase) -> Iterator[str]:
    # Django's test client throws away the body of a 204 and of a 304, but not the length that was announced.
    if _body(response) or response.get("Content-Length", "0") != "0":
        yield "there is a body where none is documented"


def problem_faults(sent: Sent, response: HttpResponseBase) -> Iterator[str]:
    """What is wrong with a problem document (contract 1.3)."""
    if response.get("Content-Type") != PROBLEM:
        yield f"an error came as {response.get('Content-Type')!r}, not as {PROBLEM}"
        return
    if sent.method == "HEAD":
        return
    problem = json.loads(_body(response))
    expected = {"status": response.status_code, "instance": sent.path}
    for name, kind in PROBLEM_MEMBERS.items():
        value = problem.get(name)
        if not isinstance(value, kind) or not value or value != expected.get(name, value):
            yield f"the problem's {name} is {value!r}"
    if SECOND_SENTENCE.search(str(problem.get("detail"))):
        yield f"the problem's detail is more than one sentence: {problem['detail']!r}"
    yield from sentence_faults(problem)
    if response.get("Content-Language") not in {"en", *LANGUAGES}:
        yield "the problem does not say which language it speaks"
    if "errors" in problem and response.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
        yield "the problem lists errors, which only a 422 does"
    for error in problem.get("errors", ()):
        if not {"code", "detail"} < error.keys() or len({"pointer", "parameter"} & error.keys()) != 1:
            yield f"the problem lists {error}, which is not one pointer or parameter with code and detail"


def header_faults(sent: Sent, response: HttpResponseBase) -> Iterator[str]:
    """What is wrong with the headers that the contract promises for every answer."""
    status = response.status_code
    if status == HTTPStatus.UNAUTHORIZED and not response.get("WWW-Authenticate", "").startswith("Bearer"):
        yield "a 401 has no WWW-Authenticate: Bearer"
    if status == HTTPStatus.METHOD_NOT_ALLOWED and not response.get("Allow"):
        yield "a 405 has no Allow"
    if sent.is_api and status in {429, 503} and not re.fullmatch(r"[1-9]\d*", response.get("Retry-After", "")):
        yield f"a {status} has no Retry-After in seconds"
    # A 401 is no authenticated answer, and a body too large is refused before anybody reads the token.
    if sent.has_token and sent.is_api and status not in {401, 413} and sent.method != "OPTIONS":
        if response.get("Cache-Control") != "private, no-cache":
            yield f"an authenticated answer has Cache-Control {response.get('Cache-Control')!r}"
        if "authorization" not in response.get("Vary", "").lower():
            yield f"an authenticated answer has Vary {response.get('Vary')!r}"


def _must_be_tagged(sent: Sent, response: HttpResponseBase, template: str) -> bool:
    """Whether the answer shows or changes a profile or a part of one (contract 1.4); one that is gone has no tag."""
    if response.status_code not in {200, 201, 204, 304} or sent.method == "OPTIONS":
        return False
    if template == f"{API}/profiles":
        return sent.method == "POST"
    if template == f"{API}/profiles/import":
        # A dry run shows what is not stored.
        return response.status_code == HTTPStatus.CREATED
    is_profile = template.count("/") == f"{API}/profiles/me".count("/")
    return template.startswith(f"{API}/profiles/") and not (is_profile and sent.method == "DELETE")


def _body(response: HttpResponseBase) -> bytes:
    content = b"".join(response)
    if isinstance(response, StreamingHttpResponse):
        # It can be read once; the test may want to.
        response.streaming_content = [content]
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
