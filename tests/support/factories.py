"""Makes what tests start from: rows in the database, and the JSON documents that would make them.

``item`` and ``profile_document`` are request bodies with every field set; ``UserFactory``, ``ProfileFactory`` and
``make_item`` store a row, ``make_profile`` a profile with everything in it.
"""

import copy
from typing import Any

import factory
from factory.django import DjangoModelFactory

from profiles.career.samples import SAMPLES
from profiles.models import COMPONENTS, Component, CustomField, Profile, Skill
from users.models import User

PASSWORD = "Correct-Horse-7"  # of every user made here

PERSONAL_INFO: dict[str, Any] = {
    "full_name": "Ada Lovelace",
    "email": "ada@example.org",
    "phone": "+44 20 7946 0000",
    "location": "London",
    "linkedin": "https://linkedin.com/in/ada",
    "github": "https://github.com/ada",
    "website": "https://ada.example.org",
    "headline": "Analyst and poet of numbers",
    "image": "https://ada.example.org/portrait.jpg",
    "address": "12 St James's Square",
    "postal_code": "SW1Y 4JH",
    "city": "London",
    "region": "Greater London",
    "country_code": "GB",
    "links": [{"network": "Mastodon", "username": "ada", "url": "https://social.example.org/@ada"}],
}
SUMMARY = "Mathematician who wrote the first program, for a machine that was never finished."
# The skills section of a profile without any.
EMPTY_SKILLS: dict[str, Any] = {"technical": [], "soft": [], "details": [], "languages": [], "certifications": []}
# What every item has, as the tests send it.
SHOWN: dict[str, Any] = {"is_visible": False, "extra": {"x-rating": 5}}


def item(kind: type[Component], number: int = 0, **changes: Any) -> dict[str, Any]:
    """The request body of a valid item with every field set; ``number`` tells it from others."""
    sample = copy.deepcopy({**SAMPLES[kind], **SHOWN})
    first = next(iter(sample))
    return {**sample, first: f"{sample[first]} {number}", **changes}


def shown(sent: dict[str, Any], pk: object, version: int = 1) -> dict[str, Any]:
    """A whole item that was sent, as answers show it: ``version`` is the profile's with which it last changed."""
    return {"id": str(pk), "version": version, **sent}


def detail(number: int) -> dict[str, Any]:
    """What is known of a skill beyond its name."""
    return {"level": f"Level {number}", "keywords": ["Loops"], "extra": {"x-years": number}}


def profile_document(count: int = 1, **changes: Any) -> dict[str, Any]:
    """The request body of a profile with ``count`` rows in each of its lists and every field set."""
    lists = {kind.plural: [item(kind, number) for number in range(count)] for kind in COMPONENTS}
    skills: dict[str, Any] = {kind.plural: lists.pop(kind.plural) for kind in COMPONENTS if kind.in_skills}
    for name in ("technical", "soft"):
        skills[name] = [f"{name} skill {number}" for number in range(count)]
    skills["details"] = [
        {"kind": name, "name": f"{name} skill {number}", **detail(number)}
        for name in ("technical", "soft")
        for number in range(count)
    ]
    return {
        "label": "Master",
        "personal_info": copy.deepcopy(PERSONAL_INFO),
        "professional_summary": SUMMARY,
        "enhanced_professional_summary": f"In short: {SUMMARY}",
        "extra": {"x-source": "a notebook"},
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
    enhanced_professional_summary = f"In short: {SUMMARY}"
    full_name = PERSONAL_INFO["full_name"]
    email = PERSONAL_INFO["email"]
    phone = PERSONAL_INFO["phone"]
    location = PERSONAL_INFO["location"]
    linkedin = PERSONAL_INFO["linkedin"]
    github = PERSONAL_INFO["github"]
    website = PERSONAL_INFO["website"]
    headline = PERSONAL_INFO["headline"]
    image = PERSONAL_INFO["image"]
    address = PERSONAL_INFO["address"]
    postal_code = PERSONAL_INFO["postal_code"]
    city = PERSONAL_INFO["city"]
    region = PERSONAL_INFO["region"]
    country_code = PERSONAL_INFO["country_code"]
    links = factory.LazyFunction(lambda: copy.deepcopy(PERSONAL_INFO["links"]))
    extra = factory.LazyFunction(lambda: {"x-source": "a notebook"})


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
            Skill(profile=profile, kind=skill_kind, position=n, name=name, **detail(n)) for n, name in enumerate(names)
        )
    CustomField.objects.bulk_create(
        CustomField(profile=profile, position=n, key=key, value=value)
        for n, (key, value) in enumerate(document["custom_fields"].items())
    )
    return profile
