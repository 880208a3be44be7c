"""How the OpenAPI document describes the routes of profiles: a decorator for each method, with an example each way."""

import functools
from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    inline_serializer,
)
from rest_framework import serializers as drf

from profiles import examples, serializers
from profiles.models import COMPONENTS, Component, Job
from profiles_project.http.fields import Document
from profiles_project.http.schema import ProblemDocument, operation, page_of, page_parameters, path_id
from users.openapi import PASSWORD

PROFILE_ID = path_id("profile_id", "The profile; one of somebody else is 403, one that does not exist 404.")
ITEM_ID = path_id("item_id", "The item, looked up inside the profile.")


def variant(base: type[Document], name: str, required: tuple[str, ...], **members: Any) -> Any:
    """The same body with other required fields: how the schema shows what a partial change needs not carry."""
    return type(name, (base,), {"schema_required": required, "__doc__": base.__doc__, **members})


def _nested(model: type[Component]) -> Any:
    return ITEM_PATCHES[model](many=True, required=False, allow_null=True, max_length=model.max_rows)


# An item of a PATCH, of a bulk PUT, of a bulk PATCH.
ITEM_PATCHES = {m: variant(s, f"{m.__name__}Patch", ()) for m, s in serializers.ITEM_SERIALIZERS.items()}
ITEM_UPDATES = {
    m: variant(s, f"{m.__name__}Update", ("id", *(n for n, f in s().fields.items() if f.required)))
    for m, s in serializers.ITEM_SERIALIZERS.items()
}
ITEM_BULK_PATCHES = {m: variant(s, f"{m.__name__}BulkPatch", ("id",)) for m, s in serializers.ITEM_SERIALIZERS.items()}
PERSONAL_INFO_CHANGE = variant(serializers.PersonalInfoSerializer, "PersonalInfoChange", ())
PROFILE_CHANGE = variant(serializers.ProfileSerializer, "ProfileChange", (), personal_info=PERSONAL_INFO_CHANGE())
SKILLS_PATCH = variant(
    serializers.SkillsSerializer,
    "SkillsPatch",
    (),
    **{model.plural: _nested(model) for model in COMPONENTS if model.in_skills},
)


