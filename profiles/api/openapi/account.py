"""A person's own data and their jobs in the OpenAPI document."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers as drf

from profiles.api import examples
from profiles.api.openapi.shared import ANY_FORM, FILE, JobDocument, JobSummary, deferrable
from profiles.career import requests, serializers
from profiles_project.api.openapi.operations import operation, page_of, page_parameters, path_id, tells
from users.api.openapi import NOT_FOR_STAFF, PASSWORD


class TrashedDocument(serializers.ProfileSerializer):
    """A whole profile in the trash."""

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "deleted_at": drf.DateTimeField()}


class StoredRevision(drf.Serializer[Any]):
    """A revision as it is stored."""

    version = drf.IntegerField(min_value=1)
    created_at = drf.DateTimeField()
    actor = drf.CharField(help_text="`you`, `support`, `import` or `job`.")
    action = drf.CharField()
    device = drf.CharField(allow_blank=True)
    reverts = drf.IntegerField(allow_null=True, min_value=1)
    changes = drf.DictField(help_text="What it has overwritten, moved or deleted, and the ids of what it created.")


class ProfileHistory(drf.Serializer[Any]):
    """All that is kept of a profile's history, the newest first."""

    profile_id = drf.UUIDField()
    revisions = StoredRevision(many=True)


class OwnData(drf.Serializer[Any]):
    """Everything stored about the user."""

    exported_at = drf.DateTimeField()
    account = drf.DictField()
    sessions = drf.ListField(child=drf.DictField())
    mails = drf.ListField(child=drf.DictField())
    requests = drf.ListField(child=drf.DictField(), help_text="Those that carried an idempotency key.")
    security_events = drf.ListField(child=drf.DictField())
    second_factors = drf.ListField(child=drf.DictField(), help_text="Of staff; without their secrets.")
    jobs = drf.ListField(child=drf.DictField())
    imports = drf.ListField(child=drf.DictField(), help_text="What is remembered of them, without what they brought.")
    profiles = serializers.ProfileSerializer(many=True)
    trash = TrashedDocument(many=True)
    history = ProfileHistory(many=True, help_text="Of all profiles, those in the trash included.")


own_data = operation(
    operation_id="auth_me_export",
    summary="Take along everything stored about you",
    description="With `Prefer: respond-async` as a ZIP of the same parts, which a job makes.",
    tags=["auth"],
    **deferrable({"responses": {200: OwnData}}),
    response_example={
        "exported_at": "2026-02-01T18:00:00Z",
        "account": {"id": 17, "email": "ada@example.com", "full_name": "Ada Lovelace"},
        "sessions": [],
        "mails": [],
        "requests": [],
        "security_events": [],
        "second_factors": [],
        "jobs": [],
        "imports": [],
        "profiles": [examples.PROFILE],
        "trash": [],
        "history": [{"profile_id": examples.PROFILE["id"], "revisions": [examples.STORED_REVISION]}],
    },
)
erase = operation(
    operation_id="auth_me_erase",
    summary="Erase your account and everything of it",
    description=f"There is no way back. {NOT_FOR_STAFF}",
    tags=["auth"],
    request=requests.PasswordBody,
    request_example={"password": PASSWORD},
    responses={204: None},
    errors=[403],
)

JOB_ID = path_id("job_id", "The job; one of somebody else is 403, one that does not exist 404.")


def _job(**options: Any) -> Callable[[Any], Any]:
    errors, parameters = options.pop("errors", ()), options.pop("parameters", ())
    return operation(tags=["jobs"], parameters=[JOB_ID, *parameters], errors=[403, 404, *errors], **options)


jobs_list = operation(
    operation_id="jobs_list",
    summary="List your jobs",
    description="The newest first, without their results. A job is kept for 7 days after its end, if it "
    "is one of the newest 1,000.",
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
    parameters=[tells("Retry-After", 200)],
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
    description="Kept as long as the job; of several exports of a kind the five newest keep their files.",
    responses={(200, ANY_FORM): FILE},
)
