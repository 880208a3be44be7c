"""One suite for every kind of component and every operation on it (contract 3.3)."""

import re
import uuid
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from profiles.career.samples import change
from profiles.models import COMPONENTS, Component
from profiles_project.database.values import new_id
from tests.support.client import ApiClient
from tests.support.factories import item, make_profile, shown
from tests.support.items import IDS_KEYS, REQUIRED, Section, nothing_stored, on_two_kinds
from users.models import User

pytestmark = pytest.mark.django_db

# What contract 3.1 prints in bold, and the key of ids in a bulk DELETE.
PROMISED: dict[str, tuple[str, set[str]]] = {
    "experiences": ("experience_ids", {"title", "company", "start_date"}),
    "education": ("education_ids", {"institution", "degree", "field_of_study", "start_date"}),
    "projects": ("project_ids", {"name", "description"}),
    "certifications": ("certification_ids", {"name", "issuer", "date_obtained"}),
    "languages": ("language_ids", {"name", "proficiency"}),
    "volunteering": ("volunteering_ids", {"organization"}),
    "awards": ("award_ids", {"title"}),
    "publications": ("publication_ids", {"name"}),
    "interests": ("interest_ids", {"name"}),
    "references": ("reference_ids", {"name"}),
}
# A field that is not required, with a value that no sample has.
OPTIONAL = {kind: next(iter(change(kind).items())) for kind in COMPONENTS}
# What a body of a bulk request is not.
NOT_ITEMS: tuple[Any, ...] = ("text", 1, True, None, ["text"], [None], [[]], [1])


def absent(kind: type[Component]) -> dict[str, Any]:
    """What each field of a kind is where nobody has given it."""
    empty = {list: [], dict: {}, bool: False}
    # An item that nobody hides is shown.
    return {name: empty.get(type(value)) for name, value in item(kind).items()} | {"is_visible": True}


def faults(answer: Any) -> dict[str, str]:
    """The code of each fault by its pointer."""
    assert answer.status_code == 422, answer.content
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


def test_what_is_required_and_how_ids_are_called_is_what_the_contract_promises() -> None:
    kinds = {kind.plural: (IDS_KEYS[kind], REQUIRED[kind]) for kind in COMPONENTS}
    assert {plural: kinds[plural] for plural in PROMISED} == PROMISED


# List ------------------------------------------------------------------------------------------------------------


def test_the_list_shows_every_item_whole_and_in_its_order(section: Section) -> None:
    answer = section.api.get(section.path)
    stored = list(section.kind._default_manager.filter(profile=section.profile).order_by("position"))
    expected = [shown(item(section.kind, number), row.pk) for number, row in enumerate(stored)]
    pagination = {"total": 3, "limit": 50, "offset": 0, "has_next": False, "has_previous": False}
    assert answer.json() == {section.kind.plural: expected, "pagination": pagination}
    assert "Link" not in answer
    assert answer["ETag"] == section.tag()


@on_two_kinds
@pytest.mark.parametrize(
    ("query", "shown", "links"),
    [
        ({"limit": 2}, [0, 1], {"next": {"limit": "2", "offset": "2"}}),
        (
            {"limit": 1, "offset": 1},
            [1],
            {"next": {"limit": "1", "offset": "2"}, "prev": {"limit": "1", "offset": "0"}},
        ),
        ({"limit": 2, "offset": 1}, [1, 2], {"prev": {"limit": "2", "offset": "0"}}),
        ({"limit": 3}, [0, 1, 2], {}),
        ({"limit": 100, "offset": 3}, [], {"prev": {"limit": "100", "offset": "0"}}),
        ({"offset": 2**31 - 1}, [], {"prev": {"limit": "50", "offset": str(2**31 - 51)}}),
    ],
)
def test_a_page_links_to_its_neighbours(
    section: Section, query: dict[str, int], shown: list[int], links: dict[str, dict[str, str]]
) -> None:
    items = section.items()
    answer = section.api.get(section.path, query=query)
    assert answer.json()[section.kind.plural] == [items[index] for index in shown]
    found = {}
    for target, relation in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.get("Link", "")):
        assert urlsplit(target).path == section.path
        found[relation] = dict(parse_qsl(urlsplit(target).query))
    assert found == links
    pagination = answer.json()["pagination"]
    assert (pagination["has_next"], pagination["has_previous"]) == ("next" in links, "prev" in links)
    assert pagination["total"] == 3


