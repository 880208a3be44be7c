"""Archives that are no good: each is refused with a code and a sentence, and none does harm, whatever its bytes."""

import csv
import errno
import io
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from profiles.portability import csv_archives
from profiles.portability.linkedin import FILES, Archive, NotAnArchive, read
from profiles.portability.linkedin.values import read_date
from tests.support import machine
from tests.support.documents.archives import (
    LINKEDIN,
    LINKEDIN_LATER,
    PERSON,
    items,
    read_file,
    read_zip,
    refusal,
    zipped,
)

pytestmark = pytest.mark.pure

MIB = 2**20


def entry(name: str, text: str = "x", **attributes: Any) -> bytes:
    """A ZIP of one file whose entry has these attributes, beside a person's profile."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo(name)
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        archive.writestr(info, text)
        archive.writestr("Profile.csv", PERSON)
    return made.getvalue()


@pytest.mark.parametrize(
    ("header", "begins", "language"),
    [
        ("Firma,Titel,Ort,Beginn", "«Firma», «Titel», «Ort»", "in German"),
        ("Firma;Titel;Ort;Beginn", "«Firma», «Titel», «Ort»", "in German"),
        ("Nom de l'entreprise,Poste,Lieu", "«Nom de l'entreprise», «Poste», «Lieu»", "in French"),
        ("Nombre de la empresa,Cargo,Ubicación", "«Nombre de la empresa», «Cargo», «Ubicación»", "in Spanish"),
        ("Nome da empresa,Cargo,Início", "«Nome da empresa», «Cargo», «Início»", "in Portuguese"),
        ("Nome azienda,Qualifica,Inizio", "«Nome azienda», «Qualifica», «Inizio»", "in Italian"),
        ("会社名,役職,開始日", "«会社名», «役職», «開始日»", "in Japanese"),
        ("Foo,Bar", "«Foo», «Bar»", ""),
        # Of more than one language.
        ("Titel,Startdatum", "«Titel», «Startdatum»", ""),
    ],
)
def test_a_file_in_another_language_says_what_to_do(header: str, begins: str, language: str) -> None:
    row = re.sub(r"[^,;]+", "x", header)
    error = refusal(zipped({"Positions.csv": f"Hinweise:\n\n{header}\n{row}\n"}))
    assert error.code == "unknown_columns"
    what = f"is {language}" if language else "has none of the known columns"
    assert str(error) == (
        f"Positions.csv {what} (it begins with {begins});"
        " please set LinkedIn's language to English and ask for the archive again."
    )


def test_an_archive_of_which_the_names_of_the_files_are_in_another_language_too_says_which() -> None:
    error = refusal(zipped({"Berufserfahrung.csv": "Firma,Titel\nQuayside,Clerk\n", "x.html": ""}))
    assert error.code == "unknown_columns"
    assert str(error).startswith("Berufserfahrung.csv is in German (it begins with «Firma», «Titel»);")
    contacts = {"Kontakte.csv": "Hinweis:\n\nVorname,Nachname,URL,Verbunden am\nOdd,Fellow,x,2020\n"}
    assert str(refusal(zipped(contacts))).startswith("Kontakte.csv is in German (it begins with «Vorname», «Nachname»,")


@pytest.mark.parametrize("files", [{}, {"Connections.csv": "First Name\nOdd\n"}, {"Positions/": ""}])
def test_an_archive_without_a_career_is_refused(files: dict[str, str]) -> None:
    assert refusal(zipped(files)).code == "no_career"


@pytest.mark.parametrize("data", [b"", b"P", b"Company Name,Title\n", b"%PDF-1.7", b"\x1f\x8b\x08"])
def test_a_file_that_is_no_zip_is_refused(data: bytes) -> None:
    assert refusal(data).code == "not_a_zip"


@pytest.mark.parametrize(
    "text",
    [
        "Name\nCafé\n".encode("latin-1"),
        "Name\nPython\n".encode("utf-16"),
        "Name\nPython\n".encode("utf-16-le"),
        b"Name\nPyth\0on\n",
        b"Name\nPython\xed\xa0\x80\n",
    ],
)
def test_another_encoding_is_refused_with_the_files_name(text: bytes) -> None:
    error = refusal(zipped({"Skills.csv": text}))
    assert error.code == "broken"
    assert str(error).startswith("Skills.csv is not text in UTF-8;")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('Name\nPython\n"Kafka\n', "a quotation mark in row 3 that is out of place or is not closed."),
        ('Name\n"Kaf"ka\n', "a quotation mark in row 2 that is out of place or is not closed."),
        (f"Name\n{'x' * (2**17 + 1)}\n", "a cell of more than 128 KiB in row 2."),
        (f"Name{',' * 50}\n", "more than 50 cells in row 1."),
        (f"Name\nPython\n{',' * 50}\n", "more than 50 cells in row 3."),
        (f"Name\n{'x,' * 2**20}\n", "a row of more than 1,048,576 characters."),
        ("Name\n" + '"\n",' * 2**19, "a row of more than 1,048,576 characters."),
    ],
)
def test_broken_csv_is_refused_with_its_place(text: str, fault: str) -> None:
    error = refusal(zipped({"Skills.csv": text}))
    assert error.code == "broken"
    assert str(error) == f"Skills.csv has {fault}"


def test_the_largest_cell_is_read() -> None:
    text = "x" * 2**17
    assert items("Skills.csv", f"Name\n{text}\n", "skills") == [{"name": text}]


def test_a_file_may_have_a_thousand_rows_and_not_one_more() -> None:
    text = "Name\n" + "\n\nskill" * 1_000
    assert read_file("Skills.csv", text).rows == 1_000
    error = refusal(zipped({"Skills.csv": text + "\nskill"}))
    assert error.code == "too_many_rows"
    assert str(error) == "Skills.csv has more than 1,000 rows, which is the most that can be read."


def test_blank_rows_without_end_are_refused() -> None:
    assert refusal(zipped({"Skills.csv": "Name\n" + "\n" * 10_000})).code == "too_many_rows"


def test_two_hundred_files_are_read_and_one_more_is_refused() -> None:
    files = {f"{number}.html": "" for number in range(199)}
    assert read_zip(zipped({**files, "Skills.csv": "Name\nPython\n"})).document == {"skills": [{"name": "Python"}]}
    assert refusal(zipped({**files, "Skills.csv": "", "Profile.csv": ""})).code == "too_many_files"


class Watched(io.BytesIO):
    """A file that knows how much was asked of it at one go."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.most = max(self.most, len(data))
        return data


