"""`Prefer: handling=strict`: what nobody knows is refused by its place, for developers of clients (contract 1.1)."""

import copy
from typing import Any

import pytest

from profiles.models import Experience, Job, Profile
from profiles_project.api.errors import MOST_FAULTS
from tests.api.test_input import Operation, every_operation
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PERSONAL_INFO, item, make_profile, profile_document
from users.models import User

pytestmark = pytest.mark.django_db

STRICT = {"Prefer": "handling=strict"}
PROFILES = f"{API}/profiles"
# What these take is a map or a document of others, in which every key is known.
TAKES_ANY_KEY = {"custom_fields_update", "profiles_import"}
MISSPELT = "titel"


@pytest.fixture
def profile(user: User) -> Profile:
    """A profile with one row in each list."""
    return make_profile(user, 1)


@pytest.fixture
def path(profile: Profile) -> str:
    return f"{PROFILES}/{profile.pk}"


def unknown(answer: Any) -> list[str]:
    """The places of what was refused as unknown, which is all that was."""
    assert answer.status_code == 422, answer.content
    assert answer["Preference-Applied"] == "handling=strict"
    found = answer.json()["errors"]
    assert {fault["code"] for fault in found} == {"unknown"}
    return [fault.get("pointer") or f"?{fault['parameter']}" for fault in found]


@every_operation
def test_a_documented_body_is_known_and_a_misspelt_key_is_told(
    api: ApiClient, profile: Profile, operation: Operation
) -> None:
    path, good = operation.request(profile)
    bad = copy.deepcopy(good)
    first = bad[0] if isinstance(bad, list) else bad
    first[MISSPELT] = 1
    before = api.get(f"{PROFILES}/{profile.pk}").json()
    answer = api.send(operation.method, path, bad, headers=STRICT, check_request=False)
    if operation.name in TAKES_ANY_KEY:
        assert answer.status_code < 300, answer.content
        return
    assert unknown(answer) == [f"/0/{MISSPELT}" if isinstance(bad, list) else f"/{MISSPELT}"]
    assert api.get(f"{PROFILES}/{profile.pk}").json() == before
    known = api.send(operation.method, path, good, headers=STRICT)
    assert known["Preference-Applied"] == "handling=strict"
    assert b'"unknown"' not in known.content


def test_a_document_is_sent_back_as_it_was_read(api: ApiClient, path: str) -> None:
    read = api.get(path, headers=STRICT)
    for method in ("PUT", "PATCH"):
        assert api.send(method, path, read.json(), headers=STRICT)["ETag"] == read["ETag"]
    for below in ("experiences", "languages", "references"):
        (stored,) = api.get(f"{path}/{below}").json()[below]
        assert api.put(f"{path}/{below}", [stored], headers=STRICT)["ETag"] == read["ETag"]
        assert api.patch(f"{path}/{below}/{stored['id']}", stored, headers=STRICT)["ETag"] == read["ETag"]


def test_keys_are_told_wherever_they_stand(api: ApiClient, path: str) -> None:
    sent = profile_document(1)
    sent["exp/eriences"] = sent.pop("experiences")
    sent["personal_info"]["fullname"] = "Ada"
    sent["personal_info"]["links"] = [{"network": "Mastodon", "handle": "ada"}]
    sent["projects"][0]["git"] = {"any": "thing"}
    sent["skills"]["languages"][0]["Name"] = "English"
    sent["skills"]["details"] = [{"kind": "soft", "name": sent["skills"]["soft"][0], "lvl": "x"}]
    places = [
        "/exp~1eriences",
        "/personal_info/fullname",
        "/personal_info/links/0/handle",
        "/projects/0/git",
        "/skills/languages/0/Name",
        "/skills/details/0/lvl",
    ]
    before = api.get(path).json()
    for method, address in (("POST", PROFILES), ("PUT", path), ("PATCH", path)):
        answer = api.send(method, address, sent, headers=STRICT)
        assert sorted(unknown(answer)) == sorted(places)
    assert (api.get(path).json(), Profile.objects.count()) == (before, 1)
    # Others go on as before.
    assert api.patch(path, sent, check_request=False).status_code == 200


def test_half_of_the_keys_are_told_as_many_as_an_answer_has(api: ApiClient, path: str) -> None:
    whole = item(Experience)
    half = {name if place % 2 else f"{name}_": value for place, (name, value) in enumerate(whole.items())}
    wrong = [name for name in half if name not in whole]
    answer = api.post(f"{path}/experiences", half, headers=STRICT)
    assert unknown(answer) == [f"/{name}" for name in wrong]
    many = api.post(f"{path}/experiences", [half] * 100, headers=STRICT)
    assert len(unknown(many)) == MOST_FAULTS
    assert many.json()["more"] is True


def test_what_may_be_anything_is_known(api: ApiClient, path: str) -> None:
    anything: Any = {"x": {"y": [{"z": 1}]}}
    sent = {"extra": anything, "custom_fields": anything, "experiences": [item(Experience) | {"extra": anything}]}
    assert api.patch(path, sent, headers=STRICT).status_code == 200
    assert api.put(f"{path}/custom-fields", anything, headers=STRICT).status_code == 200
    fields = {"fields": [{"key": "k", "value": anything}]}
    assert api.post(f"{path}/custom-fields", fields, headers=STRICT).status_code == 201
    resume = {"basics": {"name": "Ada", "email": PERSONAL_INFO["email"], "nick": 1}, "meta": anything}
    assert api.post(f"{PROFILES}/import", resume, headers=STRICT).status_code == 201


