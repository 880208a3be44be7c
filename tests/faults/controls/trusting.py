"""The control of wrong_bytes: the service with django-redis as it is, which believes what it finds."""

from typing import Any

from django.core.cache import cache
from django_redis.cache import RedisCache
from django_redis.client import DefaultClient

from profiles_project.caching import cache as caches, sealed
from profiles_project.wsgi import application as served

application = served


class Client(DefaultClient):  # type: ignore[misc]  # its package has no types
    """The library's own, with two of its steps for one of ours."""

    def count(self, key: str, delta: int, seconds: float) -> int:
        """Count, from what is there on."""
        return delta if self.add(key, delta, seconds) else int(self.incr(key, delta))


def remote(server: str, params: dict[str, Any]) -> RedisCache:
    """The library's cache with its own way to write values."""
    return RedisCache(server, {**params, "OPTIONS": {"CLIENT_CLASS": "tests.faults.controls.trusting.Client"}})


def keep(key: str, content: bytes, seconds: float) -> None:
    """Keep the content as it is."""
    cache.set(key, content, seconds)


def kept(key: str) -> bytes | None:
    """Whatever is there."""
    found: bytes | None = cache.get(key)
    return found


vars(caches)["RedisCache"] = remote
sealed.keep, sealed.kept = keep, kept
