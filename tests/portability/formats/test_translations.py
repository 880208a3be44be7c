"""What the translations of other formats make of a document, value by value."""

from typing import Any

import pytest

from profiles.portability.formats import europass_candidate, reactive_resume, rendercv
from profiles.portability.formats.xml_text import ATTRIBUTE
from profiles_project.words.wording import worded
from tests.support.documents.formats import translated

pytestmark = pytest.mark.pure


def made(name: str) -> dict[str, Any]:
    return translated(name).document


def test_version_3_of_reactive_resume() -> None:
    resume = made("reactive_resume_v3_keeper.json")
    assert resume["basics"] == {
        "profiles": [{"network": "GitHub", "username": "tovel", "url": "https://github.com/tovel"}],
        "name": "Tove Lindqvist",
        "label": "Lighthouse keeper",
        "email": "tove@example.org",
        "phone": "+46 70 555 01 01",
        "summary": "Keeps **lamps** burning.",
        "url": "https://tove.example",
        "location": {
            "address": "Fyrvägen 3",
            "city": "Visby",
            "region": "Gotland",
            "country": "Sweden",
            "postalCode": "62157",
        },
        "image": "https://tove.example/me.jpg",
        "birthdate": "1984-05-17T00:00:00.000Z",
    }
    assert resume["work"] == [
        {
            "name": "Östergarn Light",
            "position": "Keeper",
            "startDate": "2015-03-01T00:00:00.000Z",
            "url": "https://light.example",
            "summary": "Kept the lamp.",
            "highlights": ["Wound the clockwork", "Wrote the log"],
        },
        {
            "name": "Visby Harbour",
            "position": "Clerk",
            "startDate": "2010-01-01T00:00:00.000Z",
            "endDate": "2015-02-28T00:00:00.000Z",
        },
    ]
    assert resume["education"][0]["courses"] == ["Optics", "Tides"]
    assert resume["education"][0]["description"] == "Wrote on fog signals."
    assert resume["projects"][0]["description"] == "A catalogue of lenses\n\nPhotographed 40 lamps."
    assert resume["skills"] == [{"name": "Clockwork", "level": "Advanced", "keywords": ["escapements"]}]
    assert resume["references"][0]["relationship"] == "Harbour master"
    assert resume["Expeditions"][0]["title"] == "Svalbard"


def test_a_hidden_section_of_version_3_hides_its_items() -> None:
    assert [job["isVisible"] for job in made("reactive_resume_v3_small.json")["work"]] == [False]
    assert made("reactive_resume_v3_small.json")["basics"]["location"] == {"city": "Brno", "countryCode": "CZ"}


def test_version_4_of_reactive_resume() -> None:
    resume = made("reactive_resume_v4_planner.json")
    basics = resume["basics"]
    assert (basics["label"], basics["url"], basics["location"]) == (
        "Planner",
        "https://nora.example",
        "Aarhus, Denmark",
    )
    assert basics["summary"] == "Plans **harbours** & quays.\n\nSee [my work](https://nora.example/work)."
    assert basics["customFields"] == [{"name": "Driving licence", "value": "B"}]
    assert resume["work"] == [
        {
            "name": "Quay Ltd",
            "position": "Planner",
            "location": "Aarhus",
            "startDate": "2020-03",
            "url": "https://quay.example",
            "summary": "Led the team.",
            "highlights": ["Built two piers", "Saved *a fifth* of the cost"],
            "reactiveResumeUrl": {"label": "Our site"},
        },
        {"name": "Ropewalk", "position": "Clerk", "startDate": "2016", "endDate": "2019", "isVisible": False},
        {"name": "Canal Office", "position": "Trainee", "date": "a while ago"},
    ]
    assert resume["skills"][1] == {"name": "Survey", "level": "3/5"}
    assert resume["languages"] == [{"language": "Danish", "fluency": "Native"}, {"language": "Dutch", "fluency": "4/5"}]
    assert resume["awards"][0]["url"] == "https://piers.example"
    assert resume["references"][0]["isVisible"] is False
    assert resume["Exhibitions"][0]["summary"] == "Forty sheets."


