"""Work in the background (contract 4): filed after all is judged, done once, followed and cancelled by its owner."""

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
from django.utils import timezone

from profiles import operations, tasks
from profiles.models import COMPONENTS, CustomField, Experience, Job, JobFile, Profile, Skill
from profiles.models.jobs import MAX_ATTEMPTS, MAX_WAITING
from tests.client import ApiClient
from tests.concurrency import at_once
from tests.contract import API, contract
from tests.factories import item, make_item, make_profile
from users.models import User

# Tasks are put off when a transaction commits.
pytestmark = pytest.mark.django_db(transaction=True)

JOBS = f"{API}/jobs"
ASYNC = {"Prefer": "respond-async"}


@pytest.fixture
def profile(user: User) -> Profile:
    """A profile with two items in each list."""
    return make_profile(user, 2)


def below(profile: Profile, path: str) -> str:
    """An address below the profile."""
    return f"{API}/profiles/{profile.pk}{path}"


def filed(answer: Any) -> Job:
    """The job of a 202, whose form is judged here."""
    assert answer.status_code == 202, answer.content[:500]
    shown = answer.json()
    assert answer["Location"] == f"{JOBS}/{shown['id']}"
    assert answer["Preference-Applied"] == "respond-async"
    assert int(answer["Retry-After"]) >= 1
    assert (shown["status"], shown["result"], shown["problem"]) == ("queued", None, None)
    return Job.objects.get(pk=shown["id"])


def run(job: Job) -> None:
    """What a worker does with the job's task, and the row as it is then."""
    tasks.run_job.call(str(job.pk))
    job.refresh_from_db()


def shown(api: ApiClient, job: Job) -> Any:
    """The job as its owner sees it."""
    return api.get(f"{JOBS}/{job.pk}").json()


def experiences(count: int, first: int = 0) -> list[dict[str, Any]]:
    """New experiences."""
    return [item(Experience, number) for number in range(first, first + count)]


# What may be large -----------------------------------------------------------------------------------------------


def bulk_requests(profile: Profile) -> Iterator[tuple[str, str, Any]]:
    """Kind, path and body of every request that may become a job, each of which changes something."""
    for model in COMPONENTS:
        rows = list(model.of(profile))
        for name, body in (
            ("bulk_create", [item(model, 7), item(model, 8)]),
            ("bulk_update", [{**item(model, 9), "id": str(pk)} for pk in rows]),
            ("bulk_partial_update", [{**item(model, 5), "id": str(pk)} for pk in rows[::-1]]),
            ("bulk_delete", {f"{model.singular}_ids": [str(rows[0])]}),
        ):
            yield f"{model.plural}_{name}", f"/{model.plural}", body
        yield f"{model.plural}_reorder", f"/{model.plural}/order", {"ids": [str(pk) for pk in rows[::-1]]}
    for kind in Skill.Kind:
        yield f"skills_{kind}_add", f"/skills/{kind}", {"skills": ["COBOL", "Ada"]}
        name = next(iter(Skill.of(profile, kind=kind).values())).name
        yield f"skills_{kind}_delete", f"/skills/{kind}", {"skills": [name]}
    yield "custom_fields_add", "/custom-fields", {"fields": [{"key": "once", "value": 1}]}
    key = next(iter(CustomField.of(profile).values())).key
    yield "custom_fields_delete", "/custom-fields", {"keys": [key]}


METHODS = {
    "create": "POST",
    "add": "POST",
    "partial_update": "PATCH",
    "update": "PUT",
    "reorder": "PUT",
    "delete": "DELETE",
}


def method_of(kind: str) -> str:
    """The method of the request that a kind of job stands for."""
    return next(method for ending, method in METHODS.items() if kind.endswith(ending))


