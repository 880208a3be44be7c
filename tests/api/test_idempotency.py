"""A POST that is sent twice with one key has one effect and one answer (contract 1.5)."""

import datetime as dt
import threading
import uuid
from collections import Counter
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from profiles.career import rendering
from profiles.models import COMPONENTS, CustomField, Experience, Profile, Skill
from profiles_project.database import clock
from tests.support.client import NO_BODY, ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API, contract
from tests.support.factories import PERSONAL_INFO, UserFactory, item, make_profile
from users.api import idempotency
from users.models import IdempotencyRecord, Session, User

KEY = "3f1c-first-try"


def keyed(api: ApiClient, path: str, body: Any = NO_BODY, key: str = KEY, **options: Any) -> Any:
    """The answer to a POST with an idempotency key."""
    return api.send("POST", path, body, headers={"Idempotency-Key": key, **options.pop("headers", {})}, **options)


# Every POST below /profiles: its address below the profile, a body, and how many rows there are afterwards.
POSTS: dict[str, tuple[str, Any]] = {
    "/profiles": ("", {"personal_info": PERSONAL_INFO}),
    "/profiles/import": ("", {"basics": {"name": "Grace Hopper"}}),
    "/profiles/{}/activate": ("/activate", NO_BODY),
    "/profiles/{}/duplicate": ("/duplicate", {"label": "Copy"}),
    "/profiles/{}/skills/technical": ("/skills/technical", {"skills": ["COBOL"]}),
    "/profiles/{}/restore": ("/restore", {"version": 1}),
    "/profiles/{}/skills/soft": ("/skills/soft", {"skills": ["Foresight"]}),
    "/profiles/{}/custom-fields": ("/custom-fields", {"fields": [{"key": "once", "value": 1}]}),
    **{f"/profiles/{{}}/{kind.plural}": (f"/{kind.plural}", [item(kind, 7), item(kind, 8)]) for kind in COMPONENTS},
}


def rows() -> tuple[int, ...]:
    """How many rows each table has that a POST may add to, and the sum of all versions."""
    tables: tuple[type[Model], ...] = (Profile, Skill, CustomField, *COMPONENTS)
    versions = sum(Profile.objects.values_list("version", flat=True))
    return (*(table._default_manager.count() for table in tables), versions)


@pytest.mark.django_db
@pytest.mark.parametrize("route", POSTS)
def test_every_post_has_one_effect_and_one_answer(api: ApiClient, user: User, route: str) -> None:
    make_profile(user, 1)
    # Not the active one, so that activating it is a change.
    profile = make_profile(user, 1)
    path, body = API + route.format(profile.pk), POSTS[route][1]
    first = keyed(api, path, body)
    assert first.status_code in {200, 201}
    assert "Idempotency-Replayed" not in first
    after = rows()
    # A new token between the tries, as after a 401, changes nothing.
    second = keyed(ApiClient().as_user(user), path, body)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second["Idempotency-Replayed"] == "true"
    same = ("ETag", "Location", "Content-Type", "Cache-Control", "Vary")
    assert {name: second.get(name) for name in same} == {name: first.get(name) for name in same}
    assert rows() == after


# One needs a profile in the trash (tests/career/test_restore.py), the other is judged anew (tests/sync/test_push.py).
ELSEWHERE = {"/profiles/trash/{}/restore", "/profiles/{}/changes", "/profiles/import/archive", "/profiles/import/file"}


@pytest.mark.pure
def test_the_table_names_every_post_below_profiles() -> None:
    found = set()

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> None:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, path)
            elif path.startswith("api/v1/profiles") and _takes_post(pattern.callback):
                found.add(path.removeprefix("api/v1").replace("<str:profile_id>", "{}"))

    walk(get_resolver().url_patterns, "")
    assert found == set(POSTS) | ELSEWHERE


def _takes_post(view: Any) -> bool:
    actions = getattr(view, "actions", None)
    return "post" in actions if actions else hasattr(view.view_class, "post")


@pytest.mark.pure
def test_exactly_these_posts_document_the_header() -> None:
    documented = {
        path.removeprefix(API).replace("{profile_id}", "{}")
        for path, operations in contract().document["paths"].items()
        for parameter in operations.get("post", {}).get("parameters", ())
        if parameter["name"] == "Idempotency-Key"
    }
    assert documented == set(POSTS) | ELSEWHERE


