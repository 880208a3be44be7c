"""The one clock of all machines: what a lease, a limit, a token or a schedule is judged by (decision 0023).

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

# How old a look at the database's clock may become while there is anything to do.
LOOK_SECONDS = 10.0
# An answer that took longer tells too little, unless nothing is known yet.
SLOWEST_SECONDS = 1.0
# It goes on while a machine sleeps, where the system has such a clock.
STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Carried:
    """A clock that is read elsewhere and carried on here; shared by all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # What to add to the steady clock; None until the first look.
        self.offset: float | None = None
        self._look_at = 0.0

    def is_due(self) -> bool:
        """Whether to look again. Of many that ask at once one is told so."""
        if steady() < self._look_at:
            return False
        with self._lock:
            if steady() < self._look_at:
                return False
            self._look_at = steady() + LOOK_SECONDS
            return True

    def heard(self, seconds: float, asked: float, answered: float) -> None:
        """Take over the time in an answer: seconds since 1970, and when it was asked for and came by `steady`."""
        if self.offset is None or answered - asked <= SLOWEST_SECONDS:
            self.offset = seconds - (asked + answered) / 2
        self._look_at = answered + LOOK_SECONDS


database = Carried()


def steady() -> float:
    """Seconds since some moment, by a clock that nobody sets."""
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
