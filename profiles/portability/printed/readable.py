"""A JSON Resume document as people read it: sections in order, and what stands where in each item.

`layouts.py` decides which key is shown, where and under which label; what draws the sheet decides nothing.
Keys of items that no layout names aren't shown, nor `meta`, nor whether an item is visible, which the caller judges.
A value of a type that the schema doesn't allow is no reason to fail: it is shown if it is a text or a number.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from profiles.partial_dates import parse
from profiles.portability.json_resume.mapping import NOT_GIVEN
from profiles.portability.printed import fonts, layouts, rich
from profiles.portability.printed.directions import are_mostly_rtl
from profiles.portability.printed.layouts import LAYOUTS, Json, Layout, items_of, mapping_of
from profiles.portability.printed.rich import Blocks, cleaned
from profiles.portability.printed.sheets import SEPARATOR, Fact, Lines, Link, Moment, Sheet, SheetItem, SheetSection
from profiles_project.words.sentences import Sentence, mark

UNNAMED = mark("Career profile")
SOFT_SKILLS = mark("Soft skills")
PHOTO = mark("Photo")
YES = mark("yes")
PRESENT = mark("present")
FROM = mark("from {date}")
# An end that nobody knows, in any language.
UNKNOWN = Moment("?")
UNTIL = mark("until {date}")
# The short names of the months in parentheses, which stand for nothing: a phrase never ends with a full stop.
MONTHS = mark("(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)")
A_MONTH = mark("{month} {year}")
A_DAY = mark("{day} {month} {year}")


def arrange(
    resume: Json, ours: Iterable[Layout] = (), worded: Callable[[str], str] = str, language: str = "en"
) -> Sheet:
    """The sheet of a JSON Resume document. All that stands in the document is shown, references and all.

    `ours` are the sections that JSON Resume lacks; they stand after the others. `worded` says words of ours, such as
    headings, in the language.
    """
    sheet = _Arranger(worded).sheet(resume, ours)
    return replace(sheet, language=language, is_rtl=are_mostly_rtl(_written(sheet)))


def _written(sheet: Sheet) -> Iterator[str]:
    """What people wrote, from the beginning; words of ours and addresses say nothing of a document's direction."""
    yield from (sheet.name, sheet.label, *rich.plain_lines(sheet.texts))
    for section in sheet.sections:
        for item in section.items:
            yield from (item.title, item.subtitle, *rich.plain_lines(item.texts))
            yield from (line for point in item.points for line in rich.plain_lines(point))
        yield from (*(fact.text for fact in section.facts), *section.words)


