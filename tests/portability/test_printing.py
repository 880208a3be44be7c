"""Exports for people: what Markdown, page and PDF show, and that people's texts stay texts in each of them."""

import ast
import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.utils.html import escape
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt
from pypdf import PdfReader, mult
from typst import TypstError

from profiles.portability import printing
from profiles.portability.printed.readable import UNNAMED, arrange
from profiles.portability.printed.rich import plain_lines
from profiles.portability.printed.sheets import Fact, Link, Moment, SheetItem, SheetSection
from profiles.portability.printed.typesetter import typeset
from profiles.portability.printing import HTML_STYLE, HTML_STYLE_SOURCE, NotPrinted, html, markdown
from tests.support.printed import pdf

pytestmark = pytest.mark.pure

ADA: dict[str, Any] = json.loads((Path(__file__).parent.parent / "data" / "ada.resume.json").read_text())
MADE = datetime(2026, 11, 24, 12, tzinfo=UTC)
# What HTML has that could ask for something: elements, and attributes that name what is to be loaded or sent.
ASKING = {"script", "img", "link", "iframe", "object", "embed", "video", "audio", "source", "form", "base", "svg"}
ADDRESSED = {"src", "srcset", "action", "formaction", "data", "poster", "background", "ping", "style"}
VOID = {"meta", "br"}
# What marks in texts may be on a page.
MEANT = {"br", "time", "ul", "ol", "li", "strong", "em", "s", "code", "a"}

# Marks of Markdown and HTML are frequent, so that they meet.
MARKS = st.sampled_from(
    [*"*_`#<>[]()!&;\\|~$-+=.:1 \n\t'\"/", "<b>", "&lt;", "&#35;", "](x)", "http://a.b", "---", "1) "]
)
texts = st.lists(MARKS | st.characters(), max_size=30).map("".join) | st.text()


class Page(HTMLParser):
    """A page's elements, their attributes, and its texts; refuses elements that aren't closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "br":
            self.texts.append("\n")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def addresses(self) -> list[str | None]:
        return [attributes["href"] for _, attributes in self.elements if "href" in attributes]


def words(text: str) -> str:
    """A text with all white space alike."""
    return " ".join(text.split())


def leaves(value: Any) -> Iterator[str]:
    """Every text and number in a document."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, str | float) and not isinstance(value, bool):
        yield str(value)


def expected() -> list[str]:
    """What of Ada's document must be read, dates and addresses in the form that is shown."""
    document = {key: value for key, value in ADA.items() if key != "meta"}
    location = {"display": ADA["basics"]["location"]["display"]}
    document["basics"] = {**ADA["basics"], "location": location, "image": ""}
    document["skills"] = [{**skill, "kind": ""} for skill in ADA["skills"]]
    texts = [text for leaf in leaves(document) for text in leaf.splitlines()]
    dates = {"2021-03": "Mar 2021", "2016-08-31": "31 Aug 2016", "2022-11-05": "5 Nov 2022", "2026-05": "May 2026"}
    shown = (dates.get(text, re.sub("^https://|/$", "", text)) for text in texts)
    marked = "gave them away (*C++* and Rust)."
    plain = [text.replace(marked, marked.replace("*", "")) for text in shown]
    return [text for text in plain if text and not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text)]


def rendered(text: str) -> Page:
    """Markdown as a CommonMark parser reads it, tables and strikethrough included."""
    return Page(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))


def read_back(content: bytes) -> str:
    return words(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages))


@pytest.fixture(scope="module")
def printed() -> bytes:
    return pdf(ADA, MADE)


def test_markdown_shows_everything_that_stands_in_the_document() -> None:
    page = rendered(markdown(ADA))
    assert [text for text in expected() if words(text) not in words(page.text)] == []


def test_the_page_shows_everything_that_stands_in_the_document() -> None:
    page = Page(html(ADA))
    assert [text for text in expected() if words(text) not in words(page.text)] == []


def test_the_pdf_shows_everything_that_stands_in_the_document_in_letters_that_typst_has(printed: bytes) -> None:
    squeezed = read_back(printed).replace(" ", "")
    missing = [text for text in expected() if "".join(text.split()) not in squeezed and "日本" not in text]
    assert missing == []


