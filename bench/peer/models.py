"""The tables that Django's migrations make, as mapped classes."""

import datetime as dt
import json
import uuid
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import BigInteger, ForeignKey, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def is_same(one: Any, other: Any) -> bool:
    """Whether two values of a column are equal. To Python 1, 1.0 and True are; in a JSON object they are not."""
    if isinstance(one, dict):
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    return bool(one == other)


class JSONText(TypeDecorator[Any]):
    """Any JSON value, stored as text."""

    impl = Text
    cache_ok = True

    def compare_values(self, x: Any, y: Any) -> bool:
        # By which the session decides whether the column is written.
        return is_same(x, y)

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        return to_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else from_json(value)


class Base(DeclarativeBase):
    """The base of the mapped classes."""

    type_annotation_map = {
        dt.datetime: TIMESTAMP(timezone=True),
        list[str]: JSONB,
        list[dict[str, str | None]]: JSONB,
        dict[str, Any]: JSONText,
    }


class User(Base):
    """An account."""

    __tablename__ = "users_user"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    is_active: Mapped[bool]


class Session(Base):
    """A device that is logged in."""

    __tablename__ = "users_session"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users_user.id"))
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class Part:
    """What every row below a profile has."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("profiles_profile.id"))
    position: Mapped[int]
    version: Mapped[int]


class Item(Part):
    """What every component has."""

    is_visible: Mapped[bool]
    extra: Mapped[dict[str, Any]]


class Experience(Item, Base):
    """A job."""

    __tablename__ = "profiles_experience"

    title: Mapped[str]
    company: Mapped[str]
    location: Mapped[str | None]
    start_date: Mapped[str | None]
    end_date: Mapped[str | None]
    is_current: Mapped[bool]
    description: Mapped[str | None]
    achievements: Mapped[list[str]]
    technologies: Mapped[list[str]]
    employment_type: Mapped[str | None]
    industry: Mapped[str | None]
    url: Mapped[str | None]
    company_description: Mapped[str | None]
    enhanced_description: Mapped[str | None]


class Education(Item, Base):
    """A course of study."""

    __tablename__ = "profiles_education"

    institution: Mapped[str]
    degree: Mapped[str]
    field_of_study: Mapped[str]
    start_date: Mapped[str | None]
    end_date: Mapped[str | None]
    is_current: Mapped[bool]
    gpa: Mapped[float | None]
    score: Mapped[str | None]
    honors: Mapped[list[str]]
    description: Mapped[str | None]
    url: Mapped[str | None]
    courses: Mapped[list[str]]


class Project(Item, Base):
    """Something the person made."""

    __tablename__ = "profiles_project"

    name: Mapped[str]
    description: Mapped[str]
    technologies: Mapped[list[str]]
    url: Mapped[str | None]
    start_date: Mapped[str | None]
    end_date: Mapped[str | None]
    highlights: Mapped[list[str]]
    roles: Mapped[list[str]]
    entity: Mapped[str | None]
    type: Mapped[str | None]
    enhanced_description: Mapped[str | None]
    repository_url: Mapped[str | None]
    is_ongoing: Mapped[bool]


class Certification(Item, Base):
    """A certificate."""

    __tablename__ = "profiles_certification"

    name: Mapped[str]
    issuer: Mapped[str]
    date_obtained: Mapped[str | None]
    expiry_date: Mapped[str | None]
    credential_id: Mapped[str | None]
    url: Mapped[str | None]


class Language(Item, Base):
    """A language and how well the person speaks it."""

    __tablename__ = "profiles_language"

    name: Mapped[str]
    proficiency: Mapped[str]


class Volunteering(Item, Base):
    """Work for nothing but its cause."""

    __tablename__ = "profiles_volunteering"

    organization: Mapped[str]
    role: Mapped[str | None]
    url: Mapped[str | None]
    start_date: Mapped[str | None]
    end_date: Mapped[str | None]
    summary: Mapped[str | None]
    highlights: Mapped[list[str]]


class Award(Item, Base):
    """A prize or an honour."""

    __tablename__ = "profiles_award"

    title: Mapped[str]
    date: Mapped[str | None]
    awarder: Mapped[str | None]
    summary: Mapped[str | None]


class Publication(Item, Base):
    """Something the person has published."""

    __tablename__ = "profiles_publication"

    name: Mapped[str]
    publisher: Mapped[str | None]
    release_date: Mapped[str | None]
    url: Mapped[str | None]
    summary: Mapped[str | None]


class Interest(Item, Base):
    """What the person likes to do."""

    __tablename__ = "profiles_interest"

    name: Mapped[str]
    keywords: Mapped[list[str]]


class Reference(Item, Base):
    """What somebody else says of the person."""

    __tablename__ = "profiles_reference"

    name: Mapped[str]
    reference: Mapped[str | None]


class Skill(Part, Base):
    """A technical or soft skill."""

    __tablename__ = "profiles_skill"

    kind: Mapped[str]
    name: Mapped[str]
    level: Mapped[str | None]
    keywords: Mapped[list[str]]
    extra: Mapped[dict[str, Any]]


class CustomField(Part, Base):
    """A key of the person's own."""

    __tablename__ = "profiles_customfield"

    key: Mapped[str]
    value: Mapped[Any] = mapped_column(JSONText)


