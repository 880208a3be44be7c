"""LinkedIn's data archive («Get a copy of your data») as a JSON Resume 1.0.0 document.

FILES says which file becomes which part of the document, and which column which key. A column that isn't there keeps
its value under a key made of its name; a date or an address that can't be read keeps it in the same way, with a note.
We know of no documentation by LinkedIn: the columns here are those of archives in English of the years 2018 to 2026.
"""

import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, NamedTuple

from profiles import partial_dates
from profiles.portability.csv_archives import CsvArchive, NotAnArchive, Row, bare_name, base_name
from profiles.portability.dates import means_now
from profiles_project.texts import shown
from profiles_project.words.sentences import Sentence, mark, say

__all__ = ["FILES", "Archive", "NotAnArchive", "Note", "read"]

Item = dict[str, Any]


class Place(NamedTuple):
    """A row of a file."""

    file: str
    row: int

    @property
    def said(self) -> Sentence:
        """What a person calls it."""
        return say("{file}, row {row}", file=self.file, row=str(self.row))


class Note(NamedTuple):
    """What of the archive isn't in the document, or is in another form.

    `place` as in `Archive.places`, or a file's name; `outcome` is changed (read, in another form), kept_aside (under a
    key that JSON Resume doesn't know) or refused (not read); `detail` is a sentence.
    """

    place: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class Archive:
    """What an archive says: the document, and by JSON pointer into it the place that each part came from.

    Of `basics` each key has a place, of `basics.profiles` each item, of the other sections each item.
    """

    document: dict[str, Any]
    places: dict[str, str]
    notes: list[Note]
    rows: int


@dataclass(frozen=True)
class FileForm:
    """A file of the archive: the part of the document that it becomes, its columns, and other names that it has had."""

    part: str
    columns: dict[str, str]
    other_names: tuple[str, ...] = ()

    @cached_property
    def keys(self) -> dict[str, str]:
        """The keys by the bare names of their columns."""
        return {bare_name(column): key for column, key in self.columns.items()}


# In the order of the document. A part in BASICS is put together into `basics`, any other is a list of the document.
FILES = {
    "Profile": FileForm(
        "person",
        {
            "First Name": "firstName",
            "Last Name": "lastName",
            "Headline": "label",
            "Summary": "summary",
            "Address": "address",
            "Zip Code": "postalCode",
            "Geo Location": "display",
            "Twitter Handles": "twitterHandles",
            "Websites": "websites",
            # Of no key of JSON Resume: they keep the ones made of their names, and tell Profile.csv from another table.
            "Maiden Name": "maidenName",
            "Birth Date": "birthDate",
            "Industry": "industry",
            "Instant Messengers": "instantMessengers",
        },
    ),
    "Email Addresses": FileForm(
        "email",
        {"Email Address": "email", "Confirmed": "confirmed", "Primary": "primary", "Updated On": "updatedOn"},
    ),
    "Phone Numbers": FileForm("phone", {"Number": "phone", "Extension": "extension", "Type": "type"}),
    "Positions": FileForm(
        "work",
        {
            "Company Name": "name",
            "Title": "position",
            "Location": "location",
            "Started On": "startDate",
            "Finished On": "endDate",
            "Description": "summary",
        },
    ),
    "Volunteering": FileForm(
        "volunteer",
        {
            "Company Name": "organization",
            "Role": "position",
            "Cause": "cause",
            "Started On": "startDate",
            "Finished On": "endDate",
            "Description": "summary",
        },
        other_names=(
            "Volunteer Experience",
            "Volunteer Experiences",
            "Volunteering Experience",
            "Volunteering Experiences",
        ),
    ),
    "Education": FileForm(
        "education",
        {
            "School Name": "institution",
            "Degree Name": "studyType",
            "Field Of Study": "area",
            "Start Date": "startDate",
            "End Date": "endDate",
            "Notes": "description",
            "Activities": "activities",
        },
    ),
    "Honors": FileForm(
        "awards",
        {"Title": "title", "Issued On": "date", "Description": "summary"},
        other_names=("Honors and Awards",),
    ),
    "Certifications": FileForm(
        "certificates",
        {
            "Name": "name",
            "Authority": "issuer",
            "Started On": "date",
            "Finished On": "expiryDate",
            "Url": "url",
            "License Number": "credentialId",
        },
    ),
    "Publications": FileForm(
        "publications",
        {
            "Name": "name",
            "Publisher": "publisher",
            "Published On": "releaseDate",
            "Url": "url",
            "Description": "summary",
        },
    ),
    "Skills": FileForm("skills", {"Name": "name"}),
    "Languages": FileForm("languages", {"Name": "language", "Proficiency": "fluency"}),
    "Projects": FileForm(
        "projects",
        {
            "Title": "name",
            "Description": "description",
            "Url": "url",
            "Started On": "startDate",
            "Finished On": "endDate",
        },
    ),
}
# Files that do tell of a career, and that JSON Resume has nothing for.
NO_PLACE = frozenset(
    bare_name(name)
    for name in (
        "Courses",
        "Organizations",
        "Patents",
        "Profile Summary",
        "Recommendations Given",
        "Recommendations Received",
        "Test Scores",
    )
)
BASICS = ("person", "email", "phone")
DATES = ("startDate", "endDate", "date", "releaseDate", "expiryDate")
# Keys that aren't a plain text in JSON Resume or in ours, or that are put together from elsewhere: an unknown column
# of such a name gets another key.
TAKEN = frozenset(
    ["highlights", "technologies", "courses", "honors", "keywords", "roles", "isVisible", "isCurrent", "gpa", "kind"]
)
TAKEN_IN_BASICS = frozenset(
    [
        "name",
        "email",
        "phone",
        "url",
        "location",
        "profiles",
        "github",
        "linkedin",
        "otherEmails",
        "otherPhones",
        "otherWebsites",
    ]
)


