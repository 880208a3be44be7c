"""Calls that happen at the same moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event, Thread
from typing import TypeVar

from django.db import connections, transaction

T = TypeVar("T")
START_SECONDS = 60
CALL_SECONDS = 120


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Run every call in a thread of its own, all let go at once; their results in the same order.

    The first exception of a call is raised when all have ended. Needs ``django_db(transaction=True)``, since the
    threads see only what is committed. Each thread has a database connection, given back at its end.
    """
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        try:
            barrier.wait(START_SECONDS)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as executor:
        futures: list[Future[T]] = [executor.submit(run, call) for call in calls]
    return [future.result(CALL_SECONDS) for future in futures]


@contextmanager
def held(lock: Callable[[], object]) -> Iterator[None]:
    """What `lock` locks in the database stays locked, in a transaction of another connection."""
    is_locked, may_end = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                lock()
                is_locked.set()
                may_end.wait(20)
        finally:
            connections.close_all()

    thread = Thread(target=hold)
    thread.start()
    assert is_locked.wait(START_SECONDS)
    try:
        yield
    finally:
        may_end.set()
        thread.join()