class _Arranger:
    """Arranges a document in one language."""

    def __init__(self, worded: Callable[[str], str]) -> None:
        self.worded = worded
        # How many characters of marked texts may still be read.
        self.room = rich.MOST_MARKED
        self.months = worded(MONTHS).strip("()").split()

    def sheet(self, resume: Json, ours: Iterable[Layout]) -> Sheet:
        basics = mapping_of(resume.get("basics"))
        names = [*_filled([_line(basics.get("name")), _line(basics.get("label"))]), self.worded(UNNAMED)]
        # Headings are a person's own words where a key is.
        named: dict[str, list[Any]] = {}
        for heading, items in layouts.custom_lists(resume).items():
            named.setdefault(_line(heading), []).extend(items)
        known = [section for layout in (*LAYOUTS, *ours) for section in self.sections(layout, layout.items(resume))]
        others = [self.custom(heading, items) for heading, items in named.items() if heading]
        return Sheet(
            name=names[0],
            label=_line(basics.get("label")) if _line(basics.get("name")) else "",
            contacts=_contacts(basics),
            texts=self.blocks(basics.get("enhancedSummary")) or self.blocks(basics.get("summary")),
            sections=(*known, *(section for section in others if section.items or section.words)),
            photo=self.photo(_line(basics.get("image"))),
        )

    def ours(self, text: str) -> str:
        """A heading or a label; one that is a person's own word is said as it is."""
        return self.worded(text) if isinstance(text, Sentence) else _line(text)

    def blocks(self, value: Any) -> Blocks:
        """A text's paragraphs and lists."""
        text = _text(value)
        if not rich.is_marked(text):
            return rich.typed(text)
        self.room -= len(text)
        return rich.blocks(text) if self.room >= 0 else rich.typed(text)

    def preferred(self, layout: Layout, key: str, item: Json) -> Blocks:
        """The paragraphs of a text, or of the one that it gives way to."""
        return self.blocks(item.get(layout.instead.get(key, ""))) or self.blocks(item.get(key))

    def points(self, value: Any) -> list[Blocks]:
        """An entry of a list of points; one that is a list itself has a point for each of its entries."""
        blocks = self.blocks(value)
        if len(blocks) == 1 and blocks[0].items:
            return list(blocks[0].items)
        return [blocks] if blocks else []

    def photo(self, url: str) -> Link | None:
        """Where the person's photo is; one that is part of the document (a data: address) is nowhere."""
        address = rich.followed(url)
        return Link(self.worded(PHOTO), address) if address else None

    def sections(self, layout: Layout, items: list[Json]) -> list[SheetSection]:
        """The sections of a layout that aren't empty: one, none, or two for skills, of which soft ones stand apart."""
        if layout.words:
            groups = {layout.heading: [item for item in items if item.get("kind") != "soft"]}
            groups[SOFT_SKILLS] = [item for item in items if item.get("kind") == "soft"]
            sections = [_words(self.ours(heading), layout.words, group) for heading, group in groups.items()]
            return [section for section in sections if section.facts or section.words]
        arranged = self.items(layout, items)
        return [SheetSection(self.ours(layout.heading), arranged)] if arranged else []

    def custom(self, heading: str, items: list[Any]) -> SheetSection:
        """A section that the standard doesn't know. What is a name only needs no line of its own."""
        shown = [item for item in items_of(items) if not layouts.is_hidden(item)]
        arranged = [made for item in shown if (made := self.item(*layouts.custom_item(item))) != SheetItem()]
        words = _filled(map(_line, items))
        if all(item == SheetItem(title=item.title) for item in arranged):
            return SheetSection(heading, words=(*words, *(item.title for item in arranged)))
        return SheetSection(heading, tuple(arranged), words=tuple(words))

    def items(self, layout: Layout, items: list[Json]) -> tuple[SheetItem, ...]:
        """The items that say something."""
        return tuple(made for item in items if (made := self.item(layout, item)) != SheetItem())

    def item(self, layout: Layout, item: Json) -> SheetItem:
        groups = [", ".join(_filled(_line(item.get(key)) for key in keys)) for keys in layout.titles]
        title, *others = [*_filled(groups), ""]
        goes_on = title and item.get("isCurrent") is True
        return SheetItem(
            title=title,
            subtitle=SEPARATOR.join(_filled(others)),
            remarks=tuple(_filled(_line(item.get(key)) for key in layout.remarks)),
            dates=self.dates(layout, item) or ((Moment(self.worded(PRESENT)),) if goes_on else ()),
            link=_link(item.get("url")),
            texts=tuple(block for key in layout.texts for block in self.preferred(layout, key, item)),
            points=tuple(
                point for key in layout.points for text in _list(item.get(key)) for point in self.points(text)
            ),
            facts=tuple(
                fact for label, key in layout.facts.items() if (fact := self.fact(layout, label, key, item)).text
            ),
            items=self.items(layouts.POSITIONS, items_of(item.get("positions"))) if layout.key == "work" else (),
        )

    def fact(self, layout: Layout, label: str, key: str, item: Json) -> Fact:
        label = self.ours(label)
        label = label[:1].upper() + label[1:]
        if key in layout.date_facts:
            return Fact(label, self.moment(item.get(key)).text)
        if item.get(key) is True:
            return Fact(label, self.worded(YES))
        return Fact(label, SEPARATOR.join(_filled(map(_said, _list(item.get(key))))))

    def dates(self, layout: Layout, item: Json) -> tuple[Moment, ...]:
        """An item's date, or its range: from start to end, to the present, or open where nobody says if it goes on."""
        moments = [self.moment(item.get(key)) for key in layout.dates]
        filled = tuple(moment for moment in moments if moment.text)
        if len(moments) == 1 or not filled:
            return filled
        start, end = moments
        if start.text and end.text:
            return (start,) if start == end else (start, end)
        if start.text and (item.get("isCurrent", layout.goes_on) is True or item.get("isOngoing") is True):
            return start, Moment(self.worded(PRESENT))
        if start.text and item.get("isCurrent") is False:
            # «from 2012» would say that it goes on.
            return start, UNKNOWN
        sentence, moment = (FROM, start) if start.text else (UNTIL, end)
        return (Moment(self.worded(sentence).format(date=moment.text), moment.iso),)

    def moment(self, value: Any) -> Moment:
        """A partial date as "2021", "Mar 2021" or "15 Mar 2021"; another text as it is."""
        text = _line(value)
        try:
            iso = parse(text)
        except ValueError:
            return Moment(text)
        year, *rest = iso.split("-")
        if not rest:
            return Moment(year, iso)
        month = self.months[int(rest[0]) - 1]
        sentence = self.worded(A_DAY if rest[1:] else A_MONTH)
        return Moment(sentence.format(day=rest[-1].lstrip("0"), month=month, year=year), iso)


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


