"""What a fault is called: all rules of all kinds, in all languages, in words that a person knows."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from profiles.career.serializers import ITEM_SERIALIZERS
from profiles.models import COMPONENTS, Component
from profiles.words import WORDS
from profiles_project.web.docs import openapi_document
from profiles_project.words.places import said_at
from profiles_project.words.sentences import say
from profiles_project.words.wording import worded
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import item, make_profile
from tests.support.wording import LANGUAGES, known_sentences, sentence_faults
from users.models import User

LANGUAGE = "The name of the language is missing."
# Of each kind of field values that it refuses, one for each rule.
WRONG: list[Any] = [
    *(None, "", " ", "x" * 3_000, "\u0301" * 40, "no date", "2021-02-30", "mailto:x@example.org"),
    *("https://user@example.org", "https://example.org:99999", "https://exa mple.org", "https://\u202eexample.org"),
    *(-1, 5, 1.5, True, {}, {"a": 1}, [], ["x" * 600], [None], [""], [1], [{}], ["x"] * 51, {"a": "x" * 11_000}),
]


def faulty_items(kind: type[Component]) -> Iterator[dict[str, Any]]:
    fields = ITEM_SERIALIZERS[kind]().fields
    for name, field in fields.items():
        if not field.read_only:
            yield from (item(kind) | {name: value} for value in WRONG)
            yield {key: value for key, value in item(kind).items() if key != name}
    if kind.period:
        first, last = kind.period
        yield item(kind) | {first: "2021", last: "2020"}
    if "is_current" in fields:
        yield item(kind) | {"is_current": True, "end_date": "2022"}


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("kind", COMPONENTS)
@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_no_rule_of_any_kind_speaks_of_keys(api: ApiClient, user: User, kind: type[Component], language: str) -> None:
    path = f"{API}/profiles/{make_profile(user, 0).pk}/{kind.plural}"
    with translation.override(language):
        first = worded(say("{place!c}: {sentence!l}", place=say(WORDS.entries[kind.plural], n="1"), sentence=""))[:-3]
    refused = 0
    for sent in faulty_items(kind):
        answer = api.post(path, [sent], headers={"Accept-Language": language}, check_request=False)
        if answer.status_code == 422:
            refused += 1
            problem = answer.json()
            assert list(sentence_faults(problem)) == []
            named = kind.content_fields()
            assert not any(word in problem["detail"] for word in named if "_" in word)
            assert problem["detail"].startswith(first), problem
    assert refused > 50


def below(schema: dict[str, Any], owner: str, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """Each member of a schema, and of all in it, with the list or object that it is in."""
    if reference := schema.get("$ref", "").rpartition("/")[2]:
        if reference not in seen:
            yield from below(openapi_document()["components"]["schemas"][reference], owner, seen | {reference})
        return
    others = [each for part in ("oneOf", "anyOf", "allOf") for each in schema.get(part, ())]
    for each in [*others, *([schema["items"]] if "items" in schema else [])]:
        yield from below(each, owner, seen)
    for name, each in schema.get("properties", {}).items():
        if not each.get("readOnly"):
            yield owner, name
            yield from below(each, name, seen)


def request_members() -> set[tuple[str, str]]:
    """Each member of each body of a request, with the list or object that it is in."""
    bodies = (
        operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        for path, operations in openapi_document()["paths"].items()
        # What an import brings has names and a report of its own.
        if "/import" not in path
        for operation in operations.values()
    )
    return {member for body in bodies for member in below(body, "")}


def test_every_member_of_a_request_has_a_name_for_people() -> None:
    for owner, name in sorted(request_members()):
        said = said_at((owner, name) if owner else (name,), "invalid", "This must be text.")
        spoken = worded(said.alone)
        assert spoken != worded(said.below) or name in WORDS.holders, (owner, name)
        assert list(sentence_faults({"detail": spoken})) == [], (owner, name)


def test_every_name_of_a_kind_or_a_field_has_translations() -> None:
    called = [*WORDS.entries.values(), *WORDS.maps.values(), *(field.label for field in WORDS.fields.values())]
    assert [label for label in called if label not in known_sentences()] == []
    assert [name for name in missing_words() if name not in known_sentences()] == []


def missing_words() -> list[str]:
    return [f"{str(model._meta.verbose_name).capitalize()} not found." for model in COMPONENTS]


def test_every_query_parameter_has_a_name_for_people() -> None:
    parameters = {
        each["name"]
        for operations in openapi_document()["paths"].values()
        for operation in operations.values()
        for each in map(resolved, operation.get("parameters", ()))
        if each["in"] == "query"
    }
    assert len(parameters) > 8
    for name in parameters:
        spoken = worded(said_at((name,), "invalid", "This must be text.").alone)
        assert spoken.endswith(": this must be text."), name


def resolved(parameter: dict[str, Any]) -> dict[str, Any]:
    name = parameter.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = openapi_document()["components"]["parameters"][name] if name else parameter
    return found


@pytest.mark.parametrize(
    ("path", "within", "place"),
    [
        (("title",), "", "Title"),
        (("title",), "experiences", "Job title"),
        ((4,), "experiences", "Experience 5"),
        ((0, "achievements", 1), "experiences", "Experience 1, achievement 2"),
        (("experiences", 2, "title"), "", "Experience 3, job title"),
        (("personal_info",), "", "Personal information"),
        (("personal_info", "linkedin"), "", "LinkedIn address"),
        (("personal_info", "links", 0, "url"), "", "Link 1, web address"),
        (("skills", "technical", 3), "", "Technical skill 4"),
        (("skills", "details", 0, "level"), "", "Skill 1, level"),
        (("custom_fields", "Shoe size"), "", "Field «Shoe size»"),
        (("custom_fields", "k" * 99), "", f"Field «{'k' * 60}…»"),
        (("set", "title"), "experiences", "Job title"),
        (("nobody_knows", "title"), "", "Title"),
    ],
)
def test_a_place_is_named_as_people_know_it(path: tuple[str | int, ...], within: str, place: str) -> None:
    said = said_at(path, "not_a_list", "This must be a list.", within)
    assert (said.below, worded(said.alone)) == ("This must be a list.", f"{place}: this must be a list.")


@pytest.mark.parametrize("path", [(), ("nobody_knows",), ("nobody_knows", 4)])
def test_where_no_place_has_a_name_the_sentence_stands_alone(path: tuple[str | int, ...]) -> None:
    assert said_at(path, "not_a_list", "This must be a list.") == ("This must be a list.", "This must be a list.")


@pytest.mark.parametrize("code", ["required", "null", "blank"])
@pytest.mark.parametrize(
    ("path", "within", "below", "alone"),
    [
        (("title",), "experiences", "The job title is missing.", "The job title is missing."),
        ((2, "title"), "experiences", "The job title is missing.", "Experience 3: the job title is missing."),
        (("experiences", 2, "title"), "", "The job title is missing.", "Experience 3: the job title is missing."),
        (("languages", 0, "name"), "", LANGUAGE, f"Language 1: t{LANGUAGE[1:]}"),
        ((0, "achievements", 1), "experiences", "This is empty.", "Experience 1, achievement 2: this is empty."),
        (("custom_fields", "key"), "", "This is missing.", "Field «key»: this is missing."),
        (("headline",), "", "This is missing.", "Headline: this is missing."),
    ],
)
def test_what_is_not_given_is_named_by_its_own_sentence(
    path: tuple[str | int, ...], within: str, code: str, below: str, alone: str
) -> None:
    said = said_at(path, code, "", within)
    assert (worded(said.below), worded(said.alone)) == (below, alone)