@pytest.mark.django_db
def test_the_same_key_for_another_request_is_refused_and_stores_nothing(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 1)
    path = f"{API}/profiles/{profile.pk}"
    keyed(api, f"{path}/experiences", [item(Experience, 1)])
    before = rows()
    for other in (f"{path}/experiences", f"{path}/experiences?again=1"):
        answer = keyed(api, other, [item(Experience, 2)])
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"
        assert answer.json()["errors"][0]["code"] == "reused"
    assert keyed(api, f"{path}/activate").status_code == 422
    assert rows() == before


@pytest.mark.django_db
def test_a_key_belongs_to_its_user(api: ApiClient, other_api: ApiClient) -> None:
    body = {"personal_info": PERSONAL_INFO}
    first, second = (keyed(each, f"{API}/profiles", body) for each in (api, other_api))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.django_db
def test_a_refusal_is_judged_anew(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 1)
    path = f"{API}/profiles/{profile.pk}/experiences"
    stale = {"If-Match": '"stale"'}
    assert keyed(api, path, [item(Experience)], headers=stale).status_code == 412
    assert keyed(api, path, [{"title": ""}]).status_code == 422
    assert keyed(api, f"{API}/profiles/{uuid.uuid4()}/experiences", [item(Experience)]).status_code == 404
    assert IdempotencyRecord.objects.count() == 0
    assert keyed(api, path, [item(Experience)]).status_code == 201


@pytest.mark.django_db
def test_a_replay_does_not_judge_if_match_again(api: ApiClient, user: User) -> None:
    """The phone that never saw the answer repeats the request with the tag that its own request made stale."""
    profile = make_profile(user, 1)
    tag = {"If-Match": rendering.tag(profile)}
    path = f"{API}/profiles/{profile.pk}/experiences"
    first = keyed(api, path, [item(Experience)], headers=tag)
    again = keyed(api, path, [item(Experience)], headers=tag)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "schlüssel", "nul\0"])
def test_a_key_that_is_none_is_refused(api: ApiClient, key: str) -> None:
    answer = keyed(api, f"{API}/profiles", {"personal_info": PERSONAL_INFO}, key=key)
    assert answer.status_code == 400
    assert "1 to 255" in answer.json()["detail"]
    assert Profile.objects.count() == 0


@pytest.mark.django_db
def test_the_longest_key_and_one_with_spaces_are_taken(api: ApiClient) -> None:
    for key in ("k" * 255, "~", 'a "quoted" key'):
        assert keyed(api, f"{API}/profiles", {"personal_info": PERSONAL_INFO}, key=key).status_code == 201


@pytest.mark.django_db
def test_routes_of_accounts_ignore_it(api: ApiClient, user: User) -> None:
    body = {"email": "new@example.org", "password": "Analytical-1843", "full_name": "New"}
    assert keyed(ApiClient(), f"{API}/auth/register", body).status_code == 201
    assert keyed(ApiClient(), f"{API}/auth/register", body).status_code == 409
    assert keyed(api, f"{API}/auth/logout").status_code == 200
    assert IdempotencyRecord.objects.count() == 0


@pytest.mark.django_db
def test_after_a_week_the_key_is_free_again(api: ApiClient) -> None:
    body = {"personal_info": PERSONAL_INFO}
    keyed(api, f"{API}/profiles", body)
    IdempotencyRecord.objects.update(created_at=clock.now() - IdempotencyRecord.KEEP + dt.timedelta(minutes=1))
    assert keyed(api, f"{API}/profiles", body)["Idempotency-Replayed"] == "true"
    IdempotencyRecord.objects.update(created_at=clock.now() - IdempotencyRecord.KEEP - dt.timedelta(minutes=1))
    assert "Idempotency-Replayed" not in keyed(api, f"{API}/profiles", body)
    assert (Profile.objects.count(), IdempotencyRecord.objects.count()) == (2, 1)


@pytest.mark.django_db
def test_expired_records_are_removed_by_the_command(api: ApiClient, capsys: pytest.CaptureFixture[str]) -> None:
    for key in ("old", "new"):
        keyed(api, f"{API}/profiles", {"personal_info": PERSONAL_INFO}, key=key)
    old = IdempotencyRecord.objects.filter(key="old")
    old.update(created_at=clock.now() - IdempotencyRecord.KEEP - dt.timedelta(seconds=1))
    call_command("prune")
    assert [record.key for record in IdempotencyRecord.objects.all()] == ["new"]
    shown = capsys.readouterr().out.splitlines()
    assert "users_idempotencyrecord: 1 row deleted" in shown
    assert shown[-1] == "All: 1 row deleted"


