"""A ModelSerializer for each table, nested in that of the profile."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from profiles.models import Certification, Education, Experience, Language, Profile, Project


class ExperienceSerializer(serializers.ModelSerializer[Experience]):
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


class EducationSerializer(serializers.ModelSerializer[Education]):
    """A course of study."""

    class Meta:
        model = Education
        exclude = ("profile", "position")


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """Something the person made."""

    class Meta:
        model = Project
        exclude = ("profile", "position")


class CertificationSerializer(serializers.ModelSerializer[Certification]):
    """A certificate."""

    class Meta:
        model = Certification
        exclude = ("profile", "position")


class LanguageSerializer(serializers.ModelSerializer[Language]):
    """A language."""

    class Meta:
        model = Language
        exclude = ("profile", "position")


class PersonalInfoSerializer(serializers.ModelSerializer[Profile]):
    """Who the person is."""

    class Meta:
        model = Profile
        fields = Profile.PERSONAL_INFO


class SkillsSerializer(serializers.Serializer[Profile]):
    """The skills section."""

    technical = serializers.SerializerMethodField()
    soft = serializers.SerializerMethodField()
    languages = LanguageSerializer(source="language_set", many=True)
    certifications = CertificationSerializer(source="certification_set", many=True)

    def get_technical(self, profile: Profile) -> list[str]:
        return [skill.name for skill in profile.skill_set.all() if skill.kind == "technical"]

    def get_soft(self, profile: Profile) -> list[str]:
        return [skill.name for skill in profile.skill_set.all() if skill.kind == "soft"]


class ProfileSerializer(serializers.ModelSerializer[Profile]):
    """The whole document."""

    personal_info = PersonalInfoSerializer(source="*")
    skills = SkillsSerializer(source="*")
    experiences = ExperienceSerializer(source="experience_set", many=True)
    education = EducationSerializer(source="education_set", many=True)
    projects = ProjectSerializer(source="project_set", many=True)
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
            "skills",
            "experiences",
            "education",
            "projects",
            "custom_fields",
        )

    def get_custom_fields(self, profile: Profile) -> dict[str, Any]:
        return {field.key: field.value for field in profile.customfield_set.all()}
