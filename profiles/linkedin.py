"""LinkedIn's data archive, the ZIP of CSV files of «Get a copy of your data», read as a JSON Resume document. Pure.

Whatever the bytes are, the only error is NotAnArchive. Rows are read one after the other; what is unpacked is counted.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any, NamedTuple

from profiles.json_resume.values import Unreadable, date

MIB = 2**20
MAX_FILES = 200
MAX_UNPACKED_BYTES = 50 * MIB
MAX_ROWS = 1_000
# A header stands among the first rows, after notes at times.
HEADER_ROWS = 20
# A row with so many names of columns that we know is one.
KNOWN_COLUMNS = 2
_ENCRYPTED = 0x1
_SYMLINK = 0o120000
_NOT_READ = "This is not part of a career and was not read."


class NotAnArchive(ValueError):
    """Nothing can be read: `code` is stable, the text is one sentence for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Note(NamedTuple):
    """Something of the archive that is not in the document, or in another form."""

    place: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class Archive:
    """A JSON Resume document; where each of its parts stood (by JSON pointer); what is not in it; how many rows."""

    document: dict[str, Any]
    places: dict[str, str]
    notes: list[Note]
    rows: int


class Sheet(NamedTuple):
    """A file that becomes a list: which of its columns are which keys of an item; dates are read as such."""

    section: str
    columns: Mapping[str, str]
    dates: Sequence[str] = ()


# By the file's name in small letters without spaces; the columns likewise.
SHEETS: Mapping[str, Sheet] = {
    "positions": Sheet(
        "work",
        {
            "companyname": "name",
            "title": "position",
            "description": "summary",
            "location": "location",
            "startedon": "startDate",
            "finishedon": "endDate",
        },
        ("startDate", "endDate"),
    ),
    "education": Sheet(
        "education",
        {
            "schoolname": "institution",
            "startdate": "startDate",
            "enddate": "endDate",
            "notes": "description",
            "degreename": "studyType",
            "activities": "activities",
        },
        ("startDate", "endDate"),
    ),
    "skills": Sheet("skills", {"name": "name"}),
    "projects": Sheet(
        "projects",
        {
            "title": "name",
            "description": "description",
            "url": "url",
            "startedon": "startDate",
            "finishedon": "endDate",
        },
        ("startDate", "endDate"),
    ),
    "certifications": Sheet(
        "certificates",
        {
            "name": "name",
            "url": "url",
            "authority": "issuer",
            "startedon": "date",
            "finishedon": "expiryDate",
            "licensenumber": "credentialId",
        },
        ("date", "expiryDate"),
    ),
    "languages": Sheet("languages", {"name": "language", "proficiency": "fluency"}),
    "honors": Sheet("awards", {"title": "title", "description": "summary", "issuedon": "date"}, ("date",)),
    "publications": Sheet(
        "publications",
        {
            "name": "name",
            "publishedon": "releaseDate",
            "description": "summary",
            "publisher": "publisher",
            "url": "url",
        },
        ("releaseDate",),
    ),
    "volunteering": Sheet(
        "volunteer",
        {
            "companyname": "organization",
            "role": "position",
            "cause": "cause",
            "startedon": "startDate",
            "finishedon": "endDate",
            "description": "summary",
        },
        ("startDate", "endDate"),
    ),
}
_ALSO_CALLED = {"honorsandawards": "honors", "volunteerexperiences": "volunteering", "volunteer": "volunteering"}
PROFILE, EMAILS, PHONES = "profile", "emailaddresses", "phonenumbers"
# Of the files that describe the person: the columns by which they are known.
PERSONAL: Mapping[str, tuple[str, ...]] = {
    PROFILE: ("firstname", "lastname", "headline", "summary"),
    EMAILS: ("emailaddress",),
    PHONES: ("number",),
}
# Of Profile.csv to `basics`; all its other columns are kept there under names of their own.
PROFILE_COLUMNS = {"headline": "label", "summary": "summary"}
PLACE_COLUMNS = {"address": "address", "zipcode": "postalCode", "geolocation": "display"}
_NETWORK_HOSTS = {"linkedin.com": "LinkedIn", "github.com": "GitHub", "twitter.com": "Twitter", "x.com": "X"}


