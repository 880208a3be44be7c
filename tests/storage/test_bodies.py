"""What a process keeps of the documents that it has shown last: within its bounds, for a moment, and of nobody else."""

import threading
import time
import tracemalloc
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.core.cache import cache

from profiles.career import rendering
from profiles.career.rendering import recent
from profiles.models import Profile
from profiles_project.caching import localcache, sealed
from profiles_project.caching.localcache import ENTRY_BYTES, Recent
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import make_profile
from users.models import User

MIB = 2**20
SOON = 0.05


def gone(recent: Recent) -> bool:
    """Whether all went by itself, within a time that a busy machine needs too."""
    until = time.monotonic() + 20
    while len(recent) and time.monotonic() < until:
        time.sleep(SOON)
    return not len(recent)


# The bounds ----------------------------------------------------------------------------------------------------------


def test_a_body_is_found_by_its_name_and_its_tag() -> None:
    recent = Recent(MIB)
    recent.put("a", b"1", b"first")
    assert recent.get("a", b"1") == b"first"
    assert recent.get("a", b"2") is None
    assert recent.get("b", b"1") is None
    recent.put("a", b"2", b"second")
    assert (recent.get("a", b"1"), recent.get("a", b"2"), len(recent)) == (None, b"second", 1)


def test_the_oldest_go_where_there_is_no_room() -> None:
    recent = Recent(4 * (1000 + ENTRY_BYTES + 2))
    for number in range(6):
        recent.put(str(number), b"1", bytes(1000))
    assert [name for name in map(str, range(6)) if recent.get(name, b"1")] == ["2", "3", "4", "5"]
    recent.put("large", b"1", bytes(3000))
    assert recent.get("5", b"1") is not None
    assert recent.get("2", b"1") is None


def test_a_body_that_is_larger_than_all_there_is_pushes_nothing_out() -> None:
    recent = Recent(MIB)
    recent.put("small", b"1", b"body")
    recent.put("large", b"1", bytes(MIB))
    assert recent.get("large", b"1") is None
    assert recent.get("small", b"1") == b"body"


def test_what_is_put_in_the_place_of_another_or_forgotten_counts_no_more() -> None:
    recent = Recent(MIB)
    for number in range(2_000):
        recent.put("a", str(number).encode(), bytes(1000))
    assert recent.size < 2_000
    recent.forget(["a", "unknown"])
    assert (recent.size, len(recent)) == (0, 0)


@pytest.mark.parametrize("size", [10, 500, 17_000])
def test_all_of_it_takes_no_more_memory_than_it_says(size: int) -> None:
    most = 2 * MIB
    recent = Recent(most)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(3 * most // (size + ENTRY_BYTES) // 2):
            # Each its own bytes, as those of a document are.
            recent.put(f"profile:{number:09}:{number:036}:document", b"tag%050d" % number, b"%0*d" % (size, number))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert recent.size > 0.9 * most
    assert 0.6 * most < after - before < 1.05 * most


def test_threads_that_write_at_the_same_time_keep_the_bound() -> None:
    recent = Recent(100_000)

    def write(first: int) -> None:
        for number in range(500):
            recent.put(str((first * number) % 97), str(number).encode(), bytes(number * 3))
            recent.forget([str(number % 13)])

    threads = [threading.Thread(target=write, args=(first,)) for first in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recent.size == sum(entry.size for entry in recent._entries.values()) <= 100_000


# The time ------------------------------------------------------------------------------------------------------------


def test_what_is_old_is_shown_no_more_and_goes_though_nobody_asks() -> None:
    recent = Recent(MIB, seconds=SOON)
    recent.put("a", b"1", b"body")
    recent.put("b", b"1", b"body")
    assert gone(recent)
    # And once more: the next one has a timer as well.
    recent.put("c", b"1", b"body")
    assert gone(recent)
    assert recent.size == 0


def test_what_is_too_old_is_no_hit_before_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Timer, "start", lambda _: None)
    recent = Recent(MIB, seconds=0)
    recent.put("a", b"1", b"body")
    assert len(recent) == 1
    assert recent.get("a", b"1") is None


def test_where_no_thread_can_be_started_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    recent = Recent(MIB, seconds=SOON)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Timer, "start", refuse)
        recent.put("a", b"1", b"body")
    assert (len(recent), recent.size) == (0, 0)
    recent.put("b", b"1", b"body")
    assert recent.get("b", b"1") == b"body"
    assert gone(recent)


def test_all_goes_within_a_minute() -> None:
    # And as much longer as a timer may wait for others.
    assert localcache.SECONDS * 51 / 50 < 60


# Requests ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were looked for in the cache."""
    names: list[str] = []

    def kept(name: str, found: Callable[[str], bytes | None] = sealed.kept) -> bytes | None:
        names.append(name)
        return found(name)

    monkeypatch.setattr(sealed, "kept", kept)
    return names


@pytest.mark.django_db
def test_a_document_is_read_from_the_cache_once(api: ApiClient, user: User, read: list[str]) -> None:
    path = f"{API}/profiles/{make_profile(user, 1).pk}"
    made = api.get(path)
    recent.clear()
    assert len(read) == 1
    from_cache, from_here = api.get(path), api.get(path)
    assert len(read) == 2
    assert made.content == from_cache.content == from_here.content
    assert made["ETag"] == from_here["ETag"]


@pytest.mark.django_db
def test_a_change_by_another_process_is_seen_at_once(
    api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = make_profile(user, 1)
    path = f"{API}/profiles/{profile.pk}"
    assert api.get(path).json()["label"] == profile.label
    monkeypatch.setattr(rendering, "recent", Recent(MIB))
    api.patch(path, {"label": "Changed elsewhere"})
    monkeypatch.undo()
    assert api.get(path).json()["label"] == "Changed elsewhere"


@pytest.mark.django_db(transaction=True)
def test_a_profile_that_another_process_deletes_is_out_of_reach_here(
    api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = make_profile(user, 1)
    path = f"{API}/profiles/{profile.pk}"
    api.get(path)
    monkeypatch.setattr(rendering, "recent", Recent(MIB))
    assert api.delete(path).status_code == HTTPStatus.NO_CONTENT
    monkeypatch.undo()
    assert len(recent) == 1
    assert api.get(path).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.django_db(transaction=True)
def test_what_is_deleted_goes_here_and_from_the_cache(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 1)
    path = f"{API}/profiles/{profile.pk}"
    api.get(path)
    api.get(f"{path}/analytics")
    names = list(recent._entries)
    assert len(names) == 2
    assert all(cache.get(name) for name in names)
    api.delete(path)
    assert len(recent) == 0
    assert not any(cache.get(name) for name in names)
    assert Profile.objects.filter(pk=profile.pk).count() == 0
