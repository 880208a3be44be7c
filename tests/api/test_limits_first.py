"""Lengths before work: texts, lists and addresses are judged before anything is done that grows faster than they do."""

import io
import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError as DjangoValidationError
from django.test import Client
from rest_framework import serializers as drf

from profiles.career import requests, serializers as profile_serializers
from profiles.career.fields import PartialDate
from profiles.models import Experience, Profile
from profiles_project import texts
from profiles_project.api.fields import Document, Text
from profiles_project.api.parsers import StrictJSONParser
from tests.support import hostile
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD, make_profile
from users.api import serializers as user_serializers
from users.models import User

MARKS = "\u0301\u0323" * 15
# The longest text that may be normalised: four characters for each of the 2,000 of a description.
LONGEST_WORK = 4 * 2_000
# Compared as they come: secrets, and what is ASCII or wrong.
NOT_NORMALISED = (user_serializers.Password, user_serializers.TokenText, PartialDate)


@pytest.fixture
def profile(user: User) -> Profile:
    """An empty profile."""
    return make_profile(user, 0)


@pytest.fixture
def normalised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of all texts that are brought into a normal form, by whomever."""
    lengths: list[int] = []
    original = unicodedata.normalize

    def spy(form: Any, text: str) -> str:
        lengths.append(len(text))
        # What is too long is only counted: it would take minutes.
        return original(form, text) if len(text) <= LONGEST_WORK else text

    monkeypatch.setattr(unicodedata, "normalize", spy)
    return lengths


# Texts ------------------------------------------------------------------------------------------------------------


def documents(base: Any = Document) -> Iterator[type[Any]]:
    """Every serializer of a request."""
    for each in base.__subclasses__():
        if "Meta" not in vars(each) or getattr(each.Meta, "model", None):
            yield each
        yield from documents(each)


def texts_of(field: Any, path: str, seen: frozenset[type]) -> Iterator[tuple[str, Any]]:
    """Every text below a field, with its path."""
    if isinstance(field, drf.Serializer):
        if type(field) in seen:
            return
        for name, below in field.fields.items():
            yield from texts_of(below, f"{path}.{name}", seen | {type(field)})
    elif hasattr(field, "child"):
        yield from texts_of(field.child, f"{path}[]", seen)
    elif isinstance(field, drf.CharField) and not field.read_only:
        yield path, field


def all_texts() -> dict[str, Any]:
    """Every text that a request may carry, by the path to it."""
    kinds = {*documents(), *profile_serializers.ITEM_SERIALIZERS.values(), *requests.IDS_BODIES.values()}
    # Bases, and one that describes an answer.
    others = {profile_serializers.ModelDocument, profile_serializers.ItemSerializer}
    kinds = {kind for kind in kinds if kind.__name__ != "SkillsUpdated"}
    found: dict[str, Any] = {}
    for kind in kinds - others:
        found |= dict(texts_of(kind(context={"user": User()}), kind.__name__, frozenset()))
    return found


@pytest.mark.pure
def test_every_text_of_every_request_has_a_greatest_length() -> None:
    found = all_texts()
    # The walk comes everywhere.
    assert {"Registration.email", "LinkToken.token", "ProfileSerializer.experiences[].achievements[]"} <= found.keys()
    assert len(found) > 100
    assert [path for path, field in found.items() if not field.max_length] == []


@pytest.mark.pure
def test_every_text_that_is_normalised_passes_the_gate() -> None:
    for path, field in all_texts().items():
        if isinstance(field, NOT_NORMALISED) or field.max_length <= len(MARKS):
            continue
        assert isinstance(field, Text), path
        for marks, is_fine in ((MARKS, True), (MARKS + "\u0301", False)):
            try:
                value = field.to_internal_value("a" + marks)
            except drf.ValidationError as exc:
                codes = {str(code) for code in _codes(exc.get_codes())}
                assert is_fine is ("combining_marks" not in codes), path
            else:
                assert is_fine, (path, value)


def _codes(found: Any) -> Iterator[Any]:
    if isinstance(found, dict | list):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _codes(each)
    else:
        yield found


@pytest.mark.django_db
def test_thirty_marks_are_stored_and_thirty_one_are_not(api: ApiClient, profile: Profile) -> None:
    path = f"{API}/profiles/{profile.pk}"
    for body, pointer in (
        ({"label": "a%s"}, "/label"),
        ({"professional_summary": "a long enough a%s"}, "/professional_summary"),
        ({"skills": {"technical": ["a%s"]}}, "/skills/technical/0"),
        ({"custom_fields": {"a%s": 1}}, None),
    ):
        text = json.dumps(body, ensure_ascii=False)
        assert api.patch(path, data=(text % MARKS).encode()).status_code == 200, text
        answer = api.patch(path, data=(text % (MARKS + "\u0301")).encode())
        [fault] = answer.json()["errors"]
        assert (answer.status_code, fault["code"]) == (422, "combining_marks")
        assert pointer in {None, fault["pointer"]}


@pytest.mark.pure
@pytest.mark.parametrize("text", ["é" * 5_000, "각" * 5_000, "👩‍👩‍👧" * 1_000, "ทั้งนี้" * 1_000, "क्षि" * 1_000])
def test_ordinary_texts_of_any_language_have_no_long_runs(text: str) -> None:
    assert not texts.has_long_run(unicodedata.normalize("NFD", text))


ANONYMOUS = {
    "register": {"email": "%s", "password": "%s", "full_name": "%s"},
    "login": {"email": "%s", "password": "%s"},
    "refresh": {"refresh_token": "%s"},
    "forgot-password": {"email": "%s"},
    "reset-password": {"token": "%s", "new_password": "%s"},
    "verify-email": {"token": "%s"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("route", ANONYMOUS)
def test_nobody_without_an_account_has_a_long_text_normalised(
    anonymous: ApiClient, normalised: list[int], route: str
) -> None:
    text = "a" + hostile.combining(300_000)
    body = dict.fromkeys(ANONYMOUS[route], text)
    answer = anonymous.post(f"{API}/auth/{route}", data=hostile.encoded(body))
    assert 400 <= answer.status_code < 500
    assert max(normalised, default=0) <= LONGEST_WORK


@pytest.mark.django_db
def test_no_query_header_or_path_is_normalised_whatever_its_length(
    anonymous: ApiClient, api: ApiClient, profile: Profile, normalised: list[int]
) -> None:
    text = hostile.combining(40_000)
    path = f"{API}/profiles/{profile.pk}"
    answers = [
        anonymous.get(f"{API}/auth/check-email", query={"email": text}),
        api.delete(f"{path}/skills/technical", query={"skills": text}),
        api.delete(f"{path}/custom-fields", query={"keys": text}),
        api.get(f"{API}/profiles/{text[:2_000]}", check=False),
        anonymous.get("/api/schema", headers={"Accept": hostile.content_type(40_000)}, check=False),
        anonymous.post(f"{API}/auth/login", data=b"{}", content_type=hostile.content_type(40_000), check=False),
    ]
    assert all(answer.status_code < 500 for answer in answers)
    assert max(normalised, default=0) <= LONGEST_WORK


@pytest.mark.django_db
def test_what_owners_and_imports_send_is_normalised_within_its_limit(
    api: ApiClient, profile: Profile, normalised: list[int]
) -> None:
    text = "a" + hostile.combining(2_000_000)
    path = f"{API}/profiles/{profile.pk}"
    resume = {"basics": {"name": text, "summary": text, "label": text}, "work": [{"name": text, "position": text}]}
    answers = [
        api.patch(path, data=hostile.encoded({"label": text, "custom_fields": {text[:500_000]: text}})),
        api.post(f"{path}/experiences", data=hostile.encoded([{"title": text, "technologies": [text]}])),
        api.post(f"{path}/skills/technical", data=hostile.encoded({"skills": [text]})),
        api.post(f"{path}/custom-fields", data=hostile.encoded({"fields": [{"key": text, "value": 1}]})),
        api.post(f"{API}/profiles/import", data=hostile.encoded(resume)),
    ]
    assert [answer.status_code for answer in answers[:4]] == [422] * 4
    assert answers[4].status_code in {201, 422}
    assert max(normalised, default=0) <= LONGEST_WORK


@pytest.mark.django_db
@pytest.mark.slow
def test_the_admin_normalises_no_long_text(user: User, normalised: list[int]) -> None:
    text = hostile.combining(300_000)
    staff = User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root")
    profile = make_profile(user, 0)
    client = Client()
    assert client.post("/admin/login/", {"username": text, "password": text}).status_code == 200
    client.force_login(staff)
    for path in ("users/user/", "profiles/profile/"):
        assert client.get(f"/admin/{path}", {"q": text}).status_code < 500
    for path, form in (
        (f"users/user/{user.pk}/change/", {"email": text, "full_name": text}),
        ("users/user/add/", {"email": text, "full_name": text}),
        (f"profiles/profile/{profile.pk}/change/", {"full_name": text, "label": text, "headline": text}),
        ("auth/group/add/", {"name": text}),
    ):
        assert client.post(f"/admin/{path}", form).status_code < 500, path
    assert max(normalised, default=0) <= LONGEST_WORK


# Lists ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every text and every item that is judged."""
    seen: list[Any] = []
    for kind in (Text, profile_serializers.ItemSerializer, requests.CustomFieldEntry):
        original = kind.run_validation

        def spy(self: Any, data: Any = drf.empty, original: Any = original) -> Any:
            seen.append(None)
            return original(self, data)

        monkeypatch.setattr(kind, "run_validation", spy)
    return seen


