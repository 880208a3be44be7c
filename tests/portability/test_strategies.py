"""What hypothesis draws is what other tests take it for."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from profiles.career.serializers import ProfileSerializer
from tests.support.documents.resumes import SCHEMA, is_resume
from tests.support.documents.strategies import TOO_MUCH, careers, resumes

pytestmark = pytest.mark.pure


@given(resumes())
@settings(max_examples=50)
def test_a_drawn_resume_is_one_and_has_a_name(resume: dict[str, Any]) -> None:
    assert is_resume(resume)
    assert resume["basics"]["name"].strip()
    assert json.loads(json.dumps(resume)) == resume


@given(careers())
@settings(max_examples=50)
@pytest.mark.slow
def test_the_api_takes_every_drawn_career(career: dict[str, Any]) -> None:
    serializer = ProfileSerializer(data=career)
    assert serializer.is_valid(), serializer.errors


SORTS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "right": SCHEMA.is_valid,
    "wrong": lambda resume: not SCHEMA.is_valid(resume),
    "many jobs": lambda resume: len(resume.get("work", [])) > 1,
    "hidden": lambda resume: "'isVisible': False" in str(resume.get("projects")),
    "odd date": lambda resume: "'Present'" in str(resume),
    "same skill": lambda resume: str(resume.get("skills")).lower().count("go") > 1,
    "too much": lambda resume: TOO_MUCH in str(resume),
    "ours": lambda resume: "customFields" in str(resume.get("meta")),
}


@pytest.mark.slow
def test_resumes_of_every_sort_are_drawn() -> None:
    drawn: list[dict[str, Any]] = []

    @given(resumes())
    @settings(max_examples=1000, derandomize=True)
    def draw(resume: dict[str, Any]) -> None:
        drawn.append(resume)

    draw()
    assert [sort for sort, belongs in SORTS.items() if not any(map(belongs, drawn))] == []