def test_a_list_of_files_without_end_is_not_read() -> None:
    file = Watched(zipped({f"{number:0120}": "" for number in range(8_000)}, zipfile.ZIP_STORED))
    with pytest.raises(NotAnArchive) as caught:
        read(file)
    assert caught.value.code == "too_many_files"
    assert file.most <= 2**16 + 22


def test_no_file_is_read_whole() -> None:
    text = "Name\n" + f"{'x' * 100_000}\n" * 15
    file = Watched(zipped({"Skills.csv": text}, zipfile.ZIP_STORED))
    assert read(file).rows == 15
    assert file.most <= 2**17


def test_more_text_than_a_career_has_is_refused_before_it_is_in_memory() -> None:
    row = f"{'x' * 100_000}\n"
    assert (
        refusal(zipped({"Skills.csv": "Name\n" + row * 11, "Languages.csv": "Name\n" + row * 11})).code == "too_large"
    )


def test_files_that_unpack_to_too_much_are_refused_by_what_they_declare() -> None:
    assert refusal(zipped({"Skills.csv": bytes(50 * MIB + 1)})).code == "too_large"
    halves = {"Skills.csv": bytes(25 * MIB), "Languages.csv": bytes(25 * MIB + 1)}
    assert refusal(zipped(halves)).code == "too_large"
    assert read_zip(zipped({"messages.csv": bytes(50 * MIB + 1), "Profile.csv": PERSON})).rows == 1


