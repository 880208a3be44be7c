"""One item of each kind of component, as a client sends it: the OpenAPI examples, the demo and the tests show it."""

from collections.abc import Mapping
from typing import Any

from profiles.modelfields import HttpUrlField, PartialDateField
from profiles.models import Component, parts

# The sample of each kind: every field of its own has a value that says something.
SAMPLES: Mapping[type[Component], Mapping[str, Any]] = {
    parts.Experience: {
        "title": "Engineer",
        "company": "Analytical Engines",
        "location": "London",
        "start_date": "2019-03",
        "end_date": "2021-11-30",
        "is_current": False,
        "description": "Wrote programs.",
        "achievements": ["Computed the Bernoulli numbers."],
        "technologies": ["Punched cards"],
        "employment_type": "full-time",
        "industry": "Computing",
        "url": "https://engines.example.org",
        "company_description": "Makers of calculating machines",
        "enhanced_description": "Wrote the first programs for a machine.",
    },
    parts.Education: {
        "institution": "University of London",
        "degree": "BSc",
        "field_of_study": "Mathematics",
        "start_date": "2014",
        "end_date": "2017-06",
        "is_current": False,
        "gpa": 3.8,
        "score": "First",
        "honors": ["Prize in analysis"],
        "description": "Analysis and logic.",
        "url": "https://london.example.org",
        "courses": ["Differential calculus"],
    },
    parts.Project: {
        "name": "Note G",
        "description": "The first program.",
        "technologies": ["Algebra"],
        "url": "https://example.org/note-g",
        "start_date": "2020",
        "end_date": "2020-12-31",
        "highlights": ["Shows a loop within a loop."],
        "roles": ["Author"],
        "entity": "Scientific Memoirs",
        "type": "publication",
        "enhanced_description": "The first program that was ever published.",
        "repository_url": "https://git.example.org/note-g",
        "is_ongoing": False,
    },
    parts.Certification: {
        "name": "Certified Analyst",
        "issuer": "Royal Society",
        "date_obtained": "2018-05-04",
        "expiry_date": "2028",
        "credential_id": "RS-1843",
        "url": "https://example.org/credentials/1843",
    },
    parts.Language: {"name": "French", "proficiency": "fluent"},
    parts.Volunteering: {
        "organization": "Evening school",
        "role": "Teacher",
        "url": "https://school.example.org",
        "start_date": "2016",
        "end_date": "2018-02",
        "summary": "Taught arithmetic.",
        "highlights": ["Forty pupils"],
    },
    parts.Award: {"title": "Medal", "date": "2021-05", "awarder": "Royal Society", "summary": "For the notes."},
    parts.Publication: {
        "name": "Sketch of the Analytical Engine",
        "publisher": "Scientific Memoirs",
        "release_date": "2020-10",
        "url": "https://example.org/sketch",
        "summary": "With notes.",
    },
    parts.Interest: {"name": "Music", "keywords": ["Harp"]},
    parts.Reference: {"name": "Charles Babbage", "reference": "She understands the machine."},
}


def change(kind: type[Component]) -> dict[str, Any]:
    """A part of an item to send in a PATCH: the kind's last optional field, with another value than the sample's."""
    for name, value in reversed(list(SAMPLES[kind].items())):
        field: Any = kind._meta.get_field(name)
        if not field.blank or isinstance(field, PartialDateField):
            continue
        if isinstance(value, list):
            return {name: [*value, "And more"]}
        if isinstance(value, str):
            return {name: f"{value}/more" if isinstance(field, HttpUrlField) else f"{value} And more."}
    return {"is_visible": True}
