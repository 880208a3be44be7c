"""Log lines for machines: one JSON object a line, without personal data."""

import json
import logging
import traceback
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from profiles_project.observe.context import request_id, user_id

LONGEST_CHAIN = 10
# Loggers that write ids and states, and nothing that a person has sent or stored: ours with all below them, and those
# of the server's parent process and of the worker by themselves.
OURS = frozenset({"profiles", "profiles_project", "users", "security"})
TRUSTED = frozenset({"_granian", "django_tasks", "django_tasks_db"})
# What no line shows isn't asked for.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def security_event(name: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write what happened to somebody's account or data as one line on the logger "security".

    `fields` are ids (`user`, `session`, `profile`, `staff`, `object`) and words of ours such as a `reason`, never
    what a person has typed or stored; those that are None are left out.
    """
    write_event("security", name, level=level, **fields)


def write_event(logger: str, name: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write one line with `event` and the fields as members of their own."""
    to = logging.getLogger(logger)
    if not to.isEnabledFor(level):
        return
    members = {key: value for key, value in fields.items() if value is not None}
    # By hand, since the logger would look for the place in the code, which no line of an event shows.
    record = logging.LogRecord(logger, level, "", 0, Event(name, members), (), None)
    record.members = {"event": name, **members}
    to.handle(record)


class Event(NamedTuple):
    """The message of an event's record, worded where a log for people shows it."""

    name: str
    members: Mapping[str, object]

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{key}={value}" for key, value in self.members.items())])


class JSONFormatter(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, logger, message or the members of an event, and where they
    are known the ids of request and user, and the error.

    Of an exception the types and places are written, never its message: a database quotes the row that it
    refused, and with it somebody's e-mail address.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            # The text of an event says its members over again.
            **(getattr(record, "members", None) or {"message": message(record)}),
        }
        if identifier := request_id.get():
            line["request_id"] = identifier
        if (user := user_id.get()) is not None:
            line["user_id"] = user
        if record.exc_info and record.exc_info[1]:
            line["error"] = describe(record.exc_info[1])
        return _encode(line)


def message(record: logging.LogRecord) -> str:
    """The text of a record without what it may quote.

    Of a library that is not trusted only the template stays, with numbers and ids filled in; where it came without
    arguments its text may be a quotation as a whole, so the place in the code stands for it.
    """
    trusted = record.name in TRUSTED or record.name.partition(".")[0] in OURS
    place = f"{record.module}:{record.lineno}"
    if not isinstance(record.msg, str) or not (trusted or record.args):
        return f"{type(record.msg).__name__} at {place}"
    given = record.args or ()
    args: object = (
        {key: _harmless(value, trusted=trusted) for key, value in given.items()}
        if isinstance(given, dict)
        else tuple(_harmless(value, trusted=trusted) for value in given)
    )
    try:
        return record.msg % args if given else record.msg
    except (TypeError, ValueError, KeyError):
        # A number's placeholder got something else.
        return f"{record.msg} at {place}"


def _harmless(value: object, *, trusted: bool) -> object:
    """What may stand for the argument in a line: itself, or only its type."""
    if isinstance(value, (int, float, uuid.UUID)) or (trusted and not isinstance(value, BaseException)):
        return value
    return f"<{type(value).__name__}>"


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class WithError(logging.Filter):
    """Lets through what tells of an exception. Django also notes each answer of 500 and 503, as we do ourselves."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


class Rarely(logging.Filter):
    """Lets through each sentence of these loggers, and of those below them, once a minute; all else as it comes."""

    PAUSE_SECONDS = 60

    def __init__(self, names: Collection[str]) -> None:
        super().__init__()
        self.names = frozenset(names)
        # Sentences of a program's text, so that there are few; by when they may come again.
        self._pauses: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in self.names:
            return True
        key = record.name, str(record.msg) if record.args else record.module
        if record.created < self._pauses.get(key, 0):
            return False
        self._pauses[key] = record.created + self.PAUSE_SECONDS
        return True


def describe(error: BaseException) -> list[str]:
    """The exception and what caused it, the outermost first, each as «type at file:line in function <- caller»."""
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < LONGEST_CHAIN:
        frames = [
            f"{frame.filename}:{frame.lineno} in {frame.name}"
            for frame in reversed(traceback.extract_tb(current.__traceback__))
        ]
        kind = f"{type(current).__module__}.{type(current).__qualname__}"
        chain.append(" <- ".join([f"{kind} at {frames[0]}", *frames[1:]]) if frames else kind)
        current = current.__cause__ or current.__context__
    return chain
