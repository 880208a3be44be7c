"""The front on an event loop of its own, with an application of a few lines behind it and granian's part played."""

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import django
import pytest
from granian._granian import CallbackScheduler, RSGIProtocolClosed
from granian.server import mp
from pytest_django import Settings

from profiles_project.api.errors import Problem
from profiles_project.serving import bodies, front as front_module, lanes, scheduling
from profiles_project.serving.environ import UNREADABLE, environment
from profiles_project.serving.front import Front
from profiles_project.web.bodies import BODY_LIMIT, DRAIN_LIMIT, REFUSAL
from tests.platform.test_serving import Scope
from tests.support import hostile

ANSWER_SECONDS = 10


class Headers:
    """granian's headers, lines in their order, of which `unreadable` are not shown."""

    def __init__(self, lines: Sequence[tuple[str, str]], unreadable: int = 0) -> None:
        self.lines = list(lines)
        self.unreadable = unreadable
        self.names = [name for name, _ in lines]

    def items(self) -> list[tuple[str, str]]:
        return self.lines

    def keys(self) -> list[str]:
        return self.names

    def __len__(self) -> int:
        return len(self.lines) + self.unreadable

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.lines)

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.lines if key == name), None)

    def get_all(self, name: str) -> list[str]:
        return [value for key, value in self.lines if key == name]


