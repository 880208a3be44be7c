"""Which key of JSON Resume 1.0.0 is which field of ours: the one table from which import, export and docs derive.

`docs/portability.md` shows it; a test holds the two equal. Keys of ours, which the schema allows beside its own, say
what JSON Resume can't.
"""

from typing import Any, NamedTuple

SCHEMA_URL = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
# What stands in for a text that our document requires and a résumé lacks.
NOT_GIVEN = "Not given"


class Key(NamedTuple):
    """A key of a résumé, our field for it, and how its values are read (`values.READERS`)."""

    name: str
    field: str
    kind: str = "text"
    # What older documents call it.
    also: tuple[str, ...] = ()
    # Not of the standard but of ours.
    is_ours: bool = False
    # What an absent key says, where that is more than nothing.
    absent: Any = None


def _ours(name: str, field: str, kind: str = "text", absent: Any = None) -> Key:
    return Key(name, field, kind, is_ours=True, absent=absent)


HIDDEN = _ours("isVisible", "is_visible", "flag", absent=True)
# Our personal_info; the summary beside it is the document's own.
BASICS = (
    Key("name", "full_name"),
    Key("label", "headline"),
    Key("image", "image", "url", also=("picture",)),
    Key("email", "email"),
    Key("phone", "phone"),
    Key("url", "website", "url", also=("website",)),
    Key("summary", "professional_summary"),
)
# Below `basics.location`; in personal_info all the same.
LOCATION = (
    Key("address", "address"),
    Key("postalCode", "postal_code"),
    Key("city", "city"),
    Key("region", "region"),
    Key("countryCode", "country_code", "country"),
)
# An entry of `basics.profiles`; in personal_info one of `links`.
PROFILES = (Key("network", "network"), Key("username", "username"), Key("url", "url", "url"))
# Networks whose address has a field of its own in personal_info.
NETWORKS = {"linkedin": "linkedin", "github": "github"}
# Where they are not the addresses of links.
NETWORK_KEYS = tuple(_ours(field, field, "url") for field in NETWORKS.values())


class Section:
    """A list of a résumé and the list of ours that its items go to."""

    def __init__(self, name: str, plural: str, *keys: Key, required: tuple[str, ...], noun: str) -> None:
        self.name = name
        self.plural = plural
        self.keys = keys
        # The texts that an item of ours must have; a résumé's item without any of them can't be one.
        self.required = required
        # What an item is called in the report's sentences.
        self.noun = noun


def _of_items(name: str, plural: str, *keys: Key, required: tuple[str, ...], noun: str) -> Section:
    return Section(name, plural, *keys, HIDDEN, required=required, noun=noun)


SECTIONS = (
    _of_items(
        "work",
        "experiences",
        Key("position", "title"),
        Key("name", "company", also=("company",)),
        Key("location", "location"),
        Key("description", "company_description"),
        Key("url", "url", "url", also=("website",)),
        Key("startDate", "start_date", "date"),
        Key("endDate", "end_date", "date"),
        Key("summary", "description"),
        Key("highlights", "achievements", "texts"),
        _ours("technologies", "technologies", "texts"),
        _ours("employmentType", "employment_type"),
        _ours("industry", "industry"),
        required=("title", "company"),
        noun="an experience",
    ),
    _of_items(
        "education",
        "education",
        Key("institution", "institution"),
        Key("studyType", "degree"),
        Key("area", "field_of_study"),
        Key("url", "url", "url", also=("website",)),
        Key("startDate", "start_date", "date"),
        Key("endDate", "end_date", "date"),
        Key("score", "score"),
        Key("courses", "courses", "texts"),
        _ours("isCurrent", "is_current", "flag", absent=False),
        _ours("gpa", "gpa", "number"),
        _ours("honors", "honors", "texts"),
        _ours("description", "description"),
        required=("institution", "degree", "field_of_study"),
        noun="an education",
    ),
    _of_items(
        "projects",
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
        required=("name", "description"),
        noun="a project",
    ),
    _of_items(
        "certificates",
        "certifications",
        Key("name", "name"),
        Key("issuer", "issuer"),
        Key("date", "date_obtained", "date"),
        Key("url", "url", "url", also=("website",)),
        _ours("expiryDate", "expiry_date", "date"),
        _ours("credentialId", "credential_id"),
        required=("name", "issuer"),
        noun="a certification",
    ),
    _of_items(
        "languages",
        "languages",
        Key("language", "name", also=("name",)),
        Key("fluency", "proficiency", "fluency", also=("level",)),
        required=("name",),
        noun="a language",
    ),
    _of_items(
        "volunteer",
        "volunteering",
        Key("organization", "organization"),
        Key("position", "role"),
        Key("url", "url", "url", also=("website",)),
        Key("startDate", "start_date", "date"),
        Key("endDate", "end_date", "date"),
        Key("summary", "summary"),
        Key("highlights", "highlights", "texts"),
        required=("organization",),
        noun="a volunteering",
    ),
    _of_items(
        "awards",
        "awards",
        Key("title", "title"),
        Key("date", "date", "date"),
        Key("awarder", "awarder"),
        Key("summary", "summary"),
        required=("title",),
        noun="an award",
    ),
    _of_items(
        "publications",
        "publications",
        Key("name", "name"),
        Key("publisher", "publisher"),
        Key("releaseDate", "release_date", "date"),
        Key("url", "url", "url", also=("website",)),
        Key("summary", "summary"),
        required=("name",),
        noun="a publication",
    ),
    _of_items(
        "interests",
        "interests",
        Key("name", "name"),
        Key("keywords", "keywords", "texts"),
        required=("name",),
        noun="an interest",
    ),
    _of_items(
        "references",
        "references",
        Key("name", "name"),
        Key("reference", "reference"),
        required=("name",),
        noun="a reference",
    ),
)
# Skills are names with details in our document, not items; a name may stand in each of its two lists once.
SKILLS = Section(
    "skills",
    "skills",
    Key("name", "name"),
    Key("level", "level"),
    Key("keywords", "keywords", "texts"),
    _ours("kind", "kind", "skill_kind", absent="technical"),
    required=("name",),
    noun="a skill",
)
ALL_SECTIONS = (*SECTIONS, SKILLS)
IN_SKILLS = ("languages", "certifications")
# As many as a list of ours takes (contract 3.1); of skills as both lists together.
MAX_ITEMS = 1_000
# Of one object. No résumé has so many; each that we have no field for is told of in the report.
MAX_KEYS = 10_000
# What tells of other people.
PRIVATE = ("references",)
# The label of a profile that nobody gave another.
DEFAULT_LABEL = "Master"
# Below `meta`: what of a profile no other key says.
OURS_IN_META = "masterProfile"
TOP_LEVEL = ("$schema", "basics", *(section.name for section in ALL_SECTIONS), "meta")


def is_empty(value: Any) -> bool:
    """Whether a value says nothing; false and zero do say something."""
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())
