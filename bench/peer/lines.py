"""An id for each request and a line in the access log, as every service has them that somebody looks after."""

import re
import sys
import time
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

HEADER = b"x-request-id"
# What a client may call its request.
GIVEN = re.compile(rb"[0-9A-Za-z-]{1,64}")


class Lines:
    """Middleware that takes or makes the request's id, answers with it, and writes one JSON line on standard error."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = next((value for name, value in scope["headers"] if name == HEADER), b"")
        if not GIVEN.fullmatch(request_id):
            request_id = str(uuid7()).encode()
        status = 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((HEADER, request_id))
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            write(scope, status, time.perf_counter() - began, request_id)


def write(scope: Scope, status: int, seconds: float, request_id: bytes) -> None:
    """The line of a request."""
    line: dict[str, Any] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "request_id": request_id.decode(),
    }
    sys.stderr.write(f"{to_json(line).decode()}\n")
