"""Work that is put off, as its owner sees it (contract 4): a row a job, and how it goes from state to state.

Every step is one conditional UPDATE that must change its row: two workers, a sweep, a cancellation and an erasure may
all be at one job, and one of them wins.
"""

import datetime as dt
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import IO, Any, ClassVar, Self

import orjson
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from profiles_project.database import clock
from profiles_project.database.values import new_id
from users.models import User

# A user has at most so many jobs that have not ended.
MAX_WAITING = 5
# So often a worker begins a job before it is given up.
MAX_ATTEMPTS = 5
# For a task that is on its way to a worker.
LONGEST_WAIT = dt.timedelta(minutes=5)


def longest_lease() -> dt.timedelta:
    """By how much a lease may lie ahead at most."""
    return max(settings.JOB_LEASE, LONGEST_WAIT)


def answer_json(value: Any) -> str:
    """JSON as answers have it, for what a job keeps."""
    return orjson.dumps(value, default=DjangoJSONEncoder().default, option=orjson.OPT_UTC_Z).decode()


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs, asked for by rule."""

    def unfinished(self) -> Self:
        """Those that wait or run."""
        return self.filter(status__in=Job.UNFINISHED)

    def lost(self, now: dt.datetime) -> Self:
        """Those whose task never came to a worker, or whose worker has not been heard of for too long.

        So are those whose lease is longer than any: the clock by which it was given was set back since.
        """
        return self.unfinished().filter(Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * longest_lease()))

    def cancel(self) -> int:
        """End those that have not ended; returns how many these were. An effect under way rolls itself back then."""
        ended = self.unfinished().update(status=Job.Status.CANCELLED, finished_at=clock.now(), input="")
        JobFile.objects.filter(job__in=self, job__status=Job.Status.CANCELLED, is_input=True).delete()
        return ended


class Job(models.Model):
    """Work that a worker does for its owner: all of it or nothing, and once."""

    class Status(models.TextChoices):
        """Where a job is; from a worker that died it goes back to `queued`."""

        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index of its own: the one of the list below begins with it.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="jobs", db_index=False)
    # The operation id of the request that it stands for.
    kind = models.CharField(max_length=50)
    # Not a foreign key: what becomes of a job whose profile is deleted is for its run to find out.
    profile_id = models.UUIDField(null=True, blank=True)
    # Tells the profile from one that is made later under the same id.
    profile_created_at = models.DateTimeField(null=True, blank=True)
    # The tags of the request's `If-Match`; null where it had none.
    if_match = models.JSONField(null=True, blank=True)
    # JSON, to the letter; the input goes when it can't be needed any more.
    input = models.TextField(blank=True)
    result = models.TextField(null=True, blank=True)
    problem = models.TextField(null=True, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    total = models.PositiveIntegerField(default=1)
    done = models.PositiveIntegerField(default=0)
    # Which run of the job this is: whoever runs an earlier one has lost it.
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(help_text="When the sweep takes it for lost, unless it is heard of before.")
    created_at = clock.Moment()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["user", "-id"], name="job_of_user"),
            models.Index(fields=["lease_until"], condition=Q(finished_at__isnull=True), name="job_unfinished"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="job_finished"),
            models.Index(fields=["-id"], condition=Q(status="failed"), name="job_failed"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, status__in=("queued", "running"))
                | Q(finished_at__isnull=False, status__in=("succeeded", "failed", "cancelled")),
                name="job_finished_has_time",
            ),
        )
        permissions = (("rerun_job", "Can run a failed job again"), ("cancel_job", "Can cancel a job"))

    def __str__(self) -> str:
        return str(self.id)

    def claim(self) -> bool:
        """Begin a run; False if it was begun or ended meanwhile."""
        now = clock.now()
        changes = {
            "status": self.Status.RUNNING,
            "attempts": self.attempts + 1,
            "started_at": self.started_at or now,
            "done": 0,
            "lease_until": now + settings.JOB_LEASE,
        }
        waiting = Job.objects.filter(pk=self.pk, status=self.Status.QUEUED, attempts=self.attempts)
        return self._set(waiting, changes)

    def renew(self, done: int) -> bool:
        """Prolong the lease of this run and write how far it is; False if the run is not the job's any more."""
        changes = {"lease_until": clock.now() + settings.JOB_LEASE, "done": min(done, self.total)}
        return bool(self._mine().update(**changes))

    def succeed(self, result: Mapping[str, Any]) -> bool:
        """End this run with its result, in the transaction of its effect; False, and no right to it, if it was lost."""
        changes = {
            "status": self.Status.SUCCEEDED,
            "result": answer_json(result),
            "done": self.total,
            "input": "",
            "finished_at": clock.now(),
        }
        return self._end(changes)

    def fail(self, problem: Mapping[str, Any]) -> bool:
        """End this run with the problem document that says why; False if it was lost meanwhile."""
        # What failed by no fault of the request's can be run again by support, and so keeps what it was given.
        if problem["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self._set(self._mine(), self._failed(problem))
        return self._end({**self._failed(problem), "input": ""})

    def give_up(self, now: dt.datetime, problem: Mapping[str, Any]) -> bool:
        """End a job that was lost too often; its input stays, for whoever finds out why."""
        return self._set(self._lost(now), self._failed(problem))

    @property
    def can_run_again(self) -> bool:
        """Whether it failed by no fault of the request's: what it was given is still there then."""
        if self.status != self.Status.FAILED or self.problem is None:
            return False
        return bool(json.loads(self.problem)["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR)

    def run_again(self, now: dt.datetime) -> bool:
        """Take a failed job back for one more run; False if it has changed meanwhile.

        Its runs are counted on, so that one that was taken for dead can't be mistaken for the new one.
        """
        failed = Job.objects.filter(pk=self.pk, status=self.Status.FAILED, finished_at=self.finished_at)
        waits = {"status": self.Status.QUEUED, "problem": None, "finished_at": None, "done": 0}
        return self._set(failed, {**waits, "lease_until": now + settings.JOB_LEASE})

    def requeue(self, now: dt.datetime) -> bool:
        """Take back a job that was lost, for another run; False if somebody else did or it was heard of meanwhile."""
        # Its task may be on its way for that long before it is filed once more: in a long queue nothing is lost.
        wait = min(max(now - self.created_at, settings.JOB_LEASE), LONGEST_WAIT)
        return self._set(self._lost(now), {"status": self.Status.QUEUED, "lease_until": now + wait, "done": 0})

    @contextmanager
    def given(self) -> Iterator[IO[bytes]]:
        """The file that it was given, to read from its beginning; in memory only where it is small."""
        with tempfile.SpooledTemporaryFile(JobFile.PIECE_BYTES) as file:
            for content in self.pieces.filter(is_input=True).values_list("content", flat=True).iterator(chunk_size=1):
                file.write(content)
            file.seek(0)
            yield file

    @classmethod
    def _failed(cls, problem: Mapping[str, Any]) -> dict[str, Any]:
        return {"status": cls.Status.FAILED, "problem": answer_json(problem), "finished_at": clock.now()}

    def _lost(self, now: dt.datetime) -> JobQuerySet:
        return Job.objects.lost(now).filter(pk=self.pk, status=self.status, attempts=self.attempts)

    def _mine(self) -> JobQuerySet:
        return Job.objects.filter(pk=self.pk, status=self.Status.RUNNING, attempts=self.attempts)

    def _end(self, changes: Mapping[str, Any]) -> bool:
        if is_mine := self._set(self._mine(), changes):
            self.pieces.filter(is_input=True).delete()
        return is_mine

    def _set(self, rows: JobQuerySet, changes: Mapping[str, Any]) -> bool:
        if not rows.update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True


class JobFile(models.Model):
    """A piece of the file that a job was given or has made; numbered, so that nobody need hold all of it in memory."""

    PIECE_BYTES: ClassVar[int] = 2**20

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()
    # What a job was given goes with its end.
    is_input = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["job", "number"], name="one_piece_a_number"),)

    def __str__(self) -> str:
        return f"{self.job_id} {self.number}"

    @classmethod
    def keep(cls, job: Job, file: IO[bytes], *, is_input: bool = False) -> int:
        """Store a file's content piece by piece; how many bytes."""
        size = 0
        for number, content in enumerate(iter(lambda: file.read(cls.PIECE_BYTES), b"")):
            cls.objects.create(job=job, number=number, content=content, is_input=is_input)
            size += len(content)
        return size
