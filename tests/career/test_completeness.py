"""Analytics of a document: scores, statistics, and steps whose gain is exactly what doing them adds."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given, strategies as st

from profiles.career import completeness
from profiles.career.completeness import SECTIONS, STEPS, SUMMARY_LENGTH, Step
from profiles_project.words.wording import worded
from tests.support import machine

pytestmark = pytest.mark.pure

TODAY = date(2024, 7, 1)

EXPERIENCE = {"title": "Engineer", "company": "Babbage & Co", "start_date": "2020-01", "end_date": "2020-12"}
EDUCATION = {"institution": "UCL", "degree": "BSc", "field_of_study": "Mathematics", "start_date": "2016"}
PROJECT = {"name": "Notes", "description": "A notebook", "start_date": "2020"}
LANGUAGE = {"name": "English", "proficiency": "native"}
CERTIFICATION = {"name": "CKA", "issuer": "CNCF", "date_obtained": "2020-05"}


def analyse(document: completeness.Document, today: date) -> dict[str, Any]:
    """The analytics as a person reads them."""
    return completeness.said(completeness.analyse(document, today), worded)


def a_document(**sections: Any) -> dict[str, Any]:
    """An empty document, save for the sections given."""
    empty: dict[str, Any] = {
        "personal_info": dict.fromkeys(
            ("full_name", "email", "phone", "location", "linkedin", "github", "website"), None
        ),
        "professional_summary": None,
        "skills": {"technical": [], "soft": [], "languages": [], "certifications": []},
        "experiences": [],
        "education": [],
        "projects": [],
        "custom_fields": {},
    }
    return {**empty, **sections}


def a_full_document() -> dict[str, Any]:
    return a_document(
        personal_info={"full_name": "Ada", "email": "ada@example.org", "phone": "1", "location": "London"},
        professional_summary="x" * SUMMARY_LENGTH,
        skills={"technical": ["Go"], "soft": ["Calm"], "languages": [LANGUAGE], "certifications": [CERTIFICATION]},
        experiences=[EXPERIENCE] * 5,
        education=[EDUCATION] * 2,
        projects=[PROJECT] * 4,
        custom_fields={str(number): number for number in range(5)},
    )


def skills(**kinds: list[Any]) -> dict[str, Any]:
    return {"technical": [], "soft": [], "languages": [], "certifications": [], **kinds}


def job(start: str | None, end: str | None = None, *, is_current: bool = False) -> dict[str, Any]:
    return {"title": "a", "company": "b", "start_date": start, "end_date": end, "is_current": is_current}


def years(*jobs: dict[str, Any], today: date = TODAY) -> float:
    result: float = analyse(a_document(experiences=list(jobs)), today)["statistics"]["years_of_experience"]
    return result


def overall(document: Any) -> int:
    result: int = analyse(document, TODAY)["completeness"]["overall"]
    return result


# Documents of every stage, blanks included, with few different values so that they shrink well.
blanks = st.sampled_from([None, "", " ", "\u00a0\n"])
texts = blanks | st.sampled_from(["x", " Ada ", "é" * 49, "x" * 50, "x" * 51])
partial_dates = st.builds(
    lambda day, length: day.isoformat()[:length],
    st.dates(min_value=date(2017, 1, 1), max_value=date(2027, 12, 31)),
    st.sampled_from([4, 7, 10]),
)


def items(*fields: str, **others: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.fixed_dictionaries({**dict.fromkeys(fields, texts), **others}), max_size=6)


documents: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "personal_info": st.fixed_dictionaries(
            dict.fromkeys(("full_name", "email", "phone", "location", "github"), texts)
        ),
        "professional_summary": texts,
        "skills": st.fixed_dictionaries(
            {
                "technical": st.lists(texts, max_size=3),
                "soft": st.lists(texts, max_size=3),
                "languages": items("name", "proficiency"),
                "certifications": items("name", "issuer", date_obtained=st.none() | partial_dates),
            }
        ),
        "experiences": items(
            "title",
            "company",
            start_date=st.none() | partial_dates,
            end_date=st.none() | partial_dates,
            is_current=st.booleans(),
        ),
        "education": items("institution", "degree", "field_of_study", start_date=st.none() | partial_dates),
        "projects": items("name", "description", start_date=st.none() | partial_dates),
        "custom_fields": st.dictionaries(st.text(max_size=2), texts | st.just(0) | st.just([]), max_size=6),
    }
)


def test_weights_are_the_parts_of_a_hundred() -> None:
    assert {name: section.weight for name, section in SECTIONS.items()} == {
        "personal_info": 20,
        "professional_summary": 15,
        "experiences": 25,
        "education": 15,
        "skills": 15,
        "projects": 10,
        "custom_fields": 0,
    }


def test_an_empty_document_scores_nothing_and_a_full_one_everything() -> None:
    assert set(analyse(a_document(), TODAY)["completeness"].values()) == {0}
    analytics = analyse(a_full_document(), TODAY)
    assert set(analytics["completeness"].values()) == {100}
    assert analytics["next_steps"] == analytics["recommendations"] == []


def test_the_answer_has_the_shape_of_the_contract() -> None:
    analytics = analyse(a_document(), TODAY)
    assert list(analytics) == ["completeness", "statistics", "recommendations", "next_steps"]
    assert set(analytics["completeness"]) == {"overall", *SECTIONS}
    assert set(analytics["statistics"]) == {
        "total_experiences",
        "total_education",
        "total_skills",
        "total_projects",
        "total_certifications",
        "total_languages",
        "years_of_experience",
    }
    assert all(set(step) == {"section", "action", "gain"} for step in analytics["next_steps"])


@pytest.mark.parametrize(
    ("section", "value", "score"),
    [
        ("personal_info", {"full_name": "Ada", "email": "a@b.org"}, 50),
        ("personal_info", {"full_name": "Ada", "email": "a@b.org", "phone": " ", "location": ""}, 50),
        (
            "personal_info",
            {"full_name": "Ada", "email": "a@b.org", "linkedin": "https://x.org", "github": "https://y.org"},
            50,
        ),
        ("personal_info", {"full_name": "Ada", "email": "a@b.org", "phone": "1", "location": "x"}, 100),
        ("professional_summary", None, 0),
        ("professional_summary", "", 0),
        ("professional_summary", " \n" * 50, 0),
        ("professional_summary", "x", 50),
        ("professional_summary", "x" * 49, 50),
        ("professional_summary", " " + "x" * 49 + " " * 10, 50),
        ("professional_summary", "x" * 50, 100),
        ("professional_summary", "x" * 2000, 100),
        ("experiences", [EXPERIENCE], 20),
        ("experiences", [EXPERIENCE] * 4, 80),
        ("experiences", [EXPERIENCE] * 5, 100),
        ("experiences", [EXPERIENCE] * 1000, 100),
        ("experiences", [{**EXPERIENCE, "title": " "}, EXPERIENCE], 20),
        ("education", [EDUCATION], 50),
        ("education", [EDUCATION] * 2, 100),
        ("education", [EDUCATION] * 3, 100),
        ("education", [{**EDUCATION, "degree": "\t"}], 0),
        ("projects", [PROJECT], 25),
        ("projects", [PROJECT] * 3, 75),
        ("projects", [PROJECT] * 4, 100),
        ("projects", [PROJECT] * 5, 100),
        ("projects", [{**PROJECT, "description": ""}], 0),
        ("skills", skills(technical=["Go"]), 40),
        ("skills", skills(technical=["Go"] * 500), 40),
        ("skills", skills(technical=[" "]), 0),
        ("skills", skills(soft=["Calm"]), 30),
        ("skills", skills(languages=[LANGUAGE]), 20),
        ("skills", skills(languages=[{**LANGUAGE, "name": " "}]), 0),
        ("skills", skills(certifications=[CERTIFICATION]), 10),
        ("skills", skills(technical=["Go"], soft=["Calm"], languages=[LANGUAGE]), 90),
        ("custom_fields", {"a": 1}, 20),
        ("custom_fields", {"a": 0, "b": False}, 40),
        ("custom_fields", {"a": None, "b": " ", "c": [], "d": {}, " ": 1}, 0),
        ("custom_fields", {str(number): "x" for number in range(9)}, 100),
    ],
)
def test_a_section_scores_by_its_table(section: str, value: Any, score: int) -> None:
    completeness = analyse(a_document(**{section: value}), TODAY)["completeness"]
    assert completeness[section] == score
    assert completeness["overall"] == int(SECTIONS[section].weight * score / 100 + 0.5)


def test_overall_rounds_a_half_up() -> None:
    assert overall(a_document(projects=[PROJECT])) == 3  # 2.5
    assert overall(a_document(education=[EDUCATION])) == 8  # 7.5
    assert overall(a_document(projects=[PROJECT], education=[EDUCATION])) == 10  # exactly
    assert overall({**a_full_document(), "skills": skills(technical=["Go"], soft=["Calm"], languages=[LANGUAGE])}) == 99


def test_custom_fields_are_scored_and_weigh_nothing() -> None:
    without = {**a_full_document(), "custom_fields": {}}
    analytics = analyse(without, TODAY)
    assert (analytics["completeness"]["custom_fields"], analytics["completeness"]["overall"]) == (0, 100)
    assert analytics["next_steps"] == []


def test_steps_are_sorted_by_gain_and_equal_ones_by_the_table() -> None:
    assert [(step["section"], step["action"], step["gain"]) for step in analyse(a_document(), TODAY)["next_steps"]] == [
        ("professional_summary", "Write a summary of at least 50 characters", 15),
        ("education", "Add an education", 8),
        ("skills", "Add technical skills", 6),
        ("personal_info", "Add your full name", 5),
        ("personal_info", "Add an e-mail address", 5),
        ("personal_info", "Add a phone number", 5),
        ("personal_info", "Add your location", 5),
        ("experiences", "Add an experience", 5),
        ("skills", "Add soft skills", 5),
        ("skills", "Add a language", 3),
        ("projects", "Add a project", 3),
        ("skills", "Add a certification", 2),
    ]


def test_recommendations_are_sentences_in_the_order_of_the_steps() -> None:
    analytics = analyse(a_document(), TODAY)
    assert len(analytics["recommendations"]) == len(analytics["next_steps"]) == len(STEPS)
    for sentence, step in zip(analytics["recommendations"], analytics["next_steps"], strict=True):
        assert sentence.startswith(f"{step['action']} ")
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("section", "there", "action"),
    [
        ("experiences", [], "Add an experience"),
        ("experiences", [EXPERIENCE], "Add a second experience"),
        ("experiences", [EXPERIENCE] * 2, "Add another experience"),
        ("education", [EDUCATION], "Add a second education"),
        ("education", [EDUCATION, EDUCATION | {"degree": " "}], "Add a second education"),
        ("projects", [PROJECT], "Add a second project"),
        ("projects", [PROJECT] * 3, "Add another project"),
        ("professional_summary", None, "Write a summary of at least 50 characters"),
        ("professional_summary", "Short.", "Extend your summary to at least 50 characters"),
    ],
)
def test_a_step_says_what_is_to_be_done_beside_what_is_there(section: str, there: Any, action: str) -> None:
    steps = analyse(a_document(**{section: there}), TODAY)["next_steps"]
    assert [step["action"] for step in steps if step["section"] == section] == [action]


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def do(document: dict[str, Any]) -> dict[str, Any]:
        copy = deepcopy(document)
        change(copy)
        return copy

    return do


# Each step done by hand, apart from the code under test.
BY_HAND = {
    "Add your full name": changed(lambda document: document["personal_info"].update(full_name="Grace")),
    "Add an e-mail address": changed(lambda document: document["personal_info"].update(email="g@example.org")),
    "Add a phone number": changed(lambda document: document["personal_info"].update(phone="+1 555 0100")),
    "Add your location": changed(lambda document: document["personal_info"].update(location="Arlington")),
    "Write a summary of at least 50 characters": changed(
        lambda document: document.update(professional_summary="s" * 50)
    ),
    "Add an experience": changed(lambda document: document["experiences"].append(EXPERIENCE)),
    "Add an education": changed(lambda document: document["education"].append(EDUCATION)),
    "Add technical skills": changed(lambda document: document["skills"]["technical"].extend(["COBOL", "SQL"])),
    "Add soft skills": changed(lambda document: document["skills"]["soft"].extend(["Patience", "Wit"])),
    "Add a language": changed(lambda document: document["skills"]["languages"].append(LANGUAGE)),
    "Add a certification": changed(lambda document: document["skills"]["certifications"].append(CERTIFICATION)),
    "Add a project": changed(lambda document: document["projects"].append(PROJECT)),
}


@given(documents)
@pytest.mark.slow
def test_each_gain_is_exactly_what_doing_the_step_adds(document: dict[str, Any]) -> None:
    before = analyse(document, TODAY)
    shown = {step["action"]: step["gain"] for step in before["next_steps"]}
    for step in STEPS:
        added = overall(step.apply(document)) - before["completeness"]["overall"]
        assert added == shown.get(worded(step.action(document)), 0)
        by_hand = BY_HAND[worded(step.actions[0])]
        assert overall(by_hand(document)) - before["completeness"]["overall"] == added


@given(documents, st.sampled_from(STEPS))
def test_a_step_lowers_nothing_and_leaves_the_document_alone(document: dict[str, Any], step: Step) -> None:
    original = deepcopy(document)
    before, after = analyse(document, TODAY)["completeness"], analyse(step.apply(document), TODAY)["completeness"]
    assert document == original
    assert all(after[name] >= before[name] for name in before)
    assert all(after[name] == before[name] for name in before if name not in {"overall", step.section})


@given(documents)
def test_scores_are_integers_from_0_to_100_and_100_means_that_nothing_is_missing(document: dict[str, Any]) -> None:
    completeness = analyse(document, TODAY)["completeness"]
    assert all(type(score) is int and 0 <= score <= 100 for score in completeness.values())
    weighty = [completeness[name] for name, section in SECTIONS.items() if section.weight]
    assert (completeness["overall"] == 100) is (set(weighty) == {100})


@given(documents)
def test_doing_the_steps_shown_leads_to_100(document: dict[str, Any]) -> None:
    steps = {worded(action): step for step in STEPS for action in step.actions}
    current: Any = document
    for _ in range(25):
        analytics = analyse(current, TODAY)
        if not analytics["next_steps"]:
            break
        assert all(step["gain"] >= 1 for step in analytics["next_steps"])
        current = steps[analytics["next_steps"][0]["action"]].apply(current)
    assert overall(current) == 100


@given(documents)
def test_the_order_in_which_jobs_are_listed_changes_nothing(document: dict[str, Any]) -> None:
    turned = {**document, "experiences": document["experiences"][::-1]}
    assert analyse(turned, TODAY) == analyse(document, TODAY)


def test_statistics_count_what_is_there() -> None:
    document = a_document(
        experiences=[EXPERIENCE] * 3,
        education=[EDUCATION] * 2,
        projects=[PROJECT],
        skills=skills(
            technical=["Go", "C", " "], soft=["Calm"], languages=[LANGUAGE] * 4, certifications=[CERTIFICATION] * 5
        ),
    )
    assert analyse(document, TODAY)["statistics"] == {
        "total_experiences": 3,
        "total_education": 2,
        "total_skills": 3,
        "total_projects": 1,
        "total_certifications": 5,
        "total_languages": 4,
        "years_of_experience": 1.0,
    }


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ([], 0.0),
        ([job("2021", "2021")], 1.0),
        ([job("2010", "2019")], 10.0),
        ([job("2020-01", "2020-06")], 0.5),
        ([job("2020-03-01", "2020-03-18")], 0.0),
        ([job("2020-03-01", "2020-03-19")], 0.1),
        ([job("2020-01", "2020-12"), job("2020-01", "2020-12")], 1.0),
        ([job("2019-01", "2020-12"), job("2020-01", "2021-12")], 3.0),
        ([job("2015", "2020"), job("2017-03", "2018-02-03")], 6.0),
        ([job("2020", "2020"), job("2010", "2010")], 2.0),
        ([job("2019", "2019"), job("2020-01-01", "2020-12")], 2.0),
        ([job("2023-07-01", is_current=True)], 1.0),
        ([job("2023-07-01", "", is_current=True)], 1.0),
        ([job("2024", is_current=True)], 0.5),
        ([job("2024", "2024")], 0.5),
        ([job("2024-07-02", is_current=True)], 0.0),
        ([job("2025", "2030"), job("2023-07-01", is_current=True)], 1.0),
        ([job("2019-07-01", "2099")], 5.0),
        ([{**job("2010", "2019"), "title": " "}], 0.0),
        # One whose end nobody knows counts to the last day that its start may mean, one without a start for nothing.
        ([job("2010")], 1.0),
        ([job("2010-01"), job("2010-06-15")], 0.1),
        ([job("2024")], 0.5),
        ([job(None, "2019"), job(None), job(None, is_current=True)], 0.0),
    ],
)
def test_years_of_experience(jobs: list[dict[str, Any]], expected: float) -> None:
    assert years(*jobs) == expected


@given(documents)
def test_years_count_each_day_until_today_once(document: dict[str, Any]) -> None:
    days = set()
    for item in document["experiences"]:
        if not (item["title"] or "").strip() or not (item["company"] or "").strip():
            continue
        if not item["start_date"]:
            continue
        end = "9999" if item["is_current"] else item["end_date"] or item["start_date"]
        first = date.fromisoformat(item["start_date"] + "-01-01"[len(item["start_date"]) - 4 :])
        # The text of a day begins with, or sorts before, every partial date that it lies in or before.
        days |= {
            number
            for number in range(first.toordinal(), TODAY.toordinal() + 1)
            if date.fromordinal(number).isoformat()[: len(end)] <= end
        }
    assert analyse(document, TODAY)["statistics"]["years_of_experience"] == round(len(days) / 365.25, 1)


def test_a_thousand_experiences_are_no_burden() -> None:
    jobs = [job(f"{1950 + number % 70}-{1 + number % 12:02}", "2020-05-06") for number in range(1000)]
    # Measured: 3 ms; the limit leaves room for coverage, and none for squares of a thousand.
    with machine.at_most(0.2):
        assert years(*jobs) == 70.3
