"""Whole documents: stored together or not at all, read back as sent, changed only where something was sent."""

import copy
import json
import uuid
from http import HTTPStatus
from typing import Any

import pytest
from django.db import models

from profiles.career.samples import SAMPLES
from profiles.limits import MAX_CUSTOM_VALUE_BYTES, MAX_EXTRA_BYTES, MAX_PROFILE_EXTRA_BYTES, MAX_PROFILES
from profiles.modelfields import ExtraField, StringListField
from profiles.models import COMPONENTS, PARTS, Component, CustomField, Experience, Language, Profile, Skill
from tests.support.client import ApiClient
from tests.support.factories import EMPTY_SKILLS, PERSONAL_INFO, item, make_profile, profile_document, shown
from users.models import User

pytestmark = pytest.mark.django_db

PROFILES = "/api/v1/profiles"
CHANGES = ("PUT", "PATCH")
MIB = 2**20
kinds = pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
# The same code stores all lists of a document, so what it refuses as a whole is asked of two kinds: of one in a list of
# its own and of one inside the skills. The fields, which differ, are asked of all.
two_kinds = pytest.mark.parametrize("kind", [Experience, Language], ids=lambda kind: kind.plural)
methods = pytest.mark.parametrize("method", CHANGES)

# What an item must carry, with all else left to its default.
SMALLEST: dict[str, dict[str, Any]] = {
    kind.plural: {name: SAMPLES[kind][name] for name in sorted(kind.required_fields())} for kind in COMPONENTS
}
SMALLEST["experiences"]["is_current"] = True


def address(profile: Profile) -> str:
    return f"{PROFILES}/{profile.pk}"


def nested(kind: type[Component], items: Any) -> dict[str, Any]:
    """The part of a document that holds a kind's list."""
    return {"skills": {kind.plural: items}} if kind.in_skills else {kind.plural: items}


def listed(document: dict[str, Any], kind: type[Component]) -> Any:
    """The list of a kind in a document."""
    return (document["skills"] if kind.in_skills else document)[kind.plural]


def pointer(kind: type[Component], *steps: object) -> str:
    return "/".join(["/skills" if kind.in_skills else "", kind.plural, *map(str, steps)])


def optional_fields(kind: type[Component]) -> dict[str, Any]:
    """The fields of a kind that may be absent, each with what an absent one is."""
    fields = [kind._meta.get_field(name) for name in kind.content_fields()]
    return {f.name: f.get_default() for f in fields if isinstance(f, models.Field) and (f.null or f.has_default())}


def rows() -> dict[str, int]:
    """How many rows there are of everything that belongs to careers."""
    return {"Profile": Profile.objects.count()} | {part.__name__: part.objects.count() for part in PARTS}


def without_ids(document: dict[str, Any]) -> dict[str, Any]:
    """A document as its author wrote it, without what the server chose."""
    chosen = {"id", "created_at", "updated_at"}
    bare = {name: value for name, value in copy.deepcopy(document).items() if name not in chosen}
    for kind in COMPONENTS:
        listed(bare, kind)[:] = [
            {name: value for name, value in each.items() if name not in {"id", "version"}}
            for each in listed(bare, kind)
        ]
    return bare


def as_utf8(document: dict[str, Any]) -> bytes:
    """A document as clients send it, without escapes that would make it larger."""
    return json.dumps(document, ensure_ascii=False).encode()


def faults(response: Any) -> dict[str, str]:
    """The code of each fault of a 422 by its pointer."""
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, response.content
    return {fault["pointer"]: fault["code"] for fault in response.json()["errors"]}


def assert_unmoved(api: ApiClient, before: dict[str, Any]) -> None:
    """The profile is to the last member what it was."""
    assert api.get(f"{PROFILES}/{before['id']}").json() == before


# Creation ---------------------------------------------------------------------------------------------------------


