"""Jobs in the desk."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from profiles.desk.lists import CountedFilter, WordFilter
from profiles.desk.pages.glance import why_failed
from profiles.desk.pages.traces import TraceAdmin
from profiles.desk.wording import words
from profiles.models import Job
from profiles.tasks import EXPORT, IMPORT, PROFILE_EXPORT


class StatusFilter(CountedFilter):
    """By the state of a job."""

    title = "status"
    # As Django calls its own, so that addresses made for that one work.
    parameter_name = "status__exact"
    choice = {status.value: (status.label, Q(status=status)) for status in Job.Status}


@admin.register(Job)
class JobAdmin(TraceAdmin):
    """Background jobs: their progress and failures. Input and result are shown to the owner only."""

    list_display = ("what", "person", "status", "why", "progress", "attempts", "created_at", "finished_at")
    list_filter = (StatusFilter, WordFilter.of("kind", (EXPORT, PROFILE_EXPORT, IMPORT)))
    fields = (
        *("id", "person", "what", "profile_id", "status", "progress", "attempts"),
        *("created_at", "started_at", "finished_at", "lease_until", "why"),
    )
    readonly_fields = fields

    @admin.display(description="job", ordering="kind")
    def what(self, job: Job) -> str:
        """What the job does, in words."""
        return words(job.kind)

    @admin.display
    def progress(self, job: Job) -> str:
        """How many of how many items."""
        return f"{job.done} of {job.total}"

    @admin.display(description="problem")
    def why(self, job: Job) -> str:
        """Why it failed, without what a field's own sentence might quote."""
        return why_failed(job)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).defer("input", "result")
