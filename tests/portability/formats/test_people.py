"""The careers of people who write in many scripts, in each format: accepted, exact, honest, and nothing is lost."""

import json
import re
from typing import Any

import pytest

from profiles.portability.formats.xml_text import loads as loads_xml
from tests.portability.test_imports import IMPORT, ids, without_ids
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.documents.people import PEOPLE, WRITERS, Person
from tests.support.jobs import filed, run, shown

pytestmark = pytest.mark.django_db

ANY = "application/octet-stream"
# A format's own way of a fact that the others have as a text.
WITHOUT_SKILLS = {"europass-passport", "europass-candidate"}
CASES = [(language, name) for language in PEOPLE for name in WRITERS]


def brought(api: ApiClient, body: bytes, **query: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The profile that a file becomes, and the report."""
    answer = api.post(IMPORT, data=body, content_type=ANY, query=query)
    if answer.status_code == 202:
        job = filed(answer)
        run(job)
        result = shown(api, job)["result"]
        return api.get(result["href"]).json(), result["report"]
    assert answer.status_code in {200, 201}, answer.content
    return answer.json()["profile"], answer.json()["report"]


def jobs(profile: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What identifies each job, and its period."""
    names = ("company", "title", "start_date", "end_date", "is_current")
    return [tuple(job[name] for name in names) for job in profile["experiences"]]


@pytest.mark.parametrize(("language", "name"), CASES)
def test_a_career_in_any_script_comes_in_as_it_was_written(api: ApiClient, language: str, name: str) -> None:
    person = PEOPLE[language]
    profile, report = brought(api, WRITERS[name](person))
    assert profile["personal_info"]["full_name"] == person.full_name
    # The day of a timestamp is no more than its format's way to write a month.
    assert [tuple(str(value)[:7] for value in job) for job in jobs(profile)] == [
        (person.company[:7], person.position[:7], "2018-03", "None", "True"),
        (person.earlier_company[:7], person.earlier_position[:7], start_of(name), "2018-02", "False"),
    ]
    assert [job["company"] for job in profile["experiences"]] == [person.company, person.earlier_company]
    assert [job["title"] for job in profile["experiences"]] == [person.position, person.earlier_position]
    assert [(each["institution"], each["start_date"][:4], each["end_date"][:4]) for each in profile["education"]] == [
        (person.school, "2010", "2014")
    ]
    if name != "europass-candidate":
        assert [(each["name"], each["proficiency"]) for each in profile["skills"]["languages"]] == [
            (person.language, "native")
        ]
    if name not in WITHOUT_SKILLS:
        assert profile["skills"]["technical"] == [person.skill]
    # How a page looks is no part of a career.
    refused = [part["detail"] for part in report["parts"] if part["outcome"] == "refused"]
    assert [detail for detail in refused if "no part of a career" not in detail] == []
    # All that the person wrote is there.
    there = json.dumps(profile, ensure_ascii=False)
    assert [text for text in texts_of(person, name) if text not in there] == []


def start_of(name: str) -> str:
    """The start of the earlier job, whose format may have full dates alone."""
    return "2016-01" if name == "reactive-resume-3" else "2016"


def texts_of(person: Person, name: str) -> list[str]:
    """The texts that a document of this format has."""
    left = {
        "europass-passport": {"skill", "fluency"},
        "europass-candidate": {"label", "skill", "language", "fluency"},
    }.get(name, set())
    dates = {"since", "until", "present", "name"}
    return [text for field, text in person._asdict().items() if field not in {*left, *dates}]


@pytest.mark.parametrize(("language", "name"), CASES)
def test_it_comes_in_twice_without_a_change_and_goes_out_and_in_again(api: ApiClient, language: str, name: str) -> None:
    body = WRITERS[name](PEOPLE[language])
    profile, _ = brought(api, body)
    again, _ = brought(api, body, into=profile["id"])
    assert (ids(again), again["version"]) == (ids(profile), profile["version"])
    exported = api.get(f"{API}/profiles/{profile['id']}/export", query={"include": "hidden,references"}).json()
    answer = api.post(IMPORT, exported)
    assert answer.status_code == 201, answer.content
    assert answer.json()["report"]["refused"] == 0
    made = answer.json()["profile"]
    # The schema has dates of one form, so that the person's own words for them stay behind.
    assert without_words(made) == {**without_words(profile), "label": made["label"]}


def without_words(profile: dict[str, Any]) -> dict[str, Any]:
    """A document without ids and without what its items have beyond our fields."""
    made: dict[str, Any] = without_ids(profile)
    for items in (made["experiences"], made["education"]):
        for item in items:
            del item["extra"]
    return made


@pytest.mark.pure
def test_the_documents_are_those_of_their_formats() -> None:
    for person in PEOPLE.values():
        for name in ("europass-passport", "europass-candidate"):
            assert loads_xml(WRITERS[name](person))
        assert re.search(rb"PK\x03\x04", WRITERS["linkedin"](person))
