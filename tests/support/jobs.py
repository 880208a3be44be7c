"""Files jobs through the API and does what a worker does with them."""

from typing import Any

from profiles import tasks
from profiles.models import Experience, Job, Profile
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import item

JOBS = f"{API}/jobs"
ASYNC = {"Prefer": "respond-async"}


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


def work_off() -> None:
    """Run all jobs that wait, the oldest first."""
    for job in Job.objects.filter(status=Job.Status.QUEUED).order_by("id"):
        run(job)


def shown(api: ApiClient, job: Job) -> Any:
    """The job as its owner sees it."""
    return api.get(f"{JOBS}/{job.pk}").json()


def experiences(count: int, first: int = 0) -> list[dict[str, Any]]:
    """New experiences."""
    return [item(Experience, number) for number in range(first, first + count)]
