"""Background jobs as their owners see them (contract 4): one row a job, and its changes of state.

Every change of state is one conditional UPDATE that must change its row. Two workers, a sweep, a cancellation and an
erasure may compete for one job, and exactly one of them wins.
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

# The most unfinished jobs a user may have.
MAX_WAITING = 5
# The most runs of a job before it is given up.
MAX_ATTEMPTS = 5
# How long a task may take to reach a worker.
LONGEST_WAIT = dt.timedelta(minutes=5)


def longest_lease() -> dt.timedelta:
    """The longest time that a lease may lie ahead."""
    return max(settings.JOB_LEASE, LONGEST_WAIT)


def answer_json(value: Any) -> str:
    """JSON in the form of our answers, for what a job stores."""
    return orjson.dumps(value, default=DjangoJSONEncoder().default, option=orjson.OPT_UTC_Z).decode()


class JobQuerySet(models.QuerySet["Job"]):
    """Queries for jobs by state."""

    def unfinished(self) -> Self:
        """Jobs that wait or run."""
        return self.filter(status__in=Job.UNFINISHED)

    def lost(self, now: dt.datetime) -> Self:
        """Jobs whose task never reached a worker, or whose worker has been silent for too long.

        A lease longer than any that is given counts as lost too: the clock was set back since.
        """
        return self.unfinished().filter(Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * longest_lease()))

    def cancel(self) -> int:
        """Cancel the unfinished ones and return their number. An effect under way rolls itself back then."""
        ended = self.unfinished().update(status=Job.Status.CANCELLED, finished_at=clock.now(), input="")
        JobFile.objects.filter(job__in=self, job__status=Job.Status.CANCELLED, is_input=True).delete()
        return ended


class Job(models.Model):
    """Work that a worker does for the job's owner: all of it or none, and once."""

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
    # Not a foreign key: the run finds out that its profile was deleted.
    profile_id = models.UUIDField(null=True, blank=True)
    # Tells the profile from one that is made later under the same id.
    profile_created_at = models.DateTimeField(null=True, blank=True)
    # The tags of the request's `If-Match`; null where it had none.
    if_match = models.JSONField(null=True, blank=True)
    # JSON as text. The input is deleted as soon as no run can need it.
    input = models.TextField(blank=True)
    result = models.TextField(null=True, blank=True)
    problem = models.TextField(null=True, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    total = models.PositiveIntegerField(default=1)
    done = models.PositiveIntegerField(default=0)
    # The number of the current run: an earlier run has lost the job.
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
        """Begin a run. False if another worker began it, or it ended."""
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
        """Renew the lease of this run and store its progress. False if the job is no longer this run's."""
        changes = {"lease_until": clock.now() + settings.JOB_LEASE, "done": min(done, self.total)}
        return bool(self._mine().update(**changes))

    def succeed(self, result: Mapping[str, Any]) -> bool:
        """End this run with its result, in the transaction of its effect. False if the run has lost the job."""
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
        # Support can run a job again that failed through no fault of its request, so such a job keeps its input.
        if problem["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self._set(self._mine(), self._failed(problem))
        return self._end({**self._failed(problem), "input": ""})

    def give_up(self, now: dt.datetime, problem: Mapping[str, Any]) -> bool:
        """End a job that was lost too often. Its input stays for finding out why."""
        return self._set(self._lost(now), self._failed(problem))

    @property
    def can_run_again(self) -> bool:
        """Whether it failed through no fault of its request; its input is still there then."""
        if self.status != self.Status.FAILED or self.problem is None:
            return False
        return bool(json.loads(self.problem)["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR)

    def run_again(self, now: dt.datetime) -> bool:
        """Queue a failed job for one more run. False if it has changed meanwhile.

        The count of runs goes on, so that a run that was taken for dead can't be mistaken for the new one.
        """
        failed = Job.objects.filter(pk=self.pk, status=self.Status.FAILED, finished_at=self.finished_at)
        waits = {"status": self.Status.QUEUED, "problem": None, "finished_at": None, "done": 0}
        return self._set(failed, {**waits, "lease_until": now + settings.JOB_LEASE})

    def requeue(self, now: dt.datetime) -> bool:
        """Queue a lost job again. False if another sweep did, or its worker was heard of meanwhile."""
        # The task gets this long before it is filed once more, so that nothing is lost in a long queue.
        wait = min(max(now - self.created_at, settings.JOB_LEASE), LONGEST_WAIT)
        return self._set(self._lost(now), {"status": self.Status.QUEUED, "lease_until": now + wait, "done": 0})

    @contextmanager
    def given(self) -> Iterator[IO[bytes]]:
        """The job's input file, opened for reading. It is held in memory only where it is small."""
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
    """A numbered piece of a job's input or output file, so that no process holds the whole file in memory."""

    PIECE_BYTES: ClassVar[int] = 2**20

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()
    # Input files are deleted when the job ends.
    is_input = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["job", "number"], name="one_piece_a_number"),)

    def __str__(self) -> str:
        return f"{self.job_id} {self.number}"

    @classmethod
    def keep(cls, job: Job, file: IO[bytes], *, is_input: bool = False) -> int:
        """Store a file's content piece by piece. Returns the number of bytes."""
        size = 0
        for number, content in enumerate(iter(lambda: file.read(cls.PIECE_BYTES), b"")):
            cls.objects.create(job=job, number=number, content=content, is_input=is_input)
            size += len(content)
        return size