def missing(section: Section) -> str:
    """What is said where the first field of a kind is not given."""
    names = {"experience": "job title", "language": "name of the language"}
    return f"the {names.get(section.kind.singular, section.first_field)} is missing."


@on_two_kinds
def test_a_page_outside_is_refused(section: Section) -> None:
    outside = {
        "limit": ("0", "101", "-1", "", "ten", "1.5", "\u0663"),
        "offset": ("-1", "", "x", str(2**31), "9" * 40),
    }
    for name, value in [(name, value) for name, values in outside.items() for value in values]:
        answer = section.api.get(section.path, query={name: value})
        assert answer.status_code == 422, (name, value)
        body = answer.json()
        assert [error["parameter"] for error in body["errors"]] == [name]
        said = {"limit": "Entries per page: t", "offset": "Entries to skip: t"}[name]
        assert body["detail"] == said + body["errors"][0]["detail"][1:]


# Bulk POST -------------------------------------------------------------------------------------------------------


def test_an_array_is_added_at_the_end_in_its_order(section: Section) -> None:
    before = section.items()
    sent = [item(section.kind, number) for number in (12, 10, 11)]
    answer = section.api.post(section.path, sent)
    assert answer.status_code == 201
    added = answer.json()
    assert [shown(each, added[index]["id"], version=2) for index, each in enumerate(sent)] == added
    assert {uuid.UUID(each["id"]).version for each in added} == {7}
    assert section.items() == [*before, *added]


def test_one_object_is_answered_with_one_object(section: Section) -> None:
    before = section.items()
    answer = section.api.post(section.path, item(section.kind, 10))
    assert answer.status_code == 201
    assert answer.json() == shown(item(section.kind, 10), answer.json()["id"], version=2)
    assert section.items() == [*before, answer.json()]


def test_the_required_fields_are_enough(section: Section) -> None:
    sent = section.required()
    stored = section.api.post(section.path, sent).json()
    assert stored == shown(absent(section.kind) | sent, stored["id"], version=2)


def test_a_client_may_choose_the_ids(section: Section) -> None:
    chosen = [str(uuid.uuid4()), str(new_id()).upper()]
    sent = [item(section.kind, number, id=each) for number, each in enumerate(chosen)]
    added = section.api.post(section.path, sent).json()
    assert [each["id"] for each in added] == [each.lower() for each in chosen]
    one = section.api.post(section.path, item(section.kind, id=str(uuid.uuid4())))
    assert section.ids()[3:] == [each["id"] for each in [*added, one.json()]]


@on_two_kinds
@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_id_is_none(section: Section, empty: str | None) -> None:
    sent = [item(section.kind, number, id=empty) for number in range(2)]
    answer = section.api.post(section.path, sent, check_request=False)
    assert answer.status_code == 201
    assert len({each["id"] for each in answer.json()}) == 2


@on_two_kinds
def test_a_taken_id_is_a_conflict_wherever_it_is_taken(section: Section, elsewhere: list[Component]) -> None:
    for taken in [section.ids()[1], *(str(row.pk) for row in elsewhere)]:
        for body in ([item(section.kind, 10), item(section.kind, 11, id=taken)], item(section.kind, id=taken)):
            with nothing_stored(section):
                answer = section.api.post(section.path, body)
            assert answer.status_code == 409
            assert answer.json()["id"] == taken


@on_two_kinds
def test_the_same_id_twice_in_one_request_is_refused(section: Section) -> None:
    chosen = str(uuid.uuid4())
    with nothing_stored(section):
        answer = section.api.post(section.path, [item(section.kind, number, id=chosen) for number in range(2)])
    assert faults(answer) == {"/1/id": "duplicate"}


