"""History and trash in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as drf

from profiles.api import examples
from profiles.api.openapi.documents import profile_operation
from profiles.career import requests, serializers
from profiles.models.log import Actor
from profiles_project.api.fields import AnyJSON
from profiles_project.api.openapi.operations import operation, page_of, page_parameters, path_id

OPERATIONS = ("created", "changed", "deleted", "moved")
VERSION = OpenApiParameter(
    "version", {"type": "integer", "minimum": 1}, OpenApiParameter.PATH, description="A version of the profile."
)


class RevisionActor(drf.Serializer[Any]):
    """Who made a revision; `device` is what the person's device says of itself."""

    kind = drf.ChoiceField(Actor.choices)
    device = drf.CharField(allow_null=True)


class RevisionChange(drf.Serializer[Any]):
    """What happened to one item; a list that was put in order has neither id nor title."""

    kind = drf.CharField(help_text="A component, `skills.technical`, `skills.soft`, `custom_fields` or `profile`.")
    id = drf.CharField(allow_null=True, help_text="The item's; of skills their kind, of a custom field its key.")
    op = drf.ChoiceField([(name, name) for name in OPERATIONS])
    title = drf.CharField(allow_null=True, help_text="What a person calls it.")
    fields = drf.ListField(child=drf.CharField(), help_text="The members that changed.")  # type: ignore[assignment]  # a member of that name


class RevisionSummary(drf.Serializer[Any]):
    """One revision of a profile."""

    version = drf.IntegerField(min_value=1, help_text="The version that it made.")
    created_at = drf.DateTimeField()
    actor = RevisionActor()
    action = drf.CharField(help_text="The operation id, or a word that begins with `support_`.")
    reverts = drf.IntegerField(allow_null=True, min_value=1, help_text="The version that was brought back.")
    changes = RevisionChange(many=True)
    more = drf.BooleanField(help_text="Whether it changed more items than stand here; `diff` has all of them.")


class FieldDifference(drf.Serializer[Any]):
    """A member's value in both versions, null where there was none."""

    before = AnyJSON()
    after = AnyJSON()


class VersionChange(RevisionChange):
    """How one item differs between two versions."""

    fields = drf.DictField(child=FieldDifference())  # type: ignore[assignment]  # a member of that name


class VersionDifference(drf.Serializer[Any]):
    """How a version differs from another one, `from`, which may be newer; 0 is before the profile was there."""

    def get_fields(self) -> dict[str, Any]:
        return {
            "from": drf.IntegerField(min_value=0),
            "to": drf.IntegerField(min_value=1),
            "changes": VersionChange(many=True),
        }


class TrashedProfile(drf.Serializer[Any]):
    """A profile in the trash, until it is purged."""

    id = drf.UUIDField()
    label = drf.CharField()  # type: ignore[assignment]  # a member of that name
    deleted_at = drf.DateTimeField()
    purged_at = drf.DateTimeField(help_text="When it goes for good.")
    version = drf.IntegerField(min_value=1)
    personal_info = serializers.PersonalInfoSerializer()
    counts = drf.DictField(child=drf.IntegerField(min_value=0))


profiles_history = profile_operation(
    operation_id="profiles_history",
    summary="What was changed, when, by whom",
    description=(
        "The revisions of the profile, newest first. They are kept for 180 days, at least the last 50; where they take"
        " more bytes than the account has room for, the oldest go first."
    ),
    parameters=page_parameters(),
    responses={200: page_of("RevisionPage", "revisions", RevisionSummary)},
    response_example=examples.page("revisions", examples.REVISION),
    tagged="read",
)
profiles_at_version = profile_operation(
    operation_id="profiles_at_version",
    summary="Read a profile as it was",
    description="The document as GET answered it at that version. Members that came later have their defaults.",
    parameters=[VERSION],
    responses={200: serializers.ProfileSerializer},
    response_example=examples.PROFILE,
    errors=[410],
    tagged="read",
)
profiles_diff = profile_operation(
    operation_id="profiles_diff",
    summary="How two versions differ",
    description="Each item that differs, with both values of each member that does.",
    parameters=[
        VERSION,
        OpenApiParameter(
            "against",
            {"type": "integer", "minimum": 0},
            OpenApiParameter.QUERY,
            description="The other version; without it the one before. 0 is before the profile was there.",
        ),
    ],
    responses={200: VersionDifference},
    response_example=examples.DIFFERENCE,
    errors=[410, 422],
    tagged="read",
)
profiles_restore = profile_operation(
    operation_id="profiles_restore",
    summary="Bring back what was there",
    description=(
        "The whole document as it was at a version, or only the items that are named. It is a new revision, which can"
        " be reverted like any other. Whether the profile is the active one stays as it is."
    ),
    request=requests.RestoreBody,
    request_example={"version": 1, "items": [{"kind": "experiences", "id": examples.ITEMS["experiences"]["id"]}]},
    responses={200: serializers.ProfileSerializer},
    response_example=examples.PROFILE,
    errors=[409, 410],
    tagged="write",
    idempotent=True,
)
_TRASHED = path_id("profile_id", "The profile in the trash; one of somebody else is 403.", "TrashedProfileId")
trash_list = operation(
    operation_id="trash_list",
    summary="List the profiles in your trash",
    description="Newest first. A profile stays in the trash for 30 days, with its history.",
    tags=["profiles"],
    responses={200: page_of("TrashPage", "profiles", TrashedProfile)},
    response_example=examples.page("profiles", examples.TRASHED, 20),
    parameters=page_parameters(20),
    tagged="read",
)
trash_restore = operation(
    operation_id="trash_restore",
    summary="Take a profile out of the trash",
    description="It is the active one only where there is no other.",
    tags=["profiles"],
    parameters=[_TRASHED],
    responses={200: serializers.ProfileSerializer},
    response_example={**examples.PROFILE, "version": 9},
    errors=[403, 404, 422],
    tagged="write",
    idempotent=True,
)
trash_delete = operation(
    operation_id="trash_delete",
    summary="Delete a profile in the trash for good",
    description="With its history. Nobody can bring it back.",
    tags=["profiles"],
    parameters=[_TRASHED],
    responses={204: None},
    errors=[403, 404],
    tagged="write",
)
