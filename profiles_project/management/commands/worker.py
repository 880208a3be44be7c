"""`manage.py worker`: runs the tasks that requests put off, and the schedule."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils.crypto import get_random_string
from django.utils.module_loading import import_string
from django_tasks_db.management.commands.db_worker import Worker

from profiles_project.management.preconditions import require_migrated_database

logger = logging.getLogger("profiles.worker")

POLL_SECONDS = 0.2
SCHEDULE_SECONDS = 60
FIRST_PAUSE_SECONDS = 1
LONGEST_PAUSE_SECONDS = 30


class StoppableWorker(Worker):
    """The backend's worker, which stops between two tasks as soon as the event is set.

    Its own signal handler ends the process wherever it is, even between claiming a task and running it, and so leaves
    the task claimed for ever.
    """

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping
        super().__init__(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=POLL_SECONDS,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
        )

    @property
    def running(self) -> bool:
        """Whether the next task is to be taken."""
        return not self.stopping.is_set()

    @running.setter
    def running(self, value: bool) -> None:
        """The base class sets it at its start; here the event alone decides."""


def supervise(run: Callable[[], None], stopping: threading.Event) -> None:
    """Call `run` until the event is set; where it fails, again after pauses that double from 1 s to 30 s.

    A run that lasted longer than the longest pause was well, and the pauses begin anew.
    """
    pause = FIRST_PAUSE_SECONDS
    while not stopping.is_set():
        started = time.monotonic()
        try:
            run()
        except (DatabaseError, InterfaceError) as error:
            reason = str(error).strip().split("\n")[0]
            if time.monotonic() - started > LONGEST_PAUSE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            logger.warning("the database failed the worker (%s); it starts again in %d s", reason, pause)
            close_old_connections()
            stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def keep_schedule(functions: Sequence[Callable[[], object]], stopping: threading.Event) -> None:
    """Call each function now and once a minute until the event is set; one that fails still has its next turn."""
    while True:
        for function in functions:
            try:
                function()
            except Exception:  # whatever it is, the other functions and the next turn must not suffer from it
                logger.exception("%s.%s failed", function.__module__, function.__qualname__)
            finally:
                close_old_connections()
        if stopping.wait(SCHEDULE_SECONDS):
            break


class Command(BaseCommand):
    """Runs tasks and schedule until SIGTERM or SIGINT; a task under way is finished, a second signal breaks it off."""

    help = "Runs the tasks that requests put off, and what is due once a minute."

    def handle(self, *args: object, **options: object) -> None:
        require_migrated_database()
        schedule = [import_string(path) for path in settings.SCHEDULE]
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
        supervise(lambda: StoppableWorker(stopping).run(), stopping)
        clock.join(timeout=5)
