"""The rows of a file as items, under the keys of its columns; no value of a row is lost."""

import re
import zipfile
from collections.abc import Callable, Sequence
from typing import NamedTuple

from profiles.portability.csv_archives import CsvArchive, Row, UnknownColumns, bare_name, base_name
from profiles.portability.json_resume.shapes import free_key
from profiles.portability.linkedin.files import BASICS, DATES, TAKEN, TAKEN_IN_BASICS, FileForm
from profiles.portability.linkedin.languages import in_another_language, language_of
from profiles.portability.linkedin.notes import Item, Note, Place, of_file
from profiles.portability.linkedin.values import NO_ADDRESS, READ_AS, SHORT_YEAR, read_date, read_url
from profiles_project.texts import shown
from profiles_project.words.sentences import mark, say

_ABOVE = mark("Everything above row {row} was skipped.")
_BEYOND = mark("This row has more cells than there are columns; the others are kept as «{key}».")


class RowReader:
    """Reads files into items, counts rows and takes notes."""

    def __init__(self, archive: CsvArchive, step: Callable[[], None], notes: list[Note]) -> None:
        self.archive = archive
        self.step = step
        self.notes = notes
        self.count = 0

    def items(self, file: zipfile.ZipInfo, form: FileForm) -> list[tuple[Place, Item]]:
        """The rows of a file as items under the keys of its columns, each with its place."""
        name = base_name(file)
        try:
            table = self.archive.table(file, form.keys)
        except UnknownColumns as exc:
            if language := language_of(exc.cells):
                raise in_another_language(name, exc.cells, language) from exc
            raise
        if table is None:
            return []
        if table.above:
            self.notes.append(Note(of_file(name), "refused", say(_ABOVE, row=str(table.header.number))))
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
            item[free_key(item, "beyondColumns")] = beyond
            self.notes.append(Note(place, "kept_aside", say(_BEYOND, key="beyondColumns")))
        return item

    def put(self, item: Item, column: "Column", text: str, place: str) -> None:
        """Adds a column's value under its key; no address goes under the key that the column's name makes.

        A date that LinkedIn doesn't write stays as it came: those who read the document understand or keep it.
        """
        key, value = column.key, text
        if key in DATES:
            value = read_date(text) or text
        elif key == "url":
            value = read_url(text)
        if not value:
            key = free_key(item, column.aside)
            item[key] = text
            detail = say(NO_ADDRESS, column=column.name, text=shown(text), key=key)
            self.notes.append(Note(place, "kept_aside", detail))
            return
        item[free_key(item, key)] = value
        if value != text and (key == "url" or (key in DATES and SHORT_YEAR.fullmatch(text))):
            detail = say(READ_AS, column=column.name, text=shown(text), value=shown(value))
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
