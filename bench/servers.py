"""Starts what is compared: this service, the peer and the naive one, on one PostgreSQL and one Redis, all on loopback.

PostgreSQL runs as it would in service on a machine of 24 GiB, and is as durable as it is by default.
"""

import http.client
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict
from redis import Redis

from bench.measuring.load import LoadError
from tests.faults.stage import Program, free_port, wait_for
from tests.support.service.servers import Server, answers_sql, guarded_folder, postgresql, redis

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
# Prints the statement that makes a document, with all its values but the profile's id written into it.
DOCUMENT_STATEMENT = """
from django.db import connection
from psycopg.sql import Literal
from profiles.career.rendering import _DOCUMENT
from profiles_project.database.prepared import Parameter
found = _DOCUMENT.compiled_on(connection)
written = ("%s" if isinstance(each, Parameter) else Literal(each).as_string() for each in found.parameters)
print(found.sql % tuple(written))
"""
# Prints the number of the document's format, which every entity tag has in it.
FORMAT_NUMBER = "from profiles.career.rendering import FORMAT; print(FORMAT)"
# As many as the service's own setting gives it.
THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)
POSTGRESQL = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # A quarter of the memory, the rest for the operating system's cache of files.
    "shared_buffers": "6GB",
    "effective_cache_size": "16GB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    # The data lies on a solid-state disk.
    "random_page_cost": "1.1",
}
# What the service's DATABASE_URL needs in front of a pooler in transaction mode (docs/operations.md).
POOLED_QUERY = "?prepared=0"
# What is limited of the works, and how much a user may do of it.
SCOPES = ("DEFAULT", "BULK", "BULK_ITEMS", "SYNC", "IMPORT", "EXPORT")
NO_LIMIT = "99999999/m"
# Redis gives up what was not used for the longest time, as docs/operations.md recommends.
REDIS = {"maxmemory": "1gb", "maxmemory-policy": "volatile-lru"}


class Service:
    """A running web service: where it listens, how long its start took, and how much memory its workers have."""

    def __init__(self, name: str, port: int, program: Program, cache_url: str, start_seconds: float) -> None:
        self.name = name
        self.port = port
        self.program = program
        self.cache_url = cache_url
        self.start_seconds = start_seconds
        self.most_resident = 0
        # Programs of its own between it and the database.
        self.beside: list[psutil.Process] = []

    @property
    def url(self) -> str:
        """The base of its addresses."""
        return f"http://127.0.0.1:{self.port}"

    def note_memory(self) -> None:
        """Remember the resident size of the largest worker, in bytes, if it is larger than any before."""
        for worker in self.program.web_workers():
            with suppress(psutil.NoSuchProcess):
                self.most_resident = max(self.most_resident, worker.memory_info().rss)

    @property
    def processes(self) -> list[psutil.Process]:
        """The roots of all the processes that work for it alone."""
        return [psutil.Process(self.program.process.pid), *self.beside]

    def flush_cache(self) -> None:
        """Empty the service's database of Redis."""
        with Redis.from_url(self.cache_url) as client:
            client.flushdb()


