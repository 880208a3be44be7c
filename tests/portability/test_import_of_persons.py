"""Whose archive goes into whose profile, and archives that do not say whose they are."""

from typing import Any

import pytest

from profiles.models import Job, Profile, Revision
from tests.portability.test_import_archives import FIRST, LATER, brought, made, profile_of, sent
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.documents.archives import PERSON, zipped
from tests.support.jobs import filed, run, shown
from tests.support.wording import LANGUAGES, sentence_faults

pytestmark = pytest.mark.django_db

POSITIONS = "Company Name,Title,Started On\nQuay Ltd,Clerk,Mar 2019\n"
NAMELESS = zipped({"Positions.csv": POSITIONS})
OF_BOB = zipped({"Profile.csv": "First Name,Last Name\nBob,Stone\n", "Positions.csv": POSITIONS})


def refused(api: ApiClient, archive: bytes, **query: Any) -> Any:
    """Why an archive is refused, before any job is made; a trial run is refused alike."""
    jobs = Job.objects.count()
    for more in ({}, {"dry_run": "true"}):
        answer = sent(api, archive, query={**query, **more})
        assert answer.status_code == 422
        assert Job.objects.count() == jobs
    return answer.json()


# Without a name


def test_an_archive_without_a_name_goes_into_the_profile_that_is_named_which_keeps_its_own(api: ApiClient) -> None:
    mine = made(api, "Mary")
    result = brought(api, NAMELESS, into=mine["id"])
    profile = profile_of(api, result)
    assert profile["personal_info"] == mine["personal_info"]
    assert [job["company"] for job in profile["experiences"]] == ["Quay Ltd"]
    assert [(part["place"], part["outcome"]) for part in result["report"]["parts"]] == [
        ("Positions.csv, row 2", "mapped")
    ]
    # It was never the archive's, so that the next one doesn't change it.
    assert brought(api, zipped({"Profile.csv": "First Name\nmary\n"}), into=mine["id"])["status"] == 200
    assert api.get(f"{API}/profiles/{mine['id']}").json()["personal_info"]["full_name"] == "Mary"


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_what_else_an_archive_without_a_name_says_of_the_person_is_taken_over(api: ApiClient, mode: str) -> None:
    mine = made(api, "Mary")
    archive = zipped({"Phone Numbers.csv": "Number\n+44 7700 900123\n"})
    result = brought(api, archive, into=mine["id"], mode=mode)
    info = profile_of(api, result)["personal_info"]
    assert (info["full_name"], info["phone"], info["email"]) == ("Mary", "+44 7700 900123", "m@example.org")
    assert ("The archive", "mapped") in [(part["place"], part["outcome"]) for part in result["report"]["parts"]]


def test_without_a_profile_that_is_named_an_archive_needs_a_name(api: ApiClient) -> None:
    brought(api, FIRST)
    problem = refused(api, NAMELESS)
    assert problem["type"].endswith("/no-name")
    assert problem["detail"].startswith("The archive has no Profile.csv with a name; please ask LinkedIn")


# Another person's


def test_the_archive_of_another_person_is_refused_and_changes_nothing(api: ApiClient) -> None:
    mine = made(api, "Mary Marrow")
    revisions = Revision.objects.count()
    problem = refused(api, OF_BOB, into=mine["id"])
    assert problem["type"].endswith("/another-person")
    assert problem["detail"] == (
        "The archive is of Bob Stone, not of Mary Marrow, whose profile this is; please choose another profile, or"
        " confirm that the archive belongs in this one."
    )
    assert problem["errors"][0]["code"] == "another_person"
    assert api.get(f"{API}/profiles/{mine['id']}").json() == mine
    assert Revision.objects.count() == revisions
    # JSON Resume documents are written by hand, and people give them what name they like.
    resume = {"basics": {"name": "Bob Stone"}}
    assert api.post(f"{API}/profiles/import", resume, query={"into": mine["id"]}).status_code == 200


