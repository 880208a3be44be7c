"""RenderCV's input: `cv` with the person, and `sections` of any titles, whose entries tell by their keys what they are.

Texts are Markdown. Entries without keys of their own (a line, a bullet) belong to what the section's title says.
"""

import re
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
    pruned,
)
from profiles.portability.json_resume.mapping import is_empty
from profiles_project.texts import shown
from profiles_project.words.sentences import mark

_WHOLE = mark("The document")
_TOP_LOOKS = ("design", "locale", "locale_catalog", "rendercv_settings", "settings")
_POINTS = mark("highlights: these were put behind the description.")
_ADDRESS = mark("The address was made of the network and the user name.")
# What stands before the user name in a network's addresses.
_ADDRESSES = {
    "linkedin": "https://www.linkedin.com/in/",
    "github": "https://github.com/",
    "gitlab": "https://gitlab.com/",
    "instagram": "https://www.instagram.com/",
    "orcid": "https://orcid.org/",
    "stackoverflow": "https://stackoverflow.com/users/",
    "researchgate": "https://www.researchgate.net/profile/",
    "youtube": "https://www.youtube.com/@",
    "google scholar": "https://scholar.google.com/citations?user=",
    "telegram": "https://t.me/",
    "x": "https://x.com/",
    "bluesky": "https://bsky.app/profile/",
}
# A person's languages, as sections are titled in the languages that most résumés are written in.
_LANGUAGES = (
    *("languages", "spoken language", "sprachen$", "sprachkenntnisse$", "fremdsprachen$", "langues$", "idiomas$"),
    *("lingue$", "línguas$", "talen$", "języki$", "języki obce$", "språk$", "sprog$", "jazyky$", "limbi$"),
    "limbi străine$",
    *("языки$", "иностранные языки$", "знание языков$", "мови$", "语言$", "语言能力$", "外语$", "語言$", "語言能力$"),
    *("語学$", "語学力$", "言語$", "언어$", "외국어$", "어학$", "ngôn ngữ$", "ngoại ngữ$", "ภาษา$", "שפות$", "भाषाएँ$"),
)
# Which list a section's title means, by how words in it begin.
_TITLES = (
    ("volunteer", ("volunteer", "community service")),
    ("certificates", ("certificat", "certificates", "licen")),
    ("awards", ("award", "honor", "honour", "prize", "scholarship", "fellowship")),
    ("publications", ("publication", "paper")),
    ("languages", _LANGUAGES),
    ("interests", ("interest", "hobb")),
    # In other languages too: they are other people's data.
    ("references", ("referenc", "referenz", "referenti", "referens", "référenc", "referênc", "referans")),
    ("skills", ("skill", "technolog", "tools", "competenc")),
    ("summary", ("summary", "about", "profile", "objective", "introduction", "welcome")),
)
_LINK = re.compile(r"\[(?P<text>[^\[\]]+)\]\((?P<url>https?://[^()\s]+)\)")
# In characters; a longer text is no list of words.
_LONGEST_LIST = 10_000
_LINES = ("bullet", "number", "reversed_number")


def _texts(path: str, key: str) -> Step:
    """Takes a value over; a number, which YAML makes of a year, as text."""

    def take(draft: Draft) -> None:
        value = draft.take(path)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        draft.put(key, str(value) if is_number else value)

    return take


def _period(draft: Draft) -> None:
    for path, key in (("start_date", "startDate"), ("end_date", "endDate")):
        _texts(path, key)(draft)
    if str(draft.made.get("endDate", "")).strip().lower() == "present":
        del draft.made["endDate"]
        draft.made["isOngoing" if draft.section == "projects" else "isCurrent"] = True
    if "startDate" not in draft.made and "endDate" not in draft.made:
        draft.period("date")


def _linked(path: str, key: str) -> Step:
    """Takes a name over that may be a link in Markdown."""

    def take(draft: Draft) -> None:
        name = draft.take(path)
        if isinstance(name, str) and (found := _LINK.fullmatch(name.strip())):
            name = found["text"]
            draft.put("url", found["url"])
        draft.put(key, name)

    return take