@pytest.mark.parametrize("kind", operations.OPERATIONS)
def test_a_job_does_what_its_inline_twin_does(api: ApiClient, user: User, kind: str) -> None:
    inline, put_off = make_profile(user, 2), make_profile(user, 2)
    requests = [{name: rest for name, *rest in bulk_requests(each)} for each in (inline, put_off)]
    path, body = requests[0][kind]
    answer = api.send(method_of(kind), below(inline, path), body)
    assert answer.status_code in {200, 201, 204}
    path, body = requests[1][kind]
    job = filed(api.send(method_of(kind), below(put_off, path), body, headers=ASYNC))
    assert (job.kind, job.profile_id) == (kind, put_off.pk)
    assert Profile.objects.get(pk=put_off.pk).version == 1
    run(job)
    told = shown(api, job)
    assert told["status"] == "succeeded", told
    assert told["progress"]["done"] == told["progress"]["total"] == job.total
    documents = [api.get(below(each, "")) for each in (inline, put_off)]
    assert told["result"]["etag"] == documents[1]["ETag"]
    assert told["result"]["status"] == answer.status_code
    first, second = (_without_ids(document.json()) for document in documents)
    assert first == second
    if kind.endswith(("_bulk_create", "update")):
        section = documents[1].json()
        stored = section.get(path[1:]) or section["skills"][path[1:]]
        assert set(told["result"]["ids"]) <= {each["id"] for each in stored}
        assert len(told["result"]["ids"]) == len(body)
    assert job.input == ""


def _without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_ids(each) for each in value]
    if isinstance(value, dict):
        hidden = {"id", "created_at", "updated_at", "is_active"}
        return {name: _without_ids(each) for name, each in value.items() if name not in hidden}
    return value


def test_the_table_names_every_operation(profile: Profile) -> None:
    assert {kind for kind, *_ in bulk_requests(profile)} == set(operations.OPERATIONS)