def test_a_document_is_stored_whole_and_read_back_as_it_was_sent(api: ApiClient, user: User) -> None:
    sent = profile_document(3)
    created = api.post(PROFILES, sent)
    assert created.status_code == HTTPStatus.CREATED
    made = created.json()
    assert without_ids(made) == sent | {"user_id": user.pk, "is_active": True, "version": 1}
    assert created["Location"] == f"{PROFILES}/{made['id']}"
    assert uuid.UUID(made["id"]).version == 7
    read = api.get(created["Location"])
    assert read.json() == made
    assert read["ETag"] == created["ETag"]
    assert rows() == {"Profile": 1, **dict.fromkeys((part.__name__ for part in PARTS), 3), "Skill": 6}


def test_what_a_new_document_leaves_out_is_null_or_empty(api: ApiClient) -> None:
    made = api.post(PROFILES, {"personal_info": {"full_name": "Ada", "email": "ada@example.org"}}).json()
    optional: dict[str, Any] = {**dict.fromkeys(Profile.PERSONAL_INFO), "links": []}
    assert made["personal_info"] == optional | {"full_name": "Ada", "email": "ada@example.org"}
    assert made["label"] == "Master"
    assert made["professional_summary"] is None
    assert made["skills"] == EMPTY_SKILLS
    assert (made["custom_fields"], made["extra"]) == ({}, {})
    assert [listed(made, kind) for kind in COMPONENTS] == [[]] * len(COMPONENTS)


@kinds
def test_what_a_new_item_leaves_out_is_null_or_empty(api: ApiClient, kind: type[Component]) -> None:
    made = api.post(PROFILES, profile_document(0) | nested(kind, [SMALLEST[kind.plural]])).json()
    (one,) = listed(made, kind)
    assert one == shown(optional_fields(kind) | SMALLEST[kind.plural], one["id"])


def test_ids_that_the_client_chose_are_kept(api: ApiClient) -> None:
    chosen = [str(uuid.uuid4()) for _ in range(len(COMPONENTS) + 1)]
    sent = profile_document(0, id=chosen[0].upper())
    for kind, item_id in zip(COMPONENTS, chosen[1:], strict=True):
        sent["skills"] |= {kind.plural: [item(kind, id=item_id)]} if kind.in_skills else {}
        sent |= {} if kind.in_skills else {kind.plural: [item(kind, id=item_id)]}
    made = api.post(PROFILES, sent).json()
    assert [made["id"], *(listed(made, kind)[0]["id"] for kind in COMPONENTS)] == chosen


@two_kinds
def test_one_faulty_item_anywhere_and_nothing_is_stored(api: ApiClient, kind: type[Component]) -> None:
    first = kind.content_fields()[0]
    sent = profile_document(2) | nested(kind, [item(kind), item(kind), item(kind) | {first: " "}])
    assert faults(api.post(PROFILES, sent)) == {pointer(kind, 2, first): "blank"}
    assert set(rows().values()) == {0}


@two_kinds
def test_one_taken_id_anywhere_and_nothing_is_stored(api: ApiClient, other_user: User, kind: type[Component]) -> None:
    theirs = kind._default_manager.get(profile=make_profile(other_user, 1))
    before = rows()
    response = api.post(PROFILES, profile_document(2) | nested(kind, [item(kind, id=str(theirs.pk))]))
    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["id"] == str(theirs.pk)
    assert rows() == before


def test_a_taken_profile_id_is_a_conflict_and_nothing_is_stored(api: ApiClient, user: User, other_user: User) -> None:
    taken = [make_profile(user, 1), make_profile(other_user, 1)]
    before = rows()
    for profile in taken:
        response = api.post(PROFILES, profile_document(1, id=str(profile.pk)))
        assert response.status_code == HTTPStatus.CONFLICT
    assert rows() == before


