"""Which values the fields of a career take, what they become, and what is said of those that they refuse.

Many values travel in one request, one an item, so that all of them are judged at once.
"""

import json
import uuid
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from profiles.modelfields import HttpUrlField, PartialDateField
from profiles.models import (
    COMPONENTS,
    Award,
    Certification,
    Component,
    Education,
    Experience,
    Interest,
    Language,
    Profile,
    Project,
    Publication,
    Reference,
    Volunteering,
)
from tests.support.client import ApiClient
from tests.support.factories import PERSONAL_INFO, item, make_profile, profile_document
from users.models import User

pytestmark = pytest.mark.django_db

PROFILES = "/api/v1/profiles"
FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"


@pytest.fixture
def path(user: User) -> str:
    """The address of a profile with one row in each list."""
    return f"{PROFILES}/{make_profile(user, 1).pk}"


def faults(response: Any) -> dict[str, str]:
    """The code of each fault of a 422 by its pointer."""
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, response.content
    return {fault["pointer"]: fault["code"] for fault in response.json()["errors"]}


def taken(api: ApiClient, path: str, kind: type[Component], name: str, sent: list[Any], **others: Any) -> list[Any]:
    """What the values become when they are stored."""
    body = [item(kind, **others) | {name: value} for value in sent]
    answer = api.post(f"{path}/{kind.plural}", body, check_request=False)
    assert answer.status_code == HTTPStatus.CREATED, answer.content
    stored = [each[name] for each in api.get(f"{path}/{kind.plural}?limit=100").json()[kind.plural]]
    assert [each[name] for each in answer.json()] == stored[1:]
    return stored[1:]


def refused(api: ApiClient, path: str, kind: type[Component], name: str, sent: list[Any], **others: Any) -> list[str]:
    """The codes with which the values are refused, all of them, by POST and in the list of a document alike."""
    before = api.get(path).json()
    body = [item(kind, **others) | {name: value} for value in sent]
    found = faults(api.post(f"{path}/{kind.plural}", body))
    assert list(found) == [f"/{number}/{name}" for number in range(len(sent))]
    nested = {"skills": {kind.plural: body}} if kind.in_skills else {kind.plural: body}
    prefix = f"/skills/{kind.plural}" if kind.in_skills else f"/{kind.plural}"
    assert faults(api.patch(path, nested)) == {f"{prefix}{pointer}": code for pointer, code in found.items()}
    assert api.get(path).json() == before
    return list(found.values())


# Texts ------------------------------------------------------------------------------------------------------------


def test_texts_are_stripped_and_stored_in_nfc(api: ApiClient, path: str) -> None:
    sent = ["  Chef  ", "\n\tChef\u3000", "\u00a0Re\u0301al\u2028", "E\u0301cole  nationale", FAMILY, "\u200bChef"]
    expected = ["Chef", "Chef", "R\u00e9al", "\u00c9cole  nationale", FAMILY, "\u200bChef"]
    assert taken(api, path, Experience, "title", sent) == expected
    assert taken(api, path, Project, "technologies", [[" e\u0301 ", "", "A", "A"]]) == [["\u00e9", "", "A", "A"]]


def test_limits_count_characters(api: ApiClient, path: str) -> None:
    full = ["\N{GRINNING FACE}" * 100, "e\u0301" * 100, "\ufdfa" * 100, " " * 50 + "x" * 100, "\U00020000" * 100]
    stored = taken(api, path, Experience, "title", full)
    assert {len(each) for each in stored} == {100}
    # The last one grows in NFC: what is counted is what is stored.
    long = ["\N{GRINNING FACE}" * 101, "e\u0301" * 101, "x" * 101, "\ufb2c" * 40]
    assert set(refused(api, path, Experience, "title", long)) == {"max_length"}


LIMITS: list[tuple[type[Component], str, int]] = [
    (Experience, "title", 100),
    (Experience, "company", 100),
    (Experience, "location", 100),
    (Experience, "description", 2000),
    (Experience, "employment_type", 50),
    (Experience, "industry", 100),
    (Experience, "company_description", 500),
    (Education, "institution", 100),
    (Education, "degree", 100),
    (Education, "field_of_study", 100),
    (Education, "score", 20),
    (Education, "description", 2000),
    (Project, "name", 100),
    (Project, "description", 1000),
    (Project, "entity", 100),
    (Project, "type", 50),
    (Certification, "name", 200),
    (Certification, "issuer", 100),
    (Certification, "credential_id", 100),
    (Language, "name", 50),
    (Volunteering, "organization", 100),
    (Volunteering, "role", 100),
    (Volunteering, "summary", 2000),
    (Award, "title", 200),
    (Award, "awarder", 100),
    (Award, "summary", 2000),
    (Publication, "name", 200),
    (Publication, "publisher", 100),
    (Publication, "summary", 2000),
    (Interest, "name", 100),
    (Reference, "name", 100),
    (Reference, "reference", 2000),
]


