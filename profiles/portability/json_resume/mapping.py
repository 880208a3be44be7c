"""Which key of JSON Resume 1.0.0 is which field of ours: the one table from which import, export and docs derive.

What else there is to know of a list, and the lists that JSON Resume lacks, follows from the models (`kinds.py`).
`docs/portability.md` shows it; a test holds the two equal. Keys of ours, which the schema allows beside its own, say
what JSON Resume can't.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from profiles_project.words.sentences import Sentence, mark

SCHEMA_URL = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
# The member of `meta` for what no key of JSON Resume can say.
OURS_IN_META = "masterProfile"
# What stands in for a text that our document requires and a résumé lacks.
NOT_GIVEN = "Not given"


class Key(NamedTuple):
    """A key of a résumé, our field for it, and how its values are read (`values.READERS`)."""

    name: str
    field: str
    kind: str = "text"
    # Its names in older documents.
    also: tuple[str, ...] = ()
    # Whether the key is ours, not the standard's.
    is_ours: bool = False
    # The value that an absent key stands for, if any; a function tells it by the other values of the object.
    absent: "Any | Callable[[Mapping[str, Any]], Any]" = None

    def said_by_absence(self, values: Mapping[str, Any]) -> Any:
        """The value that an absent key stands for among these values of its object; None where it stands for none."""
        return self.absent(values) if callable(self.absent) else self.absent


def ours(name: str, field: str, kind: str = "text", absent: Any = None) -> Key:
    """A key that JSON Resume does not have."""
    return Key(name, field, kind, is_ours=True, absent=absent)


def goes_on(values: Mapping[str, Any]) -> bool:
    """Whether a job goes on where nobody says so: it has a start and no end."""
    return bool(values.get("start_date")) and not values.get("end_date")


# The key that every item has.
IS_VISIBLE = ours("isVisible", "is_visible", "flag", absent=True)
# The fields of `basics` that stand at the top of our document.
SUMMARIES = ("professional_summary", "enhanced_professional_summary")
# Keys of `basics`: fields of personal_info, and the document's own summaries.
BASICS = (
    Key("name", "full_name"),
    Key("label", "headline"),
    Key("image", "image", "url", also=("picture",)),
    Key("email", "email"),
    Key("phone", "phone"),
    Key("url", "website", "url", also=("website",)),
    Key("summary", "professional_summary"),
    ours("enhancedSummary", "enhanced_professional_summary"),
)
# Keys of `basics.location`: fields of personal_info, too.
LOCATION = (
    Key("address", "address"),
    Key("postalCode", "postal_code"),
    Key("city", "city"),
    Key("region", "region"),
    Key("countryCode", "country_code", "country"),
)
# Keys of an entry of `basics.profiles`, which is one of the `links` of personal_info.
PROFILES = (Key("network", "network"), Key("username", "username"), Key("url", "url", "url"))
# Networks whose address has a field of its own in personal_info.
NETWORKS = {"linkedin": "linkedin", "github": "github"}
# Their keys, for addresses that no link gives.
NETWORK_KEYS = tuple(ours(field, field, "url") for field in NETWORKS.values())


@dataclass(frozen=True)
class Section:
    """A list of a résumé and the list of ours that its items go to."""

    name: str
    plural: str
    keys: tuple[Key, ...]
    # What people call the list, and the fields of its items.
    label: Sentence
    labels: Mapping[str, Sentence]
    # The texts that an item of ours must have; a résumé's item without any of them can't be one.
    required: tuple[str, ...]
    # What else it must have, beside texts and dates that nobody may know.
    needed: tuple[str, ...] = ()
    # The fields without whose values an item can't be one of ours: where one is at fault, the item is kept aside.
    vital: tuple[str, ...] = ()
    # The dates that an item of ours names even where nobody knows them.
    may_be_unknown: tuple[str, ...] = ()
    # The fields that say together when it was: taken over all or none.
    period: tuple[str, ...] = ()
    # By which fields an item is known again, the surest first (`Component.identity`).
    identity: tuple[tuple[str, ...], ...] = ()
    # Whether our document has the list below `skills`.
    in_skills: bool = False
    # Whether it tells of other people.
    is_private: bool = False
    # Whether JSON Resume has no such list: it stands below `meta` then, and its keys are made of our fields' names.
    is_ours: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """Where in a résumé the list stands."""
        return ("meta", OURS_IN_META, "lists", self.plural) if self.is_ours else (self.name,)

    def listed(self, resume: Mapping[str, Any]) -> Any:
        """What a résumé has in the list's place; None where it has nothing."""
        found: Any = resume
        for step in self.path:
            found = found.get(step) if isinstance(found, Mapping) else None
        return found

    def holder(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """What of a career document has the list, or would have it."""
        return document.get("skills", {}) if self.in_skills else document


# Which list of JSON Resume is which of ours, by the name of ours. A kind that is not here has no list there.
LISTS: Mapping[str, tuple[str, *tuple[Key, ...]]] = {
    "experiences": (
        "work",
        Key("position", "title"),
        Key("name", "company", also=("company",)),
        Key("location", "location"),
        Key("description", "company_description"),
        Key("url", "url", "url", also=("website",)),
        Key("startDate", "start_date", "date"),
        Key("endDate", "end_date", "date"),
        # After the dates, which say it where it is absent.
        ours("isCurrent", "is_current", "flag", absent=goes_on),
        Key("summary", "description"),
        Key("highlights", "achievements", "texts"),
        ours("technologies", "technologies", "texts"),
        ours("employmentType", "employment_type"),
        ours("industry", "industry"),
        ours("enhancedDescription", "enhanced_description"),
    ),
    "education": (
        "education",
        Key("institution", "institution"),
        Key("studyType", "degree"),
        Key("area", "field_of_study"),
        Key("url", "url", "url", also=("website",)),
        Key("startDate", "start_date", "date"),
        Key("endDate", "end_date", "date"),
        Key("score", "score"),
        Key("courses", "courses", "texts"),
        ours("isCurrent", "is_current", "flag", absent=False),
        ours("gpa", "gpa", "number"),
        ours("honors", "honors", "texts"),
        ours("description", "description"),
    ),
    "projects": (
        "projects",
        Key("name", "name"),
        Key("description", "description"),
        Key("highlights", "highlights", "texts"),
        Key("keywords", "technologies", "texts"),
        Key("startDate", "start_date", "date"),
        Key("endDate", "end_date", "date"),
        Key("url", "url", "url", also=("website",)),
        Key("roles", "roles", "texts"),
        Key("entity", "entity"),
        Key("type", "type"),
        ours("enhancedDescription", "enhanced_description"),
        ours("repositoryUrl", "repository_url", "url"),
        ours("isOngoing", "is_ongoing", "flag", absent=False),
    ),
    "certifications": (
        "certificates",
        Key("name", "name"),
        Key("issuer", "issuer"),
        Key("date", "date_obtained", "date"),
        Key("url", "url", "url", also=("website",)),
        ours("expiryDate", "expiry_date", "date"),
        ours("credentialId", "credential_id"),
    ),
    "languages": (
        "languages",
        Key("language", "name", also=("name",)),
        Key("fluency", "proficiency", "fluency", also=("level",)),
    ),
    "volunteering": (
        "volunteer",
        Key("organization", "organization"),
        Key("position", "role"),
        Key("url", "url", "url", also=("website",)),
        Key("startDate", "start_date", "date"),
        Key("endDate", "end_date", "date"),
        Key("summary", "summary"),
        Key("highlights", "highlights", "texts"),
    ),
    "awards": (
        "awards",
        Key("title", "title"),
        Key("date", "date", "date"),
        Key("awarder", "awarder"),
        Key("summary", "summary"),
    ),
    "publications": (
        "publications",
        Key("name", "name"),
        Key("publisher", "publisher"),
        Key("releaseDate", "release_date", "date"),
        Key("url", "url", "url", also=("website",)),
        Key("summary", "summary"),
    ),
    "interests": (
        "interests",
        Key("name", "name"),
        Key("keywords", "keywords", "texts"),
    ),
    "references": (
        "references",
        Key("name", "name"),
        Key("reference", "reference"),
    ),
}
# Skills are names with details in our document, not items; a name may stand in each of its two lists once.
SKILLS = Section(
    "skills",
    "skills",
    (
        Key("name", "name"),
        Key("level", "level"),
        Key("keywords", "keywords", "texts"),
        ours("kind", "kind", "skill_kind", absent="technical"),
    ),
    label=mark("skills"),
    labels={
        "name": mark("name"),
        "level": mark("level"),
        "keywords": mark("keywords"),
        "kind": mark("kind"),
        "extra": mark("additional information"),
    },
    required=("name",),
    vital=("name",),
)
# The most items of a list (contract 3.1), and the most skills of both kinds together.
MAX_ITEMS = 1_000
# The most keys of one object. No résumé has so many, and the report names each key that has no field.
MAX_KEYS = 10_000
# The label of a profile that nobody gave another.
DEFAULT_LABEL = "Master"
TOP_LEVEL = ("$schema", "basics", *(name for name, *_ in LISTS.values()), SKILLS.name, "meta")


def is_empty(value: Any) -> bool:
    """Whether a value says nothing; false and zero do say something."""
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())