class Machine:
    """PostgreSQL, Redis and the environment of the services that run on them; `key` signs access tokens."""

    def __init__(self, folder: Path, database: Server, cache: Server) -> None:
        self.folder = folder
        self.database = database
        self.cache = cache
        self.key = secrets.token_hex(32)
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "DEBUG": "false",
            "DATA_DIR": str(folder / "data"),
            "SECRET_KEY": secrets.token_hex(32),
            "JWT_SIGNING_KEY": self.key,
            "ALLOWED_HOSTS": "127.0.0.1",
            "APP_LINK_BASE": "https://app.example",
            "EMAIL_URL": f"filemail:///{folder}/mails",
            "SECURE_SSL_REDIRECT": "false",
            # They are counted, and no load run meets them.
            **{f"RATELIMIT_{scope}": NO_LIMIT for scope in SCOPES},
            "DATABASE_URL": database.url,
            "WEB_WORKERS": str(WORKERS),
        }
        # Each service has a database of Redis of its own.
        self.services = 0

    def migrate(self) -> None:
        """Bring the database to the service's newest migration."""
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        program = Program(command, self.environment, self.folder / "migrate.log")
        if program.process.wait():
            raise RuntimeError(f"The migrations failed:\n{program.log.read_text(errors='replace')[-2000:]}")

    def document_statement(self) -> str | None:
        """The one statement with which the service makes a document, `%s` for the profile's id; None if it has none."""
        return self._printed(DOCUMENT_STATEMENT) or None

    def _printed(self, code: str) -> str:
        """What such lines of Python print within the service; empty where they fail."""
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        result = subprocess.run(  # noqa: S603  # our own words
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        return result.stdout.strip()

    def sql(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    @contextmanager
    def service(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> Iterator[Service]:
        """A server of web requests, ready when the block begins and ended with it; PORT in the command is its port.

        RuntimeError with the end of its log where it does not come up.
        """
        port = free_port()
        cache_url = f"{self.cache.url.rpartition('/')[0]}/{self.services}"
        self.services += 1
        environment = {**self.environment, "PORT": str(port), "REDIS_URL": cache_url, **variables}
        started = time.monotonic()
        program = Program(
            [part.replace("PORT", str(port)) for part in command], environment, self.folder / f"{port}.log"
        )
        try:
            with suppress(TimeoutError):
                wait_for(lambda: program.process.poll() is not None or answers(port))
            if program.process.poll() is not None or not answers(port):
                log = program.log.read_text(errors="replace")
                raise RuntimeError(f"{name} does not answer. Its log ends:\n{log[-2000:]}")
            seconds = time.monotonic() - started
            wait_for(lambda: len(program.web_workers()) == WORKERS)
            yield Service(name, port, program, cache_url, seconds)
        except LoadError as error:
            # It lies in a folder that is gone with the run.
            error.add_note(f"The log of {name} ends:\n{program.log.read_text(errors='replace')[-4000:]}")
            raise
        finally:
            program.end()

    def ours(self, name: str = "ours", **variables: str) -> AbstractContextManager[Service]:
        """Our service, by its own command for production; its access log goes to a file, as all it prints."""
        return self.service(name, [sys.executable, "manage.py", "serve"], variables)

    def peer(self, name: str, *, cache: bool = False, lines: bool = False) -> AbstractContextManager[Service]:
        """The service on FastAPI and asyncpg, with a cache in Redis, or with ids and lines of requests."""
        command = [sys.executable, "-m", "uvicorn", "bench.peer.app:app", "--workers", str(WORKERS), "--port", "PORT"]
        command += ["--host", "127.0.0.1", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
        variables = {
            "PEER_CACHE": "true" if cache else "false",
            "PEER_LINES": "true" if lines else "false",
            "PEER_FORMAT": self._printed(FORMAT_NUMBER),
        }
        return self.service(name, command, variables)

    def naive(self, name: str) -> AbstractContextManager[Service]:
        """Nested serializers of Django REST framework, on this service's own server."""
        return self.service(name, _granian("bench.naive.wsgi:application"), {})

    def floor(self, name: str) -> AbstractContextManager[Service]:
        """A bare WSGI function on this service's own server, which shows the documents that are put into its Redis."""
        return self.service(name, _granian("bench.floor.wsgi:application"), {})


def _granian(application: str) -> list[str]:
    command = [sys.executable, "-m", "granian", application, "--interface", "wsgi"]
    command += ["--http", "1", "--no-ws", "--host", "127.0.0.1", "--port", "PORT"]
    return [*command, "--workers", str(WORKERS), "--blocking-threads", str(THREADS)]


def answers(port: int) -> bool:
    """Whether anything answers a request on the port, whatever it says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


@contextmanager
def machine() -> Iterator[Machine]:
    """PostgreSQL with a migrated, empty database, and Redis."""
    with ExitStack() as stack:
        folder = stack.enter_context(guarded_folder())
        database = stack.enter_context(postgresql(**POSTGRESQL))
        cache = stack.enter_context(redis(**REDIS))
        made = Machine(folder, database, cache)
        made.migrate()
        yield made


@contextmanager
def pgbouncer(database: Server) -> Iterator[Server]:
    """PgBouncer in transaction mode in front of the database. Raises FileNotFoundError if not installed."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise FileNotFoundError("pgbouncer")
    parts = conninfo_to_dict(database.url)
    port = free_port()
    with guarded_folder() as folder:
        account = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\n{parts['dbname']} = host=127.0.0.1 port={parts['port']} user={parts['user']}"
            f" password={parts['password']}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            "pool_mode = transaction\ndefault_pool_size = 20\nmax_client_conn = 500\n"
            "ignore_startup_parameters = options,extra_float_digits\n"
        )
        if account:
            shutil.chown(folder, account)
        url = f"postgresql://{parts['user']}@127.0.0.1:{port}/{parts['dbname']}"
        server = Server(folder, [program, "-q", configuration], url, is_ready=lambda: answers_sql(url), account=account)
        server.start()
        try:
            yield server
        finally:
            server.stop()
