"""What somebody who can write to Redis can't make of the service: no wrong document, no failure, no limit off."""

import json
import logging
import time
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache, caches
from django_redis.client import DefaultClient
from pytest_django import Settings
from redis import Redis
from rq.exceptions import NoSuchJobError

from profiles.career import rendering
from profiles.desk.board import dashboard
from profiles_project.api import ratelimit
from profiles_project.caching import cache as module, sealed
from profiles_project.caching.cache import FallbackCache
from profiles_project.caching.localcache import Recent, Seldom
from profiles_project.database import clock
from profiles_project.queue import DATA_BYTES, ON_FAILURE, ON_SUCCESS, TaskJob, begin_anew, is_about_content
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import make_profile
from tests.support.service.servers import Server, redis
from users.models import User

LOGGERS = {"profiles_project.caching.cache", "profiles_project.caching.localcache"}
ROOT = Path(__file__).resolve().parent.parent.parent
# Where text lies that people write; the rest is made or pinned by programs.
FOLDERS = ("bench", "docs", "profiles", "profiles_project", "tests", "users")
on_redis = pytest.mark.skipif(not django_settings.REDIS_URL, reason="local memory has no other values than ours")
WRONG = [b"", b"x", bytes(range(256)), b"\x80\x04K\x01.", zlib.compress(b"x"), b'{"id": 1}', -5, 7, 10**18]
# What can't be written by the cache itself.
RAW = [b"9" * 30, ["list"], {"hash": "of"}]