def test_the_archive_of_another_person_goes_where_it_is_meant_to(api: ApiClient) -> None:
    mine = made(api, "Mary Marrow")
    result = brought(api, OF_BOB, into=mine["id"], person="other")
    profile = profile_of(api, result)
    assert (result["profile_id"], profile["personal_info"]["full_name"]) == (mine["id"], "Mary Marrow")
    assert [job["company"] for job in profile["experiences"]] == ["Quay Ltd"]


def test_the_archive_of_another_person_is_refused_by_the_profile_of_the_last_archive_too(api: ApiClient) -> None:
    brought(api, FIRST)
    assert refused(api, OF_BOB)["type"].endswith("/another-person")
    assert brought(api, LATER)["status"] == 200
    assert Profile.objects.count() == 1


def test_the_archive_of_another_person_that_is_meant_makes_a_profile_of_its_own(api: ApiClient) -> None:
    mine = brought(api, FIRST)["profile_id"]
    result = brought(api, OF_BOB, person="other")
    assert result["status"] == 201
    assert profile_of(api, result)["personal_info"]["full_name"] == "Bob Stone"
    # From then on each archive finds the profile of its person.
    assert brought(api, OF_BOB, person="other")["profile_id"] == result["profile_id"]
    assert brought(api, OF_BOB)["profile_id"] == result["profile_id"]
    assert brought(api, LATER)["profile_id"] == mine
    assert Profile.objects.count() == 2


def test_the_first_archive_has_no_other_name(api: ApiClient) -> None:
    made(api, "Mary Marrow")
    assert brought(api, OF_BOB)["status"] == 201


def test_a_maiden_name_is_the_persons_own(api: ApiClient) -> None:
    mine = made(api, "Ines Telling")
    assert brought(api, FIRST, into=mine["id"])["profile_id"] == mine["id"]
    assert refused(api, zipped({"Profile.csv": PERSON}), into=mine["id"])["type"].endswith("/another-person")


def test_a_profile_that_gets_another_name_before_the_job_runs_refuses_the_archive(api: ApiClient) -> None:
    mine = made(api, "Bob Stone")
    job = filed(sent(api, OF_BOB, query={"into": mine["id"]}))
    api.patch(f"{API}/profiles/{mine['id']}", {"personal_info": {"full_name": "Mary Marrow"}})
    run(job)
    assert shown(api, job)["problem"]["type"].endswith("/another-person")
    assert not api.get(f"{API}/profiles/{mine['id']}").json()["experiences"]


def test_a_job_that_an_earlier_release_has_filed_runs(api: ApiClient) -> None:
    mine = made(api, "Bob Stone")
    job = filed(sent(api, OF_BOB, query={"into": mine["id"]}))
    Job.objects.filter(pk=job.pk).update(input='{"source":"linkedin","mode":"merge"}')
    run(job)
    assert shown(api, job)["result"]["status"] == 200