@pytest.mark.pure
def test_every_operation_is_documented_under_its_kind_with_202() -> None:
    documented = {
        operation["operationId"]
        for methods in contract().document["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict) and "202" in operation.get("responses", {})
    }
    assert documented == set(tasks.PERFORM)


@pytest.mark.parametrize("count", [100, 101, 1000])
def test_more_than_100_items_are_a_job(api: ApiClient, user: User, count: int) -> None:
    profile = make_profile(user, 0)
    sent = experiences(count)
    answer = api.post(below(profile, "/experiences"), sent)
    if count == 100:
        assert answer.status_code == 201
        return
    job = filed(answer)
    assert job.total == count
    assert Experience.objects.count() == 0
    run(job)
    told = shown(api, job)
    titles = [row["title"] for row in api.get(below(profile, "")).json()["experiences"]]
    assert titles == [each["title"] for each in sent]
    assert told["result"]["ids"] == [str(pk) for pk in Experience.objects.values_list("pk", flat=True)]


def test_more_than_1000_items_are_refused(api: ApiClient, profile: Profile) -> None:
    many = experiences(1001)
    assert api.post(below(profile, "/experiences"), many).json()["errors"][0]["code"] == "max_length"
    ids = [str(uuid.uuid4()) for _ in range(1001)]
    assert api.delete(below(profile, "/experiences"), {"experience_ids": ids}).status_code == 422
    assert Job.objects.count() == 0


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_writes_of_more_than_100_items_are_jobs(api: ApiClient, user: User, method: str) -> None:
    profile = make_profile(user, 0)
    ids = [str(make_item(profile, Experience, number).pk) for number in range(101)]
    body: Any = [{**item(Experience, 1), "id": pk} for pk in ids]
    if method == "DELETE":
        job = filed(api.delete(below(profile, "/experiences"), query={"ids": ",".join(ids)}, check_request=False))
    else:
        job = filed(api.send(method, below(profile, "/experiences"), body))
    run(job)
    assert shown(api, job)["status"] == "succeeded"
    assert Experience.objects.filter(title=item(Experience, 1)["title"]).count() == (0 if method == "DELETE" else 101)


def test_an_order_of_more_than_100_is_answered_at_once(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 0)
    ids = [str(make_item(profile, Experience, number).pk) for number in range(101)]
    assert api.put(below(profile, "/experiences/order"), {"ids": ids[::-1]}).status_code == 200


@pytest.mark.parametrize(
    ("header", "is_job"),
    [
        ("respond-async", True),
        ("Respond-Async", True),
        ("respond-async; x=1", True),
        ("wait=10, respond-async", True),
        ("return=minimal", False),
        ('note="respond-async"', False),
        ("respond-asynchronously", False),
        ("", False),
    ],
)
def test_the_preference_is_read_as_rfc_7240_says(
    api: ApiClient, profile: Profile, header: str, *, is_job: bool
) -> None:
    answer = api.post(below(profile, "/experiences"), experiences(1), headers={"Prefer": header})
    assert answer.status_code == (202 if is_job else 201)


# Judged before -----------------------------------------------------------------------------------------------------


def faulty(profile: Profile, other: Profile) -> dict[str, tuple[str, str, Any]]:
    """Requests that are refused, each for another reason: method, path, body."""
    stored, foreign = (next(iter(Experience.of(each))) for each in (profile, other))
    unknown = str(uuid.uuid4())
    return {
        "a field": ("POST", "/experiences", [item(Experience), {**item(Experience), "title": ""}]),
        "not a list of objects": ("POST", "/experiences", [1]),
        "an empty list": ("POST", "/experiences", []),
        "a taken id": ("POST", "/experiences", [{**item(Experience), "id": str(foreign)}]),
        "one id twice": ("PUT", "/experiences", [{**item(Experience), "id": str(stored)}] * 2),
        "an unknown id": ("PUT", "/experiences", [{**item(Experience), "id": unknown}]),
        "another profile's id": ("PATCH", "/experiences", [{"id": str(foreign)}]),
        "a range": ("PATCH", "/experiences", [{"id": str(stored), "end_date": "1900"}]),
        "an unknown id to delete": ("DELETE", "/experiences", {"experience_ids": [unknown]}),
        "not all ids": ("PUT", "/experiences/order", {"ids": [str(stored)]}),
        "no skill": ("POST", "/skills/technical", {"skills": []}),
        "a key twice": ("POST", "/custom-fields", {"fields": [{"key": "a", "value": 1}] * 2}),
    }


def test_a_fault_is_found_before_the_202_and_answered_as_inline(
    api: ApiClient, profile: Profile, other_user: User
) -> None:
    for reason, (method, path, body) in faulty(profile, make_profile(other_user, 1)).items():
        inline = api.send(method, below(profile, path), body)
        put_off = api.send(method, below(profile, path), body, headers=ASYNC)
        assert inline.status_code in {404, 409, 422}, reason
        assert inline.json() | {"request_id": ""} == put_off.json() | {"request_id": ""}, reason
    assert Job.objects.count() == 0


def test_a_limit_that_would_be_passed_is_found_before_the_202(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 1)
    answer = api.post(below(profile, "/experiences"), experiences(1000))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "limit")
    heavy = [{**each, "description": "x" * 2000, "achievements": ["x" * 500] * 6} for each in experiences(900)]
    assert "4 MiB" in api.post(below(profile, "/experiences"), heavy).json()["detail"]
    assert (Job.objects.count(), Experience.objects.count()) == (0, 1)


def test_somebody_elses_profile_and_a_missing_one(other_api: ApiClient, profile: Profile) -> None:
    assert other_api.post(below(profile, "/experiences"), experiences(101)).status_code == 403
    missing = f"{API}/profiles/{uuid.uuid4()}/experiences"
    assert other_api.post(missing, experiences(101)).status_code == 404


def test_if_match_is_judged_when_the_job_runs(api: ApiClient, profile: Profile) -> None:
    stale = '"' + f"{profile.pk}.7.1" + '"'
    job = filed(api.post(below(profile, "/experiences"), experiences(1), headers=ASYNC, if_match=stale))
    run(job)
    told = shown(api, job)
    assert (told["status"], told["result"]) == ("failed", None)
    assert (told["problem"]["status"], told["problem"]["version"]) == (412, 1)
    assert told["problem"]["instance"] == f"{JOBS}/{job.pk}"
    assert Experience.objects.count() == 2
    current = api.get(below(profile, ""))["ETag"]
    job = filed(api.post(below(profile, "/experiences"), experiences(1), headers=ASYNC, if_match=current))
    api.patch(below(profile, ""), {"label": "Newer"})
    run(job)
    assert json.loads(job.problem or "")["version"] == 2


