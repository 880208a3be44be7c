"""The service on a machine whose clock is wrong: by as many seconds as stand in the file that CLOCK_FILE names.

Imported before anything that takes its time from Python. With CLOCK_OWN it is the control of `clocks`: no machine asks
the database what time it is, and tokens are judged as simplejwt judges them by default. `python -m` runs a command of
manage.py in it.
"""

import datetime as dt
import os
import sys
import time
from pathlib import Path
from typing import Any

FILE = Path(os.environ["CLOCK_FILE"])
_time = time.time
_datetime: Any = dt.datetime


def shifted() -> float:
    """The time of this machine, in seconds."""
    return _time() + float(FILE.read_text())


class _Kind(type):
    """Takes the real class's objects for its own."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _datetime)


class _Shifted(dt.datetime, metaclass=_Kind):
    """`datetime` by the clock of this machine; what it makes is of the real class."""

    def __new__(cls, *args: Any, **options: Any) -> Any:  # as above
        return _datetime(*args, **options)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return _datetime.fromtimestamp(time.time(), tz)


time.time = shifted
time.time_ns = lambda: int(shifted() * 1e9)
dt.datetime = _Shifted  # type: ignore[misc]  # a class in place of another

# Only now, as said above.
from profiles_project.database import clock  # noqa: E402

if os.environ.get("CLOCK_OWN"):
    # Whatever the database says, which is asked as soon as the application is made.
    clock.Carried.heard = lambda *_: None  # type: ignore[method-assign]  # in place of ours

from rest_framework_simplejwt.exceptions import TokenError  # noqa: E402

from profiles_project.wsgi import application as served  # noqa: E402
from users import tokens  # noqa: E402

application = served


def strict(token: tokens.SessionToken) -> None:
    """Judge a token as simplejwt does by default: nothing may lie ahead, and no second is given."""
    now = clock.seconds()
    if token.payload["exp"] <= now or token.payload["iat"] > now:
        raise TokenError("Token is out of date")


if os.environ.get("CLOCK_OWN"):
    tokens.SessionToken.check_times = strict  # type: ignore[assignment,method-assign]  # in place of ours

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
