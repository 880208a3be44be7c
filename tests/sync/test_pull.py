"""Pulling (contract 8): what differs from what a client has seen, in pages, and nothing twice that did not change."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.career.sync import pulls, states
from profiles.models import Experience, Profile, Project, Revision
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import item, profile_document
from tests.sync.conftest import Device, same_as_stored

pytestmark = pytest.mark.django_db


def test_the_first_pull_tells_all(phone: Device) -> None:
    assert phone.api.get(f"{phone.path}/changes", query={"since": ""}).json()["full"]
    same_as_stored(phone)
    stored = phone.api.get(phone.path).json()
    assert {each["id"] for each in stored["experiences"]} == {pk for kind, pk in phone.items if kind == "experiences"}
    for each in stored["experiences"]:
        assert phone.items["experiences", each["id"]] == each


def test_nothing_new_is_an_empty_answer_or_304(phone: Device) -> None:
    answer = phone.api.get(f"{phone.path}/changes", query={"since": phone.state})
    empty = {"changed": [], "deleted": [], "order": {}, "version": 1, "full": False, "has_more": False}
    assert answer.json() == {**empty, "state": phone.state}
    again = phone.api.get(f"{phone.path}/changes", query={"since": phone.state}, if_none_match=answer["ETag"])
    assert again.status_code == 304
    # A device that has lost its state, and not the tag, is told all.
    for path in (f"{phone.path}/changes", f"{API}/sync"):
        tag = phone.api.get(path)["ETag"]
        assert phone.api.get(path, if_none_match=tag).status_code == 200
    phone.api.patch(phone.path, {"label": "Other"})
    assert phone.api.get(f"{phone.path}/changes", if_none_match=answer["ETag"]).status_code == 200


def test_a_changed_item_comes_alone(phone: Device) -> None:
    pk = phone.first("experiences")
    stored = phone.api.patch(f"{phone.path}/experiences/{pk}", {"title": "Other"}).json()
    (page,) = phone.pull()
    assert page["changed"] == [{"kind": "experiences", "id": pk, "version": 2, "data": stored}]
    assert (page["deleted"], page["order"]) == ([], {})


def test_deleted_items_are_told_once_with_the_order(phone: Device) -> None:
    pk = phone.first("experiences")
    phone.api.delete(f"{phone.path}/experiences/{pk}")
    phone.api.delete(f"{phone.path}/custom-fields?keys={(key := phone.first('custom_fields'))}")
    (page,) = phone.pull()
    assert page["deleted"] == [
        {"kind": "experiences", "id": pk, "version": 2},
        {"kind": "custom_fields", "id": key, "version": 3},
    ]
    assert list(page["order"]) == ["experiences"]
    same_as_stored(phone)
    assert phone.pull()[0]["deleted"] == []


def test_moving_tells_the_order_alone(phone: Device) -> None:
    ids = phone.order["experiences"]
    phone.api.put(f"{phone.path}/experiences/order", {"ids": ids[::-1]})
    (page,) = phone.pull()
    assert (page["changed"], page["order"]) == ([], {"experiences": ids[::-1]})


def test_own_members_and_skills_are_items(phone: Device) -> None:
    phone.api.patch(phone.path, {"personal_info": {"phone": "+44 1"}})
    phone.api.post(f"{phone.path}/skills/soft", {"skills": ["Patience"]})
    (page,) = phone.pull()
    own, soft = page["changed"]
    assert (own["kind"], own["version"], own["data"]["personal_info"]["phone"]) == ("profile", 2, "+44 1")
    assert (soft["kind"], soft["id"], soft["version"]) == ("skills.soft", "soft", 3)
    assert "Patience" in soft["data"]["names"]
    same_as_stored(phone)


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
def test_pages_of_any_size_tell_the_same(api: ApiClient, path: str, limit: int) -> None:
    device = Device(api, path)
    pages = device.pull(limit)
    assert all(len(page["changed"]) + len(page["deleted"]) <= limit for page in pages)
    assert [page["full"] for page in pages] == [True, *[False] * (len(pages) - 1)]
    same_as_stored(device)
    api.delete(f"{path}/experiences/{device.first('experiences')}")
    api.put(path, {"languages": [], "custom_fields": {}, "skills": None, "awards": []})
    api.post(f"{path}/projects", [item(Project, number) for number in range(5, 8)])
    device.pull(limit)
    same_as_stored(device)


@pytest.mark.parametrize("limit", [1, 3])
def test_what_changes_between_pages_is_told_again(api: ApiClient, path: str, limit: int) -> None:
    device = Device(api, path)
    answers = 0
    writes = iter(_writes(api, path))
    while True:
        query: dict[str, Any] = {"limit": limit} | ({"since": device.state} if device.state else {})
        device.take(page := api.get(f"{path}/changes", query=query).json())
        answers += 1
        if not page["has_more"]:
            break
        next(writes, None)
    assert answers > 5
    same_as_stored(device)


def _writes(api: ApiClient, path: str) -> Any:
    for number in range(3):
        ids = [each["id"] for each in api.get(path).json()["experiences"]]
        yield api.patch(f"{path}/experiences/{ids[number % len(ids)]}", {"title": f"Title {number}"})
        yield api.delete(f"{path}/experiences/{ids[0]}")
        yield api.post(f"{path}/experiences", item(Experience, 10 + number))
        yield api.patch(path, {"custom_fields": {f"key {number}": number}})
        yield api.patch(path, {"skills": {"technical": [f"Skill {number}"]}})


def test_a_state_that_is_too_old_is_410(phone: Device) -> None:
    old = phone.state
    for number in range(3):
        phone.api.patch(phone.path, {"label": f"Label {number}"})
    Revision.objects.filter(version=2).delete()
    answer = phone.api.get(f"{phone.path}/changes", query={"since": old})
    assert answer.status_code == 410
    assert answer.json()["type"].endswith("/state-expired")
    phone.state = None
    assert phone.pull()[0]["full"]
    same_as_stored(phone)


def test_a_first_pull_goes_on_though_history_is_gone(phone: Device, api: ApiClient) -> None:
    for number in range(3):
        api.patch(phone.path, {"label": f"Label {number}"})
    Revision.objects.all().delete()
    device = Device(api, phone.path)
    assert len(device.pull(2)) > 5
    same_as_stored(device)


def test_what_a_release_without_a_log_wrote_makes_states_expire(phone: Device) -> None:
    Profile.objects.filter(pk=phone.path.rpartition("/")[2]).update(version=2)
    assert phone.api.get(f"{phone.path}/changes", query={"since": phone.state}).status_code == 410
    device = Device(phone.api, phone.path)
    assert len(device.pull(3)) > 3
    same_as_stored(device)
    device.api.patch(f"{device.path}/languages/{device.first('languages')}", {"name": "Breton"})
    assert [each["data"]["name"] for each in device.pull()[0]["changed"]] == ["Breton"]


def test_a_state_of_an_earlier_profile_with_the_same_id_is_410(phone: Device) -> None:
    document = phone.api.get(phone.path).json()
    phone.api.delete(phone.path)
    phone.api.delete(f"{API}/profiles/trash/{document['id']}")
    assert phone.api.post(f"{API}/profiles", {**profile_document(1), "id": document["id"]}).status_code == 201
    assert phone.api.get(f"{phone.path}/changes", query={"since": phone.state}).status_code == 410


@pytest.mark.parametrize(
    "since", ["x", "~", "~~", "a~b~c", "é", "A" * 40, "A" * 9000, "null", "%00", "-1", "AAAA~experiences~1"]
)
def test_what_is_no_state_is_422(phone: Device, since: str) -> None:
    for path in (f"{phone.path}/changes", f"{API}/sync"):
        answer = phone.api.get(path, query={"since": since})
        if (since, path) == ("~", f"{API}/sync"):
            assert answer.status_code == 200
            continue
        assert answer.status_code == 422, since
        assert answer.json()["errors"][0]["parameter"] == "since"


def test_a_forged_state_of_versions_that_no_profile_has_is_422(phone: Device) -> None:
    seen = next(iter(states.read(phone.state or "").values()))
    for forged in (seen._replace(version=2**31), seen._replace(gone=2**32 - 1)):
        for path in (f"{phone.path}/changes", f"{API}/sync"):
            assert phone.api.get(path, query={"since": states.written([forged])}).status_code == 422


def test_a_state_of_another_profile_is_422_and_one_from_the_future_410(phone: Device, api: ApiClient) -> None:
    other = api.post(f"{API}/profiles", profile_document(1)).json()["id"]
    answer = api.get(f"{API}/profiles/{other}/changes", query={"since": phone.state})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "other_profile")
    api.patch(phone.path, {"label": "Newer"})
    phone.pull()
    Profile.objects.filter(pk=phone.path.rpartition("/")[2]).update(version=1, log_version=1)
    assert api.get(f"{phone.path}/changes", query={"since": phone.state}).status_code == 410


@pytest.mark.parametrize("limit", ["0", "1001", "x", "-1", "1.0", ""])
def test_limits_are_whole_numbers(phone: Device, limit: str) -> None:
    answer = phone.api.get(f"{phone.path}/changes", query={"limit": limit})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "limit")


def test_it_takes_the_same_statements_for_any_number_of_changes(phone: Device, api: ApiClient) -> None:
    counts = set()
    for number in (1, 3, 100):
        state = phone.state
        api.post(f"{phone.path}/experiences", [item(Experience, each) for each in range(number)])
        with CaptureQueriesContext(connection) as queries:
            api.get(f"{phone.path}/changes", query={"since": state})
        counts.add(len(queries))
        phone.pull()
    assert len(counts) == 1


# All profiles --------------------------------------------------------------------------------------------------------


def sync(api: ApiClient, state: str | None = None, **options: Any) -> dict[str, Any]:
    """The answer to /sync."""
    answer = api.get(f"{API}/sync", query=({"since": state} if state else {}) | options)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_all_profiles_come_in_one_answer(api: ApiClient, path: str) -> None:
    other = api.post(f"{API}/profiles", profile_document(1)).json()["id"]
    told = sync(api)
    assert [each["id"] for each in told["profiles"]] == [path.rpartition("/")[2], other]
    assert all(each["full"] for each in told["profiles"])
    nothing = sync(api, told["state"])
    assert (nothing["profiles"], nothing["removed"], nothing["state"]) == ([], [], told["state"])
    api.patch(f"{API}/profiles/{other}", {"label": "Changed"})
    news = sync(api, told["state"])
    (changed,) = news["profiles"]
    assert (changed["id"], changed["full"]) == (other, False)
    assert [each["kind"] for each in changed["changed"]] == ["profile"]


def test_304_where_nothing_happened(api: ApiClient, path: str) -> None:
    answer = api.get(f"{API}/sync")
    state = answer.json()["state"]
    assert api.get(f"{API}/sync", query={"since": state}, if_none_match=answer["ETag"]).status_code == 304
    api.patch(path, {"label": "Changed"})
    assert api.get(f"{API}/sync", query={"since": state}, if_none_match=answer["ETag"]).status_code == 200


def test_removed_and_returned_profiles_are_told(api: ApiClient, path: str) -> None:
    pk = path.rpartition("/")[2]
    first = sync(api)
    api.delete(path)
    gone = sync(api, first["state"])
    assert (gone["removed"], gone["profiles"]) == ([pk], [])
    assert sync(api, gone["state"])["removed"] == []
    api.post(f"{API}/profiles/trash/{pk}/restore")
    (back,) = sync(api, gone["state"])["profiles"]
    assert (back["id"], back["full"]) == (pk, True)
    # A device that was away all the time is told all, too.
    (back,) = sync(api, first["state"])["profiles"]
    assert back["full"]


def test_an_expired_profile_comes_as_a_whole(api: ApiClient, path: str) -> None:
    state = sync(api)["state"]
    for number in range(3):
        api.patch(path, {"label": f"Label {number}"})
    Revision.objects.filter(version=2).delete()
    (told,) = sync(api, state)["profiles"]
    assert told["full"]


def test_profiles_that_do_not_fit_into_an_answer_are_not_read(
    api: ApiClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [path.rpartition("/")[2], *(api.post(f"{API}/profiles", profile_document(1)).json()["id"] for _ in "ab")]
    read: list[int] = []
    found = pulls._found

    def counted(those: Any, wanted: Any, **which: Any) -> Any:
        read.append(len(wanted))
        return found(those, wanted, **which)

    monkeypatch.setattr(pulls, "_found", counted)
    assert sync(api, limit=1)["has_more"]
    # Nobody knows how large they are.
    Profile.objects.update(byte_count=None)
    first = sync(api)
    assert ([each["id"] for each in first["profiles"]], first["has_more"]) == (ids[:2], True)
    rest = sync(api, first["state"])
    assert ([each["id"] for each in rest["profiles"]], rest["has_more"]) == (ids[2:], False)
    assert read == [1, 2, 1]


@pytest.mark.parametrize("limit", [1, 4])
def test_all_profiles_in_pages(api: ApiClient, path: str, limit: int) -> None:
    paths = [path, *(f"{API}/profiles/{api.post(f'{API}/profiles', profile_document(1)).json()['id']}" for _ in "ab")]
    devices = {each.rpartition("/")[2]: Device(api, each) for each in paths}
    state, pages = None, 0
    while True:
        told = sync(api, state, limit=limit)
        state, pages = told["state"], pages + 1
        for each in told["profiles"]:
            devices[each["id"]].take(each)
        if pages == 3:
            api.patch(f"{paths[0]}/experiences/{api.get(paths[0]).json()['experiences'][0]['id']}", {"title": "New"})
            api.delete(f"{paths[1]}/experiences/{api.get(paths[1]).json()['experiences'][0]['id']}")
        if not told["has_more"]:
            break
    assert pages > 10
    for device in devices.values():
        same_as_stored(device)
        assert device.api.get(f"{device.path}/changes", query={"since": device.state}).json()["changed"] == []


def test_another_persons_changes_are_403(phone: Device, other_api: ApiClient) -> None:
    assert other_api.get(f"{phone.path}/changes").status_code == 403
    assert other_api.post(f"{phone.path}/changes", {"changes": []}).status_code == 403
    assert sync(other_api)["profiles"] == []