def _nothing() -> None:
    pass


def read(file: IO[bytes], step: Callable[[], None] = _nothing) -> Archive:
    """The archive in a file that is open for reading and seekable; `step` is called once a row.

    Raises NotAnArchive for whatever can't be read as a whole. What `step` raises is passed on.
    """
    archive = CsvArchive(file)
    notes: list[Note] = []
    chosen = _chosen(archive, notes)
    if not chosen:
        names = ", ".join(f"{name}.csv" for name in ("Profile", "Positions", "Education"))
        sentence = say("The ZIP holds none of LinkedIn's files of a career, such as {names}.", names=names)
        raise NotAnArchive("no_career", sentence)
    archive.admit(list(chosen.values()))
    reading = _Reading(archive, step, notes)
    parts = {form.part: reading.items(chosen[name], form) for name, form in FILES.items() if name in chosen}
    document, places = _document(parts, notes)
    return Archive(document, places, notes, reading.count)


_HAS_NO_PLACE = mark("A profile has no place for this file; it was not read.")
_IS_NO_CAREER = mark("This file is not part of a career; it was not read.")
_ABOVE = mark("Everything above row {row} was skipped.")
_NO_DATE = mark("{column}: «{text}» is not a readable date, such as Mar 2021; it is kept as «{key}».")
_NO_ADDRESS = mark("{column}: «{text}» is not a web address; it is kept as «{key}».")
_READ_AS = mark("{column}: «{text}» was read as {value}.")
_BEYOND = mark("This row has more cells than there are columns; the others are kept as «{key}».")
_KEPT = {"email": mark("e-mail address"), "phone": mark("phone number")}
_REST = mark("Only this is kept of each row: {kept}. Not read: {names}.")


def _of_file(name: str) -> Sentence:
    """A file as a place. What it is called may be anything, and is said as it is."""
    return say("{file}", file=name)


def _chosen(archive: CsvArchive, notes: list[Note]) -> dict[str, zipfile.ZipInfo]:
    """The files to read by their names in FILES; each of the others gets a note."""
    names = {bare_name(each): name for name, form in FILES.items() for each in (name, *form.other_names)}
    chosen: dict[str, zipfile.ZipInfo] = {}
    # Of two of a kind the one in fewer folders; a ZIP of two archives would tell everything twice.
    for file in sorted(archive.files, key=lambda each: each.orig_filename.count("/")):
        stem, dot, ending = file.orig_filename.rpartition("/")[2].rpartition(".")
        name = names.get(bare_name(stem)) if dot and ending.casefold() == "csv" else None
        if name is None or stem.startswith("."):
            detail = _HAS_NO_PLACE if bare_name(stem) in NO_PLACE else _IS_NO_CAREER
            notes.append(Note(_of_file(shown(file.orig_filename)), "refused", detail))
        elif name in chosen:
            detail = say("This was not read, since {file} is of the same kind.", file=shown(chosen[name].orig_filename))
            notes.append(Note(_of_file(shown(file.orig_filename)), "refused", detail))
        else:
            chosen[name] = file
    return chosen


