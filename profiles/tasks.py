"""Jobs: filed by requests, run by workers, filed again after a worker died. docs/architecture.md describes the flow."""

import datetime as dt
import io
import json
import logging
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import IO, Any, Self

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Q
from django_tasks import task

from profiles.career import rendering
from profiles.career.operations import Operation
from profiles.career.sync.pushes import ALL_OPERATIONS
from profiles.models import Actor, Cause, Job, JobFile, Origin, Profile, usage
from profiles.models.jobs import MAX_ATTEMPTS, MAX_WAITING, answer_json
from profiles.portability import exports, imports, outcomes
from profiles.portability.persons import OTHER, SAME
from profiles.portability.rereading import Rereading
from profiles_project.api.conditional import IfMatch
from profiles_project.api.errors import About, InternalError, Problem, document, is_unavailable, to_problem
from profiles_project.database import clock
from profiles_project.database.refusals import Missing, Stale
from profiles_project.observe.context import request_id, user_id
from profiles_project.observe.tracing import work_span
from profiles_project.pruning import Outdated
from profiles_project.words.sentences import mark, say
from profiles_project.words.wording import ENGLISH
from users.models import User

logger = logging.getLogger(__name__)

EXPORT = "auth_me_export"
PROFILE_EXPORT = outcomes.PROFILE_EXPORT
IMPORT = imports.KIND
# The interval at which a run renews its lease and stores its progress.
BEAT_SECONDS = 1
# The most files that a user's exports keep: older ones are deleted.
MAX_ARCHIVES = 5
KEEP = dt.timedelta(days=7)
# The most ended jobs that a user keeps: the oldest are deleted first.
MAX_ENDED = 1_000
# A sweep that finds more leaves the rest to the next one.
SWEEP_LIMIT = 500
SCORE_LIMIT = 500
SCORED_AT_ONCE = 25
# How many profiles one turn checks for missing byte counts.
COUNT_LIMIT = 1_000
COUNTED_AT_ONCE = 25


class TooManyJobs(Problem):
    """429: the user has as many jobs under way as one may have."""

    status_code = 429
    slug = "too-many-jobs"
    title = mark("Too many jobs")

    def __init__(self) -> None:
        text = say("You already have {n} jobs running; please wait until one has finished.", n=MAX_WAITING)
        super().__init__(text, headers={"Retry-After": "5"})


class GivenUp(Problem):
    """500: the job was begun again and again, and no run came to its end."""

    status_code = 500
    slug = "given-up"
    title = mark("Given up")
    default_detail = say("This was started {n} times and never finished; nothing was stored.", n=MAX_ATTEMPTS)


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
        with _rehearsal():
            operation.carry_out(partial(Profile.objects.revise, profile.pk, Cause(Actor.JOB, "")), judged)
        tags = None if if_match.tags is None else list(if_match.tags)
        kept = answer_json(operation.kept(data))
        if not operation.frees:
            usage.check(owner.pk, len(kept.encode()))
        return _file(
            owner,
            operation.kind,
            total=operation.size(data),
            input=kept,
            if_match=tags,
            **_of(profile),
        )


def file_export(user: User) -> Job:
    """A job that makes an archive of everything stored about the user. Raises TooManyJobs."""
    with transaction.atomic():
        owner = _make_room(user.pk)
        return _file(owner, EXPORT, total=Profile.with_trash.filter(user=owner).count())


def file_profile_export(profile: Profile, form: str, include: Collection[str], language: str) -> Job:
    """A job that makes the file of one profile, with headings in the language. Raises TooManyJobs."""
    wanted = {"format": form, "include": sorted(include), "language": language}
    with transaction.atomic():
        owner = _make_room(profile.user_id)
        return _file(owner, PROFILE_EXPORT, input=answer_json(wanted), **_of(profile))


def file_import(
    user: User,
    career: imports.Career,
    body: bytes,
    *,
    profile: Profile | None,
    mode: str,
    if_match: IfMatch,
    person: str = SAME,
) -> Job:
    """A job that imports the body, whose career was read from it, into the profile, or as a new one without any.

    Raises what the request would get if it was carried out now, but for `If-Match`, which is judged by the run; and
    TooManyJobs.
    """
    with transaction.atomic():
        owner = _make_room(user.pk)
        with _rehearsal():
            imports.bring(owner, career, profile, mode)
        usage.check(owner.pk, len(body))
        job = _file(
            owner,
            IMPORT,
            total=career.size,
            input=answer_json({"source": career.source, "mode": mode, "person": person}),
            if_match=None if if_match.tags is None else list(if_match.tags),
            **(_of(profile) if profile else {}),
        )
        JobFile.keep(job, io.BytesIO(body), is_input=True)
        return job


