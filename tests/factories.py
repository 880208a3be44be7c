"""Makes what tests start from: rows in the database, and the JSON documents that would make them.

``item`` and ``profile_document`` are request bodies with every field set; ``UserFactory``, ``ProfileFactory`` and
``make_item`` store a row, ``make_profile`` a profile with everything in it.
"""

import copy
from collections.abc import Mapping
from typing import Any

import factory
from factory.django import DjangoModelFactory

from profiles.models import (
    COMPONENTS,
    Certification,
    Component,
    CustomField,
    Education,
    Experience,
    Language,
    Profile,
    Project,
    Skill,
)
from users.models import User

PASSWORD = "Correct-Horse-7"  # of every user made here

PERSONAL_INFO = {
    "full_name": "Ada Lovelace",
    "email": "ada@example.org",
    "phone": "+44 20 7946 0000",
    "location": "London",
    "linkedin": "https://linkedin.com/in/ada",
    "github": "https://github.com/ada",
    "website": "https://ada.example.org",
}
SUMMARY = "Mathematician who wrote the first program, for a machine that was never finished."
# A valid item of each kind with every field set; the first field gets a number to tell items apart.
SAMPLES: Mapping[type[Component], Mapping[str, Any]] = {
    Experience: {
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
    },
    Education: {
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
    },
    Project: {
        "name": "Note G",
        "description": "The first program.",
        "technologies": ["Algebra"],
        "url": "https://example.org/note-g",
        "start_date": "2020",
        "end_date": "2020-12-31",
    },
    Certification: {
        "name": "Certified Analyst",
        "issuer": "Royal Society",
        "date_obtained": "2018-05-04",
        "expiry_date": "2028",
        "credential_id": "RS-1843",
        "url": "https://example.org/credentials/1843",
    },
    Language: {"name": "French", "proficiency": "fluent"},
}


def item(kind: type[Component], number: int = 0, **changes: Any) -> dict[str, Any]:
    """The request body of a valid item with every field set; ``number`` tells it from others."""
    sample = copy.deepcopy(SAMPLES[kind])
    first = next(iter(sample))
    return {**sample, first: f"{sample[first]} {number}", **changes}


def profile_document(count: int = 1, **changes: Any) -> dict[str, Any]:
    """The request body of a profile with ``count`` rows in each of its lists and every field set."""
    lists = {kind.plural: [item(kind, number) for number in range(count)] for kind in COMPONENTS}
    skills: dict[str, Any] = {name: lists.pop(name) for name in ("languages", "certifications")}
    for name in ("technical", "soft"):
        skills[name] = [f"{name} skill {number}" for number in range(count)]
    return {
        "label": "Master",
        "personal_info": dict(PERSONAL_INFO),
        "professional_summary": SUMMARY,
        "skills": skills,
        **lists,
        "custom_fields": {f"key {number}": {"value": number} for number in range(count)},
        **changes,
    }


class UserFactory(DjangoModelFactory[User]):
    """A user with the password ``PASSWORD`` and an address of their own."""

    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"person{number}@example.org")
    full_name = "Ada Lovelace"
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(*args, **kwargs)


class ProfileFactory(DjangoModelFactory[Profile]):
    """A profile with every field of its own set and nothing below it; a user's first one is the active one."""

    class Meta:
        model = Profile

    user = factory.SubFactory(UserFactory)
    is_active = factory.LazyAttribute(lambda profile: not profile.user.profiles.filter(is_active=True).exists())
    professional_summary = SUMMARY
    full_name = PERSONAL_INFO["full_name"]
    email = PERSONAL_INFO["email"]
    phone = PERSONAL_INFO["phone"]
    location = PERSONAL_INFO["location"]
    linkedin = PERSONAL_INFO["linkedin"]
    github = PERSONAL_INFO["github"]
    website = PERSONAL_INFO["website"]


def make_item(profile: Profile, kind: type[Component], number: int = 0, **changes: Any) -> Component:
    """Store the row of ``item(kind, number)`` at the end of its list, without a revision."""
    position = kind._default_manager.filter(profile=profile).count()
    return kind._default_manager.create(profile=profile, position=position, **item(kind, number, **changes))


def make_profile(user: User, count: int = 3, **fields: Any) -> Profile:
    """Store the profile of ``profile_document(count)``, without a revision: its version is 1.

    ``fields`` are the profile's own.
    """
    profile = ProfileFactory.create(user=user, **fields)
    document = profile_document(count)
    for kind in COMPONENTS:
        kind._default_manager.bulk_create(kind(profile=profile, position=n, **item(kind, n)) for n in range(count))
    for skill_kind in Skill.Kind.values:
        names = document["skills"][skill_kind]
        Skill.objects.bulk_create(
            Skill(profile=profile, kind=skill_kind, position=n, name=name) for n, name in enumerate(names)
        )
    CustomField.objects.bulk_create(
        CustomField(profile=profile, position=n, key=key, value=value)
        for n, (key, value) in enumerate(document["custom_fields"].items())
    )
    return profile
