"""LinkedIn's archives as they really come: names of files, separators, quotes, and files that came later."""

from contextlib import suppress
from typing import Any

import pytest

from profiles.portability.linkedin import Archive, NotAnArchive
from tests.support import machine
from tests.support.documents.archives import PERSON, items, read_file, read_zip, refusal, zipped

pytestmark = pytest.mark.pure

POSITIONS = "Company Name,Title,Description,Location,Started On,Finished On\n"
SCHOOLS = (
    "School Name,Degree Name,Start Date\nUniversity of Gullhaven,BSc,2008\nEstuary College,A levels,2006\n"
    "University of Gullhaven,MSc,2012\n"
)


def notes(archive: Archive) -> list[tuple[str, str, str]]:
    return [(note.place, note.outcome, note.detail) for note in archive.notes]


# Quotes and separators


# A bar stands for the separator.
@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('"Kept books, daily." |Aarhus', ["Kept books, daily.", "Aarhus"]),
        ('"Kept books; daily." |"Aarhus" ', ["Kept books; daily.", "Aarhus"]),
        (' "Kept books|daily." | "Aarhus|Denmark"', ["Kept books|daily.", "Aarhus|Denmark"]),
        ('"Kept ""books"" |daily." |Aarhus', ['Kept "books" |daily.', "Aarhus"]),
        ('"Kept\nbooks" |"Aar\nhus" ', ["Kept\nbooks", "Aar\nhus"]),
        ('"Kept" |"books\n""daily"" |."', ["Kept", 'books\n"daily" |.']),
        ('"Kept" |5" disk', ["Kept", '5" disk']),
        ('"" |Aarhus', ["", "Aarhus"]),
        ("Kept books|Aarhus ", ["Kept books", "Aarhus"]),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_blanks_beside_quotes_are_no_text(row: str, expected: list[str], end: str, separator: str) -> None:
    text = f"Description|Location|Title{end or chr(10)}{row}|Clerk{end}".replace("|", separator)
    [found] = items("Positions.csv", text, "work")
    told = [found.get("summary", ""), found["location"], found["position"]]
    assert told == [*(cell.replace("|", separator) for cell in expected), "Clerk"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_an_empty_cell_beside_blanks_and_quotes_is_one(separator: str) -> None:
    text = 'Title|Company Name|Description|Location\n"Clerk" ||"Kept books"|\n||"Kept books" |"Aarhus"\n'
    assert items("Positions.csv", text.replace("|", separator), "work") == [
        {"position": "Clerk", "summary": "Kept books"},
        {"summary": "Kept books", "location": "Aarhus"},
    ]


def test_the_case_of_a_blank_behind_a_quote_is_read() -> None:
    text = POSITIONS + 'Harbour,Clerk,"Kept books, daily." ,Aarhus,Jan 2019,\n'
    assert items("Positions.csv", text, "work") == [
        {
            "name": "Harbour",
            "position": "Clerk",
            "summary": "Kept books, daily.",
            "location": "Aarhus",
            "startDate": "2019-01",
        }
    ]


def test_the_row_behind_one_with_blanks_is_read_as_ever() -> None:
    text = POSITIONS + 'A,"b" ,"c\n",d,2019,\nE,f,"g, h",i,2020,\n'
    assert [job["name"] for job in items("Positions.csv", text, "work")] == ["A", "E"]
    error = refusal(zipped({"Positions.csv": text + '"x" ,"y"z\n'}))
    assert str(error) == "Positions.csv has a quotation mark in row 4 that is out of place or is not closed."


@pytest.mark.parametrize(
    "row",
    ['"a" ,"b', '"a" ,"b"c', '"a"b ,c', '"a" ,"b\nc\nd', '"a" b,c', '"a" ,"b"" ', '"a" ,"b"x"\n"y'],
)
def test_what_quotes_leave_open_is_refused_with_its_place(row: str) -> None:
    assert "in row 2 that is out of place" in str(refusal(zipped({"Positions.csv": f"Title,Location\n{row}\n"})))


@pytest.mark.parametrize(
    "row",
    [
        '"a" ,"' + "\n" * 500_000,
        '"a" ,"' + '""\n' * 250_000,
        '"a" ,"' + 'x"\n' * 250_000,
        '"a" ,' + '"\n",' * 150_000,
        ('"a" ,' * 40 + "b\n") * 4_000,
        '"a" ' * 250_000,
        '"a"' + " " * 900_000 + "b",
        " " * 900_000 + '"a" ,b',
    ],
    ids=range(8),
)
def test_whatever_stands_behind_a_quote_takes_no_time(row: str) -> None:
    with machine.at_most(5), suppress(NotAnArchive):
        read_file("Positions.csv", "Title,Location\n" + row)


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_a_table_is_read_with_the_separator_that_it_has(separator: str) -> None:
    rows = [
        ["Company Name", "Title", "Description", "Started On"],
        ["Quay, Ltd", "Clerk", '"Did this;\nthat,\tand more"', "Mar 2019"],
    ]
    text = "Notes, of all sorts\n" + "\n".join(separator.join(row) for row in rows)
    if separator == ",":
        text = text.replace("Quay, Ltd", '"Quay, Ltd"')
    assert items("Positions.csv", text, "work") == [
        {
            "name": "Quay, Ltd",
            "position": "Clerk",
            "summary": "Did this;\nthat,\tand more",
            "startDate": "2019-03",
        }
    ]


def test_a_table_of_one_column_has_the_separator_of_the_file_before() -> None:
    spreadsheet = zipped({"Positions.csv": "Company Name;Title\nQuay;Clerk\n", "Skills.csv": "Name\nC, C++\nRust\n"})
    assert read_zip(spreadsheet).document["skills"] == [{"name": "C, C++"}, {"name": "Rust"}]
    assert items("Skills.csv", 'Name\n"C; C++"\nC; C++\n', "skills") == [{"name": "C; C++"}] * 2


# Names of files


def test_files_with_names_of_another_language_are_known_by_their_columns() -> None:
    archive = read_zip(
        zipped(
            {
                "Profil.csv": "First Name,Last Name,Headline\nNora,Feldmark,Planner\n",
                "Berufserfahrung.csv": POSITIONS + "Harbour,Clerk,,Aarhus,Jan 2019,\n",
                "Ausbildung.csv": SCHOOLS,
                "Kenntnisse.csv": "Name\nBookkeeping\n",
                "Sprachen.csv": "Name,Proficiency\nDanish,Native or bilingual proficiency\n",
                "Zertifikate.csv": "Name,Url,Authority,Started On,Finished On,License Number\nA,,B,2020,,\n",
                "E-Mail-Adressen.csv": "Email Address,Confirmed,Primary,Updated On\nn@f.example,Yes,Yes,x\n",
                "Telefonnummern.csv": "Extension,Number,Type\n,12345,Mobile\n",
                "Auszeichnungen.csv": "Title,Description,Issued On\nCake,Best,2018\n",
                "Projekte.csv": "Title,Description,Url,Started On,Finished On\nTides,,,2019,\n",
                "Ehrenamt.csv": "Company Name,Role,Cause,Started On,Finished On,Description\nBoat,Radio,,2014,,\n",
                "Kurse.csv": "Name,Number\nStatistics,M1\n",
                "Kontakte.csv": "First Name,Last Name,URL,Connected On\nOdd,Fellow,x,2020\n",
                "Nachrichten.csv": "FROM,TO\nme,you\n",
            }
        )
    )
    document = archive.document
    assert document["basics"] == {
        "name": "Nora Feldmark",
        "label": "Planner",
        "email": "n@f.example",
        "phone": "12345",
    }
    assert set(document) - {"basics"} == {
        *("work", "volunteer", "education", "awards", "certificates", "skills", "languages", "projects", "courses")
    }
    assert archive.places["/work/0"] == "Berufserfahrung.csv, row 2"
    told = notes(archive)
    detail = "Its columns are those of Positions.csv, and it was read as that."
    assert ("Berufserfahrung.csv", "changed", detail) in told
    unread = {place for place, outcome, text in told if text.startswith("This file is not part")}
    assert unread == {"Kontakte.csv", "Nachrichten.csv"}


def test_a_list_of_names_alone_is_no_sign_of_skills() -> None:
    archive = read_zip(zipped({"Groups.csv": "Name\nRowers\n", "Profile.csv": PERSON}))
    assert archive.document == {"basics": {"name": "Ines Marrow"}}
    assert notes(archive) == [("Groups.csv", "refused", "This file is not part of a career; it was not read.")]


@pytest.mark.parametrize(
    "content",
    [
        b"PK",
        b"\xff\xfeC\0o\0",
        b"Company Name,Title,Job Url\nQuay,Clerk,x\n",
        b"First Name,Last Name\nOdd,Fellow\n",
        b"",
        b"\0" * 100_000,
        b'"' * 100_000,
    ],
    ids=range(7),
)
def test_a_file_that_only_resembles_a_known_one_is_not_read(content: bytes) -> None:
    archive = read_zip(zipped({"Saved Jobs.csv": content, "Profile.csv": PERSON}))
    assert archive.document == {"basics": {"name": "Ines Marrow"}}
    assert [outcome for _, outcome, _ in notes(archive)] == ["refused"]


def test_a_file_with_the_columns_of_one_that_is_there_is_of_the_same_kind() -> None:
    archive = read_zip(zipped({"Positions.csv": "Title\nClerk\n", "Old.csv": POSITIONS + "Quay,Scribe,,,,\n"}))
    assert archive.document == {"work": [{"position": "Clerk"}]}
    assert notes(archive) == [("Old.csv", "refused", "This was not read, since Positions.csv is of the same kind.")]


# Files and columns


def test_honours_have_an_issuer_and_a_date() -> None:
    text = "Title,Description,Issuer,Issue Date\nBest cake,Baked,Harbour fair,Aug 2018\n"
    assert items("Honors.csv", text, "awards") == [
        {"title": "Best cake", "summary": "Baked", "awarder": "Harbour fair", "date": "2018-08"}
    ]


def test_organizations_are_where_one_is_active_beside_work() -> None:
    archive = read_zip(
        zipped(
            {
                "Volunteering.csv": "Company Name,Role\nLifeboat,Radio operator\n",
                "Organizations.csv": "Name,Position,Associated With,Started On,Finished On,Description\n"
                "Rowing club,Treasurer,Quay Ltd,Mar 2014,Feb 2016,Kept the books.\nGuild of clerks,,,2019,,\n",
            }
        )
    )
    assert archive.document["volunteer"] == [
        {"organization": "Lifeboat", "position": "Radio operator"},
        {
            "organization": "Rowing club",
            "position": "Treasurer",
            "associatedWith": "Quay Ltd",
            "startDate": "2014-03",
            "endDate": "2016-02",
            "summary": "Kept the books.",
        },
        {"organization": "Guild of clerks", "startDate": "2019"},
    ]
    assert archive.places["/volunteer/2"] == "Organizations.csv, row 3"


@pytest.mark.parametrize(
    ("course", "school"),
    [
        ("Statistics,M101,University of Gullhaven", 0),
        ("Statistics,M101,UNIVERSITY OF GULLHAVEN", 0),
        ("Statistics,M101,BSc at Estuary College", None),
        ('Statistics,M101,"MSc, University of Gullhaven"', 2),
        ("Statistics,M101,Estuary College", 1),
        ("Statistics,M101,College", None),
        ("Statistics,M101,Quay Ltd", None),
        ("Statistics,M101,", None),
        (",M101,Estuary College", None),
        ("Statistics,M101,Estuary College,beyond", None),
    ],
)
def test_a_course_belongs_to_the_school_that_it_names(course: str, school: int | None) -> None:
    archive = read_zip(
        zipped({"Education.csv": SCHOOLS, "Courses.csv": f"Name,Number,Associated With\n{course}\nRowing,,\n"})
    )
    taught: list[Any] = [each.get("courses") for each in archive.document["education"]]
    others = archive.document["courses"]
    if school is None:
        assert taught == [None] * 3
        assert len(others) == 2
        assert archive.places["/courses/0"] == "Courses.csv, row 2"
    else:
        assert taught[school] == ["M101 - Statistics"]
        assert [each for each in taught if each] == [taught[school]]
        assert others == [{"name": "Rowing"}]
        assert archive.places["/courses/0"] == "Courses.csv, row 3"
        where = ("University of Gullhaven", "Estuary College", "University of Gullhaven")[school]
        sentence = f"This is stored among the courses of «{where}»."
        assert ("Courses.csv, row 2", "changed", sentence) in notes(archive)


def test_a_maiden_name_is_a_name_of_the_person() -> None:
    text = "First Name,Last Name,Maiden Name\nInes,Marrow,Telling\n"
    assert read_file("Profile.csv", text).names == ["Ines Marrow", "Ines Telling"]
    assert read_file("Profile.csv", PERSON).names == ["Ines Marrow"]
    assert read_file("Profile.csv", "First Name,Maiden Name\n,Telling\n").names == []
