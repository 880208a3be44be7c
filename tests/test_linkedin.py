"""LinkedIn's archive: what is read from it, and what of it nobody can be harmed by."""

import io
import random
import struct
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from profiles import linkedin
from profiles.linkedin import NotAnArchive
from tests.archives import sample, zipped

pytestmark = pytest.mark.pure

PROFILE = "First Name,Last Name\nMary,Somerville\n"
POSITIONS = "Company Name,Title,Started On\nObservatory,Astronomer,Mar 2019\n"


def read(archive: bytes) -> linkedin.Archive:
    return linkedin.read(io.BytesIO(archive))


def refusal(archive: bytes) -> NotAnArchive:
    with pytest.raises(NotAnArchive) as caught:
        read(archive)
    assert str(caught.value).endswith(".")
    return caught.value


def outcome(archive: bytes) -> str:
    """That it was read, or why not; any other error is one."""
    try:
        read(archive)
    except NotAnArchive as error:
        return error.code
    return "read"


def item(files: dict[str, str], section: str, index: int = 0) -> Any:
    return read(zipped(files)).document[section][index]


def test_every_file_of_a_career_is_read() -> None:
    archive = read(sample())
    counts = {name: len(value) for name, value in archive.document.items() if isinstance(value, list)}
    assert counts == {
        "work": 3,
        "education": 2,
        "skills": 3,
        "projects": 2,
        "certificates": 1,
        "languages": 3,
        "awards": 1,
        "publications": 1,
        "volunteer": 1,
    }
    assert archive.rows == sum(counts.values()) + 5
    basics = archive.document["basics"]
    assert (basics["name"], basics["email"], basics["phone"]) == (
        "Mary Somerville",
        "mary@somerville.example.org",
        "+44 7700 900123",
    )
    assert basics["summary"].startswith("I translate what astronomers write,\nso that")
    assert basics["location"]["display"] == "London, England, United Kingdom"
    assert [each["network"] for each in basics["profiles"]] == ["Portfolio", "GitHub", "Twitter"]
    assert basics["otherEmails"] == ["old@somerville.example.org"]
    assert archive.document["education"][0]["studyType"] == "Bachelor of Science - BSc"
    assert archive.document["education"][0]["area"] == "Mathematics"
    assert archive.document["publications"][0]["releaseDate"] == "2018-05-04"


def test_what_is_not_read_is_named() -> None:
    archive = read(sample())
    assert archive.notes == [("Connections.csv", "refused", "This is not part of a career and was not read.")]
    assert archive.places["/work/1"] == "Positions.csv, row 3"


def test_notes_above_the_header_and_columns_in_any_order_and_case() -> None:
    files = {
        "Sub/positions.CSV": 'Notes:\n"Some, words"\n\nTITLE,started on,Company Name\nAstronomer,2019,Observatory\n'
    }
    assert item(files, "work") == {"position": "Astronomer", "startDate": "2019", "name": "Observatory"}
    assert read(zipped(files)).places["/work/0"] == "positions.CSV, row 5"


def test_short_and_long_rows_and_empty_ones() -> None:
    text = "Company Name,Title,Started On\nObservatory\n\n , ,\nA,B,2019,surplus,x\n"
    assert read(zipped({"Positions.csv": text})).document["work"] == [
        {"name": "Observatory"},
        {"name": "A", "position": "B", "startDate": "2019"},
    ]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Mar 2019", "2019-03"),
        ("March 2019", "2019-03"),
        ("2019", "2019"),
        ("03/2019", "2019-03"),
        ("15 Mar 2019", "2019-03-15"),
        ("Mar 15, 2019", "2019-03-15"),
        ("2019-03-15", "2019-03-15"),
    ],
)
def test_dates_keep_their_precision(text: str, date: str) -> None:
    files = {"Positions.csv": f'Company Name,Title,Started On\nObservatory,Astronomer,"{text}"\n'}
    assert item(files, "work")["startDate"] == date


def test_a_date_that_cannot_be_read_is_kept_and_named() -> None:
    files = {"Positions.csv": "Company Name,Title,Started On\nObservatory,Astronomer,long ago\n"}
    archive = read(zipped(files))
    assert archive.document["work"] == [{"name": "Observatory", "position": "Astronomer", "startDateText": "long ago"}]
    assert [note[:2] for note in archive.notes] == [("Positions.csv, row 2", "kept_aside")]


def test_a_column_that_nobody_knows_is_kept() -> None:
    files = {"Languages.csv": "Name,Proficiency,Since When\nLatin,Elementary proficiency,childhood\n"}
    assert item(files, "languages")["sinceWhen"] == "childhood"