def test_unknown_keys_and_meta_are_not_shown() -> None:
    document = {"basics": {"name": "Ada", "shoeSize": "size thirty-nine"}, "meta": {"masterProfile": {"label": "size"}}}
    document |= {"work": [{"name": "Northwind", "salary": "size of a house"}], "size": {"of": "size"}}
    assert "size" not in markdown(document)
    assert "size" not in Page(html(document)).text


def test_sections_stand_in_order_with_soft_skills_apart() -> None:
    headings = [section.heading for section in arrange(ADA).sections]
    assert headings == [
        *("Experience", "Education", "Projects", "Skills", "Soft skills", "Languages", "Certificates"),
        *("Publications", "Awards", "Volunteering", "Interests", "References"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"basics": {}, "work": [], "skills": [], "meta": {}},
        {"basics": None, "work": None, "skills": None},
        {"basics": [], "work": {}, "skills": "Python", "languages": [None, "German", 3, []]},
        {"basics": {"name": "  ", "location": "London", "profiles": {"network": "x"}}, "work": [{}, {"name": " \n"}]},
        {"skills": [{"name": ""}, {"keywords": [" "]}], "interests": [{"name": None, "keywords": None}]},
        {"education": [{"gpa": None, "courses": [None, {}], "isCurrent": True}], "awards": [{"date": True}]},
    ],
)
def test_a_document_without_content_is_a_sheet_without_sections(document: dict[str, Any]) -> None:
    assert arrange(document).sections == ()
    assert markdown(document) == f"# {UNNAMED}\n"
    assert words(Page(html(document)).text) == f"{UNNAMED} {UNNAMED}"


def test_a_person_without_a_name_is_called_by_their_label() -> None:
    sheet = arrange({"basics": {"label": "Engineer"}})
    assert (sheet.name, sheet.label) == ("Engineer", "")


@pytest.mark.parametrize(
    ("kind", "item", "shown"),
    [
        ("work", {"startDate": "2021-03"}, "Mar 2021 – present"),
        ("work", {"startDate": "2021-03", "endDate": None}, "Mar 2021 – present"),
        ("work", {"startDate": "2021-03", "endDate": ""}, "Mar 2021 – present"),
        ("work", {"startDate": "2021-03-01", "endDate": "2022"}, "1 Mar 2021 – 2022"),
        ("work", {"startDate": "2021", "endDate": "2021"}, "2021"),
        ("work", {"endDate": "2021-12-31"}, "until 31 Dec 2021"),
        ("work", {"startDate": "spring 2021", "endDate": "2021-13"}, "spring 2021 – 2021-13"),
        ("work", {}, ""),
        ("volunteer", {"startDate": "2021"}, "from 2021"),
        ("projects", {"startDate": "2021"}, "from 2021"),
        ("education", {"startDate": "2021"}, "from 2021"),
        ("education", {"startDate": "2021", "isCurrent": True}, "2021 – present"),
        ("education", {"startDate": "2021", "isCurrent": "no"}, "from 2021"),
        ("awards", {"date": "2021-02"}, "Feb 2021"),
        ("publications", {"releaseDate": "1999"}, "1999"),
    ],
)
def test_dates_are_read_as_people_say_them(kind: str, item: dict[str, Any], shown: str) -> None:
    names = dict.fromkeys(("name", "title", "institution", "organization"), "Ada")
    [section] = arrange({kind: [names | item]}).sections
    assert " – ".join(moment.text for moment in section.items[0].dates) == shown


def test_a_date_keeps_its_machine_readable_form() -> None:
    [section] = arrange({"work": [{"name": "N", "startDate": "2021-03"}]}).sections
    assert section.items[0].dates == (Moment("Mar 2021", "2021-03"), Moment("present"))
    assert '<time datetime="2021-03">Mar 2021</time> – present' in html({"work": [{"startDate": "2021-03"}]})


def test_the_first_title_that_is_there_heads_an_item() -> None:
    [section] = arrange({"work": [{"name": "Northwind"}, {"name": "Northwind", "position": "Engineer"}]}).sections
    assert section.items == (SheetItem(title="Northwind"), SheetItem(title="Engineer", subtitle="Northwind"))


