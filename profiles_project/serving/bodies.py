"""Bodies are read here, outside the worker threads, within their limits, a deadline and a least rate."""

import asyncio
import io
from typing import Any

from django.conf import settings
from granian._granian import RSGIProtocolClosed as ProtocolClosed, RSGIProtocolError as ProtocolError

from profiles_project.http.bodies import DRAIN_LIMIT, TruncatedBody, body_limit, too_large
from profiles_project.http.errors import Problem, Unavailable
from profiles_project.serving.budget import Budget, Holding

# See Pace.
STEP_BYTES = 64 * 2**10
# A body up to here is read in one go and not counted: as many as there may be connections are no burden.
SMALL_BYTES = 16 * 2**10
# All larger ones of a process together, those included that wait for a thread or are being worked on.
MOST_BYTES = 64 * 2**20


class TooSlow(Problem):
    """408: the body did not come in time. The connection is closed."""

    status_code = 408


class Pace:
    """Moves a deadline on whenever STEP_BYTES have passed: so many in each SENDER_GRACE_SECONDS are the least rate.

    What came fast before buys no time to be slow.
    """

    def __init__(self, deadline: asyncio.Timeout) -> None:
        self.deadline = deadline
        self.since = 0

    def passed(self, count: int) -> None:
        """So many bytes more have passed."""
        self.since += count
        if self.since >= STEP_BYTES:
            self.since = 0
            self.deadline.reschedule(asyncio.get_running_loop().time() + settings.SENDER_GRACE_SECONDS)


class Bodies:
    """Reads the bodies of one process's requests, on its event loop."""

    def __init__(self) -> None:
        self.budget = Budget(MOST_BYTES)

    async def read(self, scope: Any, proto: Any, holding: Holding) -> bytes:
        """The whole body, which `holding` counts for from now on.

        Raises TooLarge after draining, TooSlow, TruncatedBody, and Unavailable where there is no room.
        """
        declared = _declared(scope)
        limit = body_limit(scope.path)
        try:
            if declared is not None and declared <= SMALL_BYTES:
                async with asyncio.timeout(settings.SENDER_GRACE_SECONDS):
                    body: bytes = await proto()
            else:
                body = await self._in_parts(proto, holding, declared, limit)
        except TimeoutError:
            raise TooSlow from None
        except (ProtocolClosed, ProtocolError):
            raise TruncatedBody from None
        if declared is not None and len(body) < declared:
            raise TruncatedBody
        return body

    async def _in_parts(self, proto: Any, holding: Holding, declared: int | None, limit: int) -> bytes:
        kept, count = io.BytesIO(), 0
        is_refused = declared is not None and declared > limit
        async with asyncio.timeout(settings.SENDER_GRACE_SECONDS) as deadline:
            pace = Pace(deadline)
            async for part in proto:
                count += len(part)
                pace.passed(len(part))
                if is_refused or count > limit:
                    # Read all the same for a while, since a client that is still sending can't hear the answer.
                    is_refused, kept = True, io.BytesIO()
                    self.budget.release(holding)
                    if count >= DRAIN_LIMIT:
                        break
                else:
                    kept.write(part)
                    self.budget.take(holding, len(part))
        if is_refused:
            raise too_large(limit)
        return kept.getvalue()


def _declared(scope: Any) -> int | None:
    """The announced length in bytes; None where the body comes in chunks."""
    if "transfer-encoding" in scope.headers:
        return None
    # granian has refused what is no number.
    return int(scope.headers.get("content-length") or 0)


def no_room() -> Unavailable:
    """The refusal of a body for which others leave no room."""
    return Unavailable("The service is receiving too much at once; please try again in a moment.")
