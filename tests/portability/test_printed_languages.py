"""In which language headings and dates of printed careers are, and in which direction their texts are read."""

import re
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader, mult

from profiles.models import Profile
from profiles.portability.printed.directions import are_mostly_rtl, is_rtl
from profiles.portability.printed.layouts import LAYOUTS
from profiles.portability.printing import html, markdown, sheet_of
from tests.portability.test_exports import export
from tests.portability.test_printing import read_back
from tests.support.client import ApiClient
from tests.support.factories import make_profile
from tests.support.jobs import ASYNC, filed, run, shown
from tests.support.printed import pdf
from users.models import User

LANGUAGES = ("en", "de", "fr", "es")
WORK = {"position": "Planner", "name": "Quay Ltd", "startDate": "2019-03", "technologies": ["Rope"]}
RESUME: dict[str, Any] = {
    "basics": {"name": "Nora Feldmark", "image": "https://a.example/n.png"},
    "work": [WORK, {**WORK, "startDate": "2015-12-31", "endDate": "2016"}],
    "education": [
        {"institution": "Quay College", "startDate": "2010-05", "gpa": 3.5},
        {"area": "Knots", "endDate": "2009"},
    ],
}
# Headings, the first job's dates, the second one's, and those of the two studies.
SAID = {
    "en": [
        "Experience",
        "Mar 2019 – present",
        "31 Dec 2015 – 2016",
        "Technologies",
        "from May 2010",
        "GPA",
        "until 2009",
    ],
    "de": ["Berufserfahrung", "März 2019 – heute", "31. Dez. 2015 – 2016", "Technologien", "ab Mai 2010", "Notendurch"],
    "fr": [
        "Expérience",
        "mars 2019 – aujourd’hui",
        "31 déc. 2015 – 2016",
        "Technologies",
        "à partir de mai 2010",
        "Moyenne",
    ],
    "es": ["Experiencia", "mar 2019 – actualidad", "31 dic 2015 – 2016", "Tecnologías", "desde may 2010", "Nota media"],
}


@pytest.mark.pure
@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_dates_and_labels_are_in_the_language(language: str) -> None:
    page, text, printed = html(RESUME, language), markdown(RESUME, language), read_back(pdf(RESUME, language=language))
    assert f'<html lang="{language}">' in page
    for word in SAID[language]:
        assert word in re.sub("<time[^>]*>|</time>", "", page)
        assert word in text.replace("\\.", ".")
        assert word in printed.replace("\ufb01", "fi")


@pytest.mark.pure
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_names_its_language(language: str) -> None:
    catalogue: Any = PdfReader(BytesIO(pdf(RESUME, language=language))).trailer["/Root"]
    assert catalogue["/Lang"] == language


@pytest.mark.pure
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_month_has_a_name(language: str) -> None:
    work = [{**WORK, "startDate": f"2019-{month:02}", "endDate": "2020"} for month in range(1, 13)]
    items = sheet_of({"work": work}, language).sections[0].items
    assert len({item.dates[0].text for item in items}) == 12
    assert [item.dates[0].iso for item in items] == [each["startDate"] for each in work]


@pytest.mark.pure
def test_no_heading_is_english_elsewhere() -> None:
    documents = {
        layout.key: [dict.fromkeys(("name", "language", "title", "organization", "institution"), "x")]
        for layout in LAYOUTS
    }
    documents["skills"].append({"name": "y", "kind": "soft"})
    english = [section.heading for section in sheet_of(documents).sections]
    assert len(english) == len(LAYOUTS) + 1
    for language in ("de", "fr", "es"):
        said = [section.heading for section in sheet_of(documents, language).sections]
        # In French a word may be the same.
        assert sum(a == b for a, b in zip(english, said, strict=True)) <= 1


@pytest.fixture
def profile(user: User) -> Profile:
    return make_profile(user, 1, full_name="Ada Lovelace")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["markdown", "html", "pdf"])
def test_the_language_is_the_accounts_unless_the_request_names_one(api: ApiClient, profile: Profile, name: str) -> None:
    answers = {"en": export(api, profile, format=name, include="hidden")}
    User.objects.filter(pk=profile.user_id).update(language="fr")
    answers["fr"] = export(api, profile, format=name, include="hidden")
    answers["de"] = export(api, profile, format=name, include="hidden", lang="de")
    assert {language: answer["Content-Language"] for language, answer in answers.items()} == {k: k for k in answers}
    assert len({answer["ETag"] for answer in answers.values()}) == 3
    assert len({answer.content for answer in answers.values()}) == 3
    # What is kept in one language is not taken for another, and is known again in its own.
    path = f"/api/v1/profiles/{profile.pk}/export"
    query = {"format": name, "include": "hidden"}
    for language, status in (("de", 304), ("es", 200)):
        kept = api.get(path, query={**query, "lang": language}, headers={"If-None-Match": answers["de"]["ETag"]})
        assert kept.status_code == status