class _Reading:
    """Reads files into items, counts rows and takes notes."""

    def __init__(self, archive: CsvArchive, step: Callable[[], None], notes: list[Note]) -> None:
        self.archive = archive
        self.step = step
        self.notes = notes
        self.count = 0

    def items(self, file: zipfile.ZipInfo, form: FileForm) -> list[tuple[Place, Item]]:
        """The rows of a file as items under the keys of its columns, each with its place."""
        table = self.archive.table(file, form.keys)
        if table is None:
            return []
        name = base_name(file)
        if table.above:
            self.notes.append(Note(_of_file(name), "refused", say(_ABOVE, row=str(table.header.number))))
        columns = _columns(table.header, form)
        found = []
        for row in table.rows:
            self.step()
            self.count += 1
            place = Place(name, row.number)
            found.append((place, self.item(row, columns, place.said)))
        return found

    def item(self, row: Row, columns: Sequence["Column"], place: str) -> Item:
        """One row; no value of it is lost, whatever the number of its cells."""
        item: Item = {}
        for column in columns:
            if column.position < len(row.cells) and (text := row.cells[column.position]):
                self.put(item, column, text, place)
        if beyond := [cell for cell in row.cells[len(columns) :] if cell]:
            item[_free(item, "beyondColumns")] = beyond
            self.notes.append(Note(place, "kept_aside", say(_BEYOND, key="beyondColumns")))
        return item

    def put(self, item: Item, column: "Column", text: str, place: str) -> None:
        """Adds a column's value under its key, or what can't be read under the key that its name makes."""
        key, value = column.key, text
        if key in DATES:
            value = _date(text)
        elif key == "url":
            value = _url(text)
        if not value:
            key = _free(item, column.aside)
            item[key] = text
            sentence = _NO_DATE if column.key in DATES else _NO_ADDRESS
            self.notes.append(Note(place, "kept_aside", say(sentence, column=column.name, text=shown(text), key=key)))
            return
        item[_free(item, key)] = value
        if (key in DATES and TWO_DIGIT_YEAR.search(text)) or (key == "url" and value != text):
            detail = say(_READ_AS, column=column.name, text=shown(text), value=shown(value))
            self.notes.append(Note(place, "changed", detail))


class Column(NamedTuple):
    """A column of a file: where its cells stand, its key, its name, and the key for what can't be read."""

    position: int
    key: str
    name: str
    aside: str


def _columns(header: Row, form: FileForm) -> list[Column]:
    """The columns of a file, those in FILES first, so that no other one takes their keys."""
    columns = [_column(position, name, form) for position, name in enumerate(header.cells)]
    return sorted(columns, key=lambda column: bare_name(header.cells[column.position]) not in form.keys)


def _column(position: int, name: str, form: FileForm) -> Column:
    """A column; its key is that of FILES, or is made of its name."""
    official = {bare_name(each): each for each in form.columns}
    made = _camel_case(official.get(bare_name(name), name)) or f"column{position + 1}"
    other = f"linkedin{made[0].upper()}{made[1:]}"
    key = form.keys.get(bare_name(name))
    if made in TAKEN or (form.part in BASICS and made in TAKEN_IN_BASICS):
        return Column(position, key or other, shown(name), other)
    if key is None or key == made:
        return Column(position, made, shown(name), other)
    return Column(position, key, shown(name), made)


def _camel_case(name: str) -> str:
    """A column's name as a key: «License Number» is licenseNumber."""
    words = [word.lower() if word.isupper() else word for word in re.findall(r"[^\W_]+", name[:60])]
    capitalised = "".join(word[0].upper() + word[1:] for word in words)
    return capitalised[:1].lower() + capitalised[1:]


def _free(item: Item, key: str) -> str:
    """The key, or where two columns of the same name have a value each, one like it."""
    while key in item:
        key += "_"
    return key


MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
DATE_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<name>[a-z]{3,})\.?,? (?P<year>[0-9]{4})",
        r"(?P<day>[0-9]{1,2})\.? (?P<name>[a-z]{3,})\.?,? (?P<year>[0-9]{4})",
        r"(?P<name>[a-z]{3,})\.? (?P<day>[0-9]{1,2}),? (?P<year>[0-9]{4})",
        r"(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})",
        r"(?P<first>[0-9]{1,2})/(?P<second>[0-9]{1,2})/(?P<year>[0-9]{4}|[0-9]{2})",
    )
)
TWO_DIGIT_YEAR = re.compile(r"/[0-9]{2}$")
LAST_YEAR_OF_2000S = 49


