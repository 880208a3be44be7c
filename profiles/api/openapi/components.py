"""The lists below a profile in the OpenAPI document: components, skills, custom fields."""

import functools
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as drf

from profiles.api import examples
from profiles.api.openapi.shared import (
    ITEM_BULK_PATCHES,
    ITEM_ID,
    ITEM_PATCHES,
    ITEM_UPDATES,
    below,
    bulk,
    deferrable,
)
from profiles.career import requests, serializers
from profiles.career.fields import CUSTOM_FIELDS_SCHEMA
from profiles.models import Component
from profiles_project.api.openapi.operations import listed, page_of, page_parameters


class SkillsUpdated(serializers.SkillsSerializer):
    """The whole skills section after the change."""

    message = drf.CharField()


skills_retrieve = below(
    operation_id="skills_retrieve",
    summary="Read the skills section",
    description=(
        "Technical and soft skills are names in the person's order; `details` has what is known of some beyond that."
        " Languages and certifications are the same items as on routes of their own."
    ),
    tags=["skills"],
    responses={200: serializers.SkillsSerializer},
    response_example=examples.SKILLS,
    tagged="read",
)
skills_update = below(
    operation_id="skills_update",
    summary="Replace what is sent of the skills section",
    description=(
        "A list that is sent becomes the whole list; one that is absent stays as it is. A language or certification"
        " without an `id` is looked for as in `profiles_update`."
    ),
    tags=["skills"],
    request=serializers.SkillsSerializer,
    request_example=examples.known(examples.SKILLS),
    responses={200: SkillsUpdated},
    response_example={"message": "Skills updated successfully", **examples.SKILLS},
    errors=[409],
    tagged="write",
)
custom_fields_retrieve = below(
    operation_id="custom_fields_retrieve",
    summary="Read the custom fields",
    description="One map with all of them, without pages.",
    tags=["custom fields"],
    responses={200: CUSTOM_FIELDS_SCHEMA},
    response_example=examples.CUSTOM_FIELDS,
    tagged="read",
)


class CustomFieldsUpdated(drf.Serializer[Any]):
    """The keys that were added or overwritten, in the order sent."""

    message = drf.CharField()
    updated_fields = drf.ListField(child=drf.CharField())


custom_fields_add = bulk(
    operation_id="custom_fields_add",
    summary="Add or overwrite custom fields",
    description="`fields` is a list of keys with their values. Keys that are not named keep their values.",
    tags=["custom fields"],
    request=requests.CustomFieldsBody,
    request_example={"fields": [{"key": "notice_period_weeks", "value": 6}]},
    responses={201: CustomFieldsUpdated},
    response_example={
        "message": "1 custom field updated successfully",
        "updated_fields": ["notice_period_weeks"],
    },
    tagged="write",
    idempotent=True,
)
custom_fields_update = below(
    operation_id="custom_fields_update",
    summary="Replace all custom fields",
    description="The body is the map itself, as GET shows it. Keys that it lacks are removed.",
    tags=["custom fields"],
    request={"application/json": CUSTOM_FIELDS_SCHEMA},
    request_example=examples.CUSTOM_FIELDS,
    responses={200: CUSTOM_FIELDS_SCHEMA},
    response_example=examples.CUSTOM_FIELDS,
    tagged="write",
)
custom_fields_delete = bulk(
    operation_id="custom_fields_delete",
    summary="Remove custom fields",
    description="By the body or by `?keys=`; a key that is not there is no error.",
    tags=["custom fields"],
    request=requests.KeysBody,
    request_example={"keys": ["notice_period_weeks"]},
    responses={204: None},
    parameters=[
        OpenApiParameter("keys", str, OpenApiParameter.QUERY, many=True, description="Instead of a body: one key each.")
    ],
    tagged="write",
)


@functools.cache
def _skill_names(kind: str) -> Any:
    members = {
        "__doc__": f"The {kind} skills after the change, in their order.",
        "message": drf.CharField(),
        kind: drf.ListField(child=drf.CharField()),
    }
    return type(f"{kind.title()}Skills", (drf.Serializer,), members)


def skill_names_add(kind: str) -> Callable[[Any], Any]:
    """POST of one kind of skills."""
    return bulk(
        operation_id=f"skills_{kind}_add",
        summary=f"Add {kind} skills",
        description=f"They go to the end. A {kind} skill that is there already, in whatever case, stays once.",
        tags=["skills"],
        request=requests.SkillsBody,
        request_example={"skills": examples.SKILLS[kind]},
        responses={200: _skill_names(kind)},
        response_example={
            "message": f"{len(examples.SKILLS[kind])} {kind} skills added successfully",
            kind: examples.SKILLS[kind],
        },
        tagged="write",
        idempotent=True,
    )


def skill_names_delete(kind: str) -> Callable[[Any], Any]:
    """DELETE of one kind of skills."""
    return bulk(
        operation_id=f"skills_{kind}_delete",
        summary=f"Remove {kind} skills",
        description=f"By the body or by `?skills=`; to name a {kind} skill that is not there is no error.",
        tags=["skills"],
        request=requests.SkillsToRemove,
        request_example={"skills": ["Go", "C++"]},
        responses={200: _skill_names(kind)},
        response_example={"message": f"2 {kind} skills removed successfully", kind: examples.SKILLS[kind]},
        parameters=[
            OpenApiParameter("skills", str, OpenApiParameter.QUERY, many=True, description="Instead of a body.")
        ],
        tagged="write",
    )


