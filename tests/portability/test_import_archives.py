"""LinkedIn's archive through the API: a job that imports it, again and again, and what no archive gets."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from profiles import tasks
from profiles.models import Job, JobFile, Profile
from tests.portability.test_imports import IMPORT, ids, without_ids
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.documents.archives import LINKEDIN, LINKEDIN_LATER, PERSON, zipped
from tests.support.factories import UserFactory
from tests.support.jobs import filed, run, shown
from tests.support.wording import LANGUAGES, sentence_faults
from users.models import User

pytestmark = pytest.mark.django_db

ZIP = "application/zip"
FIRST, LATER = zipped(LINKEDIN), zipped(LINKEDIN_LATER)


def skills(count: int) -> str:
    """A file of so many skills."""
    return "Name\n" + "".join(f"skill {number}\n" for number in range(count))


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


def made(api: ApiClient, name: str) -> Any:
    """A profile of a person of this name."""
    return api.post(f"{API}/profiles", {"personal_info": {"full_name": name, "email": "m@example.org"}}).json()


@pytest.mark.parametrize("media_type", [ZIP, "application/x-zip-compressed"])
def test_an_archive_becomes_a_profile_by_a_job(api: ApiClient, user: User, media_type: str) -> None:
    job = filed(sent(api, FIRST, media_type))
    assert (job.kind, job.total, Profile.objects.count()) == ("profiles_import", 17, 0)
    assert job.pieces.filter(is_input=True).count() == 1
    run(job)
    result = shown(api, job)["result"]
    made = profile_of(api, result)
    assert (result["status"], result["profile_id"], made["label"]) == (201, made["id"], "LinkedIn")
    assert result["etag"] == api.get(result["href"])["ETag"]
    assert made["personal_info"]["full_name"] == "Ines Marrow"
    assert made["personal_info"]["github"] == "https://github.com/inesmarrow"
    assert made["experiences"][0]["description"].startswith("Runs the tide data platform:\n- 40 million")
    assert [each["proficiency"] for each in made["skills"]["languages"]] == ["native", "basic"]
    assert made["volunteering"][0]["extra"] == {"cause": "Disaster and Humanitarian Relief"}
    assert {
        "pointer": None,
        "place": "Positions.csv, row 2",
        "outcome": "mapped",
        "detail": "This is stored under experiences.",
    } in (result["report"]["parts"])
    assert "Connections.csv" in [part["place"] for part in result["report"]["parts"] if part["outcome"] == "refused"]
    assert not JobFile.objects.exists()


def test_an_archive_has_a_route_of_its_own_for_clients_that_send_one_type_of_body_to_a_route(api: ApiClient) -> None:
    job = filed(api.post(f"{IMPORT}/archive", data=FIRST, content_type=ZIP))
    run(job)
    assert profile_of(api, shown(api, job)["result"])["personal_info"]["full_name"] == "Ines Marrow"
    assert api.post(f"{IMPORT}/archive", {"basics": {"name": "Ines"}}).status_code == 415


def test_the_same_archive_again_doubles_nothing(api: ApiClient) -> None:
    first = brought(api, FIRST)
    before = profile_of(api, first)
    again = brought(api, FIRST)
    assert (again["status"], again["href"]) == (200, first["href"])
    assert profile_of(api, again) == before
    assert Profile.objects.count() == 1


def test_a_newer_archive_updates_what_came_from_the_first_and_leaves_what_the_person_wrote(api: ApiClient) -> None:
    first = brought(api, FIRST)
    path = first["href"]
    before = profile_of(api, first)
    lead, engineer, clerk = before["experiences"]
    api.patch(f"{path}/experiences/{engineer['id']}", {"description": "My own words.", "title": "Stream engineer"})
    api.delete(f"{path}/experiences/{clerk['id']}")
    api.post(f"{path}/skills/soft", {"skills": ["Patience"]})
    after = profile_of(api, brought(api, LATER))
    newest, same_lead, same_engineer = after["experiences"]
    assert (newest["title"], newest["company"]) == ("Head of Data", "Lantern Harbour Co-operative")
    # Of the second import's version, which came after three changes of the person's own.
    assert same_lead == lead | {"end_date": "2024-05", "is_current": False, "version": 5}
    assert (newest["version"], same_engineer["version"]) == (5, 2)
    assert same_engineer["title"] == "Stream engineer"
    assert same_engineer["description"] == "My own words."
    assert after["skills"]["technical"][:4] == before["skills"]["technical"]
    assert len(after["skills"]["technical"]) == len(before["skills"]["technical"]) + 1
    assert after["skills"]["soft"] == ["Patience"]
    others = {name: listed for name, listed in ids(after).items() if name != "experiences"}
    assert others == {name: listed for name, listed in ids(before).items() if name != "experiences"}
    assert without_ids(profile_of(api, brought(api, LATER))) == without_ids(after)


def test_an_archive_goes_into_the_profile_that_is_named(api: ApiClient, user: User) -> None:
    mine = made(api, "Dr. Inés Marrow")
    result = brought(api, FIRST, into=mine["id"])
    assert (result["status"], result["profile_id"]) == (200, mine["id"])
    assert profile_of(api, result)["personal_info"]["full_name"] == "Dr. Inés Marrow"
    # From now on it is the one that LinkedIn's archives go to.
    assert brought(api, LATER)["profile_id"] == mine["id"]


def test_a_dry_run_of_an_archive_answers_at_once_and_stores_nothing(api: ApiClient) -> None:
    answer = sent(api, FIRST, query={"dry_run": "true"})
    assert answer.status_code == 200
    assert answer.json()["profile"]["label"] == "LinkedIn"
    assert answer.json()["report"]["mapped"] > 15
    assert not Profile.objects.exists()
    assert not Job.objects.exists()


def test_two_archives_that_wait_at_once_make_one_profile(api: ApiClient) -> None:
    jobs = [filed(sent(api, FIRST)) for _ in range(2)]
    for job in jobs:
        run(job)
    assert [shown(api, job)["result"]["status"] for job in jobs] == [201, 200]
    assert Profile.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_profile() -> None:
    api = ApiClient().as_user(UserFactory.create())
    jobs = [filed(sent(api, FIRST)) for _ in range(2)]

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
        (FIRST[:-30], "broken"),
        (zipped({"Positions.csv": "Firma,Titel\nA,B\n"}), "unknown-columns"),
        (zipped({"Connections.csv": "a"}), "no-career"),
        (zipped({"Skills.csv": "Name\nGo\n"}), "no-name"),
        (zipped({"Profile.csv": "First Name,Last Name\n,\n"}), "no-name"),
        (zipped({"Profile.csv": PERSON, "Skills.csv": skills(10_000)}), "too-many-rows"),
        (zipped({"Profile.csv": PERSON, "Skills.csv": skills(501)}), "max-length"),
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
    job = filed(sent(api, FIRST))
    assert api.delete(f"{API}/jobs/{job.pk}").status_code == 204
    run(job)
    assert not Profile.objects.exists()
    assert not JobFile.objects.exists()


def test_an_import_into_a_profile_that_is_gone_fails_and_leaves_nothing(api: ApiClient) -> None:
    mine = made(api, "Ines Marrow")
    job = filed(sent(api, FIRST, query={"into": mine["id"]}))
    api.delete(f"{API}/profiles/{mine['id']}")
    run(job)
    assert shown(api, job)["problem"]["status"] == 404
    assert not JobFile.objects.exists()
    assert not Profile.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_of_a_job_is_in_the_language_of_whoever_reads_it(api: ApiClient, language: str) -> None:
    job = filed(sent(api, FIRST, headers={"Accept-Language": "en"}))
    run(job)
    english, spoken = (
        api.get(f"{API}/jobs/{job.pk}", headers={"Accept-Language": reader}) for reader in ("en", language)
    )
    assert (english["Content-Language"], spoken["Content-Language"]) == ("en", language)
    here, there = (answer.json()["result"]["report"] for answer in (english, spoken))
    said, heard = here.pop("parts"), there.pop("parts")
    assert here == there
    assert [(part["pointer"], part["outcome"]) for part in said] == [
        (part["pointer"], part["outcome"]) for part in heard
    ]
    assert all(one["detail"] != other["detail"] for one, other in zip(said, heard, strict=True))
    texts = [text for part in (*said, *heard) for text in (part["place"], part["detail"])]
    assert not {"\x1f", "{", "}"} & set("".join(texts))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_archive_is_refused_in_words(api: ApiClient, language: str) -> None:
    english, spoken = (
        sent(api, zipped({"Notes.csv": "x\n"}), headers={"Accept-Language": reader}) for reader in ("en", language)
    )
    assert (english.status_code, spoken["Content-Language"]) == (422, language)
    here, there = english.json(), spoken.json()
    assert (here["type"], here["status"]) == (there["type"], there["status"])
    assert here["detail"] != there["detail"]
    assert not list(sentence_faults(here)) + list(sentence_faults(there))
