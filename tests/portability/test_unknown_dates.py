"""Dates that nobody knows, in imports, exports and what is printed of them."""

from typing import Any

import pytest

from profiles.models import Experience
from profiles.portability import kinds
from profiles.portability.json_resume.reading import Reading
from profiles.portability.json_resume.values import fingerprint
from profiles.portability.printed.readable import arrange
from tests.support.client import ApiClient
from tests.support.contract import API

BASICS = {"name": "Nora Feldmark", "email": "nora@example.com"}
WORK = {"name": "Quay Ltd", "position": "Clerk"}
# What a résumé says of a job's dates; what is stored, whether an export says that it goes on, and what is printed.
PERIODS: list[tuple[dict[str, Any], tuple[Any, Any, bool], Any, list[str]]] = [
    ({"startDate": "2018"}, ("2018", None, True), None, ["2018", "present"]),
    ({"startDate": "2018", "endDate": "Present"}, ("2018", None, True), None, ["2018", "present"]),
    ({"startDate": "2018-03-01T00:00:00.000Z"}, ("2018-03-01", None, True), None, ["1 Mar 2018", "present"]),
    ({"startDate": "", "endDate": ""}, (None, None, False), None, []),
    ({}, (None, None, False), None, []),
    ({"endDate": "2019"}, (None, "2019", False), None, ["until 2019"]),
    ({"endDate": "Present"}, (None, None, True), True, ["present"]),
    ({"startDate": "2012-01", "endDate": "Summer 2015"}, ("2012-01", "2015", False), None, ["Jan 2012", "2015"]),
    ({"startDate": "2012-01", "endDate": "a while ago"}, ("2012-01", None, False), False, ["Jan 2012", "?"]),
    ({"startDate": "2012", "isCurrent": False}, ("2012", None, False), False, ["2012", "?"]),
    ({"startDate": "Spring 2012"}, ("2012", None, True), None, ["2012", "present"]),
    ({"startDate": "long ago"}, (None, None, True), True, ["present"]),
    ({"startDate": "long ago", "endDate": "2015"}, (None, "2015", False), None, ["until 2015"]),
    ({"startDate": "-"}, (None, None, False), None, []),
    ({"startDate": "N/A", "endDate": "2015"}, (None, "2015", False), None, ["until 2015"]),
    ({"isCurrent": True}, (None, None, True), True, ["present"]),
    ({"startDate": "until 2018"}, (None, "2018", False), None, ["until 2018"]),
    ({"startDate": "bis März 2018"}, (None, "2018-03", False), None, ["until Mar 2018"]),
    ({"startDate": "– 2018"}, (None, "2018", False), None, ["until 2018"]),
    ({"endDate": "since 2018"}, ("2018", None, True), None, ["2018", "present"]),
    ({"endDate": "seit 2018"}, ("2018", None, True), None, ["2018", "present"]),
    ({"startDate": "since 2018", "endDate": "until 2020"}, ("2018", "2020", False), None, ["2018", "2020"]),
]


def imported(api: ApiClient, resume: Any) -> Any:
    answer = api.post(f"{API}/profiles/import", resume)
    assert answer.status_code == 201, answer.content
    return answer.json()["profile"]


def exported(api: ApiClient, profile: Any) -> Any:
    return api.get(f"{API}/profiles/{profile['id']}/export", query={"format": "json-resume"}).json()


@pytest.mark.django_db
@pytest.mark.parametrize(("dates", "stored", "says", "shown"), PERIODS, ids=[str(period[0]) for period in PERIODS])
def test_what_nobody_knows_of_a_job_is_stored_as_unknown_and_comes_back_so(
    api: ApiClient, dates: dict[str, Any], stored: tuple[Any, ...], says: Any, shown: list[str]
) -> None:
    profile = imported(api, {"basics": BASICS, "work": [{**WORK, **dates}]})
    (job,) = profile["experiences"]
    assert (job["start_date"], job["end_date"], job["is_current"]) == stored
    out = exported(api, profile)
    assert out["work"][0].get("isCurrent") is says
    [section] = arrange(out).sections
    assert [moment.text for moment in section.items[0].dates] == shown
    (again,) = imported(api, out)["experiences"]
    assert [again[name] for name in ("start_date", "end_date", "is_current")] == list(stored)


