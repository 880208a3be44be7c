"""Dates that nobody knows: a new item names them, null or not, and a job that is over may have no known end."""

from typing import Any

import pytest

from profiles.models import COMPONENTS, Certification, Component, Education, Experience, Project
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import item
from users.models import User

pytestmark = pytest.mark.django_db

NAMED = [kind for kind in COMPONENTS if kind.named_if_unknown]
named_kinds = pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.plural)
INFO = {"full_name": "Nora Feldmark", "email": "nora@example.com"}


def undated(kind: type[Component], number: int = 0) -> dict[str, Any]:
    """An item whose dates nobody knows, each of them named."""
    period = dict.fromkeys(kind.period or ())
    current = {"is_current": False} if kind in (Experience, Education) else {}
    return item(kind, number) | period | current


def dateless(whole: dict[str, Any]) -> dict[str, Any]:
    """An item as clients send it that leave nulls out."""
    return {name: value for name, value in whole.items() if value is not None}


def listed(document: dict[str, Any], kind: type[Component]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (document["skills"] if kind.in_skills else document)[kind.plural]
    return found


def nested(kind: type[Component], items: list[Any]) -> dict[str, Any]:
    return {"skills": {kind.plural: items}} if kind.in_skills else {kind.plural: items}


def codes(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.content
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


@pytest.fixture
def path(api: ApiClient, user: User) -> str:
    return f"{API}/profiles/{api.post(f'{API}/profiles', {'personal_info': INFO}).json()['id']}"


def test_the_kinds_with_a_date_that_must_be_named() -> None:
    assert {kind: kind.named_if_unknown for kind in NAMED} == {
        Experience: ("start_date",),
        Education: ("start_date",),
        Certification: ("date_obtained",),
    }


@named_kinds
@pytest.mark.parametrize("unknown", [None, ""])
def test_a_new_item_must_name_its_date_which_may_be_null(
    api: ApiClient, path: str, kind: type[Component], unknown: str | None
) -> None:
    (name,) = kind.named_if_unknown
    lacking = undated(kind)
    del lacking[name]
    where = f"{path}/{kind.plural}"
    assert codes(api.post(where, [lacking], check_request=False)) == {f"/0/{name}": "required"}
    assert codes(api.patch(path, nested(kind, [lacking]), check_request=False)).popitem()[1] == "required"
    (stored,) = api.post(where, [undated(kind) | {name: unknown}], check_request=False).json()
    assert stored[name] is None
    assert api.get(f"{where}/{stored['id']}").json() == stored


@named_kinds
def test_an_unknown_date_may_be_absent_in_a_put_and_a_known_one_may_not(
    api: ApiClient, path: str, kind: type[Component]
) -> None:
    (name,) = kind.named_if_unknown
    where = f"{path}/{kind.plural}"
    unknown, known = api.post(where, [undated(kind), item(kind, 1)]).json()
    sent = dateless(unknown)
    assert api.put(f"{where}/{unknown['id']}", sent, check_request=False).json() == unknown
    assert api.put(where, [sent], check_request=False).json() == [unknown]
    lacking = {field: value for field, value in known.items() if field != name}
    assert codes(api.put(where, [sent, lacking], check_request=False)) == {f"/1/{name}": "required"}
    # A fault of the date that is sent is none of its absence.
    assert codes(api.put(where, [sent | {name: "May"}], check_request=False)) == {f"/0/{name}": "invalid"}
    assert api.patch(f"{where}/{known['id']}", {name: None}).json()[name] is None
    assert api.patch(f"{where}/{unknown['id']}", {name: "2001"}).json()[name] == "2001"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_document_without_ids_and_nulls_changes_nothing(api: ApiClient, path: str, method: str) -> None:
    for kind in NAMED:
        api.post(f"{path}/{kind.plural}", [undated(kind), undated(kind), item(kind)])
    before = api.get(path).json()
    sent: dict[str, Any] = {"personal_info": INFO, "skills": {}}
    for kind in NAMED:
        items = [dateless(each | {"id": None, "version": None}) for each in listed(before, kind)]
        (sent["skills"] if kind.in_skills else sent)[kind.plural] = items
    assert api.send(method, path, sent, check_request=False).json() == before


def test_a_project_needs_no_dates(api: ApiClient, path: str) -> None:
    stored = api.post(f"{path}/projects", {"name": "Kite atlas", "description": "Maps"}).json()
    assert (stored["start_date"], stored["end_date"]) == (None, None)
    assert api.put(f"{path}/projects/{stored['id']}", {"name": "Kite atlas", "description": "Maps"}).json() == stored
    ended = api.patch(f"{path}/projects/{stored['id']}", {"end_date": "2020"}).json()
    assert (ended["start_date"], ended["end_date"]) == (None, "2020")


def test_a_whole_document_may_hold_unknown_dates_and_comes_back_from_history(api: ApiClient) -> None:
    sent: dict[str, Any] = {"personal_info": INFO, "projects": [dateless(undated(Project))]}
    sent |= {"experiences": [undated(Experience)], "education": [undated(Education)]}
    sent["skills"] = {"certifications": [undated(Certification)]}
    made = api.post(f"{API}/profiles", sent)
    assert made.status_code == 201, made.content
    before, path = made.json(), f"{API}/profiles/{made.json()['id']}"
    changed = {"start_date": "2019", "end_date": "2020"}
    api.patch(f"{path}/experiences/{before['experiences'][0]['id']}", changed)
    assert api.get(f"{path}/history/1").json() == before
    restored = api.post(f"{path}/restore", {"version": 1}).json()
    assert restored["experiences"][0] == before["experiences"][0] | {"version": 3}
    statistics = api.get(f"{path}/analytics").json()["statistics"]
    counted = ("experiences", "education", "projects", "certifications")
    assert {name: statistics[f"total_{name}"] for name in counted} == dict.fromkeys(counted, 1)
    assert statistics["years_of_experience"] == 0


@named_kinds
def test_a_push_names_the_unknown_date_of_a_new_item(api: ApiClient, path: str, kind: type[Component]) -> None:
    (name,) = kind.named_if_unknown
    new, other = "01990000-0000-7000-8000-000000000001", "01990000-0000-7000-8000-000000000002"
    lacking = undated(kind)
    del lacking[name]
    changes = [
        {"kind": kind.plural, "id": new, "base": 0, "set": undated(kind)},
        {"kind": kind.plural, "id": other, "base": 0, "set": lacking},
    ]
    made, refused = api.post(f"{path}/changes", {"changes": changes}).json()["results"]
    assert (made["status"], made["data"][name], refused["status"]) == ("applied", None, "rejected")
    assert [error["pointer"] for error in refused["problem"]["errors"]] == [f"/changes/1/set/{name}"]
    dated = {"kind": kind.plural, "id": new, "base": made["version"], "set": {name: "2001"}}
    (result,) = api.post(f"{path}/changes", {"changes": [dated]}).json()["results"]
    assert (result["status"], result["data"][name]) == ("applied", "2001")


def test_an_order_that_cannot_be_right_is_refused_where_both_dates_are_known(api: ApiClient, path: str) -> None:
    where = f"{path}/experiences"
    (stored,) = api.post(where, [undated(Experience) | {"end_date": "2018"}]).json()
    assert codes(api.patch(f"{where}/{stored['id']}", {"start_date": "2019"})) == {"/end_date": "before_start"}
