"""The document that the database makes of rows is what the serializers say of them, to the letter and the type."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.django import TestCase
from rest_framework.renderers import JSONRenderer

from profiles.career import rendering
from profiles.career.serializers import ITEM_SERIALIZERS, PersonalInfoSerializer, SkillDetail
from profiles.models import (
    COMPONENTS,
    Certification,
    CustomField,
    Education,
    Experience,
    Interest,
    Language,
    Profile,
    Skill,
    Volunteering,
)
from tests.support.factories import EMPTY_SKILLS, ProfileFactory, UserFactory, make_profile

# What a database can store: anything but NUL and lone surrogates, the characters that JSON escapes among them.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
FLOATS = st.floats(0, 4, allow_nan=False) | st.sampled_from([0.0, 1.0, 4.0, 3.7, 0.1 + 0.2, 1e-7, 5e-324])
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
STRINGS = st.lists(TEXTS, max_size=3)
EXTRAS = st.dictionaries(TEXTS, JSON_VALUES, max_size=2)
LINKS = st.lists(st.fixed_dictionaries({"network": TEXTS, "username": st.none() | TEXTS, "url": st.none()}), max_size=2)


def exactly(value: Any) -> Any:
    """The value so that 4 differs from 4.0 and from True, and the order of keys says nothing."""
    if isinstance(value, dict):
        return {key: exactly(each) for key, each in value.items()}
    if isinstance(value, list):
        return [exactly(each) for each in value]
    return type(value).__name__, value


def as_serialized(profile: Profile) -> dict[str, Any]:
    """The document by way of serializers and one query a list."""
    items = {
        model.plural: ITEM_SERIALIZERS[model](model.objects.filter(profile=profile), many=True).data
        for model in COMPONENTS
    }
    for each in (each for listed in items.values() for each in listed):
        # Its rows have been written without a revision.
        each["version"] = profile.version
    names = {kind: [row.name for row in Skill.objects.filter(profile=profile, kind=kind)] for kind in Skill.Kind.values}
    below = {model.plural: items.pop(model.plural) for model in COMPONENTS if model.in_skills}
    skills = [
        *Skill.objects.filter(profile=profile, kind="technical"),
        *Skill.objects.filter(profile=profile, kind="soft"),
    ]
    details = [SkillDetail(row).data for row in skills if row.level or row.keywords or row.extra]
    own = (
        "id",
        "user_id",
        "label",
        "is_active",
        "version",
        "created_at",
        "updated_at",
        *Profile.SUMMARIES,
        "extra",
    )
    document = {
        **{name: getattr(profile, name) for name in own},
        "personal_info": PersonalInfoSerializer(profile).data,
        "skills": {**names, "details": details, **below},
        **items,
        "custom_fields": {row.key: row.value for row in CustomField.objects.filter(profile=profile)},
    }
    return json.loads(JSONRenderer().render(document))  # type: ignore[no-any-return]  # an object


class TestDocuments(TestCase):
    @settings(max_examples=60)
    @given(st.data())
    @pytest.mark.slow
    def test_any_content_is_shown_as_the_serializers_show_it(self, data: st.DataObject) -> None:
        profile = ProfileFactory.create(
            full_name=data.draw(TEXTS),
            professional_summary=data.draw(st.none() | TEXTS),
            links=data.draw(LINKS),
            extra=data.draw(EXTRAS),
        )
        for position in range(data.draw(st.integers(0, 3))):
            place = {"profile": profile, "position": position}
            Experience.objects.create(
                **place,
                title=data.draw(TEXTS),
                company=data.draw(TEXTS),
                location=data.draw(st.none() | TEXTS),
                start_date="2020-02",
                is_current=(is_current := data.draw(st.booleans())),
                end_date=None if is_current else "2021",
                description=data.draw(TEXTS),
                achievements=data.draw(STRINGS),
            )
            gpa, honors = data.draw(st.none() | FLOATS), data.draw(STRINGS)
            Education.objects.create(
                **place, institution=data.draw(TEXTS), degree="BSc", start_date="2001", gpa=gpa, honors=honors
            )
            Certification.objects.create(**place, name=data.draw(TEXTS), issuer="I", date_obtained="2020-05-31")
            Language.objects.create(
                **place, name=data.draw(TEXTS), proficiency="basic", is_visible=data.draw(st.booleans())
            )
            Volunteering.objects.create(**place, organization=data.draw(TEXTS), summary=data.draw(st.none() | TEXTS))
            Interest.objects.create(
                **place, name=data.draw(TEXTS), keywords=data.draw(STRINGS), extra=data.draw(EXTRAS)
            )
            for kind in Skill.Kind.values:
                level, keywords, extra = data.draw(st.none() | TEXTS), data.draw(STRINGS), data.draw(EXTRAS)
                name = f"{position} {data.draw(TEXTS)}"
                Skill.objects.create(**place, kind=kind, name=name, level=level, keywords=keywords, extra=extra)
            CustomField.objects.create(**place, key=f"{position}{data.draw(TEXTS)}", value=data.draw(JSON_VALUES))
        shown = json.loads(rendering.stored(profile.pk).body)
        assert exactly(shown) == exactly(as_serialized(profile))


@pytest.mark.django_db
def test_lists_keep_their_order_whatever_the_order_of_their_rows() -> None:
    profile = make_profile(UserFactory.create(), 0)
    for position in (3, 0, 2, 1):
        Skill.objects.create(profile=profile, kind="technical", name=f"skill {position}", position=position)
        Language.objects.create(profile=profile, name=f"L{position}", proficiency="fluent", position=position)
        CustomField.objects.create(profile=profile, key=f"key {position}", value=position, position=position)
    document = json.loads(rendering.stored(profile.pk).body)
    assert document["skills"]["technical"] == [f"skill {number}" for number in range(4)]
    assert [each["name"] for each in document["skills"]["languages"]] == [f"L{number}" for number in range(4)]
    assert list(document["custom_fields"].values()) == list(range(4))


@pytest.mark.django_db
def test_a_profile_with_nothing_below_it_has_empty_lists() -> None:
    document = json.loads(rendering.stored(make_profile(UserFactory.create(), 0).pk).body)
    assert document["skills"] == EMPTY_SKILLS
    assert [document[model.plural] for model in COMPONENTS if not model.in_skills] == [[]] * (len(COMPONENTS) - 2)
    assert document["custom_fields"] == {}


def test_a_member_more_or_less_is_another_format() -> None:
    fewer = rendering.format_number(COMPONENTS[:-1])
    turned = rendering.format_number(COMPONENTS[::-1])
    assert len({fewer, turned, rendering.FORMAT}) == 3
    assert rendering.format_number(COMPONENTS) == rendering.FORMAT
