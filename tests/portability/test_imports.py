"""Careers that come in: JSON Resume documents through the API, into new profiles and into those there are."""

import copy
from typing import Any

import pytest

from profiles.models import COMPONENTS, Experience, Origin, Profile
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import UserFactory, make_profile
from tests.support.jobs import ASYNC, filed, run, shown
from users.models import User

pytestmark = pytest.mark.django_db

IMPORT = f"{API}/profiles/import"
RESUME: dict[str, Any] = {
    "basics": {
        "name": "Grace Hopper",
        "label": "Rear admiral",
        "email": "grace@example.org",
        "summary": "Wrote the first compiler and told everybody how.",
        "location": {"city": "Arlington", "countryCode": "US"},
        "profiles": [{"network": "LinkedIn", "username": "grace", "url": "https://linkedin.com/in/grace"}],
    },
    "work": [
        {"name": "Navy", "position": "Officer", "startDate": "1967", "endDate": "1986-08-14", "highlights": ["COBOL"]},
        {"name": "Remington Rand", "position": "Programmer", "startDate": "1950", "endDate": "1959"},
    ],
    "skills": [{"name": "Compilers", "level": "Master", "keywords": ["A-0", "FLOW-MATIC"]}, {"name": "Teaching"}],
    "languages": [{"language": "English", "fluency": "Native speaker"}],
    "references": [{"name": "Howard Aiken", "reference": "The best."}],
    "x-favourite": {"number": 42},
}


def imported(api: ApiClient, resume: Any, **query: Any) -> Any:
    """The answer to an import, a good one."""
    answer = api.post(IMPORT, resume, query=query)
    assert answer.status_code in {200, 201}, answer.content
    return answer.json()


def told(answer: Any) -> dict[str, list[tuple[str, str]]]:
    """What the report says of each part but that it is there: outcome and sentence, by pointer."""
    found: dict[str, list[tuple[str, str]]] = {}
    for part in answer["report"]["parts"]:
        if part["outcome"] != "mapped":
            found.setdefault(part["pointer"], []).append((part["outcome"], part["detail"]))
    return found


def outcomes(answer: Any) -> dict[str, str]:
    """The last outcome of each part but those that are simply there."""
    return {pointer: parts[-1][0] for pointer, parts in told(answer).items()}


def without_ids(document: Any) -> Any:
    """A document without what is each profile's own."""
    own = {"id", "version", "is_active", "created_at", "updated_at"}
    if isinstance(document, dict):
        return {name: without_ids(value) for name, value in document.items() if name not in own}
    return [without_ids(each) for each in document] if isinstance(document, list) else document


def test_a_resume_becomes_a_profile(api: ApiClient, user: User) -> None:
    answer = api.post(IMPORT, RESUME)
    made = answer.json()["profile"]
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"{API}/profiles/{made['id']}"
    assert api.get(answer["Location"]).json() == made
    assert api.get(answer["Location"])["ETag"] == answer["ETag"]
    info = made["personal_info"]
    assert (info["full_name"], info["headline"], info["city"]) == ("Grace Hopper", "Rear admiral", "Arlington")
    assert (info["location"], info["linkedin"]) == ("Arlington, US", "https://linkedin.com/in/grace")
    assert [each["company"] for each in made["experiences"]] == ["Navy", "Remington Rand"]
    assert made["skills"]["technical"] == ["Compilers", "Teaching"]
    assert made["skills"]["details"][0]["keywords"] == ["A-0", "FLOW-MATIC"]
    assert made["skills"]["languages"][0]["proficiency"] == "native"
    assert made["extra"] == {"x-favourite": {"number": 42}}
    assert outcomes(answer.json()) == {
        "/$schema": "changed",
        "/languages/0/fluency": "changed",
        "/x-favourite": "kept_aside",
    }
    assert answer.json()["report"]["mapped"] == 8


