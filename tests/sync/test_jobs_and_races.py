"""Pushes that are jobs, and pushes that come at once."""

import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from profiles.models import Experience, Job, Profile, Project
from tests.career.test_concurrency import without_lock
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API
from tests.support.factories import item, make_profile
from tests.support.jobs import ASYNC, filed, run, shown
from users.models import User

# Tasks are put off when a transaction commits, and threads see what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def profile(user: User) -> Profile:
    """A profile with two items in each list."""
    return make_profile(user, 2)


def creation(number: int) -> dict[str, Any]:
    """A change that makes a project."""
    return {"kind": "projects", "id": str(uuid.uuid4()), "base": 0, "set": item(Project, number)}


def changes(profile: Profile) -> str:
    """The address of a profile's changes."""
    return f"{API}/profiles/{profile.pk}/changes"


def test_a_push_of_many_changes_is_a_job_that_stores_change_by_change(api: ApiClient, profile: Profile) -> None:
    many = [creation(number) for number in range(101)]
    many[50]["set"]["name"] = ""
    job = filed(api.post(changes(profile), {"changes": many}, check_request=False))
    assert Project.objects.filter(profile=profile).count() == 2
    run(job)
    done = shown(api, job)
    statuses = Counter(each["status"] for each in done["result"]["results"])
    assert (done["status"], statuses) == ("succeeded", {"applied": 100, "rejected": 1})
    assert Project.objects.filter(profile=profile).count() == 102
    (told,) = done["result"]["results"][50]["problem"]["errors"]
    assert told["pointer"] == "/changes/50/set/name"
    profile.refresh_from_db()
    assert profile.version == 2


def test_a_small_push_is_a_job_where_that_is_preferred(api: ApiClient, profile: Profile) -> None:
    change = creation(1)
    job = filed(api.post(changes(profile), {"changes": [change]}, headers=ASYNC))
    run(job)
    run(Job.objects.get(pk=job.pk))
    done = shown(api, job)
    assert (done["kind"], done["progress"], done["result"]["status"]) == (
        "profiles_push",
        {"done": 1, "total": 1},
        200,
    )
    assert Project.objects.filter(profile=profile).count() == 3
    assert one(api, profile, change) == "unchanged"


def test_a_push_that_is_at_fault_is_refused_before_the_202(api: ApiClient, profile: Profile) -> None:
    assert api.post(changes(profile), {"changes": []}, headers=ASYNC, check_request=False).status_code == 422
    assert api.post(changes(profile), {"changes": [creation(1)] * 1001}, check_request=False).status_code == 422
    assert not Job.objects.exists()


def test_a_job_stores_as_many_changes_as_have_room(api: ApiClient, profile: Profile) -> None:
    fields = [{"kind": "custom_fields", "id": f"mine {n}", "base": 0, "set": {"value": n}} for n in range(120)]
    job = filed(api.post(changes(profile), {"changes": fields}))
    run(job)
    statuses = Counter(each["status"] for each in shown(api, job)["result"]["results"])
    assert statuses == {"applied": 98, "rejected": 22}


# At once -------------------------------------------------------------------------------------------------------------


def pushed_at_once(user: User, profile: Profile) -> Counter[str]:
    """The statuses of pushes that change two members of one item, each by a device of its own."""
    row = next(iter(Experience.of(profile).values()))
    base = {"kind": "experiences", "id": str(row.pk), "base": profile.version}
    sets = ({"title": "Mine"}, {"company": "Theirs"})
    return Counter(at_once(*(pushing(user, profile, {**base, "set": each}) for each in sets)))


def pushing(user: User, profile: Profile, change: dict[str, Any]) -> Callable[[], str]:
    """The push of a change by a device of its own."""
    return partial(one, ApiClient().as_user(user), profile, change)


def one(api: ApiClient, profile: Profile, change: dict[str, Any]) -> str:
    """The status of a change, or of the answer where that is a refusal."""
    answer = api.post(changes(profile), {"changes": [change]}, check=False)
    return str(answer.json()["results"][0]["status"] if answer.status_code == 200 else answer.status_code)


def test_pushes_at_once_lose_nothing(user: User, profile: Profile) -> None:
    assert pushed_at_once(user, profile) == {"applied": 1, "merged": 1}
    row = next(iter(Experience.of(profile).values()))
    assert (row.title, row.company) == ("Mine", "Theirs")


def test_without_the_lock_pushes_at_once_do_not_all_succeed(
    user: User, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both read the item before either writes, so neither merges, and the database stops the late one."""
    without_lock(monkeypatch, 2)
    found = pushed_at_once(user, profile)
    assert (found["applied"], found["merged"], found.total()) == (1, 0, 2)


def test_one_push_sent_many_times_at_once_is_stored_once(user: User, profile: Profile) -> None:
    change = creation(1)
    calls = [pushing(user, profile, change) for _ in range(6)]
    assert Counter(at_once(*calls)) == {"applied": 1, "unchanged": 5}
    profile.refresh_from_db()
    assert profile.version == 2
