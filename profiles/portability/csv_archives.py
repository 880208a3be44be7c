"""A ZIP of CSV files, read with suspicion: what it holds is checked first, then streamed, and counted as it unpacks.

Whatever the bytes are, all that can go wrong is `NotAnArchive`. No file of the archive is ever in memory as a whole.
"""

import csv
import errno
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import IO, Any, NamedTuple, cast

from profiles_project.texts import shown
from profiles_project.words.sentences import Sentence, mark, say

MAX_FILES = 200
MAX_BYTES = 50 * 2**20
# Of a file. Blank rows aren't counted among them, but a file of nothing else must end too.
MAX_ROWS = 1_000
MAX_ROWS_WITH_BLANK_ONES = 10_000
MAX_COLUMNS = 50
# In characters of all rows together: a thousand jobs with the longest description that LinkedIn takes have about as
# many. More could only be refused later, from memory.
MAX_TEXT = 2 * 2**20
# In characters. The csv module has a limit of its own for a cell, 128 KiB.
MAX_ROW_LENGTH = 2**20
# The list of files at the end of a ZIP; 200 of them take about 30 KiB.
MAX_DIRECTORY_BYTES = 2**20
HEADER_WITHIN = 20
# So many bytes of a file tell how its table is written.
BEGINNING = 8 * 2**10
# The likeliest first. Spreadsheets write semicolons where the comma is in numbers; LinkedIn has used tabs.
SEPARATORS = (",", ";", "\t")

_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# All that zipfile raises for bytes that are no ZIP, or not quite one.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, IndexError, struct.error)
_NOT_A_LETTER = re.compile(r"[\W_]+")


