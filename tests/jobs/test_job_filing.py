"""What becomes a job (contract 4): large requests and whatever prefers it, after all that is wrong was found."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from profiles import tasks
from profiles.career import operations
from profiles.models import COMPONENTS, CustomField, Experience, Job, Profile, Skill
from profiles.models.jobs import MAX_WAITING
from tests.support.client import ApiClient
from tests.support.contract import API, contract
from tests.support.factories import item, make_item, make_profile
from tests.support.jobs import ASYNC, JOBS, below, experiences, filed, run, shown
from users.models import User

# Tasks are put off when a transaction commits.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def profile(user: User) -> Profile:
    """A profile with two items in each list."""
    return make_profile(user, 2)


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


def test_who_prefers_a_minimal_answer_gets_the_address_of_the_job_alone(api: ApiClient, profile: Profile) -> None:
    minimal = {"Prefer": "return=minimal, respond-async"}
    answer = api.post(below(profile, "/experiences"), experiences(1), headers=minimal)
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer["Preference-Applied"] == "respond-async, return=minimal"
    assert api.get(answer["Location"]).json()["kind"] == "experiences_bulk_create"
    # What is answered at once is answered whole.
    assert api.post(below(profile, "/experiences"), experiences(1), headers={"Prefer": "return=minimal"}).json()


def test_a_minimal_answer_names_no_media_type_with_a_key_and_again_either(api: ApiClient, profile: Profile) -> None:
    minimal = {"Prefer": "return=minimal, respond-async", "Idempotency-Key": "once"}
    answers = [api.post(below(profile, "/experiences"), experiences(1), headers=minimal) for _ in range(2)]
    assert [(answer.content, "Content-Type" in answer) for answer in answers] == [(b"", False)] * 2
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert answers[0]["Location"] == answers[1]["Location"]


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
    # Operations of their own for what another one does too, of whose kind their jobs are.
    documented -= {"profiles_export_json_resume", "profiles_import_archive", "profiles_import_file"}
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
        ('note="x, respond-async", wait=10', False),
        ('note="x, y", respond-async', True),
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
