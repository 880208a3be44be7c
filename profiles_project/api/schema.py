"""The OpenAPI document: what drf-spectacular can't know about our routes, described once for all."""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar, cast

from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers

from profiles_project.api.document import ANYWHERE, SHARED_AS
from profiles_project.api.errors import BY_STATUS, MEDIA_TYPE, TYPE_BASE
from profiles_project.api.fields import HttpUrl, Text
from profiles_project.api.openapi import deprecation
from profiles_project.api.strictness import Known

F = TypeVar("F", bound=Callable[..., Any])


class Fault(serializers.Serializer[Any]):
    """One field at fault: `pointer` into the body (RFC 6901), or the name of the query parameter or header."""

    may_lack_members = True

    pointer = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False, help_text="In place of a pointer; for a header its name.")
    code = serializers.CharField(
        help_text="Stable: made for programs. `limit`: there are as many of these, or bytes of yours, as there may be; "
        "`user_name`: an address of a web page has a user name in it; `reused`: this Idempotency-Key was another "
        "request's; `unknown`: with `Prefer: handling=strict` only, nobody knows this key or parameter."
    )
    detail = serializers.CharField(help_text="One sentence for people.")


class ProblemDocument(serializers.Serializer[Any]):
    """Why a request was refused (RFC 9457). `detail` is one sentence, fit to show to a person."""

    may_lack_members = True

    type = serializers.URLField(help_text="Which kind of problem; compare it as it stands.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField(help_text="The path of the request.")
    request_id = serializers.CharField(help_text="Quote it when you ask for help.")
    errors = Fault(  # type: ignore[assignment]  # a field, not DRF's attribute of that name
        many=True, required=False, help_text="With 422 only: every field at fault, or the first 100 of them."
    )
    more = serializers.BooleanField(required=False, help_text="True where there are more faults than `errors` tells.")
    version = serializers.IntegerField(required=False, help_text="With 412 only: the profile's current version.")
    current = serializers.DictField(
        required=False,
        help_text="With 412 on an item's own route only: the item as it is now. Absent where it is gone.",
    )


class AutoSchema(SpectacularSchema):
    """Describes the members of answers as present, but for those that `may_lack_members`, and a body of DELETE.

    The package has no types, hence the ignored calls.
    """

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it, unlike DRF
        """None but what `operation` gives: the docstring of a view is for those who maintain it."""
        return ""

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]  # no types
        fields = {field.field_name: field for field in serializer.fields.values()}
        properties = schema.get("properties", {})
        for name, prop in properties.items():
            properties[name] = (
                _as_taken(fields[name], prop) if direction == "request" else _as_given(fields[name], prop)
            )
        deprecation.mark(serializer, properties)
        required = getattr(serializer, "schema_required", None)
        if direction == "response" and not getattr(serializer, "may_lack_members", False):
            required = [name for name in properties if not fields[name].write_only]
        if required is not None:
            schema.pop("required", None)
            if required:
                schema["required"] = sorted(required)
        if direction == "request":
            # What names an item may be null only where a new one needs none.
            named = {"id"} & set(schema.get("required", ()))
            properties.update({name: _without_null(properties[name]) for name in named})
        return schema

    def _unwrap_list_serializer(self, serializer: Any, direction: Any) -> Any:
        schema: Any = super()._unwrap_list_serializer(serializer, direction)
        if schema and isinstance(serializer, serializers.ListSerializer):
            # drf-spectacular says how long a list of values may be, and leaves it out for a list of objects.
            sized: Any = serializer
            sizes = {"minItems": sized.min_length, "maxItems": sized.max_length}
            schema |= {name: size for name, size in sizes.items() if size is not None}
        return schema

    def _get_request_body(self, direction: Any = "request") -> Any:
        taken: Any = self.get_request_serializer()
        if self.method != "DELETE" or taken is None:
            body: Any = super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # no types
            if body:
                # drf-spectacular asks for a body only where one of its members is required.
                body["required"] = not getattr(taken, "may_be_absent", False)
            return body
        # drf-spectacular describes no body of DELETE (RFC 9110 gives it no meaning but does not forbid it), so a copy
        # describes it as that of a POST.
        as_post = copy.copy(self)
        as_post.method = "POST"
        body = super(AutoSchema, as_post)._get_request_body(direction)  # type: ignore[no-untyped-call]  # no types
        if body:
            body.pop("required", None)
        return body