def test_every_fault_of_a_document_is_reported_at_once(api: ApiClient) -> None:
    sent = profile_document(1, label="x" * 101, professional_summary="short")
    sent["personal_info"] |= {"full_name": "", "email": "nobody", "phone": "none", "website": "ftp://example.org"}
    sent["skills"] |= {"technical": ["Go", "", "go"], "languages": [{"name": "French", "proficiency": "some"}]}
    sent["experiences"] = [item(COMPONENTS[0]), {}, item(COMPONENTS[0], end_date="1999", technologies=["x" * 101])]
    sent["education"] = [item(COMPONENTS[1], gpa=4.1, start_date="May")]
    sent["custom_fields"] = {"x" * 51: 1, "a/b~c": "x" * (10 * 1024)}
    assert faults(api.post(PROFILES, sent)) == {
        "/label": "max_length",
        "/personal_info/full_name": "blank",
        "/personal_info/email": "invalid",
        "/personal_info/phone": "no_digit",
        "/personal_info/website": "scheme",
        "/professional_summary": "min_length",
        "/skills/technical/1": "blank",
        "/skills/languages/0/proficiency": "invalid_choice",
        "/experiences/1/title": "required",
        "/experiences/1/company": "required",
        "/experiences/1/start_date": "required",
        "/experiences/2/end_date": "before_start",
        "/experiences/2/technologies/0": "max_length",
        "/education/0/gpa": "max_value",
        "/education/0/start_date": "invalid",
        f"/custom_fields/{'x' * 51}": "key_length",
        "/custom_fields/a~1b~0c": "max_size",
    }
    assert set(rows().values()) == {0}


# Changes ----------------------------------------------------------------------------------------------------------


@methods
@pytest.mark.parametrize("sent", [{}, {"personal_info": {}}, {"skills": {}}, {"unknown": 1, "version": 99}])
def test_what_is_not_sent_is_not_destroyed(api: ApiClient, user: User, method: str, sent: dict[str, Any]) -> None:
    path = address(make_profile(user))
    before = api.get(path)
    answer = api.send(method, path, sent)
    assert answer.json() == before.json()
    assert answer["ETag"] == before["ETag"]
    assert_unmoved(api, before.json())


@methods
def test_the_document_that_was_read_can_be_sent_back_and_nothing_changes(
    api: ApiClient, user: User, method: str
) -> None:
    path = address(make_profile(user))
    before = api.get(path)
    answer = api.send(method, path, before.json(), if_match=before["ETag"])
    assert answer.json() == before.json()
    assert answer["ETag"] == before["ETag"]
    assert_unmoved(api, before.json())


PARTIAL_CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "label": ({"label": "Other"}, {"label": "Other"}),
    "summary": ({"professional_summary": "Something else."}, {"professional_summary": "Something else."}),
    "personal_info": (
        {"personal_info": {"location": " Paris ", "phone": None}},
        {"personal_info": {**PERSONAL_INFO, "location": "Paris", "phone": None}},
    ),
    "experiences": ({"experiences": []}, {"experiences": []}),
    **{
        kind.plural: ({kind.plural: None}, {kind.plural: []})
        for kind in COMPONENTS
        if kind.plural != "experiences" and not kind.in_skills
    },
    "custom_fields": ({"custom_fields": {"new": [1]}}, {"custom_fields": {"new": [1]}}),
    "extra": ({"extra": {"new": 1.0}}, {"extra": {"new": 1.0}}),
    "null extra": ({"extra": None}, {"extra": {}}),
    "no custom_fields": ({"custom_fields": {}}, {"custom_fields": {}}),
    "null custom_fields": ({"custom_fields": None}, {"custom_fields": {}}),
    "null skills": ({"skills": None}, {"skills": EMPTY_SKILLS}),
    "null label": ({"label": None, "professional_summary": "Another text."}, {"professional_summary": "Another text."}),
    "null summary": ({"professional_summary": None}, {"professional_summary": None}),
    "blank summary": ({"professional_summary": " "}, {"professional_summary": None}),
}


@methods
@pytest.mark.parametrize("name", PARTIAL_CHANGES)
def test_only_what_is_sent_changes_and_that_is_one_version(api: ApiClient, user: User, method: str, name: str) -> None:
    sent, expected = PARTIAL_CHANGES[name]
    path = address(make_profile(user))
    before = api.get(path).json()
    answer = api.send(method, path, sent, check_request=False).json()
    assert answer["updated_at"] > before["updated_at"]
    assert answer == before | expected | {"version": 2, "updated_at": answer["updated_at"]}
    assert_unmoved(api, answer)
    assert api.send(method, path, sent, check_request=False).json() == answer