def test_whether_another_person_is_meant_is_said_in_one_of_two_words(api: ApiClient) -> None:
    answer = sent(api, FIRST, query={"person": "maybe"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "person"


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_person_is_told_in_words(api: ApiClient, language: str) -> None:
    mine = made(api, "Mary Marrow")
    problem = sent(api, OF_BOB, headers={"Accept-Language": language}, query={"into": mine["id"]}).json()
    assert "Bob Stone" in problem["detail"]
    assert "Mary Marrow" in problem["detail"]
    assert not list(sentence_faults(problem))


# What else archives have


def test_an_address_that_is_too_long_is_kept_aside_and_its_item_stays(api: ApiClient) -> None:
    address = "https://media.example/dms/image/" + "x" * 250
    files = {
        "Profile.csv": f'First Name,Last Name,Websites,Photo Url\nBob,Stone,"[OTHER:{address}]",{address}\n',
        "Certifications.csv": f"Name,Url,Authority\nStreams,{address},Institute\n",
        "Projects.csv": f"Title,Url\nTides,{address}\n",
    }
    result = brought(api, zipped(files))
    profile = profile_of(api, result)
    [certificate], [project] = profile["skills"]["certifications"], profile["projects"]
    assert (certificate["name"], certificate["url"], project["name"], project["url"]) == (
        "Streams",
        None,
        "Tides",
        None,
    )
    assert [each["extra"]["url"]["given"] for each in (certificate, project)] == [address] * 2
    assert profile["extra"]["basics"]["url"]["given"] == address
    assert profile["extra"]["basics"]["photoUrl"] == address
    told = [part["place"] for part in result["report"]["parts"] if part["outcome"] == "kept_aside"]
    assert {"Certifications.csv, row 2, web address", "Projects.csv, row 2, web address"} <= set(told)
    resume = {"basics": {"name": "Bob Stone", "image": address}, "work": [{"name": "Quay", "position": "Clerk"}]}
    answer = api.post(f"{API}/profiles/import", resume).json()
    assert answer["profile"]["personal_info"]["image"] is None
    assert len(answer["profile"]["experiences"]) == 1
    assert answer["profile"]["extra"]["basics"]["image"]["given"] == address
    assert "/basics/image" in [part["pointer"] for part in answer["report"]["parts"] if part["outcome"] == "kept_aside"]


def test_no_item_is_kept_aside_for_want_of_a_date(api: ApiClient) -> None:
    files = {
        "Profile.csv": PERSON,
        "Positions.csv": "Company Name,Title,Started On\nQuay,Clerk,\nPort,Scribe,a while ago\n",
        "Volunteering.csv": "Company Name,Role\nBoat,Radio\n",
        "Organizations.csv": "Name,Position,Started On\nClub,Treasurer,long ago\n",
        "Education.csv": "School Name,Degree Name,Field Of Study\nCollege,BSc,Maths\n",
        "Honors.csv": "Title,Issuer\nCake,Fair\n",
        "Certifications.csv": "Name,Authority\n" + "".join(f"Certificate {n},Institute\n" for n in range(51)),
        "Publications.csv": "Name,Publisher\nTides,Journal\n",
        "Projects.csv": "Title\nTides\n",
        "Courses.csv": "Name,Number,Associated With\nStatistics,M1,College\nRowing,,\n",
    }
    result = brought(api, zipped(files))
    profile = profile_of(api, result)
    assert [job["start_date"] for job in profile["experiences"]] == [None, None]
    assert [each["organization"] for each in profile["volunteering"]] == ["Boat", "Club"]
    assert [each["title"] for each in profile["awards"]] == ["Cake"]
    assert profile["awards"][0]["awarder"] == "Fair"
    assert [len(profile["skills"]["certifications"]), len(profile["publications"]), len(profile["projects"])] == [
        51,
        1,
        1,
    ]
    assert profile["education"][0]["courses"] == ["M1 - Statistics"]
    assert profile["extra"]["courses"] == [{"name": "Rowing"}]
    aside = [part["place"] for part in result["report"]["parts"] if part["outcome"] == "kept_aside"]
    # Dates that can't be read, and the list of courses.
    assert sorted(aside) == [
        "Courses.csv",
        "Organizations.csv, row 2, start date",
        "Positions.csv, row 3, start date",
    ]
    out = api.get(f"{API}/profiles/{profile['id']}/export").json()
    assert out["meta"]["masterProfile"]["unknown"]["courses"] == [{"name": "Rowing"}]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("Mär 2019", "Dez. 2019", ("2019-03", "2019-12", False)),
        ("mars 2019", "présent", ("2019-03", None, True)),
        ("Mar 2019", "Present", ("2019-03", None, True)),
        ("Mar 2019", "a while ago", ("2019-03", None, False)),
        ("a while ago", "", (None, None, True)),
        ("Spring 2019", "Q2 2020", ("2019", "2020", False)),
        ("2018 - 2020", "", ("2018", "2020", False)),
        ("3/4/20", "12/31/20", (None, "2020-12-31", False)),
    ],
)
def test_dates_are_understood_as_in_any_document_and_an_end_is_never_made_up(
    api: ApiClient, start: str, end: str, expected: tuple[Any, ...]
) -> None:
    text = f"Company Name,Title,Started On,Finished On\nQuay,Clerk,{start},{end}\n"
    [job] = profile_of(api, brought(api, zipped({"Profile.csv": PERSON, "Positions.csv": text})))["experiences"]
    assert (job["start_date"], job["end_date"], job["is_current"]) == expected