def test_a_dry_run_stores_nothing(api: ApiClient, user: User) -> None:
    answer = api.post(IMPORT, RESUME, query={"dry_run": "true"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["profile"]["experiences"][0]["title"] == "Officer"
    assert not Profile.objects.exists()
    assert not Origin.objects.exists()
    profile = make_profile(user, 1)
    before = api.get(f"{API}/profiles/{profile.pk}").json()
    changed = imported(api, RESUME, into=profile.pk, mode="replace", dry_run="true")
    assert [each["company"] for each in changed["profile"]["experiences"]] == [
        "Navy",
        "Remington Rand",
        before["experiences"][0]["company"],
    ]
    assert api.get(f"{API}/profiles/{profile.pk}").json() == before


def exported(api: ApiClient, profile: Any, include: str = "hidden,references") -> Any:
    return api.get(f"{API}/profiles/{profile['id']}/export", query={"include": include}).json()


# Into a profile ---------------------------------------------------------------------------------------------------


@pytest.fixture
def mine(api: ApiClient) -> Any:
    """A profile that was imported, and then changed by the person."""
    return imported(api, RESUME)["profile"]


def path_of(profile: Any) -> str:
    return f"{API}/profiles/{profile['id']}"


def test_the_same_document_again_changes_nothing(api: ApiClient, mine: Any) -> None:
    again = imported(api, RESUME, into=mine["id"])
    assert without_ids(again["profile"]) == without_ids(mine)
    assert again["profile"]["version"] == mine["version"]
    assert ids(again["profile"]) == ids(mine)
    details = {part["detail"] for part in again["report"]["parts"] if part["outcome"] == "mapped"}
    assert "This was already there; there was nothing to update." in details


def ids(profile: Any) -> dict[str, list[str]]:
    """The ids of all items, list by list."""
    lists = {**profile, **profile["skills"]}
    return {kind.plural: [each["id"] for each in lists[kind.plural]] for kind in COMPONENTS}


def test_a_newer_document_updates_what_it_brought_and_leaves_what_the_person_wrote(api: ApiClient, mine: Any) -> None:
    navy, remington = mine["experiences"]
    api.patch(f"{path_of(mine)}/experiences/{navy['id']}", {"description": "My own words."})
    api.patch(path_of(mine), {"personal_info": {"headline": "Inventor"}})
    newer = copy.deepcopy(RESUME)
    newer["basics"] |= {"label": "Admiral", "phone": "+1 202 555 0100"}
    newer["work"][0] |= {"summary": "Theirs.", "highlights": ["COBOL", "Nanoseconds"]}
    newer["work"].insert(0, {"name": "DEC", "position": "Consultant", "startDate": "1986-09"})
    newer["skills"].append({"name": "COBOL"})
    answer = imported(api, newer, into=mine["id"])
    after = answer["profile"]
    assert [each["company"] for each in after["experiences"]] == ["DEC", "Navy", "Remington Rand"]
    assert after["experiences"][1]["id"] == navy["id"]
    assert after["experiences"][1]["description"] == "My own words."
    assert after["experiences"][1]["achievements"] == ["COBOL", "Nanoseconds"]
    assert after["experiences"][2] == remington
    assert after["personal_info"]["headline"] == "Inventor"
    assert after["personal_info"]["phone"] == "+1 202 555 0100"
    assert after["skills"]["technical"] == ["Compilers", "Teaching", "COBOL"]
    assert after["version"] == mine["version"] + 3
    assert outcomes(answer)["/work/1/summary"] == outcomes(answer)["/basics/label"] == "refused"


def test_what_the_person_deleted_stays_deleted(api: ApiClient, mine: Any) -> None:
    api.delete(f"{path_of(mine)}/experiences/{mine['experiences'][1]['id']}")
    api.delete(f"{path_of(mine)}/skills/technical", query={"skills": "Teaching"})
    answer = imported(api, RESUME, into=mine["id"])
    assert [each["company"] for each in answer["profile"]["experiences"]] == ["Navy"]
    assert answer["profile"]["skills"]["technical"] == ["Compilers"]
    assert outcomes(answer)["/work/1"] == outcomes(answer)["/skills/1"] == "refused"
    back = imported(api, RESUME, into=mine["id"], mode="replace")["profile"]
    assert [each["company"] for each in back["experiences"]] == ["Navy", "Remington Rand"]
    assert back["skills"]["technical"] == ["Compilers", "Teaching"]


def test_a_period_is_taken_over_as_a_whole_or_not_at_all(api: ApiClient, mine: Any) -> None:
    """Else a new end would meet the person's own start."""
    navy = mine["experiences"][0]
    api.patch(f"{path_of(mine)}/experiences/{navy['id']}", {"start_date": "1987", "end_date": None, "is_current": True})
    after = imported(api, RESUME, into=mine["id"])["profile"]["experiences"][0]
    assert (after["start_date"], after["end_date"], after["is_current"]) == ("1987", None, True)


def test_what_the_person_has_written_before_is_known_and_only_filled_up(api: ApiClient, user: User) -> None:
    profile = api.post(
        f"{API}/profiles",
        {
            "personal_info": {"full_name": "G. Hopper", "email": "hopper@example.org"},
            "experiences": [{"title": "officer", "company": "NAVY", "start_date": "1967", "is_current": True}],
            "skills": {"soft": ["Teaching"]},
        },
    ).json()
    after = imported(api, RESUME, into=profile["id"])["profile"]
    assert (after["personal_info"]["full_name"], after["personal_info"]["headline"]) == ("G. Hopper", "Rear admiral")
    assert [each["company"] for each in after["experiences"]] == ["NAVY", "Remington Rand"]
    assert after["experiences"][0]["is_current"] is True
    assert after["experiences"][0]["achievements"] == ["COBOL"]
    assert after["skills"]["technical"] == ["Compilers"]
    assert after["skills"]["soft"] == ["Teaching"]


def test_replacing_takes_each_part_that_the_document_has(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 2)
    api.patch(
        f"{API}/profiles/{profile.pk}/experiences",
        [{"id": str(pk), "is_visible": True} for pk in Experience.of(profile)],
    )
    before = api.get(f"{API}/profiles/{profile.pk}").json()
    after = imported(api, RESUME, into=profile.pk, mode="replace")["profile"]
    assert [each["company"] for each in after["experiences"]] == ["Navy", "Remington Rand"]
    assert after["personal_info"]["full_name"] == "Grace Hopper"
    assert after["personal_info"]["phone"] == before["personal_info"]["phone"]
    assert (after["education"], after["custom_fields"]) == (before["education"], before["custom_fields"])
    # Hidden items may lack in the document just because exports leave them out.
    assert [each["name"] for each in after["references"]] == [
        "Howard Aiken",
        *(each["name"] for each in before["references"]),
    ]
    assert (after["label"], after["is_active"], after["version"]) == ("Master", True, before["version"] + 1)


def test_an_export_that_comes_back_in_place_of_what_was_there_changes_nothing(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 2)
    before = api.get(f"{API}/profiles/{profile.pk}").json()
    for include in ("", "hidden,references"):
        resume = exported(api, before, include)
        after = imported(api, resume, into=profile.pk, mode="replace")["profile"]
        assert after | {"version": 1, "updated_at": 0} == before | {"version": 1, "updated_at": 0}


def test_if_match_is_judged(api: ApiClient, mine: Any) -> None:
    tag = api.get(path_of(mine))["ETag"]
    api.patch(path_of(mine), {"label": "Other"})
    stale = api.post(IMPORT, RESUME, query={"into": mine["id"]}, headers={"If-Match": tag})
    assert stale.status_code == 412
    fresh = api.post(
        IMPORT,
        {**RESUME, "skills": []},
        query={"into": mine["id"]},
        headers={"If-Match": api.get(path_of(mine))["ETag"]},
    )
    assert fresh.status_code == 200
    assert fresh["ETag"] == api.get(path_of(mine))["ETag"]
    assert api.post(IMPORT, RESUME, headers={"If-Match": "*"}).status_code == 412


# Whose, how often, in which form ----------------------------------------------------------------------------------


def test_a_profile_of_somebody_else_is_refused_before_the_body_is_looked_at(api: ApiClient) -> None:
    theirs = make_profile(UserFactory.create(), 0)
    for query, status in (({"into": theirs.pk}, 403), ({"into": "01990000-0000-7000-8000-000000000000"}, 404)):
        assert api.post(IMPORT, data=b"{", query=query).status_code == status


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"into": "mine"}, "into"),
        ({"mode": "merge"}, "mode"),
        ({"dry_run": "yes"}, "dry_run"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(api: ApiClient, query: Any, parameter: str) -> None:
    answer = api.post(IMPORT, RESUME, query=query, check_request=False)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_an_unknown_mode_is_named(api: ApiClient, mine: Any) -> None:
    answer = api.post(IMPORT, RESUME, query={"into": mine["id"], "mode": "mix"})
    assert answer.json()["detail"] == "Import mode: this must be merge or replace."


def test_a_key_makes_one_profile_of_two_tries(api: ApiClient) -> None:
    answers = [api.post(IMPORT, RESUME, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Profile.objects.count() == 1


def test_a_document_is_imported_by_a_job_where_that_is_preferred(api: ApiClient) -> None:
    job = filed(api.post(IMPORT, RESUME, headers=ASYNC))
    assert not Profile.objects.exists()
    run(job)
    result = shown(api, job)["result"]
    made = Profile.objects.get()
    assert (result["status"], result["href"]) == (201, f"{API}/profiles/{made.pk}")
    assert result["report"]["mapped"] == 8
    assert not job.pieces.exists()
    assert api.get(f"{API}/jobs/{job.pk}/file").status_code == 404


# What is no résumé ------------------------------------------------------------------------------------------------

NAMED = {"basics": {"name": "Grace"}}
REFUSED: list[tuple[Any, str, str, str]] = [
    ({}, "empty", "", "empty"),
    ({"basics": {}}, "empty", "", "empty"),
    ([], "not-a-resume", "", "not_a_resume"),
    ("text", "not-a-resume", "", "not_a_resume"),
    ({"personal_info": {"full_name": "Ada"}}, "not-a-resume", "", "not_a_resume"),
    ({"work": [{"name": "Navy"}]}, "required", "/basics", "required"),
    ({"basics": {"label": "Admiral"}}, "required", "/basics/name", "required"),
    ({"basics": {"name": " "}}, "required", "/basics/name", "required"),
    ({"basics": ["Grace"]}, "required", "/basics", "required"),
    ({**NAMED, "$schema": "https://example.org/v2.0.0/schema.json"}, "schema-version", "/$schema", "schema_version"),
    ({**NAMED, "skills": [{"name": f"skill {n}"} for n in range(10_000)]}, "max-length", "/skills", "max_length"),
    ({**NAMED, "work": [{"name": "A", "startDate": "2019"}] * 1001}, "max-length", "/work", "max_length"),
]


@pytest.mark.parametrize(("resume", "slug", "where", "code"), REFUSED, ids=[f"{r[1]} {r[2]}" for r in REFUSED])
def test_what_cannot_be_imported_is_refused_whole(
    api: ApiClient, resume: Any, slug: str, where: str, code: str
) -> None:
    answer = api.post(IMPORT, resume, check_request=False)
    problem = answer.json()
    assert answer.status_code == 422
    assert problem["type"].rsplit("/", 1)[1] == slug
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [(where, code)]
    assert not Profile.objects.exists()


@pytest.mark.parametrize("media_type", ["text/plain", "text/html", "multipart/form-data; boundary=x", ""])
def test_another_media_type_is_refused(api: ApiClient, media_type: str) -> None:
    answer = api.post(IMPORT, data=b"{}", content_type=media_type)
    assert answer.status_code == 415


# One document for each oddity: what is stored of it, and the outcome.
ODD: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"work": [{"name": "Navy", "startDate": "June 1967", "endDate": "Present"}]}, {"/work/0/startDate": "changed"}),
    (
        {"work": [{"name": "Navy", "startDate": "2014-13"}]},
        {"/work/0/isCurrent": "changed"},
    ),
    ({"work": [{"name": "Navy"}]}, {"/work/0/position": "changed"}),
    ({"work": [{"name": "Navy", "startDate": "2020", "endDate": "2019"}]}, {"/work/0/endDate": "kept_aside"}),
    ({"work": [{"name": "Navy", "startDate": "2020", "url": "ftp://x"}]}, {"/work/0/url": "kept_aside"}),
    ({"work": [{"name": "N" * 300, "startDate": "2020"}]}, {"/work/0/name": "changed"}),
    ({"work": [{"name": "N", "startDate": "2020", "highlights": ["x" * 600]}]}, {"/work/0/highlights": "changed"}),
    ({"work": [{"name": "N", "startDate": "2020", "x-note": "x" * 20_000}]}, {"/work/0/x-note": "refused"}),
    ({"education": [{"institution": "Yale", "endDate": "1934"}]}, {"/education/0/studyType": "changed"}),
    ({"languages": [{"language": "French"}]}, {"/languages/0/fluency": "changed"}),
    ({"certificates": [{"name": "A", "date": "2020-13"}]}, {"/certificates/0/date": "kept_aside"}),
    ({"skills": [{"name": "Go"}, {"name": "GO"}]}, {"/skills/1": "kept_aside"}),
    ({"skills": [{"keywords": ["Go"]}]}, {"/skills/0": "kept_aside"}),
    ({"references": [{"reference": "Good."}]}, {"/references/0": "kept_aside"}),
    ({"interests": "many"}, {"/interests": "changed"}),
    ({"interests": True}, {"/interests": "kept_aside"}),
    (
        {"meta": {"masterProfile": {"label": "x" * 200, "customFields": {"": 1}}}},
        {"/meta/masterProfile/label": "refused"},
    ),
]