@methods
@pytest.mark.parametrize("none", [None, "", "  "])
def test_no_label_keeps_the_stored_one(api: ApiClient, method: str, none: Any) -> None:
    made = api.post(PROFILES, {"label": none, "personal_info": PERSONAL_INFO})
    path, label = made["Location"], made.json()["label"]
    named = api.patch(path, {"label": "For banks"})
    assert (label, named.json()["label"]) == ("Master", "For banks")
    kept = api.send(method, path, {"label": none})
    assert (kept.json(), kept["ETag"]) == (named.json(), named["ETag"])
    changes = {"changes": [{"kind": "profile", "id": named.json()["id"], "base": 2, "set": {"label": none}}]}
    (pushed,) = api.post(f"{path}/changes", changes).json()["results"]
    assert (pushed["status"], pushed["data"]["label"]) == ("unchanged", "For banks")


@methods
@pytest.mark.parametrize("nothing", [None, []], ids=["null", "empty"])
def test_each_list_of_the_skills_is_cleared_alone(api: ApiClient, user: User, method: str, nothing: Any) -> None:
    path = address(make_profile(user, 2))
    expected = api.get(path).json()["skills"]
    # The details before their skills, with which they would go.
    for version, part in enumerate(reversed(EMPTY_SKILLS), start=2):
        expected[part] = []
        answer = api.send(method, path, {"skills": {part: nothing}}).json()
        assert answer["skills"] == expected
        assert answer["version"] == version


@methods
def test_each_optional_part_of_personal_info_is_cleared_alone(api: ApiClient, user: User, method: str) -> None:
    path = address(make_profile(user, 0))
    expected = api.get(path).json()["personal_info"]
    blanks = dict.fromkeys(name for name in Profile.PERSONAL_INFO if name not in {"full_name", "email"})
    blanks |= {"location": "", "linkedin": " \t", "github": "", "image": " ", "country_code": "", "city": "\n"}
    for name, nothing in blanks.items():
        expected[name] = [] if name == "links" else None
        answer = api.send(method, path, {"personal_info": {name: nothing}}, check_request=False)
        assert answer.json()["personal_info"] == expected


@methods
def test_a_required_part_of_personal_info_cannot_be_cleared(api: ApiClient, user: User, method: str) -> None:
    path = address(make_profile(user, 1))
    before = api.get(path).json()
    for nothing, code in ((None, "null"), ("", "blank"), (" ", "blank")):
        sent = {"personal_info": {"full_name": nothing, "email": nothing}, "label": "Other"}
        expected = {"/personal_info/full_name": code, "/personal_info/email": code}
        assert faults(api.send(method, path, sent)) == expected
    assert faults(api.send(method, path, {"personal_info": None})) == {"/personal_info": "null"}
    assert_unmoved(api, before)


# Lists ------------------------------------------------------------------------------------------------------------


@methods
@kinds
def test_a_list_that_is_sent_is_the_whole_list(api: ApiClient, user: User, method: str, kind: type[Component]) -> None:
    """The known ones in place, the new ones created, the one left out deleted, all in the order sent."""
    path = address(make_profile(user, 3))
    before = api.get(path).json()
    first, _, third = listed(before, kind)
    chosen = str(uuid.uuid4())
    name = kind.content_fields()[0]
    sent = [item(kind, 7), third | {name: "Changed"}, item(kind, 8, id=chosen), first, item(kind, 9, id="")]
    after = api.send(method, path, nested(kind, sent)).json()
    items = listed(after, kind)
    # What has only moved is of the version that it was.
    assert items[1:4] == [third | {name: "Changed", "version": 2}, shown(item(kind, 8), chosen, version=2), first]
    assert [items[0], items[4]] == [shown(item(kind, n), items[i]["id"], version=2) for i, n in ((0, 7), (4, 9))]
    assert len({each["id"] for each in items}) == 5
    assert after["version"] == 2
    listed(before, kind)[:] = items
    assert after == before | {"version": 2, "updated_at": after["updated_at"]}
    assert_unmoved(api, after)


@kinds
def test_a_known_item_in_a_patch_may_lack_what_shall_stay(api: ApiClient, user: User, kind: type[Component]) -> None:
    path = address(make_profile(user, 2))
    first, second = listed(api.get(path).json(), kind)
    name = kind.content_fields()[0]
    sent = [{"id": second["id"], name: "Changed"}, {"id": first["id"]}]
    after = api.patch(path, nested(kind, sent)).json()
    assert listed(after, kind) == [second | {name: "Changed", "version": 2}, first]


