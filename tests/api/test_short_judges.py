"""Short judges say what the whole way of a field says, or nothing: same values, of the same types, in the same order.

The whole way is that of fields made anew while nobody has a short judge, not even the items of lists.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.validators import MaxLengthValidator, MinLengthValidator
from hypothesis import given, settings, strategies as st
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from profiles import partial_dates
from profiles.career.fields import ExtraObject, PartialDate
from profiles.career.samples import SAMPLES
from profiles.career.serializers import (
    ITEM_SERIALIZERS,
    ModelDocument,
    PersonalInfoSerializer,
    ProfileSerializer,
    SkillsSerializer,
)
from profiles.models import COMPONENTS, Component, Education, Experience, Project
from profiles_project import texts
from profiles_project.api import fields
from profiles_project.api.fields import UNSURE, Document, Flag, HttpUrl, Items, Number, StringList, Text, short_judge
from users.api import serializers as accounts

pytestmark = pytest.mark.pure

ID = "01990000-0000-7000-8000-000000000001"
# Right, wrong and odd ones; each field adds those around its own limits.
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 3, 2**63, 0.0, -0.0, 3.8, 4.0, 4.5, 1e308, float("inf"), float("-inf"), float("nan"),
    "", " ", "\t\n", "\u00a0", "\u3000", "a", " a ", "a\u00a0", "\ufeffa", "a\0b", "\0", "\x01", "\x1f", "\x7f",
    "\x85a", "\ud800", "a\udfff", "e\u0301", "é", "\u212b", "\ufb2c", "\u1e9b\u0323", "한국어", "각", "日本語",
    "„Köln“ – …",
    "a" + "\u0301" * 30, "a" + "\u0301" * 31, "\u0301" * 40, "\u202eabc", "\u2066", "👩\u200d👩", "ſ", "ß", "İ",
    "2021", "2021-03", "2021-03-15", " 2021-03 ", "2021-13", "2021-02-30", "2021-3", "0999", "2021-03-15x", "٢٠٢١",
    "2021\n",
    "true", "false", "native", "fluent", " native", "NATIVE", "technical",
    "https://example.org", "http://example.org/a?b=c#d", "HTTPS://EXAMPLE.ORG/", "example.org", "//example.org",
    "ftp://a.de",
    "https://example.org:8080/", "https://example.org:99999/", "https://ada@example.org/", "https://x.org/@ada",
    "https://x",
    "https://-x.org", "https://x-.org", "https://x--y.org", "https://x.o", "https://x.org.", "https://x.org/\u202e",
    " https://x.org",
    "https://x.org\n", "https://x.org/a b", "https://x.org/<", "https://localhost/", "https://1.2.3.4/", "https://[::1]/",
    "https://" + "a" * 63 + ".org", "https://" + "a" * 64 + ".org", "https://x." + "o" * 63, "https://x." + "o" * 64,
    "https://münchen.de/", "https://x.123", "https://x.c-d", "javascript:alert(1)", "https://x.org/a/../%00",
    "ada@example.org", ID, ID.upper(), ID.replace("-", ""), f"{{{ID}}}", f" {ID}",
    [], {}, [[]], [{}],
    [None], [""], [" "], ["a"], [" a ", "é"], ["a", 1], ["a", None], ["a\0"], ["\ud800"], ["e\u0301"],
    ["a", ["b"]], [True], [ID], [ID, ID], [ID, "x"], {"a": 1}, {"a": {"b": []}}, {"id": ID},
    [{"network": "x"}], [{"network": "x", "url": "x.org"}], [{"url": "https://x.org"}], ["a"] * 50, ["a"] * 51,
    ["a"] * 101,
]  # fmt: skip


class _Judged:
    """A value with its type, and those of all that is in it, in their order."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Judged) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        if isinstance(self.value, Mapping):
            return f"{type(self.value)}{[(name, _Judged(each)) for name, each in self.value.items()]}"
        if isinstance(self.value, list):
            return f"{type(self.value)}{[_Judged(each) for each in self.value]}"
        return f"{type(self.value)}{self.value!r}{getattr(self.value, 'code', '')}"


