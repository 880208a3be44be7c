"""What of a career is printed that JSON Resume's schema doesn't have, and what is not."""

from typing import Any

import pytest

from profiles.portability.json_resume.mapping import NOT_GIVEN
from profiles.portability.printed.layouts import in_words
from profiles.portability.printed.readable import arrange
from profiles.portability.printed.rich import plain_lines
from profiles.portability.printed.sheets import Link, SheetItem, SheetSection
from profiles.portability.printing import html, markdown
from tests.portability.test_printing import Page, read_back, words
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.printed import pdf

BASICS = {"name": "Nora Feldmark", "email": "nora@example.com"}
POSITIONS = {
    "name": "Quay Ltd",
    "positions": [
        {"position": "Chief clerk", "startDate": "2019", "highlights": ["Led **five**."]},
        {"position": "Clerk", "startDate": "2015", "endDate": "2019", "summary": "Kept books."},
        "no position",
        {},
    ],
}
PHOTO = "https://photos.example.com/u/123456789?size=400&sig=abcdef0123456789"


def printed(document: dict[str, Any]) -> dict[str, str]:
    """What a person reads of a document, by form."""
    page = words(Page(html(document)).text)
    return {"markdown": words(markdown(document)), "html": page, "pdf": read_back(pdf(document))}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["markdown", "html"])
def test_a_text_that_nobody_gave_is_not_printed(api: ApiClient, name: str) -> None:
    resume = {
        "basics": {**BASICS, "profiles": [{"username": "nora.kites"}]},
        "work": [{"name": "Quay Ltd", "position": {"of": 7}, "startDate": "2018"}],
        "projects": [{"name": "Kite atlas", "description": {"de": 7}, "startDate": "2019"}],
        "education": [{"institution": "Quay College", "startDate": "2010"}],
    }
    made = api.post(f"{API}/profiles/import", resume).json()["profile"]
    # A control: our own document requires a text there.
    assert made["experiences"][0]["title"] == NOT_GIVEN
    shown = api.get(f"{API}/profiles/{made['id']}/export", query={"format": name}).content.decode()
    assert NOT_GIVEN not in shown
    for text in ("Quay Ltd", "Kite atlas", "Quay College", "nora.kites"):
        assert text in shown


@pytest.mark.pure
def test_what_stands_in_for_a_text_is_not_printed_where_somebody_has_stored_it_himself() -> None:
    document = {
        "basics": BASICS,
        "work": [{"position": NOT_GIVEN, "name": "Quay Ltd", "highlights": [NOT_GIVEN, "Sang"]}],
    }
    [section] = arrange(document).sections
    assert section.items[0].title == "Quay Ltd"
    assert [text for text in printed(document).values() if NOT_GIVEN in text] == []


@pytest.mark.django_db
def test_positions_that_were_imported_together_are_printed_below_their_company(api: ApiClient) -> None:
    positions = [
        {"position": "Chief clerk", "startDate": "2019", "technologies": ["Abacus"]},
        {"position": "Clerk", "startDate": "2015", "endDate": "2019", "location": "Aarhus"},
    ]
    work = [{"name": "Quay Ltd", "positions": positions}, {"name": "Quay Ltd", "position": "Porter"}]
    made = api.post(f"{API}/profiles/import", {"basics": BASICS, "work": work}).json()["profile"]
    shown = api.get(f"{API}/profiles/{made['id']}/export", query={"format": "markdown"}).content.decode()
    quay, clerk, porter = (shown.index(f"### {title}") for title in ("Quay Ltd", "Clerk", "Porter"))
    assert quay < shown.index("Chief clerk") < shown.index("Abacus") < clerk < shown.index("Aarhus") < porter
    assert shown.count("Quay Ltd") == 2


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["json-resume", "markdown"])
def test_hidden_items_of_lists_that_nobody_knows_are_shown_where_they_are_asked_for(api: ApiClient, name: str) -> None:
    talks = [{"name": "KnotConf"}, {"name": "Secret fair", "isVisible": False}]
    hidden = {"isVisible": False, "items": [{"name": "Secret fair"}]}
    document = {"basics": BASICS, "talks": talks, "attic": hidden}
    made = api.post(f"{API}/profiles/import", document).json()["profile"]
    path = f"{API}/profiles/{made['id']}/export"
    shown, whole = (
        api.get(path, query={"format": name, **query}).content.decode() for query in ({}, {"include": "hidden"})
    )
    assert ("KnotConf" in shown, "Secret fair" in shown) == (True, False)
    assert ("KnotConf" in whole, "Secret fair" in whole) == (True, True)


