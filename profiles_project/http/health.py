"""Whether the process is up, and whether all it needs is there (contract 6)."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django_tasks import task

from profiles_project.http.errors import RETRY_AFTER_SECONDS
from profiles_project.http.values import new_id

logger = logging.getLogger(__name__)


@task()
def nothing() -> None:
    """A task to file, so that it is known whether one can be filed."""


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    # Redis itself, where there is one, and not the memory that stands in for it.
    cache = getattr(caches["default"], "remote", caches["default"])
    # A key of its own: two checks at once must not read each other's value.
    value = str(new_id())
    cache.set(f"ready:{value}", value, 10)
    if cache.get(f"ready:{value}") != value:
        raise ConnectionError


def _queue() -> None:
    if settings.TASKS_BACKEND == "rq":
        # The tasks lie in the Redis of the cache.
        caches["default"].client.get_client().set("ready:queue", "1", ex=10)  # type: ignore[attr-defined]  # of a FallbackCache
        return
    with transaction.atomic():
        nothing.enqueue()
        transaction.set_rollback(True)


# The service answers without these parts.
DISPENSABLE = {"cache"}
PARTS: dict[str, Callable[[], None]] = {"database": _database, "cache": _cache, "queue": _queue}


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as exc:  # noqa: BLE001  # whatever is wrong with a part, the answer is that it is not there
        logger.warning("%s is not ready: %s", check.__name__.strip("_"), type(exc).__name__)
        return "unavailable"
    return "ok"


@method_decorator(csrf_exempt, name="dispatch")
class HealthView(View):
    """GET /health: the process is up."""

    def get(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse({"status": "healthy"})


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class ReadyView(View):
    """GET /health/ready: 200, or 503 where a part is away that is needed; each part is named."""

    def get(self, request: HttpRequest) -> JsonResponse:
        parts = {name: _state(check) for name, check in PARTS.items()}
        missing = {name for name, state in parts.items() if state != "ok"}
        if missing <= DISPENSABLE:
            return JsonResponse({"status": "degraded" if missing else "ready", "parts": parts})
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return JsonResponse({"status": "unavailable", "parts": parts}, status=503, headers=headers)
