"""A ModelSerializer for each table, nested in that of the profile."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from profiles.models import (
    Award,
    Certification,
    Component,
    Education,
    Experience,
    Interest,
    Language,
    Profile,
    Project,
    Publication,
    Reference,
    Skill,
    Volunteering,
)


class ItemSerializer(serializers.ModelSerializer[Any]):
    """What every component has; its column is a text, which a ModelSerializer would show as one."""

    extra = serializers.JSONField(required=False)
    version = serializers.SerializerMethodField()

    def get_version(self, row: Component) -> int:
        """The version that is shown; there is no log here, which would say what changed."""
        return max(row.version, row.profile.floor)


class ExperienceSerializer(ItemSerializer):
    """A job."""

    class Meta:
        model = Experience
        exclude = ("profile", "position")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The rules between fields."""
        whole = {"end_date": None, "is_current": False, **attrs}
        if broken := {name: text for name, text, _ in Experience.broken_rules(whole)}:
            raise ValidationError(broken)
        return attrs


class EducationSerializer(ItemSerializer):
    """A course of study."""

    class Meta:
        model = Education
        exclude = ("profile", "position")


class ProjectSerializer(ItemSerializer):
    """Something the person made."""

    class Meta:
        model = Project
        exclude = ("profile", "position")


class CertificationSerializer(ItemSerializer):
    """A certificate."""

    class Meta:
        model = Certification
        exclude = ("profile", "position")


class LanguageSerializer(ItemSerializer):
    """A language."""

    class Meta:
        model = Language
        exclude = ("profile", "position")


class VolunteeringSerializer(ItemSerializer):
    """Work for nothing but its cause."""

    class Meta:
        model = Volunteering
        exclude = ("profile", "position")


class AwardSerializer(ItemSerializer):
    """A prize or an honour."""

    class Meta:
        model = Award
        exclude = ("profile", "position")


class PublicationSerializer(ItemSerializer):
    """Something the person has published."""

    class Meta:
        model = Publication
        exclude = ("profile", "position")


class InterestSerializer(ItemSerializer):
    """What the person likes to do."""

    class Meta:
        model = Interest
        exclude = ("profile", "position")


class ReferenceSerializer(ItemSerializer):
    """What somebody else says of the person."""

    class Meta:
        model = Reference
        exclude = ("profile", "position")


class SkillDetailSerializer(serializers.ModelSerializer[Skill]):
    """What is known of a skill beyond its name."""

    extra = serializers.JSONField()

    class Meta:
        model = Skill
        fields = ("kind", "name", "level", "keywords", "extra")


class PersonalInfoSerializer(serializers.ModelSerializer[Profile]):
    """Who the person is."""

    class Meta:
        model = Profile
        fields = Profile.PERSONAL_INFO


class SkillsSerializer(serializers.Serializer[Profile]):
    """The skills section."""

    technical = serializers.SerializerMethodField()
    soft = serializers.SerializerMethodField()
    details = serializers.SerializerMethodField()
    languages = LanguageSerializer(source="language_set", many=True)
    certifications = CertificationSerializer(source="certification_set", many=True)

    def get_technical(self, profile: Profile) -> list[str]:
        return [skill.name for skill in profile.skill_set.all() if skill.kind == "technical"]

    def get_soft(self, profile: Profile) -> list[str]:
        return [skill.name for skill in profile.skill_set.all() if skill.kind == "soft"]

    def get_details(self, profile: Profile) -> Any:
        detailed = (skill for skill in profile.skill_set.all() if skill.level or skill.keywords or skill.extra)
        # The technical ones first.
        return SkillDetailSerializer(sorted(detailed, key=lambda skill: skill.kind, reverse=True), many=True).data


class ProfileSerializer(serializers.ModelSerializer[Profile]):
    """The whole document."""

    personal_info = PersonalInfoSerializer(source="*")
    extra = serializers.JSONField()
    skills = SkillsSerializer(source="*")
    experiences = ExperienceSerializer(source="experience_set", many=True)
    education = EducationSerializer(source="education_set", many=True)
    projects = ProjectSerializer(source="project_set", many=True)
    volunteering = VolunteeringSerializer(source="volunteering_set", many=True)
    awards = AwardSerializer(source="award_set", many=True)
    publications = PublicationSerializer(source="publication_set", many=True)
    interests = InterestSerializer(source="interest_set", many=True)
    references = ReferenceSerializer(source="reference_set", many=True)
    custom_fields = serializers.SerializerMethodField()

    class Meta:
        model = Profile
        fields = (
            "id",
            "user_id",
            "label",
            "is_active",
            "version",
            "created_at",
            "updated_at",
            "personal_info",
            "professional_summary",
            "enhanced_professional_summary",
            "extra",
            "skills",
            "experiences",
            "education",
            "projects",
            "volunteering",
            "awards",
            "publications",
            "interests",
            "references",
            "custom_fields",
        )

    def get_custom_fields(self, profile: Profile) -> dict[str, Any]:
        return {field.key: field.value for field in profile.customfield_set.all()}
