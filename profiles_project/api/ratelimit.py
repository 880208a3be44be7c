"""Rate limits (contract 1.7): counted in the shared cache, reported in headers."""

import datetime as dt
import math
import threading
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django_ratelimit.core import ALL, EXPIRATION_FUDGE, _make_cache_key, _split_rate
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from profiles_project.api import addresses
from profiles_project.api.errors import Problem
from profiles_project.caching.localcache import counting
from profiles_project.database import clock
from profiles_project.observe.logs import security_event
from profiles_project.observe.metrics import recorder
from profiles_project.words.sentences import Sentence, mark, say, say_many

# A process takes at most so many places at once, and at most this share of the quota.
MOST_PLACES, SHARE = 10, 60
# How long the cache keeps the number of refusals of a scope on a day.
KEEP_REFUSALS = dt.timedelta(days=15)
# Nobody looks at a clock for less than the first; from the others on the next larger unit says enough.
SOON_SECONDS, MINUTES, HOURS = 10, 60, 24


class TooManyRequests(Problem):
    """429: the limit of a scope is used up; `Retry-After` says for how many seconds."""

    status_code = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            say("Too many requests; please try again {when}.", when=soon(seconds)),
            headers={"Retry-After": str(seconds)},
        )


def soon(seconds: int) -> Sentence:
    """After how long, in the words of a person, who waits at least so many seconds."""
    if seconds < SOON_SECONDS:
        return mark("in a few seconds")
    if (minutes := math.ceil(seconds / 60)) < MINUTES:
        return say_many("in one minute", "in {n} minutes", minutes)
    if (hours := math.ceil(seconds / 3_600)) < HOURS:
        return say_many("in one hour", "in {n} hours", hours)
    return say_many("in one day", "in {n} days", math.ceil(seconds / 86_400))


@dataclass(frozen=True)
class Usage:
    """The count of one scope: at most `quota` in a window of `period` seconds, which ends in `seconds`."""

    scope: str
    quota: int
    period: int
    count: int
    seconds: int

    def check(self) -> None:
        """Raises TooManyRequests past the quota."""
        if self.count > self.quota:
            refuse(self.scope, self.seconds)


def refuse(scope: str, seconds: int) -> NoReturn:
    """Log and count a refusal, and raise TooManyRequests for so many seconds."""
    recorder().rate_limited(scope)
    security_event("rate_limited", scope=scope)
    counting(settings.RATELIMIT_USE_CACHE).count(
        _refusals_key(clock.now().date(), scope), 1, KEEP_REFUSALS.total_seconds()
    )
    raise TooManyRequests(seconds)


def refusals(days: Iterable[dt.date]) -> dict[dt.date, dict[str, int]]:
    """The number of refusals of each scope on each of these days (UTC), as far as the cache remembers.

    Scopes that refused nobody are left out.
    """
    keys = {_refusals_key(day, scope): (day, scope) for day in days for scope in settings.RATELIMITS}
    found: dict[dt.date, dict[str, int]] = {day: {} for day, _ in keys.values()}
    for key, count in caches[settings.RATELIMIT_USE_CACHE].get_many(keys).items():
        day, scope = keys[key]
        if isinstance(count, int) and count > 0:
            found[day][scope] = count
    return found


def _refusals_key(day: dt.date, scope: str) -> str:
    return f"refusals:{day.isoformat()}:{scope}"


@dataclass
class _Taken:
    """The places that this process has taken in a window and not given away, and how many it takes next.

    While a thread takes those (`is_asking`), the others take one each: together they would take far too many.
    """

    free: list[int]
    size: int = 1
    is_asking: bool = False