def test_the_members_of_a_pushed_item_are_those_of_its_kind(api: ApiClient, path: str) -> None:
    items = api.get(f"{path}/changes").json()["changed"]
    known = [{"kind": each["kind"], "id": each["id"], "base": 1, "set": each["data"]} for each in items]
    answer = api.post(f"{path}/changes", {"changes": known}, headers=STRICT)
    assert {result["status"] for result in answer.json()["results"]} == {"unchanged"}
    wrong = [{**change, "set": {**change["set"], MISSPELT: 1}} for change in known]
    wrong[0]["bass"] = 1
    places = {f"/changes/{place}/set/{MISSPELT}" for place, each in enumerate(known)}
    # An award has a title and so on: each kind knows its own members.
    assert set(unknown(api.post(f"{path}/changes", {"changes": wrong}, headers=STRICT))) == {*places, "/changes/0/bass"}
    own = next(change for change in known if change["kind"] == "profile")
    lists = {"changes": [{**own, "set": {"experiences": [], "custom_fields": {}}}]}
    assert unknown(api.post(f"{path}/changes", lists, headers=STRICT)) == [
        "/changes/0/set/experiences",
        "/changes/0/set/custom_fields",
    ]


def test_keys_are_told_where_no_body_is_needed(api: ApiClient, path: str) -> None:
    assert unknown(api.post(f"{path}/activate", {"label": "Copy"}, headers=STRICT)) == ["/label"]
    assert unknown(api.delete(path, {"is_final": True}, headers=STRICT)) == ["/is_final"]
    assert api.post(f"{path}/activate", {}, headers=STRICT)["Preference-Applied"] == "handling=strict"


def test_query_parameters_are_told_by_name(api: ApiClient, path: str) -> None:
    wrong = {"limit": 1, "ofset": 2, "Limit": 3}
    for method, below in (("GET", ""), ("HEAD", ""), ("GET", "/experiences"), ("GET", "/history"), ("GET", "/export")):
        answer = api.send(method, path + below, query={**wrong, "limit": 1}, headers=STRICT)
        names = ["?limit"] if below in {"", "/export"} else []
        if method == "HEAD":
            assert answer.status_code == 422
        else:
            assert unknown(answer) == [*names, "?ofset", "?Limit"]
        assert api.send(method, path + below, query=wrong).status_code == 200
    both = api.patch(path, {MISSPELT: 1}, query={"x": 1}, headers=STRICT)
    assert unknown(both) == ["?x", f"/{MISSPELT}"]
    assert both.json()["detail"] == "The address contains an unknown parameter."
    assert api.get(PROFILES, query={"limit": 1, "offset": 0}, headers=STRICT).status_code == 200
    assert api.get(f"{path}/export", query={"format": "json-resume", "include": ""}, headers=STRICT).status_code == 200
    assert api.delete(f"{path}/skills/soft", query={"skills": "x"}, headers=STRICT).status_code == 200


def test_it_is_judged_before_a_job_is_filed(api: ApiClient, path: str) -> None:
    both = {"Prefer": 'respond-async; x=1, HANDLING = "Strict"'}
    sent = [item(Experience, number) for number in range(2)]
    assert unknown(api.post(f"{path}/experiences", [*sent, {**sent[0], MISSPELT: 1}], headers=both)) == [
        f"/2/{MISSPELT}"
    ]
    assert unknown(api.post(f"{path}/experiences", [{**sent[0], MISSPELT: 1}] * 101, headers=STRICT))
    assert unknown(api.get(f"{path}/export", query={"fromat": "pdf"}, headers=both)) == ["?fromat"]
    assert not Job.objects.exists()
    filed = api.post(f"{path}/experiences", sent, headers=both)
    assert (filed.status_code, filed["Preference-Applied"]) == (202, "respond-async, handling=strict")


@pytest.mark.parametrize(
    "prefer", ["handling=lenient", "handling", "strict", "x-handling=strict", "handling=lenient, handling=strict", ""]
)
def test_other_preferences_leave_it_as_it_was(api: ApiClient, path: str, prefer: str) -> None:
    answer = api.patch(path, {MISSPELT: 1}, query={"x": 1}, headers={"Prefer": prefer}, check_request=False)
    assert (answer.status_code, "Preference-Applied" in answer) == (200, False)


def test_accounts_and_who_may_come_first(api: ApiClient, path: str) -> None:
    login = ApiClient().post(f"{API}/auth/login", {"email": "a@example.org", "pass": "x"}, headers=STRICT)
    assert unknown(login) == ["/pass"]
    assert unknown(api.get(f"{API}/auth/me", query={"verbose": 1}, headers=STRICT)) == ["?verbose"]
    nobody = ApiClient().patch(path, {MISSPELT: 1}, headers=STRICT)
    assert (nobody.status_code, "Preference-Applied" in nobody) == (401, False)
    assert api.patch(path, data=b"{", headers=STRICT).status_code == 400