@on_two_kinds
def test_a_bulk_request_has_at_least_one_item_and_is_done_at_once_up_to_100(section: Section) -> None:
    with nothing_stored(section):
        assert section.api.post(section.path, [item(section.kind)] * 101).status_code == 202
        assert section.api.post(section.path, []).status_code == 422
    assert section.api.post(section.path, [item(section.kind)] * 100).status_code == 201
    changes = section.items()
    assert len(changes) == 100
    for send in (section.api.put, section.api.patch):
        assert send(section.path, changes).status_code == 200
        with nothing_stored(section):
            assert send(section.path, []).status_code == 422


@on_two_kinds
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_what_is_no_item_is_refused(section: Section, method: str) -> None:
    for body in NOT_ITEMS:
        with nothing_stored(section):
            answer = section.api.send(method, section.path, body)
        assert faults(answer).keys() == {"/0" if isinstance(body, list) else ""}, body


def test_an_object_around_a_list_is_told_as_such(section: Section) -> None:
    known = section.items()
    whole = section.api.get(section.profile_path).json()
    del whole["extra"]
    for body in ({section.kind.plural: known}, {section.kind.plural: item(section.kind)}, {"items": known}, whole):
        for method in ("POST", "PUT", "PATCH"):
            with nothing_stored(section):
                answer = section.api.send(method, section.path, body)
            assert faults(answer) == {"": "not_a_list"}
            assert answer.json()["detail"] == "Send the list itself, without anything around it."
    nested = {section.kind.plural: {section.kind.plural: known}}
    in_document = section.api.patch(section.profile_path, {"skills": nested} if section.kind.in_skills else nested)
    assert in_document.json()["detail"].endswith(": send the list itself, without anything around it.")
    # What has a member of an item is one, whatever else it holds.
    one = section.api.post(section.path, item(section.kind, 30) | {section.kind.plural: known})
    assert (one.status_code, isinstance(one.json(), dict)) == (201, True)


def test_every_fault_is_named_at_once(section: Section) -> None:
    first = section.first_field
    lacking = item(section.kind)
    del lacking[first]
    sent = [item(section.kind) | {first: " "}, item(section.kind), lacking, item(section.kind, id="x")]
    with nothing_stored(section):
        answer = section.api.post(section.path, sent)
    assert faults(answer) == {f"/0/{first}": "blank", f"/2/{first}": "required", "/3/id": "invalid"}
    assert answer.json()["detail"] == f"{section.kind.singular.capitalize()} 1: {missing(section)}"
    one = section.api.post(section.path, {**lacking, "id": "x"})
    assert faults(one) == {f"/{first}": "required", "/id": "invalid"}
    assert one.json()["detail"] == "Id: this id is not valid."


# Bulk PUT and PATCH ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_only_what_is_named_changes_and_nothing_moves(section: Section, method: str) -> None:
    before = section.items()
    name, value = OPTIONAL[section.kind]
    sent = [
        {**section.required(20), "id": before[2]["id"]},
        {**section.required(21), name: value, "id": before[0]["id"].upper()},
    ]
    answer = section.api.send(method, section.path, sent)
    assert answer.status_code == 200
    expected = [before[2] | sent[0] | {"version": 2}, before[0] | sent[1] | {"id": before[0]["id"], "version": 2}]
    assert answer.json() == expected
    assert section.items() == [expected[1], before[1], expected[0]]


def test_a_partial_update_needs_the_id_alone(section: Section) -> None:
    before = section.items()
    name, value = OPTIONAL[section.kind]
    sent = [{"id": before[1]["id"], name: value}, {"id": before[0]["id"]}]
    changed = before[1] | {name: value, "version": 2}
    assert section.api.patch(section.path, sent).json() == [changed, before[0]]
    assert section.items() == [before[0], changed, before[2]]