@pytest.mark.parametrize(
    ("part", "expected"), ODD, ids=[next(iter(expected)) + f" {n}" for n, (_, expected) in enumerate(ODD)]
)
def test_no_value_that_cannot_be_stored_refuses_the_rest(api: ApiClient, part: Any, expected: dict[str, str]) -> None:
    answer = imported(api, {"basics": {"name": "Grace", "email": "none", "summary": "short"}, **part})
    found = outcomes(answer)
    assert expected.items() <= found.items()
    assert found["/basics/email"] == "changed"
    assert found["/basics/summary"] == "kept_aside"
    assert all(fault["detail"].endswith(".") for fault in answer["report"]["parts"])
    out = exported(api, answer["profile"])
    assert out["basics"]["name"] == "Grace"
    assert out["basics"]["summary"] == "short"


def test_what_is_kept_aside_is_nobodys_but_the_owners(api: ApiClient) -> None:
    made = imported(api, {**NAMED, "references": [{"reference": "A word of somebody else."}]})["profile"]
    assert made["extra"]["references"]["0"]["reference"] == "A word of somebody else."
    assert "somebody else" not in api.get(f"{API}/profiles").content.decode()
    assert "references" not in exported(api, made, "")
    assert exported(api, made)["references"] == [{"reference": "A word of somebody else."}]