def read(file: IO[bytes], step: Callable[[], None] = lambda: None) -> Archive:
    """The archive's content; `step` is called once a row. Raises NotAnArchive."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _Reader(archive, step).result()
    except NotAnArchive:
        raise
    except zipfile.BadZipFile as error:
        code = "broken" if _looks_like_zip(file) else "not_a_zip"
        sentence = {
            "broken": "This ZIP is damaged or incomplete; download the archive again and send it as it is.",
            "not_a_zip": "This is not a ZIP; send the archive as LinkedIn gives it.",
        }[code]
        raise NotAnArchive(code, sentence) from error
    except (zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, csv.Error) as error:
        sentence = "This ZIP is damaged, or packed in a way that can't be read; send the archive as LinkedIn gives it."
        raise NotAnArchive("broken", sentence) from error


def _looks_like_zip(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(4) == b"PK\x03\x04"


class _Counted(io.RawIOBase):
    """A member of the archive whose bytes are counted as they are unpacked, whatever its header says."""

    def __init__(self, member: IO[bytes], spend: Callable[[int], None]) -> None:
        self.member = member
        self.spend = spend

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.member.read(len(buffer))
        self.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


@dataclass
class _Reader:
    archive: zipfile.ZipFile
    step: Callable[[], None]
    document: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    rows: int = 0
    unpacked: int = 0

    def result(self) -> Archive:
        files = [info for info in _checked(self.archive.infolist()) if not info.is_dir()]
        known = {name: info for info in files if (name := _file_name(info)) in {*SHEETS, *PERSONAL}}
        if not known:
            names = ", ".join(sorted(PurePosixPath(info.filename).name[:40] for info in files)[:3]) or "nothing"
            sentence = f"This archive has no file of a career, such as Profile.csv or Positions.csv; it has {names}."
            raise NotAnArchive("no_career", sentence)
        for info in files:
            if info not in known.values():
                self.notes.append(Note(_shown(info), "refused", _NOT_READ))
        for name in PERSONAL:
            if name in known:
                self._read_personal(name, known[name])
        for name, sheet in SHEETS.items():
            if name in known:
                self._read_sheet(sheet, known[name])
        return Archive(self.document, self.places, self.notes, self.rows)

    def _spend(self, count: int) -> None:
        self.unpacked += count
        if self.unpacked > MAX_UNPACKED_BYTES:
            raise _too_large()

    # Files ------------------------------------------------------------------------------------------------------

    def _table(
        self, info: zipfile.ZipInfo, wanted: Iterable[str]
    ) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
        """Place, values by known column, and values by other columns (as they are called) of each row of a file."""
        wanted = set(wanted)
        with self.archive.open(info) as member:
            raw = io.BufferedReader(_Counted(member, self._spend))
            with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
                rows = enumerate(_csv_rows(text, info), start=1)
                header = _header(rows, wanted, info)
                for number, row in rows:
                    cells = {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}
                    if cells:
                        self.rows += 1
                        self.step()
                        known = {_plain(name): cell for name, cell in cells.items() if _plain(name) in wanted}
                        others = {name: cell for name, cell in cells.items() if _plain(name) not in wanted}
                        yield f"{_shown(info)}, row {number}", known, others

    def _read_sheet(self, sheet: Sheet, info: zipfile.ZipInfo) -> None:
        items = self.document.setdefault(sheet.section, [])
        for place, cells, others in self._table(info, sheet.columns):
            if len(items) >= MAX_ROWS:
                sentence = f"{_shown(info)} has more than {MAX_ROWS} rows; {MAX_ROWS} are the most."
                raise NotAnArchive("too_many_rows", sentence)
            item: dict[str, Any] = {_camel(name): cell for name, cell in others.items()}
            item |= {sheet.columns[name]: cell for name, cell in cells.items()}
            for key in sheet.dates:
                self._read_date(item, key, place)
            if sheet.section == "education":
                _split_degree(item)
            self.places[f"/{sheet.section}/{len(items)}"] = place
            items.append(item)

    def _read_date(self, item: dict[str, Any], key: str, place: str) -> None:
        if key not in item:
            return
        try:
            value, _ = date(item[key])
        except Unreadable:
            item[f"{key}Text"] = item.pop(key)
            detail = f"{key}: this can't be read as a date; it is kept aside as {key}Text."
            self.notes.append(Note(place, "kept_aside", detail))
            return
        if value is None:
            del item[key]
        else:
            item[key] = value

    # The person -------------------------------------------------------------------------------------------------

    def _read_personal(self, name: str, info: zipfile.ZipInfo) -> None:
        columns = {
            PROFILE: (*PERSONAL[PROFILE], *PLACE_COLUMNS, "websites", "twitterhandles"),
            EMAILS: ("emailaddress", "primary"),
            PHONES: ("number", "type", "extension"),
        }[name]
        rows = list(self._table(info, columns))
        basics = self.document.setdefault("basics", {})
        self.places.setdefault("/basics", _shown(info))
        if not rows:
            return
        if name == PROFILE:
            self._read_profile(basics, *rows[0])
        elif name == EMAILS:
            found = sorted(
                (c for _, c, _ in rows if "emailaddress" in c), key=lambda c: c.get("primary", "").lower() != "yes"
            )
            self._first_of(basics, "email", "otherEmails", [c["emailaddress"] for c in found], _shown(info))
        else:
            found = sorted(
                (c for _, c, _ in rows if "number" in c), key=lambda c: c.get("type", "").lower() != "mobile"
            )
            self._first_of(basics, "phone", "otherPhones", [c["number"] for c in found], _shown(info))

    def _first_of(self, basics: dict[str, Any], key: str, others: str, found: Sequence[str], place: str) -> None:
        if found:
            basics[key] = found[0]
            self.places[f"/basics/{key}"] = place
        if found[1:]:
            basics[others] = list(found[1:])
            self.places[f"/basics/{others}"] = place

    def _read_profile(self, basics: dict[str, Any], place: str, cells: dict[str, str], others: dict[str, str]) -> None:
        self.places["/basics"] = place
        if name := " ".join(cells[part] for part in ("firstname", "lastname") if part in cells):
            basics["name"] = name
        basics |= {key: cells[column] for column, key in PROFILE_COLUMNS.items() if column in cells}
        if where := {key: cells[column] for column, key in PLACE_COLUMNS.items() if column in cells}:
            basics["location"] = where
        websites = [each.partition(":") for each in _bracketed(cells.get("websites", ""))]
        links = [
            {"network": kind.title(), "url": address} for kind, _, address in websites if address.startswith("http")
        ]
        for link in links:
            host = re.sub(r"^https?://(www\.)?", "", link["url"]).partition("/")[0].lower()
            link["network"] = _NETWORK_HOSTS.get(host, link["network"])
        if links:
            basics["url"] = links[0]["url"]
        links += [
            {"network": "Twitter", "username": handle, "url": f"https://twitter.com/{handle}"}
            for handle in _bracketed(cells.get("twitterhandles", ""))
        ]
        if links:
            basics["profiles"] = links
        basics |= {_camel(column): cell for column, cell in others.items()}


def _too_large() -> NotAnArchive:
    sentence = f"This archive unpacks to more than {MAX_UNPACKED_BYTES // MIB} MB, which is the most."
    return NotAnArchive("too_large", sentence)


def _checked(infos: Sequence[zipfile.ZipInfo]) -> Sequence[zipfile.ZipInfo]:
    """The members, none of which is a trap by its name, size or kind. Raises NotAnArchive."""
    if len(infos) > MAX_FILES:
        raise NotAnArchive("too_many_files", f"This archive has {len(infos)} files; {MAX_FILES} are the most.")
    for info in infos:
        path = PurePosixPath(info.orig_filename)
        is_elsewhere = path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", info.orig_filename)
        if is_elsewhere or "\\" in info.orig_filename or "\0" in info.orig_filename:
            raise NotAnArchive(
                "path_escape", "This archive has a file whose name leads out of it; it is not LinkedIn's."
            )
        if info.external_attr >> 16 & 0o170000 == _SYMLINK:
            raise NotAnArchive("path_escape", "This archive has a link in place of a file; it is not LinkedIn's.")
        if info.flag_bits & _ENCRYPTED:
            raise NotAnArchive("encrypted", "This archive is locked with a password; send it without one.")
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise _too_large()
    return infos


def _file_name(info: zipfile.ZipInfo) -> str:
    path = PurePosixPath(info.filename)
    name = _plain(path.stem)
    return _ALSO_CALLED.get(name, name) if path.suffix.lower() == ".csv" else ""


def _shown(info: zipfile.ZipInfo) -> str:
    """A file's name, fit for a sentence."""
    return "".join(letter for letter in PurePosixPath(info.filename).name[:80] if letter.isprintable())


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _camel(name: str) -> str:
    """A column's name as a key: «Birth Date» is `birthDate`."""
    words: list[str] = re.findall(r"\w+", name) or ["column"]
    return words[0].lower() + "".join(word.title() for word in words[1:])


