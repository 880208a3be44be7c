"""Jobs: filed by requests, run by workers, swept up where a worker died. docs/architecture.md tells the whole way."""

import datetime as dt
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import IO, Any, Self

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.http import Http404
from django.utils import timezone
from django_tasks import task

from profiles import exports
from profiles.models import Job, JobFile, Profile
from profiles.models.jobs import MAX_ATTEMPTS, MAX_WAITING, as_text
from profiles.operations import OPERATIONS, Operation
from profiles_project.http.conditional import IfMatch
from profiles_project.http.context import request_id, user_id
from profiles_project.http.errors import InternalError, Problem, document, to_problem
from users.models import User

logger = logging.getLogger(__name__)

EXPORT = "auth_me_export"
# How often a run says that it goes on, and how far it is.
BEAT_SECONDS = 1
PIECE_BYTES = 2**20
# A user's newest; those before lose their files.
MAX_ARCHIVES = 5
KEEP = dt.timedelta(days=7)
# A sweep that finds more leaves the rest to the next one.
SWEEP_LIMIT = 500


class TooManyJobs(Problem):
    """429: the user has as many jobs under way as one may have."""

    status_code = 429
    slug = "too-many-jobs"
    title = "Too many jobs"

    def __init__(self) -> None:
        text = f"You have {MAX_WAITING} jobs under way already; please wait until one has ended."
        super().__init__(text, headers={"Retry-After": "5"})


class GivenUp(Problem):
    """500: the job was begun again and again, and no run came to its end."""

    status_code = 500
    slug = "given-up"
    title = "Given up"
    default_detail = f"This was begun {MAX_ATTEMPTS} times and never came to its end; nothing was stored."


class Lost(Exception):
    """The run is not the job's any more: it was cancelled, erased with its owner, or begun again by another worker."""


# Filing -----------------------------------------------------------------------------------------------------------


def file_operation(profile: Profile, operation: Operation, data: Any, if_match: IfMatch) -> Job:
    """A job that does to the profile what a bulk request asks for.

    Raises what the request would get if it was carried out now, but for `If-Match`, which is judged by the run; and
    TooManyJobs.
    """
    judged = operation.judge(data)
    with transaction.atomic():
        owner = _make_room(profile.user_id)
        with _rehearsal(), Profile.objects.revise(profile.pk) as rehearsed:
            operation.apply(rehearsed, judged)
        tags = None if if_match.tags is None else list(if_match.tags)
        size = operation.size(data)
        return _file(
            owner,
            operation.kind,
            total=size,
            input=as_text(operation.kept(data)),
            profile_id=profile.pk,
            profile_created_at=profile.created_at,
            if_match=tags,
        )


def file_export(user: User) -> Job:
    """A job that makes an archive of everything stored about the user. Raises TooManyJobs."""
    with transaction.atomic():
        owner = _make_room(user.pk)
        return _file(owner, EXPORT, total=Profile.objects.filter(user=owner).count())


def _make_room(user: int) -> User:
    """The user, locked, so that of many requests at once none slips past the limit. Raises TooManyJobs."""
    owner = User.objects.select_for_update(no_key=True).get(pk=user)
    if Job.objects.unfinished().filter(user=owner).count() >= MAX_WAITING:
        raise TooManyJobs
    return owner


@contextmanager
def _rehearsal() -> Iterator[None]:
    """Undoes what is done inside, whose only purpose is to fail if it must."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _file(owner: User, kind: str, **values: Any) -> Job:
    job = Job.objects.create(user=owner, kind=kind, lease_until=timezone.now() + settings.JOB_LEASE, **values)
    transaction.on_commit(lambda: put_off(job))
    return job


def put_off(job: Job) -> None:
    """File the job's task. A queue that is away loses nothing: the sweep files it again."""
    try:
        run_job.enqueue(str(job.pk))
    except Exception as exc:  # noqa: BLE001  # each backend fails in its own way, and the job itself is stored
        logger.error("job %s was not queued: %s", job.pk, type(exc).__name__)  # noqa: TRY400  # may quote what was sent


# Running ----------------------------------------------------------------------------------------------------------


# What a job does inside the transaction of its success, giving its result.
Effect = Callable[[], Mapping[str, Any]]


