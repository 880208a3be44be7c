"""The layer between granian and Django: reads bodies, finds threads, hands answers over."""

import asyncio
import fcntl
import itertools
import logging
import os
import resource
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, NamedTuple

from django.conf import settings
from granian._granian import RSGIProtocolClosed as ProtocolClosed

from profiles_project.api.errors import Problem
from profiles_project.serving.bodies import Bodies, Body
from profiles_project.serving.environ import environment
from profiles_project.serving.lanes import Lanes, Work
from profiles_project.serving.senders import Sender, limits, sender_of

logger = logging.getLogger(__name__)

# Each probe has a thread of its own: orchestrators end a process that does not answer them.
PROBES = ("/health", "/health/ready")
# A larger answer waits for its reader in a file, not in memory.
AT_ONCE_BYTES = 256 * 2**10
# Within this time granian has opened the file of an answer.
OPENING_SECONDS = 5.0


class Watcher(NamedTuple):
    """A request as granian hands it over: `scope` and `proto` are those of RSGI, `done` must be called at its end."""

    scope: Any
    proto: Any
    done: Callable[[], object]


@dataclass(eq=False, slots=True)
class Call:
    """A request, and who sends it; `done` must be called when it has its answer."""

    scope: Any
    proto: Any
    done: Callable[[], object]
    sender: Sender
    body: Body | None = None


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
        # A number of a file that was closed comes again after a thousand others at the earliest: granian opens answers
        # by number, and whoever opens one too late, as after a pause of the whole machine, must find nobody else's.
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.numbers = itertools.cycle(range(most // 2, most - most // 8))
        # The loop holds only weak references to tasks.
        self.tasks: set[asyncio.Task[None]] = set()

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        """Called by granian on the loop for every request, unless `scheduling` has taken the loop out of the way."""
        ended = self.loop.create_future()
        self.lanes.arrivals.put(Watcher(scope, proto, partial(self.loop.call_soon_threadsafe, ended.set_result, None)))
        await ended

    def _sort(self, watcher: Any) -> Work | None:
        """In a thread: make a request's work, None where another thread or the loop takes it over. Raises nothing."""
        try:
            return self._sorted(Call(watcher.scope, watcher.proto, watcher.done, sender_of(watcher.scope)))
        except Exception:  # whatever it is, the thread goes on
            logger.exception("a request could not be read")
            _answer_shortly(watcher.proto)
            watcher.done()
            return None

    def _sorted(self, call: Call) -> Work | None:
        headers = call.scope.headers
        if "content-length" in headers or "transfer-encoding" in headers:
            self._on_loop(self._receive, call)
        elif aside := self.aside.get(call.scope.path):
            aside.place(self._work(call))
        else:
            return self._work(call)
        return None

    def _work(self, call: Call) -> Work:
        size = call.body.kept.tell() if call.body else 0
        counts_as = limits(call.scope, size, call.sender)
        return Work(partial(self._run, call, None), partial(self._refuse, call), *call.sender, counts_as)

    def _refuse(self, call: Call, problem: Problem) -> None:
        """Answer with a problem in the thread for refusals. Where too many wait for it, the connection is closed."""
        self.refusals.place(Work(partial(self._run, call, problem), partial(self._drop, call), *call.sender, []))

    def _run(self, call: Call, refusal: Problem | None) -> None:
        """In a thread: call Django and hand its answer to granian."""
        try:
            self._ask(call, refusal)
        except Exception:  # whatever it is, the thread goes on
            logger.exception("a request failed outside Django")
            self._drop(call)
        else:
            self._end(call)

    def _ask(self, call: Call, refusal: Problem | None) -> None:
        body = b""
        try:
            if call.body and refusal is None:
                body = call.body.content()
        except Problem as problem:
            refusal = problem
        status, headers = 0, list[tuple[str, str]]()

        def start_response(line: str, fields: list[tuple[str, str]], exc_info: object = None) -> None:
            nonlocal status, headers
            status, headers = int(line[:3]), fields

        response: Any = self.application(environment(call.scope, body, refusal), start_response)
        try:
            is_streamed = getattr(response, "streaming", False)
            content = _in_file(response) if is_streamed else b"".join(response)
        finally:
            # Before the answer, so that the thread is free when the client's next request comes.
            response.close()
        if call.scope.method == "HEAD":
            content = b""
        elif not isinstance(content, bytes) or len(content) > AT_ONCE_BYTES:
            self._send_file(call, status, headers, content)
            return
        with suppress(ProtocolClosed):
            call.proto.response_bytes(status, headers, content)

    def _send_file(self, call: Call, status: int, headers: list[tuple[str, str]], content: bytes | IO[bytes]) -> None:
        """Answer from an unnamed file, which granian reads at the client's pace without holding it in memory."""
        file = _in_file([content]) if isinstance(content, bytes) else content
        size = file.seek(0, os.SEEK_END)
        fields = [(name, value) for name, value in headers if name.lower() != "content-length"]
        number = fcntl.fcntl(file.fileno(), fcntl.F_DUPFD_CLOEXEC, next(self.numbers))
        file.close()
        with suppress(ProtocolClosed):
            call.proto.response_file(status, [*fields, ("Content-Length", str(size))], f"/dev/fd/{number}")
        self.loop.call_soon_threadsafe(self.loop.call_later, OPENING_SECONDS, os.close, number)

    def _on_loop(self, coroutine: Callable[..., Any], call: Call, *arguments: Any) -> None:
        self.loop.call_soon_threadsafe(self._begin_task, coroutine, call, *arguments)

    def _begin_task(self, coroutine: Callable[..., Any], call: Call, *arguments: Any) -> None:
        task = self.loop.create_task(coroutine(call, *arguments))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _receive(self, call: Call) -> None:
        """On the loop: reads the body, then finds a thread for the request."""
        try:
            call.body = await self.bodies.read(call.scope, call.proto, call.sender.network)
            self.lanes.place(self._work(call))
        except Problem as problem:
            self._refuse(call, problem)
        except Exception:  # whatever it is, the request has an answer and its body is counted no more
            logger.exception("a request could not be read")
            self._drop(call)

    def _end(self, call: Call) -> None:
        if call.body and call.body.holding:
            self.loop.call_soon_threadsafe(self.bodies.release, call.body)
        call.done()

    def _drop(self, call: Call, problem: Problem | None = None) -> None:
        """Send the shortest possible answer."""
        _answer_shortly(call.proto)
        self._end(call)


def _answer_shortly(proto: Any) -> None:
    with suppress(ProtocolClosed):
        proto.response_empty(503, [("Retry-After", "2"), ("Connection", "close")])


def _in_file(parts: Iterable[bytes]) -> IO[bytes]:
    """Write all parts to an unnamed file, which vanishes when its last descriptor is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it was sent
    for part in parts:
        file.write(part)
    file.flush()
    return file