def test_an_update_needs_the_required_fields(section: Section) -> None:
    ids = section.ids()
    with nothing_stored(section):
        answer = section.api.put(section.path, [{"id": ids[0], **section.required(20)}, {"id": ids[1]}])
    assert faults(answer) == {f"/1/{name}": "required" for name in REQUIRED[section.kind]}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_explicit_null_clears_what_is_not_required(section: Section, method: str) -> None:
    optional = set(item(section.kind)) - REQUIRED[section.kind]
    stored = section.items()[0]
    cleared = {name: value for name, value in absent(section.kind).items() if name in optional}
    answer = section.api.send(method, section.path, [stored | dict.fromkeys(optional)])
    assert answer.json() == [stored | cleared | {"version": 2}]
    required = REQUIRED[section.kind] - set(section.kind.named_if_unknown)
    refused = section.api.send(method, section.path, [stored | dict.fromkeys(REQUIRED[section.kind])])
    assert faults(refused) == {f"/0/{name}": "null" for name in required}


@on_two_kinds
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_id_that_the_profile_lacks_stores_nothing(section: Section, method: str, elsewhere: list[Component]) -> None:
    valid = {**item(section.kind, 20), "id": section.ids()[0]}
    for unknown in [str(uuid.uuid4()), *(str(row.pk) for row in elsewhere)]:
        with nothing_stored(section):
            answer = section.api.send(method, section.path, [valid, item(section.kind, 21, id=unknown)])
        assert answer.status_code == 404
        assert answer.json()["id"] == unknown
        assert answer.json()["detail"] == "Entry 2 is no longer in this profile."


@on_two_kinds
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_update_names_each_item_once_and_by_its_id(section: Section, method: str) -> None:
    ids = section.ids()
    first = section.first_field
    twice = [{**item(section.kind, 20 + index), "id": each} for index, each in enumerate([ids[0], ids[0]])]
    # The second one is at fault twice.
    twice[1][first] = ""
    nameless = [item(section.kind, 20), item(section.kind, 21, id=""), item(section.kind, 22, id="x")]
    with nothing_stored(section):
        assert faults(section.api.send(method, section.path, twice)) == {"/1/id": "duplicate", f"/1/{first}": "blank"}
        answer = section.api.send(method, section.path, nameless)
    assert faults(answer) == {"/0/id": "required", "/1/id": "required", "/2/id": "invalid"}


@on_two_kinds
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_item_at_fault_stores_none_of_the_others(section: Section, method: str) -> None:
    stored = section.items()
    first = section.first_field
    sent = [stored[0] | {first: "New"}, stored[1] | {first: "x" * 201}, stored[2] | {first: None}]
    with nothing_stored(section):
        answer = section.api.send(method, section.path, sent)
    assert faults(answer) == {f"/1/{first}": "max_length", f"/2/{first}": "null"}
    assert answer.json()["detail"].startswith(f"{section.kind.singular.capitalize()} 2, ")


@pytest.mark.parametrize("kind", [kind for kind in COMPONENTS if kind.period], ids=lambda kind: kind.plural)
def test_a_partial_update_is_judged_with_what_is_stored(api: ApiClient, user: User, kind: type[Component]) -> None:
    section = Section(api, kind, make_profile(user, 2))
    assert kind.period
    ids, (_, end) = section.ids(), kind.period
    with nothing_stored(section):
        many = section.api.patch(section.path, [{"id": ids[1], end: "1999"}])
        one = section.api.patch(f"{section.path}/{ids[1]}", {end: "1999"})
    assert (faults(many), faults(one)) == ({f"/0/{end}": "before_start"}, {f"/{end}": "before_start"})


# Bulk DELETE -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["body", "query", "repeated query"])
def test_items_are_deleted_by_body_or_query(section: Section, form: str) -> None:
    items = section.items()
    ids = [items[2]["id"], items[0]["id"].upper()]
    if form == "body":
        answer = section.api.delete(section.path, {IDS_KEYS[section.kind]: ids})
    else:
        answer = section.api.delete(section.path, query={"ids": ",".join(ids) if form == "query" else ids})
    assert answer.status_code == 204
    assert section.items() == [items[1]]


