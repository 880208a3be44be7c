"""What requests may say and what answers say, as pydantic models. The limits are those of the contract."""

import datetime as dt
import json
import unicodedata
import uuid
from itertools import chain
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    HttpUrl,
    StrictBool,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
    computed_field,
    field_serializer,
    field_validator,
)

from profiles import partial_dates

MAX_ITEMS = 100
MAX_EXTRA_BYTES = 10 * 2**10
MAX_PROFILE_EXTRA_BYTES = 256 * 2**10
_HTTP_URL = TypeAdapter(HttpUrl)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _empty_if_none(value: Any) -> Any:
    return [] if value is None else value


def _false_if_none(value: Any) -> Any:
    return False if value is None else value


def _true_if_none(value: Any) -> Any:
    return True if value is None else value


def _nothing_if_none(value: Any) -> Any:
    return {} if value is None else value


def _at_most(most: int) -> AfterValidator:
    """Refuses what is larger than so many bytes as JSON, and numbers that JSON has not, which pydantic reads."""

    def judge(value: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        if len(text.encode()) > most:
            raise ValueError(f"This has at most {most // 2**10} KiB as JSON.")
        return value

    return AfterValidator(judge)


def _with_scheme(text: str) -> str:
    return text if "://" in text else "https://" + text.removeprefix("//")


def _http_url(text: str) -> str:
    # Judged by pydantic, kept as it was sent: pydantic's own form has another spelling.
    _HTTP_URL.validate_python(text)
    return text


def _has_digit(text: str) -> str:
    if not any(letter.isdigit() for letter in text):
        raise ValueError("A phone number has at least one digit.")
    return text


# pydantic strips and counts in Rust; only the normal form costs a call of Python.
Nfc = AfterValidator(_nfc)
Blank = BeforeValidator(_none_if_blank)
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Nfc]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), Nfc]
Type = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50), Nfc]
Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), Nfc]
Summary = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=2000), Nfc]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), Nfc]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32), AfterValidator(_has_digit), Nfc]
Url = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_with_scheme),
    AfterValidator(_http_url),
    Field(max_length=200),
]
Headline = Annotated[str, StringConstraints(strip_whitespace=True, max_length=220), Nfc]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Nfc]
PostalCode = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20), Nfc]
CountryCode = Annotated[str, StringConstraints(strip_whitespace=True, pattern="^[A-Z]{2}$")]
Network = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), Nfc]
PartialDate = Annotated[str, AfterValidator(partial_dates.parse)]
Achievements = Annotated[list[Paragraph], Field(max_length=50), BeforeValidator(_empty_if_none)]
Technologies = Annotated[list[Short], Field(max_length=50), BeforeValidator(_empty_if_none)]
Extra = Annotated[dict[str, Any], _at_most(MAX_EXTRA_BYTES), BeforeValidator(_nothing_if_none)]
ProfileExtra = Annotated[dict[str, Any], _at_most(MAX_PROFILE_EXTRA_BYTES), BeforeValidator(_nothing_if_none)]


class NewExperience(BaseModel):
    """A job that is posted."""

    id: Annotated[uuid.UUID | None, Blank] = None
    title: Name
    company: Name
    location: Annotated[Short | None, Blank] = None
    start_date: Annotated[PartialDate | None, Blank]
    is_current: Annotated[StrictBool, BeforeValidator(_false_if_none)] = False
    # After the two fields that it depends on.
    end_date: Annotated[PartialDate | None, Blank] = Field(default=None, validate_default=True)
    description: Annotated[Long | None, Blank] = None
    achievements: Achievements = []
    technologies: Technologies = []
    employment_type: Annotated[Type | None, Blank] = None
    industry: Annotated[Short | None, Blank] = None
    url: Annotated[Url | None, Blank] = None
    company_description: Annotated[Paragraph | None, Blank] = None
    enhanced_description: Annotated[Long | None, Blank] = None
    is_visible: Annotated[StrictBool, BeforeValidator(_true_if_none)] = True
    extra: Extra = {}
    _version: int = 0

    @computed_field
    def version(self) -> int:
        """The profile's version with which it is stored, which no client chooses."""
        return self._version

    def stored_with(self, version: int) -> None:
        """Says with which version of the profile this is stored."""
        self._version = version

    @field_validator("end_date")
    @classmethod
    def fits(cls, end: str | None, info: ValidationInfo) -> str | None:
        """An end that is not before the start, and none where the job is current."""
        start, current = info.data.get("start_date"), info.data.get("is_current")
        if end and start and partial_dates.ends_before(end, start):
            raise ValueError("This must not be before start_date.")
        if end and current:
            raise ValueError("An item that is current has no end_date.")
        return end


NewExperiences = Annotated[list[NewExperience], Field(min_length=1, max_length=MAX_ITEMS)]


class Link(BaseModel):
    """Where else the person is to be found."""

    network: Network
    username: Annotated[Short | None, Blank] = None
    url: Annotated[Url | None, Blank] = None


