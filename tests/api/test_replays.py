"""What a record of idempotency keeps, and how a repeated request is answered from it (contract 1.5)."""

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpResponse

from profiles.api.views import replays
from profiles.career import rendering
from profiles.models import COMPONENTS, Experience, Profile, Revision, Skill
from tests.api.test_idempotency import KEY, POSTS, keyed, rows
from tests.support.client import NO_BODY, ApiClient
from tests.support.contract import API
from tests.support.factories import PERSONAL_INFO, SUMMARY, item, make_profile, profile_document
from users.api import idempotency
from users.api.idempotency import _fingerprint
from users.models import IdempotencyRecord, User

pytestmark = pytest.mark.django_db

# Their answers tell nothing of what is stored, so that no change of it shows.
KEPT_WHOLE = {"/profiles/{}/custom-fields"}
# What they make can be deleted while the address they are sent to is there.
MAKES_PROFILES = ("/profiles", "/profiles/import", "/profiles/{}/duplicate")
# What they answer is a whole document.
DOCUMENTS = {*MAKES_PROFILES, "/profiles/{}/activate", "/profiles/{}/restore"}
CANARY = "canary"


def made_by(route: str, answer: Any, target: Profile) -> Profile:
    """The profile that a request has made or changed."""
    if route not in MAKES_PROFILES:
        return Profile.objects.get(pk=target.pk)
    shown = answer.json()
    return Profile.objects.get(pk=shown.get("profile", shown)["id"])


def change_all(api: ApiClient, made: Profile) -> None:
    """Change something in every part of a profile."""
    changed = {
        "label": "Since then",
        "skills": {"technical": ["Added since", "COBOL"], "soft": ["Added since", "Foresight"]},
    }
    assert api.patch(f"{API}/profiles/{made.pk}", changed).status_code == 200
    for kind in COMPONENTS:
        for row in kind.of(made).values():
            assert (
                api.patch(f"{API}/profiles/{made.pk}/{kind.plural}/{row.pk}", {"is_visible": True}).status_code == 200
            )


@pytest.mark.parametrize("route", sorted(DOCUMENTS))
def test_a_document_is_answered_as_it_was_first(api: ApiClient, user: User, route: str) -> None:
    make_profile(user, 1)
    target = make_profile(user, 1)
    path, body = API + route.format(target.pk), POSTS[route][1]
    first = keyed(api, path, body)
    change_all(api, made_by(route, first, target))
    after = rows()
    again = keyed(api, path, body)
    assert (again.status_code, again["Idempotency-Replayed"]) == (first.status_code, "true")
    assert (again.json(), again["ETag"], again.get("Location")) == (first.json(), first["ETag"], first.get("Location"))
    assert rows() == after


@pytest.mark.parametrize("route", sorted(POSTS.keys() - KEPT_WHOLE))
def test_what_has_changed_since_is_answered_as_it_is_now(api: ApiClient, user: User, route: str) -> None:
    """Of documents, where their first version is no longer kept."""
    make_profile(user, 1)
    target = make_profile(user, 1)
    path, body = API + route.format(target.pk), POSTS[route][1]
    first = keyed(api, path, body)
    made = made_by(route, first, target)
    # The whole document is another one from here on.
    change_all(api, made)
    Revision.objects.all().delete()
    after = rows()
    again = keyed(api, path, body)
    assert (again.status_code, again["Idempotency-Replayed"]) == (first.status_code, "current")
    assert again["ETag"] == rendering.tag(Profile.objects.get(pk=made.pk)) != first["ETag"]
    assert again.get("Location") == first.get("Location")
    assert again.content != first.content
    shown, document = again.json(), api.get(f"{API}/profiles/{made.pk}").json()
    if isinstance(shown, list):
        assert [each["id"] for each in shown] == [each["id"] for each in first.json()]
        assert all(each["is_visible"] for each in shown)
    elif "message" in shown:
        assert {**shown, "message": first.json()["message"]} == shown
        assert "Added since" in shown[route.rpartition("/")[2]]
    else:
        assert shown.get("profile", shown) == document
        assert shown.get("report") == first.json().get("report")
    assert rows() == after


@pytest.mark.parametrize("route", MAKES_PROFILES)
def test_a_profile_that_was_deleted_since_is_410_and_not_made_again(api: ApiClient, user: User, route: str) -> None:
    target = make_profile(user, 1)
    path, body = API + route.format(target.pk), POSTS[route][1]
    made = made_by(route, keyed(api, path, body), target)
    assert api.delete(f"{API}/profiles/{made.pk}").status_code == 204
    again = keyed(api, path, body)
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (410, "deleted-since")
    assert Profile.objects.filter(user=user).count() == 1