def rehearse_import(
    user: User, career: imports.Career, profile: Profile | None, mode: str, if_match: IfMatch
) -> tuple[bytes, dict[str, Any]]:
    """The document and the report that an import would give; nothing of it is stored. Raises what it would."""
    with transaction.atomic(), _rehearsal():
        made = imports.bring(user, career, profile, mode, if_match.matches)
        return rendering.stored(made.profile.pk).body, made.report


def _of(profile: Profile) -> dict[str, Any]:
    return {"profile_id": profile.pk, "profile_created_at": profile.created_at}


def _make_room(user: int) -> User:
    """The user, locked, so that of many requests at once none slips past the limit. Raises TooManyJobs.

    Of the jobs that have ended the oldest make room.
    """
    owner = User.objects.select_for_update(no_key=True).get(pk=user)
    if Job.objects.unfinished().filter(user=owner).count() >= MAX_WAITING:
        raise TooManyJobs
    ended = owner.jobs.exclude(status__in=Job.UNFINISHED).order_by("-id")
    if old := list(ended.values_list("pk", flat=True)[MAX_ENDED - 1 :]):
        Job.objects.filter(pk__in=old).only("pk").delete()
    return owner


@contextmanager
def _rehearsal() -> Iterator[None]:
    """Rolls back what is done inside: it is done only to see whether it fails."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _file(owner: User, kind: str, **values: Any) -> Job:
    job = Job.objects.create(user=owner, kind=kind, lease_until=clock.now() + settings.JOB_LEASE, **values)
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
    """Renews the run's lease and stores its progress once a second, from a thread of its own.

    The run's own transaction can't: nobody sees what it writes before it commits.
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
        """Count one more part as done. Raises Lost where the run has lost its job."""
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
            # The run will meet the same fault. On SQLite this write waits for the run's own.
            logger.warning("job %s: its lease was not renewed (%s)", self.job.pk, type(exc).__name__)
            connection.close()


@task()
def run_job(job_id: str) -> None:
    """Run the job, unless it has ended or another worker runs it. Raises nothing."""
    job = Job.objects.select_related("user").filter(pk=job_id, status=Job.Status.QUEUED).first()
    if job is None or job.kind not in PERFORM or not job.claim():
        # A kind that only the next release knows waits for a worker of that release.
        return
    noted = request_id.set(str(job.pk)), user_id.set(job.user_id)
    try:
        with work_span(f"job {job.kind}", job=str(job.pk)), Pulse(job) as pulse:
            _run(job, pulse)
    finally:
        request_id.reset(noted[0])
        user_id.reset(noted[1])


def _run(job: Job, pulse: Pulse) -> None:
    try:
        problem = _outcome(job, pulse)
        if problem:
            # Outside the handler, so that a failure here can't quote the exception in its traceback.
            job.fail(problem_document(job, problem))
    except (DatabaseError, InterfaceError) as exc:
        # Another run begins when the lease has expired.
        logger.warning("job %s: the database failed (%s)", job.pk, type(exc).__name__)


def _outcome(job: Job, pulse: Pulse) -> Problem | None:
    """The problem that the run ended with, if any. Raises the database's own errors while it is away."""
    try:
        _perform(job, pulse)
    except Lost:
        logger.info("job %s was lost or cancelled while it ran", job.pk)
    except Exception as exc:  # whatever it is, the owner must learn that it failed
        if is_unavailable(exc):
            raise
        problem = to_problem(exc, About(_label(job)))
        if problem is None:
            logger.exception("job %s failed", job.pk)
        return problem or InternalError()
    return None


def _perform(job: Job, pulse: Pulse) -> None:
    if not job.user.is_active:
        raise Problem(mark("This account is not active."), status=403)
    with PERFORM[job.kind](job, pulse) as effect, transaction.atomic():
        # Effect and success commit together. A run that has lost its job rolls its effect back.
        result = effect()
        # The input is deleted, which makes room for most results.
        more = len(answer_json(result)) - len(job.input)
        if more > 0 and not (job.kind in ALL_OPERATIONS and ALL_OPERATIONS[job.kind].frees):
            usage.check(job.user_id, more)
        if not job.succeed(result):
            raise Lost


def _label(job: Job) -> str:
    operation = ALL_OPERATIONS.get(job.kind)
    return operation.label if operation else ""


def problem_document(job: Job, problem: Problem) -> dict[str, Any]:
    """Why the job failed, as its owner is told."""
    return {**document(problem, f"/api/v1/jobs/{job.pk}"), "request_id": str(job.pk)}


@contextmanager
def _operate(operation: Operation, job: Job, pulse: Pulse) -> Iterator[Effect]:
    yield partial(_apply, operation, job, operation.judge(json.loads(job.input)))