def _as_taken(field: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a field's value in a request."""
    # An address without a scheme is taken too.
    plain = _without(schema, "format") if isinstance(field, HttpUrl) else schema
    return _or_empty(plain) if isinstance(field, Text) and field.allow_null else plain


def _as_given(field: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a field's value in an answer."""
    # What is stored has a scheme, but may have letters beyond ASCII.
    plain = _without(schema, "format") if isinstance(field, HttpUrl) else schema
    return _without_null(plain) if getattr(field, "null_clears", False) else plain


def _without(schema: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in names}


def _or_empty(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the same text, or of an empty one, which clears as null does.

    The choice stands in one pattern: generators make a type without a name, or one that is not there, of an `anyOf`.
    """
    others = _without(schema, "minLength", "pattern")
    # DRF says of every text that may not be blank that it has a character.
    shortest = schema.get("minLength", 1)
    pattern = schema.get("pattern") or (rf"^[\s\S]{{{shortest},}}$" if shortest > 1 else "")
    return {**others, "pattern": f"^$|{pattern}"} if pattern else others


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the same value, never null."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [each for each in kind if each != "null"]
        return {**schema, "type": kinds[0] if len(kinds) == 1 else kinds}
    if schema.get("oneOf") and {"type": "null"} in schema["oneOf"]:
        rest = [each for each in schema["oneOf"] if each != {"type": "null"}]
        return {**_without(schema, "oneOf"), **rest[0]} if len(rest) == 1 else {**schema, "oneOf": rest}
    return dict(schema)


class Pagination(serializers.Serializer[Any]):
    """Which part of the list this is."""

    total = serializers.IntegerField(min_value=0)
    limit = serializers.IntegerField(min_value=1, max_value=100)
    offset = serializers.IntegerField(min_value=0)
    has_next = serializers.BooleanField()
    has_previous = serializers.BooleanField()


def page_of(name: str, key: str, child: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The serializer of a page of contract 1.6 with its rows under `key`."""
    members = {"__doc__": f"One page of the {key}.", key: child(many=True), "pagination": Pagination()}
    # One object, said aloud since drf-spectacular takes what an action named `list` gives for a list of them.
    page: type[serializers.Serializer[Any]] = extend_schema_serializer(many=False)(
        type(name, (serializers.Serializer,), members)
    )
    return page


class Message(serializers.Serializer[Any]):
    """A sentence for people."""

    message = serializers.CharField()


def page_parameters(default_limit: int = 50) -> list[OpenApiParameter]:
    """`limit` and `offset` of a list."""
    limit = {"type": "integer", "minimum": 1, "maximum": 100, "default": default_limit}
    return [
        OpenApiParameter("limit", limit, extensions={SHARED_AS: f"LimitOr{default_limit}"}),
        OpenApiParameter("offset", {"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "default": 0}),
    ]


def listed(name: str, description: str, **item: Any) -> OpenApiParameter:
    """A list in the query, its items with commas between them; the service takes them one by one as well."""
    schema = {"type": "array", "items": item}
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description, style="form", explode=False)


def tells(name: str, *statuses: int) -> OpenApiParameter:
    """A header of the answers with these statuses, one of `document.HEADERS`, that does not follow from all else."""
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, response=[*statuses])


def path_id(name: str, description: str, shared_as: str = "") -> OpenApiParameter:
    """A UUID in the path; `shared_as` tells it from others of the same name."""
    extensions = {SHARED_AS: shared_as} if shared_as else None
    return OpenApiParameter(
        name, OpenApiTypes.UUID, OpenApiParameter.PATH, description=description, extensions=extensions
    )


def _headers(
    *, conditional_read: bool, conditional_write: bool, on_part: bool, idempotent: bool
) -> list[OpenApiParameter]:
    found = []
    if idempotent:
        text = (
            "Chosen by you, such as a UUID: sent again within 7 days with the same request it gives the first answer "
            "again, with `Idempotency-Replayed: true`, and no second effect. An answer that shows what is stored is "
            "made anew: where that has changed since, as it is now, with `Idempotency-Replayed: current`; where it was "
            "deleted since, 410. With another request it is 422; 409 says that the first one is still under way."
        )
        key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
        found.append(OpenApiParameter("Idempotency-Key", key, OpenApiParameter.HEADER, description=text))
    if conditional_read:
        text = "An `ETag` you have; where it is still current the answer is 304 without a body."
        found.append(OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description=text))
    if conditional_write:
        text = "An `ETag` you have read; where the profile has changed since, nothing is stored and the answer is 412."
        if on_part:
            text += (
                ' The tag `"<item id>.<item version>"` names the item alone: a change elsewhere in the profile is no'
                " conflict then. Of several tags one that matches is enough."
            )
        extensions = {SHARED_AS: "IfMatchOfPart"} if on_part else None
        found.append(
            OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description=text, extensions=extensions)
        )
    return found


def _problem(status: int, answered_as: str = "") -> OpenApiResponse:
    slug, title, sentence = BY_STATUS[status]
    value: dict[str, Any] = {
        "type": TYPE_BASE + slug,
        "title": title,
        "status": status,
        "detail": sentence,
        "instance": "/api/v1/profiles",
        "request_id": "01990000-0000-7000-8000-000000000000",
    }
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        sentence = "This field is required."
        value |= {"detail": f"name: {sentence}"}
        value["errors"] = [{"pointer": "/name", "code": "required", "detail": sentence}]
    if status == HTTPStatus.PRECONDITION_FAILED:
        value["version"] = 8
    statuses = [answered_as or str(status)]
    example = OpenApiExample(title, value, response_only=True, status_codes=statuses, media_type=MEDIA_TYPE)
    return OpenApiResponse(ProblemDocument, description=title, examples=[example])


def operation(
    *,
    operation_id: str,
    summary: str,
    description: str = "",
    tags: Sequence[str] = (),
    request: Any = None,
    responses: Mapping[int, Any],
    request_example: Any = None,
    response_example: Any = None,
    examples: Iterable[OpenApiExample] = (),
    parameters: Iterable[OpenApiParameter] = (),
    errors: Iterable[int] = (),
    auth: bool = True,
    below_profile: bool = False,
    tagged: str = "",
    on_part: bool = False,
    idempotent: bool = False,
) -> Callable[[F], F]:
    """Describes a view's method: what it takes, what it gives, and every problem that it can answer.

    `errors` names the statuses beyond those that follow from the rest: 401 with `auth`; 403 and 404 with
    `below_profile`; 422 (`Prefer: handling=strict`) and 429 always, as `default` what the way of a request may refuse.
    `tagged` is "read" or "write" for what carries an `ETag` (304 with the one, 412 with the other), `on_part` says that
    `If-Match` may name a part of the profile; `idempotent` marks what takes an `Idempotency-Key` (409, 410).
    `request_example` and `response_example` (of the first status in `responses`) are bare values.
    """
    headers = _headers(
        conditional_read=tagged == "read", conditional_write=tagged == "write", on_part=on_part, idempotent=idempotent
    )
    parameters = [*parameters, *headers]
    statuses = {422, 429, *errors}
    statuses |= {401} if auth else set()
    statuses |= {403, 404} if below_profile else set()
    statuses |= {412} if tagged == "write" else set()
    statuses |= {409, 410} if idempotent else set()
    answers: dict[Any, Any] = dict(responses)
    if tagged == "read":
        answers[304] = OpenApiResponse(description="Not modified: the representation you have is current.")
    answers.update({(status, MEDIA_TYPE): _problem(status) for status in sorted(statuses - ANYWHERE)})
    answers["default", MEDIA_TYPE] = _problem(HTTPStatus.SERVICE_UNAVAILABLE, "default")
    known = Known(request, frozenset(p.name for p in parameters if p.location == OpenApiParameter.QUERY))
    first = next(iter(responses))
    shown = [*examples]
    if request_example is not None:
        shown.append(OpenApiExample("Request", request_example, request_only=True))
    if response_example is not None:
        shown.append(OpenApiExample("Response", response_example, response_only=True, status_codes=[str(first)]))
    describe = extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description or None,
        tags=list(tags) or None,
        request=request,
        responses=answers,
        parameters=parameters,
        examples=shown,
        auth=None if auth else [],
    )
    return _known_to_strict(describe, known)


def _known_to_strict(describe: Callable[[F], F], known: Known) -> Callable[[F], F]:
    """The decorator, which also notes on a view's method what strict requests are held against."""

    def described(method: F) -> F:
        made: Any = describe(method)
        made.known = known
        return cast("F", made)

    return described