def test_what_is_unpacked_is_counted_whatever_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_archives, "MAX_BYTES", 20_000)
    monkeypatch.setattr(csv_archives.CsvArchive, "admit", lambda *_: None)
    half = "Name\n" + "x" * 9_000
    assert read_zip(zipped({"Skills.csv": half, "Languages.csv": half})).rows == 2
    whole = {"Skills.csv": half, "Languages.csv": half, "Certifications.csv": half}
    assert refusal(zipped(whole)).code == "too_large"


def test_a_file_that_declares_less_than_it_holds_is_broken() -> None:
    data = bytearray(zipped({"Skills.csv": "Name\n" + "Python\n" * 100}))
    for signature, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        start = data.index(signature) + place
        data[start : start + 4] = (12).to_bytes(4, "little")
    assert refusal(bytes(data)).code == "broken"


@pytest.mark.parametrize(
    "name",
    ["/Skills.csv", "../Skills.csv", "a/../../Skills.csv", "a/..", "a\\Skills.csv", "C:Skills.csv", "c:/x", "\\\\h\\x"],
)
def test_a_name_that_leads_out_of_the_archive_is_refused(name: str) -> None:
    error = refusal(entry(name))
    assert error.code == "path_escape"
    assert name in str(error)


def test_dots_within_a_name_lead_nowhere() -> None:
    assert read_zip(entry("..a/b..c/...")).rows == 1


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_is_refused(kind: int) -> None:
    assert refusal(entry("Skills.csv", external_attr=(kind | 0o777) << 16)).code == "path_escape"


def test_an_encrypted_file_is_refused() -> None:
    data = bytearray(zipped({"Skills.csv": "Name\nPython\n"}))
    for signature, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        data[data.index(signature) + place] |= 1
    assert refusal(bytes(data)).code == "encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_unpacks_without_a_bound_is_refused(method: int) -> None:
    error = refusal(zipped({"Skills.csv": "Name\nPython\n"}, method))
    assert error.code == "broken"
    assert "deflate" in str(error)


def test_a_file_whose_checksum_is_wrong_is_broken() -> None:
    data = zipped({"Skills.csv": "Name\nPython\n"}, zipfile.ZIP_STORED).replace(b"Python", b"Pithon")
    error = refusal(data)
    assert (error.code, str(error)) == (
        "broken",
        "Skills.csv is broken in the ZIP; please download the archive from LinkedIn again.",
    )


def test_an_archive_that_was_cut_off_is_broken_wherever() -> None:
    data = zipped({"Skills.csv": "Name\nPython\n", "Profile.csv": PERSON})
    assert {refusal(data[:length]).code for length in range(2, len(data))} == {"broken"}


@pytest.mark.parametrize("end", [True, False])
def test_a_fault_of_our_own_disk_is_not_the_archives(*, end: bool) -> None:
    data = zipped(LINKEDIN)
    directory = data.index(b"PK\1\2")

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > directory if end else 2 < self.tell() < directory:
                raise OSError(errno.EIO, "Input/output error")
            return super().read(size)

    with pytest.raises(OSError, match="Input/output error"):
        read(Failing(data))


def test_what_an_archive_calls_its_files_is_shown_short_and_on_one_line() -> None:
    archive = read_zip(zipped({"a\nb\u202e" + "x" * 500: "", "Profile.csv": PERSON}))
    (note,) = archive.notes
    assert len(note.place) == 80
    assert note.place.isprintable()


# Whatever the bytes


@pytest.mark.parametrize("text", ["a,", "A_", "a.", "a.b", " a", "[", "A:", "a-", "1/", "http://,"])
def test_a_cell_full_of_one_thing_is_read_in_no_time(text: str) -> None:
    cell = text * (120_000 // len(text))
    with machine.at_most(5):
        read_file("Profile.csv", f'First Name,Websites,Twitter Handles\nInes,"{cell}!","{cell}"\n')
        read_file("Projects.csv", f'Title,Url,Started On\nTides,"{cell}!","{cell}"\n')
        read_file("Education.csv", f'Degree Name\n"{cell}"\n')


def holds(archive: Archive) -> None:
    """What is true of every archive that is read: nothing empty, dates that are dates, places of all that there is."""
    for part, found in archive.document.items():
        for key, value in leaves(found):
            assert value
            assert value == value.strip()
            if key in ("startDate", "endDate", "date", "releaseDate", "expiryDate"):
                assert read_date(value) in ("", value)
        pointers = range(len(found)) if isinstance(found, list) else found.keys() - {"profiles"}
        assert all(f"/{part}/{pointer}" in archive.places for pointer in pointers)
    assert all(note.outcome in ("changed", "kept_aside", "refused") for note in archive.notes)
    assert all(note.detail.endswith(".") and note.place for note in archive.notes)


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        assert value
        for name, inner in value.items():
            yield from leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key)
    elif (key, value) != ("isVisible", False):
        assert isinstance(value, str)
        yield key, value