@pytest.mark.parametrize(("kind", "name", "most"), LIMITS)
def test_each_text_has_the_limit_of_the_contract(
    api: ApiClient, path: str, kind: type[Component], name: str, most: int
) -> None:
    assert taken(api, path, kind, name, ["é" * most, "x"]) == ["é" * most, "x"]
    assert refused(api, path, kind, name, ["é" * (most + 1)]) == ["max_length"]


@pytest.mark.parametrize(
    ("kind", "name", "most"),
    [
        (Experience, "achievements", 500),
        (Experience, "technologies", 100),
        (Education, "honors", 200),
        (Education, "courses", 200),
        (Project, "technologies", 100),
        (Project, "highlights", 500),
        (Project, "roles", 100),
        (Volunteering, "highlights", 500),
        (Interest, "keywords", 100),
    ],
)
def test_each_list_of_texts_has_the_limits_of_the_contract(
    api: ApiClient, path: str, kind: type[Component], name: str, most: int
) -> None:
    full = ["é" * most] * 50
    assert taken(api, path, kind, name, [full, []]) == [full, []]
    body = [item(kind) | {name: ["x", "é" * (most + 1), "x" * (most + 1), None]}, item(kind) | {name: ["x"] * 51}]
    assert faults(api.post(f"{path}/{kind.plural}", body)) == {
        f"/0/{name}/1": "max_length",
        f"/0/{name}/2": "max_length",
        f"/0/{name}/3": "null",
        f"/1/{name}": "max_length",
    }


# Personal info ----------------------------------------------------------------------------------------------------

PERSONAL: dict[str, tuple[list[str], dict[str, str]]] = {
    "full_name": (["A", "é" * 100, "李"], {"": "blank", " ": "blank", "x" * 101: "max_length"}),
    "email": (
        ["a@b.co", "Ada+jobs@EXAMPLE.org", "o'neil@example.travel", "a@xn--bcher-kva.example"],
        {
            "": "blank",
            "ada": "invalid",
            "ada@": "invalid",
            "ada@example": "invalid",
            "a b@example.org": "invalid",
            "ada@example.org\nBcc: eve@example.org": "invalid",
            "Ada <ada@example.org>": "invalid",
            f"{'x' * 250}@example.org": "max_length",
        },
    ),
    "phone": (
        ["1", "٠١٢", "０", "+44 20 7946 0000", "(020) 7946-0000 ext. 7", "9" * 32],
        {"none": "no_digit", "+": "no_digit", "9" * 33: "max_length"},
    ),
    "location": (["x", "é" * 100], {"x" * 101: "max_length"}),
    "headline": (["x", "é" * 220], {"x" * 221: "max_length"}),
    "address": (["x", "é" * 200], {"x" * 201: "max_length"}),
    "postal_code": (["1", "SW1Y 4JH", "é" * 20], {"x" * 21: "max_length"}),
    "city": (["x", "é" * 100], {"x" * 101: "max_length"}),
    "region": (["x", "é" * 100], {"x" * 101: "max_length"}),
    "country_code": (
        ["GB", "DE", "XK"],
        {"gb": "country", "G": "country", "12": "country", "ÖS": "country", "ＧＢ": "country", "GBR": "max_length"},
    ),
}
URLS_OF_PERSON = ("linkedin", "github", "website", "image")
KINDS_WITH_URL = [kind for kind in COMPONENTS if any(isinstance(f, HttpUrlField) for f in kind._meta.concrete_fields)]


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_info_takes_what_the_contract_says(api: ApiClient, path: str, name: str) -> None:
    good, bad = PERSONAL[name]
    for value in good:
        answer = api.patch(path, {"personal_info": {name: f" {value} "}}, check_request=False)
        assert answer.json()["personal_info"] == PERSONAL_INFO | {name: value}
    before = api.get(path).json()
    for value, code in bad.items():
        found = faults(api.patch(path, {"personal_info": {name: value}}))
        assert found[f"/personal_info/{name}"] in {code, "invalid"}, value
        assert len(found) == 1
    assert api.get(path).json() == before