class ProfilePatch(PROFILE_CHANGE):  # type: ignore[misc, valid-type]  # a class made by `variant`
    """What of the document shall change. An item with a known id may lack what stays as it is; a new one may not."""

    schema_required = ()
    skills = SKILLS_PATCH(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        lists = {model.plural: _nested(model) for model in COMPONENTS if not model.in_skills}
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


class SkillsUpdated(serializers.SkillsSerializer):
    """The whole skills section after the change."""

    message = drf.CharField()


class JobProgress(drf.Serializer[Any]):
    """How far a job is, in items."""

    done = drf.IntegerField(min_value=0)
    total = drf.IntegerField(min_value=0)


class JobSummary(drf.Serializer[Any]):
    """Work in the background."""

    id = drf.UUIDField()
    kind = drf.CharField(help_text="The operation id of the request that it stands for.")
    status = drf.ChoiceField(Job.Status.choices)
    progress = JobProgress()
    problem = ProblemDocument(allow_null=True, help_text="Why it failed: what the request would have got.")
    created_at = drf.DateTimeField()
    started_at = drf.DateTimeField(allow_null=True)
    finished_at = drf.DateTimeField(allow_null=True)


class JobDocument(JobSummary):
    """Work in the background, with its result once it has succeeded.

    The result has the `status` of the answer in whose place it stands. A bulk request's has the `etag` of the profile
    after it, and the `ids` of the items in the order sent, or for skills and custom fields the members of that answer;
    an export's has the `href` of its file and the `size` in bytes.
    """

    result = drf.DictField(allow_null=True)


def _deferrable(options: dict[str, Any], *, always: bool = False) -> dict[str, Any]:
    """The options of an operation that may answer 202 with a job."""
    when = "asked for" if always else f"asked for, or more than {serializers.BULK_LIMIT} items"
    accepted = OpenApiResponse(
        JobDocument,
        description=f"{when.capitalize()}: a job does it. `Location` is its address, `Retry-After` when to look.",
    )
    prefer = OpenApiParameter(
        "Prefer",
        str,
        OpenApiParameter.HEADER,
        description="`respond-async` (RFC 7240) puts the work off: the input is judged, and the answer is 202.",
    )
    shown = OpenApiExample("Job", examples.job(), response_only=True, status_codes=["202"])
    return {
        **options,
        "responses": {**options["responses"], 202: accepted},
        "parameters": [*options.get("parameters", ()), prefer],
        "examples": [shown],
    }


def _below(**options: Any) -> Callable[[Any], Any]:
    parameters = [PROFILE_ID, *options.pop("parameters", ())]
    return operation(below_profile=True, parameters=parameters, **options)


def _bulk(**options: Any) -> Callable[[Any], Any]:
    return _below(**_deferrable(options))


def _profile(**options: Any) -> Callable[[Any], Any]:
    return _below(tags=["profiles"], **options)


_LISTED = page_of("ProfilePage", "profiles", serializers.ProfileSummarySerializer)
_ANSWER: dict[str, Any] = {
    "responses": {200: serializers.ProfileSerializer},
    "response_example": examples.PROFILE,
}
_CREATED: dict[str, Any] = {
    "responses": {201: serializers.ProfileSerializer},
    "response_example": examples.PROFILE,
}
_LARGE = (
    f"Of more than {serializers.BULK_LIMIT} items, up to {serializers.JOB_LIMIT}, a job is made; all of them are stored"
    " or none, in either case."
)
_KEEPS = "What is absent keeps its stored value, inside `personal_info` and inside an item too; null clears."

profiles_list = operation(
    operation_id="profiles_list",
    summary="List your profiles",
    description="Oldest first, with how many items each list has instead of the items.",
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
    tags=["profiles"],
    errors=[404],
    tagged="read",
    **_ANSWER,
)
profiles_retrieve = _profile(operation_id="profiles_retrieve", summary="Read a profile", tagged="read", **_ANSWER)
profiles_update = _profile(
    operation_id="profiles_update",
    summary="Replace what is sent of a profile",
    description=f"A list that is sent becomes the whole list; its items carry their required fields. {_KEEPS}",
    request=PROFILE_CHANGE,
    request_example=examples.NEW_PROFILE,
    errors=[409],
    tagged="write",
    **_ANSWER,
)
profiles_partial_update = _profile(
    operation_id="profiles_partial_update",
    summary="Change a part of a profile",
    description=f"A list that is sent becomes the whole list. {_KEEPS}",
    request=ProfilePatch,
    request_example={"professional_summary": examples.SUMMARY, "personal_info": {"location": "Marylebone, London"}},
    errors=[409],
    tagged="write",
    **_ANSWER,
)
profiles_delete = _profile(
    operation_id="profiles_delete",
    summary="Delete a profile and all below it",
    description="If it was the active one, the newest that remains becomes active.",
    responses={204: None},
    tagged="write",
)
profiles_activate = _profile(
    operation_id="profiles_activate",
    summary="Make a profile the active one",
    tagged="write",
    idempotent=True,
    **_ANSWER,
)
profiles_duplicate = _profile(
    operation_id="profiles_duplicate",
    summary="Copy a profile",
    description="A deep copy with ids of its own. The body is optional.",
    request=serializers.DuplicateBody,
    request_example={"label": "For research jobs"},
    tagged="write",
    idempotent=True,
    **{**_CREATED, "response_example": {**examples.PROFILE, "label": "For research jobs", "version": 1}},
)
profiles_analytics = _profile(
    operation_id="profiles_analytics",
    summary="How complete a profile is",
    responses={200: Analytics},
    response_example=examples.ANALYTICS,
    tagged="read",
)

skills_retrieve = _below(
    operation_id="skills_retrieve",
    summary="Read the skills section",
    tags=["skills"],
    responses={200: serializers.SkillsSerializer},
    response_example=examples.SKILLS,
    tagged="read",
)
skills_update = _below(
    operation_id="skills_update",
    summary="Replace what is sent of the skills section",
    tags=["skills"],
    request=serializers.SkillsSerializer,
    request_example=examples.SKILLS,
    responses={200: SkillsUpdated},
    response_example={"message": "Skills updated successfully", **examples.SKILLS},
    errors=[409],
    tagged="write",
)
custom_fields_retrieve = _below(
    operation_id="custom_fields_retrieve",
    summary="Read the custom fields",
    tags=["custom fields"],
    responses={200: serializers.CUSTOM_FIELDS_SCHEMA},
    response_example=examples.CUSTOM_FIELDS,
    tagged="read",
)
_UPDATED = inline_serializer(
    "CustomFieldsUpdated", {"message": drf.CharField(), "updated_fields": drf.ListField(child=drf.CharField())}
)
custom_fields_add = _bulk(
    operation_id="custom_fields_add",
    summary="Add or overwrite custom fields",
    tags=["custom fields"],
    request=serializers.CustomFieldsBody,
    request_example={"fields": [{"key": "notice_period_weeks", "value": 6}]},
    responses={201: _UPDATED},
    response_example={
        "message": "1 custom field updated successfully",
        "updated_fields": ["notice_period_weeks"],
    },
    tagged="write",
    idempotent=True,
)
custom_fields_update = _below(
    operation_id="custom_fields_update",
    summary="Replace all custom fields",
    tags=["custom fields"],
    request={"application/json": serializers.CUSTOM_FIELDS_SCHEMA},
    request_example=examples.CUSTOM_FIELDS,
    responses={200: serializers.CUSTOM_FIELDS_SCHEMA},
    response_example=examples.CUSTOM_FIELDS,
    tagged="write",
)
custom_fields_delete = _bulk(
    operation_id="custom_fields_delete",
    summary="Remove custom fields",
    description="By the body or by `?keys=`; a key that is not there is no error.",
    tags=["custom fields"],
    request=serializers.KeysBody,
    request_example={"keys": ["notice_period_weeks"]},
    responses={204: None},
    parameters=[
        OpenApiParameter("keys", str, OpenApiParameter.QUERY, many=True, description="Instead of a body: one key each.")
    ],
    tagged="write",
)


@functools.cache
def _skill_names(kind: str) -> Any:
    members: dict[str, Any] = {"message": drf.CharField(), kind: drf.ListField(child=drf.CharField())}
    return inline_serializer(f"{kind.title()}Skills", members)


def skill_names_add(kind: str) -> Callable[[Any], Any]:
    """POST of one kind of skills."""
    return _bulk(
        operation_id=f"skills_{kind}_add",
        summary=f"Add {kind} skills",
        description="One that is there already, in whatever case, stays once.",
        tags=["skills"],
        request=serializers.SkillsBody,
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
    return _bulk(
        operation_id=f"skills_{kind}_delete",
        summary=f"Remove {kind} skills",
        description="By the body or by `?skills=`; one that is not there is no error.",
        tags=["skills"],
        request=serializers.SkillsBody,
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
        self.serializer = serializers.ITEM_SERIALIZERS[model]
        self.example = examples.ITEMS[self.plural]
        self.change = examples.CHANGES[self.plural]
        self.changed = {**self.example, **self.change}
        self.page: dict[str, Any] = {
            "responses": {200: page_of(f"{model.__name__}Page", self.plural, self.serializer)},
            "response_example": examples.page(self.plural, self.example),
        }
        # Where a body is a list, drf-spectacular makes a list of the example itself.
        self.many: dict[str, Any] = {
            "responses": {200: self.serializer(many=True)},
            "response_example": self.changed,
        }
        self.single: dict[str, Any] = {"responses": {200: self.serializer}, "response_example": self.changed}

    def _below(self, action: str, summary: str, **options: Any) -> Callable[[Any], Any]:
        return _below(operation_id=f"{self.plural}_{action}", summary=summary, tags=[self.plural], **options)

    def _bulk(self, action: str, summary: str, **options: Any) -> Callable[[Any], Any]:
        return self._below(action, summary, **_deferrable(options))

    def on_lists(self) -> dict[str, Callable[[Any], Any]]:
        """Reading the list and putting it in order."""
        return {
            "list": self._below(
                "list", f"List the {self.plural}", parameters=page_parameters(), tagged="read", **self.page
            ),
            "reorder": self._bulk(
                "reorder",
                f"Put the {self.plural} in order",
                request=serializers.OrderBody,
                request_example={"ids": [self.example["id"]]},
                parameters=page_parameters(),
                tagged="write",
                **self.page,
            ),
        }

    def on_many(self) -> dict[str, Callable[[Any], Any]]:
        """Changes of several items in one request."""
        name = f"{self.model.__name__}OneOrMany"
        in_query = OpenApiParameter("ids", str, OpenApiParameter.QUERY, description="Instead of a body, with commas.")
        return {
            "bulk_create": self._bulk(
                "bulk_create",
                f"Add {self.plural}",
                description=f"An array of items or one object; the answer has the same form. {_LARGE}",
                request=_one_or_many(name, self.serializer),
                request_example=[examples.new(self.example)],
                responses={201: _one_or_many(f"{name}Answer", self.serializer)},
                response_example=[self.example],
                errors=[409],
                tagged="write",
                idempotent=True,
            ),
            "bulk_update": self._bulk(
                "bulk_update",
                f"Update several {self.plural}",
                description=f"Each named item gets what is sent for it. {_KEEPS} {_LARGE}",
                request=_array(ITEM_UPDATES[self.model]),
                request_example=self.changed,
                tagged="write",
                **self.many,
            ),
            "bulk_partial_update": self._bulk(
                "bulk_partial_update",
                f"Change parts of several {self.plural}",
                request=_array(ITEM_BULK_PATCHES[self.model]),
                request_example={"id": self.example["id"], **self.change},
                tagged="write",
                **self.many,
            ),
            "bulk_delete": self._bulk(
                "bulk_delete",
                f"Delete several {self.plural}",
                description="By the body or by `?ids=a,b`; with an unknown id nothing is deleted.",
                request=serializers.IDS_BODIES[self.model],
                request_example={f"{self.model.singular}_ids": [self.example["id"]]},
                responses={204: None},
                parameters=[in_query],
                tagged="write",
            ),
        }

    def on_one(self) -> dict[str, Callable[[Any], Any]]:
        """Reading and changing one item."""
        one = f"one of the {self.plural}"
        place: dict[str, Any] = {"parameters": [ITEM_ID]}
        return {
            "retrieve": self._below("retrieve", f"Read {one}", tagged="read", **place, **self.single),
            "update": self._below(
                "update",
                f"Update {one}",
                description=_KEEPS,
                request=self.serializer,
                request_example=self.changed,
                tagged="write",
                **place,
                **self.single,
            ),
            "partial_update": self._below(
                "partial_update",
                f"Change a part of {one}",
                request=ITEM_PATCHES[self.model],
                request_example=self.change,
                tagged="write",
                **place,
                **self.single,
            ),
            "delete_one": self._below("delete", f"Delete {one}", responses={204: None}, tagged="write", **place),
        }

    def by_action(self) -> dict[str, Callable[[Any], Any]]:
        """All of them."""
        return {**self.on_lists(), **self.on_many(), **self.on_one()}


def _array(child: Any) -> Any:
    return child(many=True, min_length=1, max_length=serializers.JOB_LIMIT)


def _one_or_many(name: str, child: type[Document]) -> Any:
    return PolymorphicProxySerializer(
        component_name=name, serializers=[child, _array(child)], resource_type_field_name=None, many=False
    )


class OwnData(drf.Serializer[Any]):
    """Everything stored about the user."""

    exported_at = drf.DateTimeField()
    account = drf.DictField()
    sessions = drf.ListField(child=drf.DictField())
    mails = drf.ListField(child=drf.DictField())
    requests = drf.ListField(child=drf.DictField(), help_text="Those that carried an idempotency key.")
    security_events = drf.ListField(child=drf.DictField())
    jobs = drf.ListField(child=drf.DictField())
    profiles = serializers.ProfileSerializer(many=True)


own_data = operation(
    operation_id="auth_me_export",
    summary="Take along everything stored about you",
    description="With `Prefer: respond-async` as a ZIP of the same parts, which a job makes.",
    tags=["auth"],
    **_deferrable({"responses": {200: OwnData}}, always=True),
    response_example={
        "exported_at": "2026-02-01T18:00:00Z",
        "account": {"id": 17, "email": "ada@example.com", "full_name": "Ada Lovelace"},
        "sessions": [],
        "mails": [],
        "requests": [],
        "security_events": [],
        "jobs": [],
        "profiles": [examples.PROFILE],
    },
)
erase = operation(
    operation_id="auth_me_erase",
    summary="Erase your account and everything of it",
    description="There is no way back.",
    tags=["auth"],
    request=serializers.PasswordBody,
    request_example={"password": PASSWORD},
    responses={204: None},
)

JOB_ID = path_id("job_id", "The job; one of somebody else is 403, one that does not exist 404.")


def _job(**options: Any) -> Callable[[Any], Any]:
    return operation(tags=["jobs"], parameters=[JOB_ID], errors=[403, 404, *options.pop("errors", ())], **options)


jobs_list = operation(
    operation_id="jobs_list",
    summary="List your jobs",
    description="The newest first, without their results. A job is kept for 7 days after its end.",
    tags=["jobs"],
    responses={200: page_of("JobPage", "jobs", JobSummary)},
    response_example=examples.page("jobs", {k: v for k, v in examples.job().items() if k != "result"}),
    parameters=page_parameters(),
)
jobs_retrieve = _job(
    operation_id="jobs_retrieve",
    summary="See how a job is going",
    description="While it has not ended, `Retry-After` says when it is worth while to look again.",
    responses={200: JobDocument},
    response_example=examples.job("succeeded"),
)
jobs_cancel = _job(
    operation_id="jobs_cancel",
    summary="Cancel a job",
    description="Nothing of it is stored then. One that has ended is 409.",
    responses={204: None},
    errors=[409],
)
jobs_file = _job(
    operation_id="jobs_file",
    summary="Fetch the file that an export has made",
    description="Kept as long as the job; of several exports the five newest keep their files.",
    responses={(200, "application/zip"): OpenApiTypes.BINARY},
)
