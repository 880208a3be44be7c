"""Which files of an archive are read, and why an archive without any is refused."""

import zipfile
from collections.abc import Sequence
from itertools import chain

from profiles.portability.csv_archives import CsvArchive, NotAnArchive, bare_name, base_name
from profiles.portability.linkedin.files import FILES, NO_PLACE
from profiles.portability.linkedin.languages import in_another_language, language_of
from profiles.portability.linkedin.notes import Note, of_file
from profiles_project.texts import shown
from profiles_project.words.sentences import mark, say

_HAS_NO_PLACE = mark("A profile has no place for this file; it was not read.")
_IS_NO_CAREER = mark("This file is not part of a career; it was not read.")
_SAME_KIND = mark("This was not read, since {file} is of the same kind.")
_BY_COLUMNS = mark("Its columns are those of {file}, and it was read as that.")
# Its one column is no sign of its own: beside files that have names of another language it is one.
UNMISTAKABLE_BESIDE_OTHERS = "Skills"

Chosen = dict[str, zipfile.ZipInfo]


def chosen(archive: CsvArchive, notes: list[Note]) -> Chosen:
    """The files to read by their names in FILES; each of the others gets a note. Raises NotAnArchive without any."""
    found: Chosen = {}
    unknown: list[zipfile.ZipInfo] = []
    names = {bare_name(each): name for name, form in FILES.items() for each in (name, *form.other_names)}
    # Of two of a kind the one in fewer folders; a ZIP of two archives would tell everything twice.
    for file in sorted(archive.files, key=lambda each: each.orig_filename.count("/")):
        stem = _stem(file)
        if stem is None or bare_name(stem) in NO_PLACE:
            notes.append(_unread(file, _IS_NO_CAREER if stem is None else _HAS_NO_PLACE))
        elif (name := names.get(bare_name(stem))) is None:
            unknown.append(file)
        elif name in found:
            notes.append(_unread(file, say(_SAME_KIND, file=shown(found[name].orig_filename))))
        else:
            found[name] = file
    _add_by_columns(archive, unknown, found, notes)
    if not found:
        raise _no_career(archive, unknown)
    return found


def _stem(file: zipfile.ZipInfo) -> str | None:
    """The name of a CSV file without its ending, None for any other file and for hidden ones."""
    stem, dot, ending = file.orig_filename.rpartition("/")[2].rpartition(".")
    return stem if dot and ending.casefold() == "csv" and not stem.startswith(".") else None


def _unread(file: zipfile.ZipInfo, detail: str) -> Note:
    return Note(of_file(shown(file.orig_filename)), "refused", detail)


def _add_by_columns(archive: CsvArchive, unknown: Sequence[zipfile.ZipInfo], found: Chosen, notes: list[Note]) -> None:
    """Adds the files that only their columns tell, as in archives whose files have names of another language."""
    named = set(found)
    kinds = [(file, _kind(archive.beginning(file))) for file in unknown]
    has_others = any(kind not in (None, UNMISTAKABLE_BESIDE_OTHERS) for _, kind in kinds)
    for file, kind in kinds:
        if kind is None or (kind == UNMISTAKABLE_BESIDE_OTHERS and not has_others):
            notes.append(_unread(file, _IS_NO_CAREER))
        elif kind in found:
            notes.append(_unread(file, say(_SAME_KIND, file=shown(found[kind].orig_filename))))
        else:
            found[kind] = file
    notes.extend(
        Note(of_file(base_name(file)), "changed", say(_BY_COLUMNS, file=kind + ".csv"))
        for kind, file in found.items()
        if kind not in named
    )


def _kind(rows: Sequence[Sequence[str]]) -> str | None:
    """The name in FILES of a file that begins with these rows, one of which may be its header."""
    kinds = (name for row in rows for name, form in FILES.items() if form.has_columns(list(row)))
    return next(kinds, None)


def _no_career(archive: CsvArchive, files: Sequence[zipfile.ZipInfo]) -> NotAnArchive:
    """Why none is read: the archive is in another language, or has nothing of a career."""
    for file in files:
        rows = archive.beginning(file)
        if language := language_of([_stem(file) or "", *chain.from_iterable(rows)]):
            return in_another_language(base_name(file), max(rows, key=len, default=[]), language)
    names = ", ".join(f"{name}.csv" for name in ("Profile", "Positions", "Education"))
    return NotAnArchive(
        "no_career", say("The ZIP holds none of LinkedIn's files of a career, such as {names}.", names=names)
    )
