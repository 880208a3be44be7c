"""LinkedIn's archive as a JSON Resume document: what is read, and what is noted."""

import io
import re

import pytest

from profiles.portability.linkedin import FILES, Archive, NotAnArchive, Note, read
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


LISTS = {
    "work": [
        {
            "name": "Quayside Analytics, Ltd",
            "position": "Lead Data Engineer",
            "location": "Bristol, England",
            "startDate": "2021-03",
            "summary": "Runs the tide data platform:\n- 40 million readings a day, from 600 gauges"
            "\n- answers in under a second",
            "employmentType": "Full-time",
        },
        {
            "name": "Ballast & Boom",
            "position": "Data Engineer",
            "location": "Cardiff, Wales",
            "startDate": "2016-09",
            "endDate": "2021-02",
            "summary": 'Moved the "night jobs" to a stream.',
        },
        {
            "name": "Port of Gullhaven",
            "position": "Harbour Clerk",
            "startDate": "2012",
            "endDate": "Summer 2016",
        },
    ],
    "volunteer": [
        {
            "organization": "Lifeboat Station Gullhaven",
            "position": "Radio operator",
            "cause": "Disaster and Humanitarian Relief",
            "startDate": "2014-01",
            "summary": "Two nights a month.",
        }
    ],
    "education": [
        {
            "institution": "University of Gullhaven",
            "studyType": "Bachelor of Science - BS",
            "area": "Mathematics",
            "startDate": "2008-10",
            "endDate": "2012-07",
            "description": "Thesis on the drift of buoys.",
            "activities": "Rowing club, Debating society",
        },
        {"institution": "Estuary College", "studyType": "A levels", "startDate": "2006", "endDate": "2008"},
    ],
    "awards": [{"title": "Golden Buoy", "date": "2020-06-15", "summary": "For the warning of the spring flood."}],
    "certificates": [
        {
            "name": "Certified Stream Engineer",
            "issuer": "Stream Institute",
            "date": "2022-11",
            "expiryDate": "2025-11",
            "url": "https://certs.example/cse/4711",
            "credentialId": "CSE-4711",
        }
    ],
    "publications": [
        {
            "name": "Listening to the tide",
            "publisher": "Journal of Coastal Data",
            "releaseDate": "2023-08-12",
            "url": "https://jcd.example/12/3",
            "summary": "How to hear a broken gauge.",
        }
    ],
    "skills": [
        {"name": "Python"},
        {"name": "Apache Kafka"},
        {"name": "Tidal forecasting"},
        {"name": "Explaining things"},
    ],
    "languages": [
        {"language": "English", "fluency": "Native or bilingual proficiency"},
        {"language": "Welsh", "fluency": "Limited working proficiency"},
    ],
    "projects": [
        {
            "name": "Tidewatch",
            "description": "Warns people on the quay before it floods.",
            "url": "https://tidewatch.example",
            "startDate": "2019-01",
            "endDate": "2020-12",
        },
        {"name": "Gull counter", "description": "Counts gulls by their voices.", "startDate": "2022-04"},
    ],
}


@pytest.fixture(scope="module")
def archive() -> Archive:
    """The invented person's archive."""
    return read_zip(zipped(LINKEDIN))


def test_the_person_becomes_basics(archive: Archive) -> None:
    assert archive.document["basics"] == {
        "name": "Ines Marrow",
        "label": "Data engineer, mostly of tides",
        "summary": 'I make "slow" data fast.\n\nBefore that: harbours, cranes, and a lot of rain.',
        "email": "ines@ines-marrow.example",
        "otherEmails": ["ines.old@mail.example"],
        "phone": "+44 7700 900123",
        "otherPhones": ["+44 117 496 0123 ext. 12"],
        "url": "https://ines-marrow.example",
        "otherWebsites": ["https://tides.example/notes"],
        "location": {
            "address": "4 Ropewalk Lane",
            "postalCode": "BS1 6XX",
            "display": "Bristol, England, United Kingdom",
        },
        "profiles": [
            {"network": "Twitter", "username": "inesmarrow"},
            {"network": "GitHub", "username": "inesmarrow", "url": "https://github.com/inesmarrow"},
        ],
        "maidenName": "Telling",
        "birthDate": "May 9, 1988",
        "industry": "Software Development",
        "instantMessengers": "[SKYPE:ines.marrow]",
    }