class ComponentOperations:
    """The decorators for the viewset of one kind of component, by the names of its actions."""

    def __init__(self, model: type[Component]) -> None:
        self.model = model
        self.plural = model.plural
        self.several = model.plural if model.plural != model.singular else f"{model.singular} entries"
        self.serializer = serializers.ITEM_SERIALIZERS[model]
        self.required = _named([name for name, field in self.serializer().fields.items() if field.required])
        self.example = examples.ITEMS[self.plural]
        self.change = examples.CHANGES[self.plural]
        self.changed = {**self.example, **self.change}
        self.page: dict[str, Any] = {
            "responses": {200: page_of(f"{model.schema_name()}Page", self.plural, self.serializer)},
            "response_example": examples.page(self.plural, self.example),
        }
        # Where a body is a list, drf-spectacular makes a list of the example itself.
        self.many: dict[str, Any] = {
            "responses": {200: self.serializer(many=True)},
            "response_example": self.changed,
        }
        self.single: dict[str, Any] = {"responses": {200: self.serializer}, "response_example": self.changed}

    def _below(self, action: str, summary: str, **options: Any) -> Callable[[Any], Any]:
        return below(operation_id=f"{self.plural}_{action}", summary=summary, tags=[self.plural], **options)

    def _bulk(self, action: str, summary: str, **options: Any) -> Callable[[Any], Any]:
        return self._below(action, summary, **deferrable(options))

    def on_lists(self) -> dict[str, Callable[[Any], Any]]:
        """Reading the list and putting it in order."""
        return {
            "list": self._below(
                "list",
                f"List the {self.several}",
                description=f"All {self.several} in the person's order, hidden ones (`is_visible`) included.",
                parameters=page_parameters(),
                tagged="read",
                **self.page,
            ),
            "reorder": self._bulk(
                "reorder",
                f"Put the {self.several} in order",
                description=f"Name all {self.several}, each once. Their versions stay as they are.",
                request=requests.OrderBody,
                request_example={"ids": [self.example["id"]]},
                parameters=page_parameters(),
                tagged="write",
                **self.page,
            ),
        }

    def on_many(self) -> dict[str, Callable[[Any], Any]]:
        """Changes of several items in one request."""
        in_query = listed("ids", "Instead of a body.", type="string", format="uuid")
        return {
            "create": self._bulk(
                "bulk_create",
                f"Add {self.several}",
                description=(
                    f"New {self.several} go to the end of the list; all of them are stored or none. One object is taken"
                    " as well; the answer to it is one object."
                ),
                request=_array(self.serializer),
                request_example=examples.new(self.example),
                responses={201: self.serializer(many=True)},
                response_example=self.example,
                errors=[409],
                tagged="write",
                idempotent=True,
            ),
            "bulk_update": self._bulk(
                "bulk_update",
                f"Update several {self.several}",
                description=(
                    f"Each object names one of the {self.several} by its `id` and has {self.required} in it. What else"
                    " is absent keeps its stored value; null clears. All of them are changed or none."
                ),
                request=_array(ITEM_UPDATES[self.model]),
                request_example=examples.known(self.changed),
                tagged="write",
                **self.many,
            ),
            "bulk_partial_update": self._bulk(
                "bulk_partial_update",
                f"Change parts of several {self.several}",
                description=(
                    f"Each object names one of the {self.several} by its `id` and has what shall change; null clears."
                    " All of them are changed or none."
                ),
                request=_array(ITEM_BULK_PATCHES[self.model]),
                request_example={"id": self.example["id"], **self.change},
                tagged="write",
                **self.many,
            ),
            "bulk_destroy": self._bulk(
                "bulk_delete",
                f"Delete several {self.several}",
                description=(
                    f"Named by `{self.model.singular}_ids` in the body or by `?ids=a,b`; with an unknown id nothing is"
                    " deleted."
                ),
                request=requests.IDS_BODIES[self.model],
                request_example={f"{self.model.singular}_ids": [self.example["id"]]},
                responses={204: None},
                parameters=[in_query],
                tagged="write",
            ),
        }

    def on_one(self) -> dict[str, Callable[[Any], Any]]:
        """Reading and changing one item."""
        one = f"one of the {self.several}"
        place: dict[str, Any] = {"parameters": [ITEM_ID]}
        change = {**place, "tagged": "write", "on_part": True}
        return {
            "retrieve": self._below(
                "retrieve",
                f"Read {one}",
                description=(
                    "The answer's `ETag` is the whole profile's; the tag of the item alone is described with `If-Match`"
                    f" of `{self.plural}_partial_update`."
                ),
                tagged="read",
                **place,
                **self.single,
            ),
            "update": self._below(
                "update",
                f"Update {one}",
                description=(
                    f"For {one} the body has {self.required} in it. What else is absent keeps its stored value; null"
                    " clears."
                ),
                request=self.serializer,
                request_example=examples.known(self.changed),
                **change,
                **self.single,
            ),
            "partial_update": self._below(
                "partial_update",
                f"Change a part of {one}",
                description=f"What is absent of {one} stays as it is; null clears. The `id` never changes.",
                request=ITEM_PATCHES[self.model],
                request_example=self.change,
                **change,
                **self.single,
            ),
            "destroy": self._below(
                "delete",
                f"Delete {one}",
                description=(
                    f"`profiles_restore` brings it back from the history, by the kind `{self.plural}` and its `id`."
                ),
                responses={204: None},
                **change,
            ),
        }

    def by_action(self) -> dict[str, Callable[[Any], Any]]:
        """All of them."""
        return {**self.on_lists(), **self.on_many(), **self.on_one()}


def _named(members: list[str]) -> str:
    """Names of members as a sentence has them."""
    *others, last = (f"`{name}`" for name in members)
    return f"{', '.join(others)} and {last}" if others else last


def _array(child: Any) -> Any:
    return child(many=True, min_length=1, max_length=serializers.JOB_LIMIT)