@on_two_kinds
@pytest.mark.parametrize("form", ["body", "query"])
def test_nothing_is_deleted_where_an_id_is_unknown(section: Section, form: str, elsewhere: list[Component]) -> None:
    known = section.ids()[0]
    for unknown in [str(uuid.uuid4()), *(str(row.pk) for row in elsewhere)]:
        body = {"json": {IDS_KEYS[section.kind]: [known, unknown]}}
        with nothing_stored(section):
            answer = section.api.delete(
                section.path, **(body if form == "body" else {"query": {"ids": f"{known},{unknown}"}})
            )
        assert answer.status_code == 404


@on_two_kinds
def test_a_malformed_delete_is_refused(section: Section) -> None:
    key, known = IDS_KEYS[section.kind], section.ids()[0]
    bodies: list[tuple[Any, set[str]]] = [
        ({}, {f"/{key}"}),
        ({key: None}, {f"/{key}"}),
        ({key: known}, {f"/{key}"}),
        ({key: [known, "x", ""]}, {f"/{key}/1", f"/{key}/2"}),
        ({key: [str(uuid.uuid4()) for _ in range(1001)]}, {f"/{key}"}),
        ([known], {""}),
    ]
    with nothing_stored(section):
        for body, pointers in bodies:
            assert faults(section.api.delete(section.path, body)).keys() == pointers
        for text in ("x", ",", f"{known},", f"{known};{known}", ",".join([known] * 1001)):
            answer = section.api.delete(section.path, query={"ids": text})
            assert answer.status_code == 422
            assert [error["parameter"] for error in answer.json()["errors"]] == ["ids"]
        assert section.api.delete(section.path).status_code == 400


@on_two_kinds
def test_a_delete_that_names_nothing_does_nothing(section: Section) -> None:
    tag, key = section.tag(), IDS_KEYS[section.kind]
    sent: list[dict[str, Any]] = [{"json": {key: []}}, {"query": {"ids": ""}}]
    with nothing_stored(section):
        for how in sent:
            for expected in (None, tag):
                answer = section.api.delete(section.path, **how, if_match=expected)
                assert (answer.status_code, answer["ETag"]) == (204, tag)
            assert section.api.delete(section.path, **how, if_match=f'"{section.profile.pk}.9.1"').status_code == 412
    filed = section.api.delete(section.path, {key: []}, headers={"Prefer": "respond-async"})
    assert filed.status_code == 202


# Order -----------------------------------------------------------------------------------------------------------


def test_a_permutation_reorders_the_list(section: Section) -> None:
    items = section.items()
    turned = [items[2], items[0], items[1]]
    answer = section.api.put(f"{section.path}/order", {"ids": [each["id"] for each in turned]})
    assert answer.status_code == 200
    assert answer.json()[section.kind.plural] == turned
    assert answer.json()["pagination"]["total"] == 3
    assert section.items() == turned
    added = section.api.post(section.path, item(section.kind, 10)).json()
    assert section.items() == [*turned, added]


@on_two_kinds
def test_an_order_that_is_no_permutation_is_refused(section: Section, elsewhere: list[Component]) -> None:
    ids = section.ids()
    foreign = str(elsewhere[0].pk)
    orders = [[], ids[:2], [*ids, ids[0]], [ids[0], ids[0], ids[1]], [*ids[:2], foreign], [*ids, str(uuid.uuid4())]]
    with nothing_stored(section):
        for order in orders:
            assert faults(section.api.put(f"{section.path}/order", {"ids": order})) == {"/ids": "not_a_permutation"}
        malformed = section.api.put(f"{section.path}/order", {"ids": ["x"]})
        missing = section.api.put(f"{section.path}/order", {})
    assert (faults(malformed), faults(missing)) == ({"/ids/0": "invalid"}, {"/ids": "required"})


# One item --------------------------------------------------------------------------------------------------------


def test_an_item_is_read_replaced_changed_and_deleted(section: Section) -> None:
    items = section.items()
    path = section.item_path(1)
    name, value = OPTIONAL[section.kind]
    assert section.api.get(path).json() == items[1]
    replaced = items[1] | section.required(20) | {"version": 2}
    # The app sends whole documents back; what stays as it is may be left out.
    assert section.api.put(path, {**section.required(20), "id": items[1]["id"]}).json() == replaced
    changed = replaced | {name: value, "version": 3}
    assert section.api.patch(path, {name: value}).json() == changed
    assert section.items() == [items[0], changed, items[2]]
    assert section.api.delete(path).status_code == 204
    assert section.api.get(path).status_code == 404
    assert section.items() == [items[0], items[2]]