LONG_LISTS: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"skills": {"technical": [0] * 501}}),
    ("PATCH", "", {"experiences": [{}] * 1_001}),
    ("PATCH", "", {"skills": {"languages": [0] * 1_001}}),
    ("PATCH", "", {"skills": {"details": [{}] * 1_001}}),
    ("PATCH", "", {"personal_info": {"links": [{}] * 101}}),
    ("PATCH", "", {"custom_fields": {f"k{number}": 0 for number in range(101)}}),
    ("POST", "/experiences", [{}] * 1_001),
    ("PUT", "/experiences", [{}] * 1_001),
    ("PATCH", "/experiences", [{}] * 1_001),
    ("DELETE", "/experiences", {"experience_ids": [0] * 1_001}),
    ("PUT", "/experiences/order", {"ids": [0] * 1_001}),
    ("POST", "/skills/technical", {"skills": [0] * 1_001}),
    ("POST", "/custom-fields", {"fields": [0] * 1_001}),
    ("DELETE", "/custom-fields", {"keys": [0] * 1_001}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "below", "body"), LONG_LISTS)
def test_a_list_that_is_too_long_is_refused_before_its_items_are_looked_at(  # noqa: PLR0917  # fixtures and table
    api: ApiClient, profile: Profile, judged: list[Any], method: str, below: str, body: Any
) -> None:
    answer = api.send(method, f"{API}/profiles/{profile.pk}{below}", body)
    assert answer.status_code == 422, answer.content[:300]
    assert len(answer.json()["errors"]) == 1, answer.json()["errors"][:3]
    assert len(judged) <= 1
    assert not Experience.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("number", "is_more"), [(99, False), (100, False), (101, True), (500, True)])
