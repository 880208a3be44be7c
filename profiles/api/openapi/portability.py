"""Imports and exports in the OpenAPI document."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers as drf

from profiles.api import examples
from profiles.api.openapi.results import ImportReport
from profiles.api.openapi.shared import ANY_FORM, FILE, below, deferrable
from profiles.career import serializers
from profiles.portability.exports import FORMATS, INCLUDABLE
from profiles_project.api.openapi.operations import listed, operation, tells


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
        return {"type": "object", "additionalProperties": {}, "description": JsonResume.__doc__}


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
    _query(
        "person",
        "Of an archive alone; `same` if it is absent. An archive of another person than the profile's is refused"
        " unless `other` says that it is meant; without `into` it then makes a profile of its own.",
        type="string",
        enum=["same", "other"],
    ),
    _query("dry_run", "`true` gives the answer and stores nothing.", type="boolean"),
]
_IMPORT: dict[str, Any] = {
    "tags": ["portability"],
    "errors": [403, 404, 409],
    "tagged": "write",
    "idempotent": True,
}
profiles_import = operation(
    operation_id="profiles_import",
    summary="Import a JSON Resume",
    description=(
        "Nothing is dropped in silence: the report says of each part what became of it. A single value that can't be"
        " stored never refuses the rest. JSON of Reactive Resume, FRESH and Europass is known by its content; what"
        " `profiles_import_file` takes is taken here, too, as `application/yaml`, `application/xml`, `application/zip`"
        " or `application/octet-stream`."
    ),
    # By its name: drf-spectacular would call it by another one where it comes in.
    request={"application/json": {"$ref": "#/components/schemas/JsonResume"}},
    request_example=examples.RESUME,
    **deferrable(
        {
            "responses": {201: Imported, 200: Imported},
            "parameters": [*_IMPORT_PARAMETERS, tells("Location", 201)],
            "examples": [OpenApiExample("Changed", _IMPORTED, response_only=True, status_codes=["200"])],
        },
    ),
    response_example=_IMPORTED,
    **_IMPORT,
)
profiles_import_file = operation(
    operation_id="profiles_import_file",
    summary="Import a file",
    description=(
        "A file in any of the formats that are read, as it is: JSON Resume (JSON or YAML), Reactive Resume 3 to 5,"
        " FRESH, RenderCV, Europass (XML or JSON), LinkedIn's archive. Its content says which it is. An archive is"
        " imported by a job. What is not read is refused with 422, by its name and with what to send instead."
    ),
    request={"application/octet-stream": OpenApiTypes.BINARY},
    **deferrable(
        {
            "responses": {201: Imported, 200: Imported},
            "parameters": [*_IMPORT_PARAMETERS, tells("Location", 201)],
            "examples": [OpenApiExample("Changed", _IMPORTED, response_only=True, status_codes=["200"])],
        },
    ),
    response_example=_IMPORTED,
    **_IMPORT,
)
profiles_import_archive = operation(
    operation_id="profiles_import_archive",
    summary="Import an archive of LinkedIn",
    description=(
        "The ZIP that «Get a copy of your data» gives; a job reads it, whose result has the report. Without `into` it"
        " goes to the profile that the last archive went to. With `dry_run` the answer is 200 with the report."
    ),
    request={"application/zip": OpenApiTypes.BINARY},
    **deferrable({"responses": {200: Imported}, "parameters": _IMPORT_PARAMETERS}),
    response_example=_IMPORTED,
    **_IMPORT,
)
_INCLUDE = listed("include", "What to put in all the same.", type="string", enum=list(INCLUDABLE))
_EXPORT: dict[str, Any] = {
    "tags": ["portability"],
    "tagged": "read",
}
profiles_export = below(
    operation_id="profiles_export",
    summary="Export a profile as a file",
    description=(
        "Hidden items are left out, and so are references, which are other people's data, unless you `include` them."
    ),
    **deferrable(
        {
            "responses": {(200, ANY_FORM): FILE},
            "parameters": [
                _query(
                    "format",
                    "JSON Resume 1.0.0, or a document for people.",
                    type="string",
                    enum=list(FORMATS),
                    default="json-resume",
                ),
                _INCLUDE,
                _query(
                    "lang",
                    "The language of headings and dates in documents for people; that of the account without it.",
                    type="string",
                    enum=[code for code, _ in settings.LANGUAGES],
                ),
                tells("Missing-Fonts", 200),
            ],
        },
    ),
    **_EXPORT,
)
profiles_export_json_resume = below(
    operation_id="profiles_export_json_resume",
    summary="Export a profile as JSON Resume",
    description="The same as `profiles_export` in its default `format`, for SDKs that give each answer a type.",
    response_example=examples.RESUME,
    **deferrable({"responses": {200: JsonResume}, "parameters": [_INCLUDE]}),
    **_EXPORT,
)