def test_words_with_keywords_have_a_line_of_their_own() -> None:
    skills = [{"name": "SQL", "level": "expert", "keywords": ["a", "b"]}, {"name": "C#"}, {"level": "expert"}]
    section = SheetSection("Skills", facts=(Fact("SQL (expert)", "a · b"),), words=("C#", "expert"))
    assert arrange({"skills": skills}).sections == (section,)


@pytest.mark.parametrize(
    ("profile", "link"),
    [
        (
            {"network": "GitHub", "username": "ada", "url": "https://github.com/ada"},
            Link("github.com/ada", "https://github.com/ada"),
        ),
        ({"network": "GitHub", "username": "ada"}, Link("ada", "", "GitHub")),
        (
            {"network": "Chess", "username": "ada", "url": "https://a.b/9"},
            Link("ada (a.b/9)", "https://a.b/9", "Chess"),
        ),
        ({"network": "Chess"}, Link("Chess")),
        ({"url": "javascript:alert(1)"}, Link("javascript:alert(1)")),
    ],
)
def test_a_profile_says_network_and_name_once(profile: dict[str, str], link: Link) -> None:
    assert arrange({"basics": {"profiles": [profile]}}).contacts == (link,)


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (("12 Row", "N1", "London", "England", "GB"), "12 Row, N1, London, England, GB"),
        (("", "", "London", "", "GB"), "London, GB"),
        (("神宮前1-2-3", "150-0001", "渋谷区", "東京都", "JP"), "150-0001 東京都渋谷区神宮前1-2-3, JP"),
        (("", "", "東京", "", "JP"), "東京, JP"),
        (("中关村大街1号", "", "北京", "", ""), "北京中关村大街1号"),
        (("테헤란로 152", "06236", "강남구", "서울", "KR"), "06236 서울 강남구 테헤란로 152, KR"),
        (("1-2-3 Jingumae", "150-0001", "Shibuya", "Tokyo", "JP"), "1-2-3 Jingumae, 150-0001, Shibuya, Tokyo, JP"),
        (("", "150-0001", "", "", "JP"), "150-0001, JP"),
        # Where not all is in such letters, nothing is put together without a blank.
        (("Flat A, 5/F", "", "中環", "Hong Kong", "HK"), "Flat A, 5/F, 中環, Hong Kong, HK"),
        (("Rua X", "", "São Paulo (聖保羅)", "SP", "BR"), "Rua X, São Paulo (聖保羅), SP, BR"),
        # Some write all into the last part.
        (("東京都渋谷区神宮前1-2-3", "", "渋谷区", "東京都", "JP"), "東京都渋谷区神宮前1-2-3, JP"),
        (("渋谷区神宮前1-2-3", "", "渋谷区", "東京都", "JP"), "東京都渋谷区神宮前1-2-3, JP"),
        (("中关村大街1号", "", "北京市", "北京", "CN"), "北京市中关村大街1号, CN"),
        (("", "", "北京", "北京", ""), "北京"),
        (("서울 강남구 테헤란로 152", "", "강남구", "서울", "KR"), "서울 강남구 테헤란로 152, KR"),
        (("中央通り1", "", "中央区", "東京都", ""), "東京都中央区中央通り1"),
        (("", "", "奈良", "𠮷", ""), "𠮷奈良"),
    ],
)
def test_a_location_without_a_line_of_its_own_is_put_together(parts: Sequence[str], line: str) -> None:
    location = dict(zip(("address", "postalCode", "city", "region", "countryCode"), parts, strict=True))
    assert arrange({"basics": {"location": location}}).contacts == (Link(line),)


@pytest.mark.parametrize(
    ("field", "link"),
    [
        ({"name": "Driving licence", "value": "B"}, Link("B", "", "Driving licence")),
        ({"name": "", "value": "EU citizen"}, Link("EU citizen")),
        ({"name": "Portfolio", "value": "https://a.b/c"}, Link("https://a.b/c", "https://a.b/c", "Portfolio")),
        ({"text": "My shop", "link": "https://a.b"}, Link("My shop", "https://a.b")),
        ({"text": "", "link": "https://a.b"}, Link("https://a.b", "https://a.b")),
        ({"text": "Run", "link": "javascript:alert(1)"}, Link("Run")),
        ({"name": "ID", "value": "David"}, Link("David", "", "ID")),
        ({"name": "EU citizen", "value": ""}, Link("EU citizen")),
        ({"name": "Remote", "value": "Remote"}, Link("Remote")),
    ],
)
def test_fields_of_a_persons_own_stand_with_the_addresses(field: dict[str, str], link: Link) -> None:
    assert arrange({"basics": {"customFields": [field, {}, "x"]}}).contacts == (link,)