def test_a_hundred_faults_are_told_and_that_there_are_more(
    api: ApiClient, profile: Profile, judged: list[Any], number: int, *, is_more: bool
) -> None:
    answer = api.patch(f"{API}/profiles/{profile.pk}", {"skills": {"technical": [0] * number}})
    problem = answer.json()
    assert len(problem["errors"]) == min(number, 100)
    assert problem.get("more", False) is is_more
    assert len(judged) <= 110


@pytest.mark.django_db
def test_items_with_many_faults_each_are_not_all_judged(api: ApiClient, profile: Profile, judged: list[Any]) -> None:
    item = {"title": 0, "company": 0, "start_date": 0, "achievements": [0] * 50, "technologies": [0] * 50}
    answer = api.post(f"{API}/profiles/{profile.pk}/experiences", [item] * 1_000)
    assert (answer.status_code, answer.json()["more"], len(answer.json()["errors"])) == (422, True, 100)
    assert len(judged) < 1_000


@pytest.mark.django_db
@pytest.mark.parametrize("below", ["", "/experiences", "/custom-fields", "import"])
@pytest.mark.parametrize("body", [hostile.faulty_items, hostile.many_brackets])
def test_what_has_too_many_parts_to_be_a_career_is_refused_unparsed(
    api: ApiClient, profile: Profile, below: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{API}/profiles/import" if below == "import" else f"{API}/profiles/{profile.pk}{below}"
    monkeypatch.setattr("profiles_project.api.parsers.DECODER", None)
    method = "PATCH" if not below else "POST"
    answer = api.send(method, path, data=body(2 * hostile.MIB))
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (413, "too-large")


@pytest.mark.django_db
def test_a_long_key_is_not_sent_back_whole(api: ApiClient, profile: Profile) -> None:
    answer = api.patch(f"{API}/profiles/{profile.pk}", data=b'{"custom_fields": %s}' % hostile.long_key(hostile.MIB))
    assert answer.status_code == 422
    assert len(answer.content) < 5_000
    answer = api.put(f"{API}/profiles/{profile.pk}/custom-fields", data=hostile.long_key(hostile.MIB))
    assert answer.status_code == 422
    assert len(answer.content) < 5_000


@pytest.mark.pure
def test_the_largest_career_has_fewer_parts_than_are_refused() -> None:
    item = {"title": "x", "company": "y", "start_date": "2019", "achievements": ["a"] * 50, "technologies": ["b"] * 50}
    document = json.dumps({"experiences": [item] * 1_000, "projects": [item] * 1_000}).encode()
    assert StrictJSONParser().parse(io.BytesIO(document))


# Addresses --------------------------------------------------------------------------------------------------------


MISLEADING = [
    ("http://good.example@evil.example", "user_name"),
    ("https://user:secret@good.example/", "user_name"),
    ("good.example@evil.example/path", "user_name"),
    ("https://good.example/\u202egpj.exe", "direction_marks"),
    ("https://good.example/\u2066x\u2069", "direction_marks"),
    ("https://good.example:65536/", "port"),
    ("https://good.example:" + "9" * 50, "port"),
]
HONEST = [
    "https://good.example:65535/~ada@home?x=a@b",
    "https://münchen.example/straße",
    "http://[2001:db8::1]:8080/",
    "medium.com/@ada",
]


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "code"), MISLEADING)
def test_a_misleading_address_is_stored_nowhere(api: ApiClient, profile: Profile, address: str, code: str) -> None:
    path = f"{API}/profiles/{profile.pk}"
    bodies = [
        {"personal_info": {"website": address}},
        {"personal_info": {"image": address}},
        {"personal_info": {"links": [{"network": "Web", "url": address}]}},
        {"projects": [{"name": "x", "description": "y", "start_date": "2020", "end_date": None, "url": address}]},
    ]
    for body in bodies:
        answer = api.patch(path, body)
        assert answer.status_code == 422, body
        assert [fault["code"] for fault in answer.json()["errors"]] == [code]
    with pytest.raises(DjangoValidationError):
        Profile._meta.get_field("website").run_validators("https://" + address.partition("//")[2] or address)


