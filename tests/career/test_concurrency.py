"""Writers at the same moment: nothing is lost, nothing waits for ever, and the lock is what does it."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, connections
from django.db.models import Model

from profiles.career import rendering
from profiles.limits import MAX_PROFILES
from profiles.models import COMPONENTS, PARTS, Actor, Cause, Experience, Profile, ProfileManager, Revision, Skill
from profiles_project.database.prepared import Prepared
from tests.support.client import NO_BODY, ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API, contract
from tests.support.factories import (
    PASSWORD,
    PERSONAL_INFO,
    ProfileFactory,
    UserFactory,
    item,
    make_item,
    make_profile,
    profile_document,
)
from users.models import Mail, Session, User

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 10
ROUNDS = 5
NEW_INFO = {
    "full_name": "Grace Hopper",
    "email": "grace@example.org",
    "phone": "+1 212 555 0100",
    "location": "New York",
    "linkedin": "https://linkedin.com/in/grace",
    "github": "https://github.com/grace",
    "website": "https://grace.example.org",
}
# How many items the writers of CHANGES leave in each list.
COUNTS = {kind.plural: 1 for kind in COMPONENTS} | {"experiences": 5}


@pytest.fixture
def user() -> User:
    return UserFactory.create()


@pytest.fixture
def profile(user: User) -> Profile:
    return ProfileFactory.create(user=user)


def url(profile: Profile, below: str = "") -> str:
    return f"{API}/profiles/{profile.pk}{below}"


def clients(user: User, count: int) -> list[ApiClient]:
    """One client for each thread; a log-in is a write, which belongs before the race."""
    # The judge of answers is made once, and not by several threads.
    contract()
    return [ApiClient().as_user(user) for _ in range(count)]


# Changes of different parts; each could undo another one that it has not seen.
CHANGES: list[tuple[str, str, Any]] = [
    *(("PATCH", "", {"personal_info": {name: text}}) for name, text in NEW_INFO.items()),
    ("PATCH", "", {"label": "Changed"}),
    ("PATCH", "", {"professional_summary": "Changed while others wrote."}),
    *(("POST", f"/{kind.plural}", item(kind)) for kind in COMPONENTS),
    *(("POST", f"/skills/{kind}", {"skills": [f"{kind} one"]}) for kind in Skill.Kind.values),
    *(("POST", "/custom-fields", {"fields": [{"key": str(n), "value": n}]}) for n in range(2)),
    *(("POST", "/experiences", [item(Experience, n), item(Experience, n + 1)]) for n in (10, 20)),
]


def test_no_part_is_lost_and_each_change_is_one_version(user: User, profile: Profile) -> None:
    apis = clients(user, len(CHANGES))
    calls = [
        lambda api=api, change=change: api.send(change[0], url(profile, change[1]), change[2])
        for api, change in zip(apis, CHANGES, strict=True)
    ]
    answers = at_once(*calls)
    assert {answer.status_code for answer in answers} <= {200, 201}
    # Each writer made a version of its own.
    assert len({answer["ETag"] for answer in answers}) == len(CHANGES) > 20
    document = apis[0].get(url(profile)).json()
    assert document["version"] == 1 + len(CHANGES)
    assert (document["label"], document["professional_summary"]) == ("Changed", "Changed while others wrote.")
    assert document["personal_info"] == PERSONAL_INFO | NEW_INFO
    lists = {**document, **document["skills"]}
    assert {kind.plural: len(lists[kind.plural]) for kind in COMPONENTS} == COUNTS
    assert (lists["technical"], lists["soft"]) == (["technical one"], ["soft one"])
    assert document["custom_fields"] == {"0": 0, "1": 1}
    positions = Experience.objects.filter(profile=profile).values_list("position", flat=True)
    assert sorted(positions) == list(range(COUNTS["experiences"]))


def test_of_writers_with_the_same_tag_exactly_one_wins(user: User, profile: Profile) -> None:
    apis = clients(user, WRITERS)
    tag = apis[0].get(url(profile))["ETag"]
    calls = [
        lambda api=api, n=n: api.patch(url(profile), {"label": f"Label {n}"}, if_match=tag).status_code
        for n, api in enumerate(apis)
    ]
    assert Counter(at_once(*calls)) == {200: 1, 412: WRITERS - 1}
    profile.refresh_from_db()
    assert profile.version == 2


def patch_one_item(user: User, profile: Profile, writers: int) -> Counter[int]:
    """What writers get who change one item at once, each with the item's tag."""
    path = url(profile, f"/experiences/{make_item(profile, Experience).pk}")
    apis = clients(user, writers)
    shown = apis[0].get(path).json()
    tag = f'"{shown["id"]}.{shown["version"]}"'
    calls = [
        # Unjudged, since without the lock there may be a 500.
        lambda api=api, n=n: api.patch(path, {"title": f"Title {n}"}, if_match=tag, check=False).status_code
        for n, api in enumerate(apis)
    ]
    return Counter(at_once(*calls))