def _date(text: str) -> str:
    """The partial date in a text of one of LinkedIn's forms, or "" where there is none or more than one."""
    text = " ".join(text.split()).lower()
    matches = (form.fullmatch(text) for form in DATE_FORMS)
    match = next((match for match in matches if match), None)
    try:
        return partial_dates.parse(_iso(match.groupdict()) if match else text)
    except ValueError:
        return ""


def _iso(parts: dict[str, str]) -> str:
    """The text of a partial date; a month or a day that there isn't makes one that `partial_dates` refuses."""
    year, day = parts["year"], parts.get("day")
    month = int(parts.get("month") or _month(parts.get("name", "")))
    if "first" in parts:
        month, day = _month_and_day(int(parts["first"]), int(parts["second"]))
    if len(year) == len("20"):
        year = f"{20 if int(year) <= LAST_YEAR_OF_2000S else 19}{year}"
    return f"{year}-{month:02}" + (f"-{int(day):02}" if day is not None else "")


def _month(name: str) -> int:
    """The number of a month by its name or by the beginning of it, such as mar and sept; 0 where there is none."""
    return next((number for number, month in enumerate(MONTHS, start=1) if name and month.startswith(name)), 0)


def _month_and_day(first: int, second: int) -> tuple[int, str]:
    """Which is which of 12/31 and 31/12; 0 for the month of 3/4, which nobody can tell."""
    month, day = (second, first) if first > len(MONTHS) else (first, second)
    ambiguous = first != second and day <= len(MONTHS)
    return 0 if ambiguous else month, str(day)