def _apply(operation: Operation, job: Job, judged: Any) -> Mapping[str, Any]:
    body, profile = operation.carry_out(partial(_revised, job), judged)
    return operation.result(body, profile)


@contextmanager
def _revised(job: Job) -> Iterator[Profile]:
    """The job's profile under revision. Raises Missing and Stale."""
    if job.profile_id is None:
        raise Missing
    with Profile.objects.revise(job.profile_id, Cause(Actor.JOB, job.kind)) as profile:
        _check_same(job, profile)
        if not _if_match(job).matches(profile.pk, profile.version):
            raise Stale(profile.version, profile)
        yield profile


def _check_same(job: Job, profile: Profile | None) -> Profile:
    """The job's profile. Raises Missing where it was deleted, even if a new one has its id."""
    if profile is None or (profile.user_id, profile.created_at) != (job.user_id, job.profile_created_at):
        raise Missing
    return profile


def _if_match(job: Job) -> IfMatch:
    return IfMatch(None if job.if_match is None else tuple(job.if_match))


@contextmanager
def _import(job: Job, pulse: Pulse) -> Iterator[Effect]:
    wanted = json.loads(job.input)
    with job.given() as file:
        if wanted["source"] == Origin.Source.LINKEDIN:
            into = _check_same(job, Profile.objects.find(job.profile_id)) if job.profile_id else None
            # A job of an earlier release says nothing of the person.
            is_any = wanted.get("person", SAME) == OTHER
            career = imports.from_archive(file, job.user, pulse.step, into=into, may_be_another=is_any)
        else:
            career = imports.from_file(file.read(), job.user)
    yield partial(_brought, job, career, wanted["mode"])


def _brought(job: Job, career: imports.Career, mode: str) -> Mapping[str, Any]:
    profile = _check_same(job, Profile.objects.find(job.profile_id)) if job.profile_id else None
    made = imports.bring(job.user, career, profile, mode, _if_match(job).matches)
    return {
        "status": 201 if made.is_new else 200,
        "etag": rendering.tag(made.profile),
        "profile_id": str(made.profile.pk),
        "href": f"/api/v1/profiles/{made.profile.pk}",
        "report": made.report,
    }


@contextmanager
def _export(job: Job, pulse: Pulse) -> Iterator[Effect]:
    # Before the transaction, which on SQLite blocks all other writers.
    with exports.archive_of(job.user, pulse.step) as archive:
        yield partial(_keep, job, archive, exports.ARCHIVE)


@contextmanager
def _profile_export(job: Job, pulse: Pulse) -> Iterator[Effect]:
    wanted = json.loads(job.input)
    profile = _check_same(job, Profile.objects.find(job.profile_id) if job.profile_id else None)
    form = exports.FORMATS[wanted["format"]]
    # The previous release names no language.
    language = wanted.get("language", ENGLISH)
    made = exports.exported(profile, form, wanted["include"], language, in_background=True)
    yield partial(_keep, job, io.BytesIO(made.rendered.body), form, exports.warnings(made.missing))


def _keep(job: Job, file: IO[bytes], form: exports.Format, warnings: Sequence[str] = ()) -> Mapping[str, Any]:
    others = job.user.jobs.filter(kind=job.kind).exclude(pk=job.pk).order_by("-id")
    old = list(others.values_list("pk", flat=True)[MAX_ARCHIVES - 1 :])
    JobFile.objects.filter(job__in=old, is_input=False).delete()
    usage.check(job.user_id, file.seek(0, io.SEEK_END))
    file.seek(0)
    size = JobFile.keep(job, file)
    href = f"/api/v1/jobs/{job.pk}/file"
    told = {"warnings": warnings} if warnings else {}
    return {
        "status": 200,
        "href": href,
        "size": size,
        "media_type": form.media_type,
        "extension": form.extension,
        **told,
    }


# Maps each kind of job to its work: a context manager that prepares outside the transaction and yields the effect.
PERFORM: dict[str, Callable[[Job, Pulse], AbstractContextManager[Effect]]] = {
    **{kind: partial(_operate, operation) for kind, operation in ALL_OPERATIONS.items()},
    EXPORT: _export,
    PROFILE_EXPORT: _profile_export,
    IMPORT: _import,
}


# The schedule -----------------------------------------------------------------------------------------------------


def sweep_jobs() -> int:
    """Queue lost jobs again and return their number. A job that was begun too often fails."""
    now = clock.now()
    filed = 0
    for job in Job.objects.lost(now).defer("input").order_by("lease_until")[:SWEEP_LIMIT]:
        # Support gave this job one more run, although it has had all of its own.
        if job.attempts >= MAX_ATTEMPTS and job.status == Job.Status.RUNNING:
            if job.give_up(now, problem_document(job, GivenUp())):
                logger.error("job %s was given up after %d runs", job.pk, job.attempts)
        elif job.requeue(now):
            put_off(job)
            filed += 1
    return filed