ADDRESSES = {
    "https://example.org": "https://example.org",
    "http://example.org/a?b=c#d": "http://example.org/a?b=c#d",
    "HTTPS://Example.org/A": "HTTPS://Example.org/A",
    "linkedin.com/in/ada": "https://linkedin.com/in/ada",
    "www.example.org": "https://www.example.org",
    "//example.org/a": "https://example.org/a",
    "example.org:8080/a": "https://example.org:8080/a",
    "example.org:8080": "https://example.org:8080",
    "example.org/a:b": "https://example.org/a:b",
    "example.org?a=http://b.example": "https://example.org?a=http://b.example",
    "http://127.0.0.1:8000": "http://127.0.0.1:8000",
    "http://[::1]/": "http://[::1]/",
    "https://b\u00fccher.example/\u00fc": "https://b\u00fccher.example/\u00fc",
    "https://example.org/" + "x" * 180: "https://example.org/" + "x" * 180,
}
NO_ADDRESSES = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "javascript://example.org/%0aalert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://example.org",
    "mailto:ada@example.org",
    "mailto:1@example.org",
    "tel:+44123",
    "tel:44123",
    "https:example.org",
    "http:/example.org",
    "http://",
    "https://exa mple.org",
    "https://example.org\nx",
    "https://-example.org",
    "https://example",
    "example",
    "https://[::1",
    "https://example.org:99999999",
    "https://" + "x" * 193 + ".example",
    "example.org/" + "x" * 189,
    "://example.org",
    "?",
    "#",
]


def test_web_addresses_get_a_scheme_and_keep_all_else(api: ApiClient, path: str) -> None:
    assert taken(api, path, Project, "url", list(ADDRESSES)) == list(ADDRESSES.values())
    for name in URLS_OF_PERSON:
        answer = api.patch(path, {"personal_info": {name: " github.com/ada "}})
        assert answer.json()["personal_info"][name] == "https://github.com/ada"


def test_other_schemes_and_what_is_no_web_address_are_refused(api: ApiClient, path: str) -> None:
    assert len(KINDS_WITH_URL) > 2
    for kind in KINDS_WITH_URL:
        codes = refused(api, path, kind, "url", NO_ADDRESSES)
        assert set(codes) <= {"scheme", "invalid", "port", "max_length"}
        assert codes[: len(NO_ADDRESSES)].count("scheme") >= 9
    before = api.get(path).json()
    for value in NO_ADDRESSES:
        sent = {"personal_info": dict.fromkeys(URLS_OF_PERSON, value)}
        assert set(faults(api.patch(path, sent))) == {f"/personal_info/{name}" for name in sent["personal_info"]}
    assert api.get(path).json() == before


# Dates ------------------------------------------------------------------------------------------------------------

DATES = ["2021", "2021-03", "2021-03-15", "2020-02-29", "1000", "9999-12-31", " 2021-03 "]
NO_DATES = [
    "21",
    "0999",
    "10000",
    "2021-3",
    "2021-13",
    "2021-00",
    "2021-02-29",
    "2021-02-30",
    "2021-04-31",
    "2021-03-1",
    "2021-03-00",
    "2021/03",
    "2021-03-15T00:00:00Z",
    "2021-W10",
    "2021-060",
    "202103",
    "03-2021",
    "March 2021",
    "present",
    "+2021",
    "-2021",
    "２０２１",
    "2021-٠٣",
    "2021\n03",
]


# Every date that stands alone or begins a range.
DATE_FIELDS = [
    (kind, field.name)
    for kind in COMPONENTS
    for field in kind._meta.concrete_fields
    if isinstance(field, PartialDateField) and (kind.period is None or field.name != kind.period[1])
]