@pytest.mark.django_db
def test_a_language_that_the_service_does_not_speak_is_refused(api: ApiClient, profile: Profile) -> None:
    for name in ("json-resume", "markdown"):
        answer = export(api, profile, format=name, lang="tlh")
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("Language: ")
        assert answer.json()["errors"][0]["parameter"] == "lang"


@pytest.mark.django_db
def test_data_for_programs_are_in_no_language(api: ApiClient, profile: Profile) -> None:
    plain, german = export(api, profile), export(api, profile, lang="de")
    assert (plain["ETag"], plain.content) == (german["ETag"], german.content)
    assert "Content-Language" not in plain


@pytest.mark.django_db
def test_a_job_prints_in_the_language_of_its_request(api: ApiClient, profile: Profile) -> None:
    path = f"/api/v1/profiles/{profile.pk}/export"
    query = {"format": "markdown", "include": "hidden", "lang": "de"}
    job = filed(api.get(path, query=query, headers=ASYNC))
    run(job)
    made = api.get(shown(api, job)["result"]["href"])
    assert "## Berufserfahrung" in made.getvalue().decode()


# Directions -------------------------------------------------------------------------------------------------------

HEBREW: dict[str, Any] = {
    "basics": {
        "name": "דנה לוי-כהן",
        "label": "מהנדסת תוכנה (Backend)",
        "phone": "+972-50-1234567",
        "summary": "מפתחת Python ו-Django עם 12 שנות ניסיון.\n\nAn English paragraph.",
    },
    "work": [{"name": "חברת הנמל", "position": "ראש צוות", "startDate": "2019-03", "highlights": ["הובלה", "English"]}],
}
MIDDLE = 595 / 2


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "rtl"),
    [("", False), ("12 (!)", False), ("a שלום", False), ("שלום a", True), ("12 سلام", True), ("字", False)],
)
def test_the_first_letter_tells_the_direction(text: str, rtl: bool) -> None:  # noqa: FBT001  # a table's column
    assert is_rtl(text) is rtl


@pytest.mark.pure
def test_most_letters_tell_a_documents_direction() -> None:
    assert are_mostly_rtl(["Ada", "שלום עולם"])
    assert not are_mostly_rtl(["Ada Lovelace", "שלום"])
    assert not are_mostly_rtl([])


def lefts(content: bytes) -> dict[str, float]:
    """Where on the first page each piece of text begins, in points from the left."""
    found: dict[str, float] = {}

    def visit(text: str, page: list[float], line: list[float], *rest: Any) -> None:
        if text.strip():
            found.setdefault(text.strip(), mult(line, page)[4])

    PdfReader(BytesIO(content)).pages[0].extract_text(visitor_text=visit)
    return found


@pytest.mark.pure
def test_a_hebrew_document_is_laid_out_from_right_to_left() -> None:
    places = lefts(pdf(HEBREW))
    dates = [place for text, place in places.items() if "2019" in text]
    assert places["Experience"] > MIDDLE
    assert max(dates) < MIDDLE
    # An English paragraph is read from its own left.
    assert min(place for text, place in places.items() if text.startswith("An English")) < 80
    page = html(HEBREW)
    assert '<html lang="en" dir="rtl">' in page
    assert '<a href="tel:+972501234567" dir="auto"' in page


@pytest.mark.pure
def test_what_is_written_from_left_to_right_stands_where_a_hebrew_document_has_it() -> None:
    degree = {"institution": "Technion", "studyType": "BSc", "startDate": "2014-10-01", "endDate": "2018"}
    places = lefts(pdf({**HEBREW, "education": [degree]}))
    assert places["BSc"] > MIDDLE
    assert places["Technion"] > MIDDLE
    # A date is in words of ours, and is read from left to right.
    assert any(text.startswith("1 Oct 2014") for text in places)


@pytest.mark.pure
def test_a_hebrew_paragraph_in_an_english_document_begins_at_the_right() -> None:
    places = lefts(
        pdf({"basics": {"name": "Nora Feldmark", "label": "Planner of harbours", "summary": "שלום"}, **RESUME})
    )
    assert places["Experience"] < 80
    document = {**RESUME, "basics": {"name": "Nora Feldmark", "summary": "שלום"}}
    assert max(lefts(pdf(document)).values()) > 500
    assert '<html lang="en">' in html(document)
