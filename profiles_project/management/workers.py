"""The workers of the two backends of the Tasks interface, each made to stop between two tasks."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django_rq.workers
from django.db import close_old_connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker
from redis import ConnectionPool, Redis
from redis.exceptions import ResponseError
from rq import SimpleWorker
from rq.job import Job
from rq.queue import Queue

from profiles_project.queue import TaskJob, begin_anew, is_about_content

POLL_SECONDS = 0.2
# After so long without a word RQ takes a worker for dead; it waits for a task for 15 s less at a time.
WORKER_SECONDS = 60


class WorkerEnded(Exception):
    """A worker gave up by itself; it has said why in the log."""


class DatabaseWorker(Worker):
    """The database backend's worker, which stops between two tasks as soon as the event is set.

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


class RedisWorker(SimpleWorker):
    """RQ's worker in this very process, since a fork for each task would open a database connection for each.

    RQ's own signal handlers break off its waiting for a task; `stopping` tells the command that there was a signal.
    """

    stopping: threading.Event
    # Whether RQ gave up because it met in Redis what it can't read.
    met_nonsense = False

    def _set_connection(self, connection: Redis) -> Redis:
        # RQ would change the time-outs of the connections that it is given, which are the cache's.
        pool = connection.connection_pool
        patient = {**pool.connection_kwargs, "socket_timeout": self.connection_timeout}
        return Redis(connection_pool=ConnectionPool(connection_class=pool.connection_class, **patient))

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]  # no types
        # A signal that came before is heard too.
        self._stop_requested = self.stopping.is_set()

    def handle_warm_shutdown_request(self) -> None:
        """Called by RQ's handler of the first signal."""
        self.stopping.set()

    def subscribe(self) -> None:
        """Called by RQ to listen for commands, such as to shut down; ours come by signal."""

    def check_for_suspension(self, burst: bool) -> None:  # noqa: FBT001  # RQ's signature
        """Called by RQ to wait while a key in Redis says so; nobody of us sets it."""

    def run_maintenance_tasks(self) -> None:
        with self._watching():
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]  # no types

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:
        with self._watching():
            return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)

    def execute_job(self, job: Job, queue: Queue) -> None:
        close_old_connections()
        with self._watching():
            super().execute_job(job, queue)
        close_old_connections()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """RQ logs what is raised inside and gives up without a word to its caller."""
        try:
            yield
        except Exception as error:
            self.met_nonsense = is_about_content(error)
            raise


def run_database_worker(stopping: threading.Event) -> None:
    """Run tasks from the database until the event is set."""
    DatabaseWorker(stopping).run()


def run_redis_worker(stopping: threading.Event) -> None:
    """Run tasks from Redis until a signal comes, which sets the event, or until what lies there can't be read.

    Raises WorkerEnded if it ends by itself for another reason.
    """
    worker: RedisWorker = django_rq.workers.get_worker(  # type: ignore[assignment]  # the class that is asked for
        "default",
        job_class=TaskJob,
        worker_class=RedisWorker,  # type: ignore[arg-type]  # any of RQ's workers
        serializer="rq.serializers.JSONSerializer",
        log_job_description=False,
        worker_ttl=WORKER_SECONDS,
    )
    worker.stopping = stopping
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        worker.work(logging_level="WARNING")
    except ResponseError as error:
        # At its start or its end.
        worker.met_nonsense |= is_about_content(error)
        if not worker.met_nonsense:
            raise
    finally:
        # RQ's own stay behind, and would break off the pause before the next run.
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if worker.met_nonsense:
        begin_anew(worker.connection)
        # The next run finds a queue that can be read, so that there is no need of the pauses of one that keeps failing.
        stopping.wait(POLL_SECONDS)
    elif not stopping.is_set():
        raise WorkerEnded("RQ's worker ended by itself")


# By TASKS_BACKEND.
WORKERS = {"database": run_database_worker, "rq": run_redis_worker}
