"""What apps in the field send beside the fields of a résumé is kept (contract 3.1, below the table)."""

from http import HTTPStatus
from typing import Any

import pytest

from profiles.models import Profile
from profiles.portability.json_resume import mapping
from profiles.portability.printed.readable import arrange
from profiles.portability.printed.rich import plain_lines
from tests.support.client import ApiClient
from tests.support.factories import profile_document

PROFILES = "/api/v1/profiles"
PROJECT = {"name": "Note G", "description": "The first program.", "start_date": "1842"}
ENHANCED = "What a program made of it."


@pytest.mark.django_db
def test_they_come_back_as_they_were_sent(api: ApiClient) -> None:
    sent = profile_document(0, enhanced_professional_summary=ENHANCED)
    sent["projects"] = [{**PROJECT, "enhanced_description": ENHANCED, "is_ongoing": True, "highlights": ["A loop."]}]
    job = {"title": "Analyst", "company": "Engines", "start_date": "1842", "is_current": True}
    sent["experiences"] = [{**job, "enhanced_description": ENHANCED}]
    made = api.post(PROFILES, sent).json()
    assert made["enhanced_professional_summary"] == ENHANCED
    assert made["experiences"][0]["enhanced_description"] == ENHANCED
    project = made["projects"][0]
    assert (project["enhanced_description"], project["is_ongoing"], project["highlights"]) == (
        ENHANCED,
        True,
        ["A loop."],
    )
    # Lists show what people wrote themselves.
    assert "enhanced_professional_summary" not in api.get(PROFILES).json()["profiles"][0]


@pytest.mark.django_db
def test_they_have_limits(api: ApiClient) -> None:
    sent = profile_document(0, enhanced_professional_summary="x" * 2001)
    sent["projects"] = [{**PROJECT, "enhanced_description": "x" * 2001, "is_ongoing": "perhaps"}]
    answer = api.post(PROFILES, sent)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert {each["pointer"] for each in answer.json()["errors"]} == {
        "/enhanced_professional_summary",
        "/projects/0/enhanced_description",
        "/projects/0/is_ongoing",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"github_url": "github.com/ada/g"}, "https://github.com/ada/g"),
        ({"repository_url": "https://git.example.org/g"}, "https://git.example.org/g"),
        (
            {"github_url": "https://github.com/ada/g", "repository_url": "https://git.example.org/g"},
            "https://git.example.org/g",
        ),
        ({"github_url": ""}, None),
    ],
)
def test_a_repository_has_two_names(api: ApiClient, sent: dict[str, Any], stored: str | None) -> None:
    path = api.post(PROFILES, profile_document(0))["Location"]
    (project,) = api.post(f"{path}/projects", [{**PROJECT, **sent}]).json()
    assert project["repository_url"] == stored
    assert "github_url" not in project
    strict = api.post(f"{path}/projects", [{**PROJECT, **sent}], headers={"Prefer": "handling=strict"})
    assert strict.status_code == HTTPStatus.CREATED
    changed = api.patch(f"{path}/projects/{project['id']}", {"github_url": "https://github.com/ada/other"}).json()
    assert changed["repository_url"] == "https://github.com/ada/other"
    change = {"kind": "projects", "id": project["id"], "base": changed["version"], "set": sent}
    (result,) = api.post(f"{path}/changes", {"changes": [change]}).json()["results"]
    assert result["data"]["repository_url"] == stored


@pytest.mark.django_db
def test_a_fault_is_told_by_the_name_that_was_sent(api: ApiClient) -> None:
    path = api.post(PROFILES, profile_document(0))["Location"]
    answer = api.post(f"{path}/projects", [{**PROJECT, "github_url": "ftp://github.com/ada"}])
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/0/github_url"]


@pytest.mark.pure
def test_a_printed_resume_shows_an_enhanced_text_in_place_of_the_plain_one() -> None:
    work = {"position": "Analyst", "startDate": "1842", "summary": "Plain."}
    project = {"name": "Note G", "startDate": "1842", "description": "Plain.", "isOngoing": True}
    resume: dict[str, Any] = {"basics": {"name": "Ada", "summary": "Plain."}, "work": [work], "projects": [project]}
    plain = [item.texts for section in arrange(resume).sections for item in section.items]
    assert [list(plain_lines(texts)) for texts in plain] == [["Plain."]] * 2
    enhanced: dict[str, Any] = {
        "basics": {**resume["basics"], "enhancedSummary": ENHANCED},
        "work": [{**work, "enhancedDescription": ENHANCED}],
        "projects": [{**project, "enhancedDescription": ENHANCED, "repositoryUrl": "https://git.example.org/g"}],
    }
    sheet = arrange(enhanced)
    assert list(plain_lines(sheet.texts)) == [ENHANCED]
    items = [item for section in sheet.sections for item in section.items]
    assert [list(plain_lines(item.texts)) for item in items] == [[ENHANCED]] * 2
    assert [moment.text for moment in items[1].dates] == ["1842", "present"]
    assert [(fact.label, fact.text) for fact in items[1].facts] == [("Repository", "https://git.example.org/g")]


@pytest.mark.pure
def test_import_and_export_know_the_profiles_own_texts() -> None:
    assert mapping.SUMMARIES == Profile.SUMMARIES