@pytest.mark.django_db
@pytest.mark.parametrize("company", [{"name": "Quay Ltd"}, {}], ids=["stored", "kept aside"])
def test_a_hidden_position_is_shown_where_it_is_asked_for(api: ApiClient, company: dict[str, str]) -> None:
    positions = [{"position": "Clerk"}, {"position": "Spy", "isVisible": False}, "no position"]
    job = {**company, "positions": positions}
    made = api.post(f"{API}/profiles/import", {"basics": BASICS, "work": [job]}).json()["profile"]
    path = f"{API}/profiles/{made['id']}/export"
    shown, whole = (
        api.get(path, query={"format": "markdown", **query}).content.decode() for query in ({}, {"include": "hidden"})
    )
    assert ("Clerk" in shown, "Spy" in shown) == (True, False)
    assert ("Clerk" in whole, "Spy" in whole) == (True, True)


@pytest.mark.pure
def test_positions_in_one_company_are_printed_below_it() -> None:
    document = {"basics": BASICS, "work": [POSITIONS, {"name": "Harbour", "position": "Porter"}]}
    [section] = arrange(document).sections
    company, other = section.items
    assert (company.title, company.dates, other.title, other.items) == ("Quay Ltd", (), "Porter", ())
    dates = [" – ".join(moment.text for moment in item.dates) for item in company.items]
    assert [(item.title) for item in company.items] == ["Chief clerk", "Clerk"]
    assert dates == ["2019 – present", "2015 – 2019"]
    for text in printed(document).values():
        places = [text.find(word) for word in ("Quay Ltd", "Chief clerk", "Kept books.", "Porter")]
        assert -1 not in places
        assert places == sorted(places)
    assert [tag for tag, _ in Page(html(document)).elements if tag in {"h3", "h4"}] == ["h3", "h4", "h4", "h3"]
    assert "#### Chief clerk" in markdown(document)


@pytest.mark.pure
def test_positions_of_other_kinds_than_work_are_not_printed() -> None:
    [section] = arrange({"projects": [{"name": "Kite atlas", "positions": [{"position": "Lead"}]}]}).sections
    assert section.items == (SheetItem(title="Kite atlas"),)


CUSTOM: dict[str, Any] = {
    "patents": [{"title": "Float", "date": "2011", "number": 7, "isVisible": True, "id": "x-1", "logo": "l.png"}],
    "openSource": [{"name": "Knot", "role": "Author", "website": "https://knot.example", "summary": "*Ties*."}],
    "guest-talks": [
        {"name": "KnotConf", "startDate": "2019-05", "endDate": "2020", "highlights": ["Keynote"]},
        {"name": "Hidden", "visible": False},
    ],
    "hobbies": ["Kites", {"name": "Boats"}, 3, None, []],
    "custom": {"name": "Good deeds", "items": [{"title": "Rescued a cat"}]},
    "settings": {"theme": "dark"},
    "_internal": [{"name": "secret"}],
    "none": [],
}


