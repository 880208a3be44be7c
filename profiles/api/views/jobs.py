"""The routes of background jobs (contract 4)."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Length
from django.http import StreamingHttpResponse
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from profiles.api import openapi
from profiles.api.permissions import IsOwner
from profiles.models import Job, JobFile
from profiles.portability import outcomes
from profiles_project.api.errors import Conflict
from profiles_project.api.negotiation import OwnForm
from profiles_project.api.pagination import paginate
from profiles_project.api.preferences import MINIMAL, RESPOND_ASYNC, prefers_minimal
from profiles_project.database.refusals import Missing
from profiles_project.database.values import parse_id
from profiles_project.words.languages import in_language_of, spoken
from profiles_project.words.sentences import mark
from users.api.views import PrivateView

# After how many seconds a client should look again.
RETRY_AFTER_SECONDS = 1


def summary(job: Job) -> dict[str, Any]:
    """A job in a list, without its result; its problem is worded in the language that is active."""
    return {
        "id": job.pk,
        "kind": job.kind,
        "status": job.status,
        "progress": {"done": job.done, "total": job.total},
        "problem": outcomes.problem(job),
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def shown(request: Request, job: Job, status: int = 200) -> Response:
    """A job, with Retry-After while it has not ended."""
    with in_language_of(request) as language:
        response = spoken(Response({**summary(job), "result": outcomes.result(job)}, status=status), language)
    if job.status in Job.UNFINISHED:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def accepted(request: Request, job: Job) -> Response:
    """202: the request became this job, which is shown unless the client prefers an answer without a body.

    Clients that were generated for one type of answer can't read a job where they expect items.
    """
    is_minimal = prefers_minimal(request)
    response = Response(status=202) if is_minimal else shown(request, job, status=202)
    response["Location"] = f"/api/v1/jobs/{job.pk}"
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Preference-Applied"] = f"{RESPOND_ASYNC}, {MINIMAL}" if is_minimal else RESPOND_ASYNC
    return response


class JobViewSet(ViewSetMixin, PrivateView):
    """The user's jobs: 404 for one that is not there, 403 for somebody else's."""

    permission_classes = (IsAuthenticated, IsOwner)
    lookup_url_kwarg = "job_id"
    job: Job

    def find(self) -> None:
        text = self.kwargs.get("job_id")
        # Without an action the method is none of the route's, which is said of any job.
        if text is None or self.action is None:
            return
        try:
            pk = parse_id(text)
        except ValueError as exc:
            raise Missing.of(Job) from exc
        job = Job.objects.defer("input").filter(pk=pk).first()
        if job is None:
            raise Missing.of(Job)
        self.check_object_permissions(self.request, job)
        self.job = job

    @openapi.jobs_list
    def list(self, request: Request) -> Response:
        """The newest first."""
        with in_language_of(request) as language:
            page = paginate(request, self.account.jobs.defer("input", "result"), "jobs", summary)
        return spoken(page, language)

    @openapi.jobs_retrieve
    def retrieve(self, request: Request, job_id: str) -> Response:
        return shown(request, self.job)

    @openapi.jobs_cancel
    def destroy(self, request: Request, job_id: str) -> Response:
        if not Job.objects.filter(pk=self.job.pk).cancel():
            raise Conflict(mark("This job has already finished and can't be cancelled."))
        return Response(status=204)

    @openapi.jobs_file
    @action(detail=True, content_negotiation_class=OwnForm)
    def file(self, request: Request, job_id: str) -> StreamingHttpResponse:
        """What an export has made."""
        pieces = self.job.pieces.filter(is_input=False)
        size = pieces.aggregate(size=Sum(Length("content")))["size"]
        if size is None or self.job.result is None:
            raise Missing(mark("File not found."))
        made = json.loads(self.job.result)
        # Results of the previous release name no media type: they are archives.
        form, extension = made.get("media_type", "application/zip"), made.get("extension", "zip")
        response = StreamingHttpResponse(_content(pieces), content_type=form)
        response["Content-Length"] = str(size)
        response["Content-Disposition"] = f'attachment; filename="profiles-{self.job.created_at:%Y-%m-%d}.{extension}"'
        return response


def _content(pieces: "QuerySet[JobFile]") -> Iterator[bytes]:
    for number in pieces.values_list("number", flat=True):
        yield bytes(pieces.values_list("content", flat=True).get(number=number))