@pytest.mark.parametrize("writers", [2, WRITERS])
def test_of_writers_with_the_same_tag_of_an_item_exactly_one_wins(user: User, profile: Profile, writers: int) -> None:
    assert patch_one_item(user, profile, writers) == {200: 1, 412: writers - 1}
    profile.refresh_from_db()
    assert profile.version == 2


def test_without_the_lock_no_tag_of_an_item_is_stale(
    user: User, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both read the item before either writes, so both tags pass, and the database stops the late one."""
    without_lock(monkeypatch, 2)
    found = patch_one_item(user, profile, 2)
    assert (found.total(), found[200], found[412]) == (2, 1, 0)


def increase(profile: Profile) -> None:
    """Read the label's number, add one, write it: what a lost update shows in."""
    with Profile.objects.revise(profile.pk, Cause(Actor.YOU, "profiles_update")) as revised:
        revised.label = str(int(revised.label) + 1)


def count_up(profile: Profile, writers: int, changes: int) -> int:
    """The number that is left when so many writers have each added one so many times."""
    Profile.objects.filter(pk=profile.pk).update(label="0")

    def write() -> None:
        for _ in range(changes):
            increase(profile)

    at_once(*[write] * writers)
    profile.refresh_from_db()
    return int(profile.label)


def test_many_writers_with_many_changes_each_lose_none(profile: Profile) -> None:
    writers, changes = (20, 5) if connection.vendor == "postgresql" else (8, 10)
    assert count_up(profile, writers, changes) == writers * changes
    assert profile.version == 1 + writers * changes


def without_lock(monkeypatch: pytest.MonkeyPatch, writers: int) -> None:
    """Makes all writers read before any of them writes, which the lock would not let them.

    On PostgreSQL the log, which has one entry a version, refuses the late ones then. On SQLite the lock is the
    transaction's beginning (IMMEDIATE), and without it they are refused too.
    """
    everybody_has_read = threading.Barrier(writers)

    def unlocked(manager: ProfileManager, those: Prepared, cause: Cause, **which: Any) -> dict[uuid.UUID, Profile]:
        found = {row.pk: row for row in manager.filter(**which)}
        everybody_has_read.wait(10)
        for row in found.values():
            row.open_revision(cause)
        return found

    monkeypatch.setattr(ProfileManager, "_locked", unlocked)
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "transaction_mode", "DEFERRED")