@kinds
def test_a_known_item_in_a_put_needs_its_required_fields_and_keeps_the_rest(
    api: ApiClient, user: User, kind: type[Component]
) -> None:
    path = address(make_profile(user, 1))
    before = api.get(path).json()
    (known,) = listed(before, kind)
    required = kind.required_fields()
    lacking = api.put(path, nested(kind, [{"id": known["id"]}]), check_request=False)
    assert faults(lacking) == {pointer(kind, 0, name): "required" for name in required}
    assert_unmoved(api, before)
    sent = {"id": known["id"]} | {name: known[name] for name in required} | {required[0]: "Changed"}
    changed = known | {required[0]: "Changed", "version": 2}
    assert listed(api.put(path, nested(kind, [sent])).json(), kind) == [changed]


@methods
@kinds
def test_a_new_item_needs_its_required_fields(api: ApiClient, user: User, method: str, kind: type[Component]) -> None:
    path = address(make_profile(user, 1))
    before = api.get(path).json()
    new: list[dict[str, Any]] = [{}, {"id": None}, {"id": ""}, {"id": str(uuid.uuid4())}]
    found = faults(api.send(method, path, nested(kind, [*listed(before, kind), *new])))
    required = kind.required_fields()
    expected = {pointer(kind, n, name): "required" for n in range(1, 5) for name in required}
    assert found == expected
    assert_unmoved(api, before)


@kinds
def test_null_or_empty_clears_each_optional_field_of_an_item(api: ApiClient, user: User, kind: type[Component]) -> None:
    path = address(make_profile(user, 1))
    (known,) = listed(api.get(path).json(), kind)
    for name, cleared in optional_fields(kind).items():
        field = kind._meta.get_field(name)
        wordless = isinstance(field, (models.BooleanField, models.FloatField))
        is_container = isinstance(field, (StringListField, ExtraField))
        blanks: list[Any] = [None] if wordless else [None, cleared] if is_container else [None, "", " "]
        for blank in blanks:
            api.put(path, nested(kind, [known]))
            sent = {"id": known["id"], name: blank}
            if name == "is_current":
                sent["end_date"] = known["end_date"]
            answer = api.patch(path, nested(kind, [sent]), check_request=False).json()
            assert listed(answer, kind)[0][name] == cleared, (name, blank)


@kinds
def test_a_required_field_of_an_item_cannot_be_cleared(api: ApiClient, user: User, kind: type[Component]) -> None:
    path = address(make_profile(user, 1))
    before = api.get(path).json()
    required = [name for name in kind.content_fields() if name not in optional_fields(kind)]
    for blank, codes in ((None, {"null"}), ("", {"blank", "invalid_choice"}), (" ", {"blank", "invalid_choice"})):
        sent = listed(before, kind)[0] | dict.fromkeys(required, blank)
        for method in CHANGES:
            found = faults(api.send(method, path, nested(kind, [sent])))
            assert set(found) == {pointer(kind, 0, name) for name in required}
            assert set(found.values()) <= codes
    assert_unmoved(api, before)


@methods
@two_kinds
def test_an_id_twice_or_taken_elsewhere_stores_nothing(
    api: ApiClient, user: User, other_user: User, method: str, kind: type[Component]
) -> None:
    path = address(make_profile(user, 1))
    before = api.get(path).json()
    (known,) = listed(before, kind)
    twice = api.send(method, path, {**nested(kind, [known, known]), "label": "Other"})
    assert faults(twice) == {pointer(kind, 1, "id"): "duplicate"}
    for owner in (user, other_user):
        theirs = kind._default_manager.get(profile=make_profile(owner, 1))
        taken = nested(kind, [known | {kind.content_fields()[0]: "Changed"}, item(kind, id=str(theirs.pk))])
        response = api.send(method, path, {**taken, "label": "Other"})
        assert response.status_code == HTTPStatus.CONFLICT
        theirs.refresh_from_db()
    assert_unmoved(api, before)


