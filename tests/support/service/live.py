"""The service as a process of its own, on a database of its own."""

import json as jsonlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import IO, Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent.parent
# What the service calls its SQLite file.
DATABASE = "db.sqlite3"
START_SECONDS = 120
STOP_SECONDS = 60
ANSWER_SECONDS = 30
IDLE_SECONDS = 2


@cache
def migrated_sqlite() -> bytes:
    """The file of a SQLite database that was migrated and has no row; made once a process, since that takes seconds."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=_environment(Path(folder), {}), check=True)
        return (Path(folder) / DATABASE).read_bytes()


@contextmanager
def service(folder: Path, output: IO[bytes] | None = None, /, **variables: str) -> Iterator[int]:
    """`manage.py serve` in the folder, ended with the block; its port. It must end cleanly on SIGTERM.

    On SQLite and local memory unless ``variables``, which go on top of the environment, name other servers. What it
    prints goes to ``output``, if that is given.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    if "DATABASE_URL" not in variables and not (folder / DATABASE).exists():
        folder.mkdir(exist_ok=True)
        (folder / DATABASE).write_bytes(migrated_sqlite())
    environment = _environment(folder, {"PORT": str(port), **variables})
    command = [sys.executable, "manage.py", "serve", "--migrate"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as server:
        try:
            _wait_for(port, server)
            yield port
        finally:
            server.terminate()
            ended = server.wait(STOP_SECONDS)
    assert ended == 0, ended


@contextmanager
def worker(folder: Path, output: IO[bytes] | None = None, /, **variables: str) -> Iterator[None]:
    """`manage.py worker` in the folder of a `service`, ended with the block. It must end cleanly on SIGTERM."""
    environment = _environment(folder, variables)
    command = [sys.executable, "manage.py", "worker"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as process:
        try:
            yield
        finally:
            process.terminate()
            ended = process.wait(STOP_SECONDS)
    assert ended == 0, ended


def _environment(folder: Path, variables: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return inherited | {"DEBUG": "true", "DATA_DIR": str(folder), "ALLOWED_HOSTS": "127.0.0.1"} | variables


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not answer")


class Answer(NamedTuple):
    """What came back; ``json`` is None where there is no body."""

    status: int
    headers: HTTPMessage
    json: Any


class Caller:
    """Sends requests to a `service` over one connection that is kept. Not for sharing between threads."""

    def __init__(self, port: int) -> None:
        self.token = ""
        self.last_used = time.monotonic()
        self.connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        """The answer to a request below /api/v1; bytes are sent as they are, anything else but None as JSON."""
        data = jsonlib.dumps(body).encode() if body is not None and not isinstance(body, bytes) else body
        headers = {"Content-Type": "application/json"} if data is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if time.monotonic() - self.last_used > IDLE_SECONDS:
            self.connection.close()  # the server may have; the next request opens it again
        self.connection.request(method, f"/api/v1{path}", data, headers)
        response = self.connection.getresponse()
        content = response.read()
        self.last_used = time.monotonic()
        return Answer(response.status, response.headers, jsonlib.loads(content) if content else None)

    def close(self) -> None:
        """Give the connection up."""
        self.connection.close()

    def register(self, email: str, password: str) -> dict[str, Any]:
        """Make an account and go on as its user; the tokens."""
        answer = self.send("POST", "/auth/register", {"email": email, "password": password, "full_name": "Ada"})
        assert answer.status == 201, answer
        tokens: dict[str, Any] = answer.json
        self.token = tokens["access_token"]
        return tokens
