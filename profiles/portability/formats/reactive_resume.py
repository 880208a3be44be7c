"""Exports of Reactive Resume (rxresu.me), versions 3, 4 and 5.

All three have `basics` and `sections`; what members are called differs, and so does where hidden ones are marked. Texts
are Markdown in version 3 and HTML from version 4 on. Dates of versions 4 and 5 are one text for a whole period.
"""

from collections.abc import Mapping
from typing import Any

from profiles.portability.formats.translating import (
    Draft,
    Step,
    Translation,
    Translator,
    address,
    drop,
    entry,
    hidden,
    level,
    listed,
    move,
    period,
    points,
    text,
    visible,
)
from profiles.portability.json_resume.mapping import is_empty
from profiles_project.words.sentences import mark

_WHOLE = mark("The document")
_V3, _V4, _V5 = 3, 4, 5
_LETTERS_OF_A_COUNTRY = 2
# What of an item is the program's own.
_OWN = drop("id", "icon", "iconColor", "options")
_SECTION_LOOKS = ("id", "columns", "separateLinks", "type", "name", "title", "keepTogether", "icon")
_TOP_LOOKS = ("metadata", "picture", "slug", "shortId", "image", "id", "public", "createdAt", "updatedAt", "user")

Sections = Mapping[str, tuple[str, tuple[Step, ...]]]

# By the section's name: the list of JSON Resume, and what becomes of the members of an item.
V3: Sections = {
    "work": (
        "work",
        (
            move("name", "name"),
            move("position", "position"),
            period("date"),
            move("url", "url"),
            points("summary", "summary"),
        ),
    ),
    "education": (
        "education",
        (
            move("institution", "institution"),
            move("degree", "studyType"),
            move("area", "area"),
            move("score", "score"),
            period("date"),
            move("url", "url"),
            text("summary", "description"),
            move("courses", "courses"),
        ),
    ),
    "awards": (
        "awards",
        (move("title", "title"), move("awarder", "awarder"), move("date", "date"), text("summary", "summary")),
    ),
    "certifications": (
        "certificates",
        (
            move("name", "name"),
            move("issuer", "issuer"),
            move("date", "date"),
            move("url", "url"),
            text("summary", "summary"),
        ),
    ),
    "publications": (
        "publications",
        (
            move("name", "name"),
            move("publisher", "publisher"),
            move("date", "releaseDate"),
            move("url", "url"),
            text("summary", "summary"),
        ),
    ),
    "volunteer": (
        "volunteer",
        (
            move("organization", "organization"),
            move("position", "position"),
            period("date"),
            move("url", "url"),
            points("summary", "summary"),
        ),
    ),
    "skills": (
        "skills",
        (move("name", "name"), move("level", "level"), drop("levelNum"), move("keywords", "keywords")),
    ),
    "languages": ("languages", (move("name", "language"), move("level", "fluency"), drop("levelNum"))),
    "interests": ("interests", (move("name", "name"), move("keywords", "keywords"))),
    "projects": (
        "projects",
        (
            move("name", "name"),
            period("date"),
            move("url", "url"),
            text("description", "description"),
            points("summary", "description"),
            move("keywords", "keywords"),
        ),
    ),
    "references": ("references", (move("name", "name"), text("summary", "reference"))),
}

_V4_URL = (address("url", "href"),)
_V4_END = (visible("visible"),)
V4: Sections = {
    "experience": (
        "work",
        (
            move("company", "name"),
            move("position", "position"),
            move("location", "location"),
            period("date"),
            *_V4_URL,
            points("summary", "summary"),
            *_V4_END,
        ),
    ),
    "education": (
        "education",
        (
            move("institution", "institution"),
            move("studyType", "studyType"),
            move("area", "area"),
            move("score", "score"),
            period("date"),
            *_V4_URL,
            text("summary", "description"),
            *_V4_END,
        ),
    ),
    "awards": (
        "awards",
        (
            move("title", "title"),
            move("awarder", "awarder"),
            move("date", "date"),
            *_V4_URL,
            text("summary", "summary"),
            *_V4_END,
        ),
    ),
    "certifications": (
        "certificates",
        (
            move("name", "name"),
            move("issuer", "issuer"),
            move("date", "date"),
            *_V4_URL,
            text("summary", "summary"),
            *_V4_END,
        ),
    ),
    "publications": (
        "publications",
        (
            move("name", "name"),
            move("publisher", "publisher"),
            move("date", "releaseDate"),
            *_V4_URL,
            text("summary", "summary"),
            *_V4_END,
        ),
    ),
    "volunteer": (
        "volunteer",
        (
            move("organization", "organization"),
            move("position", "position"),
            period("date"),
            *_V4_URL,
            points("summary", "summary"),
            *_V4_END,
        ),
    ),
    "skills": (
        "skills",
        (
            move("name", "name"),
            move("description", "level"),
            level("level", "level"),
            move("keywords", "keywords"),
            *_V4_END,
        ),
    ),
    "languages": (
        "languages",
        (move("name", "language"), move("description", "fluency"), level("level", "fluency"), *_V4_END),
    ),
    "interests": ("interests", (move("name", "name"), move("keywords", "keywords"), *_V4_END)),
    "projects": (
        "projects",
        (
            move("name", "name"),
            period("date"),
            *_V4_URL,
            text("description", "description"),
            points("summary", "description"),
            move("keywords", "keywords"),
            *_V4_END,
        ),
    ),
    "references": ("references", (move("name", "name"), *_V4_URL, text("summary", "reference"), *_V4_END)),
}