class Proto:
    """granian's protocol of one request: gives the parts of a body, takes the answer."""

    def __init__(self, *parts: bytes, pause: float = 0.0, breaks: bool = False, gone: bool = False) -> None:
        self.parts, self.pause, self.breaks, self.gone = parts, pause, breaks, gone
        self.status = 0
        self.headers: dict[str, str] = {}
        self.content = b""

    async def __call__(self) -> bytes:
        return b"".join([part async for part in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            await asyncio.sleep(self.pause)
            yield part
        if self.breaks:
            raise RSGIProtocolClosed("gone")

    def _answer(self, status: int, headers: Any, content: bytes) -> None:
        if self.gone:
            raise RSGIProtocolClosed("gone")
        self.status, self.content = status, content
        self.headers = {name.lower(): value for name, value in headers}

    def response_bytes(self, status: int, headers: Any, content: bytes) -> None:
        self._answer(status, headers, content)

    def response_empty(self, status: int, headers: Any) -> None:
        self._answer(status, headers, b"")

    def response_file(self, status: int, headers: Any, path: str) -> None:
        with open(path, "rb") as file:  # noqa: PTH123  # as granian opens it
            self._answer(status, headers, file.read())


class LateProto(Proto):
    """One that does not come to opening the files of its answers, and notes their paths."""

    def __init__(self, paths: list[str]) -> None:
        super().__init__()
        self.paths = paths

    def response_file(self, status: int, headers: Any, path: str) -> None:
        self.paths.append(path)


class Reply(list[bytes]):
    """What an application returns."""

    streaming = False

    def close(self) -> None:
        """Called at the end."""


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Reply:
    """Answers with the body, or as the path says."""
    refusal: Problem | None = environ[REFUSAL]
    if refusal is not None:
        start_response(f"{refusal.status_code} Refused", [("X-Told", str(refusal.detail))])
        return Reply()
    if environ["PATH_INFO"] == "/broken":
        raise ZeroDivisionError
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [("Content-Length", str(2**20))])
        return Reply([b"x" * 2**20])
    if environ["PATH_INFO"] == "/streamed":
        start_response("200 OK", [])
        made = Reply([b"one", b"two"])
        made.streaming = True
        return made
    start_response("200 OK", [("X-Length", environ["CONTENT_LENGTH"])])
    return Reply([environ["wsgi.input"].read()])


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread."""
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever, daemon=True)
    thread.start()
    yield made
    # The files of answers are closed by then.
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0.1), made).result(ANSWER_SECONDS)
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


@pytest.fixture
def front(loop: asyncio.AbstractEventLoop, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Front:
    """The front of a process with two threads and little patience."""
    settings.WEB_THREADS = 2
    settings.SENDER_GRACE_SECONDS = 0.3
    monkeypatch.setattr(front_module, "OPENING_SECONDS", 0.01)
    made = Front(echo)
    asyncio.run_coroutine_threadsafe(started(made, loop), loop).result(ANSWER_SECONDS)
    return made


async def started(made: Front, loop: asyncio.AbstractEventLoop) -> None:
    made.__rsgi_init__(loop)


def ask(front: Front, proto: Proto, *lines: tuple[str, str], path: str = "/x", method: str = "GET") -> Proto:
    """The protocol once the request has its answer."""
    scope: Any = Scope(path=path)
    scope.headers = Headers(lines)
    scope.method = method
    asyncio.run_coroutine_threadsafe(front.__rsgi__(scope, proto), front.loop).result(ANSWER_SECONDS)
    return proto


CHUNKED = ("transfer-encoding", "chunked")


def test_a_request_without_a_body_is_answered(front: Front) -> None:
    assert ask(front, Proto()).status == 200
    assert ask(front, Proto(), path="/health").status == 200


@pytest.mark.parametrize("size", [5, 100_000])
def test_a_body_reaches_the_application(front: Front, size: int) -> None:
    part = b"y" * (size // 5)
    answer = ask(front, Proto(*[part] * 5), ("content-length", str(size)), method="POST")
    assert (answer.status, answer.content, answer.headers["x-length"]) == (200, part * 5, str(size))
    answer = ask(front, Proto(*[part] * 5), CHUNKED, method="POST")
    assert answer.content == part * 5
    assert front.bodies.budget.total == 0


@pytest.mark.parametrize("length", [10, 100_000])
def test_a_body_that_does_not_come_in_time_is_408(front: Front, length: int) -> None:
    assert ask(front, Proto(b"z", b"z", pause=0.5), ("content-length", str(length)), method="POST").status == 408
    assert ask(front, Proto(*[b"z"] * 20, pause=0.05), CHUNKED, method="POST").status == 408
    assert front.bodies.budget.total == 0


def test_a_slow_body_goes_on_for_as_long_as_enough_of_it_comes(front: Front) -> None:
    part = b"z" * bodies.STEP_BYTES
    assert ask(front, Proto(*[part] * 8, pause=0.1), CHUNKED, method="POST").status == 200


@pytest.mark.parametrize("length", [10, 100_000])
def test_a_body_that_breaks_off_is_400(front: Front, length: int) -> None:
    for proto in (Proto(b"z"), Proto(b"z", breaks=True)):
        assert ask(front, proto, ("content-length", str(length)), method="POST").status == 400
    assert front.bodies.budget.total == 0


def test_a_body_above_its_limit_is_drained_and_413(front: Front) -> None:
    parts = [b"w" * 2**20] * 3
    for line in (("content-length", str(3 * 2**20)), CHUNKED):
        assert ask(front, Proto(*parts), line, method="POST").status == 413
    many = [b"w" * 2**20] * (DRAIN_LIMIT // 2**20 + 5)
    assert ask(front, Proto(*many), CHUNKED, method="POST").status == 413
    assert front.bodies.budget.total == 0


def test_a_body_for_which_there_is_no_room_is_503(front: Front) -> None:
    front.bodies.budget.most = 300_000
    part = b"v" * 200_000
    answer = ask(front, Proto(part, part), CHUNKED, method="POST")
    assert answer.status == 503
    assert answer.headers["x-told"].startswith("The service is receiving too much")
    assert front.bodies.budget.total == 0
    assert len(part) * 2 < BODY_LIMIT


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1x", "/api/v1/", "/", "//", "*", "", "/api/v1//profiles", "/a"])
def test_no_path_costs_an_answer_or_memory(front: Front, path: str) -> None:
    assert ask(front, Proto(), path=path).status == 200
    assert ask(front, Proto(b"x" * 50_000), ("content-length", "50000"), path=path, method="POST").status == 200
    assert front.bodies.budget.total == 0


def test_what_fails_before_a_thread_is_found_is_answered_and_counted_no_more(
    front: Front, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(front_module, "limits", lambda *_: 1 / 0)
    for line in ([], [("content-length", "50000")]):
        assert ask(front, Proto(b"x" * 50_000), *line).status == 503
    assert front.bodies.budget.total == 0
    assert {record.message for record in caplog.records} == {"a request could not be read"}


def test_a_header_that_can_t_be_read_is_there_all_the_same() -> None:
    scope: Any = Scope(path="/x")
    scope.headers = Headers([("accept", "x")], unreadable=1)
    scope.headers.names = ["accept", "if-match", "x_a"]
    made = environment(scope, b"")
    assert made["HTTP_IF_MATCH"] == UNREADABLE
    assert (made["HTTP_ACCEPT"], "HTTP_X_A" in made) == ("x", False)


def test_a_large_and_a_streamed_answer_come_whole_and_leave_no_file(front: Front) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    large = ask(front, Proto(), path="/large")
    assert (len(large.content), large.headers["content-length"]) == (2**20, str(2**20))
    streamed = ask(front, Proto(), path="/streamed")
    assert (streamed.content, streamed.headers["content-length"]) == (b"onetwo", "6")
    head = ask(front, Proto(), path="/large", method="HEAD")
    assert (head.content, head.headers["content-length"]) == (b"", str(2**20))
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0.2), front.loop).result(ANSWER_SECONDS)
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_who_opens_an_answer_s_file_too_late_finds_nobody_else_s(front: Front) -> None:
    paths = list[str]()
    for _ in range(20):
        ask(front, LateProto(paths), path="/large")
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.03), front.loop).result(ANSWER_SECONDS)
        assert not Path(paths[0]).exists()
    assert len(set(paths)) == 20


def test_a_client_that_has_gone_is_no_fault(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    for path in ("/x", "/large"):
        ask(front, Proto(gone=True), path=path)
    ask(front, Proto(b"1", gone=True), ("content-length", "10"), method="POST")
    assert not caplog.records
    assert ask(front, Proto()).status == 200


def test_what_fails_outside_django_is_answered_and_told(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    answer = ask(front, Proto(), path="/broken")
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert [record.message for record in caplog.records] == ["a request failed outside Django"]
    assert ask(front, Proto()).status == 200


def test_a_request_that_can_t_be_read_is_told_and_no_thread_is_lost(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        proto = Proto()
        asyncio.run_coroutine_threadsafe(front.__rsgi__(object(), proto), front.loop).result(ANSWER_SECONDS)
        assert proto.status == 503
    assert {record.message for record in caplog.records} == {"a request could not be read"}
    assert ask(front, Proto()).status == 200


def test_more_than_can_be_told_why_are_refused_shortly(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MOST_WAITING", 0)
    gate = threading.Event()
    front.application = lambda *arguments: gate.wait(5) and echo(*arguments)  # type: ignore[assignment]  # waits first
    asked = []
    for _ in range(6):
        scope: Any = Scope(path="/x")
        scope.headers = Headers([])
        proto = Proto()
        asked.append((proto, asyncio.run_coroutine_threadsafe(front.__rsgi__(scope, proto), front.loop)))
    threading.Timer(0.3, gate.set).start()
    for _, future in asked:
        future.result(ANSWER_SECONDS)
    assert sorted({proto.status for proto, _ in asked}) == [200, 503]


def test_granian_hands_requests_to_the_threads_directly(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    server: Any = mp
    monkeypatch.setattr(server, "_new_cbscheduler", server._new_cbscheduler)
    scheduling.schedule_directly(front)
    scheduler = server._new_cbscheduler(front.loop, front.__rsgi__, impl_asyncio=True)
    assert isinstance(scheduler, CallbackScheduler)
    monkeypatch.setattr(server, "_new_cbscheduler", None)
    with pytest.raises(TypeError, match="another way"):
        scheduling.schedule_directly(front)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The WSGI application, whose module would set Django up a second time."""
    monkeypatch.setattr(django, "setup", lambda **_: None)
    return importlib.import_module("profiles_project.wsgi").application


@pytest.mark.django_db
@pytest.mark.parametrize("length", [10, 60_000])
def test_a_type_with_endless_parameters_is_not_read(served: Any, length: int) -> None:
    environ = environment(Scope(path="/api/v1/auth/login"), b"{}")
    environ |= {"REQUEST_METHOD": "POST", "HTTP_HOST": "localhost", "CONTENT_TYPE": hostile.content_type(length)}
    statuses: list[str] = []
    response = served(environ, lambda status, *_: statuses.append(status))
    response.close()
    assert statuses[0][:3] in {"415", "422"}
    # One that was read is that of JSON.
    assert (statuses[0][:3] == "415") is (length > 1_000)