def _bracketed(text: str) -> list[str]:
    """The members of `[a,b]` or `[KIND:a,KIND:b]`, as Profile.csv writes lists; an address may have commas in it."""
    members = re.split(r",(?=[A-Z_]+:)|,(?!.*:)", text.strip().removeprefix("[").removesuffix("]"))
    return [each.strip() for each in members if each.strip()]


def _csv_rows(text: Iterable[str], info: zipfile.ZipInfo) -> Iterator[list[str]]:
    try:
        for row in csv.reader(text):
            # What no text can hold, and no person has typed.
            yield [cell.replace("\0", "") for cell in row]
    except (csv.Error, UnicodeDecodeError) as error:
        sentence = f"{_shown(info)} can't be read as CSV in UTF-8; send the archive as LinkedIn gives it."
        raise NotAnArchive("broken", sentence) from error


def _header(rows: Iterator[tuple[int, list[str]]], wanted: set[str], info: zipfile.ZipInfo) -> list[str]:
    """The row that names the columns; before it there may be notes. Raises NotAnArchive where there is none."""
    first: list[str] = []
    for number, row in rows:
        names = [name.strip() for name in row]
        if sum(_plain(name) in wanted for name in names) >= min(KNOWN_COLUMNS, len(wanted)):
            return names
        first = first or [name for name in names if name]
        if number >= HEADER_ROWS:
            break
    if not first:
        return []
    shown = ", ".join(name[:30] for name in first[:3])
    sentence = (
        f"{_shown(info)} has columns that we don't know ({shown}); ask LinkedIn for the archive in English"
        " and send it as it is."
    )
    raise NotAnArchive("unknown_columns", sentence)


def _split_degree(item: dict[str, Any]) -> None:
    """«BSc, Mathematics» is a degree and its field."""
    degree, comma, area = item.get("studyType", "").rpartition(",")
    if comma and degree.strip() and area.strip():
        item |= {"studyType": degree.strip(), "area": area.strip()}
