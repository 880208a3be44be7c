"""A JSON Resume document as people read it: sections in order, and what stands where in each item.

Which key is shown, where and under which label is decided here, once; Markdown, HTML and PDF (`printing.py`) only draw
it. What isn't named here isn't shown: unknown keys, `meta`, and whether an item is visible, which the caller judges.
A value of a type that the schema doesn't allow is no reason to fail: it is shown if it is a text or a number.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from profiles.partial_dates import parse
from profiles.portability.json_resume.mapping import OURS_IN_META
from profiles_project.texts import address_fault

Json = Mapping[str, Any]
# The lines of a paragraph: at least one, none of them blank.
Lines = tuple[str, ...]

SEPARATOR = " · "
UNNAMED = "Career profile"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

FOLLOWED = re.compile(r"(?:https?://|mailto:|tel:)\S", re.IGNORECASE)
# White space and what could end an address in Markdown or HTML. What lies beyond ASCII is left to the reader's browser.
UNSAFE_IN_ADDRESS = re.compile(r'[\x00-\x20\x7f<>"\\^`{|}]')
# Control characters and halves of surrogate pairs: they have no form, and neither HTML nor PDF may hold them.
FORMLESS = {"Cc", "Cs"}


@dataclass(frozen=True)
class Link:
    """An address: the text that is shown, which can be read on paper, and the target, "" if there is none to follow."""

    text: str
    address: str = ""
    label: str = ""


@dataclass(frozen=True)
class Moment:
    """A date as it is read, and its machine-readable form; "" where there is none."""

    text: str
    iso: str = ""


@dataclass(frozen=True)
class Fact:
    """A label and what it says."""

    label: str
    text: str


@dataclass(frozen=True)
class SheetItem:
    """A job, a degree, a project …: one of a section's items, each of whose parts may be empty."""

    title: str = ""
    subtitle: str = ""
    remarks: Lines = ()
    dates: tuple[Moment, ...] = ()
    link: Link | None = None
    texts: tuple[Lines, ...] = ()
    points: tuple[Lines, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class SheetSection:
    """A heading with either items, or what fits on a line each: facts, and words that need no line of their own."""

    heading: str
    items: tuple[SheetItem, ...] = ()
    facts: tuple[Fact, ...] = ()
    words: Lines = ()


@dataclass(frozen=True)
class Sheet:
    """The whole document. Its name is never empty."""

    name: str
    label: str
    contacts: tuple[Link, ...]
    texts: tuple[Lines, ...]
    sections: tuple[SheetSection, ...]


@dataclass(frozen=True)
class Layout:
    """How a section is shown: which keys of a section's items say what.

    Titles are groups of keys: the first group that says something is the title, the others are the subtitle.
    """

    key: str
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
            holder = _mapping(holder.get(step))
        return _items(holder.get(self.key))


LAYOUTS = (
    Layout(
        "work",
        "Experience",
        titles=(("position",), ("name",)),
        remarks=("location", "employmentType", "industry"),
        dates=("startDate", "endDate"),
        texts=("description", "summary"),
        points=("highlights",),
        facts={"Technologies": "technologies"},
        instead={"summary": "enhancedDescription"},
        goes_on=True,
    ),
    Layout(
        "education",
        "Education",
        titles=(("studyType", "area"), ("institution",)),
        dates=("startDate", "endDate"),
        texts=("description",),
        facts={"Grade": "score", "GPA": "gpa", "Honours": "honors", "Courses": "courses"},
    ),
    Layout(
        "projects",
        "Projects",
        titles=(("name",), ("entity",)),
        remarks=("type",),
        dates=("startDate", "endDate"),
        texts=("description",),
        points=("highlights",),
        facts={"Roles": "roles", "Keywords": "keywords", "Repository": "repositoryUrl"},
        instead={"description": "enhancedDescription"},
    ),
    Layout("skills", "Skills", words=("name", "level")),
    Layout("languages", "Languages", words=("language", "fluency")),
    Layout(
        "certificates",
        "Certificates",
        titles=(("name",), ("issuer",)),
        dates=("date",),
        facts={"Valid until": "expiryDate", "Credential ID": "credentialId"},
        date_facts=("expiryDate",),
    ),
    Layout(
        "publications",
        "Publications",
        titles=(("name",), ("publisher",)),
        dates=("releaseDate",),
        texts=("summary",),
    ),
    Layout("awards", "Awards", titles=(("title",), ("awarder",)), dates=("date",), texts=("summary",)),
    Layout(
        "volunteer",
        "Volunteering",
        titles=(("position",), ("organization",)),
        dates=("startDate", "endDate"),
        texts=("summary",),
        points=("highlights",),
        goes_on=True,
    ),
    Layout("interests", "Interests", words=("name", "")),
    Layout("references", "References", titles=(("name",),), texts=("reference",)),
)


def arrange(resume: Json, ours: Iterable[Layout] = ()) -> Sheet:
    """The sheet of a JSON Resume document. All that stands in the document is shown, references and all.

    `ours` are the sections that JSON Resume lacks; they stand after the others.
    """
    basics = _mapping(resume.get("basics"))
    names = [*_filled([_line(basics.get("name")), _line(basics.get("label"))]), UNNAMED]
    return Sheet(
        name=names[0],
        label=_line(basics.get("label")) if _line(basics.get("name")) else "",
        contacts=_contacts(basics),
        texts=_paragraphs(basics.get("enhancedSummary")) or _paragraphs(basics.get("summary")),
        sections=tuple(section for layout in (*LAYOUTS, *ours) for section in _sections(layout, layout.items(resume))),
    )


def _sections(layout: Layout, items: list[Json]) -> list[SheetSection]:
    """The sections of a layout that aren't empty: one, none, or two for skills, of which soft ones stand apart."""
    if layout.words:
        groups = {layout.heading: [item for item in items if item.get("kind") != "soft"]}
        groups["Soft skills"] = [item for item in items if item.get("kind") == "soft"]
        sections = [_words(heading, layout.words, group) for heading, group in groups.items()]
        return [section for section in sections if section.facts or section.words]
    arranged = tuple(item for item in (_item(layout, item) for item in items) if item != SheetItem())
    return [SheetSection(layout.heading, arranged)] if arranged else []


def _item(layout: Layout, item: Json) -> SheetItem:
    groups = [", ".join(_filled(_line(item.get(key)) for key in keys)) for keys in layout.titles]
    title, *others = [*_filled(groups), ""]
    return SheetItem(
        title=title,
        subtitle=SEPARATOR.join(_filled(others)),
        remarks=tuple(_filled(_line(item.get(key)) for key in layout.remarks)),
        dates=_dates(layout, item) or ((Moment("present"),) if title and item.get("isCurrent") is True else ()),
        link=_link(item.get("url")),
        texts=tuple(lines for key in layout.texts for lines in _preferred(layout, key, item)),
        points=tuple(lines for key in layout.points for text in _list(item.get(key)) if (lines := _lines(text))),
        facts=tuple(fact for label, key in layout.facts.items() if (fact := _fact(layout, label, key, item)).text),
    )


def _preferred(layout: Layout, key: str, item: Json) -> tuple[Lines, ...]:
    """The paragraphs of a text, or of the one that it gives way to."""
    return _paragraphs(item.get(layout.instead.get(key, ""))) or _paragraphs(item.get(key))


def _fact(layout: Layout, label: str, key: str, item: Json) -> Fact:
    if key in layout.date_facts:
        return Fact(label, _moment(item.get(key)).text)
    if item.get(key) is True:
        return Fact(label, "yes")
    return Fact(label, SEPARATOR.join(_filled(map(_line, _list(item.get(key))))))


def _words(heading: str, keys: tuple[str, str], items: list[Json]) -> SheetSection:
    """A section of words: those with keywords are facts, the others flow one after the other."""
    facts, words = [], []
    for item in items:
        name, grade = (_line(item.get(key)) for key in keys)
        word = f"{name} ({grade})" if name and grade else name or grade
        keywords = SEPARATOR.join(_filled(map(_line, _list(item.get("keywords")))))
        if word and keywords:
            facts.append(Fact(word, keywords))
        elif word or keywords:
            words.append(word or keywords)
    return SheetSection(heading, facts=tuple(facts), words=tuple(words))


def _dates(layout: Layout, item: Json) -> tuple[Moment, ...]:
    """An item's date, or its range: from start to end, to the present, or open where nobody says whether it goes on."""
    moments = [_moment(item.get(key)) for key in layout.dates]
    filled = tuple(moment for moment in moments if moment.text)
    if len(moments) == 1 or not filled:
        return filled
    start, end = moments
    if start.text and end.text:
        return (start,) if start == end else (start, end)
    if start.text and (item.get("isCurrent", layout.goes_on) is True or item.get("isOngoing") is True):
        return start, Moment("present")
    return (Moment(f"from {start.text}", start.iso),) if start.text else (Moment(f"until {end.text}", end.iso),)


def _moment(value: Any) -> Moment:
    """A partial date as "2021", "Mar 2021" or "15 Mar 2021"; another text as it is."""
    text = _line(value)
    try:
        iso = parse(text)
    except ValueError:
        return Moment(text)
    year, *rest = iso.split("-")
    words = [year, *(MONTHS[int(month) - 1] for month in rest[:1]), *(day.lstrip("0") for day in rest[1:])]
    return Moment(" ".join(reversed(words)), iso)


def _contacts(basics: Json) -> tuple[Link, ...]:
    """How to reach a person, and where else to read of them, each address once."""
    email, phone = _line(basics.get("email")), _line(basics.get("phone"))
    digits = re.sub(r"[^0-9+]", "", phone)
    addresses = (("url", ""), ("linkedin", "LinkedIn"), ("github", "GitHub"))
    links = [
        Link(_place(_mapping(basics.get("location")))),
        Link(email, _address(f"mailto:{email}")),
        Link(phone, _address(f"tel:{digits}")),
        *(_link(basics.get(key), label) for key, label in addresses),
        *map(_profile, _items(basics.get("profiles"))),
        _photo(basics.get("image")),
    ]
    unique: dict[str, Link] = {}
    for link in links:
        if link and link.text:
            unique.setdefault(link.text, link)
    return tuple(unique.values())


def _place(location: Json) -> str:
    """Where a person lives: the line that they wrote themselves, else one that is made of the parts."""
    keys = ("address", "postalCode", "city", "region", "countryCode")
    return _line(location.get("display")) or ", ".join(_filled(_line(location.get(key)) for key in keys))


def _profile(profile: Json) -> Link | None:
    """A profile in a network: its address, with the user's and the network's names where it doesn't say them."""
    user, link = _line(profile.get("username")), _link(profile.get("url"))
    shown = link.text if link else ""
    text = f"{user} ({shown})" if user and shown else user or shown
    if user.casefold() in shown.casefold():
        text = shown
    return _labelled(Link(text, link.address if link else ""), _line(profile.get("network")))


def _photo(value: Any) -> Link | None:
    """A photograph is not fetched, and one that is part of the document (a data: address) can't be read."""
    link = _link(value, "Photo")
    return link if link and link.address else None


def _link(value: Any, label: str = "") -> Link | None:
    url = _line(value)
    shown = re.sub(r"^https?://", "", url, flags=re.IGNORECASE).removesuffix("/")
    return _labelled(Link(shown, _address(url)), label) if shown else None


def _labelled(link: Link, label: str) -> Link:
    """The link with a label, unless its text says the same, as github.com/ada does of GitHub."""
    said = label.replace(" ", "").casefold() in link.text.casefold()
    return Link(link.text or label, link.address, "" if said or not link.text else label)


def _address(url: str) -> str:
    """The address to follow: of the web, mail or telephone, with no character that could end it early; else ""."""
    # What the API refuses may have come with an import, which keeps it as it was.
    if not FOLLOWED.match(url) or address_fault(url):
        return ""
    return UNSAFE_IN_ADDRESS.sub(lambda match: f"%{ord(match[0]):02X}", url)


def _paragraphs(value: Any) -> tuple[Lines, ...]:
    """A text's paragraphs, which blank lines part."""
    paragraphs: list[list[str]] = [[]]
    for line in map(_clean, _text(value).splitlines()):
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return tuple(tuple(lines) for lines in paragraphs if lines)


def _lines(value: Any) -> Lines:
    """A text's lines, blank ones left out."""
    return tuple(_filled(map(_clean, _text(value).splitlines())))


def _line(value: Any) -> str:
    """A text on one line."""
    return " ".join(_lines(value))


def _text(value: Any) -> str:
    """A text or a number as text; "" for all else."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _clean(line: str) -> str:
    line = line.replace("\t", " ")
    return "".join(character for character in line if unicodedata.category(character) not in FORMLESS).strip()


def _filled(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]


def _list(value: Any) -> list[Any]:
    """A list as it is; a single value, which some tools write where a list is meant, as a list of one."""
    return value if isinstance(value, list) else [value]


def _items(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}