def test_each_kind_of_file_becomes_its_part(archive: Archive) -> None:
    assert {part: found for part, found in archive.document.items() if part != "basics"} == LISTS


def test_every_part_says_which_row_of_which_file_it_is_from(archive: Archive) -> None:
    places = archive.places
    assert places["/basics/name"] == "Profile.csv, row 2"
    assert places["/basics/email"] == "Email Addresses.csv, row 3"
    assert places["/basics/phone"] == "PhoneNumbers.csv, row 6"
    assert places["/basics/profiles/1"] == "Profile.csv, row 2"
    assert places["/work/2"] == "Positions.csv, row 4"
    assert {f"/{part}/{number}" for part in archive.document for number in range(len(archive.document[part]))} - set(
        places
    ) == {f"/basics/{number}" for number in range(len(archive.document["basics"]))}
    assert archive.rows == 22


def test_what_is_not_in_the_document_or_in_another_form_is_noted(archive: Archive) -> None:
    assert sorted(archive.notes) == [
        Note("Connections.csv", "refused", "This file is not part of a career; it was not read."),
        Note(
            "Email Addresses.csv",
            "refused",
            "Only this is kept of each row: e-mail address. Not read: Confirmed, Primary, Updated On.",
        ),
        Note("Jobs/Job Applications.csv", "refused", "This file is not part of a career; it was not read."),
        Note("PhoneNumbers.csv", "refused", "Everything above row 4 was skipped."),
        Note("PhoneNumbers.csv", "refused", "Only this is kept of each row: phone number. Not read: Type."),
        Note(
            "Profile.csv, row 2",
            "changed",
            "Websites: «tides.example/notes» was read as https://tides.example/notes.",
        ),
    ]


def test_the_newer_archive_tells_of_the_new_job_and_the_end_of_the_old_one() -> None:
    document = read_zip(zipped(LINKEDIN_LATER)).document
    assert [(job["name"], job.get("endDate")) for job in document["work"][:2]] == [
        ("Lantern Harbour Co-operative", None),
        ("Quayside Analytics, Ltd", "2024-05"),
    ]
    assert document["work"][2]["summary"].endswith("and slept better.")
    assert document["skills"][-1] == {"name": "Leading a team"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mar 2021", "2021-03"),
        ("march 2021", "2021-03"),
        ("SEPT. 2021", "2021-09"),
        ("May 2021", "2021-05"),
        ("2021", "2021"),
        ("2021-03", "2021-03"),
        ("2021-03-15", "2021-03-15"),
        ("03/2021", "2021-03"),
        ("3/2021", "2021-03"),
        ("15 Mar 2021", "2021-03-15"),
        ("Aug 12, 2020", "2020-08-12"),
        ("August  12,\n2020", "2020-08-12"),
        ("12/31/2020", "2020-12-31"),
        ("31/12/2020", "2020-12-31"),
        ("3/3/2020", "2020-03-03"),
        ("12/31/20", "2020-12-31"),
        ("12/31/49", "2049-12-31"),
        ("12/31/50", "1950-12-31"),
        ("2021-03-15 10:00:00", "2021-03-15"),
        ("Mär 2021", "2021-03"),
        ("Dez. 2019", "2019-12"),
        ("mars 2021", "2021-03"),
        ("févr. 2020", "2020-02"),
        ("ene 2021", "2021-01"),
        ("ene. de 2021", "2021-01"),
        ("fev de 2021", "2021-02"),
        ("gen 2021", "2021-01"),
        ("mrt 2021", "2021-03"),
        ("2021年3月", "2021-03"),
        ("2021년 3월", "2021-03"),
    ],
)
def test_a_date_of_each_form_is_read_with_its_precision(text: str, expected: str) -> None:
    archive = read_file("Positions.csv", f'Title,Started On\nClerk,"{text}"\n')
    assert archive.document["work"] == [{"position": "Clerk", "startDate": expected}]
    two_digits = re.search("/[0-9]{2}$", text)
    assert [note.outcome for note in archive.notes] == (["changed"] if two_digits else [])