def test_version_5_of_reactive_resume() -> None:
    resume = made("reactive_resume_v5_miller.json")
    assert resume["basics"]["image"] == "https://mika.example/p.jpg"
    assert resume["work"] == [
        {
            "name": "River Mill",
            "position": "Miller",
            "location": "Turku",
            "startDate": "2019-05",
            "url": "https://mill.example",
            "highlights": ["Ground 900 t", "Mended the wheel"],
        },
        {
            "name": "Bakery",
            "positions": [
                {"position": "Baker", "startDate": "2016", "endDate": "2018", "summary": "Bread."},
                {"position": "Apprentice", "startDate": "2015", "endDate": "2016"},
            ],
            "isVisible": False,
        },
        {
            "name": "Sawmill",
            "position": "Helper",
            "startDate": "2011",
            "endDate": "2011",
            "customSection": "Early work",
        },
    ]
    assert resume["projects"][0]["isOngoing"] is True
    assert resume["certificates"] == [
        {"name": "Hygiene pass", "issuer": "Food Authority", "date": "2014-03", "url": "https://pass.example"}
    ]
    assert resume["Motto"] == [{"summary": "Slow stones, good flour."}]


def test_what_version_5_hides_is_told() -> None:
    small = made("reactive_resume_v5_small.json")
    assert "summary" not in small["basics"]
    assert small["reactiveResumeSummary"] == [{"summary": "做桥。", "isVisible": False}]
    assert made("reactive_resume_v5_small.json")["work"][0]["startDate"] == "2018-03"
    assert made("reactive_resume_v5_hidden_section.json")["skills"] == [
        {"name": "Knots", "level": "2/5", "isVisible": False}
    ]


def test_fresh() -> None:
    resume = made("fresh_diver.json")
    assert resume["work"][0] == {
        "name": "Bell Salvage",
        "position": "Lead diver",
        "url": "https://bells.example",
        "startDate": "2016-04",
        "summary": "Raises bells.",
        "highlights": ["Raised 12 bells"],
        "location": "Kiel",
        "technologies": ["hoists"],
    }
    assert resume["education"][0]["title"] == "Marine engineer"
    assert resume["volunteer"][0]["highlights"] == ["7 rescues"]
    assert resume["projects"][0]["repositoryUrl"] == "https://git.example/wrecks"
    assert resume["skills"] == [
        {"name": "Diving", "level": "advanced", "keywords": ["saturation", "surface"]},
        {"name": "Welding", "level": "expert", "summary": "Wet and dry.", "years": 9},
    ]
    assert [each["name"] for each in resume["publications"]] == ["Cold hands", "Logbook"]
    assert [each["publisher"] for each in resume["publications"]] == ["Deep", "Own press"]
    assert [each.get("isVisible") for each in resume["references"]] == [False, None]
    assert resume["basics"]["location"]["postalCode"] == "24103"
    assert resume["speaking"][0]["event"] == "SalvageConf"
    assert resume["disposition"]["remote"] is False


@pytest.mark.parametrize(
    "title", ["Languages", "Sprachen", "Langues", "Иностранные языки", "語学", "외국어", "Ngoại ngữ"]
)
def test_a_section_of_languages_is_known_by_its_title(title: str) -> None:
    entries = [{"label": "Deutsch", "details": "Muttersprache"}]
    resume = rendercv.read({"cv": {"name": "Nora", "sections": {title: entries}}}).document
    assert resume["languages"] == [{"language": "Deutsch", "fluency": "Muttersprache"}]


@pytest.mark.parametrize("title", ["Ngôn ngữ lập trình", "Языки программирования", "프로그래밍 언어 경험"])
def test_languages_of_computers_are_skills(title: str) -> None:
    entries = [{"label": "Python", "details": "Django"}]
    resume = rendercv.read({"cv": {"name": "Nora", "sections": {title: entries}}}).document
    assert [each["name"] for each in resume["skills"]] == ["Python"]


