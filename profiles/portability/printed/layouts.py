"""How each section of a JSON Resume document is shown: which keys of its items say what.

What a layout doesn't name isn't shown. Lists that the standard doesn't know have a layout of their own, made of their
items' keys.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from profiles.portability.json_resume.mapping import LISTS, OURS_IN_META, SKILLS
from profiles.portability.json_resume.shapes import GROUP
from profiles.portability.printed.sheets import Lines
from profiles_project.words.sentences import mark

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Layout:
    """How a section is shown: which keys of a section's items say what.

    Titles are groups of keys: the first group that says something is the title, the others are the subtitle.
    """

    key: str
    # Words of ours are marked, to be said in the reader's language.
    heading: str
    titles: tuple[tuple[str, ...], ...] = ()
    remarks: Lines = ()
    dates: Lines = ()
    texts: Lines = ()
    points: Lines = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    # Which key a text gives way to, where an item has that too.
    instead: Mapping[str, str] = field(default_factory=dict)
    # The facts that are dates.
    date_facts: Lines = ()
    # Whether an item without an end goes on, as JSON Resume means it, unless `isCurrent` says that it does not.
    goes_on: bool = False
    # For a section of words: the keys of the word and of its grade, which is shown in parentheses.
    words: tuple[str, str] | None = None
    # Whether JSON Resume has no such section; its list stands below `meta` then.
    is_ours: bool = False

    def items(self, resume: Json) -> list[Json]:
        """The items of the section in a document."""
        holder = resume
        for step in ("meta", OURS_IN_META, "lists") if self.is_ours else ():
            holder = mapping_of(holder.get(step))
        items = items_of(holder.get(self.key))
        return grouped(items) if self.key == "work" else items


LAYOUTS = (
    Layout(
        "work",
        mark("Experience"),
        titles=(("position",), ("name",)),
        remarks=("location", "employmentType", "industry"),
        dates=("startDate", "endDate"),
        texts=("description", "summary"),
        points=("highlights",),
        facts={mark("Technologies"): "technologies"},
        instead={"summary": "enhancedDescription"},
        goes_on=True,
    ),
    Layout(
        "education",
        mark("Education"),
        titles=(("studyType", "area"), ("institution",)),
        dates=("startDate", "endDate"),
        texts=("description",),
        facts={mark("Grade"): "score", mark("GPA"): "gpa", mark("Honours"): "honors", mark("Courses"): "courses"},
    ),
    Layout(
        "projects",
        mark("Projects"),
        titles=(("name",), ("entity",)),
        remarks=("type",),
        dates=("startDate", "endDate"),
        texts=("description",),
        points=("highlights",),
        facts={mark("Roles"): "roles", mark("Keywords"): "keywords", mark("Repository"): "repositoryUrl"},
        instead={"description": "enhancedDescription"},
    ),
    Layout("skills", mark("Skills"), words=("name", "level")),
    Layout("languages", mark("Languages"), words=("language", "fluency")),
    Layout(
        "certificates",
        mark("Certificates"),
        titles=(("name",), ("issuer",)),
        dates=("date",),
        facts={mark("Valid until"): "expiryDate", mark("Credential ID"): "credentialId"},
        date_facts=("expiryDate",),
    ),
    Layout(
        "publications",
        mark("Publications"),
        titles=(("name",), ("publisher",)),
        dates=("releaseDate",),
        texts=("summary",),
        # The standard has neither, RenderCV and many documents of researchers have both.
        facts={mark("Authors"): "authors", mark("DOI"): "doi"},
    ),
    Layout("awards", mark("Awards"), titles=(("title",), ("awarder",)), dates=("date",), texts=("summary",)),
    Layout(
        "volunteer",
        mark("Volunteering"),
        titles=(("position",), ("organization",)),
        dates=("startDate", "endDate"),
        texts=("summary",),
        points=("highlights",),
    ),
    Layout("interests", mark("Interests"), words=("name", "")),
    Layout("references", mark("References"), titles=(("name",),), texts=("reference",)),
)
# The positions in one company, below it.
POSITIONS = replace(LAYOUTS[0], key="positions", titles=(("position",), ("title",), ("name",)))
# What the company and not the position is told by, where all positions say the same.
_OF_COMPANY = ("name", "url", "description", "location")


def grouped(jobs: Sequence[Json]) -> list[Json]:
    """The jobs, those that belong together below their company: an import has given them the same group."""
    made: list[Json] = []
    for (group, _), some in groupby(jobs, key=lambda job: (job.get(GROUP), job.get("name"))):
        first, *others = together = list(some)
        if not isinstance(group, str) or not group or not others:
            made += together
            continue
        names = [name for name in _OF_COMPANY if name in first and all(o.get(name) == first[name] for o in others)]
        positions = [{name: value for name, value in job.items() if name not in names} for job in together]
        made.append({**{name: first[name] for name in names}, "positions": positions})
    return made


# Lists that the standard doesn't know -----------------------------------------------------------------------------

# In the order in which they make an item's title and the line below it.
_TITLES = (
    *("title", "name", "position", "role", "organization", "institution", "company", "event"),
    *("publisher", "issuer", "awarder", "subtitle"),
)
_REMARKS = ("location", "level", "type")
_DATES = ("date", "releaseDate", "year")
_TEXTS = ("summary", "description", "text", "content", "details")
_LINKS = ("url", "website", "link", "href")
# What programs keep for themselves, and pictures, which aren't printed.
_UNSEEN = {
    *("id", "uuid", "key", "slug", "isVisible", "visible", "hidden", "isCurrent", "isOngoing"),
    *("image", "picture", "photo", "logo", "icon", "color"),
}
_KNOWN = {"$schema", "basics", "meta", SKILLS.name, *(name for name, *_ in LISTS.values())}


def custom_lists(resume: Json) -> dict[str, list[Any]]:
    """The lists at the top level of a document that the standard doesn't know, by their names in words.

    Exports keep them below `meta`. Some tools write an object with a name and its items where a list is meant.
    """
    kept = mapping_of(mapping_of(mapping_of(resume.get("meta")).get(OURS_IN_META)).get("unknown"))
    found: dict[str, list[Any]] = {}
    for name, value in {**kept, **resume}.items():
        items = value.get("items") if isinstance(value, Mapping) and not is_hidden(value) else value
        if name not in _KNOWN and name[:1] not in {"_", "$", "@"} and isinstance(items, list):
            given = value.get("name") if isinstance(value, Mapping) else None
            heading = given if isinstance(given, str) and given.strip() else in_words(name)
            found.setdefault(heading, []).extend(items)
    return found


def custom_item(item: Json) -> tuple[Layout, Json]:
    """How an item of such a list is shown, and the item with its address where layouts look for it."""
    date = next((key for key in _DATES if key in item), "date")
    dates = ("startDate", "endDate") if {"startDate", "endDate"} & item.keys() else (date,)
    points = ("highlights",)
    shown = {*_TITLES, *_REMARKS, *dates, *_TEXTS, *points, *_LINKS, *_UNSEEN}
    facts = {in_words(key): key for key in item if key not in shown and key[:1] not in {"_", "$", "@"}}
    url = next((item[key] for key in _LINKS if item.get(key)), None)
    layout = Layout(
        "",
        "",
        tuple((key,) for key in _TITLES),
        remarks=_REMARKS,
        dates=dates,
        texts=_TEXTS,
        points=points,
        facts=facts,
    )
    return layout, {**item, "url": url.get("href") if isinstance(url, Mapping) else url}


def is_hidden(item: Json) -> bool:
    """Whether an item of such a list, or the list, says in another program's way that it isn't to be shown."""
    return item.get("visible") is False or item.get("hidden") is True


def in_words(key: str) -> str:
    """A key as words: «openSource» and «open_source» are «Open source». What has blanks is words already."""
    if len(key.split()) > 1:
        return key[:1].upper() + key[1:]
    first, *others = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-]+", " ", key).split() or [key]
    words = [word if word.isupper() else word[:1].lower() + word[1:] for word in others]
    return " ".join([first[:1].upper() + first[1:], *words])


def mapping_of(value: Any) -> Json:
    """The object as it is, an empty one for what is none."""
    return value if isinstance(value, Mapping) else {}


def items_of(value: Any) -> list[Json]:
    """The objects in a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