class Pulse:
    """Says once a second, from a thread of its own, that a run goes on and how far it is.

    The run's own transaction can't: what it writes is seen by nobody before its end.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.done = 0
        self.is_lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"pulse of {job.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ended.set()
        self._thread.join()

    def step(self) -> None:
        """One more part is done. Raises Lost where it is in vain to go on."""
        self.done += 1
        if self.is_lost:
            raise Lost

    def _beat(self) -> None:
        try:
            while not self._ended.wait(BEAT_SECONDS):
                self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        try:
            self.is_lost = not self.job.renew(self.done)
        except (DatabaseError, InterfaceError) as exc:
            # The run itself will meet it; on SQLite this write waits for that of the run.
            logger.warning("job %s: its lease was not renewed (%s)", self.job.pk, type(exc).__name__)
            connection.close()


@task()
def run_job(job_id: str) -> None:
    """Do what the job says, unless it was done, cancelled or begun by somebody else; raises nothing."""
    job = Job.objects.select_related("user").filter(pk=job_id, status=Job.Status.QUEUED).first()
    if job is None or not job.claim():
        return
    noted = request_id.set(str(job.pk)), user_id.set(job.user_id)
    try:
        with Pulse(job) as pulse:
            _run(job, pulse)
    finally:
        request_id.reset(noted[0])
        user_id.reset(noted[1])


def _run(job: Job, pulse: Pulse) -> None:
    try:
        problem = _outcome(job, pulse)
        if problem:
            # Not while the error is handled: what fails here must not quote it in its traceback.
            job.fail(problem_document(job, problem))
    except (DatabaseError, InterfaceError) as exc:
        # It goes on when the lease is over.
        logger.warning("job %s: the database failed (%s)", job.pk, type(exc).__name__)


def _outcome(job: Job, pulse: Pulse) -> Problem | None:
    """Why the run has failed, None where it has not. Raises what the database raises while it is away."""
    try:
        _perform(job, pulse)
    except Lost:
        logger.info("job %s was lost or cancelled while it ran", job.pk)
    except (OperationalError, InterfaceError):
        raise
    except Exception as exc:  # whatever it is, the owner must learn that it failed
        problem = to_problem(exc, body_label=_label(job))
        if problem is None:
            logger.exception("job %s failed", job.pk)
        return problem or InternalError()
    return None


def _perform(job: Job, pulse: Pulse) -> None:
    if not job.user.is_active:
        raise Problem("The account is inactive.", status=403)
    with PERFORM[job.kind](job, pulse) as effect, transaction.atomic():
        # Effect and success commit together; a run that was lost meanwhile takes its effect back.
        if not job.succeed(effect()):
            raise Lost


def _label(job: Job) -> str:
    operation = OPERATIONS.get(job.kind)
    return operation.label if operation else ""


def problem_document(job: Job, problem: Problem) -> dict[str, Any]:
    """Why the job failed, as its owner is told."""
    return {**document(problem, f"/api/v1/jobs/{job.pk}"), "request_id": str(job.pk)}


@contextmanager
def _operate(operation: Operation, job: Job, pulse: Pulse) -> Iterator[Effect]:
    yield partial(_apply, operation, job, operation.judge(json.loads(job.input)))


def _apply(operation: Operation, job: Job, judged: Any) -> Mapping[str, Any]:
    if job.profile_id is None:
        raise Http404
    with Profile.objects.revise(job.profile_id) as profile:
        # It may have been deleted, and another one made under its id since.
        if (profile.user_id, profile.created_at) != (job.user_id, job.profile_created_at):
            raise Http404
        IfMatch(None if job.if_match is None else tuple(job.if_match)).check(profile.pk, profile.version)
        body = operation.apply(profile, judged)
    return operation.result(body, profile)


@contextmanager
def _export(job: Job, pulse: Pulse) -> Iterator[Effect]:
    # Before the transaction, which on SQLite would keep everybody else from writing.
    with exports.archive_of(job.user, pulse.step) as archive:
        yield partial(_keep, job, archive)


def _keep(job: Job, archive: IO[bytes]) -> Mapping[str, Any]:
    for number, content in enumerate(iter(lambda: archive.read(PIECE_BYTES), b"")):
        JobFile.objects.create(job=job, number=number, content=content)
    others = job.user.jobs.filter(kind=EXPORT).exclude(pk=job.pk).order_by("-id")
    JobFile.objects.filter(job__in=list(others.values_list("pk", flat=True)[MAX_ARCHIVES - 1 :])).delete()
    return {"status": 200, "href": f"/api/v1/jobs/{job.pk}/file", "size": archive.tell()}


# What does each kind of job: what may be done before the transaction, then the effect.
PERFORM: dict[str, Callable[[Job, Pulse], AbstractContextManager[Effect]]] = {
    **{kind: partial(_operate, operation) for kind, operation in OPERATIONS.items()},
    EXPORT: _export,
}


# The schedule -----------------------------------------------------------------------------------------------------


def sweep_jobs() -> int:
    """File again what got lost on its way or with its worker; how many jobs. One that was begun too often fails."""
    now = timezone.now()
    filed = 0
    for job in Job.objects.lost(now).defer("input").order_by("lease_until")[:SWEEP_LIMIT]:
        if job.attempts >= MAX_ATTEMPTS:
            if job.give_up(now, problem_document(job, GivenUp())):
                logger.error("job %s was given up after %d runs", job.pk, job.attempts)
        elif job.requeue(now):
            put_off(job)
            filed += 1
    return filed


def prune_jobs() -> int:
    """Delete jobs that ended long ago, with their files; how many rows."""
    rows, _ = Job.objects.filter(finished_at__lt=timezone.now() - KEEP).delete()
    return rows