@pytest.mark.parametrize(
    "text",
    [
        *("Spring 2020", "Present", "3/4/2020", "13/13/2020", "0/0/2020", "0/5/2020", "13/2021", "0/2021", "Foo 2021"),
        *(
            "30 Feb 2021",
            "2021-13",
            "Mar 21",
            "Ma 2021",
            "Mar 0999",
            "3/4/20",
            "13/13/20",
            "2018 - 2020",
            "1" * 100_000,
        ),
    ],
)
def test_what_is_more_or_less_than_one_date_stays_as_it_came(text: str) -> None:
    archive = read_file("Positions.csv", f"Title,Started On,Finished On\nClerk,{text},{text}\n")
    assert archive.document["work"] == [{"position": "Clerk", "startDate": text, "endDate": text}]
    assert archive.notes == []


@pytest.mark.parametrize(
    ("degree", "expected"),
    [
        ("BSc, Mathematics", {"studyType": "BSc", "area": "Mathematics"}),
        ("BA, Politics, Philosophy", {"studyType": "BA, Politics", "area": "Philosophy"}),
        ("A levels", {"studyType": "A levels"}),
        ("BSc,", {"studyType": "BSc"}),
        (", Mathematics", {"area": "Mathematics"}),
        (" , ", {"studyType": ","}),
    ],
)
def test_a_degree_is_told_from_its_area_at_the_last_comma(degree: str, expected: dict[str, str]) -> None:
    found = items("Education.csv", f'School Name,Degree Name\nCollege,"{degree}"\n', "education")
    assert found == [{"institution": "College", **expected}]


def test_a_degree_stays_whole_where_a_column_tells_the_area() -> None:
    text = 'School Name,Degree Name,Field of Study\nCollege,"BSc, with honours",Mathematics\n'
    (found,) = items("Education.csv", text, "education")
    assert found == {"institution": "College", "studyType": "BSc, with honours", "area": "Mathematics"}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("[PORTFOLIO:https://a.example,COMPANY:http://b.example/x]", ["https://a.example", "http://b.example/x"]),
        ("[PERSONAL:https://a.example],[OTHER:b.example]", ["https://a.example", "https://b.example"]),
        ("COMPANY:http://a.example/en/, OTHER:https://b.example", ["http://a.example/en/", "https://b.example"]),
        ("https://a.example/1,2;BLOG:3", ["https://a.example/1,2;BLOG:3"]),
        ("[RSS_FEED:HTTPS://a.example]", ["HTTPS://a.example"]),
        ("[https://a.example,,b.example]", ["https://a.example", "https://b.example"]),
        ("[]", []),
        ("[OTHER:]", []),
    ],
)
def test_websites_are_read_in_each_form_of_their_list(cell: str, expected: list[str]) -> None:
    basics = read_file("Profile.csv", f'First Name,Websites\nInes,"{cell}"\n').document["basics"]
    assert [*([basics["url"]] if "url" in basics else []), *basics.get("otherWebsites", [])] == expected


def test_a_page_in_a_network_is_a_profile_there_and_a_repository_is_not() -> None:
    cell = "[OTHER:https://www.linkedin.com/in/ines-marrow/,OTHER:https://github.com/ines/tides,BLOG:not a site]"
    archive = read_file("Profile.csv", f'First Name,Websites\nInes,"{cell}"\n')
    assert archive.document["basics"] == {
        "name": "Ines",
        "profiles": [
            {"network": "LinkedIn", "username": "ines-marrow", "url": "https://www.linkedin.com/in/ines-marrow/"}
        ],
        "url": "https://github.com/ines/tides",
        "otherWebsites": ["not a site"],
    }
    assert [note.outcome for note in archive.notes] == ["kept_aside"]


@pytest.mark.parametrize(
    ("url", "expected", "outcomes"),
    [
        ("https://a.example/x", {"url": "https://a.example/x"}, []),
        ("a.example/x", {"url": "https://a.example/x"}, ["changed"]),
        ("javascript:alert(1)", {"linkedinUrl": "javascript:alert(1)"}, ["kept_aside"]),
        ("ada@a.example", {"linkedinUrl": "ada@a.example"}, ["kept_aside"]),
        ("version 3.8", {"linkedinUrl": "version 3.8"}, ["kept_aside"]),
        ("", {}, []),
    ],
)
def test_an_address_is_one_of_the_web_or_kept_aside(url: str, expected: dict[str, str], outcomes: list[str]) -> None:
    archive = read_file("Projects.csv", f"Title,Url\nTides,{url}\n")
    assert archive.document["projects"] == [{"name": "Tides", **expected}]
    assert [note.outcome for note in archive.notes] == outcomes


def test_a_name_is_put_together_as_its_script_has_it() -> None:
    assert read_file("Profile.csv", "First Name,Last Name,Maiden Name\n喆,林,\n").document == {
        "basics": {"name": "林喆"}
    }


