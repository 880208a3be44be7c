"""Bodies are read here, outside the worker threads, within their limits, a deadline and a least rate."""

import asyncio
import io
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from granian._granian import RSGIProtocolClosed as ProtocolClosed, RSGIProtocolError as ProtocolError

from profiles_project.api.errors import Problem, Unavailable
from profiles_project.serving.budget import Budget, Holding
from profiles_project.web.bodies import DRAIN_LIMIT, TruncatedBody, body_limit, too_large
from profiles_project.words.sentences import mark

# See Pace.
STEP_BYTES = 64 * 2**10
# A body up to this size is read in one go and not counted: one for each connection would still fit in memory.
SMALL_BYTES = 16 * 2**10
# The most bytes of all larger bodies of a process, including those that wait for a thread or are being processed.
MOST_BYTES = 64 * 2**20


class TooSlow(Problem):
    """408: the body did not come in time. The connection is closed."""

    status_code = 408


class Pace:
    """Extends a deadline by SENDER_GRACE_SECONDS with every STEP_BYTES, which is the least rate.

    Bytes that came early buy no extra time.
    """

    def __init__(self, deadline: asyncio.Timeout) -> None:
        self.deadline = deadline
        self.since = 0

    def passed(self, count: int) -> None:
        """Count this many more bytes."""
        self.since += count
        if self.since >= STEP_BYTES:
            self.since = 0
            self.deadline.reschedule(asyncio.get_running_loop().time() + settings.SENDER_GRACE_SECONDS)


@dataclass(eq=False, slots=True)
class Body:
    """A body that was read, or is being read."""

    kept: io.BytesIO = field(default_factory=io.BytesIO)
    # None for a small one, which nobody counts.
    holding: Holding | None = None

    def discard(self) -> None:
        """Free the memory."""
        self.kept = io.BytesIO()

    def content(self) -> bytes:
        """The whole body. Raises Unavailable where it was discarded to make room."""
        if self.holding and self.holding.is_lost:
            raise Unavailable(mark("The service is receiving too much at once; please try again in a moment."))
        return self.kept.getvalue()


class Bodies:
    """Reads the bodies of one process's requests, on its event loop."""

    def __init__(self) -> None:
        self.budget = Budget(MOST_BYTES)

    async def read(self, scope: Any, proto: Any, sender: str) -> Body:
        """The whole body, which counts for its sender until it is released.

        Raises TooLarge after draining, TooSlow and TruncatedBody.
        """
        declared = _declared(scope)
        limit = body_limit(scope.path)
        body = Body()
        try:
            if declared is not None and declared <= SMALL_BYTES:
                async with asyncio.timeout(settings.SENDER_GRACE_SECONDS):
                    body.kept.write(await proto())
            else:
                body.holding = Holding(sender, body.discard)
                await self._in_parts(proto, body, body.holding, limit, is_refused=(declared or 0) > limit)
            _check_whole(body, declared)
        except BaseException as exc:
            self.release(body)
            if isinstance(exc, TimeoutError):
                raise TooSlow from None
            if isinstance(exc, (ProtocolClosed, ProtocolError)):
                raise TruncatedBody from None
            raise
        return body

    def release(self, body: Body) -> None:
        """Stop counting the body."""
        if body.holding:
            self.budget.release(body.holding)

    async def _in_parts(self, proto: Any, body: Body, holding: Holding, limit: int, *, is_refused: bool) -> None:
        """Read into the body. What is refused is read all the same, up to DRAIN_LIMIT, so that the answer is heard."""
        count = 0
        async with asyncio.timeout(settings.SENDER_GRACE_SECONDS) as deadline:
            pace = Pace(deadline)
            async for part in proto:
                count += len(part)
                pace.passed(len(part))
                if is_refused or holding.is_lost or count > limit:
                    body.discard()
                    self.release(body)
                    if count >= DRAIN_LIMIT:
                        break
                else:
                    body.kept.write(part)
                    self.budget.take(holding, len(part))
        if is_refused or count > limit:
            raise too_large(limit)


def _check_whole(body: Body, declared: int | None) -> None:
    """Raise TruncatedBody where less has come than was announced, but for a body that was discarded."""
    is_lost = body.holding is not None and body.holding.is_lost
    if declared is not None and body.kept.tell() < declared and not is_lost:
        raise TruncatedBody


def _declared(scope: Any) -> int | None:
    """The announced length in bytes; None where the body comes in chunks."""
    if "transfer-encoding" in scope.headers:
        return None
    # granian has refused what is no number.
    return int(scope.headers.get("content-length") or 0)
