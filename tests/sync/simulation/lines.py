"""The network between a device and the service: an HTTP proxy that fails as networks do."""

import json
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.sync.simulation.journal import Journal
from tests.sync.simulation.mortal import HEADER

ANSWER_SECONDS = 60
# granian takes a process that ends within 5.5 s of its start for one that can't start, and gives up.
BETWEEN_KILLS = 12
# Not handed on: they are of one connection.
OWN_HEADERS = {"host", "connection", "keep-alive", "transfer-encoding", "content-length"}


class Kills:
    """Says when the service may lose a process again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = -math.inf

    def is_next(self) -> bool:
        """Whether a process may go now; it goes then."""
        with self._lock:
            if time.monotonic() - self._last < BETWEEN_KILLS:
                return False
            self._last = time.monotonic()
            return True


@dataclass(frozen=True)
class Weather:
    """How often something happens to a request, as shares of one, and what at most.

    A request and an answer to a push are lost on each line once at least, unless their share is nothing.
    """

    cut: float = 0.04
    longest_cut: int = 6
    lost: float = 0.06
    slow: float = 0.05
    longest_wait: float = 0.05
    deadly: float = 0.1

    # Which kills are far enough apart, for all lines.
    kills: Kills = field(default_factory=Kills)

    def calm(self) -> "Weather":
        """One in which nothing happens."""
        return replace(self, cut=0, lost=0, slow=0, deadly=0)


class Line:
    """A device's line to the service on `port`, reachable at `url`; `seen` counts what went over it and what failed."""

    def __init__(self, port: int, weather: Weather, seed: int, name: str, journal: Journal) -> None:
        self.port = port
        self.name = name
        self.journal = journal
        self.weather = weather
        self.random = random.Random(seed)  # noqa: S311  # the same in each run
        self.seen: Counter[str] = Counter()
        # So many requests more find nobody.
        self.cut = 0
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.line = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/v1"

    @contextmanager
    def laid(self) -> Iterator["Line"]:
        """The line is there inside."""
        thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()

    def is_cut(self) -> bool:
        """Whether this request finds nobody."""
        if not self.cut and self._happens("partitions", self.weather.cut):
            self.cut = self.random.randint(1, self.weather.longest_cut)
            self.seen["partitions"] += 1
        if not self.cut:
            return False
        self.cut -= 1
        return True

    def _happens(self, name: str, share: float) -> bool:
        """Whether the event is drawn, or owed since the line has not `seen` it."""
        return self._is_drawn(share) or (share > 0 and not self.seen[name])

    def _is_drawn(self, share: float) -> bool:
        return self.random.random() < share

    def carry(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, list[Any], bytes] | None:
        """The service's answer; None where it does not arrive."""
        if self.is_cut():
            return None
        if self._is_drawn(self.weather.slow):
            time.sleep(self.random.random() * self.weather.longest_wait)
        is_push = method == "POST"
        if is_push and self._is_drawn(self.weather.deadly) and self.weather.kills.is_next():
            headers = {**headers, HEADER: "yes"}
            self.seen["kills"] += 1
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            self.seen["failed"] += 1
            return None
        finally:
            connection.close()
        is_lost = self._happens("lost answers", self.weather.lost) if is_push else self._is_drawn(self.weather.lost)
        self._count(answer.status, content, is_push=is_push)
        if answer.status == 200:
            sent = json.loads(body) if is_push else None
            self.journal.answered(self.name, method, sent, json.loads(content), arrived=not is_lost)
        if is_lost:
            self.seen["lost answers"] += is_push
            return None
        return answer.status, answer.getheaders(), content

    def _count(self, status: int, content: bytes, *, is_push: bool) -> None:
        self.seen[str(status)] += 1
        if is_push and status == 200:
            results = json.loads(content)["results"]
            self.seen["pushes"] += 1
            self.seen.update(result["status"] for result in results)


class _Server(ThreadingHTTPServer):
    """One thread a connection."""

    line: Line
    daemon_threads = True
    block_on_close = False


class _Handler(BaseHTTPRequestHandler):
    """Hands one request after the other on; a failure ends the connection without a word."""

    server: _Server
    protocol_version = "HTTP/1.1"
    # Small answers go at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def _carry(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in OWN_HEADERS}
        answer = self.server.line.carry(self.command, self.path, body, headers)
        if answer is None:
            self.close_connection = True
            return
        status, told, content = answer
        self.send_response_only(status)
        for name, value in told:
            if name.lower() not in OWN_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _carry  # noqa: N815  # names of the base class

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            # The device has gone.
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
        pass