def test_an_archive_without_a_name_gives_none() -> None:
    assert read_file("Profile.csv", "First Name,Headline\n,Clerk\n").document == {"basics": {"label": "Clerk"}}
    assert read_file("Skills.csv", "Name\nPython\n").document == {"skills": [{"name": "Python"}]}


def test_without_a_primary_address_the_first_one_comes_first() -> None:
    text = "Email Address\nfirst@mail.example\nsecond@mail.example\n"
    basics = read_file("Email Addresses.csv", text).document["basics"]
    assert basics == {"email": "first@mail.example", "otherEmails": ["second@mail.example"]}


def test_a_second_row_of_the_profile_is_refused_by_name() -> None:
    archive = read_file("Profile.csv", PERSON + "Odd,Fellow\n")
    assert archive.document == {"basics": {"name": "Ines Marrow"}}
    assert [(note.place, note.outcome) for note in archive.notes] == [("Profile.csv, row 3", "refused")]


@pytest.mark.parametrize(
    "name",
    [
        "Positions.csv",
        "positions.CSV",
        "Basic_LinkedInDataExport/Positions.csv",
        "a/b/c/ Posi_tions .csv",
    ],
)
def test_a_file_is_known_by_its_name_in_any_case_and_folder(name: str) -> None:
    assert items(name, "Title\nClerk\n", "work") == [{"position": "Clerk"}]


@pytest.mark.parametrize("name", ["Phone Numbers.csv", "PhoneNumbers.csv", "phone_numbers.csv"])
def test_a_name_may_be_written_with_spaces_or_without(name: str) -> None:
    assert read_file(name, "Number\n123\n").document == {"basics": {"phone": "123"}}


def test_names_that_a_kind_of_file_had_before_are_known() -> None:
    for kind in FILES.values():
        for name in kind.other_names:
            column = next(iter(kind.columns))
            assert list(read_file(f"{name}.csv", f"{column}\nx\n").document) == [kind.part]


def test_of_two_files_of_a_kind_the_one_in_fewer_folders_is_read() -> None:
    archive = read_zip(
        zipped({"a/Skills.csv": "Name\nOld\n", "z/y/Skills.csv": "Name\nOlder\n", "skills.csv": "Name\nNew\n"})
    )
    assert archive.document == {"skills": [{"name": "New"}]}
    assert [(note.place, note.outcome) for note in archive.notes] == [
        ("a/Skills.csv", "refused"),
        ("z/y/Skills.csv", "refused"),
    ]


@pytest.mark.parametrize(
    "name", ["Positions.txt", "Positions", ".Positions.csv", "__MACOSX/._Positions.csv", "Positions.csv.exe"]
)
def test_a_file_of_another_name_is_noted_and_not_read(name: str) -> None:
    archive = read_zip(zipped({name: b"\xff\0", "Profile.csv": PERSON}))
    assert archive.notes == [Note(name, "refused", "This file is not part of a career; it was not read.")]


def test_a_file_that_tells_of_a_career_without_a_place_for_it_is_noted_as_such() -> None:
    archive = read_zip(zipped({"Recommendations_Given.csv": "", "Profile.csv": PERSON}))
    assert [note.detail for note in archive.notes] == ["A profile has no place for this file; it was not read."]


def test_a_recommendation_is_a_reference_by_its_writer_and_hidden_where_the_person_hides_it() -> None:
    text = (
        "First Name,Last Name,Company,Job Title,Text,Creation Date,Status\n"
        "Bela,Toth,Quay Ltd,Harbour master,Knows every tide.,03/04/21,VISIBLE\n"
        ",Stone,,,Late.,,PENDING\n"
        ",,,,Nobody.,,\n"
    )
    assert items("Recommendations_Received.csv", text, "references") == [
        {
            "name": "Bela Toth",
            "company": "Quay Ltd",
            "jobTitle": "Harbour master",
            "reference": "Knows every tide.",
            "creationDate": "03/04/21",
            "status": "VISIBLE",
        },
        {"name": "Stone", "reference": "Late.", "status": "PENDING", "isVisible": False},
        {"reference": "Nobody."},
    ]


