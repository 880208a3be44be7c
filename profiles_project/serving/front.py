"""What stands between granian and Django: reads bodies, finds threads, hands answers over."""

import asyncio
import io
import logging
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, NamedTuple

from django.conf import settings
from granian.rsgi import ProtocolClosed, ProtocolError

from profiles_project.http.errors import Problem
from profiles_project.serving.bodies import Bodies, no_room
from profiles_project.serving.budget import Holding
from profiles_project.serving.environ import environment
from profiles_project.serving.lanes import Lanes, Work
from profiles_project.serving.senders import limits, sender_of

logger = logging.getLogger(__name__)

# Asked by machines that end or leave out a process that does not answer, so each has a thread of its own.
PROBES = ("/health", "/health/ready")
# An answer up to here is granian's to send; a larger one is sent in parts, to whoever takes them fast enough.
AT_ONCE_BYTES = 256 * 2**10
PART_BYTES = 64 * 2**10
# A reader has the first for nothing, then it must have taken so many bytes for each second.
GRACE_SECONDS = 10.0
LEAST_RATE = 8 * 2**10


class Watcher(NamedTuple):
    """A request as granian hands it over: `scope` and `proto` are those of RSGI, `done` must be called at its end."""

    scope: Any
    proto: Any
    done: Callable[[], object]


@dataclass(eq=False, slots=True)
class Call:
    """A request, and who sends it; `ended` must be called when it has its answer."""

    scope: Any
    proto: Any
    ended: Callable[[], object]
    sender: str


@dataclass(eq=False, slots=True)
class Answer:
    """An answer of Django's that is too large to be sent at once; `size` is what it takes of the memory, in bytes."""

    status: int
    headers: Sequence[tuple[str, str]]
    file: IO[bytes]
    size: int


class Front:
    """One web process's side of all its connections; `application` is a WSGI application.

    A request without a body goes to a thread at once. One with a body is read on the event loop first, where a slow
    sender costs memory alone. Probes and refusals have threads of their own, and so are answered in any case.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by granian once, before the first request."""
        self.loop = loop
        self.bodies = Bodies()
        self.lanes = Lanes(settings.WEB_THREADS, "web", self._sort)
        self.aside = {path: Lanes(1, path) for path in PROBES}
        self.refusals = Lanes(1, "refusals")
        # The loop itself keeps no task alive.
        self.tasks: set[asyncio.Task[None]] = set()

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        """Called by granian on the loop for every request, unless `scheduling` has taken the loop out of the way."""
        ended = self.loop.create_future()
        self.lanes.arrivals.put(Watcher(scope, proto, partial(self.loop.call_soon_threadsafe, ended.set_result, None)))
        await ended

    def _sort(self, watcher: Any) -> Work | None:
        """In a thread: the work that a request is, None where that is seen to elsewhere. Raises nothing."""
        try:
            return self._sorted(Call(watcher.scope, watcher.proto, watcher.done, sender_of(watcher.scope)))
        except Exception:  # whatever it is, the thread goes on
            logger.exception("a request could not be read")
            watcher.done()
            return None

    def _sorted(self, call: Call) -> Work | None:
        headers = call.scope.headers
        if len(headers.items()) < len(headers):
            # granian gives no header that is not in UTF-8.
            self._refuse(call, Problem("The value of a header is not valid UTF-8.", status=400))
        elif "content-length" in headers or "transfer-encoding" in headers:
            self._on_loop(self._receive, call)
        elif aside := self.aside.get(call.scope.path):
            aside.place(self._work(call, b""))
        else:
            return self._work(call, b"")
        return None

    def _work(self, call: Call, body: bytes) -> Work:
        run = partial(self._run, call, body, None)
        return Work(run, partial(self._refuse, call), call.sender, limits(call.scope, len(body), call.sender))

    def _refuse(self, call: Call, problem: Problem) -> None:
        """Answer without the view, in the thread for that. More than can be told why are closed."""
        run = partial(self._run, call, b"", problem)
        drop = partial(_drop, call)
        self.refusals.place(Work(run, drop, "", []))

    def _run(self, call: Call, body: bytes, refusal: Problem | None) -> None:
        """In a thread: asks Django, and sends what is not large."""
        try:
            answer = self._ask(call, body, refusal)
        except Exception:  # whatever it is, the thread goes on
            logger.exception("a request failed outside Django")
            _drop(call)
            return
        if answer is None:
            call.ended()
        else:
            self._on_loop(self._send, call, answer)

    def _ask(self, call: Call, body: bytes, refusal: Problem | None) -> Answer | None:
        began: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            began[:] = [int(status[:3]), headers]

        response: Any = self.application(environment(call.scope, body, refusal), start_response)
        try:
            if getattr(response, "streaming", False):
                return _spooled(*began, response)
            content = b"".join(response)
        finally:
            # Before the answer, so that the thread is free when the client's next request comes.
            response.close()
        if len(content) > AT_ONCE_BYTES:
            return Answer(*began, io.BytesIO(content), len(content))
        with suppress(ProtocolClosed):
            call.proto.response_bytes(*began, content)
        return None

    def _on_loop(self, coroutine: Callable[..., Any], call: Call, *arguments: Any) -> None:
        self.loop.call_soon_threadsafe(self._begin_task, coroutine, call, *arguments)

    def _begin_task(self, coroutine: Callable[..., Any], call: Call, *arguments: Any) -> None:
        task = self.loop.create_task(coroutine(call, *arguments))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _receive(self, call: Call) -> None:
        """On the loop: reads the body, then finds a thread for the request."""
        task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]  # the above
        holding = Holding(call.sender, task.cancel)
        try:
            body = await self.bodies.read(call.scope, call.proto, holding)
        except Problem as problem:
            self._refuse(call, problem)
        except asyncio.CancelledError:
            self._refuse(call, no_room())
        else:
            self.lanes.place(self._work(call, body))
        finally:
            self.bodies.budget.release(holding)

    async def _send(self, call: Call, answer: Answer) -> None:
        """On the loop: sends a large answer for as long as its reader takes it fast enough; else breaks off."""
        task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]  # as above
        holding = Holding(call.sender, task.cancel)
        began, count = self.loop.time(), 0
        try:
            self.bodies.budget.take(holding, answer.size)
            transport = call.proto.response_stream(answer.status, list(answer.headers))
            async with asyncio.timeout_at(began + GRACE_SECONDS) as deadline:
                while part := answer.file.read(PART_BYTES):
                    await transport.send_bytes(part)
                    count += len(part)
                    deadline.reschedule(began + GRACE_SECONDS + count / LEAST_RATE)
        except (TimeoutError, asyncio.CancelledError, ProtocolClosed, ProtocolError):
            # Too slow, too much, or gone: without its end granian closes the connection.
            return
        finally:
            self.bodies.budget.release(holding)
            answer.file.close()
            call.ended()


def _drop(call: Call, problem: Problem | None = None) -> None:
    """The shortest answer there is."""
    with suppress(ProtocolClosed):
        headers = [("Retry-After", "2"), ("Connection", "close")]
        call.proto.response_empty(503, headers)
    call.ended()


def _spooled(status: int, headers: Sequence[tuple[str, str]], response: Iterable[bytes]) -> Answer:
    """A streamed answer, made at once: a slow reader shall keep neither the thread nor its database connection."""
    file = tempfile.SpooledTemporaryFile(AT_ONCE_BYTES)  # noqa: SIM115  # closed when it was sent
    size = sum(file.write(part) for part in response)
    file.seek(0)
    return Answer(status, headers, file, min(size, AT_ONCE_BYTES))
