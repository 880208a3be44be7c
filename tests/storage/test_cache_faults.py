"""Redis stopped, hung and back again: nobody waits for it for long, and what counts goes on counting (contract 1.7)."""

import logging
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from profiles_project.caching import cache as module
from profiles_project.caching.cache import Breaker, FallbackCache
from tests.support.concurrency import at_once
from tests.support.service.servers import Server, redis

pytestmark = pytest.mark.own_servers

LOGGER = "profiles_project.caching.cache"
PAUSE = 0.5


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with redis() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """Redis, which runs again when the test is over."""
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGCONT)
    else:
        running.start()


@pytest.fixture
def cache(server: Server, monkeypatch: pytest.MonkeyPatch) -> FallbackCache:
    """A cache on it with a breaker of its own, and a pause that a test can wait for."""
    monkeypatch.setattr(module, "OPEN_SECONDS", PAUSE)
    monkeypatch.setattr(FallbackCache, "breakers", {})
    return FallbackCache(server.url, {"KEY_PREFIX": str(uuid.uuid4())})


def hang(server: Server) -> None:
    server.process.send_signal(signal.SIGSTOP)


def seconds(cache: FallbackCache, operations: int) -> float:
    started = time.perf_counter()
    for _ in range(operations):
        cache.set("anything", b"")
    return time.perf_counter() - started


def test_it_does_what_a_cache_does_in_redis_and_in_memory(cache: FallbackCache, server: Server) -> None:
    for _ in ("in Redis", "in memory"):
        assert cache.add("count", 1)
        assert not cache.add("count", 5)
        assert cache.count("count", 2, 60) == 3
        assert cache.count("another", 5, 60) == 5
        cache.set("body", b"\x00raw", 60)
        assert cache.get("body") == b"\x00raw"
        assert "body" in cache
        assert cache.touch("body", 30)
        assert cache.get_or_set("made", lambda: b"once") == b"once"
        cache.set_many({"a": 1, "b": 2})
        assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
        cache.delete_many(["a", "b"])
        assert cache.delete("body")
        assert cache.get("body", "default") == "default"
        server.stop()
    assert cache.breaker.is_open


@pytest.mark.parametrize("fault", ["stopped", "hung"])
def test_counting_goes_on_and_the_fault_is_logged_once(
    cache: FallbackCache, server: Server, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache.count("count", 2, 60)
    if fault == "stopped":
        server.stop()
    else:
        hang(server)
    # From one on: this process has not counted yet.
    assert [cache.count("count", 1, 60) for _ in range(3)] == [1, 2, 3]
    assert seconds(cache, 100) < 1
    lines = [record for record in caplog.records if record.name == LOGGER]
    assert [line.levelno for line in lines] == [logging.ERROR]
    if fault == "stopped":
        server.start()
    else:
        server.process.send_signal(signal.SIGCONT)
    deadline = time.monotonic() + 10
    while cache.breaker.is_open and time.monotonic() < deadline:
        cache.set("anything", b"")
        time.sleep(PAUSE / 10)
    assert not cache.breaker.is_open
    lines = [record for record in caplog.records if record.name == LOGGER]
    assert [line.levelno for line in lines] == [logging.ERROR, logging.WARNING]
    cache.set("new", 1)
    assert cache.remote.get("new") == 1


@pytest.mark.slow
def test_without_the_breaker_every_operation_waits(
    cache: FallbackCache, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a pause of no length."""
    monkeypatch.setattr(module, "OPEN_SECONDS", 0.0)
    hang(server)
    assert seconds(cache, 5) >= 5 * module.TIMEOUT_SECONDS


@pytest.mark.slow
def test_of_many_threads_one_asks_a_hung_redis_again(
    cache: FallbackCache, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang(server)
    cache.get("anything")
    time.sleep(PAUSE * 1.2)
    # Longer than a busy machine keeps a thread waiting.
    monkeypatch.setattr(module, "OPEN_SECONDS", 60.0)
    asked: list[str] = []
    original = cache.remote.set

    def ask(key: str, *others: Any, **options: Any) -> Any:
        asked.append(key)
        return original(key, *others, **options)

    monkeypatch.setattr(cache.remote, "set", ask)
    at_once(*[lambda: cache.set("anything", b"")] * 20)
    assert len(asked) == 1


def test_a_redis_that_was_restarted_costs_nobody_the_breaker(cache: FallbackCache, server: Server) -> None:
    cache.set("before", 1)
    server.restart()
    cache.set("after", 2)
    assert cache.get("after") == 2
    assert not cache.breaker.is_open


def test_all_caches_of_one_redis_share_its_breaker(cache: FallbackCache, server: Server) -> None:
    other = FallbackCache(server.url, {"KEY_PREFIX": "other"})
    found: list[Breaker] = []
    thread = threading.Thread(target=lambda: found.append(FallbackCache(server.url, {}).breaker))
    thread.start()
    thread.join()
    assert {id(each) for each in (cache.breaker, other.breaker, *found)} == {id(cache.breaker)}
    server.stop()
    cache.set("key", b"mine")
    assert other.get("key") is None
    cache.clear()
    assert cache.get("key") is None


def test_only_an_answer_of_redis_closes_the_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the cache does not take never reaches it."""
    monkeypatch.setattr(module, "OPEN_SECONDS", 0.0)
    breaker = Breaker()

    def away() -> str:
        raise ConnectionError

    def fail() -> str:
        raise TypeError("this")

    assert breaker.call(away, lambda: "local") == "local"
    assert breaker.is_open
    with pytest.raises(TypeError, match="this"):
        breaker.call(fail, lambda: "local")
    assert breaker.is_open


def test_who_comes_late_to_the_probe_neither_opens_the_breaker_again_nor_logs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "OPEN_SECONDS", 0.0)
    breaker = Breaker()
    breaker._retry_at = 0.0
    found: list[str] = []
    late = threading.Thread(target=lambda: found.append(breaker.call(lambda: "remote", lambda: "local")))
    with breaker._lock:
        late.start()
        # It has seen the breaker open and waits here, while another thread's probe closes it.
        time.sleep(0.2)
        breaker._retry_at = None
    late.join()
    assert found == ["remote"]
    assert not breaker.is_open
    assert [record for record in caplog.records if record.name == LOGGER] == []
