"""What the descriptions of several subjects share: ids in paths, bodies with other required fields, jobs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers as drf

from profiles.api import examples
from profiles.api.openapi.results import JobResult
from profiles.career import serializers
from profiles.models import Component, Job
from profiles_project.api.fields import Document
from profiles_project.api.openapi.operations import operation, path_id
from profiles_project.api.openapi.schema import ProblemDocument

PROFILE_ID = path_id("profile_id", "The profile; one of somebody else is 403, one that does not exist 404.")
ITEM_ID = path_id("item_id", "The item, looked up inside the profile.")


def variant(base: type[Document], name: str, required: tuple[str, ...], **members: Any) -> Any:
    """The same body with other required fields: how the schema shows what a partial change needs not carry."""
    return type(name, (base,), {"schema_required": required, "__doc__": base.__doc__, **members})


def nested(model: type[Component]) -> Any:
    return ITEM_PATCHES[model](many=True, required=False, allow_null=True, max_length=model.max_rows)


# An item of a PATCH, of a bulk PUT, of a bulk PATCH.
_ITEMS = serializers.ITEM_SERIALIZERS.items()
ITEM_PATCHES = {m: variant(s, f"{m.schema_name()}Patch", ()) for m, s in _ITEMS}
ITEM_UPDATES = {
    m: variant(s, f"{m.schema_name()}Update", ("id", *(n for n, f in s().fields.items() if f.required)))
    for m, s in _ITEMS
}
ITEM_BULK_PATCHES = {m: variant(s, f"{m.schema_name()}BulkPatch", ("id",)) for m, s in _ITEMS}
# What may have one of several media types: generators of clients take a body of a route for one type.
ANY_FORM = "*/*"
FILE = OpenApiResponse(OpenApiTypes.BINARY, "The file; `Content-Type` says its form.")
# Named by settings.SPECTACULAR_SETTINGS.
JOB_STATUSES = Job.Status.choices


class JobProgress(drf.Serializer[Any]):
    """How far a job is, in items."""

    done = drf.IntegerField(min_value=0)
    total = drf.IntegerField(min_value=0)


class JobSummary(drf.Serializer[Any]):
    """Work in the background."""

    id = drf.UUIDField()
    kind = drf.CharField(help_text="The operation id of the request that it stands for.")
    status = drf.ChoiceField(JOB_STATUSES)
    progress = JobProgress()
    problem = ProblemDocument(allow_null=True, help_text="Why it failed: what the request would have got.")
    created_at = drf.DateTimeField()
    started_at = drf.DateTimeField(allow_null=True)
    finished_at = drf.DateTimeField(allow_null=True)


class JobDocument(JobSummary):
    """Work in the background, with its result once it has succeeded."""

    result = JobResult(allow_null=True)


def deferrable(options: dict[str, Any]) -> dict[str, Any]:
    """The options of an operation that may answer 202 with a job.

    Where its other answer is empty the document leaves the job's schema out: generators of clients that know one type
    of answer to an operation would expect a job in all of them.
    """
    is_empty = HTTPStatus.NO_CONTENT in options["responses"]
    accepted = OpenApiResponse(
        None if is_empty else JobDocument,
        description=(
            "A job does the work, since you asked for one or sent a bulk request of more than"
            f" {serializers.BULK_LIMIT} items. The body is that job, as `jobs_retrieve` shows it. `Location` is its"
            " address, `Retry-After` says when to look."
        ),
    )
    prefer = OpenApiParameter(
        "Prefer",
        str,
        OpenApiParameter.HEADER,
        description=(
            "`respond-async` (RFC 7240) puts the work off: the input is judged, and the answer is 202. With"
            " `respond-async, return=minimal` it has no body, for clients that read every body as one type."
            " `handling=strict` can be sent on every route: keys and query parameters that nobody knows are then 422."
        ),
    )
    shown = OpenApiExample("Job", examples.job(), response_only=True, status_codes=["202"])
    return {
        **options,
        "responses": {**options["responses"], 202: accepted},
        "parameters": [*options.get("parameters", ()), prefer],
        "examples": [*options.get("examples", ()), *([] if is_empty else [shown])],
    }


def below(**options: Any) -> Callable[[Any], Any]:
    parameters = [PROFILE_ID, *options.pop("parameters", ())]
    return operation(below_profile=True, parameters=parameters, **options)


def bulk(**options: Any) -> Callable[[Any], Any]:
    return below(**deferrable(options))