def _contacts(basics: Json) -> tuple[Link, ...]:
    """How to reach a person, and where else to read of them, each address once."""
    email, phone = _line(basics.get("email")), _line(basics.get("phone"))
    digits = re.sub(r"[^0-9+]", "", phone)
    addresses = (("url", ""), ("linkedin", "LinkedIn"), ("github", "GitHub"))
    links = [
        Link(_place(mapping_of(basics.get("location")))),
        Link(email, rich.followed(f"mailto:{email}")),
        Link(phone, rich.followed(f"tel:{digits}")),
        *(_link(basics.get(key), label) for key, label in addresses),
        *map(_profile, items_of(basics.get("profiles"))),
    ]
    unique: dict[str, Link] = {}
    for link in links:
        if link and link.text:
            unique.setdefault(link.text, link)
    own = dict.fromkeys(map(_own_contact, items_of(basics.get("customFields"))))
    return (*unique.values(), *(link for link in own if link.text and (link.label or link.text not in unique)))


def _place(location: Json) -> str:
    """Where a person lives: the line that they wrote themselves, else one that is made of the parts."""
    keys = ("address", "postalCode", "city", "region", "countryCode")
    address, code, city, region, country = (_line(location.get(key)) for key in keys)
    parts = _filled((region, city, address))
    if parts and all(_EAST_ASIAN.intersection(fonts.scripts_of(part)) for part in parts):
        words = " ".join(_filled((code, _from_the_largest(parts))))
    else:
        words = ", ".join(_filled((address, code, city, region)))
    return _line(location.get("display")) or ", ".join(_filled((words, country)))


_EAST_ASIAN = {"Chinese", "Japanese", "Korean"}


def _from_the_largest(parts: list[str]) -> str:
    """The parts of an address as they are written in East Asia: with blanks in Korean, else with none.

    What the rest begins with isn't said again: some write the whole into the last part.
    """
    between = " " if "Korean" in fonts.scripts_of("".join(parts)) else ""
    *larger, last = parts
    for count in range(len(larger), 0, -1):
        if last.startswith(between.join(larger[-count:])):
            larger = larger[:-count]
            break
    return between.join([*([_from_the_largest(larger)] if larger else []), last])


def _profile(profile: Json) -> Link | None:
    """A profile in a network: its address, with the user's and the network's names where it doesn't say them."""
    user, link = _line(profile.get("username")), _link(profile.get("url"))
    shown = link.text if link else ""
    text = f"{user} ({shown})" if user and shown else user or shown
    if user.casefold() in shown.casefold():
        text = shown
    return _labelled(Link(text, link.address if link else ""), _line(profile.get("network")))


def _own_contact(field: Json) -> Link:
    """A field of Reactive Resume that stands with the addresses: a name and a value, or a text and a link."""
    text, address, name = (_line(field.get(key)) for key in ("text", "link", "name"))
    text = _line(field.get("value")) or text or address
    return Link(text or name, rich.followed(address or text), name if text and name != text else "")


def _link(value: Any, label: str = "") -> Link | None:
    url = _line(value)
    shown = re.sub(r"^https?://", "", url, flags=re.IGNORECASE).removesuffix("/")
    return _labelled(Link(shown, rich.followed(url)), label) if shown else None


def _labelled(link: Link, label: str) -> Link:
    """The link with a label, unless its text says the same, as github.com/ada does of GitHub."""
    said = label.replace(" ", "").casefold() in link.text.casefold()
    return Link(link.text or label, link.address, "" if said or not link.text else label)


def _lines(value: Any) -> Lines:
    """A text's lines, blank ones left out."""
    return tuple(_filled(map(_clean, _text(value).splitlines())))


def _line(value: Any) -> str:
    """A text on one line."""
    return " ".join(_lines(value))


def _said(value: Any) -> str:
    """An entry of a fact on one line; of an object its name. RenderCV marks a person's own name as a whole."""
    line = _line(value.get("name") if isinstance(value, Mapping) else value)
    return _WHOLLY_MARKED.sub(r"\2", line)


_WHOLLY_MARKED = re.compile(r"^(\*{1,3})([^*]+)\1$")


def _text(value: Any) -> str:
    """A text or a number as text; "" for all else, and for what stands in for a text that nobody gave."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return "" if value == NOT_GIVEN else str(value)


def _clean(line: str) -> str:
    return cleaned(line).strip()


def _filled(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]


def _list(value: Any) -> list[Any]:
    """A list as it is; a single value, which some tools write where a list is meant, as a list of one."""
    return value if isinstance(value, list) else [value]