def test_replacing_an_item_needs_its_required_fields(section: Section) -> None:
    with nothing_stored(section):
        answer = section.api.put(section.item_path(), {})
        blank = section.api.patch(section.item_path(), {section.first_field: ""})
    assert faults(answer) == {f"/{name}": "required" for name in REQUIRED[section.kind]}
    assert faults(blank) == {f"/{section.first_field}": "blank"}
    assert blank.json()["detail"].lower() == missing(section)


@on_two_kinds
def test_an_item_of_another_profile_is_not_found(section: Section, elsewhere: list[Component]) -> None:
    strange = [uuid.uuid4(), *(row.pk for row in elsewhere), "x", "1", str(section.ids()[0]).replace("-", "")]
    with nothing_stored(section):
        for item_id in strange:
            for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
                answer = section.api.send(method, f"{section.path}/{item_id}", item(section.kind))
                assert answer.status_code == 404, (method, item_id)


# Bodies ----------------------------------------------------------------------------------------------------------


@on_two_kinds
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_an_unreadable_body_is_refused(section: Section, method: str) -> None:
    paths = {"POST": [section.path], "PUT": [section.path, f"{section.path}/order", section.item_path()]}
    with nothing_stored(section):
        for path in paths.get(method, [section.path, section.item_path()]):
            for body in (b"", b" ", b"{", b"[{}", b'{"a": 1, "a": 2}', b"\xff"):
                assert section.api.send(method, path, data=body).status_code == 400, body
            xml = section.api.send(method, path, data=b"<items/>", content_type="application/xml")
            assert xml.status_code == 415


def test_unknown_and_read_only_keys_are_ignored(section: Section) -> None:
    strange = {"profile": str(uuid.uuid4()), "profile_id": 1, "position": 0, "version": 9, "user_id": "x", "": None}
    added = section.api.post(section.path, [item(section.kind, 10) | strange]).json()
    assert added == [shown(item(section.kind, 10), added[0]["id"], version=2)]
    assert section.ids()[3:] == [added[0]["id"]]


# Each kind -------------------------------------------------------------------------------------------------------


def test_no_kind_is_without_a_refusal(section: Section, elsewhere: list[Component]) -> None:
    """One of every sort, for a kind whose routes were wired in another way than those of the two."""
    known, foreign, stale = section.ids()[0], str(elsewhere[0].pk), section.tag()
    section.api.patch(section.item_path(), {section.first_field: "New"})
    refusals: list[tuple[int, str, str, dict[str, Any]]] = [
        (400, "POST", section.path, {"data": b"{"}),
        (404, "GET", f"{section.path}/{foreign}", {}),
        (404, "PATCH", section.path, {"json": [{"id": foreign}]}),
        (404, "DELETE", section.path, {"json": {IDS_KEYS[section.kind]: [known, foreign]}}),
        (409, "POST", section.path, {"json": item(section.kind, id=foreign)}),
        (412, "PUT", section.item_path(), {"json": item(section.kind), "if_match": stale}),
        (412, "DELETE", section.path, {"query": {"ids": known}, "if_match": stale}),
        (415, "POST", section.path, {"data": b"<items/>", "content_type": "application/xml"}),
        (422, "GET", section.path, {"query": {"limit": "0"}}),
        (422, "POST", section.path, {"json": [None]}),
        (422, "PATCH", section.path, {"json": [{"id": known, section.first_field: None}]}),
        (422, "PUT", f"{section.path}/order", {"json": {"ids": [known]}}),
        (422, "DELETE", section.path, {"json": {}}),
    ]
    with nothing_stored(section):
        for status, method, path, sent in refusals:
            assert section.api.send(method, path, **sent).status_code == status, (method, path, sent)