@pytest.mark.parametrize(("kind", "name"), DATE_FIELDS, ids=[f"{kind.plural}-{name}" for kind, name in DATE_FIELDS])
def test_dates_keep_their_precision_and_all_else_is_refused(
    api: ApiClient, path: str, kind: type[Component], name: str
) -> None:
    others: dict[str, Any] = {kind.period[1]: None, "is_current": True} if kind.period else {}
    assert taken(api, path, kind, name, DATES, **others) == [each.strip() for each in DATES]
    assert set(refused(api, path, kind, name, NO_DATES, **others)) == {"invalid"}
    if kind._meta.get_field(name).null:
        body = [item(kind, **others) | {name: blank} for blank in ("", " ")]
        answer = api.post(f"{path}/{kind.plural}", body, check_request=False)
        assert [each[name] for each in answer.json()] == [None, None]
    else:
        assert set(refused(api, path, kind, name, ["", " "], **others)) == {"blank"}


@pytest.mark.parametrize("kind", [kind for kind in COMPONENTS if kind.period], ids=lambda kind: kind.plural)
def test_an_end_is_refused_only_if_it_cannot_be_right(api: ApiClient, path: str, kind: type[Component]) -> None:
    assert kind.period
    first, last = kind.period
    right = [("2021-05", "2021"), ("2021", "2021-01-01"), ("2021-05-31", "2021-05"), ("2021-05-15", "2021-05-15")]
    right += [("2021", "2022-01"), ("2021-05", "2021-05-01"), ("1000", "9999")]
    wrong = [("2021-05", "2020"), ("2021", "2020-12-31"), ("2021-05-01", "2021-04"), ("2021-05-15", "2021-05-14")]
    wrong += [("2021-10", "2021-09-30"), ("9999", "1000")]
    sound = [item(kind) | {first: start, last: end} for start, end in right]
    answer = api.post(f"{path}/{kind.plural}", sound)
    assert [(each[first], each[last]) for each in answer.json()] == right
    faulty = [item(kind) | {first: start, last: end} for start, end in wrong]
    found = faults(api.post(f"{path}/{kind.plural}", faulty))
    assert found == {f"/{number}/{last}": "before_start" for number in range(len(wrong))}


@pytest.mark.parametrize("kind", [Experience, Education])
def test_what_is_current_has_no_end_and_what_is_not_may_have_one_that_nobody_knows(
    api: ApiClient, path: str, kind: type[Component]
) -> None:
    current: list[dict[str, Any]] = [{"is_current": True, "end_date": None}, {"is_current": True, "end_date": ""}]
    ended: list[dict[str, Any]] = [{"is_current": False, "end_date": "2022"}, {"is_current": None, "end_date": "2022"}]
    open_end: list[dict[str, Any]] = [{"is_current": False, "end_date": None}, {"is_current": None, "end_date": ""}]
    sound = [*current, *ended, *open_end]
    answer = api.post(f"{path}/{kind.plural}", [item(kind) | each for each in sound], check_request=False)
    assert [each["is_current"] for each in answer.json()] == [True, True, *[False] * (len(sound) - 2)]
    found = faults(api.post(f"{path}/{kind.plural}", [item(kind) | {"is_current": True, "end_date": "2022"}]))
    assert found == {"/0/end_date": "current_with_end"}


# Numbers, choices, ids --------------------------------------------------------------------------------------------


def test_a_grade_point_average_is_a_number_from_0_to_4(api: ApiClient, path: str) -> None:
    stored = taken(api, path, Education, "gpa", [0, 0.0, 4, 4.0, 3.87, 1e-300, None])
    assert stored == [0, 0, 4, 4, 3.87, 1e-300, None]
    bounds = refused(api, path, Education, "gpa", [-0.1, 4.01, -(2**63), 2**63 - 1, 1e308, 5])
    assert set(bounds) == {"min_value", "max_value"}
    assert set(refused(api, path, Education, "gpa", ["3.5", "", "A", True, False, [], {}])) == {"invalid"}


def test_a_proficiency_is_one_of_four_words(api: ApiClient, path: str) -> None:
    words = ["native", "fluent", "conversational", "basic"]
    assert taken(api, path, Language, "proficiency", words) == words
    long = "Sentence one. And two" * 1000
    others = ["Native", "good", "", " native", "native\n", 1, True, ["native"], {"native": 1}, long]
    before = api.get(path).json()
    answer = api.post(f"{path}/languages", [item(Language) | {"proficiency": value} for value in others])
    assert faults(answer) == {f"/{number}/proficiency": "invalid_choice" for number in range(len(others))}
    # What was sent is not sent back: it may be long, and it is no sentence of ours.
    assert len(answer.content) < 4000
    assert api.get(path).json() == before