class PersonalInfoChange(BaseModel):
    """What may change of who the person is; what isn't sent stays."""

    full_name: Name = ""
    email: EmailStr = ""
    phone: Annotated[Phone | None, Blank] = None
    location: Annotated[Short | None, Blank] = None
    linkedin: Annotated[Url | None, Blank] = None
    github: Annotated[Url | None, Blank] = None
    website: Annotated[Url | None, Blank] = None
    headline: Annotated[Headline | None, Blank] = None
    image: Annotated[Url | None, Blank] = None
    address: Annotated[Line | None, Blank] = None
    postal_code: Annotated[PostalCode | None, Blank] = None
    city: Annotated[Short | None, Blank] = None
    region: Annotated[Short | None, Blank] = None
    country_code: Annotated[CountryCode | None, Blank] = None
    links: Annotated[list[Link], Field(max_length=50), BeforeValidator(_empty_if_none)] = []

    @field_serializer("links")
    def whole(self, links: list[Link]) -> list[dict[str, str | None]]:
        """The links with all their members, whichever were sent."""
        return [vars(link) for link in links]


class ProfileChange(BaseModel):
    """What may change of a profile's own fields; what isn't sent stays."""

    label: Annotated[Short | None, Blank] = None
    professional_summary: Annotated[Summary | None, Blank] = None
    enhanced_professional_summary: Annotated[Long | None, Blank] = None
    personal_info: PersonalInfoChange = PersonalInfoChange()
    extra: ProfileExtra = {}

    def own_fields(self) -> dict[str, Any]:
        """What was sent, by the name of its column."""
        sent = self.model_dump(exclude_unset=True)
        own = {**sent.pop("personal_info", {}), **sent}
        return {**own, "label": own["label"] or "Master"} if "label" in own else own


class Out(BaseModel):
    """The base of what answers say, made from rows."""

    model_config = ConfigDict(from_attributes=True)


class ItemOut(Out):
    """What every item of a component says."""

    id: uuid.UUID
    version: int
    is_visible: bool
    extra: dict[str, Any]


class ExperienceOut(ItemOut):
    """A job."""

    title: str
    company: str
    location: str | None
    start_date: str | None
    end_date: str | None
    is_current: bool
    description: str | None
    achievements: list[str]
    technologies: list[str]
    employment_type: str | None
    industry: str | None
    url: str | None
    company_description: str | None
    enhanced_description: str | None


class EducationOut(ItemOut):
    """A course of study."""

    institution: str
    degree: str
    field_of_study: str
    start_date: str | None
    end_date: str | None
    is_current: bool
    gpa: float | None
    score: str | None
    honors: list[str]
    description: str | None
    url: str | None
    courses: list[str]


class ProjectOut(ItemOut):
    """Something the person made."""

    name: str
    description: str
    technologies: list[str]
    url: str | None
    start_date: str | None
    end_date: str | None
    highlights: list[str]
    roles: list[str]
    entity: str | None
    type: str | None
    enhanced_description: str | None
    repository_url: str | None
    is_ongoing: bool


class CertificationOut(ItemOut):
    """A certificate."""

    name: str
    issuer: str
    date_obtained: str | None
    expiry_date: str | None
    credential_id: str | None
    url: str | None


class LanguageOut(ItemOut):
    """A language and how well the person speaks it."""

    name: str
    proficiency: str


class VolunteeringOut(ItemOut):
    """Work for nothing but its cause."""

    organization: str
    role: str | None
    url: str | None
    start_date: str | None
    end_date: str | None
    summary: str | None
    highlights: list[str]


class AwardOut(ItemOut):
    """A prize or an honour."""

    title: str
    date: str | None
    awarder: str | None
    summary: str | None


class PublicationOut(ItemOut):
    """Something the person has published."""

    name: str
    publisher: str | None
    release_date: str | None
    url: str | None
    summary: str | None


class InterestOut(ItemOut):
    """What the person likes to do."""

    name: str
    keywords: list[str]


class ReferenceOut(ItemOut):
    """What somebody else says of the person."""

    name: str
    reference: str | None


class LinkOut(Out):
    """Where else the person is to be found."""

    network: str
    username: str | None
    url: str | None


class PersonalInfoOut(Out):
    """Who the person is."""

    full_name: str
    email: str
    phone: str | None
    location: str | None
    linkedin: str | None
    github: str | None
    website: str | None
    headline: str | None
    image: str | None
    address: str | None
    postal_code: str | None
    city: str | None
    region: str | None
    country_code: str | None
    links: list[LinkOut]


class SkillDetailOut(Out):
    """What is known of a skill beyond its name."""

    kind: str
    name: str
    level: str | None
    keywords: list[str]
    extra: dict[str, Any]


class SkillsOut(Out):
    """The skills section."""

    technical: list[str]
    soft: list[str]
    details: list[SkillDetailOut]
    languages: list[LanguageOut]
    certifications: list[CertificationOut]


class ProfileOut(Out):
    """The whole document."""

    id: uuid.UUID
    user_id: int
    label: str
    is_active: bool
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    personal_info: PersonalInfoOut
    professional_summary: str | None
    enhanced_professional_summary: str | None
    extra: dict[str, Any]
    skills: SkillsOut
    experiences: list[ExperienceOut]
    education: list[EducationOut]
    projects: list[ProjectOut]
    volunteering: list[VolunteeringOut]
    awards: list[AwardOut]
    publications: list[PublicationOut]
    interests: list[InterestOut]
    references: list[ReferenceOut]
    custom_fields: dict[str, Any]

    def raise_versions(self, floor: int) -> None:
        """Shows no item with a version below this one."""
        for item in chain(
            *(self.experiences, self.education, self.projects, self.skills.languages, self.skills.certifications),
            *(self.volunteering, self.awards, self.publications, self.interests, self.references),
        ):
            item.version = max(item.version, floor)
