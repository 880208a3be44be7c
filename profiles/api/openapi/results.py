"""What becomes of work in the OpenAPI document: of the parts of an import, of pushed changes, of a job."""

from typing import Any

from rest_framework import serializers as drf

from profiles.career.sync.pushes import STATUS_CHOICES
from profiles.portability.json_resume import OUTCOMES
from profiles_project.api.fields import AnyJSON
from profiles_project.api.openapi.schema import ProblemDocument

ITEM_KIND = "A component, `skills.technical`, `skills.soft`, `custom_fields` or `profile`."
ITEM_ID = "The item's; of skills their kind, of a custom field its key."


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


class MemberConflict(drf.Serializer[Any]):
    """The values of a member that both sides have changed; null where there is none, or nobody knows it."""

    base = AnyJSON()
    yours = AnyJSON()
    stored = AnyJSON()


class ChangeProblem(ProblemDocument):
    """Why a change was refused; pointers lead into the body of the request."""

    instance = None  # type: ignore[assignment]  # DRF's way to leave a field out
    request_id = None  # type: ignore[assignment]  # DRF's way to leave a field out
    version = None  # type: ignore[assignment]  # DRF's way to leave a field out


class ChangeResult(drf.Serializer[Any]):
    """What became of a change."""

    kind = drf.CharField(allow_blank=True, help_text=f"{ITEM_KIND} Empty where what was sent is none.")
    id = drf.CharField(allow_null=True, help_text=ITEM_ID)
    status = drf.ChoiceField(STATUS_CHOICES)
    version = drf.IntegerField(allow_null=True, min_value=1, help_text="Of the item as it is stored now.")
    data = drf.DictField(  # type: ignore[assignment]  # a member of that name
        child=AnyJSON(), allow_null=True, help_text="The item as it is stored now; of a list its `order`."
    )
    conflict = drf.DictField(
        child=MemberConflict(), allow_null=True, help_text="What to ask the person, by member; nothing was stored."
    )
    deleted = drf.BooleanField(help_text="Whether the conflict is that the item was deleted; `data` is what it was.")
    problem = ChangeProblem(allow_null=True)


class JobResult(drf.Serializer[Any]):
    """What a job has done; which members there are depends on the job's `kind`."""

    may_lack_members = True

    status = drf.IntegerField(help_text="That of the answer in whose place it stands.")
    etag = drf.CharField(required=False, help_text="Of the profile after a bulk request, an import or a push.")
    ids = drf.ListField(
        child=drf.UUIDField(), required=False, help_text="After a bulk request: the items, in the order sent."
    )
    message = drf.CharField(required=False, help_text="After a request about skills or custom fields.")
    technical = drf.ListField(child=drf.CharField(), required=False, help_text="All technical skills, after theirs.")
    soft = drf.ListField(child=drf.CharField(), required=False, help_text="All soft skills, after theirs.")
    updated_fields = drf.ListField(child=drf.CharField(), required=False, help_text="The keys of custom fields.")
    results = ChangeResult(many=True, required=False, help_text="After a push: of each change, in the order sent.")
    state = drf.CharField(required=False, help_text="After a push: what is stored by then.")
    profile_id = drf.UUIDField(required=False, help_text="After an import: the profile that it made or changed.")
    report = ImportReport(required=False, help_text="After an import.")
    href = drf.CharField(required=False, help_text="The path of an export's file, or of an import's profile.")
    size = drf.IntegerField(required=False, min_value=0, help_text="Of an export's file, in bytes.")
    media_type = drf.CharField(required=False, help_text="Of an export's file.")
    extension = drf.CharField(required=False, help_text="Of an export's file, without a dot.")
    warnings = drf.ListField(
        child=drf.CharField(), required=False, help_text="What a person should know of an export's file, if anything."
    )