HTTP = re.compile(r"https?://\S+", re.IGNORECASE)
WITHOUT_SCHEME = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?:[:/?#]\S*)?")
# \A keeps the search of a long cell from starting again at each letter.
LABEL = re.compile(r"\A(?!HTTPS?:)[A-Z][A-Z_]*:")
NETWORKS = {
    "GitHub": re.compile(r"https?://(?:www\.)?github\.com/(?P<username>[\w-]+)/?", re.IGNORECASE),
    "LinkedIn": re.compile(r"https?://(?:\w+\.)?linkedin\.com/in/(?P<username>[^/?#\s]+)/?", re.IGNORECASE),
}


def _url(text: str) -> str:
    """An address on the web, with https where its scheme is left out, or "" where it is none."""
    if HTTP.fullmatch(text):
        return text
    return f"https://{text}" if WITHOUT_SCHEME.fullmatch(text) else ""


def _websites(cell: str) -> list[str]:
    """The addresses in a cell such as [PORTFOLIO:https://ada.example,BLOG:https://blog.example], as they are there."""
    found: list[list[str]] = []
    for part in (part.strip(" \n\t[]") for part in cell.split(",")):
        if LABEL.match(part) or _url(part) or not found:
            found.append([LABEL.sub("", part, count=1).strip()])
        elif part:
            # An address may have a comma in it.
            found[-1].append(part)
    return [site for parts in found if (site := ",".join(parts))]


def _handles(cell: str) -> list[str]:
    """The names in a cell such as [ada,countess]."""
    return [name for part in cell.split(",") if (name := part.strip(" \n\t[]@"))]


def _network_profile(address: str) -> dict[str, str] | None:
    """The item of `basics.profiles` for an address that is a person's page in a network, else None."""
    for network, form in NETWORKS.items():
        if match := form.fullmatch(address):
            return {"network": network, "username": match["username"], "url": address}
    return None


def _document(parts: dict[str, list[tuple[Place, Item]]], notes: list[Note]) -> tuple[dict[str, Any], dict[str, str]]:
    """The document put together, and its places."""
    basics = _Basics(notes)
    basics.add_person(parts.pop("person", []))
    basics.add_contacts("email", parts.pop("email", []), first=("primary", ("yes", "true")))
    basics.add_contacts("phone", parts.pop("phone", []), first=("type", ("mobile", "cell", "cellular")))
    document: dict[str, Any] = {"basics": basics.found} if basics.found else {}
    places = basics.places
    for part, items in parts.items():
        if items:
            refined = REFINED.get(part, dict)
            document[part] = [refined(item) for _, item in items]
            places |= {f"/{part}/{number}": place.said for number, (place, _) in enumerate(items)}
    return document, places


def _split_degree(item: Item) -> Item:
    """An education whose «BSc, Mathematics» is told apart; where a column tells the area, the degree is whole."""
    degree, comma, area = item.get("studyType", "").rpartition(",")
    told = {"studyType": degree.strip(), "area": area.strip()}
    if not comma or "area" in item or not any(told.values()):
        return item
    return {key: value for key, value in (item | told).items() if value}


def _with_open_end(item: Item) -> Item:
    """A position whose dates can't be read, with what they say of whether it goes on."""
    if "endDate" in item or not ("startedOn" in item or "finishedOn" in item):
        return item
    return {**item, "isCurrent": means_now(item.get("finishedOn", "now"))}


# What else is read from the rows of a part.
REFINED: dict[str, Callable[[Item], Item]] = {"education": _split_degree, "work": _with_open_end}


class _Basics:
    """`basics`, put together from the rows of three files."""

    def __init__(self, notes: list[Note]) -> None:
        self.found: Item = {}
        self.places: dict[str, str] = {}
        self.notes = notes

    def put(self, key: str, value: Any, place: str) -> None:
        """Sets a key, unless there is no value."""
        if value:
            self.found[key] = value
            self.places[f"/basics/{key}"] = place

    def add_person(self, rows: list[tuple[Place, Item]]) -> None:
        """Profile.csv, which has one row."""
        for below, _ in rows[1:]:
            detail = mark("Only the first row is the profile; this one was not read.")
            self.notes.append(Note(below.said, "refused", detail))
        for row, item in rows[:1]:
            place = row.said
            self.put("name", " ".join(item.pop(key) for key in ("firstName", "lastName") if key in item), place)
            location = {key: item.pop(key) for key in ("address", "postalCode", "display") if key in item}
            handles, websites = (item.pop(key, "") for key in ("twitterHandles", "websites"))
            for key, value in item.items():
                self.put(key, value, place)
            self.put("location", location, place)
            self.add_profiles([{"network": "Twitter", "username": name} for name in _handles(handles)], place)
            self.add_websites(_websites(websites), place)

    def add_profiles(self, profiles: list[dict[str, str]], place: str) -> None:
        """Adds items to `profiles`."""
        for profile in profiles:
            known = self.found.setdefault("profiles", [])
            self.places[f"/basics/profiles/{len(known)}"] = place
            known.append(profile)

    def add_websites(self, websites: list[str], place: str) -> None:
        """The first website is the person's address on the web; a page in a network is a profile there."""
        others = []
        for text in websites:
            address = _url(text)
            if profile := _network_profile(address):
                self.add_profiles([profile], place)
            elif address and "url" not in self.found:
                self.put("url", address, place)
            else:
                others.append(address or text)
            if not address:
                detail = say(_NO_ADDRESS, column="Websites", text=shown(text), key="otherWebsites")
                self.notes.append(Note(place, "kept_aside", detail))
            elif address != text:
                detail = say(_READ_AS, column="Websites", text=shown(text), value=shown(address))
                self.notes.append(Note(place, "changed", detail))
        self.put("otherWebsites", others, place)

    def add_contacts(self, key: str, rows: list[tuple[Place, Item]], first: tuple[str, tuple[str, ...]]) -> None:
        """E-mail addresses or phone numbers: the one of which the column `first` says so, then the others in order."""
        column, words = first
        rows = sorted(rows, key=lambda row: str(row[1].get(column, "")).casefold() not in words)
        contacts = [(_contact(item, key), place.said) for place, item in rows if key in item]
        if contacts:
            self.put(key, *contacts[0])
        if others := contacts[1:]:
            self.put(f"other{key.capitalize()}s", [text for text, _ in others], others[0][1])
        if unread := {name: None for _, item in rows for name in item if name not in (key, "extension")}:
            columns = {
                made: column for form in FILES.values() for column, made in form.columns.items() if form.part == key
            }
            names = ", ".join(columns.get(name, name) for name in list(unread)[:10])
            self.notes.append(Note(_of_file(rows[0][0].file), "refused", say(_REST, kept=_KEPT[key], names=names)))


def _contact(item: Item, key: str) -> str:
    """An address or a number, with its extension where it has one."""
    return f"{item[key]} ext. {item['extension']}" if "extension" in item else str(item[key])