def test_a_field_that_was_cleared_is_not_given_back_from_what_came(api: ApiClient) -> None:
    resume = {
        **NAMED,
        "work": [{"name": "Navy", "position": "Officer", "startDate": "1967", "summary": "  Long ago. "}],
    }
    made = imported(api, resume)["profile"]
    assert exported(api, made)["work"][0]["summary"] == "  Long ago. "
    api.patch(f"{path_of(made)}/experiences/{made['experiences'][0]['id']}", {"description": None})
    assert "summary" not in exported(api, made)["work"][0]


def test_a_report_is_in_the_readers_language_and_otherwise_the_same(api: ApiClient) -> None:
    odd = {
        **RESUME,
        "work": [*RESUME["work"], {"summary": "Nobody knows where."}, {"name": "A", "startDate": "June 2014"}, 7],
        "languages": [{"language": "Latin", "fluency": "as Cicero"}],
        "x-note": "Kept.",
    }
    english, german = (
        api.post(IMPORT, odd, query={"dry_run": "true"}, headers={"Accept-Language": language})
        for language in ("en", "de")
    )
    assert (english["Content-Language"], german["Content-Language"]) == ("en", "de")
    reports = [answer.json()["report"] for answer in (english, german)]
    here, there = (
        {**report, "parts": [(part["pointer"], part["outcome"]) for part in report["parts"]]} for report in reports
    )
    assert here == there
    assert {outcome for _, outcome in here["parts"]} >= {"mapped", "changed", "kept_aside"}
    sentences = [part["detail"] for report in reports for part in report["parts"]]
    assert all(sentence and not {"\x1f", "{", "}"} & set(sentence) for sentence in sentences)


def test_what_was_updated_is_named_as_people_know_it(api: ApiClient) -> None:
    made = imported(api, RESUME)["profile"]
    job = {**RESUME["work"][0], "summary": "Another summary.", "location": "Elsewhere"}
    again = imported(api, {**RESUME, "work": [job, *RESUME["work"][1:]]}, into=made["id"])
    details = {part["pointer"]: part["detail"] for part in again["report"]["parts"] if part["outcome"] == "mapped"}
    assert details["/work/0"] == "This was already there; updated: place, description."