NO_IDS = [
    "1",
    "nonsense",
    "01990000-0000-7000-8000-00000000000",
    "01990000-0000-7000-8000-0000000000001",
    "0199000000007000800000000000000a",
    "{01990000-0000-7000-8000-000000000000}",
    "urn:uuid:01990000-0000-7000-8000-000000000000",
    "01990000_0000_7000_8000_000000000000",
    "01990000-0000-7000-8000-00000000000g",
    "-1990000-0000-7000-8000-000000000000",
    "01990000-0000-7000-80000-00000000000",
    "０1990000-0000-7000-8000-000000000000",
    1,
    True,
    [],
    {},
]


@pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
def test_an_id_has_one_spelling(api: ApiClient, path: str, kind: type[Component]) -> None:
    assert set(refused(api, path, kind, "id", NO_IDS)) == {"invalid"}
    chosen = str(uuid.uuid4())
    assert taken(api, path, kind, "id", [chosen.upper()]) == [chosen]


def test_a_profile_id_has_one_spelling_in_body_and_path(api: ApiClient, path: str) -> None:
    for value in NO_IDS:
        assert faults(api.post(PROFILES, profile_document(0, id=value))) == {"/id": "invalid"}
    for value in (*NO_IDS[:-5], "%00", "..", "me/"):
        assert api.get(f"{PROFILES}/{value}").status_code == HTTPStatus.NOT_FOUND
    assert api.get(f"{PROFILES}/{path.rpartition('/')[2].upper()}").json() == api.get(path).json()
    assert Profile.objects.count() == 1


# Anything at all --------------------------------------------------------------------------------------------------

NASTY = [
    "",
    " ",
    "\0",
    "\ud800",
    "\udfff\ud800",
    "e\u0301",
    FAMILY,
    "x" * 3000,
    "'; DROP TABLE x; --",
    "%s{}",
    "\u202e",
]
NASTY += ["2021-02-30", "javascript:alert(1)", "https://[", "null", "NaN", "01990000-0000-7000-8000-000000000000"]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.floats(),
    st.sampled_from(NASTY),
    st.text(st.characters(codec=None), max_size=20),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NASTY) | st.text(max_size=5), inner),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a document."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, child in children for place in places(child, (*path, name)))]


def mutated(document: Any, changes: list[tuple[int, Any]]) -> Any:
    """The document with a value, or nothing, put in some of its places."""
    root = {"root": json.loads(json.dumps(document))}
    for number, value in changes:
        found = places(root)[1:]
        *way, last = found[number % len(found)]
        node: Any = root
        for step in way:
            node = node[step]
        if value is ...:
            del node[last]
        else:
            node[last] = value
        if "root" not in root:
            return None
    return root["root"]


@settings(max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    st.sampled_from(["POST", "PUT", "PATCH", "skills", "custom-fields", *(kind.plural for kind in COMPONENTS)]),
    st.lists(st.tuples(st.integers(0, 2**16), values | st.just(...)), min_size=1, max_size=4),
)
@pytest.mark.slow
def test_no_document_is_answered_with_a_failure_and_what_is_stored_can_be_sent_back(
    api: ApiClient, user: User, where: str, changes: list[tuple[int, Any]]
) -> None:
    profile = Profile.objects.filter(user=user).first() or make_profile(user, 1)
    path = f"{PROFILES}/{profile.pk}"
    before = api.get(path).json()
    method, target, base = {
        "POST": ("POST", PROFILES, profile_document(1)),
        "PUT": ("PUT", path, before),
        "PATCH": ("PATCH", path, before),
        "skills": ("PUT", f"{path}/skills", before["skills"]),
        "custom-fields": ("PUT", f"{path}/custom-fields", before["custom_fields"]),
    }.get(where) or ("POST", f"{path}/{where}", [item(kind) for kind in COMPONENTS if kind.plural == where])
    answer = api.send(method, target, mutated(base, changes), check_request=False)
    assert answer.status_code in {200, 201, 400, 422}
    stored = api.get(path).json()
    if answer.status_code in {400, 422}:
        assert stored == before
        return
    if target == PROFILES:
        path, stored = answer["Location"], answer.json()
    assert api.get(path).json() == stored
    assert api.put(path, stored, check_request=False).json() == stored
    # Now and then a new one, lest all examples work on what the first ones have left.
    if target == PROFILES or len(changes) > 2:
        api.delete(path)
