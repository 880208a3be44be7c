"""Imports and exports in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers as drf

from profiles.api import examples
from profiles.api.openapi.shared import below, deferrable
from profiles.career import serializers
from profiles.portability.exports import INCLUDABLE
from profiles.portability.json_resume import OUTCOMES
from profiles_project.api.schema import listed, operation


class ReportedPart(drf.Serializer[Any]):
    """What became of a part of the source: where it stood, in a document or in an archive, and a sentence."""

    pointer = drf.CharField(allow_null=True, help_text="RFC 6901, into the document that was sent.")
    place = drf.CharField(allow_null=True, help_text="Of an archive: the file, and the row.")
    outcome = drf.ChoiceField(OUTCOMES)
    detail = drf.CharField()


class ImportReport(drf.Serializer[Any]):
    """What became of each part, and how many parts had each outcome.

    What is `kept_aside` is in no field of ours; it lies in `extra`, and exports give it back where the format allows.
    """

    mapped = drf.IntegerField(min_value=0)
    changed = drf.IntegerField(min_value=0)
    kept_aside = drf.IntegerField(min_value=0)
    refused = drf.IntegerField(min_value=0)
    parts = ReportedPart(many=True)


class Imported(drf.Serializer[Any]):
    """The profile after an import, and the report."""

    profile = serializers.ProfileSerializer()
    report = ImportReport()


class JsonResume(drf.Serializer[Any]):
    """A JSON Resume document of version 1.0.0 (jsonresume.org). It has `basics` with a `name`; all else is free."""


class JsonResumeSchema(OpenApiSerializerExtension):
    """How the OpenAPI document describes it: one free object, for generators of clients leave out what has no name."""

    target_class = JsonResume

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return "JsonResume"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": True, "description": JsonResume.__doc__}


def _query(name: str, description: str, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


_IMPORTED = {"profile": examples.PROFILE, "report": examples.REPORT}
_IMPORT_PARAMETERS = [
    _query("into", "The profile that is changed; without it a new one is made.", type="string", format="uuid"),
    _query(
        "mode",
        "With `into` alone; `merge` if it is absent. `merge` adds what is new, updates what an earlier import"
        " brought and leaves what you wrote; in `replace` each part that the source has becomes what the source says.",
        type="string",
        enum=["merge", "replace"],
    ),
    _query("dry_run", "`true` gives the answer and stores nothing.", type="boolean"),
]
profiles_import = operation(
    operation_id="profiles_import",
    summary="Import a career",
    description=(
        "A JSON Resume document, or the ZIP that LinkedIn's «Get a copy of your data» gives: that is always a job."
        " Nothing is dropped in silence: the report says of each part what became of it. A single value that can't be"
        " stored never refuses the rest. An archive without `into` goes to the profile that the last one went to."
    ),
    tags=["portability"],
    request={
        # By its name: drf-spectacular would call it by another one where it comes in.
        "application/json": {"$ref": "#/components/schemas/JsonResume"},
        "application/zip": OpenApiTypes.BINARY,
        "application/x-zip-compressed": OpenApiTypes.BINARY,
    },
    request_example=examples.RESUME,
    **deferrable(
        {
            "responses": {201: Imported, 200: Imported},
            "parameters": _IMPORT_PARAMETERS,
            "examples": [OpenApiExample("Changed", _IMPORTED, response_only=True, status_codes=["200"])],
        },
    ),
    errors=[403, 404, 409],
    tagged="write",
    idempotent=True,
    response_example=_IMPORTED,
)
profiles_export = below(
    operation_id="profiles_export",
    summary="Export a profile",
    description="What is hidden, and references, which are other people's data, are left out unless you include them.",
    tags=["portability"],
    tagged="read",
    **deferrable(
        {
            "responses": {
                (200, "application/json"): JsonResume,
                (200, "text/markdown"): OpenApiTypes.STR,
                (200, "text/html"): OpenApiTypes.STR,
                (200, "application/pdf"): OpenApiTypes.BINARY,
            },
            "parameters": [
                _query(
                    "format",
                    "JSON Resume 1.0.0, or a document for people.",
                    type="string",
                    enum=["json-resume", "markdown", "html", "pdf"],
                    default="json-resume",
                ),
                listed("include", "What to put in all the same.", type="string", enum=list(INCLUDABLE)),
            ],
            "examples": [
                OpenApiExample(
                    "JSON Resume",
                    examples.RESUME,
                    response_only=True,
                    status_codes=["200"],
                    media_type="application/json",
                )
            ],
        },
    ),
)