def test_step_is_called_once_a_row() -> None:
    steps: list[None] = []
    archive = linkedin.read(io.BytesIO(sample()), lambda: steps.append(None))
    assert len(steps) == archive.rows > 10


# What is no archive -----------------------------------------------------------------------------------------------


def encrypted() -> bytes:
    """An archive whose member says that it is locked."""
    made = bytearray(zipped({"Profile.csv": PROFILE}))
    made[6] |= 1
    made[made.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def broken_content() -> bytes:
    """An archive in whose stored bytes one is wrong, so that its check sum is."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("Profile.csv", PROFILE)
    return made.getvalue().replace(b"Mary,", b"Nary,", 1)


def linked() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo("Profile.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return made.getvalue()


def lying() -> bytes:
    """A bomb that declares to be small, in the directory and before the content."""
    made = bytearray(zipped({"Positions.csv": "Company Name,Title\n" + "A" * (linkedin.MAX_UNPACKED_BYTES + 100)}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = made.index(mark) + offset
        made[at : at + 4] = struct.pack("<I", 100)
    return bytes(made)


NOT_ARCHIVES = {
    "not_a_zip": [b"", b"no zip at all", b"%PDF-1.7", b"PK"],
    "broken": [
        sample()[:-40],
        sample()[: len(sample()) // 2],
        broken_content(),
        lying(),
        zipped({"Positions.csv": "Company Name,Title\nA,\xff".encode("latin-1")}),
        zipped({"Positions.csv": f'Company Name,Title\nA,"{"x" * 200_000}"\n'}),
    ],
    "encrypted": [encrypted()],
    "too_large": [zipped({"Positions.csv": "x" * (linkedin.MAX_UNPACKED_BYTES + 1)})],
    "too_many_files": [zipped({f"{number}.csv": "" for number in range(201)})],
    "path_escape": [
        zipped({"../Profile.csv": PROFILE}),
        zipped({"/etc/Profile.csv": PROFILE}),
        zipped({"C:/Profile.csv": PROFILE}),
        zipped({"a\\..\\Profile.csv": PROFILE}),
        linked(),
    ],
    "no_career": [zipped({}), zipped({"Connections.csv": "a"}), zipped({"Profile.txt": PROFILE})],
    "unknown_columns": [
        zipped({"Positions.csv": "Unternehmen,Titel,Von\nSternwarte,Astronomin,2019\n"}),
        zipped({"Skills.csv": "Kenntnis\nLatein\n"}),
    ],
    "too_many_rows": [zipped({"Skills.csv": "Name\n" + "".join(f"skill {number}\n" for number in range(10_000))})],
}


@pytest.mark.parametrize(
    ("code", "archive"),
    [(code, archive) for code, archives in NOT_ARCHIVES.items() for archive in archives],
    ids=[f"{code} {number}" for code, archives in NOT_ARCHIVES.items() for number in range(len(archives))],
)
def test_what_is_no_archive_is_refused_with_its_reason(code: str, archive: bytes) -> None:
    assert refusal(archive).code == code


def test_another_language_is_told_what_to_do() -> None:
    sentence = str(refusal(NOT_ARCHIVES["unknown_columns"][0]))
    assert sentence.startswith("Positions.csv has columns that we don't know (Unternehmen, Titel, Von)")
    assert "in English" in sentence


def test_more_text_than_a_profile_holds_is_refused_before_it_is_in_memory() -> None:
    row = f'"{"x" * 100_000}",Astronomer,2019\n'
    assert refusal(zipped({"Positions.csv": f"Company Name,Title,Started On\n{row * 50}"})).code == "too_large"


def test_many_small_files_that_unpack_to_too_much_are_refused() -> None:
    """Each may be as large as it is; what is counted is all of them together."""
    half = "Company Name,Title\n" + "\n" * (linkedin.MAX_UNPACKED_BYTES // 2)
    assert refusal(zipped({"Positions.csv": half, "Volunteering.csv": half})).code == "too_large"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_damage_of_any_kind_is_refused_or_read(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # hypothesis chooses the seed
    made = bytearray(sample())
    for _ in range(chance.randint(1, 8)):
        made[chance.randrange(len(made))] = chance.randrange(256)
    if chance.random() < 0.2:
        del made[chance.randrange(len(made)) :]
    assert outcome(bytes(made)) in {"read", *NOT_ARCHIVES}


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.sampled_from(["Positions", "Profile", "Skills"])
)
def test_any_text_after_a_header_is_read_or_refused(text: str, name: str) -> None:
    headers = {"Positions": "Company Name,Title", "Profile": "First Name,Last Name", "Skills": "Name"}
    assert outcome(zipped({f"{name}.csv": f"{headers[name]}\n{text}"})) in {"read", "broken"}