_V5_URL = (address("website", "url"),)
_V5_END = (hidden("hidden"),)


def _roles(draft: Draft) -> None:
    """Takes the positions in one company; the reading makes an item of each."""
    if not is_empty(raw := draft.take("roles")):
        steps = (move("position", "position"), period("period"), points("description", "summary"), _OWN)
        made = [
            Draft(draft.out, "work", each, draft.place).follow(steps).finish() if isinstance(each, Mapping) else each
            for each in listed(raw)
        ]
        draft.put("positions", made)


V5: Sections = {
    "experience": (
        "work",
        (
            move("company", "name"),
            move("position", "position"),
            move("location", "location"),
            period("period"),
            *_V5_URL,
            points("description", "summary"),
            _roles,
            *_V5_END,
        ),
    ),
    "education": (
        "education",
        (
            move("school", "institution"),
            move("degree", "studyType"),
            move("area", "area"),
            move("grade", "score"),
            period("period"),
            *_V5_URL,
            text("description", "description"),
            *_V5_END,
        ),
    ),
    "awards": (
        "awards",
        (
            move("title", "title"),
            move("awarder", "awarder"),
            move("date", "date"),
            *_V5_URL,
            text("description", "summary"),
            *_V5_END,
        ),
    ),
    "certifications": (
        "certificates",
        (
            move("title", "name"),
            move("issuer", "issuer"),
            move("date", "date"),
            *_V5_URL,
            text("description", "summary"),
            *_V5_END,
        ),
    ),
    "publications": (
        "publications",
        (
            move("title", "name"),
            move("publisher", "publisher"),
            move("date", "releaseDate"),
            *_V5_URL,
            text("description", "summary"),
            *_V5_END,
        ),
    ),
    "volunteer": (
        "volunteer",
        (
            move("organization", "organization"),
            move("position", "position"),
            period("period"),
            *_V5_URL,
            points("description", "summary"),
            *_V5_END,
        ),
    ),
    "skills": (
        "skills",
        (
            move("name", "name"),
            move("proficiency", "level"),
            level("level", "level"),
            move("keywords", "keywords"),
            *_V5_END,
        ),
    ),
    "languages": (
        "languages",
        (move("language", "language"), move("fluency", "fluency"), level("level", "fluency"), *_V5_END),
    ),
    "interests": ("interests", (move("name", "name"), move("keywords", "keywords"), *_V5_END)),
    "projects": (
        "projects",
        (move("name", "name"), period("period"), *_V5_URL, points("description", "description"), *_V5_END),
    ),
    "references": ("references", (move("name", "name"), *_V5_URL, text("description", "reference"), *_V5_END)),
}
_LINKS: Mapping[int, tuple[Step, ...]] = {
    3: (move("network", "network"), move("username", "username"), move("url", "url"), _OWN),
    4: (move("network", "network"), move("username", "username"), *_V4_URL, _OWN),
    5: (move("network", "network"), move("username", "username"), *_V5_URL, _OWN),
}
_CUSTOM: Mapping[int, tuple[Step, ...]] = {
    3: (period("date"), text("summary", "summary"), drop("levelNum"), _OWN),
    4: (period("date"), *_V4_URL, text("summary", "summary"), *_V4_END, _OWN),
    # A cover letter's recipient is rich text too.
    5: (text("content", "summary"), text("recipient", "recipient"), *_V5_END, _OWN),
}
_FORMS: Mapping[int, Sections] = {_V3: V3, _V4: V4, _V5: V5}