@pytest.mark.django_db
def test_items_without_dates_are_items(api: ApiClient) -> None:
    resume = {
        "basics": BASICS,
        "education": [{"institution": "Quay College", "area": "Weaving", "studyType": "BA", "startDate": ""}],
        "projects": [{"name": "Kite atlas", "description": "Maps"}],
        "certificates": [{"name": "First aid", "issuer": "Red Kite", "date": "May-ish"}],
    }
    profile = imported(api, resume)
    assert profile["education"][0]["start_date"] is profile["projects"][0]["start_date"] is None
    assert profile["skills"]["certifications"][0]["date_obtained"] is None
    assert set(profile["extra"]) == set()
    out = exported(api, profile)
    assert out["projects"] == resume["projects"]
    assert "date" not in out["certificates"][0]
    assert "startDate" not in out["education"][0]


@pytest.mark.django_db
def test_an_import_without_dates_leaves_those_that_the_person_has_added(api: ApiClient) -> None:
    resume = {"basics": BASICS, "work": [WORK]}
    profile = imported(api, resume)
    path = f"{API}/profiles/{profile['id']}"
    change = {"start_date": "2018", "end_date": "2019"}
    mine = api.patch(f"{path}/experiences/{profile['experiences'][0]['id']}", change).json()
    answer = api.post(f"{API}/profiles/import", resume, query={"into": profile["id"]}).json()
    assert answer["profile"]["experiences"] == [mine]
    assert not [part for part in answer["report"]["parts"] if part["outcome"] == "refused"]


@pytest.mark.django_db
@pytest.mark.parametrize("start", [None, "2017"])
def test_an_end_that_stood_in_for_a_start_follows_the_source(api: ApiClient, start: str | None) -> None:
    """Earlier releases stored the end as the start where a document had none."""
    resume: dict[str, Any] = {"basics": BASICS, "work": [{**WORK, "endDate": "2019"}]}
    profile = imported(api, resume)
    mark = {"startDate": {"stored": fingerprint("2019")}}
    Experience.objects.update(start_date="2019", extra=mark)
    path = f"{API}/profiles/{profile['id']}"
    assert "startDate" not in exported(api, profile)["work"][0]
    resume["work"][0] |= {"startDate": start} if start else {"endDate": "2020"}
    api.post(f"{API}/profiles/import", resume, query={"into": profile["id"]})
    (job,) = api.get(path).json()["experiences"]
    assert (job["start_date"], job["end_date"]) == (start, resume["work"][0]["endDate"])


def test_an_end_does_not_stand_in_for_a_start() -> None:
    reading = Reading({"basics": BASICS, "work": [{**WORK, "endDate": "2019"}]}, kinds.SECTIONS, account_email="a@b.c")
    (job,) = reading.document()["experiences"]
    assert (job["start_date"], job["end_date"], job["extra"]) == (None, "2019", {})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ({"startDate": "WS 2018/19"}, "This names a start and an end; each is stored in its own place."),
        ({"startDate": "WS 2018/19", "endDate": "SS19"}, "The date was read as far as it can be stored."),
        ({"startDate": "2018", "endDate": "2018 - 2020"}, ""),
    ],
)
def test_of_a_range_the_report_says_which_ends_were_stored(api: ApiClient, dates: dict[str, str], told: str) -> None:
    answer = api.post(f"{API}/profiles/import", {"basics": BASICS, "work": [{**WORK, **dates}]})
    parts = [part for part in answer.json()["report"]["parts"] if part.get("pointer") == "/work/0/startDate"]
    assert [part["detail"] for part in parts] == ([told] if told else [])