def _points_behind(key: str) -> Step:
    """Takes highlights over where JSON Resume has none: as a list behind a text."""

    def take(draft: Draft) -> None:
        points = draft.left.get("highlights")
        if isinstance(points, list) and points and all(isinstance(each, str) for each in points):
            del draft.left["highlights"]
            before = [text] if isinstance(text := draft.made.get(key), str) else []
            draft.made[key] = "\n\n".join([*before, "\n".join(f"- {each.strip()}" for each in points)])
            draft.tell("changed", _POINTS)

    return take


_WORK = (
    _linked("company", "name"),
    move("position", "position"),
    move("location", "location"),
    _period,
    move("summary", "summary"),
    move("highlights", "highlights"),
)
_STEPS: Mapping[str, tuple[Step, ...]] = {
    "work": _WORK,
    "education": (
        _linked("institution", "institution"),
        move("area", "area"),
        move("degree", "studyType"),
        move("grade", "score"),
        _period,
        move("summary", "description"),
        _points_behind("description"),
    ),
    "publications": (
        _linked("title", "name"),
        move("journal", "publisher"),
        _texts("date", "releaseDate"),
        move("url", "url"),
        move("summary", "summary"),
    ),
    "projects": (
        _linked("name", "name"),
        _period,
        move("url", "url"),
        move("summary", "description"),
        move("highlights", "highlights"),
    ),
    "awards": (
        _linked("name", "title"),
        _texts("date", "date"),
        move("summary", "summary"),
        _points_behind("summary"),
    ),
    "certificates": (_linked("name", "name"), _texts("date", "date")),
    "volunteer": (
        _linked("company", "organization"),
        _linked("name", "organization"),
        move("position", "position"),
        _period,
        move("summary", "summary"),
        move("highlights", "highlights"),
    ),
    "references": (_linked("name", "name"), move("summary", "reference"), _points_behind("reference")),
}
# The key of a name where an entry is a line.
_NAMED = {
    "volunteer": "organization",
    "certificates": "name",
    "awards": "title",
    "publications": "name",
    "languages": "language",
    "interests": "name",
    "skills": "name",
    "references": "reference",
}
# The keys for a label and its details.
_PAIRS = {"languages": ("language", "fluency"), "references": ("name", "reference")}


def is_rendercv(document: Mapping[str, Any]) -> bool:
    """Whether a document is RenderCV's input."""
    cv = document.get("cv")
    return isinstance(cv, Mapping) and bool(cv.keys() & {"name", "sections", "email", "social_networks"})


def read(document: Mapping[str, Any]) -> Translation:
    """The document as JSON Resume."""
    out = Translator("rendercv")
    top = Draft(out, "", document, _WHOLE)
    cv = dict(top.take("cv") or {})
    sections = cv.pop("sections", None)
    _read_person(out, cv)
    if isinstance(sections, Mapping):
        for title, raw in sections.items():
            _read_section(out, str(title), raw)
    elif not is_empty(sections):
        out.rest({"sections": sections})
    if lines := out.document["basics"].get("summary"):
        out.document["basics"]["summary"] = "\n\n".join(lines)
    top.drop(*_TOP_LOOKS)
    out.rest(top.left)
    return out.result(_WHOLE)


def _read_person(out: Translator, cv: dict[str, Any]) -> None:
    links = listed(cv.pop("social_networks", None))
    draft = Draft(out, "basics", cv, "cv")
    for path, key in (("name", "name"), ("headline", "label"), ("label", "label"), ("location", "location")):
        draft.put(key, draft.take(path))
    for path, key in (("email", "email"), ("phone", "phone"), ("website", "url")):
        _read_several(draft, path, key)
    photo = draft.left.get("photo")
    if isinstance(photo, str) and photo.startswith(("http://", "https://")):
        draft.put("image", draft.take("photo"))
    draft.drop("sort_entries")
    out.basics(draft)
    for number, link in enumerate(links, 1):
        if not isinstance(link, Mapping):
            out.document["basics"].setdefault("profiles", []).append(link)
            continue
        place = entry("cv.social_networks", number)
        made = Draft(out, "profiles", link, place).follow((move("network", "network"), _texts("username", "username")))
        address = _ADDRESSES.get(str(made.made.get("network", "")).casefold())
        if address and isinstance(name := made.made.get("username"), str) and not re.search(r"[\s?#]", name):
            made.made["url"] = address + name
            made.tell("changed", _ADDRESS)
        out.link(made)


