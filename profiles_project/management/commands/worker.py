"""`manage.py worker`: runs the tasks that requests put off, and the schedule."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils.module_loading import import_string
from redis.exceptions import RedisError

from profiles_project.management.preconditions import require_migrated_database
from profiles_project.management.workers import WORKERS, WorkerEnded
from profiles_project.observe import tracing

logger = logging.getLogger("profiles.worker")

FIRST_PAUSE_SECONDS = 1
LONGEST_PAUSE_SECONDS = 30


def supervise(run: Callable[[], None], stopping: threading.Event) -> None:
    """Call `run` until the event is set. After failures it pauses, from 1 s to 30 s, twice as long each time.

    A run that lasted longer than the longest pause was well, and the pauses begin anew.
    """
    pause = FIRST_PAUSE_SECONDS
    while not stopping.is_set():
        started = time.monotonic()
        try:
            run()
        except (DatabaseError, InterfaceError, RedisError, WorkerEnded) as error:
            reason = str(error).strip().split("\n")[0]
            if time.monotonic() - started > LONGEST_PAUSE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            logger.warning("the worker failed (%s); it starts again in %d s", reason, pause)
            close_old_connections()
            stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def keep_schedule(schedule: Mapping[Callable[[], object], float], stopping: threading.Event) -> None:
    """Call each function now and at its interval, until the event is set. A failure does not stop later calls."""
    due = dict.fromkeys(schedule, time.monotonic())
    while not stopping.wait(max(0.0, min(due.values()) - time.monotonic())):
        for function, seconds in schedule.items():
            if due[function] <= time.monotonic():
                _call(function)
                due[function] = time.monotonic() + seconds


def _call(function: Callable[[], object]) -> None:
    try:
        function()
    except Exception:  # whatever it is, the other functions and the next turn must not suffer from it
        logger.exception("%s.%s failed", function.__module__, function.__qualname__)
    finally:
        close_old_connections()


class Command(BaseCommand):
    """Runs tasks and schedule until SIGTERM or SIGINT; a task under way is finished, a second signal breaks it off."""

    help = "Runs the tasks that requests put off, and what is due once a minute."

    def handle(self, *args: object, **options: object) -> None:
        require_migrated_database()
        tracing.start()
        schedule = {import_string(path): seconds for path, seconds in settings.SCHEDULE.items()}
        stopping = threading.Event()

        def stop(signum: int, frame: FrameType | None) -> None:
            if stopping.is_set():
                raise SystemExit(1)
            stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

        def tick() -> None:
            try:
                keep_schedule(schedule, stopping)
            finally:
                # The connection is this thread's own, and nobody else would close it.
                connection.close()

        clock = threading.Thread(target=tick, name="schedule", daemon=True)
        clock.start()
        supervise(lambda: WORKERS[settings.TASKS_BACKEND](stopping), stopping)
        clock.join(timeout=5)