def version_of(document: Mapping[str, Any]) -> int:
    """Which version an export is of; 0 where it is none."""
    basics, sections = document.get("basics"), document.get("sections")
    if not isinstance(basics, Mapping) or not isinstance(sections, Mapping):
        return _older_version(document)
    if document.keys() & {"customSections", "picture"} or isinstance(document.get("summary"), Mapping):
        return _V5
    is_third = "work" in sections or isinstance(basics.get("location"), Mapping) or "profiles" in basics
    return _V3 if is_third else _V4


def _older_version(document: Mapping[str, Any]) -> int:
    """Versions 1 and 2, whose parts have a `heading` each."""
    for version, holder in ((1, document.get("data")), (2, document)):
        parts = [part for part in holder.values() if isinstance(part, Mapping)] if isinstance(holder, Mapping) else []
        if sum("heading" in part for part in parts) > 1 and isinstance((holder or {}).get("profile"), Mapping):
            return version
    return 0


def read(document: Mapping[str, Any]) -> Translation:
    """The export as JSON Resume; it must be of version 3, 4 or 5."""
    version = version_of(document)
    out = Translator("reactiveResume")
    top = dict(document)
    _read_basics(out, version, top.pop("basics"), top)
    sections = dict(top.pop("sections"))
    _read_summary(out, sections, top)
    _read_links(out, version, sections)
    custom = sections.pop("custom", None) if version > _V3 else None
    for name, (section, steps) in _FORMS[version].items():
        if name in sections:
            _read_section(out, name, section, steps, sections.pop(name))
    for name in [name for name, part in sections.items() if isinstance(part, Mapping) and "items" in part]:
        _read_custom(out, version, name, sections.pop(name))
    own = custom.items() if isinstance(custom, Mapping) else enumerate(listed(custom))
    for key, part in [*own, *enumerate(listed(top.pop("customSections", None)))]:
        _read_custom(out, version, str(key), part)
    holder = Draft(out, "", {**top, **({"sections": sections} if sections else {})}, _WHOLE)
    holder.drop(*_TOP_LOOKS)
    out.rest(holder.left)
    return out.result(_WHOLE)


def _read_basics(out: Translator, version: int, raw: Mapping[str, Any], top: dict[str, Any]) -> None:
    draft = Draft(out, "basics", raw, "basics")
    for path, key in (("name", "name"), ("headline", "label"), ("email", "email"), ("phone", "phone")):
        draft.put(key, draft.take(path))
    draft.text("summary", "summary")
    if version == _V3:
        draft.put("url", draft.take("website"))
        _read_place(draft)
        for number, link in enumerate(listed(draft.take("profiles")), 1):
            _read_link(out, version, link, entry("basics.profiles", number))
        _read_picture(draft, draft.take("photo"), "photo")
    else:
        draft.url(*(("url", "href") if version == _V4 else ("website", "url")))
        draft.put("location", draft.take("location"))
        _read_picture(draft, draft.take("picture") if version == _V4 else top.pop("picture", None))
        for field in listed(draft.left.get("customFields")):
            if isinstance(field, dict):
                field.pop("id", None)
                field.pop("icon", None)
    draft.drop("id", "icon")
    out.basics(draft)


def _read_place(draft: Draft) -> None:
    place = draft.take("location")
    if isinstance(place, Mapping):
        place = {name: value for name, value in place.items() if not is_empty(value)}
        country = place.get("country")
        if isinstance(country, str) and len(country) == _LETTERS_OF_A_COUNTRY:
            place["countryCode"] = place.pop("country")
    draft.put("location", place)


def _read_picture(draft: Draft, picture: Any, name: str = "picture") -> None:
    """Takes the picture's address; the rest of it says how it is shown."""
    if not isinstance(picture, Mapping):
        draft.put("image", picture)
        return
    effects = picture.get("effects")
    if not _is_shown(picture) or (isinstance(effects, Mapping) and effects.get("hidden") is True):
        if not is_empty(picture.get("url")):
            draft.out.hide(name, {"url": picture["url"]}, name)
    else:
        draft.put("image", picture.get("url"))
    if picture.keys() - {"url"}:
        draft.out.looks.add(name)