@pytest.fixture(autouse=True)
def tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test hears of wrong bytes anew, and this process keeps nothing beside the cache."""
    monkeypatch.setattr(rendering, "recent", Recent(0))
    fresh = Seldom()
    monkeypatch.setattr(module, "wrong_bytes", fresh)
    monkeypatch.setattr(sealed, "wrong_bytes", fresh)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with redis() as running:
        yield running


@pytest.fixture
def own(server: Server) -> Iterator[Redis]:
    """A Redis that no other test uses, empty."""
    with Redis.from_url(server.url) as client:
        client.flushall()
        yield client


def put(key: str, value: Any, alias: str = "default") -> None:
    """Put something in the place of what the cache keeps under the key."""
    if not isinstance(value, (list, dict)) and value != RAW[0]:
        caches[alias].set(key, value, 60)
        return
    client = caches[alias].remote.client.get_client()  # type: ignore[attr-defined]  # of a FallbackCache
    raw = caches[alias].make_key(key)
    client.delete(raw)
    if isinstance(value, list):
        client.rpush(raw, *value)
    elif isinstance(value, dict):
        client.hset(raw, mapping=value)
    else:
        client.set(raw, value)


def all_wrong() -> list[Any]:
    return [*WRONG, *(RAW if django_settings.REDIS_URL else ())]


# What the cache takes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alias", ["default", "counters"])
@pytest.mark.parametrize("value", ["text", {"a": 1}, None, 1.5, True, bytearray(b"x"), (1,)])
def test_the_cache_takes_bytes_and_integers_and_nothing_else(alias: str, value: Any) -> None:
    with pytest.raises(TypeError, match="bytes and integers"):
        caches[alias].set("key", value)
    with pytest.raises(TypeError, match="bytes and integers"):
        caches[alias].add("key", value)
    assert caches[alias].get("key") is None


@on_redis
def test_what_lies_in_redis_comes_as_the_bytes_that_they_are() -> None:
    client = caches["default"].remote.client.get_client()  # type: ignore[attr-defined]  # of a FallbackCache
    for raw in (b"\x80\x04K\x01.", b"0x1", b" 7", b"1_000", "٣".encode(), b"007", b"9" * 30, b"-"):
        client.set(cache.make_key("key"), raw)
        assert cache.get("key") == raw
    for number in (0, -7, 2**63 - 1):
        cache.set("key", number)
        assert cache.get("key") == number


def test_nothing_in_the_tree_makes_objects_of_bytes() -> None:
    """The word itself, so that no comment teaches it either."""
    word = "pick" + "le"
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")]
    texts = [path for path in (*paths, *ROOT.glob("*.*")) if path.suffix in {".py", ".md", ".yaml", ".toml", ".html"}]
    assert [str(path) for path in texts if word in path.read_text().lower()] == []
    assert len(texts) > 300


# What is shown ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_wrong_bytes_in_a_documents_place_are_passed_over_once_told_and_replaced(
    api: ApiClient, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    profile = make_profile(user, 2)
    path = f"{API}/profiles/{profile.pk}"
    for part, name in (("", ("document",)), ("/analytics", ("analytics", "en"))):
        key = rendering._cache_key(profile, *name)
        truth = api.get(path + part).json()
        good = cache.get(key)
        mark = rendering._mark(profile)
        forged = [mark + b'{"forged": true}', good[:-1] + b"]", good[:40], good + b" ", bytes(32) + mark + b"{}"]
        for wrong in (*all_wrong(), *forged):
            put(key, wrong)
            assert api.get(path + part).json() == truth, wrong
            assert cache.get(key) == good
    lines = [record for record in caplog.records if record.name in LOGGERS]
    assert [line.levelno for line in lines] == [logging.WARNING]


@pytest.mark.django_db
def test_one_document_in_anothers_place_is_none(api: ApiClient, user: User) -> None:
    first, second = make_profile(user, 1), make_profile(user, 0, label="Second")
    keys = [rendering._cache_key(profile, "document") for profile in (first, second)]
    truth = [api.get(f"{API}/profiles/{profile.pk}").json() for profile in (first, second)]
    sealed.keep(keys[0], rendering._mark(first) + b"{}", 60)
    cache.set(keys[1], cache.get(keys[0]), 60)
    assert sealed.kept(keys[0]) == rendering._mark(first) + b"{}"
    assert sealed.kept(keys[1]) is None
    assert api.get(f"{API}/profiles/{second.pk}").json() == truth[1]


def test_another_secret_key_makes_all_that_is_kept_worthless(settings: Settings) -> None:
    sealed.keep("key", b"content", 60)
    assert sealed.kept("key") == b"content"
    settings.SECRET_KEY = "another-secret-key-of-more-than-32-bytes"
    assert sealed.kept("key") is None


def test_what_another_release_has_kept_is_known(settings: Settings) -> None:
    """Made by the release that had the module in another place: both serve while one replaces the other."""
    settings.SECRET_KEY = "a-secret-key-that-stays-and-has-32-bytes"
    put("key", bytes.fromhex("3a6de90eeaabb85752201e45814b6d4c23312d0106856fd8836b30922e5002e9") + b"content")
    assert sealed.kept("key") == b"content"


@pytest.mark.django_db
def test_wrong_bytes_in_place_of_the_figures_are_counted_anew() -> None:
    truth = dashboard.figures()
    for wrong in (*all_wrong(), json.dumps([figure.plain() for figure in truth]).encode()):
        put(dashboard.CACHE_KEY, wrong)
        assert dashboard.figures() == truth


# Counters -----------------------------------------------------------------------------------------------------------


@on_redis
@pytest.mark.django_db
def test_a_counter_that_counts_nothing_begins_anew_and_the_limit_holds(settings: Settings) -> None:
    settings.RATELIMIT_ENABLE = True
    settings.RATELIMITS = {**settings.RATELIMITS, "check_email": "3/d"}
    path = f"{API}/auth/check-email?email=ada%40example.org"
    assert ApiClient().get(path).status_code == 200
    client = caches["counters"].remote.client.get_client()  # type: ignore[attr-defined]  # of a FallbackCache
    (raw,) = client.scan_iter(match="profiles-counters:*")
    key = raw.decode().split(":", 2)[2]
    # What a counter may be is left out: it ends with its window.
    for wrong in [each for each in all_wrong() if each not in (7, 10**18)] + [2**63 - 1]:
        put(key, wrong, "counters")
        assert [ApiClient().get(path).status_code for _ in range(4)] == [200, 200, 200, 429], wrong
    assert not caches["counters"].breaker.is_open  # type: ignore[attr-defined]  # as above
    assert 0 < client.ttl(raw) <= 24 * 3600 + 5


@pytest.mark.django_db
def test_wrong_counts_of_refusals_are_left_out(settings: Settings) -> None:
    with pytest.raises(ratelimit.TooManyRequests):
        ratelimit.refuse("login", 5)
    day = clock.now().date()
    assert ratelimit.refusals([day]) == {day: {"login": 1}}
    for wrong in [each for each in all_wrong() if each not in (7, 10**18)]:
        put(ratelimit._refusals_key(day, "login"), wrong, "counters")
        assert ratelimit.refusals([day]) == {day: {}}, wrong


# Tasks in Redis -----------------------------------------------------------------------------------------------------

TASK: dict[Any, Any] = {
    "data": b'["profiles.tasks.run_job", null, ["0190"], {}]',
    "status": "queued",
    "origin": "default",
    "success_callback_name": ON_SUCCESS,
    "failure_callback_name": ON_FAILURE,
}
FORGED: list[dict[Any, Any]] = [
    {"data": b'["os.system", null, ["true"], {}]'},
    {"data": b'["profiles.tasks.run_job", "instance", ["0190"], {}]'},
    {"data": b'["profiles.tasks.run_job", null, [{"a": 1}], {}]'},
    {"data": b'["profiles.tasks.run_job", null, [], {"a": 1}]'},
    {"data": b"\x80\x04K\x01."},
    {"data": b"[]"},
    {"data": zlib.compress(b"x" * 10_000_000)},
    {"data": b"x" * (DATA_BYTES + 1)},
    {"success_callback_name": "builtins.exec"},
    {"failure_callback_name": "os.system"},
    {"stopped_callback_name": "os.system"},
    {"webhooks": json.dumps([{"url": "http://127.0.0.1:1", "job_status": "failed"}])},
    {"status": "nonsense"},
    {"created_at": b"\xff"},
    {"timeout": "soon"},
]


@pytest.mark.own_servers
def test_a_task_of_ours_is_read(own: Redis) -> None:
    own.hset("rq:job:a", mapping=TASK)
    job = TaskJob.fetch("a", connection=own)
    assert (job.func_name, job.args) == ("profiles.tasks.run_job", ["0190"])


@pytest.mark.own_servers
@pytest.mark.parametrize("forged", FORGED)
def test_a_task_that_is_none_of_ours_is_none(own: Redis, forged: dict[Any, Any]) -> None:
    own.hset("rq:job:a", mapping={**TASK, **forged})
    with pytest.raises(NoSuchJobError):
        TaskJob.fetch("a", connection=own)


@pytest.mark.own_servers
def test_what_is_no_task_at_all_is_none(own: Redis) -> None:
    own.set("rq:job:a", "x")
    with pytest.raises(NoSuchJobError):
        TaskJob.fetch("a", connection=own)
    assert not is_about_content(ConnectionError())
    assert is_about_content(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"))


@pytest.mark.own_servers
def test_a_queue_that_begins_anew_leaves_the_caches_alone(own: Redis) -> None:
    own.set("rq:queue:default", "x")
    own.set("profiles-default:1:x", "kept")
    begin_anew(own)
    assert own.keys() == [b"profiles-default:1:x"]


# The breaker, where Redis answers but won't write -------------------------------------------------------------------


@pytest.fixture
def shared(server: Server, own: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[FallbackCache]:
    """A cache on that Redis with a short pause, which writes again when the test is over."""
    monkeypatch.setattr(module, "OPEN_SECONDS", 0.05)
    monkeypatch.setattr(FallbackCache, "breakers", {})
    yield FallbackCache(server.url, {"KEY_PREFIX": str(uuid.uuid4())})
    own.config_set("maxmemory", "0")
    own.replicaof("NO", "ONE")


@pytest.mark.own_servers
@pytest.mark.parametrize("fault", ["without memory", "a replica"])
def test_a_redis_that_reads_and_does_not_write_is_told_once_and_when_it_is_back(
    shared: FallbackCache, own: Redis, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    shared.set("key", b"before", 60)
    if fault == "a replica":
        own.replicaof("127.0.0.1", "1")
    else:
        own.config_set("maxmemory", "1")
    for _ in range(40):
        assert shared.get("key") in (b"before", b"now", None)
        shared.set("key", b"now", 60)
        shared.count("count", 1, 60)
        time.sleep(0.01)
    assert shared.breaker.is_open
    assert shared.local.get("count") == 40
    lines = [record for record in caplog.records if record.name in LOGGERS]
    assert [line.levelno for line in lines] == [logging.ERROR]
    own.config_set("maxmemory", "0")
    own.replicaof("NO", "ONE")
    time.sleep(0.1)
    shared.set("key", b"after", 60)
    assert shared.remote.get("key") == b"after"
    lines = [record for record in caplog.records if record.name in LOGGERS]
    assert [line.levelno for line in lines] == [logging.ERROR, logging.WARNING]


@pytest.mark.own_servers
def test_one_that_is_away_and_back_all_the_time_is_told_once_a_minute(
    shared: FallbackCache, own: Redis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flap() -> list[int]:
        for maxmemory in ("1", "0"):
            own.config_set("maxmemory", maxmemory)
            time.sleep(0.06)
            shared.set("key", b"x", 60)
        return [record.levelno for record in caplog.records if record.name in LOGGERS]

    told = [logging.ERROR, logging.WARNING]
    assert [flap() for _ in range(3)] == [told, told, told]
    monkeypatch.setattr(shared.breaker, "_quiet_until", 0.0)
    assert flap() == told * 2


@pytest.mark.own_servers
def test_wrong_types_do_not_open_it_as_they_did(shared: FallbackCache, own: Redis) -> None:
    """The control: the library's own client takes such an answer for a fault of Redis."""
    own.rpush(shared.remote.client.make_key("key"), b"x")
    assert shared.get("key", "default") == "default"
    assert not shared.breaker.is_open
    with pytest.raises(Exception, match="WRONGTYPE"):
        DefaultClient.get(shared.remote.client, "key")
