"""How often somebody may ask (contract 1.7): counted by django-ratelimit in the shared cache, told in headers."""

import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.utils import timezone
from django_ratelimit.core import ALL, _get_window, _make_cache_key, _split_rate, get_usage
from rest_framework.request import Request

from profiles_project.http import addresses
from profiles_project.http.errors import Problem
from profiles_project.http.logs import security_event
from profiles_project.http.metrics import recorder

# How long the cache remembers how often a scope has refused somebody on a day.
KEEP_REFUSALS = dt.timedelta(days=15)


class TooManyRequests(Problem):
    """429: the limit of a scope is used up; `Retry-After` says for how many seconds."""

    status_code = 429

    def __init__(self, seconds: int) -> None:
        unit = "second" if seconds == 1 else "seconds"
        super().__init__(
            f"Too many requests; please try again in {seconds} {unit}.", headers={"Retry-After": str(seconds)}
        )


@dataclass(frozen=True)
class Usage:
    """What one scope has counted: at most `quota` in a window of `period` seconds, which ends in `seconds`."""

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
    """Note that somebody is refused, and raise the TooManyRequests that says for how many seconds."""
    recorder().rate_limited(scope)
    security_event("rate_limited", scope=scope)
    cache, key = caches[settings.RATELIMIT_USE_CACHE], _refusals_key(timezone.now().date(), scope)
    try:
        cache.incr(key)
    except ValueError:
        # The first of the day, unless another one was faster.
        if not cache.add(key, 1, KEEP_REFUSALS.total_seconds()):
            with suppress(ValueError):
                cache.incr(key)
    raise TooManyRequests(seconds)


def refusals(days: Iterable[dt.date]) -> dict[dt.date, dict[str, int]]:
    """How often each scope has refused somebody on each of these days (UTC), as far as the cache remembers.

    Scopes that refused nobody are left out.
    """
    keys = {_refusals_key(day, scope): (day, scope) for day in days for scope in settings.RATELIMITS}
    found: dict[dt.date, dict[str, int]] = {day: {} for day, _ in keys.values()}
    for key, count in caches[settings.RATELIMIT_USE_CACHE].get_many(keys).items():
        day, scope = keys[key]
        found[day][scope] = count
    return found


def _refusals_key(day: dt.date, scope: str) -> str:
    return f"refusals:{day.isoformat()}:{scope}"


def spend(request: HttpRequest | Request, scope: str, whose: str, cost: int = 1) -> Usage | None:
    """Count `cost` for somebody in a scope of settings.RATELIMITS; None where limits are off or can't be counted."""
    rate = settings.RATELIMITS[scope]

    count = functools.partial(
        get_usage, request, group=scope, key=lambda *_: whose, rate=rate, method=ALL, increment=True
    )
    # None too when the cache fell back to local memory between the library's two operations, which then hold together.
    usage: dict[str, int] | None = count() or count()
    if usage is None:
        return None
    quota, period = _split_rate(rate)
    total = usage["count"]
    if cost > 1:
        # The library counts one at a time: the rest is added to its counter, whose name it alone knows.
        key = _make_cache_key(scope, _get_window(whose, period), rate, whose, ALL)
        try:
            total = caches[settings.RATELIMIT_USE_CACHE].incr(key, cost - 1)
        except ValueError:
            total += cost - 1
    # The end of the window is this very second at times; a pause of none would be no pause.
    return Usage(scope, quota, period, total, max(1, usage["time_left"]))


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


def client_network(request: HttpRequest | Request) -> str:
    """The network that the request comes from, as `addresses.client_network` tells it."""
    trusted = settings.TRUSTED_PROXY_COUNT
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if trusted else ""
    return addresses.client_network(str(request.META.get("REMOTE_ADDR", "")), str(forwarded), trusted)
