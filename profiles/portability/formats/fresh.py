"""FRESH résumés (fresh-resume-schema): `employment`, `education`, `service` and `affiliation` hold a `history` each."""

from collections.abc import Mapping
from typing import Any

from profiles.portability.formats.translating import (
    Draft,
    Step,
    Translation,
    Translator,
    entry,
    listed,
    move,
    points,
    pruned,
    text,
)
from profiles.portability.json_resume.mapping import is_empty
from profiles_project.words.sentences import mark

_WHOLE = mark("The document")
_PERIOD = (move("start", "startDate"), move("end", "endDate"))
_LETTERS_OF_A_COUNTRY = 2


def _private(draft: Draft) -> None:
    """Takes over that a person does not want it shown."""
    draft.visibility("private", hidden=True)


# By the member's path: the list of JSON Resume, and what becomes of the members of an item.
_LISTS: Mapping[str, tuple[str, tuple[Step, ...]]] = {
    "employment.history": (
        "work",
        (
            move("employer", "name"),
            move("position", "position"),
            move("url", "url"),
            *_PERIOD,
            text("summary", "summary"),
            move("highlights", "highlights"),
            move("location", "location"),
            move("keywords", "technologies"),
        ),
    ),
    "education.history": (
        "education",
        (
            move("institution", "institution"),
            move("area", "area"),
            move("studyType", "studyType"),
            lambda draft: draft.put("studyType", None if "studyType" in draft.made else draft.take("title")),
            *_PERIOD,
            move("grade", "score"),
            move("url", "url"),
            move("curriculum", "courses"),
            text("summary", "description"),
        ),
    ),
    "service.history": (
        "volunteer",
        (
            move("organization", "organization"),
            move("position", "position"),
            move("url", "url"),
            *_PERIOD,
            text("summary", "summary"),
            move("highlights", "highlights"),
        ),
    ),
    "projects": (
        "projects",
        (
            move("title", "name"),
            move("category", "type"),
            text("description", "description"),
            points("summary", "description"),
            move("url", "url"),
            move("repo", "repositoryUrl"),
            *_PERIOD,
            lambda draft: draft.put("roles", listed(draft.take("role"))),
            move("keywords", "keywords"),
            move("highlights", "highlights"),
        ),
    ),
    "skills.sets": ("skills", (move("name", "name"), move("level", "level"), move("skills", "keywords"))),
    "skills.list": ("skills", (move("name", "name"), move("level", "level"))),
    "languages": ("languages", (move("language", "language"), move("level", "fluency"))),
    "recognition": (
        "awards",
        (move("title", "title"), move("from", "awarder"), move("date", "date"), text("summary", "summary")),
    ),
    "writing": (
        "publications",
        (
            move("title", "name"),
            move("publisher.name", "publisher"),
            move("publisher", "publisher"),
            move("date", "releaseDate"),
            move("url", "url"),
            text("summary", "summary"),
        ),
    ),
    "interests": ("interests", (move("name", "name"), move("keywords", "keywords"))),
    "references": ("references", (move("name", "name"), text("summary", "reference"), _private)),
    "testimonials": ("references", (move("name", "name"), text("quote", "reference"), _private)),
}
# What JSON Resume has no list for; they stay lists of their own.
_OTHERS: Mapping[str, tuple[str, tuple[Step, ...]]] = {
    "affiliation.history": ("affiliation", (*_PERIOD, text("summary", "summary"))),
    "governance": ("governance", (*_PERIOD, text("summary", "summary"))),
    "extracurricular": ("extracurricular", _PERIOD),
    "speaking": ("speaking", (text("summary", "summary"),)),
    "samples": ("samples", (text("summary", "summary"),)),
    "reading": ("reading", (text("summary", "summary"),)),
}


def is_fresh(document: Mapping[str, Any]) -> bool:
    """Whether a document is a FRESH résumé."""
    meta = document.get("meta")
    if isinstance(meta, Mapping) and str(meta.get("format", "")).upper().startswith("FRESH"):
        return True
    has_history = any(
        isinstance(part := document.get(name), Mapping) and "history" in part for name in ("employment", "education")
    )
    has_name = isinstance(document.get("name"), str) and "basics" not in document
    return has_history or (has_name and bool(document.keys() & {"employment", "contact", "info", "disposition"}))


def read(document: Mapping[str, Any]) -> Translation:
    """The document as JSON Resume."""
    out = Translator("fresh")
    source = Draft(out, "", document, _WHOLE)
    _read_person(out, source)
    for path, (section, steps) in _LISTS.items():
        out.items(section, source.take(path), path, steps)
    for path, (heading, steps) in _OTHERS.items():
        items = [
            Draft(out, "", each, entry(path, number)).follow(steps).finish() if isinstance(each, Mapping) else each
            for number, each in enumerate(listed(source.take(path)), 1)
        ]
        if items:
            out.custom(heading, items, path)
    source.take("meta.format")
    out.rest(source.left)
    return out.result(_WHOLE)


def _read_person(out: Translator, source: Draft) -> None:
    raw = {name: value for name in ("name", "info", "contact", "location") if (value := source.take(name)) is not None}
    draft = Draft(out, "basics", raw, "info")
    place = draft.take("location")
    for path, key in (
        ("name", "name"),
        ("info.label", "label"),
        ("info.image", "image"),
        ("contact.email", "email"),
        ("contact.phone", "phone"),
        ("contact.website", "url"),
    ):
        draft.put(key, draft.take(path))
    draft.text("info.brief", "summary")
    if isinstance(place, Mapping):
        place = pruned(place)
        country = place.get("country")
        renamed = {"code": "postalCode"}
        if isinstance(country, str) and len(country) == _LETTERS_OF_A_COUNTRY:
            renamed["country"] = "countryCode"
        place = {renamed.get(name, name): value for name, value in place.items()}
    draft.put("location", place)
    out.basics(draft)
    for number, link in enumerate(listed(source.take("social")), 1):
        if isinstance(link, Mapping):
            steps = (move("network", "network"), move("user", "username"), move("url", "url"))
            out.link(Draft(out, "profiles", link, entry("social", number)).follow(steps))
        elif not is_empty(link):
            out.document["basics"].setdefault("profiles", []).append(link)
