"""The service as a process of its own, on a database of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
STOP_SECONDS = 20


@contextmanager
def service(folder: Path) -> Iterator[int]:
    """`manage.py serve` on SQLite in the folder, ended with the block; its port. It must end cleanly on SIGTERM."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"DEBUG": "true", "DATA_DIR": str(folder), "PORT": str(port), "ALLOWED_HOSTS": "127.0.0.1"}
    with subprocess.Popen([sys.executable, "manage.py", "serve", "--migrate"], cwd=ROOT, env=environment) as server:
        try:
            _wait_for(port, server)
            yield port
        finally:
            server.terminate()
            ended = server.wait(STOP_SECONDS)
    assert ended == 0, ended


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