def in_order(part: type[Part]) -> Any:
    """A list of a profile, loaded with it by a statement of its own."""
    return relationship(lazy="selectin", order_by=(part.position, part.id))


class Profile(Base):
    """A career profile; its properties give the shape of the document to what the rows hold."""

    __tablename__ = "profiles_profile"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users_user.id"))
    label: Mapped[str]
    is_active: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    full_name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str | None]
    location: Mapped[str | None]
    linkedin: Mapped[str | None]
    github: Mapped[str | None]
    website: Mapped[str | None]
    headline: Mapped[str | None]
    image: Mapped[str | None]
    address: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    country_code: Mapped[str | None]
    links: Mapped[list[dict[str, str | None]]]
    professional_summary: Mapped[str | None]
    enhanced_professional_summary: Mapped[str | None]
    extra: Mapped[dict[str, Any]]
    deleted_at: Mapped[dt.datetime | None]
    log_version: Mapped[int]
    boundary: Mapped[int]

    experiences: Mapped[list[Experience]] = in_order(Experience)
    education: Mapped[list[Education]] = in_order(Education)
    projects: Mapped[list[Project]] = in_order(Project)
    certifications: Mapped[list[Certification]] = in_order(Certification)
    languages: Mapped[list[Language]] = in_order(Language)
    volunteering: Mapped[list[Volunteering]] = in_order(Volunteering)
    awards: Mapped[list[Award]] = in_order(Award)
    publications: Mapped[list[Publication]] = in_order(Publication)
    interests: Mapped[list[Interest]] = in_order(Interest)
    references: Mapped[list[Reference]] = in_order(Reference)
    skill_rows: Mapped[list[Skill]] = in_order(Skill)
    custom_field_rows: Mapped[list[CustomField]] = in_order(CustomField)

    @property
    def floor(self) -> int:
        """The version below which none of an item is shown. There is no log here, which would say what changed."""
        return self.boundary if self.log_version == self.version else self.version

    @property
    def personal_info(self) -> "Profile":
        return self

    @property
    def skills(self) -> "Profile":
        return self

    @property
    def technical(self) -> list[str]:
        return [row.name for row in self.skill_rows if row.kind == "technical"]

    @property
    def soft(self) -> list[str]:
        return [row.name for row in self.skill_rows if row.kind == "soft"]

    @property
    def details(self) -> list[Skill]:
        detailed = (row for row in self.skill_rows if row.level is not None or row.keywords or row.extra)
        # The technical ones first.
        return sorted(detailed, key=lambda row: row.kind, reverse=True)

    @property
    def custom_fields(self) -> dict[str, Any]:
        return {row.key: row.value for row in self.custom_field_rows}


# The kinds of rows below a profile.
PARTS = (
    *(Experience, Education, Project, Certification, Language),
    *(Volunteering, Award, Publication, Interest, Reference),
    *(Skill, CustomField),
)