def test_a_field_of_ones_own_is_shown_whatever_else_says_the_same() -> None:
    fields = [{"name": "Class B", "value": "Yes"}, {"name": "EU citizen", "value": "Yes"}, {"text": "a@b.c"}]
    contacts = arrange({"basics": {"email": "a@b.c", "customFields": [*fields, *fields]}}).contacts
    assert contacts[1:] == (Link("Yes", "", "Class B"), Link("Yes", "", "EU citizen"))


def test_a_publication_says_who_wrote_it() -> None:
    authors = ["***Ada Björk***", {"name": "Bo Ek"}, "Cy *K*", {"key": 1}]
    [section] = arrange({"publications": [{"name": "On tides", "authors": authors, "doi": "10.1/abc"}]}).sections
    assert section.items[0].facts == (Fact("Authors", "Ada Björk · Bo Ek · Cy *K*"), Fact("DOI", "10.1/abc"))


def test_a_picture_within_the_document_is_not_shown() -> None:
    assert arrange({"basics": {"image": "data:image/png;base64,AAAA"}}).contacts == ()


def test_an_address_is_shown_once() -> None:
    basics = {"url": "https://a.b", "linkedin": "https://a.b/", "profiles": [{"url": "http://a.b"}]}
    assert arrange({"basics": basics}).contacts == (Link("a.b", "https://a.b"),)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://a.example/x y", "https://a.example/x%20y"),
        ("HTTPS://a.example/?a=1&copy;=2", "HTTPS://a.example/?a=1&copy;=2"),
        ('https://a.example/"><b>(\\)', "https://a.example/%22%3E%3Cb%3E(%5C)"),
        ("mailto:ada@a.example", "mailto:ada@a.example"),
        ("a.example", None),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,<b>", None),
        ("file:///etc/passwd", None),
        ("//a.example", None),
    ],
)
def test_only_addresses_of_the_web_mail_and_telephone_are_followed(url: str, address: str | None) -> None:
    document = {"work": [{"name": "N", "url": url}]}
    expected = [address] if address else []
    assert Page(html(document)).addresses() == expected
    found = [href for href in rendered(markdown(document)).addresses() if href]
    assert [href.replace("%5C", "\\") for href in found] == [href.replace("%5C", "\\") for href in expected]
    reader = PdfReader(BytesIO(pdf(document)))
    annotations = [note.get_object() for note in reader.pages[0].get("/Annots", [])]
    assert {note["/A"]["/URI"] for note in annotations} == set(expected)


def document_of(text: str) -> dict[str, Any]:
    """A text at each kind of place."""
    return {
        "basics": {"name": text, "label": text, "summary": text, "profiles": [{"network": text, "username": "u"}]},
        "work": [{"position": text, "name": text, "location": text, "summary": text, "highlights": [text, text]}],
        "education": [{"courses": [text], "startDate": text}],
        "skills": [{"name": text, "keywords": [text]}, {"name": text}],
    }


def as_typed(text: str) -> list[str]:
    """The pieces of `document_of` in their order, as the sheet has them: what both formats have to show."""
    sheet = arrange(document_of(text))
    pieces = [sheet.name, sheet.label]
    for link in sheet.contacts:
        pieces += [link.label, link.text]
    pieces += plain_lines(sheet.texts)
    for section in sheet.sections:
        pieces.append(section.heading)
        for item in section.items:
            dates = [moment.text for moment in item.dates]
            lines = [line for blocks in (item.texts, *item.points) for line in plain_lines(blocks)]
            pieces += [item.title, item.subtitle, *item.remarks, *dates, *lines]
            pieces += [piece for fact in item.facts for piece in (fact.label, fact.text)]
        pieces += [piece for fact in section.facts for piece in (fact.label, fact.text)]
        pieces += section.words
    return [piece for piece in pieces if piece]


def holds_in_order(shown: str, pieces: list[str]) -> bool:
    place = 0
    for piece in pieces:
        place = shown.find(words(piece), place)
        if place < 0:
            return False
        place += len(words(piece))
    return True