class Places:
    """Counts in the shared cache, in which a process takes several places at once for those who ask often.

    A request gets a place of its own, whichever process it comes to: never more than the quota, and nobody waits for
    Redis with each request. A process takes one place, then twice as many as the last time, until half of the quota is
    taken. From there on each place is asked for, so that none is left where nobody comes any more (decision 0033).
    """

    # The most windows that a process remembers; past that all begin with one place again.
    MOST_WINDOWS = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[str, _Taken] = {}

    def take(self, key: str, quota: int, cost: int, seconds: float) -> int:
        """The last of the `cost` places of a request in the window of this key, which lives so many seconds."""
        cache = counting(settings.RATELIMIT_USE_CACHE)
        most = min(MOST_PLACES, quota // SHARE)
        if cost > 1 or most <= 1:
            return cache.count(key, cost, seconds)
        with self._lock:
            taken = self._taken.get(key) or self._begun(key)
            if taken.free:
                return taken.free.pop()
            takes_several = not taken.is_asking
            taken.is_asking = True
            size = taken.size if takes_several else 1
        last = cache.count(key, size, seconds)
        with self._lock:
            # The lowest is the next.
            taken.free = [*range(last, last - size + 1, -1), *taken.free]
            if takes_several:
                taken.is_asking = False
                taken.size = min(2 * size, most) if 2 * last < quota else 1
        return last - size + 1

    def _begun(self, key: str) -> _Taken:
        if len(self._taken) >= self.MOST_WINDOWS:
            self._taken.clear()
        self._taken[key] = taken = _Taken([])
        return taken

    def clear(self) -> None:
        """Forget all, as when the cache is emptied."""
        self._taken.clear()


places = Places()


def spend(request: HttpRequest | Request, scope: str, whose: str, cost: int = 1) -> Usage | None:
    """Add `cost` to somebody's count in a scope of settings.RATELIMITS. None where limits are off."""
    if not settings.RATELIMIT_ENABLE:
        return None
    rate = settings.RATELIMITS[scope]
    quota, period = _split_rate(rate)
    now = int(clock.seconds())
    end = _end_of_window(whose, period, now)
    # The library's name for the counter, but counted in one step, and in windows by the clock that all machines share.
    # The library goes by each machine's own clock.
    key = _make_cache_key(scope, end, rate, whose, ALL)
    count = places.take(key, quota, cost, period + EXPIRATION_FUDGE)
    # At least 1: the window may end within this second.
    return Usage(scope, quota, period, count, max(1, end - now))


def _end_of_window(whose: str, period: int, now: int) -> int:
    """The end of the window, by the library's rule: windows are staggered, so that they don't all end at once."""
    if period == 1:
        return now
    end = now - now % period + zlib.crc32(whose.encode()) % period
    return end if end >= now else end + period


def headers(usages: Sequence[Usage]) -> dict[str, str]:
    """The draft headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers)."""
    if not usages:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{each.scope}";q={each.quota};w={each.period}' for each in usages),
        "RateLimit": ", ".join(
            f'"{each.scope}";r={max(0, each.quota - each.count)};t={each.seconds}' for each in usages
        ),
    }


def count(request: Request, usages: list[Usage], scope: str, whose: str, cost: int = 1) -> None:
    """Count the request in a scope, for the headers of its answer too. Raises TooManyRequests past the limit."""
    if usage := spend(request, scope, whose, cost):
        usages.append(usage)
        usage.check()


def who_asks(request: Request) -> str:
    """Under which name a request is counted: its user, or its network without one."""
    user = request.user
    return f"user {user.pk}" if user.is_authenticated else f"address {network_of(request)}"


class ScopeThrottle(BaseThrottle):
    """Counts a request in the `throttle_scope` of its view, before it is known what it is about."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """True. Past the limit it raises TooManyRequests."""
        count(request, view.usages, self.scope_of(request, view), who_asks(request))
        return True

    def scope_of(self, request: Request, view: Any) -> str:
        """The scope in which the request counts."""
        return str(view.throttle_scope)


def network_of(request: HttpRequest | Request) -> str:
    """The network that the request comes from, as `addresses.client_network` tells it."""
    trusted = settings.TRUSTED_PROXY_COUNT
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if trusted else ""
    return addresses.client_network(str(request.META.get("REMOTE_ADDR", "")), str(forwarded), trusted)