def test_rendercv() -> None:
    resume = made("rendercv_astronomer.yaml")
    assert resume["basics"]["summary"] == "Looks at *old* light.\n\nCounts galaxies."
    assert (resume["basics"]["email"], resume["basics"]["otherEmail"]) == ("sofia@example.at", ["renn@example.org"])
    assert resume["basics"]["phone"] == "+43-555-0101"
    assert resume["work"] == [
        {
            "url": "https://survey.example",
            "name": "Sky Survey",
            "position": "Observer",
            "location": "Tenerife",
            "startDate": "2016",
            "isCurrent": True,
            "summary": "Observes.",
            "highlights": ["Mapped 2 million stars"],
        },
        {"name": "Planetarium", "position": "Guide", "startDate": "2010", "endDate": "2010", "date": "Summer 2010"},
    ]
    assert resume["education"][0]["description"] == "On dust.\n\n- Advisor: H. Stern\n- Summa cum laude"
    assert resume["education"][0]["endDate"] == "2015-06-30"
    assert [each["name"] for each in resume["projects"]] == ["Dome", "Star nights"]
    assert resume["skills"] == [{"name": "Programming", "keywords": ["Python", "C (some)", "Julia"]}]
    assert resume["languages"][1] == {"language": "Spanish", "fluency": "B2"}
    assert resume["awards"] == [{"title": "Young Astronomer 2014"}]
    assert resume["Invited talks"] == [{"summary": "Dust at noon (Wien, 2016)"}]


def test_aliases_of_yaml_are_followed() -> None:
    assert made("rendercv_anchors.yaml")["work"] == [
        {"name": "Mill", "position": "Miller", "startDate": "2010-01", "endDate": "2012-02"},
        {"name": "Other mill", "position": "Miller", "startDate": "2013-01", "endDate": "2014-02"},
    ]


def test_the_old_europass_cv_in_json() -> None:
    resume = made("europass_passport.json")
    assert resume["basics"]["name"] == "Maeve Tierney"
    assert resume["basics"]["location"]["countryCode"] == "GB"
    assert resume["basics"]["birthDate"] == "1979-03-01"
    first, second = resume["work"]
    assert (first["startDate"], first["isCurrent"], first["location"]) == (
        "2012-08",
        True,
        "Birmingham, United Kingdom",
    )
    assert first["summary"] == "Walks bridges\n- hammers rivets\n- writes reports"
    assert (second["startDate"], second["endDate"]) == ("2009", "2012-07-31")
    assert resume["education"][0]["area"] == "Architecture and building"
    assert resume["languages"][0] == {"language": "English", "fluency": "Native"}
    assert resume["languages"][1]["fluency"] == "B2"
    assert resume["publications"] == [{"name": "Rivets and rust, Span Press (2016)"}]
    assert resume["awards"] == [{"title": "Golden rivet 2018"}]
    assert resume["Driving licence"] == ["B", "C1"]
    assert resume["Memberships"] == [{"summary": "Institute of Bridges\nRope Guild"}]
    assert made("europass_passport_statement.json")["basics"]["summary"] == "Faço **barcos**."


def test_the_old_europass_cv_in_xml() -> None:
    resume = made("europass_passport.xml")
    first, second = resume["work"]
    assert (first["startDate"], first["isCurrent"]) == ("2001-05", True)
    assert first["summary"] == "Main duties:\n\n- Cuts sails.\n- Trains two hands."
    assert (second["startDate"], second["endDate"], second["name"]) == ("1995-09-04", "2001-04", "Rigger & Sons")
    assert resume["basics"]["phone"] == "+39 555 0101"
    assert resume["languages"][1]["fluency"] == "A2"
    assert resume["Driving licence"] == ["A", "B"]
    assert made("europass_passport_small.xml")["basics"]["location"] == {"city": "Πάτρα", "countryCode": "GR"}
    assert made("europass_passport_latin1.xml")["basics"]["name"] == "Héloïse Brûlé"


def test_the_new_europass_cv() -> None:
    resume = made("europass_candidate.xml")
    assert resume["basics"]["phone"] == "+386 55501010"
    assert resume["basics"]["location"]["countryCode"] == "SI"
    assert {"ChannelCode": "Email", "URI": "hrib@example.org"} in resume["basics"]["communication"]
    assert {"ChannelCode": "Telephone", "UseCode": "mobile", "CountryCode": "si"} in resume["basics"]["communication"]
    first, second = resume["work"]
    assert (first["position"], first["startDate"], first["isCurrent"]) == ("Mountain guide", "2018-05", True)
    assert first["summary"] == "Guides.\n\n- Summer tours\n1. Winter tours"
    assert [each["position"] for each in second["positions"]] == ["Warden", "Cook"]
    assert resume["education"][0]["score"] == "9.1"
    assert [each["language"] for each in resume["languages"]] == ["Slovenian", "English"]
    assert [each["fluency"] for each in resume["languages"]] == ["Native", "B2"]
    assert resume["Volunteering"][0]["title"] == "Trail days"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("de", ["Slowenisch", "Englisch", "tlh"]),
        ("fr-BE", ["Slovène", "Anglais", "tlh"]),
        ("tlh", ["Slovenian", "English", "tlh"]),
        (None, ["Slovenian", "English", "tlh"]),
    ],
)
def test_languages_are_called_as_in_the_language_of_the_cv(written: str | None, names: list[str]) -> None:
    profile = {} if written is None else {ATTRIBUTE + "languageCode": written}
    person = {"PrimaryLanguageCode": ["slv", "en", "tlh"]}
    languages = europass_candidate.read({"CandidatePerson": person, "CandidateProfile": profile}).document["languages"]
    assert [each["language"] for each in languages] == names