@pytest.mark.parametrize("is_own", [True, False], ids=["one's own", "somebody else's"])
def test_a_later_profile_under_the_same_id_is_not_taken_for_it(
    api: ApiClient,
    user: User,
    other_user: User,
    is_own: bool,  # noqa: FBT001  # what pytest gives
) -> None:
    chosen = str(uuid.uuid4())
    body = {"id": chosen, "personal_info": PERSONAL_INFO}
    assert keyed(api, f"{API}/profiles", body).status_code == 201
    assert api.delete(f"{API}/profiles/{chosen}").status_code == 204
    assert Profile.with_trash.filter(pk=chosen).delete()
    later = api if is_own else ApiClient().as_user(other_user)
    assert later.post(f"{API}/profiles", {**body, "label": CANARY}).status_code == 201
    again = keyed(api, f"{API}/profiles", body)
    assert again.status_code == 410
    assert CANARY not in again.content.decode()


@pytest.mark.parametrize("sent", [1, 3])
def test_items_of_which_one_was_deleted_since_are_410(api: ApiClient, user: User, sent: int) -> None:
    """The others would stand in other places than those in which they were sent."""
    path = f"{API}/profiles/{make_profile(user, 1).pk}/experiences"
    body: Any = [item(Experience, number) for number in range(sent)] if sent > 1 else item(Experience)
    made = keyed(api, path, body).json()
    gone = made[0] if sent > 1 else made
    assert api.delete(f"{path}/{gone['id']}").status_code == 204
    before = rows()
    assert keyed(api, path, body).status_code == 410
    assert rows() == before


def test_one_item_comes_back_as_one(api: ApiClient, user: User) -> None:
    path = f"{API}/profiles/{make_profile(user, 1).pk}/experiences"
    first = keyed(api, path, item(Experience))
    assert keyed(api, path, item(Experience)).json() == first.json()


def test_a_dry_run_has_no_effect_and_is_done_again(api: ApiClient) -> None:
    path, body = f"{API}/profiles/import?dry_run=true", {"basics": {"name": "Grace Hopper"}}
    for _ in range(2):
        answer = keyed(api, path, body)
        assert answer.status_code == 200
        assert "Idempotency-Replayed" not in answer
    assert IdempotencyRecord.objects.count() == Profile.objects.count() == 0


def test_a_job_is_answered_as_it_was_filed(api: ApiClient, user: User) -> None:
    path = f"{API}/profiles/{make_profile(user, 1).pk}/experiences"
    wanted = {"Prefer": "respond-async"}
    first, second = (keyed(api, path, [item(Experience)], headers=wanted) for _ in range(2))
    assert (first.status_code, second.status_code, second.content) == (202, 202, first.content)
    assert second["Idempotency-Replayed"] == "true"
    assert user.jobs.count() == 1


# How much is kept ---------------------------------------------------------------------------------------------------


def largest(route: str) -> Any:
    """The largest body that a route carries out at once, with the canary in it wherever a text is."""
    text = f"{CANARY} {'x' * 90}"
    kind = next((kind for kind in COMPONENTS if route.endswith(f"/{kind.plural}")), None)
    if kind is not None:
        first = next(iter(item(kind)))
        return [{**item(kind, number), first: f"{CANARY} {number}"} for number in range(100)]
    bodies: dict[str, Any] = {
        "/profiles": profile_document(50, professional_summary=f"{CANARY} {SUMMARY}"),
        "/profiles/import": {"basics": {"name": CANARY}, "work": [{"name": f"{text} {n}", "x": 1} for n in range(900)]},
        "technical": {"skills": [f"{number:03} {text}"[:100] for number in range(100)]},
        "soft": {"skills": [f"{number:03} {text}"[:100] for number in range(100)]},
        "/profiles/{}/duplicate": {"label": CANARY},
        "/profiles/{}/custom-fields": {"fields": [{"key": f"k {n}", "value": text * 90} for n in range(99)]},
        "/profiles/{}/activate": NO_BODY,
        "/profiles/{}/restore": {"version": 1},
    }
    return bodies.get(route, bodies.get(route.rpartition("/")[2]))