def verdict(judge: Any, value: Any) -> Any:
    """What becomes of the value: the valid one, or the faults with their codes."""
    try:
        return _Judged(judge(value))
    except ValidationError as exc:
        return "refused", _Judged(exc.detail)


def _none_of(_field: Any) -> None:
    """No short judge."""


def _unsure(_value: Any) -> Any:
    return UNSURE


@contextmanager
def _nobody_short() -> Iterator[None]:
    made_anew = getattr(fields.templates, "__wrapped__", fields.templates)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fields, "short_judge", _none_of)
        patch.setattr(fields, "templates", made_anew)
        yield


def _subclasses(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def _forms() -> list[Any]:
    """Every form of the service with a field that has a short judge, those for the OpenAPI document alone left out."""
    forms = [form for form in _subclasses(Document) if form.__module__.startswith(("profiles.career", "users"))]
    whole: list[Any] = [
        form for form in forms if hasattr(form, "Meta") <= hasattr(getattr(form, "Meta", None), "model")
    ]
    return [form for form in whole if form is not ModelDocument and _names(form)]


def _names(form: Any) -> list[str]:
    """The fields of a form that have a short judge."""
    return [name for name, field in form().fields.items() if short_judge(field)]


FORMS = _forms()
FIELDS = [(form, name) for form in FORMS for name in _names(form)]
each_form = pytest.mark.parametrize("form", FORMS)


def values_for(field: Any) -> list[Any]:
    """The odd values, and those around the limits of the field and of its items."""
    sent = [*ODD]
    limits = (getattr(each, "max_length", None) for each in (field, getattr(field, "child", None)))
    for most in {limit for limit in limits if limit is not None}:
        for letter in ("x", "é", "e\u0301", "ж", "–"):
            sent += [letter * (most - 1), letter * most, letter * (most + 1), f" {letter * most} "]
            sent += [[letter * most], [letter * (most + 1)], ["a", letter * (most + 1), None]]
        sent += [
            "https://x.org/" + "y" * (most - 14),
            "https://x.org/" + "y" * (most - 13),
            ["a"] * most,
            ["a"] * (most + 1),
        ]
    return sent


def differences(field: Any, whole: Any, sent: list[Any]) -> list[Any]:
    """The values on which a short judge speaks and says something else than the whole way."""
    short = short_judge(field) or _unsure
    sure = [value for value in sent if short(value) is not UNSURE]
    with _nobody_short():
        return [value for value in sure if verdict(whole.run_validation, value) != verdict(short, value)]


def _whole(form: Any, name: str) -> Any:
    with _nobody_short():
        return form().get_fields()[name]


def test_fields_of_all_kinds_have_short_judges() -> None:
    found = {type(form().fields[name]) for form, name in FIELDS}
    assert {Text, HttpUrl, Flag, Number, PartialDate, StringList, fields.Choice, fields.ItemId, ExtraObject} <= found
    assert {*ITEM_SERIALIZERS.values(), PersonalInfoSerializer, accounts.Registration} <= {*FORMS}


@each_form
def test_a_short_judge_says_what_the_whole_way_says(form: Any) -> None:
    for name in _names(form):
        field = form().fields[name]
        assert not differences(field, _whole(form, name), values_for(field)), name


_LETTERS = st.text(max_size=60) | st.text("aé\u0301 \u0323한\ud800\0–ж", max_size=110)
_ADDRESSES = st.from_regex(r"(https?:)?(//)?[a-zA-Z0-9.@:-]{1,20}(/[ -~]{0,9})?", fullmatch=True)
_DATES = st.from_regex(r"[0-9]{4}(-[0-9]{1,2}){0,2}\s?", fullmatch=True)
_PLAIN_HOSTS = st.from_regex(r"https?://[a-z0-9-]{1,70}\.[a-z0-9-]{1,66}\.?[a-z]{0,3}(/[!-~]{0,9})?", fullmatch=True)


@settings(max_examples=400)
@given(
    st.sampled_from(FIELDS),
    _LETTERS | _ADDRESSES | _PLAIN_HOSTS | _DATES | st.lists(_LETTERS, max_size=4) | st.floats(),
)
def test_a_short_judge_says_of_any_value_what_the_whole_way_says(which: Any, value: Any) -> None:
    form, name = which
    assert not differences(form().fields[name], _whole(form, name), [value])


@pytest.mark.parametrize("kind", COMPONENTS)
def test_what_clients_send_is_plainly_right(kind: type[Component]) -> None:
    judges = ITEM_SERIALIZERS[kind]().judges
    unsure = [name for name, value in SAMPLES[kind].items() if judges[name].short(value) is UNSURE]
    assert not unsure
    right: dict[type, list[Any]] = {
        Text: ["Zürich", "東京", "– „Łódź“"],
        HttpUrl: ["https://x.org/a?b=1"],
        StringList: [[], ["Köln", "a"]],
    }
    for judge in judges.values():
        for value in right.get(type(judge.field), []):
            assert judge.short(value) is not UNSURE, (judge.name, value)


# What a judge must not forget --------------------------------------------------------------------------------------


def _refuse(value: Any) -> None:
    raise ValidationError("Never.", "never")


@pytest.mark.parametrize("validator", [_refuse, MaxLengthValidator(2), MinLengthValidator(12)])
@each_form
def test_a_short_judge_forgets_no_validator(form: Any, validator: Any) -> None:
    for name in _names(form):
        field, whole = _whole(form, name), _whole(form, name)
        # A number has no length.
        sent = [value for value in values_for(field) if validator is _refuse or not isinstance(value, (int, float))]
        for each in (field, whole):
            each.validators.append(validator)
            if isinstance(each, Items):
                each.child.validators.append(validator)
        assert not differences(field, whole, sent), name


def test_a_class_that_judges_otherwise_inherits_no_short_judge() -> None:
    class Loud(Text):
        def to_internal_value(self, data: Any) -> str:
            return super().to_internal_value(data).upper()

    class LoudList(Items):
        def run_validation(self, data: Any = empty) -> Any:
            return [each.upper() for each in super().run_validation(data)]

    assert short_judge(Text(max_length=9))
    assert short_judge(Items(child=Text(max_length=9), max_length=9))
    assert short_judge(Loud(max_length=9)) is None
    assert short_judge(Items(child=Loud(max_length=9), max_length=9)) is None
    assert short_judge(LoudList(child=Text(max_length=9), max_length=9)) is None


def test_what_is_not_taken_has_no_short_judge() -> None:
    assert short_judge(Text(max_length=9, read_only=True)) is None
    assert short_judge(Text(max_length=9, source="*")) is None


# Whole items and documents ----------------------------------------------------------------------------------------


def _items(kind: type[Component]) -> st.SearchStrategy[Any]:
    """Items of a kind in which some members are absent, odd, unknown, or called by another name."""
    odd = st.sampled_from([*ODD, "x" * 101, "x" * 2001])
    members: dict[str, Any] = {name: st.just(value) | odd for name, value in SAMPLES[kind].items()}
    others = {"id": odd, "version": odd, "extra": odd, "is_visible": odd, "unknown": odd}
    return st.fixed_dictionaries({}, optional=members | others | dict.fromkeys(kind.aliases, odd))


@settings(max_examples=150)
@given(st.data(), st.sampled_from(COMPONENTS), st.booleans())
def test_an_item_is_judged_as_without_short_judges(data: Any, kind: type[Component], is_partial: bool) -> None:  # noqa: FBT001  # drawn
    item = data.draw(_items(kind))
    for form in (ITEM_SERIALIZERS[kind], PersonalInfoSerializer if is_partial else ITEM_SERIALIZERS[kind]):
        fast = _judged(form, item, is_partial)
        with _nobody_short():
            assert fast == _judged(type("Whole", (form,), {"shares_fields": False}), item, is_partial)


def _judged(form: Any, item: Any, is_partial: bool) -> Any:  # noqa: FBT001  # as drawn
    values, errors = form().judge(item, is_partial)
    return _Judged(values), _Judged(errors)


def test_a_document_is_judged_as_without_short_judges() -> None:
    right = {kind.plural: [dict(SAMPLES[kind])] for kind in COMPONENTS if not kind.in_skills}
    wrong = {
        Experience.plural: [{"title": value} for value in ODD],
        Education.plural: [{"gpa": value} for value in ODD],
    }
    aliases = {Project.plural: [{"name": "x", "description": "y", "github_url": value} for value in ODD]}
    own = {
        "label": " Mine ",
        "professional_summary": "e\u0301" * 9,
        "personal_info": {"full_name": "Ada", "email": "a@b.org"},
    }
    skills = {"technical": ["a", "A", "é"], "soft": ["x" * 101], "details": [{"kind": "soft", "name": "a", "level": 3}]}
    for sent in (right, right | wrong | aliases | own, own | {"skills": skills}, {"label": None}, {"skills": None}):
        for is_partial in (False, True):
            fast = _of_document(ProfileSerializer, sent, partial=is_partial)
            with _nobody_short():
                assert fast == _of_document(ProfileSerializer, sent, partial=is_partial)


def _of_document(form: Any, sent: Any, **options: Any) -> Any:
    serializer = form(data=sent, **options)
    serializer.is_valid()
    return _Judged(serializer.validated_data), _Judged(serializer.errors)


# Fields that are made once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [ProfileSerializer, SkillsSerializer])
def test_no_two_documents_share_what_they_change(form: Any) -> None:
    one, other = form(data={}, context={"most_faults": 7}), form(data={})
    for name, field in one.fields.items():
        assert field.root is one
        assert other.fields[name].root is other
        child = getattr(field, "child", None)
        assert child is None or (child.root is one and child is not other.fields[name].child)
    for name in list(one.fields):
        del one.fields[name]
    assert other.fields
    assert form().fields.keys() == other.fields.keys()
    assert not one.judges


# What is remembered, and what is plain ----------------------------------------------------------------------------


def test_dates_are_remembered_in_little_room() -> None:
    partial_dates._checked.cache_clear()
    for year in range(1000, 10_000):
        partial_dates.parse(f"{' ' * 1000}{year}{' ' * 1000}")
    assert partial_dates._checked.cache_info().currsize == partial_dates._checked.cache_info().maxsize
    # A key with all of its white space would be found only with the same again.
    hits = partial_dates._checked.cache_info().hits
    assert partial_dates.parse("9999") == "9999"
    assert partial_dates._checked.cache_info().hits == hits + 1
    for _ in range(2):
        with pytest.raises(ValueError, match="no such date"):
            partial_dates.parse("2021-02-30")


def _western() -> str:
    return "".join(letter for letter in map(chr, range(0x110000)) if texts._LATIN.fullmatch(letter))


@given(st.text(_western()))
def test_texts_of_western_letters_are_in_their_normal_form(text: str) -> None:
    assert texts.nfc(text) == text
    assert texts.is_normal(text)


def test_no_western_letter_changes_or_follows_another_one() -> None:
    letters = _western()
    assert len(letters) > 700
    assert texts.nfc(letters) == letters
    assert texts.nfc(letters[::-1]) == letters[::-1]
    # None composes with what may stand before it.
    assert all(texts.nfc(first + letter) == first + letter for letter in letters for first in "aeiouAEIOU\u0237\u2019")


@given(st.text(max_size=80) | st.text("aé\u0301\u0323한–", max_size=80))
def test_a_text_is_normal_where_the_gate_and_the_normal_form_leave_it(text: str) -> None:
    assert texts.is_normal(text) is (not texts.has_long_run(text) and texts.nfc(text) == text)


def test_ids_that_are_read_are_those_that_are_judged() -> None:
    assert ITEM_SERIALIZERS[Experience]().judges["id"].judge(ID) == uuid.UUID(ID)
    assert ITEM_SERIALIZERS[Experience]().judges["id"].judge("") is None
