"""LinkedIn's archive through the API: a job that imports it, again and again, and what no archive gets."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from profiles import tasks
from profiles.models import Job, JobFile, Profile
from tests.archives import sample, zipped
from tests.client import ApiClient
from tests.contract import API
from tests.factories import UserFactory
from tests.jobs import filed, run, shown
from tests.test_imports import IMPORT, ids, without_ids
from users.models import User

pytestmark = pytest.mark.django_db

ZIP = "application/zip"


def sent(api: ApiClient, archive: bytes, media_type: str = ZIP, **options: Any) -> Any:
    return api.post(IMPORT, data=archive, content_type=media_type, **options)


def brought(api: ApiClient, archive: bytes, **query: Any) -> Any:
    """The result of the job that imports an archive."""
    job = filed(sent(api, archive, query=query))
    run(job)
    assert job.problem is None
    return shown(api, job)["result"]


def profile_of(api: ApiClient, result: Any) -> Any:
    return api.get(result["href"]).json()


@pytest.mark.parametrize("media_type", [ZIP, "application/x-zip-compressed"])
def test_an_archive_becomes_a_profile_by_a_job(api: ApiClient, user: User, media_type: str) -> None:
    job = filed(sent(api, sample(), media_type))
    assert (job.kind, job.total, Profile.objects.count()) == ("profiles_import", 17, 0)
    assert job.pieces.filter(is_input=True).count() == 1
    run(job)
    result = shown(api, job)["result"]
    made = profile_of(api, result)
    assert (result["status"], result["profile_id"], made["label"]) == (201, made["id"], "LinkedIn")
    assert result["etag"] == api.get(result["href"])["ETag"]
    assert made["personal_info"]["full_name"] == "Mary Somerville"
    assert made["personal_info"]["github"] == "https://github.com/mary-somerville"
    assert made["experiences"][0]["description"] == "Books on physical science.\nLectures, now and then."
    assert [each["proficiency"] for each in made["skills"]["languages"]] == ["native", "fluent", "basic"]
    assert made["volunteering"][0]["extra"] == {"cause": "Education"}
    assert {
        "pointer": None,
        "place": "Positions.csv, row 2",
        "outcome": "mapped",
        "detail": "Stored as an experience.",
    } in (result["report"]["parts"])
    assert "Connections.csv" in [part["place"] for part in result["report"]["parts"] if part["outcome"] == "refused"]
    assert not JobFile.objects.exists()


def test_the_same_archive_again_doubles_nothing(api: ApiClient) -> None:
    first = brought(api, sample())
    before = profile_of(api, first)
    again = brought(api, sample())
    assert (again["status"], again["href"]) == (200, first["href"])
    assert profile_of(api, again) == before
    assert Profile.objects.count() == 1


def test_a_newer_archive_updates_what_came_from_the_first_and_leaves_what_the_person_wrote(api: ApiClient) -> None:
    first = brought(api, sample())
    path = first["href"]
    before = profile_of(api, first)
    writer, translator, columnist = before["experiences"]
    api.patch(f"{path}/experiences/{translator['id']}", {"description": "My own words.", "title": "Senior translator"})
    api.delete(f"{path}/experiences/{columnist['id']}")
    api.post(f"{path}/skills/soft", {"skills": ["Patience"]})
    after = profile_of(api, brought(api, sample("linkedin_later")))
    newest, same_writer, same_translator = after["experiences"]
    assert (newest["title"], newest["company"]) == ("Head of science writing", "Evening Star")
    assert same_writer == writer | {"end_date": "2022-01", "is_current": False}
    assert same_translator["title"] == "Senior translator"
    assert same_translator["description"] == "My own words."
    assert after["skills"]["technical"] == ["Science writing", "Translation", "Algebra", "Leading a team"]
    assert after["skills"]["soft"] == ["Patience"]
    others = {name: listed for name, listed in ids(after).items() if name != "experiences"}
    assert others == {name: listed for name, listed in ids(before).items() if name != "experiences"}
    assert without_ids(profile_of(api, brought(api, sample("linkedin_later")))) == without_ids(after)


def test_an_archive_goes_into_the_profile_that_is_named(api: ApiClient, user: User) -> None:
    mine = api.post(f"{API}/profiles", {"personal_info": {"full_name": "Mary", "email": "m@example.org"}}).json()
    result = brought(api, sample(), into=mine["id"])
    assert (result["status"], result["profile_id"]) == (200, mine["id"])
    assert profile_of(api, result)["personal_info"]["full_name"] == "Mary"
    # From now on it is the one that LinkedIn's archives go to.
    assert brought(api, sample("linkedin_later"))["profile_id"] == mine["id"]


def test_a_dry_run_of_an_archive_answers_at_once_and_stores_nothing(api: ApiClient) -> None:
    answer = sent(api, sample(), query={"dry_run": "true"})
    assert answer.status_code == 200
    assert answer.json()["profile"]["label"] == "LinkedIn"
    assert answer.json()["report"]["mapped"] > 15
    assert not Profile.objects.exists()
    assert not Job.objects.exists()


def test_two_archives_that_wait_at_once_make_one_profile(api: ApiClient) -> None:
    jobs = [filed(sent(api, sample())) for _ in range(2)]
    for job in jobs:
        run(job)
    assert [shown(api, job)["result"]["status"] for job in jobs] == [201, 200]
    assert Profile.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_profile() -> None:
    api = ApiClient().as_user(UserFactory.create())
    jobs = [filed(sent(api, sample())) for _ in range(2)]

    def work(job: Job) -> None:
        try:
            tasks.run_job.call(str(job.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, jobs))
    assert sorted(shown(api, job)["result"]["status"] for job in jobs) == [200, 201]
    assert Profile.objects.count() == 1


@pytest.mark.parametrize(
    ("archive", "slug"),
    [
        (b"no zip", "not-a-zip"),
        (sample()[:-30], "broken"),
        (zipped({"Positions.csv": "Firma,Titel\nA,B\n"}), "unknown-columns"),
        (zipped({"Connections.csv": "a"}), "no-career"),
        (zipped({"Skills.csv": "Name\nGo\n"}), "no-name"),
        (zipped({"Profile.csv": "First Name,Last Name\n,\n"}), "no-name"),
        (sample(Skills="Name\n" + "".join(f"skill {number}\n" for number in range(10_000))), "too-many-rows"),
        (sample(Skills="Name\n" + "".join(f"skill {number}\n" for number in range(501))), "max-length"),
    ],
)
def test_what_cannot_be_imported_is_refused_before_the_202(api: ApiClient, archive: bytes, slug: str) -> None:
    for query in ({}, {"dry_run": "true"}):
        answer = sent(api, archive, query=query)
        problem = answer.json()
        assert answer.status_code == 422
        assert problem["type"].endswith(f"/{slug}")
        assert problem["detail"].endswith(".")
        assert problem["errors"][0]["pointer"] == ""
    assert not Job.objects.exists()
    assert not JobFile.objects.exists()


def test_a_cancelled_import_leaves_neither_its_input_nor_an_effect(api: ApiClient) -> None:
    job = filed(sent(api, sample()))
    assert api.delete(f"{API}/jobs/{job.pk}").status_code == 204
    run(job)
    assert not Profile.objects.exists()
    assert not JobFile.objects.exists()


def test_an_import_into_a_profile_that_is_gone_fails_and_leaves_nothing(api: ApiClient) -> None:
    mine = api.post(f"{API}/profiles", {"personal_info": {"full_name": "Mary", "email": "m@example.org"}}).json()
    job = filed(sent(api, sample(), query={"into": mine["id"]}))
    api.delete(f"{API}/profiles/{mine['id']}")
    run(job)
    assert shown(api, job)["problem"]["status"] == 404
    assert not JobFile.objects.exists()
    assert not Profile.objects.exists()