def read_or_refused(data: bytes) -> None:
    """Fails for any other exception, and for an archive of which what is true of all is not."""
    with suppress(NotAnArchive):
        holds(read_zip(data))


def test_the_samples_hold_what_every_archive_does() -> None:
    holds(read_zip(zipped(LINKEDIN)))
    holds(read_zip(zipped(LINKEDIN_LATER)))


SMALL = {"Skills.csv": "Name\nPython\n", "Profile.csv": PERSON, "a/Positions.csv": "Title,Started On\nClerk,Mar 2021\n"}
SEEDS = [zipped(SMALL), zipped(SMALL, zipfile.ZIP_STORED)]


@settings(max_examples=400)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, 3),
)
def test_an_archive_with_bytes_changed_is_read_or_refused(
    seed: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(seed)
    for place, byte in changes:
        data[place % len(data)] = byte
    read_or_refused(bytes(data[: len(data) - cut]))


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from(SEEDS))
def test_any_bytes_are_read_or_refused(data: bytes, seed: bytes) -> None:
    read_or_refused(b"PK" + data)
    read_or_refused(data + seed)
    read_or_refused(seed + data)


COLUMNS = sorted({column for kind in FILES.values() for column in kind.columns} | {"Foo", "", "Url", "isVisible"})
CELLS = st.one_of(
    st.sampled_from(["Mar 2021", "12/31/20", "[A:b.c,d]", "a.example", "BSc, Maths", "yes", "[]", "", " ", "\u2028"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
)
TABLES = st.tuples(
    st.lists(st.sampled_from(COLUMNS) | CELLS, min_size=1, max_size=8),
    st.lists(st.lists(CELLS, max_size=10), max_size=5),
)


CONTENTS = TABLES | st.text(max_size=50) | st.binary(max_size=50)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(list(FILES)), CONTENTS, min_size=1))
@pytest.mark.slow
def test_any_tables_are_read_or_refused(tables: dict[str, Any]) -> None:
    read_or_refused(zipped({f"{name}.csv": written(content) for name, content in tables.items()}))


def written(content: Any) -> str | bytes:
    """A table as CSV; text and bytes as they are."""
    if not isinstance(content, tuple):
        assert isinstance(content, str | bytes)
        return content
    header, rows = content
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue()


@settings(max_examples=200)
@given(
    st.sampled_from([(name, kind) for name, kind in FILES.items() if kind.part not in ("person", "email", "phone")]),
    st.lists(st.sampled_from(COLUMNS), max_size=8),
    st.lists(CELLS, min_size=1, max_size=12),
)
@example(("Recommendations Received", FILES["Recommendations Received"]), ["Name"], ["Ada", "Quay", *["x"] * 6])
@example(("Recommendations Received", FILES["Recommendations Received"]), ["Is Visible"], [*["x"] * 6, "Hidden", "yes"])
def test_no_value_of_a_row_is_lost(kind: tuple[str, Any], others: list[str], cells: list[str]) -> None:
    name, columns = kind[0], [*kind[1].columns, *others]
    archive = read_file(f"{name}.csv", written((columns, [cells])))
    kept = " ".join(text for part in archive.document.values() for _, text in leaves(part))
    kept += " ".join(note.detail for note in archive.notes if note.outcome == "changed")
    for cell in cells:
        for text in cell.split(","):
            lines = text.strip().replace("\r\n", "\n").replace("\r", "\n")
            assert lines in kept or (lines, "2021-03" in kept) == ("Mar 2021", True)
