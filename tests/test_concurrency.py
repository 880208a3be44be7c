"""Writers at the same moment: nothing is lost, nothing waits for ever, and the lock is what does it."""

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection

from profiles.models import Experience, Profile, ProfileManager
from tests.client import ApiClient
from tests.concurrency import at_once
from tests.contract import API
from tests.factories import PERSONAL_INFO, ProfileFactory, UserFactory, item, make_item, make_profile
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 10
FIELDS = ("label", "professional_summary")


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
    return [ApiClient().as_user(user) for _ in range(count)]


def test_no_part_is_lost_and_each_change_is_one_version(user: User, profile: Profile) -> None:
    """Half of the writers add an experience each, the others a custom field each."""

    def write(api: ApiClient, number: int) -> int:
        if number % 2:
            return api.post(url(profile, "/experiences"), item(Experience, number)).status_code
        body = {"fields": [{"key": f"key {number}", "value": number}]}
        return api.post(url(profile, "/custom-fields"), body).status_code

    calls = [lambda api=api, n=n: write(api, n) for n, api in enumerate(clients(user, WRITERS))]
    assert at_once(*calls) == [201] * WRITERS
    document = ApiClient().as_user(user).get(url(profile)).json()
    assert document["version"] == 1 + WRITERS
    assert len(document["experiences"]) == len(document["custom_fields"]) == WRITERS // 2
    positions = Experience.objects.filter(profile=profile).values_list("position", flat=True)
    assert sorted(positions) == list(range(WRITERS // 2))


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


def increase(profile: Profile) -> None:
    """Read the label's number, add one, write it: what a lost update shows in."""
    with Profile.objects.revise(profile.pk) as revised:
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


@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite the transaction itself is the lock")
def test_without_the_lock_changes_are_lost(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: all writers read before any of them writes, which the lock would not let them."""
    writers = 4
    everybody_has_read = threading.Barrier(writers)

    def unlocked(manager: ProfileManager, **which: Any) -> dict[uuid.UUID, Profile]:
        found = {row.pk: row for row in manager.filter(**which)}
        everybody_has_read.wait(10)
        for row in found.values():
            row.open_revision()
        return found

    monkeypatch.setattr(ProfileManager, "_locked", unlocked)
    assert count_up(profile, writers, 1) < writers


def test_of_two_first_profiles_one_is_active(user: User) -> None:
    body = {"personal_info": PERSONAL_INFO}
    calls = [lambda api=api: api.post(f"{API}/profiles", body).status_code for api in clients(user, 4)]
    assert at_once(*calls) == [201] * 4
    assert Profile.objects.filter(user=user, is_active=True).count() == 1


def test_the_limit_of_profiles_holds_when_they_are_made_at_once(user: User) -> None:
    for _ in range(48):
        ProfileFactory.create(user=user)
    body = {"personal_info": PERSONAL_INFO}
    calls = [lambda api=api: api.post(f"{API}/profiles", body).status_code for api in clients(user, 6)]
    assert Counter(at_once(*calls)) == {201: 2, 422: 4}


def test_profiles_that_are_activated_at_once_leave_one_active(user: User) -> None:
    profiles = [ProfileFactory.create(user=user) for _ in range(4)]
    calls = [
        lambda api=api, each=each: api.post(url(each, "/activate")).status_code
        for api, each in zip(clients(user, 4), profiles, strict=True)
    ]
    assert at_once(*calls) == [200] * 4
    assert Profile.objects.filter(user=user, is_active=True).count() == 1


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


def test_a_profile_that_is_deleted_while_others_write_is_there_or_gone_and_never_a_failure(user: User) -> None:
    profile = make_profile(user, 2)
    deleter, *writers = clients(user, WRITERS)
    calls = [
        lambda: deleter.delete(url(profile)).status_code,
        *(lambda api=api: api.post(url(profile, "/projects"), sample()).status_code for api in writers),
    ]
    deleted, *written = at_once(*calls)
    assert deleted == HTTPStatus.NO_CONTENT
    assert set(written) <= {201, 404}
    assert not Profile.objects.filter(pk=profile.pk).exists()


def sample() -> dict[str, Any]:
    return {"name": "Note G", "description": "The first program.", "start_date": "1843"}


def test_one_id_that_two_people_choose_at_once_is_given_once() -> None:
    people = [UserFactory.create() for _ in range(4)]
    body = {"id": str(uuid.uuid4()), "personal_info": PERSONAL_INFO}
    calls = [lambda api=ApiClient().as_user(each): api.post(f"{API}/profiles", body).status_code for each in people]
    assert Counter(at_once(*calls)) == {201: 1, 409: 3}


@contextmanager
def changed_between(monkeypatch: pytest.MonkeyPatch, profile: Profile) -> Iterator[None]:
    """A change by somebody else after the rows of a document are read and before its version is read again."""
    read = Profile.refresh_from_db
    left = [2]

    def change_first(self: Profile, *args: Any, **options: Any) -> None:
        if left[0]:
            left[0] -= 1
            increase(profile)
        read(self, *args, **options)

    monkeypatch.setattr(Profile, "refresh_from_db", change_first)
    yield
    monkeypatch.undo()


def test_a_document_that_changes_while_it_is_read_is_whole_and_of_the_version_it_names(
    user: User, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    Profile.objects.filter(pk=profile.pk).update(label="0")
    api = ApiClient().as_user(user)
    with changed_between(monkeypatch, profile):
        first = api.get(url(profile))
    assert (first.json()["label"], first.json()["version"]) == ("2", 3)
    assert f".{first.json()['version']}." in first["ETag"]
    assert api.get(url(profile)).json() == first.json()
