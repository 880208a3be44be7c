"""Log lines for machines: one JSON object a line, without personal data."""

import json
import logging
import traceback
from datetime import UTC, datetime

from profiles_project.http.context import request_id

LONGEST_CHAIN = 10


class JSONFormatter(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, logger, message, request id, error.

    Of an exception the types and places are written, never its message: a database quotes the row that it
    refused, and with it somebody's e-mail address.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identifier := request_id.get():
            line["request_id"] = identifier
        if record.exc_info and record.exc_info[1]:
            line["error"] = describe(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


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
