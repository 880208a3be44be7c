"""Synchronising in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as drf

from profiles.api import examples
from profiles.api.openapi.documents import profile_operation
from profiles.api.openapi.results import ITEM_ID, ITEM_KIND, ChangeResult
from profiles.api.openapi.shared import deferrable
from profiles.career.sync.kinds import KIND_CHOICES
from profiles.career.sync.wanted import PushBody
from profiles_project.api.fields import AnyJSON
from profiles_project.api.openapi.document import SHARED_AS
from profiles_project.api.openapi.operations import operation

_STATE = "What you have seen by then: keep it, and send it with the next pull. Its form may change."


class ChangedItem(drf.Serializer[Any]):
    """An item as it is stored."""

    kind = drf.ChoiceField(KIND_CHOICES, help_text=ITEM_KIND)
    id = drf.CharField(help_text=ITEM_ID)
    version = drf.IntegerField(min_value=1, help_text="The base of your next change of it.")
    data = drf.DictField(child=AnyJSON(), help_text="Its members, as the document shows them.")  # type: ignore[assignment]  # a member of that name


class DeletedItem(drf.Serializer[Any]):
    """An item that was deleted."""

    kind = drf.ChoiceField(KIND_CHOICES, help_text=ITEM_KIND)
    id = drf.CharField(help_text=ITEM_ID)
    version = drf.IntegerField(min_value=1, help_text="The version that deleted it.")


class Changes(drf.Serializer[Any]):
    """What differs from what a client has seen, each item once, the oldest change first."""

    changed = ChangedItem(many=True)
    deleted = DeletedItem(many=True)
    order = drf.DictField(
        child=drf.ListField(child=drf.UUIDField()),
        help_text="The ids of each list whose order or members have changed, by its plural.",
    )
    version = drf.IntegerField(min_value=1, help_text="The profile's: the base of your next change of an order.")
    full = drf.BooleanField(help_text="True on the first page of all that there is: forget what you have before.")
    state = drf.CharField(help_text=_STATE)
    has_more = drf.BooleanField(help_text="Whether there is more to pull with the new state.")


class ProfileChanges(Changes):
    """The same of one of the user's profiles."""

    id = drf.UUIDField()


class AllChanges(drf.Serializer[Any]):
    """What differs in all profiles of the user."""

    profiles = ProfileChanges(many=True)
    removed = drf.ListField(child=drf.UUIDField(), help_text="Profiles that are gone or in the trash.")
    state = drf.CharField(help_text=_STATE)
    has_more = drf.BooleanField(help_text="Whether there is more to pull with the new state.")


class PushResult(drf.Serializer[Any]):
    """What became of each change, in the order sent; `state` is what is stored now, and no state to pull from."""

    results = ChangeResult(many=True)
    state = drf.CharField()


_SINCE = OpenApiParameter(
    "since", str, description="The state that you have; without it all that there is comes, with `full`."
)
_LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": 1000, "default": 500},
    description="The most items, changed and deleted together, that one answer tells.",
    extensions={SHARED_AS: "PullLimit"},
)
profiles_changes = profile_operation(
    operation_id="profiles_changes",
    summary="Pull what has changed",
    description=(
        "What differs from the state that you have. An item that was seen on an earlier page and has changed or gone"
        " meanwhile is told again. A state that is older than history is kept, or newer than all that is stored, is"
        " 410: pull all of it anew."
    ),
    parameters=[_SINCE, _LIMIT],
    responses={200: Changes},
    response_example=examples.PULLED,
    errors=[410],
    tagged="read",
)
profiles_push = profile_operation(
    **deferrable(
        {
            "operation_id": "profiles_push",
            "summary": "Push what was changed off line",
            "description": (
                "Each change is merged with what is stored, member by member, by the version that you changed (`base`);"
                " lists of texts merge by element. What both sides changed differently is a `conflict`, and nothing of"
                " that change is stored: send it again from the `version` of the result, or with `resolve`. What can't"
                " be stored is `rejected` with its `problem`. All others are stored all the same, as one revision. A"
                " change that is sent again is `unchanged`. Of more than 100 changes, up to 1,000, a job is made."
            ),
            "request": PushBody,
            "request_example": examples.PUSH,
            "responses": {200: PushResult},
            "response_example": examples.PUSHED,
        }
    ),
    tagged="write",
    idempotent=True,
)
profiles_sync = operation(
    operation_id="profiles_sync",
    summary="Pull what has changed in all profiles",
    description=(
        "As the pull of one profile, for all of them. One that is new, has come out of the trash, or was last seen"
        " longer ago than history is kept comes with `full`."
    ),
    tags=["profiles"],
    parameters=[_SINCE, _LIMIT],
    responses={200: AllChanges},
    response_example=examples.ALL_CHANGES,
    tagged="read",
)