@pytest.mark.pure
def test_sections_that_nobody_knows_are_printed_under_their_names() -> None:
    document = {"basics": BASICS, **CUSTOM}
    sections = arrange(document).sections
    assert [section.heading for section in sections] == [
        "Patents",
        "Open source",
        "Guest talks",
        "Hobbies",
        "Good deeds",
    ]
    patents, source, talks, hobbies, deeds = sections
    assert (patents.items[0].title, patents.items[0].dates[0].text) == ("Float", "2011")
    assert [(fact.label, fact.text) for fact in patents.items[0].facts] == [("Number", "7")]
    assert (source.items[0].title, source.items[0].subtitle) == ("Knot", "Author")
    assert source.items[0].link == Link("knot.example", "https://knot.example")
    assert [moment.text for moment in talks.items[0].dates] == ["May 2019", "2020"]
    assert [list(plain_lines(point)) for point in talks.items[0].points] == [["Keynote"]]
    assert hobbies == SheetSection("Hobbies", words=("Kites", "3", "Boats"))
    assert deeds.words == ("Rescued a cat",)
    for text in printed(document).values():
        assert [
            word for word in ("Patents", "Float", "Knot", "Ties", "Keynote", "Boats", "cat") if word not in text
        ] == []
        assert [word for word in ("dark", "secret", "Hidden", "x-1", "l.png", "*Ties*") if word in text] == []


@pytest.mark.pure
@pytest.mark.parametrize("said", [{"visible": False}, {"hidden": True}])
def test_a_section_that_another_program_hides_is_not_printed(said: dict[str, bool]) -> None:
    assert arrange({"basics": BASICS, "attic": {"name": "Attic", "items": ["secret"], **said}}).sections == ()


@pytest.mark.pure
def test_two_sections_with_one_heading_are_one() -> None:
    document = {
        "basics": BASICS,
        "a": {"name": "Talks", "items": ["Kites"]},
        "b": {"name": "Talks ", "items": ["Oars"]},
    }
    assert arrange(document).sections == (SheetSection("Talks", words=("Kites", "Oars")),)


@pytest.mark.pure
def test_sections_that_an_export_keeps_below_meta_are_printed_as_well() -> None:
    document = {"basics": BASICS, "meta": {"masterProfile": {"unknown": {"patents": CUSTOM["patents"]}}}}
    assert [section.heading for section in arrange(document).sections] == ["Patents"]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("key", "heading"),
    [
        ("patents", "Patents"),
        ("openSource", "Open source"),
        ("side_projects", "Side projects"),
        ("IELTSScore", "IELTSScore"),
        ("patents (US)", "Patents (US)"),
        ("Öffentliche Vorträge", "Öffentliche Vorträge"),
        ("専利", "専利"),
        ("__", "__"),
    ],
)
def test_a_key_is_said_in_words(key: str, heading: str) -> None:
    assert in_words(key) == heading


@pytest.mark.pure
@pytest.mark.parametrize("key", ["", " ", "\x00", "\x1f[]", "a\x1f{}", "{date}", "<b>", "a\nb"])
def test_any_key_of_an_unknown_section_makes_a_document(key: str) -> None:
    document = {"basics": BASICS, key: [{"name": "Float", key: "seven"}]}
    assert [text for text in printed(document).values() if "Nora Feldmark" not in text] == []


@pytest.mark.pure
def test_the_address_of_a_photo_is_no_text_and_is_loaded_by_nothing() -> None:
    document = {"basics": {**BASICS, "image": PHOTO}}
    assert [text for text in printed(document).values() if "photos.example.com" in text or "abcdef" in text] == []
    page = Page(html(document))
    assert PHOTO in page.addresses()
    assert "img" not in {tag for tag, _ in page.elements}


@pytest.mark.pure
@pytest.mark.parametrize("image", ["portrait.jpeg", "data:image/png;base64,AAAA", "javascript:alert(1)", "", None, {}])
def test_a_photo_that_nobody_can_follow_is_left_out(image: Any) -> None:
    assert arrange({"basics": {**BASICS, "image": image}}).photo is None
