"""Jobs (contract 4): done once, followed and cancelled by their owner."""

import datetime as dt
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from profiles import tasks
from profiles.models import CustomField, Experience, Job, JobFile, Profile
from profiles.models.jobs import MAX_ATTEMPTS
from profiles_project import pruning
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API
from tests.support.factories import make_profile
from tests.support.jobs import ASYNC, JOBS, below, experiences, filed, run, shown
from users.models import User

# Tasks are put off when a transaction commits.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def profile(user: User) -> Profile:
    """A profile with two items in each list."""
    return make_profile(user, 2)


# Run once ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def job(api: ApiClient, profile: Profile) -> Job:
    """A job that adds three experiences."""
    return filed(api.post(below(profile, "/experiences"), experiences(3), headers=ASYNC))


def count(profile: Profile) -> int:
    """How many experiences there are."""
    return Experience.objects.filter(profile=profile).count()


def test_a_task_that_comes_twice_has_one_effect(job: Job, profile: Profile) -> None:
    run(job)
    run(job)
    assert (job.status, job.attempts, count(profile)) == ("succeeded", 1, 5)


def test_a_job_that_runs_is_begun_by_nobody_else(job: Job, profile: Profile) -> None:
    assert job.claim()
    run(job)
    assert (job.status, job.attempts, count(profile)) == ("running", 1, 2)


def test_a_run_whose_lease_is_over_has_no_effect_once_another_has_begun(job: Job, profile: Profile) -> None:
    slow = Job.objects.get(pk=job.pk)
    assert slow.claim()
    expire(job)
    assert tasks.sweep_jobs() == 1
    run(job)
    assert (job.status, job.attempts, count(profile)) == ("succeeded", 2, 5)
    # The first one wakes up.
    assert not slow.succeed({})
    assert not slow.renew(1)
    assert not slow.fail({"status": 409})


def expire(job: Job) -> None:
    """As if nothing had been heard of the job for as long as its lease."""
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - dt.timedelta(seconds=1))
    job.refresh_from_db()


def test_the_sweep_leaves_alone_what_goes_on(job: Job) -> None:
    assert tasks.sweep_jobs() == 0
    assert job.claim()
    assert tasks.sweep_jobs() == 0
    assert job.succeed({})
    expire(job)
    assert tasks.sweep_jobs() == 0


def test_a_job_whose_task_was_lost_is_filed_again(job: Job, profile: Profile) -> None:
    expire(job)
    assert tasks.sweep_jobs() == 1
    assert tasks.sweep_jobs() == 0
    job.refresh_from_db()
    assert job.status == "queued"
    assert job.lease_until > clock.now()
    run(job)
    assert (job.attempts, count(profile)) == (1, 5)