def test_patents_and_test_scores_are_lists_of_their_own() -> None:
    files = {
        "Patents.csv": "Title,Description,Issuer,Patent Number,Issued On\nFloat,Rises.,GB,GB 12,Mar 2019\n",
        "Test Scores.csv": "Name,Score,Test Date\nTides,98,2018\n",
        "Profile.csv": PERSON,
    }
    archive = read_zip(zipped(files))
    assert archive.document["patents"] == [
        {"title": "Float", "summary": "Rises.", "issuer": "GB", "number": "GB 12", "date": "2019-03"}
    ]
    assert archive.document["testScores"] == [{"name": "Tides", "score": "98", "date": "2018"}]
    assert (archive.places["/patents"], archive.places["/testScores"]) == ("Patents.csv", "Test Scores.csv")


# How CSV is read


def test_line_ends_within_a_text_become_those_of_a_document() -> None:
    text = 'Name\n"\r\n a\r\nb\rc\nd \n",,"e\r\nf"\n'
    assert items("Skills.csv", text, "skills") == [{"name": "a\nb\nc\nd", "beyondColumns": ["e\nf"]}]


@pytest.mark.parametrize(
    "text",
    [
        "Company Name,Title\nQuayside,Clerk\n",
        "\ufeffCompany Name,Title\nQuayside,Clerk\n",
        "Company Name,Title\r\nQuayside,Clerk\r\n",
        "Company Name,Title\rQuayside,Clerk",
        "title , COMPANY_NAME\n Clerk ,\tQuayside\n",
        '"Company Name","Title"\n"Quayside","Clerk"',
        "\n\nCompany Name,Title\n,\n\nQuayside,Clerk\n,,,,\n",
        'Notes:\n"Some, all\nor ""none"" of it"\n\nCompany Name,Title\nQuayside,Clerk\n',
        "Title\nAbove\nCompany Name,Title\nQuayside,Clerk\n",
        "Company Name,Title,,\nQuayside,Clerk,,\n",
    ],
)
def test_a_table_is_read_however_it_is_written(text: str) -> None:
    assert items("Positions.csv", text, "work") == [{"name": "Quayside", "position": "Clerk"}]


def test_short_and_long_rows_lose_nothing() -> None:
    archive = read_file("Positions.csv", "Company Name,Title\nQuayside\nPort,Clerk,more,,than that\n")
    assert archive.document["work"] == [
        {"name": "Quayside"},
        {"name": "Port", "position": "Clerk", "beyondColumns": ["more", "than that"]},
    ]
    assert [(note.place, note.outcome) for note in archive.notes] == [("Positions.csv, row 3", "kept_aside")]


def test_a_column_that_nobody_knows_keeps_its_value_under_its_name() -> None:
    text = (
        "Team size,IS_VISIBLE,Überstunden,URL,,***,Start Date,Name,Company Name,Title,title,Gpa\n"
        "6,false,viele,quay.example,a,b,Mar 2021,Alias,Quayside,Clerk,Scribe,4\n"
    )
    (found,) = items("Positions.csv", text, "work")
    assert found == {
        "teamSize": "6",
        "linkedinIsVisible": "false",
        "überstunden": "viele",
        "url": "https://quay.example",
        "column5": "a",
        "column6": "b",
        "startDate": "2021-03",
        "name": "Quayside",
        "name_": "Alias",
        "position": "Clerk",
        "position_": "Scribe",
        "linkedinGpa": "4",
    }


def test_the_header_is_among_the_first_twenty_rows_that_are_not_blank() -> None:
    above = "note\n" * 19
    assert items("Skills.csv", f"{above}Name\nPython\n", "skills") == [{"name": "Python"}]
    assert refusal(zipped({"Skills.csv": f"{above}note\nName\nPython\n"})).code == "unknown_columns"


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n", ",,\n , \n", "Name\n", "Name\n\n,\n"])
def test_an_empty_file_gives_nothing(text: str) -> None:
    archive = read_file("Skills.csv", text)
    assert (archive.document, archive.places, archive.notes, archive.rows) == ({}, {}, [], 0)


def test_each_row_is_a_step_and_what_the_step_raises_is_passed_on() -> None:
    steps: list[None] = []
    data = zipped(LINKEDIN)
    assert read(io.BytesIO(data), lambda: steps.append(None)).rows == len(steps)

    def lost() -> None:
        raise ValueError("the lease is lost")

    with pytest.raises(ValueError, match="the lease is lost") as caught:
        read(io.BytesIO(data), lost)
    assert not isinstance(caught.value, NotAnArchive)
