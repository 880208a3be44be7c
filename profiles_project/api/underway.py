"""At most two expensive requests of a user under way, in all processes together (contract 1.7)."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.cache import caches

from profiles_project.api.errors import Problem
from profiles_project.observe.logs import security_event
from profiles_project.observe.metrics import recorder
from profiles_project.words.sentences import mark

MOST = 2
# A killed process does not release its place. It expires after longer than any request takes.
LEASE_SECONDS = 120


class TooManyUnderWay(Problem):
    """429: as many expensive requests of the user are under way as may be."""

    status_code = 429
    slug = "too-many-under-way"
    title = mark("Too many requests under way")
    default_detail = mark("Two of your large requests are still running; please wait until one of them has finished.")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})


@contextmanager
def expensive(user_id: int) -> Iterator[None]:
    """Inside, the user has one expensive request more under way. Raises TooManyUnderWay where there are two."""
    cache = caches[settings.RATELIMIT_USE_CACHE]
    places = (f"under-way:{user_id}:{number}" for number in range(MOST))
    mine = secrets.randbits(62)
    place = next((each for each in places if cache.add(each, mine, LEASE_SECONDS)), None)
    if place is None:
        recorder().rate_limited("under_way")
        security_event("rate_limited", level=logging.INFO, scope="under_way")
        raise TooManyUnderWay
    try:
        yield
    finally:
        # It may be another's by now.
        if cache.get(place) == mine:
            cache.delete(place)