@given(texts)
def test_any_text_is_read_in_markdown_as_it_was_typed(text: str) -> None:
    page = rendered(markdown(document_of(text)))
    assert holds_in_order(words(page.text), as_typed(text))
    headings = [tag for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    sheet = arrange(document_of(text))
    titles = [item.title for section in sheet.sections for item in section.items if item.title]
    assert len(headings) == 1 + len(sheet.sections) + len(titles)
    drawn = {"h1", "h2", "h3", "p", "br", "ul", "ol", "li", "strong", "em", "code", "a"}
    assert {tag for tag, _ in page.elements} <= drawn


@given(texts)
def test_any_text_is_read_on_the_page_as_it_was_typed(text: str) -> None:
    page = Page(html(document_of(text)))
    pieces = as_typed(text)
    # The page has the dates beside the title.
    shown = words(page.text)
    assert all(words(piece) in shown for piece in pieces)
    plain = Page(html(document_of("word")))
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in plain.elements} | MEANT


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        '#import "@preview/x:1.0.0"',
        "$x^2$ @ref <label> *",
        '"] #panic()',
        "// /* [",
        "x" * 3000,
    ],
)
@pytest.mark.slow
def test_commands_of_typst_stay_as_typed(text: str) -> None:
    document = {"basics": {"name": text, "summary": text}, "work": [{"position": text, "highlights": [text]}]}
    shown = read_back(pdf(document)).replace(" ", "")
    assert shown.count(text.replace(" ", "")) >= 3


@pytest.mark.parametrize("name", ["李小龍", "عمر الخيام", "नमस्ते", "שלום", "Ada 🎉", "\ufffe\U0010ffff", "a\u202eb"])
def test_a_name_in_any_script_makes_a_pdf(name: str) -> None:
    content = pdf({"basics": {"name": name}})
    assert PdfReader(BytesIO(content)).metadata.title == name  # type: ignore[union-attr]  # a title is set always


def test_the_pdf_says_what_it_is(printed: bytes) -> None:
    assert printed.startswith(b"%PDF-")
    reader = PdfReader(BytesIO(printed))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Ada Björk-Nakamura", "Ada Björk-Nakamura")
    assert reader.metadata.creation_date == MADE
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "en"
    assert catalogue["/MarkInfo"]["/Marked"]
    width, height = reader.pages[0].mediabox.width, reader.pages[0].mediabox.height
    assert (round(width), round(height)) == (595, 842)


def test_marks_without_a_letter_make_a_pdf() -> None:
    """Of a text from right to left that is longer than a line."""
    marks = "".join(map(chr, range(0x898, 0x8A0)))
    words = ["".join(map(chr, range(0x640, 0x64A))), marks, "ab", marks[::-1], "".join(map(chr, range(0x860, 0x86A)))]
    shown = pdf({"basics": {"name": marks, "summary": " ".join(words * 20)}})
    assert PdfReader(BytesIO(shown)).pages[0].extract_text().count("◌") > 20


def test_marks_on_their_letters_stay_as_they_are() -> None:
    career = {"basics": {"name": "שָׁלוֹם", "summary": "नमस्ते, مُحَمَّد, e\u0301"}}
    assert "◌" not in PdfReader(BytesIO(pdf(career))).pages[0].extract_text()


def test_a_pdf_of_the_same_document_and_time_is_the_same(printed: bytes) -> None:
    assert pdf(ADA, MADE) == printed


@pytest.mark.parametrize("length", [1, 40, 400])
@pytest.mark.parametrize("count", [5, 20, 40, 200])
@pytest.mark.slow
def test_no_line_of_a_long_item_runs_off_the_page(count: int, length: int) -> None:
    lines = [f"No. {number} " + "W" * length for number in range(count)]
    reader = PdfReader(BytesIO(pdf({"work": [{"position": "Engineer", "highlights": lines}]})))
    heights: list[float] = []

    def visit(text: str, page: list[float], line: list[float], *rest: Any) -> None:
        if text.strip():
            heights.append(mult(line, page)[5])

    shown = "".join(page.extract_text(visitor_text=visit) for page in reader.pages)
    assert [number for number in range(count) if f"No. {number} " not in shown] == []
    # A4 is 842 points high, with its number at 34, and a line holds 47 times the widest letter.
    assert 30 < min(heights) < max(heights) < 842
    assert max(line.count("W") for line in shown.splitlines()) < 50