class NotAnArchive(ValueError):
    """Why nothing can be read: `code` for programs; the text is one sentence for a person.

    Codes: not_a_zip, encrypted, broken, too_large, too_many_files, path_escape, no_career, unknown_columns,
    too_many_rows.
    """

    def __init__(self, code: str, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.code = code


class UnknownColumns(NotAnArchive):
    """A file has none of the columns that are looked for; `cells` are those of the row most like a header."""

    def __init__(self, file: str, cells: Sequence[str]) -> None:
        sentence = say(
            "{file} has none of the known columns (it begins with {columns});"
            " please set LinkedIn's language to English and ask for the archive again.",
            file=file,
            columns=[say("«{name}»", name=shown(cell, 30)) for cell in cells[:3]],
        )
        super().__init__("unknown_columns", sentence)
        self.cells = cells


class Row(NamedTuple):
    """A row with the number that a spreadsheet shows beside it."""

    number: int
    cells: list[str]


class Table(NamedTuple):
    """A file's column names, the number of rows above them that aren't blank, and those below them."""

    header: Row
    above: int
    rows: Iterator[Row]


def bare_name(name: str) -> str:
    """A file's or a column's name without what varies: case, spaces, underscores."""
    return _NOT_A_LETTER.sub("", name).casefold()


def base_name(member: zipfile.ZipInfo) -> str:
    """The name of a file in the archive without its folders, fit to be shown."""
    return shown(member.orig_filename.rpartition("/")[2])


@contextmanager
def _told_as_broken(sentence: Sentence) -> Iterator[None]:
    """Turns what zipfile raises into a refusal; what our own disk or memory is to blame for stays what it is."""
    try:
        yield
    except NotAnArchive:
        raise
    except (*_BROKEN, OSError) as exc:
        # zipfile hides some faults of the disk behind its own; a broken ZIP may point to places outside of the file.
        for fault in (exc, exc.__context__):
            if isinstance(fault, OSError) and fault.errno not in (None, errno.EINVAL):
                raise fault from None
        raise NotAnArchive("broken", sentence) from exc


class _Bounded:
    """A file for zipfile, which reads the list of files at one go, however long the ZIP says that it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise NotAnArchive("too_many_files", _TOO_MANY_FILES)
        # Without a size zipfile reads to the end from a place at most 64 KiB before it.
        return self.file.read(size if size >= 0 else MAX_DIRECTORY_BYTES)


_ODD_METHOD = mark("{file} is compressed in a way that can't be read; please use «deflate» instead.")
_TOO_MANY_FILES = say(
    "The archive holds more than {n} files; please leave only LinkedIn's CSV files in it.", n=MAX_FILES
)


class CsvArchive:
    """The archive in a file that is open for reading; raises NotAnArchive for one that we won't read at all."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = _opened(file)
        self._unpacked = 0
        self._text = 0
        # Of the file that was read last; it counts where a table has one column and doesn't tell.
        self._separator = SEPARATORS[0]
        members = self._zip.infolist()
        if len(members) > MAX_FILES:
            raise NotAnArchive("too_many_files", _TOO_MANY_FILES)
        for member in members:
            _check(member)
        # In the order of the archive, without the folders.
        self.files = [member for member in members if not member.orig_filename.endswith("/")]

    def admit(self, files: Collection[zipfile.ZipInfo]) -> None:
        """Refuses by what the archive says of the files to be read; reading them counts what they really hold."""
        if sum(file.file_size for file in files) > MAX_BYTES:
            raise _too_large()
        for file in files:
            # zipfile's other methods unpack without a bound, and LinkedIn uses none of them.
            if file.compress_type not in _METHODS:
                raise NotAnArchive("broken", say(_ODD_METHOD, file=base_name(file)))

    def table(self, file: zipfile.ZipInfo, known: Collection[str]) -> Table | None:
        """The table in a CSV file, or None where the file is blank; `known` are bare names of columns.

        LinkedIn writes notes above some tables: of the first rows the one with most of the known columns is the header.
        """
        self._separator = self._separator_of(file, known)
        rows = self._rows(file, self._separator)
        first = list(islice(rows, HEADER_WITHIN))
        if not first:
            return None
        header = max(first, key=lambda row: len({bare_name(cell) for cell in row.cells}.intersection(known)))
        if not any(bare_name(cell) in known for cell in header.cells):
            # The widest is rather a header than a note above it.
            widest = max(first, key=lambda row: sum(map(bool, row.cells)))
            raise UnknownColumns(base_name(file), widest.cells)
        above = first.index(header)
        return Table(header, above, _limited(file, chain(first[above + 1 :], rows)))

    def beginning(self, file: zipfile.ZipInfo) -> list[list[str]]:
        """The first rows of a CSV file that may not be needed at all; none where they can't be read."""
        text = self._first_text(file)
        return max((_first_rows(text, separator) for separator in SEPARATORS), key=_width)

    def _separator_of(self, file: zipfile.ZipInfo, known: Collection[str]) -> str:
        """What stands between the cells of a file: what parts most of the known columns, or makes the widest row."""
        text = self._first_text(file)

        def fitness(separator: str) -> tuple[int, int, bool]:
            rows = _first_rows(text, separator)
            columns = max((len({bare_name(cell) for cell in row}.intersection(known)) for row in rows), default=0)
            return columns, 0 if columns else _width(rows), separator == self._separator

        return max(SEPARATORS, key=fitness)

    def _first_text(self, file: zipfile.ZipInfo) -> str:
        if file.compress_type not in _METHODS:
            return ""
        with suppress(NotAnArchive), _told_as_broken(_broken(base_name(file))), self._zip.open(file) as stream:
            return stream.read(BEGINNING).decode("utf-8-sig", "replace")
        return ""

    def _rows(self, file: zipfile.ZipInfo, separator: str) -> Iterator[Row]:
        """The rows of a CSV file that aren't blank, their texts stripped and with line ends of one sort."""
        name = base_name(file)
        with _told_as_broken(_broken(name)):
            stream = self._zip.open(file)
        with stream:
            lines = _Lines(_Unpacked(self, stream, name), name)
            reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
            number = 0
            while (cells := _next_row(reader, lines, separator, number + 1)) is not None:
                number += 1
                if number > MAX_ROWS_WITH_BLANK_ONES:
                    raise _too_many_rows(name)
                cells = [cell.strip().replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
                if any(cells):
                    self._count_text(sum(map(len, cells)))
                    yield Row(number, cells)

    def _count_text(self, length: int) -> None:
        self._text += length
        if self._text > MAX_TEXT:
            raise NotAnArchive(
                "too_large", mark("The archive's files hold more than 2 MB of text; no CV has that much.")
            )

    def count(self, unpacked: int) -> None:
        """Counts bytes that were unpacked; raises NotAnArchive when they are too many in all."""
        self._unpacked += unpacked
        if self._unpacked > MAX_BYTES:
            raise _too_large()


class _Unpacked(io.RawIOBase):
    """A file of the archive as a raw stream that counts, for io's buffers and decoders to stand on."""

    def __init__(self, archive: CsvArchive, stream: IO[bytes], name: str) -> None:
        self.archive = archive
        self.stream = stream
        self.name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        with _told_as_broken(_broken(self.name)):
            data = self.stream.read(len(buffer))
        self.archive.count(len(data))
        buffer[: len(data)] = data
        return len(data)


class _Lines:
    """The lines of a file for the csv module: UTF-8, and no row longer than MAX_ROW_LENGTH."""

    def __init__(self, stream: _Unpacked, name: str) -> None:
        self.text = io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8-sig", newline="")
        self.name = name
        # Of the row that is being read: what was read of it, and how long that is.
        self.row: list[str] = []
        self.length = 0

    def begin(self) -> None:
        """The next line begins a row."""
        self.row.clear()
        self.length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self.text.readline(MAX_ROW_LENGTH + 1)
        except UnicodeDecodeError as exc:
            raise _not_utf8(self.name) from exc
        if not line:
            raise StopIteration
        # UTF-16 may look like UTF-8 with a NUL beside each letter.
        if "\0" in line:
            raise _not_utf8(self.name)
        self.length += len(line)
        if self.length > MAX_ROW_LENGTH:
            sentence = say("{file} has a row of more than {n} characters.", file=self.name, n=MAX_ROW_LENGTH)
            raise NotAnArchive("broken", sentence)
        self.row.append(line)
        return line


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    file.seek(0)
    if file.read(2) != b"PK":
        raise NotAnArchive(
            "not_a_zip", mark("The file is not a ZIP; please send the ZIP that LinkedIn gave you, as it is.")
        )
    with _told_as_broken(mark("The ZIP is broken or incomplete; please download it from LinkedIn again.")):
        return zipfile.ZipFile(cast("IO[bytes]", _Bounded(file)))


def _check(member: zipfile.ZipInfo) -> None:
    # zipfile cuts a name at a NUL and turns separators round; what stands in the archive is judged.
    name = member.orig_filename
    mode = stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or "\\" in name or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
        sentence = say("«{file}» points outside the archive; only plain names are allowed.", file=shown(name))
        raise NotAnArchive("path_escape", sentence)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        sentence = say("«{file}» is a link or a device; only plain files are allowed.", file=shown(name))
        raise NotAnArchive("path_escape", sentence)
    if member.flag_bits & _ENCRYPTED:
        sentence = say("«{file}» is encrypted; please send an archive without a password.", file=shown(name))
        raise NotAnArchive("encrypted", sentence)


_LONG_CELL = mark("{file} has a cell of more than 128 KiB in row {row}.")
_LOST_QUOTE = mark("{file} has a quotation mark in row {row} that is out of place or is not closed.")


def _next_row(reader: Any, lines: _Lines, separator: str, number: int) -> list[str] | None:
    lines.begin()
    try:
        cells: list[str] | None = next(reader, None)
    except csv.Error as exc:
        # The csv module has one class for all; only its text says which it was.
        is_long = "larger" in str(exc)
        cells = None if is_long else _loose_row(lines, separator)
        if cells is None or any(len(cell) > csv.field_size_limit() for cell in cells):
            fault = _LOST_QUOTE if cells is None and not is_long else _LONG_CELL
            raise NotAnArchive("broken", say(fault, file=lines.name, row=str(number))) from exc
    if cells is not None and len(cells) > MAX_COLUMNS:
        values = {"file": lines.name, "n": MAX_COLUMNS, "row": str(number)}
        raise NotAnArchive("broken", say("{file} has more than {n} cells in row {row}.", **values))
    return cells


class _CellForms(NamedTuple):
    """What begins a cell in quotes, and a cell with what ends it: one in quotes, one without."""

    opening: re.Pattern[str]
    quoted: re.Pattern[str]
    plain: re.Pattern[str]


def _cell_forms(separator: str) -> _CellForms:
    blank = "[ \t]".replace(separator, "")
    end = rf"(?P<end>{separator}|\r\n|\r|\n|\Z)"
    return _CellForms(
        re.compile(f'{blank}*+"'),
        re.compile(rf'{blank}*+"(?P<text>[^"]*+(?:""[^"]*+)*+)"{blank}*+{end}'),
        re.compile(rf"(?P<text>[^{separator}\r\n]*+){end}"),
    )


_CELL_FORMS = {separator: _cell_forms(separator) for separator in SEPARATORS}


def _loose_row(lines: _Lines, separator: str) -> list[str] | None:
    """The row that the csv module has given up, with blanks behind closing quotes; None where it is no such row."""
    forms = _CELL_FORMS[separator]
    text, place = "".join(lines.row), 0
    cells: list[str] = []
    while len(cells) <= MAX_COLUMNS:
        is_quoted = forms.opening.match(text, place) is not None
        found = (forms.quoted if is_quoted else forms.plain).match(text, place)
        if found is None:
            more = _rest_of_cell(lines, text.count('"', place))
            text += more
            if not more:
                return None
            continue
        cells.append(found["text"].replace('""', '"') if is_quoted else found["text"])
        place = found.end()
        if found["end"] != separator:
            break
    return cells


def _rest_of_cell(lines: _Lines, quotes: int) -> str:
    """The lines up to the one with the quote that closes a cell with so many quotes; "" where none is open."""
    more = []
    while quotes % 2 and (line := next(lines, "")):
        more.append(line)
        quotes += line.count('"')
    return "" if quotes % 2 else "".join(more)


def _limited(file: zipfile.ZipInfo, rows: Iterable[Row]) -> Iterator[Row]:
    for count, row in enumerate(rows, start=1):
        if count > MAX_ROWS:
            raise _too_many_rows(base_name(file))
        yield row


def _first_rows(text: str, separator: str) -> list[list[str]]:
    """The rows of the beginning of a file, as well as they can be told."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return [[cell.strip() for cell in row] for row in rows]
    except csv.Error:
        return []


def _width(rows: Iterable[Sequence[str]]) -> int:
    """The number of cells in the widest of these rows."""
    return max(map(len, rows), default=0)


def _too_large() -> NotAnArchive:
    sentence = say("The archive's files are larger than {n} MiB when unpacked.", n=MAX_BYTES // 2**20)
    return NotAnArchive("too_large", sentence)


def _too_many_rows(name: str) -> NotAnArchive:
    sentence = say("{file} has more than {n} rows, which is the most that can be read.", file=name, n=MAX_ROWS)
    return NotAnArchive("too_many_rows", sentence)


def _broken(name: str) -> Sentence:
    return say("{file} is broken in the ZIP; please download the archive from LinkedIn again.", file=name)


def _not_utf8(name: str) -> NotAnArchive:
    sentence = mark("{file} is not text in UTF-8; please save it as CSV in UTF-8, or send it as LinkedIn gave it.")
    return NotAnArchive("broken", say(sentence, file=name))
