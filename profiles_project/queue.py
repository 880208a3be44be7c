"""Tasks in Redis (TASKS_BACKEND=rq), whose content is not trusted.

Whoever can write to Redis gets no code of their choice run, no address called and no worker stopped. A queue that can't
be read begins anew, since what must not get lost is filed again by the sweeps.
"""

import logging
from collections.abc import Mapping
from typing import Any

import django_rq
import django_tasks_rq
from django_tasks.base import Task, TaskResult
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from rq.exceptions import DequeueTimeout, NoSuchJobError, StopRequested
from rq.serializers import JSONSerializer

logger = logging.getLogger("profiles.worker")

# Where the tasks are defined, each of which takes nothing but names of rows.
PACKAGES = frozenset({"profiles", "users", "profiles_project"})
# Names of rows take less; RQ unpacks what it finds.
DATA_BYTES = 4_096
# What the library has called when a task has ended.
ON_SUCCESS, ON_FAILURE = (f"django_tasks_rq.backend.{name}_callback" for name in ("success", "failed"))


class Backend(django_tasks_rq.RQBackend):
    """The library's, which files a task even where something else lies in the queue's place."""

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        try:
            return super().enqueue(task, args, kwargs)
        except ResponseError as error:
            if not is_about_content(error):
                raise
        begin_anew(django_rq.get_connection("default"))
        return super().enqueue(task, args, kwargs)


class TaskJob(django_tasks_rq.Job):
    """A task as it lies in Redis, if it is one that this service can have put there; else there is none."""

    def __init__(self, id: str | None = None, connection: Redis | None = None, serializer: Any = None) -> None:  # noqa: A002  # RQ's signature
        super().__init__(id, connection, JSONSerializer)

    def refresh(self) -> None:
        try:
            super().refresh()  # type: ignore[no-untyped-call]  # no types
        except ResponseError as error:
            if is_about_content(error):
                raise NoSuchJobError(self.key) from error
            raise

    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        """Take the task's properties from what lies in Redis. Raises NoSuchJobError for what is none of ours."""
        try:
            is_small = len(raw_data[b"data"]) <= DATA_BYTES
            is_ours = is_small and self._is_ours(raw_data)
        except Exception as error:  # whatever is wrong in it, it is none
            raise NoSuchJobError(self.key) from error
        if not is_ours:
            raise NoSuchJobError(self.key)

    def _is_ours(self, raw_data: Mapping[bytes, bytes]) -> bool:
        super().restore(raw_data)
        package = str(self.func_name).partition(".")[0]
        takes_names = not self.kwargs and all(isinstance(each, (str, int)) for each in self.args)
        calls = (self._success_callback_name, self._failure_callback_name, self._stopped_callback_name)
        calls_back = calls == (ON_SUCCESS, ON_FAILURE, None)
        return package in PACKAGES and takes_names and calls_back and not self.webhooks and not self.instance


def is_about_content(error: BaseException) -> bool:
    """Whether what lies in Redis is at fault, and not Redis, the way to it, or a signal."""
    if isinstance(error, RedisError):
        # A pipeline's error says first which of its commands it was.
        return "WRONGTYPE " in str(error)
    return not isinstance(error, (OSError, DequeueTimeout, StopRequested))


def begin_anew(connection: Redis) -> None:
    """Throw away all that RQ keeps in Redis. The sweeps file again what is still to be done."""
    keys = list(connection.scan_iter(match="rq:*", count=1_000))
    for start in range(0, len(keys), 1_000):
        connection.delete(*keys[start : start + 1_000])
    logger.error("the queue in Redis held what can't be read: its %d keys are gone, and it begins anew", len(keys))
