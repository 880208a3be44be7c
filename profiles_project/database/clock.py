"""The clock that all machines share: leases, limits, tokens and schedules go by it (decision 0023).

Where the database is PostgreSQL it is the database's, which all machines share. Each process asks for it now and then,
in place of a look whether a connection still works, and carries it on by a clock that nobody sets, so that it costs no
request anything. Until the database has been asked, and on SQLite, where all processes share one machine, it is the
machine's own.
"""

import datetime as dt
import threading
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, models
from django.utils import timezone

# How often the database's clock is read while there is anything to do.
LOOK_SECONDS = 10.0
# A slower answer is too imprecise, unless it is the first.
SLOWEST_SECONDS = 1.0
# A clock that goes on while the machine sleeps, where the system has one.
STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Carried:
    """A remote clock, read now and then and extrapolated in between; shared by all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The difference to the steady clock; None until the first reading.
        self.offset: float | None = None
        self._look_at = 0.0

    def is_due(self) -> bool:
        """Whether to read it again. Of many threads that ask at once only one gets True."""
        if steady() < self._look_at:
            return False
        with self._lock:
            if steady() < self._look_at:
                return False
            self._look_at = steady() + LOOK_SECONDS
            return True

    def heard(self, seconds: float, asked: float, answered: float) -> None:
        """Take over a reading: seconds since 1970, and the times of question and answer by `steady`."""
        if self.offset is None or answered - asked <= SLOWEST_SECONDS:
            self.offset = seconds - (asked + answered) / 2
        self._look_at = answered + LOOK_SECONDS


database = Carried()


def steady() -> float:
    """Seconds since some moment, by a clock that is never set."""
    return time.clock_gettime(STEADY)


def seconds() -> float:
    """Now, in seconds since 1970."""
    offset = database.offset
    return time.time() if offset is None else time.clock_gettime(STEADY) + offset


def now() -> dt.datetime:
    """Now, in UTC."""
    return dt.datetime.fromtimestamp(seconds(), dt.UTC)


def ask() -> None:
    """Ask the database for the time at a process's start, so that its first request is judged by it too.

    While the database is away the machine's own clock goes on.
    """
    if connection.vendor != "postgresql":
        return
    try:
        connection.ensure_connection()
    except (DatabaseError, InterfaceError):
        return
    connection.close()


class Moment(models.DateTimeField):  # type: ignore[type-arg]  # the types are those of DateTimeField
    """When a row was made, by this clock. To migrations it is Django's own field with Django's default."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default": now, "editable": False, **options})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.DateTimeField", list(arguments), {**options, "default": timezone.now}
