"""Requests by many threads at the same moment or for some time, and what became of each."""

import json as jsonlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
ANSWER_SECONDS = 30
START_SECONDS = 30
# After a failed request, so that a service that is away isn't asked thousands of times.
PAUSE_SECONDS = 0.02


class Answer(NamedTuple):
    """What became of a request: an answer, or status 0 and the name of the connection's error.

    ``headers`` have names in lower case; ``start`` and ``end`` are seconds of the monotonic clock.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    error: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start

    def json(self) -> Any:
        """The body, parsed."""
        return jsonlib.loads(self.content)


class Client:
    """Sends requests over one connection that is kept, or over a new one for each. Not for sharing between threads."""

    def __init__(self, port: int, token: str = "", *, kept: bool = True, seconds: float = ANSWER_SECONDS) -> None:
        self.token = token
        self.kept = kept
        self.connection = HTTPConnection("127.0.0.1", port, timeout=seconds)

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """What becomes of a request; bytes are sent as they are, anything else but None as JSON. It raises nothing."""
        data = jsonlib.dumps(body).encode() if body is not None and not isinstance(body, bytes) else body
        sent = {"Content-Type": "application/json"} if data is not None else {}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        start = time.monotonic()
        try:
            self.connection.request(method, path, data, sent | dict(headers or {}))
            response = self.connection.getresponse()
            content = response.read()
        except (OSError, HTTPException) as error:
            self.connection.close()
            return Answer(0, {}, b"", type(error).__name__, start, time.monotonic())
        if not self.kept:
            self.connection.close()
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, found, content, "", start, time.monotonic())


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Run every call in a thread of its own, all let go at once; their results in the same order."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait(START_SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as executor:
        futures: list[Future[T]] = [executor.submit(run, call) for call in calls]
    return [future.result() for future in futures]


class Load:
    """Callers that each repeat their call; every answer is kept."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.stopping = threading.Event()

    def run(self, call: Callable[[], Answer]) -> None:
        """Repeat the call until the load is told to stop."""
        while not self.stopping.is_set():
            answer = call()
            self.answers.append(answer)
            if not answer.status:
                self.stopping.wait(PAUSE_SECONDS)

    def between(self, start: float, end: float) -> list[Answer]:
        """The answers of the requests that were sent between the two moments."""
        return [answer for answer in self.answers if start <= answer.start < end]


@contextmanager
def load(calls: Sequence[Callable[[], Answer]]) -> Iterator[Load]:
    """Each call is repeated in a thread of its own while the block runs; all have ended when it is left."""
    made = Load()
    threads = [threading.Thread(target=made.run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        made.stopping.set()
        for thread in threads:
            thread.join()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not pass; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