def _read_several(draft: Draft, path: str, key: str) -> None:
    """Takes the first of several over, and leaves the others."""
    first, *others = listed(draft.take(path)) or [None]
    if isinstance(first, str):
        first = first.removeprefix("tel:")
    draft.put(key, first)
    if others:
        draft.give_back("other" + path.capitalize(), others)


def _read_section(out: Translator, title: str, raw: Any) -> None:
    meant = _meaning(title)
    custom: list[Any] = []
    for number, each in enumerate(listed(raw), 1):
        place = entry(title, number)
        if isinstance(each, Mapping):
            _read_entry(out, meant, each, place, custom)
        else:
            _read_line(out, meant, each, place, custom)
    if custom:
        out.custom(_in_words(title), custom, shown(title))


def _meaning(title: str) -> str:
    words = _in_words(title).lower()
    return next((part for part, signs in _TITLES if re.search(rf"\b(?:{'|'.join(signs)})", words)), "")


def _in_words(title: str) -> str:
    return title if " " in title else title.replace("_", " ").strip().capitalize() if title.islower() else title


def _read_entry(out: Translator, meant: str, raw: Mapping[str, Any], place: str, custom: list[Any]) -> None:
    """An entry that is an object: of what kind it is, its keys say first, and then the section's title."""
    line = next((raw[name] for name in _LINES if len(raw) == 1 and name in raw), None)
    if line is not None:
        _read_line(out, meant, line, place, custom)
        return
    if {"label", "details"} & raw.keys() and "name" not in raw:
        _read_pair(out, meant, raw, place, custom)
        return
    part = _part_of(meant, raw)
    draft = Draft(out, part, raw, place).follow(_STEPS.get(part, (_period,)))
    if part:
        out.add(part, draft.finish(), place)
    else:
        custom.append(draft.finish())


def _part_of(meant: str, raw: Mapping[str, Any]) -> str:
    if meant == "references":
        # Whatever its keys: references are other people's data, and are shown only where they are asked for.
        return meant
    if "institution" in raw:
        return "education"
    if "company" in raw:
        return "volunteer" if meant == "volunteer" else "work"
    if "title" in raw and ("authors" in raw or meant == "publications"):
        return "publications"
    if "name" in raw:
        return meant if meant in _STEPS and meant != "publications" else "projects"
    return ""


def _read_pair(out: Translator, meant: str, raw: Mapping[str, Any], place: str, custom: list[Any]) -> None:
    """A label with its details in one line: a group of skills, a language and its level, or else of no list."""
    if meant not in {"", "skills", "languages", "interests", "references"}:
        custom.append(pruned(dict(raw)))
        return
    part = meant or "skills"
    draft = Draft(out, part, raw, place)
    details = draft.take("details")
    if part in _PAIRS:
        name, value = _PAIRS[part]
        draft.put(name, draft.take("label"))
        draft.put(value, details)
    else:
        draft.put("name", draft.take("label"))
        words = (
            [word.strip() for word in re.split(r",(?![^()]{0,200}\))", details)]
            if isinstance(details, str) and len(details) <= _LONGEST_LIST
            else details
        )
        draft.put("keywords", [word for word in words if word] if isinstance(words, list) else details)
    out.add(part, draft.finish(), place)


def _read_line(out: Translator, meant: str, line: Any, place: str, custom: list[Any]) -> None:
    """An entry that is one line of text."""
    if is_empty(line):
        return
    if meant == "summary" and isinstance(line, str):
        out.document["basics"].setdefault("summary", []).append(line)
        out.places.setdefault("/basics/summary", place)
    elif meant in _NAMED and isinstance(line, str):
        out.add(meant, {_NAMED[meant]: line}, place)
    elif meant == "references":
        out.add(meant, line, place)
    else:
        custom.append({"summary": line} if isinstance(line, str) else line)