def test_a_queue_that_is_away_loses_no_job(api: ApiClient, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(type(tasks.run_job), "enqueue", away)
        job = filed(api.post(below(profile, "/experiences"), experiences(3), headers=ASYNC))
    expire(job)
    assert tasks.sweep_jobs() == 1


def test_a_job_that_is_lost_again_and_again_is_given_up(api: ApiClient, job: Job, profile: Profile) -> None:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert Job.objects.get(pk=job.pk).claim()
        expire(job)
        assert tasks.sweep_jobs() == (1 if attempt < MAX_ATTEMPTS else 0)
    told = shown(api, job)
    assert (told["status"], told["problem"]["status"]) == ("failed", 500)
    assert "5 times" in told["problem"]["detail"]
    assert told["finished_at"]
    run(job)
    assert (job.status, count(profile)) == ("failed", 2)


@pytest.mark.parametrize("when", ["while it waits", "while it runs"])
def test_a_cancelled_job_has_no_effect(api: ApiClient, job: Job, profile: Profile, when: str) -> None:
    if when == "while it runs":
        original = tasks.PERFORM[job.kind]

        @contextmanager
        def cancelled(job: Job, pulse: tasks.Pulse) -> Iterator[tasks.Effect]:
            def act() -> Any:
                result = effect()
                at_once(lambda: Job.objects.filter(pk=job.pk).cancel())
                return result

            with original(job, pulse) as effect:
                yield act

        if connection.vendor == "sqlite":
            # The run holds the only write lock: the cancellation waits for it and comes too late, which is a 409.
            run(job)
            assert api.delete(f"{JOBS}/{job.pk}").status_code == 409
            return
        with pytest.MonkeyPatch.context() as patched:
            patched.setitem(tasks.PERFORM, job.kind, cancelled)
            run(job)
    else:
        assert api.delete(f"{JOBS}/{job.pk}").status_code == 204
        run(job)
    assert (job.status, count(profile), job.input) == ("cancelled", 2, "")
    assert shown(api, job)["finished_at"]
    assert Profile.objects.get(pk=profile.pk).version == 1
    assert api.delete(f"{JOBS}/{job.pk}").status_code == 409


def with_effect(act: Callable[[Job], Any]) -> Any:
    """A kind of job that does this inside the transaction of its success."""

    @contextmanager
    def perform(job: Job, pulse: tasks.Pulse) -> Iterator[tasks.Effect]:
        yield lambda: act(job)

    return perform


def test_a_job_waits_out_a_database_that_fails(job: Job, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(job: Job) -> Any:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setitem(tasks.PERFORM, job.kind, with_effect(away))
        run(job)
    assert job.status == "running"
    expire(job)
    assert tasks.sweep_jobs() == 1
    run(job)
    assert (job.status, job.attempts, count(profile)) == ("succeeded", 2, 5)


def test_an_unforeseen_error_is_told_without_its_text(
    api: ApiClient, job: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(job: Job) -> Any:
        raise RuntimeError("what somebody typed")

    monkeypatch.setitem(tasks.PERFORM, job.kind, with_effect(broken))
    run(job)
    told = shown(api, job)
    assert (told["status"], told["problem"]["status"]) == ("failed", 500)
    assert "typed" not in json.dumps(told)
    assert f"job {job.pk} failed" in caplog.text


def test_a_job_of_a_profile_that_is_gone_fails(api: ApiClient, job: Job, profile: Profile) -> None:
    api.delete(below(profile, ""))
    run(job)
    assert shown(api, job)["problem"]["status"] == 404


def delete_for_good(api: ApiClient, profile: Profile) -> None:
    """Leave the id free for another profile."""
    assert api.delete(below(profile, "")).status_code == 204
    assert Profile.with_trash.filter(pk=profile.pk).delete()


@pytest.mark.parametrize("whose", ["somebody else's", "the owner's"])
def test_a_job_does_not_touch_a_profile_that_was_made_later_under_the_same_id(
    api: ApiClient, other_user: User, job: Job, profile: Profile, whose: str
) -> None:
    delete_for_good(api, profile)
    make_profile(job.user if whose == "the owner's" else other_user, 0, id=profile.pk)
    run(job)
    assert (job.status, count(profile)) == ("failed", 0)


def test_whoever_has_the_id_now_is_not_told_of(api: ApiClient, other_user: User, profile: Profile) -> None:
    job = filed(api.post(below(profile, "/experiences"), experiences(1), headers=ASYNC, if_match='"stale"'))
    delete_for_good(api, profile)
    make_profile(other_user, 0, id=profile.pk, version=7)
    run(job)
    assert json.loads(job.problem or "")["status"] == 404


def test_a_job_that_waits_for_long_is_filed_again_within_minutes(job: Job) -> None:
    hours = clock.now() - dt.timedelta(hours=6)
    Job.objects.filter(pk=job.pk).update(created_at=hours, lease_until=hours)
    assert tasks.sweep_jobs() == 1
    job.refresh_from_db()
    assert job.lease_until - clock.now() <= dt.timedelta(minutes=5)


def test_what_fails_while_a_failure_is_written_quotes_nothing(
    job: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(job: Job) -> Any:
        raise RuntimeError("what somebody typed")

    def away(self: Job, problem: Any) -> bool:
        assert sys.exc_info() == (None, None, None)
        raise OperationalError

    monkeypatch.setitem(tasks.PERFORM, job.kind, with_effect(broken))
    monkeypatch.setattr(Job, "fail", away)
    run(job)
    assert job.status == "running"
    assert "the database failed (OperationalError)" in caplog.text


def test_too_many_items_are_counted_before_any_is_looked_up(api: ApiClient, profile: Profile) -> None:
    many = [{"id": str(uuid.uuid4())} for _ in range(1001)]
    for send in (api.put, api.patch):
        answer = send(below(profile, "/experiences"), many, check_request=False)
        assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("", "max_length")]


def test_a_job_of_a_deactivated_account_is_not_done(user: User, job: Job, profile: Profile) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    run(job)
    assert (job.status, count(profile)) == ("failed", 2)
    assert json.loads(job.problem or "")["status"] == 403


def test_a_run_whose_job_was_erased_meanwhile_leaves_nothing(
    user: User, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def erased(job: Job) -> Any:
        Job.objects.filter(pk=job.pk).delete()
        CustomField.objects.update(key="written by the run")
        return {}

    monkeypatch.setitem(tasks.PERFORM, job.kind, with_effect(erased))
    keys = set(CustomField.objects.values_list("key", flat=True))
    tasks.run_job.call(str(job.pk))
    assert set(CustomField.objects.values_list("key", flat=True)) == keys


def test_a_run_says_that_it_goes_on_and_how_far_it_is(
    api: ApiClient, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BEAT_SECONDS", 0.01)
    assert job.claim()
    before = job.lease_until
    seen = threading.Event()
    renew = Job.renew

    def renewed(self: Job, done: int) -> bool:
        kept = renew(self, done)
        if done:
            seen.set()
        return kept

    monkeypatch.setattr(Job, "renew", renewed)
    with tasks.Pulse(job) as pulse:
        pulse.step()
        assert seen.wait(10)
        told = api.get(f"{JOBS}/{job.pk}")
        assert told["Retry-After"] == "1"
        assert told.json()["progress"] == {"done": 1, "total": 3}
        assert told.json()["status"] == "running"
        job.refresh_from_db()
        assert job.lease_until > before
        api.delete(f"{JOBS}/{job.pk}")
        deadline = time.monotonic() + 10
        while not pulse.is_lost and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(tasks.Lost):
            pulse.step()


# Seen by its owner -------------------------------------------------------------------------------------------------


def test_a_job_is_its_owners_alone(api: ApiClient, other_api: ApiClient, anonymous: ApiClient, job: Job) -> None:
    for path in (f"{JOBS}/{job.pk}", f"{JOBS}/{job.pk}/file"):
        assert other_api.get(path).status_code == 403
        assert anonymous.get(path).status_code == 401
    assert other_api.delete(f"{JOBS}/{job.pk}").status_code == 403
    for unknown in (uuid.uuid4(), "x", "{" + str(job.pk) + "}"):
        for send in (api.get, api.delete):
            assert send(f"{JOBS}/{unknown}").status_code == 404
    assert api.get(f"{JOBS}/{job.pk}/file").status_code == 404
    assert other_api.get(JOBS).json()["jobs"] == []


def test_the_list_shows_the_newest_first_without_results(api: ApiClient, job: Job, profile: Profile) -> None:
    run(job)
    second = filed(api.post(below(profile, "/skills/soft"), {"skills": ["Patience"]}, headers=ASYNC))
    page = api.get(JOBS).json()
    assert [each["id"] for each in page["jobs"]] == [str(second.pk), str(job.pk)]
    assert page["pagination"]["total"] == 2
    assert "result" not in page["jobs"][1]
    assert api.get(JOBS, query={"limit": 1}).json()["pagination"]["has_next"]


def test_an_ended_job_is_not_cancelled_and_has_no_retry_after(api: ApiClient, job: Job) -> None:
    run(job)
    assert "Retry-After" not in api.get(f"{JOBS}/{job.pk}")
    refused = api.delete(f"{JOBS}/{job.pk}")
    assert (refused.status_code, "finished" in refused.json()["detail"]) == (409, True)


def test_ended_jobs_are_kept_for_seven_days(api: ApiClient, job: Job) -> None:
    waiting = Job.objects.get(pk=job.pk)
    export = filed(api.get(f"{API}/auth/me/export", headers=ASYNC))
    run(export)
    assert JobFile.objects.count() == 1
    for days, left in ((6, 2), (8, 1)):
        Job.objects.filter(pk=export.pk).update(finished_at=clock.now() - dt.timedelta(days=days))
        pruning.prune()
        assert Job.objects.count() == left
    assert JobFile.objects.count() == 0
    assert Job.objects.get() == waiting


def test_staff_see_how_a_job_goes_and_why_it_failed_and_not_what_is_in_it(
    api: ApiClient, profile: Profile, admin_client: Client
) -> None:
    body = {"skills": ["Falconry"]}
    job = filed(api.post(below(profile, "/skills/soft"), body, headers=ASYNC, if_match='"stale"'))
    for page, expected in ((f"/admin/profiles/job/{job.pk}/change/", "queued"), ("/admin/profiles/job/", "queued")):
        shown = admin_client.get(page).content.decode()
        assert expected in shown.lower()
        assert "Falconry" not in shown
    run(job)
    assert "412 Stale version" in admin_client.get("/admin/profiles/job/").content.decode()
    assert admin_client.get("/admin/profiles/job/add/").status_code == 403
    assert ">data_exported<" not in admin_client.get("/admin/users/securityevent/").content.decode()
    api.get(f"{API}/auth/me/export")
    assert ">data_exported<" in admin_client.get("/admin/users/securityevent/").content.decode()