def _read_summary(out: Translator, sections: dict[str, Any], top: dict[str, Any]) -> None:
    """The summary stands among the sections in version 4, and beside them in version 5."""
    for holder in (sections, top):
        if isinstance(holder.get("summary"), Mapping):
            draft = Draft(out, "basics", holder.pop("summary"), "summary")
            draft.text("content", "summary")
            draft.drop(*_SECTION_LOOKS)
            _drop_default(draft)
            text_of = draft.made.pop("summary", None)
            if text_of is not None and not _is_shown(draft.left):
                for name in ("visible", "hidden"):
                    draft.take(name)
                out.hide("summary", {**draft.finish(), "summary": text_of}, "summary")
                continue
            made = {} if is_empty(rest := draft.finish()) else {"summarySection": rest}
            if text_of is not None:
                made["reactiveResumeSummary" if "summary" in out.document["basics"] else "summary"] = text_of
            out.document["basics"] |= made
            out.places |= {f"/basics/{key}": "summary" for key in made}


def _drop_default(draft: Draft) -> None:
    """Leave out that a part is shown, which is what absence means; that it is hidden stays."""
    for name, default in (("visible", True), ("hidden", False)):
        if draft.left.get(name) is default:
            del draft.left[name]


def _read_links(out: Translator, version: int, sections: dict[str, Any]) -> None:
    part = sections.pop("profiles", None)
    if part is None:
        return
    raw = part.get("items") if isinstance(part, Mapping) else part
    is_shown = _is_shown(part)
    for number, link in enumerate(listed(raw), 1):
        _read_link(out, version, link, entry("profiles", number), is_shown=is_shown)
    _keep_section(out, "profiles", part)


def _read_link(out: Translator, version: int, link: Any, place: str, *, is_shown: bool = True) -> None:
    if not isinstance(link, Mapping):
        if is_shown:
            out.document["basics"].setdefault("profiles", []).append(link)
        else:
            out.hide("profiles", {"name": link}, place)
        return
    is_shown = is_shown and _is_shown(link)
    draft = Draft(out, "profiles", link, place).follow(_LINKS[version])
    for name in ("visible", "hidden"):
        draft.take(name)
    if is_shown:
        out.link(draft)
    else:
        out.hide("profiles", draft.finish(), place)


def _is_shown(part: Any) -> bool:
    return not isinstance(part, Mapping) or (part.get("visible") is not False and part.get("hidden") is not True)


def _read_section(out: Translator, name: str, section: str, steps: tuple[Step, ...], part: Any) -> None:
    raw = part.get("items") if isinstance(part, Mapping) else part
    out.items(section, raw, name, (*steps, _OWN), is_shown=_is_shown(part))
    _keep_section(out, name, part)


def _keep_section(out: Translator, name: str, part: Any) -> None:
    """Keep what a section has beside its items and its looks."""
    if isinstance(part, Mapping):
        left = Draft(out, "", {key: value for key, value in part.items() if key != "items"}, name)
        left.drop(*_SECTION_LOOKS)
        for key in ("visible", "hidden"):
            left.take(key)
        out.rest({name: left.left})


def _read_custom(out: Translator, version: int, key: str, part: Any) -> None:
    """A section of the person's own; in version 5 it may be a second one of a known kind."""
    if not isinstance(part, Mapping):
        out.rest({key: part})
        return
    heading = next(
        (text for name in ("name", "title") if isinstance(text := part.get(name), str) and text.strip()), key
    )
    kind = _FORMS[version].get(str(part.get("type")))
    if version == _V5 and kind is not None:
        section, steps = kind
        # Its items stand among others of their kind, and keep its title.
        out.items(section, part.get("items"), heading, (*steps, _OWN, _titled(heading)), is_shown=_is_shown(part))
        out.looks.add("type")
    else:
        out.custom(heading, _custom_items(out, version, heading, part), entry(heading, 1))
    rest = {name: value for name, value in part.items() if name not in {"items", "name", "title", "type"}}
    _keep_section(out, heading, rest)


def _titled(heading: str) -> Step:
    """Says of an item which section of the person's own it stood in."""
    return lambda draft: draft.give_back("customSection", heading)


def _custom_items(out: Translator, version: int, heading: str, part: Mapping[str, Any]) -> list[Any]:
    made = []
    for number, each in enumerate(listed(part.get("items")), 1):
        if isinstance(each, Mapping):
            item = Draft(out, "", each, entry(heading, number)).follow(_CUSTOM[version]).finish()
        elif _is_shown(part):
            made.append(each)
            continue
        else:
            item = {"name": each}
        made.append(item if _is_shown(part) else {**item, "isVisible": False})
    return made