@pytest.mark.parametrize("route", POSTS)
def test_no_record_keeps_what_is_stored_anyway(api: ApiClient, user: User, route: str) -> None:
    make_profile(user, 1)
    target = make_profile(user, 1, professional_summary=f"{CANARY} {SUMMARY}")
    first = keyed(api, API + route.format(target.pk), largest(route))
    assert first.status_code in {200, 201}
    kept = bytes(IdempotencyRecord.objects.get().body)
    assert len(kept) <= replays.MAX_REPORT_BYTES + 1024
    assert CANARY.encode() not in kept
    # And the answer is whole all the same.
    again = keyed(api, API + route.format(target.pk), largest(route))
    if route == "/profiles/import":
        report, shown = first.json()["report"], again.json()
        assert shown["profile"] == first.json()["profile"]
        assert len(report["parts"]) > len(shown["report"]["parts"]) == 1
        assert {**report, "parts": 0} == {**shown["report"], "parts": 0}
    else:
        assert again.content == first.content


def test_a_small_report_is_kept_as_it_is(api: ApiClient) -> None:
    body = {"basics": {"name": "Grace Hopper", "x-rank": "admiral"}}
    first, second = (keyed(api, f"{API}/profiles/import", body) for _ in range(2))
    assert second.content == first.content
    assert len(first.json()["report"]["parts"]) > 1


def test_the_oldest_records_of_a_user_make_room(
    api: ApiClient, user: User, other_api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"personal_info": PERSONAL_INFO}
    keyed(other_api, f"{API}/profiles", body)
    monkeypatch.setattr(idempotency, "MAX_BYTES", 5 * (IdempotencyRecord.ROW_BYTES + 60))
    for number in range(9):
        assert keyed(api, f"{API}/profiles", body, key=str(number)).status_code == 201
    kept = IdempotencyRecord.objects.filter(user=user).order_by("id").values_list("key", flat=True)
    assert list(kept) == ["4", "5", "6", "7", "8"]
    # Nobody else's go.
    assert IdempotencyRecord.objects.exclude(user=user).count() == 1
    # The newest one stays, even where it is larger than all that may be kept.
    monkeypatch.setattr(idempotency, "MAX_BYTES", 1)
    keyed(api, f"{API}/profiles", body, key="last")
    assert [record.key for record in IdempotencyRecord.objects.filter(user=user)] == ["last"]


# The release before and this one write into one table --------------------------------------------------------------


def replayed_by_the_release_before(record: Any) -> HttpResponse:
    """Its code, to the letter."""
    response = HttpResponse(bytes(record.body), status=record.status, headers=record.headers)
    response["Idempotency-Replayed"] = "true"
    return response


def records_of_the_release_before() -> Any:
    """Its model of the table."""
    state = MigrationLoader(connection).project_state([("users", "0008_audit_log_kept_whole")])
    return state.apps.get_model("users", "IdempotencyRecord").objects


def shape(kept: Any, whole: Any) -> bool:
    """Whether something has only what the whole answer has, at the same places."""
    if isinstance(kept, dict):
        return isinstance(whole, dict) and all(name in whole and shape(kept[name], whole[name]) for name in kept)
    if isinstance(kept, list):
        return isinstance(whole, list) and len(kept) == len(whole) and all(map(shape, kept, whole))
    return bool(kept == whole)


@pytest.mark.parametrize("route", POSTS)
def test_the_release_before_answers_from_the_records_of_this_one(api: ApiClient, user: User, route: str) -> None:
    make_profile(user, 1)
    target = make_profile(user, 1)
    first = keyed(api, API + route.format(target.pk), POSTS[route][1])
    answer = replayed_by_the_release_before(records_of_the_release_before().get(key=KEY))
    assert answer.status_code == first.status_code
    assert {name: answer[name] for name in ("ETag", "Content-Type")} == {
        "ETag": first["ETag"],
        "Content-Type": first["Content-Type"],
    }
    assert answer.get("Location") == first.get("Location")
    # Ids of what was made, at the places where clients look for them.
    assert shape(json.loads(answer.content), first.json())
    assert b'"id"' in answer.content or b'"message"' in answer.content


def test_this_release_answers_from_the_records_of_the_one_before(
    api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"personal_info": PERSONAL_INFO}
    fingerprints: list[str] = []

    def noted(request: Any) -> str:
        fingerprints.append(_fingerprint(request))
        return fingerprints[-1]

    monkeypatch.setattr(idempotency, "_fingerprint", noted)
    first = keyed(api, f"{API}/profiles", body, key="to learn the fingerprint")
    headers = {name: first[name] for name in ("Content-Type", "ETag", "Location")}
    whole = {"status": 201, "headers": headers}
    records_of_the_release_before().create(
        user_id=user.pk, key=KEY, fingerprint=fingerprints[0], body=first.content, **whole
    )
    Profile.objects.all().delete()
    again = keyed(api, f"{API}/profiles", body)
    assert (again.status_code, again.content, again["ETag"]) == (201, first.content, first["ETag"])
    assert again["Idempotency-Replayed"] == "true"
    assert Skill.objects.count() == Profile.objects.count() == 0