@pytest.mark.parametrize(
    ("name", "pointer", "place"),
    [
        ("reactive_resume_v4_planner.json", "/work/0", "experience, entry 1"),
        ("fresh_diver.json", "/publications/1", "writing, entry 2"),
        ("rendercv_astronomer.yaml", "/certificates/0", "certifications, entry 1"),
        ("europass_passport.xml", "/languages/1", "ForeignLanguage, entry 1"),
        ("europass_candidate.xml", "/work/1", "EmploymentHistory, entry 2"),
    ],
)
def test_each_part_has_its_place_in_the_source(name: str, pointer: str, place: str) -> None:
    assert worded(translated(name).places[pointer]) == place


def test_what_is_only_looks_is_told_once() -> None:
    notes = [note for note in translated("reactive_resume_v4_planner.json").notes if note.outcome == "refused"]
    (note,) = notes
    assert worded(note.detail).startswith("This is no part of a career, and was not read: ")
    assert "metadata" in worded(note.detail)


def test_what_is_left_of_a_way_to_reach_the_person_is_kept() -> None:
    telephone = {"ChannelCode": "Telephone", "CountryDialing": "45", "AreaDialing": "86", "DialNumber": "1234"}
    mail = {"ChannelCode": "Email", "URI": "nora@example.com"}
    person = {"uses": "tools", "Communication": [{**telephone, "UseCode": "home"}, mail]}
    basics = europass_candidate.read({"CandidatePerson": person}).document["basics"]
    assert (basics["phone"], basics["email"]) == ("+45 86 1234", "nora@example.com")
    assert basics["communication"] == [{"ChannelCode": "Telephone", "UseCode": "home"}]
    assert basics["uses"] == "tools"


def test_whatever_stands_among_references_is_one() -> None:
    entries = [
        {"label": "Ida Holm", "details": "ida@example.com"},
        {"name": "Per Lund", "company": "Quay Ltd", "position": "Director"},
        {"summary": "She is punctual."},
        "A fine colleague.",
        ["odd"],
    ]
    resume = rendercv.read({"cv": {"name": "Nora", "sections": {"references": entries}}}).document
    assert resume["references"] == [
        {"name": "Ida Holm", "reference": "ida@example.com"},
        {"name": "Per Lund", "company": "Quay Ltd", "position": "Director"},
        {"reference": "She is punctual."},
        {"reference": "A fine colleague."},
        ["odd"],
    ]
    assert resume.keys() == {"$schema", "basics", "references"}


def test_a_text_in_a_hidden_section_is_hidden() -> None:
    sections = {name: {"visible": False, "items": ["secret"]} for name in ("skills", "profiles")}
    sections["custom"] = {"x": {"name": "Attic", "visible": False, "items": ["secret"]}}
    resume = reactive_resume.read({"basics": {"name": "Nora"}, "sections": sections, "metadata": {}}).document
    hidden = [{"name": "secret", "isVisible": False}]
    assert (resume["reactiveResumeSkills"], resume["reactiveResumeProfiles"], resume["Attic"]) == (hidden,) * 3
    assert not resume.keys() & {"skills"}
    assert "profiles" not in resume["basics"]


@pytest.mark.parametrize(
    ("title", "part"),
    [("Referenzen", "references"), ("Referencias", "references"), ("Preferences", "Preferences"), ("Tools", "skills")],
)
def test_a_title_means_a_list_by_how_its_words_begin(title: str, part: str) -> None:
    resume = rendercv.read({"cv": {"name": "Nora", "sections": {title: ["x"]}}}).document
    assert resume.keys() == {"$schema", "basics", part}
