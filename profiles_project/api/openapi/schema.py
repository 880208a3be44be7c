"""Schemas of bodies in the OpenAPI document: what drf-spectacular can't know about our serializers, and problems."""

import copy
from collections.abc import Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from rest_framework import serializers

from profiles_project.api.fields import HttpUrl, Text
from profiles_project.api.openapi import deprecation


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

    type = serializers.URLField(
        help_text="Which kind of problem; compare it as it stands. It ends with the word that answers are described by,"
        " such as `in-trash`."
    )
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField(help_text="The path of the request.")
    request_id = serializers.CharField(help_text="Quote it when you ask for help.")
    id = serializers.CharField(
        required=False,
        help_text="With 404 and 409, where the request named ids: which is not there, or is taken.",
    )
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
        described = _as_taken if direction == "request" else _as_given
        properties.update({name: described(fields[name], _free(_readable(prop))) for name, prop in properties.items()})
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


def _free(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A map of any JSON without a word on its values: of a description generators make a type that is never null."""
    values = schema.get("additionalProperties")
    is_any = isinstance(values, dict) and values.keys() == {"description"}
    return {**schema, "additionalProperties": {}} if is_any else schema


def _readable(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    r"""A schema without a pattern that others read otherwise: `\d` is a digit of ASCII to them, of any script to us."""
    return _without(schema, "pattern") if r"\d" in schema.get("pattern", "") else schema


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