def test_a_key_makes_one_job_of_two_tries(api: ApiClient, profile: Profile) -> None:
    headers = {**ASYNC, "Idempotency-Key": "once"}
    first, second = (api.post(below(profile, "/experiences"), experiences(3), headers=headers) for _ in range(2))
    assert second["Idempotency-Replayed"] == "true"
    assert filed(first) == filed(second)
    assert (first.content, first["Location"]) == (second.content, second["Location"])
    assert Job.objects.count() == 1


def test_a_user_has_at_most_five_jobs_that_have_not_ended(
    api: ApiClient, other_api: ApiClient, other_user: User, profile: Profile
) -> None:
    jobs = [filed(api.post(below(profile, "/experiences"), experiences(1), headers=ASYNC)) for _ in range(MAX_WAITING)]
    refused = api.post(below(profile, "/experiences"), experiences(1), headers=ASYNC)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
    assert "5 jobs" in refused.json()["detail"]
    assert api.get(f"{API}/auth/me/export", headers=ASYNC).status_code == 429
    filed(other_api.post(below(make_profile(other_user, 0), "/experiences"), experiences(1), headers=ASYNC))
    # Inline work goes on, and an ended job makes room.
    assert api.post(below(profile, "/experiences"), experiences(1)).status_code == 201
    run(jobs[0])
    filed(api.post(below(profile, "/experiences"), experiences(1), headers=ASYNC))


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
    assert not slow.fail({})


def expire(job: Job) -> None:
    """As if nothing had been heard of the job for as long as its lease."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
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
    assert job.lease_until > timezone.now()
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


def test_a_job_does_not_touch_a_profile_that_somebody_else_made_under_the_same_id(
    api: ApiClient, other_user: User, job: Job, profile: Profile
) -> None:
    api.delete(below(profile, ""))
    make_profile(other_user, 0, id=profile.pk)
    run(job)
    assert (job.status, count(profile)) == ("failed", 0)


def test_a_job_does_not_touch_a_profile_that_its_owner_made_later_under_the_same_id(
    api: ApiClient, user: User, job: Job, profile: Profile
) -> None:
    api.delete(below(profile, ""))
    make_profile(user, 0, id=profile.pk)
    run(job)
    assert (job.status, count(profile)) == ("failed", 0)


def test_whoever_has_the_id_now_is_not_told_of(api: ApiClient, other_user: User, profile: Profile) -> None:
    job = filed(api.post(below(profile, "/experiences"), experiences(1), headers=ASYNC, if_match='"stale"'))
    api.delete(below(profile, ""))
    make_profile(other_user, 0, id=profile.pk, version=7)
    run(job)
    assert json.loads(job.problem or "")["status"] == 404


def test_a_job_that_waits_for_long_is_filed_again_within_minutes(job: Job) -> None:
    hours = timezone.now() - dt.timedelta(hours=6)
    Job.objects.filter(pk=job.pk).update(created_at=hours, lease_until=hours)
    assert tasks.sweep_jobs() == 1
    job.refresh_from_db()
    assert job.lease_until - timezone.now() <= dt.timedelta(minutes=5)


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
    assert (refused.status_code, "ended" in refused.json()["detail"]) == (409, True)


def test_ended_jobs_are_kept_for_seven_days(api: ApiClient, job: Job) -> None:
    waiting = Job.objects.get(pk=job.pk)
    export = filed(api.get(f"{API}/auth/me/export", headers=ASYNC))
    run(export)
    assert JobFile.objects.count() == 1
    for days, left in ((6, 2), (8, 1)):
        Job.objects.filter(pk=export.pk).update(finished_at=timezone.now() - dt.timedelta(days=days))
        tasks.prune_jobs()
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
    assert "data_exported" not in admin_client.get("/admin/users/securityevent/").content.decode()
    api.get(f"{API}/auth/me/export")
    assert "data_exported" in admin_client.get("/admin/users/securityevent/").content.decode()
