"""What follows from a kind's model where JSON Resume says nothing of it, tried on the kinds that there are."""

import pytest

from profiles.models import COMPONENTS, Component, Education, Experience, Language
from profiles.portability import kinds
from profiles.portability.json_resume import mapping
from profiles.portability.printed.readable import arrange
from profiles.portability.printed.rich import plain_lines

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
def test_every_field_of_a_kind_is_printed(kind: type[Component]) -> None:
    layout = kinds.layout(kind)
    titles = {key for group in layout.titles for key in group}
    shown = {*titles, *layout.remarks, *layout.dates, *layout.texts, *layout.points, *layout.facts.values()}
    own = [name for name in kind.content_fields() if name not in kind.shared_fields]
    keys = {name.split("_")[0] + "".join(word.capitalize() for word in name.split("_")[1:]) for name in own}
    # A link has a place of its own, and that something goes on stands beside its dates.
    assert keys - shown <= {"url", "isCurrent"}


def test_a_kind_is_shown_by_what_its_fields_are() -> None:
    item = {
        "institution": "University of London",
        "degree": "BSc",
        "fieldOfStudy": "Logic",
        "startDate": "2019",
        "isCurrent": True,
        "gpa": 3.5,
        "honors": ["First", "Prize"],
        "description": "One.\n\nTwo.",
        "url": "https://london.example.org",
    }
    resume = {"meta": {mapping.OURS_IN_META: {"lists": {"education": [item]}}}}
    [section] = arrange(resume, [kinds.layout(Education)]).sections
    [shown] = section.items
    assert (section.heading, shown.title, shown.subtitle) == ("Education", "University of London", "BSc")
    assert shown.remarks == ("Logic",)
    assert [moment.text for moment in shown.dates] == ["2019", "present"]
    assert [list(plain_lines(point)) for point in shown.points] == [["First"], ["Prize"]]
    assert list(plain_lines(shown.texts)) == ["One.", "Two."]
    assert [(fact.label, fact.text) for fact in shown.facts] == [("Gpa", "3.5")]
    assert shown.link
    assert shown.link.address == "https://london.example.org"


def test_what_an_item_must_have_is_told_by_the_model() -> None:
    work, languages = (kinds.section(kind) for kind in (Experience, Language))
    assert (work.required, work.needed) == (("title", "company"), ())
    assert work.vital == ("title", "company")
    assert work.may_be_unknown == ("start_date",)
    assert work.period == ("start_date", "end_date", "is_current")
    # How well a language is spoken has a stand-in.
    assert (languages.required, languages.needed, languages.vital) == (("name",), (), ("name",))
    assert [kinds.section(kind).label for kind in COMPONENTS[:3]] == ["experiences", "education", "projects"]
    assert (work.labels["title"], languages.labels["name"]) == ("job title", "name")
