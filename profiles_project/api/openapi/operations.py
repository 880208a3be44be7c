"""Operations in the OpenAPI document: what follows from the kind of a route is described once for all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers

from profiles_project.api.errors import BY_STATUS, MEDIA_TYPE, TYPE_BASE
from profiles_project.api.openapi.document import ANYWHERE, SHARED_AS
from profiles_project.api.openapi.schema import ProblemDocument
from profiles_project.api.strictness import Known

F = TypeVar("F", bound=Callable[..., Any])


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
        text = (
            "An `ETag` that you have read, just as it was; if the profile has changed since, nothing is stored and the"
            " answer is 412."
        )
        if on_part:
            text += (
                ' The tag `"<item id>.<item version>"`, quotation marks included, names the item alone: a change'
                " elsewhere in the profile is no conflict then. Of several tags one that matches is enough."
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
        sentence = "The name is missing."
        value |= {"detail": sentence}
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
    in_query = frozenset(p.name for p in parameters if p.location == OpenApiParameter.QUERY)
    known = Known(request, in_query, gives_nothing=HTTPStatus.NO_CONTENT in responses)
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
