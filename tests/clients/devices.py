"""Devices that run the adapters under `clients/` in Node, and a line to the service that loses what it is told to."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENTS = ROOT / "clients"
# Of the wheel in the development requirements.
NODE = Path(sys.executable).with_name("node")
POLL_SECONDS = 0.01
LIBRARIES = ("rxdb", "watermelon")
# What a proxy hands on; it answers in whole, without compression.
HEADERS = ("Authorization", "Content-Type", "Retry-After", "Content-Length")


class Device:
    """A process that keeps a profile with one of the libraries; tests/clients/lines.ts has its commands."""

    def __init__(self, library: str) -> None:
        script = ROOT / "tests" / "clients" / f"device_{library}.ts"
        self.process = subprocess.Popen([NODE, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, command: str, **values: Any) -> dict[str, Any]:
        """The answer to a command, which may say that it failed."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"do": command, **values}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def do(self, command: str, **values: Any) -> dict[str, Any]:
        """The answer to a command that must work."""
        answer = self.say(command, **values)
        assert answer.pop("ok"), answer
        return answer

    def close(self) -> None:
        """End the process."""
        self.process.communicate(timeout=10)


@contextmanager
def device(library: str) -> Iterator[Device]:
    """A device, ended with the block."""
    made = Device(library)
    try:
        yield made
    finally:
        made.close()


class Line(ThreadingHTTPServer):
    """A line to the service on a port of its own. It notes each push, and loses answers while it `loses` them."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = port
        self.loses = False
        self.pushes: list[Any] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/api/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Line
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._hand_on(None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.pushes.append(json.loads(body)["changes"])
        self._hand_on(body)

    def _hand_on(self, body: bytes | None) -> None:
        self.close_connection = True
        upstream = HTTPConnection("127.0.0.1", self.server.service)
        upstream.request(self.command, self.path, body, {n: self.headers[n] for n in HEADERS if n in self.headers})
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if self.server.loses and body is not None:
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name in HEADERS:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
        """Say nothing of requests."""


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """A line to the service at the port, ended with the block."""
    with Line(port) as line:
        threading.Thread(target=line.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        yield line
        line.shutdown()