def test_without_the_lock_changes_are_lost(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    Profile.objects.filter(pk=profile.pk).update(label="0")
    writers = 4

    def write() -> bool:
        try:
            increase(profile)
        except (IntegrityError, OperationalError):
            return False
        return True

    without_lock(monkeypatch, writers)
    succeeded = at_once(*[write] * writers).count(True)
    profile.refresh_from_db()
    assert (profile.label, profile.version) == ("1", 2)
    assert succeeded == 1


def test_of_two_first_profiles_one_is_active(user: User) -> None:
    body = {"personal_info": PERSONAL_INFO}
    calls = [lambda api=api: api.post(f"{API}/profiles", body).status_code for api in clients(user, 4)]
    assert at_once(*calls) == [201] * 4
    assert Profile.objects.filter(user=user, is_active=True).count() == 1


def test_the_limit_of_profiles_holds_when_they_are_made_at_once(user: User, profile: Profile) -> None:
    for _ in range(MAX_PROFILES - 3):
        ProfileFactory.create(user=user)
    body = {"personal_info": PERSONAL_INFO}
    routes = [f"{API}/profiles", url(profile, "/duplicate")] * 3
    calls = [
        lambda api=api, route=route: api.post(route, body).status_code
        for api, route in zip(clients(user, 6), routes, strict=True)
    ]
    assert Counter(at_once(*calls)) == {201: 2, 422: 4}
    assert Profile.objects.filter(user=user).count() == MAX_PROFILES


def test_profiles_that_are_activated_at_once_leave_one_active(user: User) -> None:
    profiles = [ProfileFactory.create(user=user) for _ in range(4)]
    calls = [
        lambda api=api, each=each: api.post(url(each, "/activate")).status_code
        for api, each in zip(clients(user, 4), profiles, strict=True)
    ]
    assert at_once(*calls) == [200] * 4
    assert Profile.objects.filter(user=user, is_active=True).count() == 1
    # A change of the one that becomes active and one of the other; the first one may have been active already.
    versions = sum(each.version - 1 for each in Profile.objects.filter(user=user))
    assert versions in {2 * 3, 2 * 4}


def test_bulk_updates_in_opposite_order_wait_for_each_other_and_all_succeed(user: User, profile: Profile) -> None:
    rows = [make_item(profile, Experience, number) for number in range(20)]

    def body(number: int) -> list[dict[str, Any]]:
        changes = [{"id": str(row.pk), "title": f"Title of writer {number}"} for row in rows]
        return changes[::-1] if number % 2 else changes

    calls = [
        lambda api=api, n=n: api.patch(url(profile, "/experiences"), body(n)).status_code
        for n, api in enumerate(clients(user, WRITERS))
    ]
    assert at_once(*calls) == [200] * WRITERS
    assert len(set(Experience.objects.filter(profile=profile).values_list("title", flat=True))) == 1


def uses(profile: Profile) -> list[tuple[str, str, Any]]:
    """Requests of every sort about a profile: method, address, body."""
    ids = [str(pk) for pk in Experience.objects.filter(profile=profile).values_list("pk", flat=True)]
    return [
        ("GET", url(profile), NO_BODY),
        ("GET", url(profile, "/analytics"), NO_BODY),
        ("PATCH", url(profile), {"label": "Changed"}),
        ("PUT", url(profile), profile_document(3)),
        ("POST", url(profile, "/experiences"), [item(Experience, number) for number in range(10)]),
        ("PATCH", url(profile, "/experiences"), [{"id": pk, "title": "Changed"} for pk in ids]),
        ("DELETE", url(profile, "/experiences"), {"experience_ids": ids[:2]}),
        ("DELETE", url(profile, f"/experiences/{ids[0]}"), NO_BODY),
        ("POST", url(profile, "/skills/soft"), {"skills": ["Foresight"]}),
        ("POST", url(profile, "/activate"), NO_BODY),
        ("POST", url(profile, "/duplicate"), NO_BODY),
    ]


def statuses(user: User, requests: list[tuple[str, str, Any]]) -> list[int]:
    """What all requests are answered with, sent at once."""
    calls = [
        lambda api=api, sent=sent: api.send(*sent).status_code
        for api, sent in zip(clients(user, len(requests)), requests, strict=True)
    ]
    return at_once(*calls)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_profile_that_is_deleted_while_it_is_used_is_there_or_not_found(user: User, number: int) -> None:
    profile = make_profile(user, 5)
    deleted, *others = statuses(user, [("DELETE", url(profile), NO_BODY), *uses(profile)])
    assert deleted == HTTPStatus.NO_CONTENT
    assert set(others) <= {200, 201, 204, 404}
    assert not Profile.objects.filter(pk=profile.pk).exists()


@pytest.mark.parametrize("number", range(ROUNDS))
def test_an_account_that_is_erased_while_it_is_used_is_gone_for_good(user: User, number: int) -> None:
    profile = make_profile(user, 5)
    erase = ("POST", f"{API}/auth/me/erase", {"password": PASSWORD})
    others = [
        erase,
        *uses(profile),
        ("POST", f"{API}/profiles", profile_document(1)),
        ("GET", f"{API}/profiles/me", NO_BODY),
        ("PATCH", f"{API}/auth/me", {"full_name": "Grace Hopper"}),
        ("POST", f"{API}/auth/resend-verification", NO_BODY),
        ("POST", f"{API}/auth/login", {"email": user.email, "password": PASSWORD}),
    ]
    found = statuses(user, [erase, *others])
    assert Counter(found[:2]) == {204: 1, 401: 1}
    assert set(found) <= {200, 201, 204, 401, 404}
    everything: tuple[type[Model], ...] = (User, Session, Mail, Profile, Revision, *PARTS)
    assert not any(model._base_manager.exists() for model in everything)


def before_reading(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Something that somebody else does when a profile's version is known and its rows are not read yet."""
    read = rendering.stored

    def late(pk: uuid.UUID) -> rendering.Rendered:
        what()
        return read(pk)

    monkeypatch.setattr(rendering, "stored", late)


@pytest.mark.parametrize("path", ["/profiles/{}", "/profiles/{}/analytics", "/profiles/{}/skills", "/profiles/me"])
def test_a_profile_that_is_deleted_while_it_is_read_is_not_found(
    user: User, profile: Profile, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_reading(monkeypatch, lambda: Profile.objects.filter(pk=profile.pk).delete())
    assert ApiClient().as_user(user).get(API + path.format(profile.pk)).status_code == 404


def test_one_id_that_two_people_choose_at_once_is_given_once() -> None:
    people = [UserFactory.create() for _ in range(4)]
    body = {"id": str(uuid.uuid4()), "personal_info": PERSONAL_INFO}
    apis = [ApiClient().as_user(each) for each in people]
    calls = [lambda api=api: api.post(f"{API}/profiles", body).status_code for api in apis]
    assert Counter(at_once(*calls)) == {201: 1, 409: 3}


def test_a_document_that_changes_while_it_is_read_is_whole_and_of_the_version_it_names(
    user: User, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    Profile.objects.filter(pk=profile.pk).update(label="0")
    api = ApiClient().as_user(user)
    before_reading(monkeypatch, lambda: increase(profile))
    first = api.get(url(profile))
    assert (first.json()["label"], first.json()["version"]) == ("1", 2)
    assert f".{first.json()['version']}." in first["ETag"]
    # The second answer comes from the cache.
    assert api.get(url(profile)).json() == first.json()