@pytest.mark.django_db
def test_a_failure_after_the_effect_leaves_neither_effect_nor_record(
    api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = make_profile(user, 1)
    before = rows()

    def fail(*_: Any) -> Any:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(idempotency, "_plain", fail)
        path = f"{API}/profiles/{profile.pk}/experiences"
        assert keyed(api, path, [item(Experience)], check=False).status_code == 500
    assert (rows(), IdempotencyRecord.objects.count()) == (before, 0)
    assert keyed(api, path, [item(Experience)]).status_code == 201


# At the same moment ------------------------------------------------------------------------------------------------


def clients(user: User, count: int) -> list[ApiClient]:
    """One client for each thread, logged in before the race; the judge of answers is made by one thread."""
    contract()
    return [ApiClient().as_user(user) for _ in range(count)]


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_with_one_key_one_has_the_effect() -> None:
    user = UserFactory.create()
    profile = make_profile(user, 1)
    body = [item(Experience, number) for number in range(3)]
    path = f"{API}/profiles/{profile.pk}/experiences"
    calls = [lambda api=api: keyed(api, path, body) for api in clients(user, 10)]
    answers = at_once(*calls)
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert Counter("Idempotency-Replayed" in answer for answer in answers) == {True: 9, False: 1}
    assert Experience.objects.filter(profile=profile).count() == 4


@pytest.mark.django_db(transaction=True)
def test_without_the_record_every_request_has_its_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    user = UserFactory.create()
    profile = make_profile(user, 1)
    monkeypatch.setattr(idempotency, "_key", lambda _: None)
    path = f"{API}/profiles/{profile.pk}/experiences"
    calls = [lambda api=api: keyed(api, path, [item(Experience, 5)]) for api in clients(user, 4)]
    at_once(*calls)
    assert Experience.objects.filter(profile=profile).count() == 1 + 4


@pytest.mark.django_db(transaction=True)
def test_a_second_request_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite the first one keeps every writer waiting, and the second then gets the answer of the first."""
    user = UserFactory.create()
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 1)
    first, second = clients(user, 2)
    has_stored, may_end = threading.Event(), threading.Event()
    plain = idempotency._plain

    def slowly(response: Any) -> Any:
        has_stored.set()
        may_end.wait(10)
        return plain(response)

    monkeypatch.setattr(idempotency, "_plain", slowly)

    def ask_again() -> Any:
        assert has_stored.wait(10)
        if connection.vendor == "sqlite":
            threading.Timer(0.5, may_end.set).start()
        answer = keyed(second, f"{API}/profiles", {"personal_info": PERSONAL_INFO})
        may_end.set()
        return answer

    done, refused = at_once(lambda: keyed(first, f"{API}/profiles", {"personal_info": PERSONAL_INFO}), ask_again)
    assert done.status_code == 201
    if connection.vendor == "sqlite":
        assert refused["Idempotency-Replayed"] == "true"
    else:
        assert (refused.status_code, refused["Retry-After"]) == (409, "2")
        assert refused.json()["type"].endswith("/request-under-way")
    assert Profile.objects.filter(user=user).count() == 1
    assert keyed(second, f"{API}/profiles", {"personal_info": PERSONAL_INFO})["Idempotency-Replayed"] == "true"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no lock_timeout")
@pytest.mark.django_db(transaction=True)
def test_waiting_for_a_key_leaves_the_lock_time_out_as_it_was(user: User) -> None:
    def shown() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return str(cursor.fetchone()[0])

    before = shown()
    with transaction.atomic():
        idempotency._claim(user, KEY, "0" * 64)
        assert shown() == before
    assert shown() == before == "3s"


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_erased_takes_its_records_along(user: User) -> None:
    api = ApiClient().as_user(user)
    keyed(api, f"{API}/profiles", {"personal_info": PERSONAL_INFO})
    assert IdempotencyRecord.objects.count() == 1
    user.delete()
    assert (IdempotencyRecord.objects.count(), Session.objects.count()) == (0, 0)
