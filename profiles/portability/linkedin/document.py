"""LinkedIn's data archive («Get a copy of your data») as a JSON Resume 1.0.0 document.

`files` says which file becomes which part of the document, and which column which key. A column that isn't there keeps
its value under a key made of its name, and so does what is no address, with a note. Dates in other forms than
LinkedIn's stay as they came, since `json_resume` understands them or keeps them aside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from profiles.portability.csv_archives import CsvArchive
from profiles.portability.json_resume.shapes import free_key
from profiles.portability.linkedin.basics import Basics
from profiles.portability.linkedin.choosing import chosen
from profiles.portability.linkedin.courses import among_education
from profiles.portability.linkedin.files import FILES, WITHOUT_FIELDS
from profiles.portability.linkedin.notes import Item, Note, Place, of_file
from profiles.portability.linkedin.rows import RowReader
from profiles.portability.persons import full_name

# The items of each part, each with its place.
Parts = dict[str, list[tuple[Place, Item]]]


@dataclass(frozen=True)
class Archive:
    """What an archive says: the document, and by JSON pointer into it the place that each part came from.

    Of `basics` each key has a place, of `basics.profiles` each item, of the other sections each item. `names` are what
    the person is or was called, the name in the document first.
    """

    document: dict[str, Any]
    places: dict[str, str]
    notes: list[Note]
    rows: int
    names: Sequence[str] = ()


def _nothing() -> None:
    pass


def read(file: IO[bytes], step: Callable[[], None] = _nothing) -> Archive:
    """The archive in a file that is open for reading and seekable; `step` is called once a row.

    Raises NotAnArchive for whatever can't be read as a whole. What `step` raises is passed on.
    """
    archive = CsvArchive(file)
    notes: list[Note] = []
    files = chosen(archive, notes)
    archive.admit(list(files.values()))
    reader = RowReader(archive, step, notes)
    parts: Parts = {}
    for name, form in FILES.items():
        if name in files:
            parts.setdefault(form.part, []).extend(reader.items(files[name], form))
    basics = Basics(notes)
    basics.add_person(parts.pop("person", []))
    basics.add_contacts("email", parts.pop("email", []), first=("primary", ("yes", "true")))
    basics.add_contacts("phone", parts.pop("phone", []), first=("type", ("mobile", "cell", "cellular")))
    document, places = _lists(parts, notes)
    if basics.found:
        document = {"basics": basics.found, **document}
    return Archive(document, {**basics.places, **places}, notes, reader.count, basics.names)


def _lists(parts: Parts, notes: list[Note]) -> tuple[dict[str, Any], dict[str, str]]:
    """The lists of the document, and their places."""
    for part, refine in REFINED.items():
        parts[part] = [(place, refine(item)) for place, item in parts.get(part, [])]
    parts["courses"] = among_education(parts.get("courses", []), parts.get("education", []), notes)
    document: dict[str, Any] = {part: [item for _, item in items] for part, items in parts.items() if items}
    places: dict[str, str] = {
        f"/{part}/{n}": place.said for part, items in parts.items() for n, (place, _) in enumerate(items)
    }
    for part in WITHOUT_FIELDS & document.keys():
        places[f"/{part}"] = of_file(parts[part][0][0].file)
    return document, places


def _split_degree(item: Item) -> Item:
    """An education whose «BSc, Mathematics» is told apart; where a column tells the area, the degree is whole."""
    degree, comma, area = item.get("studyType", "").rpartition(",")
    told = {"studyType": degree.strip(), "area": area.strip()}
    if not comma or "area" in item or not any(told.values()):
        return item
    return {key: value for key, value in (item | told).items() if value}


def _by_name(item: Item) -> Item:
    """A recommendation under the name of who wrote it; one that the person does not show is hidden."""
    name = full_name(item.get("firstName", ""), item.get("lastName", ""))
    is_hidden = item.get("status", "").casefold() in {"hidden", "pending"}
    made: Item = {**({"name": name} if name else {}), **({"isVisible": False} if is_hidden else {})}
    for key, value in item.items():
        if key not in {"firstName", "lastName"}:
            # A column of the archive may be called «Name», too.
            made[free_key(made, key)] = value
    return made


# What else is read from the rows of a part.
REFINED: Mapping[str, Callable[[Item], Item]] = {"education": _split_degree, "references": _by_name}