def test_a_change_is_judged_with_what_is_stored(api: ApiClient, user: User) -> None:
    path = address(make_profile(user, 1))
    before = api.get(path).json()
    known = before["experiences"][0]["id"]
    cases: dict[str, dict[str, Any]] = {
        "before_start": {"end_date": "2018"},
        "current_with_end": {"is_current": True},
    }
    for code, change in cases.items():
        answer = api.patch(path, {"experiences": [{"id": known, **change}]})
        assert faults(answer) == {"/experiences/0/end_date": code}
    assert faults(api.patch(path, {"experiences": [{"id": known, "start_date": "2022"}]})) == {
        "/experiences/0/end_date": "before_start"
    }
    assert_unmoved(api, before)


@methods
def test_a_skill_that_changes_its_case_or_place_stays_the_same_row(api: ApiClient, user: User, method: str) -> None:
    profile = make_profile(user, 2)
    ids = {row.name: row.pk for row in Skill.objects.filter(kind="soft")}
    sent = ["SOFT SKILL 1", "Strasse", "soft skill 0"]
    after = api.send(method, address(profile), {"skills": {"soft": sent}}).json()
    assert after["skills"]["soft"] == sent
    assert {row.name.lower(): row.pk for row in Skill.objects.filter(kind="soft")}.items() >= ids.items()
    again = api.send(method, address(profile), {"skills": {"soft": [*sent, "Straße", "soft Skill 1 "]}})
    assert again.json() == after


def test_a_skill_that_a_list_names_twice_is_stored_once(api: ApiClient) -> None:
    sent = profile_document(1)
    calm = {"kind": "soft", "name": "Calm", "level": "High"}
    sent["skills"] |= {
        "technical": ["Go", "Rust", "go", " GO "],
        "soft": ["Calm", "Calm"],
        "details": [calm, calm | {"name": "CALM"}],
    }
    made = api.post(PROFILES, sent)
    assert made.status_code == 201
    shown = made.json()
    skills = shown["skills"]
    assert (skills["technical"], skills["soft"]) == (["Go", "Rust"], ["Calm"])
    assert [(each["name"], each["level"]) for each in skills["details"]] == [("Calm", "High")]
    path = f"{PROFILES}/{shown['id']}"
    for method, below, body in (
        ("PUT", "", {"skills": sent["skills"]}),
        ("PATCH", "", {"skills": {"technical": ["Go", "Rust", "RUST"]}}),
        ("PUT", "/skills", {"soft": ["Calm", "calm"]}),
        ("POST", "/skills/soft", {"skills": ["calm", "CALM"]}),
    ):
        assert api.send(method, path + below, body)["ETag"] == made["ETag"]
    assert api.delete(f"{path}/skills/soft", {"skills": ["calm", "CALM"]}).json()["message"].startswith("1 soft skill ")


# Limits -----------------------------------------------------------------------------------------------------------