@pytest.mark.django_db
@pytest.mark.parametrize("address", HONEST)
def test_an_honest_address_is_stored(api: ApiClient, profile: Profile, address: str) -> None:
    answer = api.patch(f"{API}/profiles/{profile.pk}", {"personal_info": {"website": address}})
    assert answer.status_code == 200, answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["network", "username"])
def test_the_names_of_a_link_turn_no_text_round(api: ApiClient, profile: Profile, name: str) -> None:
    link = {"network": "Web", "username": "ada", "url": "https://ada.example", name: "a\u202eb"}
    answer = api.patch(f"{API}/profiles/{profile.pk}", {"personal_info": {"links": [link]}})
    assert [fault["code"] for fault in answer.json()["errors"]] == ["direction_marks"]


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "code"), MISLEADING[:1] + MISLEADING[3:6])
def test_an_import_leaves_a_misleading_address_out_and_tells(api: ApiClient, address: str, code: str) -> None:
    resume = {
        "basics": {"name": "Ada", "email": "ada@example.org", "url": address},
        "projects": [{"name": "Engine", "description": "It computes.", "startDate": "1843", "url": address}],
    }
    answer = api.post(f"{API}/profiles/import", resume)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["profile"]["personal_info"]["website"] is None
    assert made["profile"]["projects"][0]["url"] is None
    assert [part for part in made["report"]["parts"] if part["outcome"] in {"refused", "kept_aside", "changed"}]