def score_profiles() -> int:
    """Compute the missing scores and return their number.

    The next turn goes on where there are more. A score is derived from the document, so storing it is no revision.
    """
    scored, broken = 0, set[uuid.UUID]()
    for _ in range(SCORE_LIMIT // SCORED_AT_ONCE):
        with transaction.atomic():
            # Locked, so that nothing changes while it is scored. Skipped rows are scored in a later turn.
            free = Profile.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            waiting = free.filter(score=None).exclude(pk__in=broken).order_by()
            some = [profile.pk for profile in waiting[:SCORED_AT_ONCE]]
            found = _scores(some)
            for value in set(found.values()):
                Profile.objects.filter(pk__in=[pk for pk in found if found[pk] == value]).update(score=value)
        scored += len(found)
        broken.update(set(some) - found.keys())
        if len(some) < SCORED_AT_ONCE:
            break
    return scored


_told_unscored: set[uuid.UUID] = set()


def _scores(keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The scores of the profiles. A profile whose score can't be computed is left out, and delays no other."""
    try:
        return rendering.score(Profile.objects.filter(pk__in=keys), clock.now().date())
    except DatabaseError:
        raise
    except Exception:  # whatever is wrong with one of them, the others have their turn
        if len(keys) == 1:
            # Every turn tries again, until somebody mends the profile; logged once.
            if keys[0] not in _told_unscored:
                _told_unscored.add(keys[0])
                logger.exception("profile %s can't be scored", keys[0])
            return {}
    return {pk: value for key in keys for pk, value in _scores([key]).items()}


class Count:
    """Counts the bytes of profiles that an older release wrote without counting.

    Each turn checks the next COUNT_LIMIT profiles, and after the last one it starts over. An index would find them
    sooner, but every change of a profile would have to update all its indexes.
    """

    def __init__(self) -> None:
        self._last: uuid.UUID | None = None

    def turn(self) -> int:
        """Check the next profiles. Returns how many were counted."""
        # In the trash too: what lies there takes room.
        looked_at = Profile.with_trash.order_by("pk").values_list("pk", "version", "bytes_version")
        page = list((looked_at.filter(pk__gt=self._last) if self._last else looked_at)[:COUNT_LIMIT])
        self._last = page[-1][0] if len(page) == COUNT_LIMIT else None
        unknown = [pk for pk, version, counted in page if version != counted]
        starts = range(0, len(unknown), COUNTED_AT_ONCE)
        return sum(_count_bytes(unknown[start : start + COUNTED_AT_ONCE]) for start in starts)


_count = Count()


def count_bytes() -> int:
    """The next turn of counting; the worker calls it every 5 s."""
    return _count.turn()


def _count_bytes(keys: Sequence[uuid.UUID]) -> int:
    """Count these profiles. One that can't be read is left out, and delays no other."""
    try:
        return _counted(keys)
    except DatabaseError:
        raise
    except Exception as exc:  # noqa: BLE001  # whatever is wrong with one of them, the others have their turn
        if len(keys) == 1:
            # The exception's text may quote the profile. `check_integrity` names what can't be read.
            logger.warning("profile %s can't be counted (%s)", keys[0], type(exc).__name__)
            return 0
    return sum(_count_bytes([key]) for key in keys)


def _counted(keys: Sequence[uuid.UUID]) -> int:
    with transaction.atomic():
        # Locked, so that nothing changes while it is counted. Skipped rows are counted in a later turn.
        free = Profile.with_trash.select_for_update(no_key=True, skip_locked=True, of=("self",))
        rows = [row for row in free.filter(pk__in=keys).order_by("pk") if row.bytes_version != row.version]
        below = usage.bytes_below(Profile.with_trash.filter(pk__in=[row.pk for row in rows]))
        for row in rows:
            size = usage.own_bytes(row.own_values()) + below.get(row.pk, 0)
            Profile.with_trash.filter(pk=row.pk).update(byte_count=size, bytes_version=row.version)
    return len(rows)


_rereading = Rereading()


def read_kept_again() -> int:
    """The next turn of reading what imports kept aside; the worker calls it every 5 s."""
    return _rereading.turn()


# Files first: deleting a job deletes its files uncounted.
OUTDATED = (
    Outdated(JobFile, KEEP, lambda before: Q(job__finished_at__lt=before)),
    Outdated(Job, KEEP, lambda before: Q(finished_at__lt=before)),
)
