"""Whole profiles in the OpenAPI document."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers as drf

from profiles.api import examples
from profiles.api.openapi.shared import below, nested, variant
from profiles.career import requests, serializers
from profiles.models import COMPONENTS
from profiles_project.api.openapi.operations import operation, page_of, page_parameters, tells

PERSONAL_INFO_CHANGE = variant(serializers.PersonalInfoSerializer, "PersonalInfoChange", ())
PROFILE_CHANGE = variant(serializers.ProfileSerializer, "ProfileChange", (), personal_info=PERSONAL_INFO_CHANGE())
SKILLS_PATCH = variant(
    serializers.SkillsSerializer,
    "SkillsPatch",
    (),
    **{model.plural: nested(model) for model in COMPONENTS if model.in_skills},
)


class ProfilePatch(PROFILE_CHANGE):  # type: ignore[misc, valid-type]  # a class made by `variant`
    """What of the document shall change. A stored item may lack what stays as it is; a new one may not."""

    schema_required = ()
    skills = SKILLS_PATCH(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        lists = {model.plural: nested(model) for model in COMPONENTS if not model.in_skills}
        return {**super().get_fields(), **lists}


class CompletenessDocument(drf.Serializer[Any]):
    """Scores from 0 to 100; `overall` is their weighted mean."""

    def get_fields(self) -> dict[str, Any]:
        names = examples.ANALYTICS["completeness"]
        return {name: drf.IntegerField(min_value=0, max_value=100) for name in names}


class StatisticsDocument(drf.Serializer[Any]):
    """Counts; `years_of_experience` counts overlapping jobs once."""

    def get_fields(self) -> dict[str, Any]:
        names = [name for name in examples.ANALYTICS["statistics"] if name.startswith("total_")]
        counts = {name: drf.IntegerField(min_value=0) for name in names}
        return {**counts, "years_of_experience": drf.FloatField(min_value=0)}


class NextStep(drf.Serializer[Any]):
    """What to do next, and by how much `overall` grows when exactly that is done."""

    section = drf.CharField()
    action = drf.CharField()
    gain = drf.IntegerField(min_value=0, max_value=100)


class Analytics(drf.Serializer[Any]):
    """How complete a profile is and what would make it more so."""

    profile_id = drf.UUIDField()
    completeness = CompletenessDocument()
    statistics = StatisticsDocument()
    recommendations = drf.ListField(child=drf.CharField())
    next_steps = NextStep(many=True)


def _looked_for() -> str:
    """What becomes of items without an id in the lists of a document."""
    fields = "; ".join(f"{model.plural}: {', '.join(model.identities()[0])}" for model in COMPONENTS)
    return (
        "An item without an `id` (absent, null or empty) is looked for among the stored ones by the fields that"
        f" identify its kind, without case ({fields}); an optional one of these that is absent agrees with any value."
        " Items with an `id` come first, equal ones in their order. A stored item that is found keeps its `id` and all"
        " that is not sent; if none is found, a new one is created."
    )


def profile_operation(**options: Any) -> Callable[[Any], Any]:
    """Describes a route of one profile."""
    return below(tags=["profiles"], **options)


_LISTED = page_of("ProfilePage", "profiles", serializers.ProfileSummarySerializer)
_ANSWER: dict[str, Any] = {
    "responses": {200: serializers.ProfileSerializer},
    "response_example": examples.PROFILE,
}
_CREATED: dict[str, Any] = {
    "responses": {201: serializers.ProfileSerializer},
    "response_example": examples.PROFILE,
    "parameters": [tells("Location", 201)],
}
profiles_list = operation(
    operation_id="profiles_list",
    summary="List your profiles",
    description="Oldest first. In place of their items they have `counts`, the number of items in each list.",
    tags=["profiles"],
    responses={200: _LISTED},
    response_example=examples.page("profiles", examples.PROFILE_SUMMARY, 20),
    parameters=page_parameters(20),
    tagged="read",
)
profiles_create = operation(
    operation_id="profiles_create",
    summary="Create a profile with everything in it",
    description="All of it is stored or nothing. The first profile is the active one.",
    tags=["profiles"],
    request=serializers.ProfileSerializer,
    request_example=examples.NEW_PROFILE,
    errors=[409, 412],
    idempotent=True,
    **_CREATED,
)
profiles_active = operation(
    operation_id="profiles_retrieve_active",
    summary="Read your active profile",
    description="The one whose `is_active` is true; 404 while you have no profile.",
    tags=["profiles"],
    errors=[404],
    tagged="read",
    **_ANSWER,
)
profiles_retrieve = profile_operation(
    operation_id="profiles_retrieve",
    summary="Read a profile",
    description="The whole document: all items of all lists, without pages, hidden ones (`is_visible`) included.",
    tagged="read",
    **_ANSWER,
)
profiles_update = profile_operation(
    operation_id="profiles_update",
    summary="Replace what is sent of a profile",
    description=(
        "A list that is sent becomes the whole list; its items carry their required fields. What is absent keeps its"
        f" stored value, inside `personal_info` and inside an item too; null clears. {_looked_for()}"
    ),
    request=PROFILE_CHANGE,
    request_example=examples.NEW_PROFILE,
    errors=[409],
    tagged="write",
    **_ANSWER,
)
profiles_partial_update = profile_operation(
    operation_id="profiles_partial_update",
    summary="Change a part of a profile",
    description=(
        "As `profiles_update`, but `personal_info` and stored items have in them only what shall change. A new item"
        " carries its required fields. A list that is sent still becomes the whole list."
    ),
    request=ProfilePatch,
    request_example={"professional_summary": examples.SUMMARY, "personal_info": {"location": "Marylebone, London"}},
    errors=[409],
    tagged="write",
    **_ANSWER,
)
profiles_delete = profile_operation(
    operation_id="profiles_delete",
    summary="Put a profile into the trash",
    description=(
        "It stays there for 30 days with all below it and its history, and can be taken out again. If it was the active"
        " one, the newest that remains becomes active."
    ),
    responses={204: None},
    tagged="write",
)
profiles_activate = profile_operation(
    operation_id="profiles_activate",
    summary="Make a profile the active one",
    description="The one that was active no longer is. If it is active already, nothing changes.",
    tagged="write",
    idempotent=True,
    **_ANSWER,
)
profiles_duplicate = profile_operation(
    operation_id="profiles_duplicate",
    summary="Copy a profile",
    description="A deep copy with ids of its own. The body is optional.",
    request=requests.DuplicateBody,
    request_example={"label": "For research jobs"},
    tagged="write",
    idempotent=True,
    **{**_CREATED, "response_example": examples.at_first({**examples.PROFILE, "label": "For research jobs"})},
)
profiles_analytics = profile_operation(
    operation_id="profiles_analytics",
    summary="How complete a profile is",
    description=(
        "`recommendations` are sentences for the person, what gains most first. `next_steps` says the same for your"
        " program: the section, and how many points `overall` gains."
    ),
    responses={200: Analytics},
    response_example=examples.ANALYTICS,
    tagged="read",
)