def heights(content: bytes) -> list[tuple[float, str]]:
    """The height of each piece of text on the first page, from its top, and the piece."""
    found: list[tuple[float, str]] = []

    def visit(text: str, page: list[float], line: list[float], *rest: Any) -> None:
        found.extend([(842 - mult(line, page)[5], text.strip())] if text.strip() else [])

    PdfReader(BytesIO(content)).pages[0].extract_text(visitor_text=visit)
    return found


def test_no_title_overlaps_what_follows_it() -> None:
    lists: dict[str, list[dict[str, Any]]] = {
        "work": [{"position": "Title"}, {"name": "Title", "positions": [{"position": "Title"}]}],
        "projects": [{"name": "Title"}, {"name": "Title", "startDate": "2019"}],
        "volunteer": [{"organization": "Title"}, {"organization": "Title", "position": "Title"}],
    }
    texts = ({"summary": "What follows."}, {"highlights": ["What follows."]}, {"url": "https://follows.example"})
    for text in texts:
        items = {key: [{**text, "description": text.get("summary"), **item} for item in lists[key]] for key in lists}
        tops = sorted({round(height) for height, _ in heights(pdf({"basics": {"name": "Ada"}, **items}))})
        assert len(tops) > 12
        # A line of this size is 11 points high.
        assert min(lower - upper for upper, lower in pairwise(tops)) >= 11


def test_a_short_item_stays_on_one_page() -> None:
    jobs = [{"position": f"Job {number}", "highlights": [f"Line {number}"] * 9} for number in range(12)]
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf({"work": jobs}))).pages]
    assert len(pages) > 2
    for number in range(12):
        assert {page.count(f"Line {number}\n") for page in pages if f"Job {number}\n" in page} == {9}


def test_a_pdf_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "AT_ONCE", printing.Room(0.001, 2**30))
    with pytest.raises(NotPrinted, match=r"within 0\.001 seconds"):
        pdf({})


def test_a_pdf_that_fails_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "resume.typ").write_text('#panic("Because.")')
    monkeypatch.setattr(printing, "TEMPLATES", tmp_path)
    with pytest.raises(NotPrinted, match=r"status 1: (?s:.*)Because\."):
        pdf({})


@pytest.mark.parametrize("command", ['read("../secret")', 'read("/../secret")', 'read("{folder}/secret")'])
def test_the_template_reads_nothing_outside_its_folder(command: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret").write_text("secret")
    (inner / "secret").write_text("no secret")
    template = inner / "resume.typ"
    template.write_text('#read("secret")')
    assert "no secret" in read_back(typeset(str(template), 0, "{}"))
    template.write_text("#" + command.format(folder=tmp_path))
    with pytest.raises(TypstError):
        typeset(str(template), 0, "{}")


def test_the_process_that_sets_has_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "typesetter.py"
    script.write_text("import os; print(sorted(os.environ))")
    monkeypatch.setattr(printing, "TYPESETTER", script)
    monkeypatch.setenv("SECRET_KEY", "secret")
    # What Python itself sets where it starts without a locale.
    assert set(ast.literal_eval(pdf({}).decode())) <= {"LC_CTYPE"}


def test_the_page_asks_for_nothing() -> None:
    page = Page(html(ADA))
    assert not ASKING & {tag for tag, _ in page.elements}
    attributes = {name for _, attributes in page.elements for name in attributes}
    assert not ADDRESSED & attributes
    assert not [name for name in attributes if name.startswith("on")]
    assert "url(" not in HTML_STYLE
    assert "@import" not in HTML_STYLE


def test_the_page_works_under_a_policy_that_allows_its_style_alone() -> None:
    page = html(ADA)
    [style] = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    assert style == HTML_STYLE
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" == HTML_STYLE_SOURCE
    policies = [attrs["content"] for tag, attrs in Page(page).elements if "http-equiv" in attrs]
    assert policies == [f"default-src 'none'; style-src {HTML_STYLE_SOURCE}; base-uri 'none'; form-action 'none'"]


def test_the_page_names_its_language_and_its_person() -> None:
    page = html({"basics": {"name": "A & <b>"}})
    assert '<html lang="en">' in page
    assert f"<title>{escape('A & <b>')}</title>" in page
