"""Careers as plain text and as a word processor's file."""

import io
import time
import zipfile
from typing import Any

import pytest
from docx import Document
from hypothesis import given, strategies as st
from lxml import etree  # type: ignore[import-untyped]  # it has no types of its own

from profiles.portability.printed.plain_text import COLUMNS, wrapped
from profiles.portability.printed.readable import arrange
from profiles.portability.printing import docx, text
from tests.portability.test_printed_careers import CUSTOM, POSITIONS
from tests.portability.test_printed_languages import HEBREW
from tests.portability.test_printing import ADA, as_typed, document_of, expected, holds_in_order, texts, words

pytestmark = pytest.mark.pure

BASICS = {"name": "Nora Feldmark", "email": "nora@example.com"}
MARKED = "**Led** a *team*, see [my work](https://a.example/w).\n\n- a\n  1. b\n- c\n\nd"


def opened(document: dict[str, Any], language: str = "en") -> Any:
    return Document(io.BytesIO(docx(document, language)))


def said(document: dict[str, Any]) -> str:
    """All texts of the file, in its order."""
    body = opened(document).element.body
    return words(" ".join("".join(paragraph.itertext()) for paragraph in body))


# Plain text -------------------------------------------------------------------------------------------------------


def test_the_text_shows_everything_that_stands_in_the_document() -> None:
    shown = words(text(ADA))
    assert [each for each in expected() if words(each) not in shown] == []


def test_a_text_has_no_marks_and_no_long_lines() -> None:
    made = text({"basics": {**BASICS, "summary": MARKED}, "work": [{**POSITIONS, "summary": "word " * 200}], **CUSTOM})
    assert "Led a team, see my work (https://a.example/w)." in made
    assert "\n- a\n  1. b\n- c\n\nd\n" in made
    assert "\nQuay Ltd\n" in made
    assert "\n  Chief clerk · 2019 – present\n  - Led five.\n" in made
    assert "EXPERIENCE\n----------\n" in made
    assert "PATENTS\n-------\n" in made
    assert max(map(len, made.splitlines())) <= COLUMNS
    assert "**" not in made


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ("", []),
        ("a b", ["- a b"]),
        ("a" * 100 + " b", ["- " + "a" * 100, "  b"]),
        ("字" * 50, ["- " + "字" * 37, "  " + "字" * 13]),
        ("字" * 36 + "。字字", ["- " + "字" * 36 + "。", "  字字"]),
        ("a " * 60, ["- " + "a " * 36 + "a", "  " + "a " * 22 + "a"]),
        ('"a" ' * 30, ["- " + '"a" ' * 17 + '"a"', "  " + '"a" ' * 11 + '"a"']),
        ("#a @b (c) " * 10, ["- " + "#a @b (c) " * 7 + "#a", "  @b (c) #a @b (c) #a @b (c)"]),
        ("a" * 72 + " – b", ["- " + "a" * 72 + " –", "  b"]),
    ],
)
def test_lines_end_where_they_may(given: str, lines: list[str]) -> None:
    assert wrapped(given, "- ", "  ") == lines


@given(texts)
def test_any_text_is_read_in_plain_text(typed: str) -> None:
    if "](" not in typed and "<" not in typed:
        shown = "".join(text(document_of(typed)).split())
        assert [each for each in as_typed(typed) if "".join(each.split()).upper() not in shown.upper()] == []


# Word processors --------------------------------------------------------------------------------------------------


def test_the_file_shows_everything_that_stands_in_the_document() -> None:
    shown = said(ADA)
    assert [each for each in expected() if words(each) not in shown] == []


def test_headings_lists_and_texts_have_styles() -> None:
    work = {**POSITIONS, "summary": MARKED}
    made = [(each.style.name, each.text) for each in opened({"basics": BASICS, "work": [work]}).paragraphs]
    assert made[0] == ("Title", "Nora Feldmark")
    assert ("Heading 1", "Experience") in made
    assert ("Heading 2", "Quay Ltd") in made
    assert ("Heading 3", "Chief clerk\t2019 – present") in made
    assert [name for name, shown in made if shown in {"a", "b", "c", "d"}] == [
        *("List Bullet", "List Number 2", "List Bullet", "Normal")
    ]


def test_marks_are_looks_and_links() -> None:
    document = opened({"basics": {"name": "Nora", "summary": MARKED}})
    [first] = [each for each in document.paragraphs if each.text.startswith("Led")]
    assert [run.text for run in first.runs if run.bold] == ["Led"]
    assert [run.text for run in first.runs if run.italic] == ["team"]
    assert [(link.text, link.address) for link in first.hyperlinks] == [("my work", "https://a.example/w")]
    assert first.text == "Led a team, see my work."


def test_a_hebrew_document_is_read_from_right_to_left() -> None:
    for paragraph in opened(HEBREW).paragraphs:
        is_turned = b"<w:bidi/>" in etree.tostring(paragraph.paragraph_format.element)
        assert is_turned is not paragraph.text.startswith(("An English", "English"))


def test_a_heading_in_english_stands_where_a_hebrew_document_has_headings() -> None:
    degree = {"institution": "הטכניון", "studyType": "BSc", "startDate": "2014", "endDate": "2018"}
    [head] = [each for each in opened({**HEBREW, "education": [degree]}).paragraphs if each.text.startswith("BSc")]
    assert b"<w:bidi/>" in etree.tostring(head.paragraph_format.element)
    # Years keep their order.
    assert head.text.endswith("\t\N{LEFT-TO-RIGHT MARK}2014 – 2018")


def test_dates_beside_a_hebrew_heading_are_as_small_as_beside_others() -> None:
    runs = [run for each in opened(HEBREW).paragraphs for run in each.runs if run.text.startswith("\t")]
    assert runs
    for run in runs:
        assert run.font.cs_bold is False
        assert b'<w:szCs w:val="20"/>' in etree.tostring(run.element)


def test_two_files_of_one_document_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their ETag says so, whenever they are made."""
    first = docx(HEBREW)
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    assert docx(HEBREW) == first


def test_the_file_says_what_it_is() -> None:
    about = opened({"basics": {"name": "Nora " * 100}}, "de").core_properties
    assert about.title == ("Nora " * 100)[:255]
    assert (about.language, about.created, about.modified, about.comments) == ("de", None, None, "")


@given(
    st.lists(st.characters() | st.sampled_from(["\ufffe", "\uffff", "\x0b", "<w:p>", "&amp;"]), max_size=20).map(
        "".join
    )
)
def test_any_text_makes_a_file_that_can_be_opened(typed: str) -> None:
    made = docx(document_of(typed), "en")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name))
    pieces = [piece.replace("\ufffe", "").replace("\uffff", "") for piece in as_typed(typed)]
    shown = "".join(etree.fromstring(zipfile.ZipFile(io.BytesIO(made)).read("word/document.xml")).itertext())
    assert [piece for piece in pieces if "".join(piece.split()) not in "".join(shown.split())] == []


def test_sections_stand_in_the_order_of_the_sheet() -> None:
    headings = [section.heading for section in arrange(ADA).sections]
    assert holds_in_order(said(ADA), headings)
