"""Places of a limit: a process takes several at once, and never are more given away than there are."""

import random

import pytest
from pytest_django import Settings

from profiles_project.api import ratelimit
from profiles_project.api.ratelimit import MOST_PLACES, Places
from profiles_project.caching.localcache import LocalCache
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API

QUOTA = 600


class Counter:
    """The shared cache, and how often it was asked."""

    def __init__(self) -> None:
        self.count_of = 0
        self.asked = 0

    def count(self, key: str, delta: int, seconds: float) -> int:
        """As a cache that counts."""
        self.asked += 1
        self.count_of += delta
        return self.count_of


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Counter:
    counter = Counter()
    monkeypatch.setattr(ratelimit, "counting", lambda _: counter)
    return counter


def test_one_process_gives_each_place_once_and_in_order(shared: Counter) -> None:
    places = Places()
    assert [places.take("key", QUOTA, 1, 60) for _ in range(2 * QUOTA)] == list(range(1, 2 * QUOTA + 1))


def test_who_asks_often_is_seldom_counted_in_redis_until_half_of_the_quota_is_taken(shared: Counter) -> None:
    places = Places()
    asked = []
    for _ in range(QUOTA):
        places.take("key", QUOTA, 1, 60)
        asked.append(shared.asked)
    # One, then 2, 4, 8 and 10 at a time.
    assert asked[:8] == [1, 2, 2, 3, 3, 3, 3, 4]
    assert asked[QUOTA // 2 - 1] < QUOTA // 2 / 7
    assert asked[-1] - asked[QUOTA // 2 + MOST_PLACES] >= QUOTA // 2 - 2 * MOST_PLACES


@pytest.mark.parametrize("quota", [1, 5, 10, 60, 119])
def test_small_quotas_are_counted_one_by_one(shared: Counter, quota: int) -> None:
    places = Places()
    for number in range(1, 2 * quota):
        assert places.take("key", quota, 1, 60) == number
        assert shared.asked == number


def test_what_costs_more_is_counted_as_it_comes(shared: Counter) -> None:
    places = Places()
    assert [places.take("key", 6000, cost, 60) for cost in (100, 7, 100)] == [100, 107, 207]
    assert shared.asked == 3


@pytest.mark.parametrize("processes", [2, 4, 12])
@pytest.mark.parametrize("seed", range(20))
def test_several_processes_give_away_the_quota_and_no_place_twice(shared: Counter, processes: int, seed: int) -> None:
    drawn = random.Random(seed)  # noqa: S311  # the same in each run
    each = [Places() for _ in range(processes)]
    given = [drawn.choice(each).take("key", QUOTA, 1, 60) for _ in range(QUOTA + 200)]
    assert len(set(given)) == len(given)
    assert len([place for place in given if place <= QUOTA]) <= QUOTA
    # Nobody is refused before the quota is used up.
    assert max(given[:QUOTA]) <= QUOTA


def test_a_process_that_goes_takes_with_it_no_more_than_it_has_given_away(shared: Counter) -> None:
    gone, stays = Places(), Places()
    given = [gone.take("key", QUOTA, 1, 60) for _ in range(7)]
    assert shared.count_of - len(given) <= len(given)
    answered = [place for _ in range(QUOTA) if (place := stays.take("key", QUOTA, 1, 60)) <= QUOTA]
    assert QUOTA - len(given) - MOST_PLACES <= len(answered) <= QUOTA - len(given)


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_that_ask_at_the_same_time_take_no_more_than_one_would(shared: Counter, threads: int) -> None:
    places = Places()
    given = [places.take("key", QUOTA, 1, 60) for _ in range(7)]
    waiting = threads - 1
    answer = shared.count

    def count(key: str, delta: int, seconds: float) -> int:
        nonlocal waiting
        # While this one waits for Redis the others come, and have nothing left to take.
        while waiting:
            waiting -= 1
            given.append(places.take("key", QUOTA, 1, 60))
        return answer(key, delta, seconds)

    shared.count = count  # type: ignore[method-assign]  # a slow one
    given.append(places.take("key", QUOTA, 1, 60))
    assert len(set(given)) == len(given) == 7 + threads
    assert shared.count_of - len(given) < MOST_PLACES


def test_many_threads_of_many_processes_are_not_refused_before_the_quota_is_used(shared: Counter) -> None:
    processes = [Places() for _ in range(8)]
    for each in processes:
        for _ in range(15):
            each.take("key", QUOTA, 1, 60)
    given = shared.count_of
    answer, waiting = shared.count, [each for each in processes for _ in range(7)]

    def count(key: str, delta: int, seconds: float) -> int:
        if waiting:
            late.append(waiting.pop().take("key", QUOTA, 1, 60))
        return answer(key, delta, seconds)

    late: list[int] = []
    shared.count = count  # type: ignore[method-assign]  # a slow one
    late += [each.take("key", QUOTA, 1, 60) for each in processes]
    assert len(late) == 8 * 8
    assert given == 8 * 15
    assert max(late) <= QUOTA


def test_windows_have_nothing_to_do_with_each_other(shared: Counter) -> None:
    places = Places()
    for _ in range(5):
        places.take("key", QUOTA, 1, 60)
    shared.count_of = 0
    assert [places.take("next", QUOTA, 1, 60) for _ in range(3)] == [1, 2, 3]


def test_a_process_remembers_no_more_windows_than_it_may(shared: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Places, "MOST_WINDOWS", 10)
    places = Places()
    for number in range(100):
        places.take(str(number), QUOTA, 1, 60)
        assert len(places._taken) <= 10


def test_threads_at_once_have_places_of_their_own() -> None:
    cache = LocalCache("places", {})
    places = Places()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ratelimit, "counting", lambda _: cache)
        taken = at_once(*[lambda: [places.take("key", QUOTA, 1, 60) for _ in range(100)]] * 7)
    given = [place for some in taken for place in some]
    assert len(set(given)) == len(given) == 700
    assert len([place for place in given if place <= QUOTA]) >= QUOTA - MOST_PLACES


@pytest.mark.django_db
def test_a_person_has_as_many_answers_as_the_limit_says(api: ApiClient, settings: Settings) -> None:
    settings.RATELIMIT_ENABLE = True
    settings.RATELIMITS = {**settings.RATELIMITS, "default": "150/m"}
    left = [api.get(f"{API}/auth/me")["RateLimit"].partition("r=")[2].partition(";")[0] for _ in range(150)]
    assert list(map(int, left)) == list(range(149, -1, -1))
    assert api.get(f"{API}/auth/me").status_code == 429