TOO_MUCH: dict[str, tuple[dict[str, Any], str]] = {
    **{
        kind.plural: (nested(kind, [SMALLEST[kind.plural]] * (kind.max_rows + 1)), pointer(kind)) for kind in COMPONENTS
    },
    **{kind: ({"skills": {kind: [f"skill {n}" for n in range(501)]}}, f"/skills/{kind}") for kind in Skill.Kind.values},
    "custom_fields": ({"custom_fields": {f"key {n}": n for n in range(101)}}, "/custom_fields"),
    "links": ({"personal_info": PERSONAL_INFO | {"links": [{"network": "X"}] * 51}}, "/personal_info/links"),
    "extra": ({"extra": {"x": "é" * (MAX_PROFILE_EXTRA_BYTES // 2)}}, "/extra"),
    **{
        f"{kind.plural}.extra": (
            nested(kind, [item(kind, extra={"x": "é" * (MAX_EXTRA_BYTES // 2)})]),
            pointer(kind, 0, "extra"),
        )
        for kind in COMPONENTS
    },
    "custom value": ({"custom_fields": {"key": "é" * (MAX_CUSTOM_VALUE_BYTES // 2)}}, "/custom_fields/key"),
    **{
        f"{kind.plural}.{field.name}": (
            nested(kind, [item(kind) | {field.name: ["x"] * 51}]),
            pointer(kind, 0, field.name),
        )
        for kind in COMPONENTS
        for field in kind._meta.concrete_fields
        if isinstance(field, StringListField)
    },
    "document": (
        {"projects": [item(COMPONENTS[2], technologies=["é" * 100] * 50)] * 450},
        "",
    ),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_too_much_is_refused_and_nothing_is_stored(api: ApiClient, user: User, name: str) -> None:
    sent, where = TOO_MUCH[name]
    path = address(make_profile(user, 1))
    before, count = api.get(path).json(), rows()
    for method in CHANGES:
        assert set(faults(api.send(method, path, data=as_utf8(sent)))) == {where}
    assert set(faults(api.post(PROFILES, data=as_utf8(profile_document(1) | sent)))) == {where}
    assert rows() == count
    assert_unmoved(api, before)


def test_what_just_fits_is_stored(api: ApiClient) -> None:
    sent = profile_document(0)
    sent["projects"] = [item(COMPONENTS[2], technologies=["é" * 100] * 50)] * 375
    sent["skills"] = {"technical": [f"skill {n}" for n in range(500)], "languages": [SMALLEST["languages"]] * 1000}
    sent["custom_fields"] = {f"{n:050}": n for n in range(99)} | {"key": "x" * (MAX_CUSTOM_VALUE_BYTES - 2)}
    answer = api.post(PROFILES, data=as_utf8(sent))
    assert answer.status_code == HTTPStatus.CREATED
    assert 3.8 * MIB < len(answer.content) < 4 * MIB
    stored = {"Profile": 1, "Project": 375, "Language": 1000, "Skill": 500, "CustomField": 100}
    assert rows() == dict.fromkeys((part.__name__ for part in PARTS), 0) | stored


@two_kinds
def test_a_full_list_takes_no_further_item_by_any_route(api: ApiClient, user: User, kind: type[Component]) -> None:
    profile = make_profile(user, 0)
    kind._default_manager.bulk_create(
        kind(profile=profile, position=n, **SMALLEST[kind.plural]) for n in range(kind.max_rows)
    )
    path = address(profile)
    before = api.get(path).json()
    for body in (item(kind), [item(kind)]):
        response = api.post(f"{path}/{kind.plural}", body)
        assert faults(response) == {"": "limit"}
        assert (
            response.json()["detail"]
            == f"{kind.plural.capitalize()}: at most 1,000 are allowed; this would make 1,001."
        )
    assert_unmoved(api, before)


def test_full_skills_and_custom_fields_take_no_further_one(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 0)
    Skill.objects.bulk_create(
        Skill(profile=profile, kind=kind, position=n, name=f"skill {n}") for kind in Skill.Kind for n in range(500)
    )
    CustomField.objects.bulk_create(
        CustomField(profile=profile, position=n, key=f"key {n}", value=n) for n in range(100)
    )
    path = address(profile)
    before = api.get(path).json()
    for kind in Skill.Kind.values:
        assert faults(api.post(f"{path}/skills/{kind}", {"skills": ["one more"]})) == {"": "limit"}
    assert faults(api.post(f"{path}/custom-fields", {"fields": [{"key": "one more", "value": 1}]})) == {"": "limit"}
    assert_unmoved(api, before)


def test_a_user_has_fifty_profiles_and_no_more(api: ApiClient, user: User, other_api: ApiClient) -> None:
    first = make_profile(user, 1)
    Profile.objects.bulk_create(
        Profile(user=user, full_name="Ada", email="ada@example.org") for _ in range(MAX_PROFILES - 1)
    )
    before = rows()
    for path, body in ((PROFILES, profile_document(1)), (f"{address(first)}/duplicate", {})):
        response = api.post(path, body)
        assert faults(response) == {"": "limit"}
        assert response.json()["detail"] == "You can have at most 50 profiles."
    assert rows() == before
    assert other_api.post(PROFILES, profile_document(0)).status_code == HTTPStatus.CREATED
    api.delete(address(first))
    assert api.post(PROFILES, profile_document(0)).status_code == HTTPStatus.CREATED
