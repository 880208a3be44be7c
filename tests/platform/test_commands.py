"""The commands that run the service, as processes of their own: what they refuse, what they start, how they end."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from profiles_project import probe
from tests.support.service.live import DATABASE, migrated_sqlite
from tests.support.service.servers import postgresql

pytestmark = pytest.mark.own_servers

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 90
SERVICE_VARIABLES = {"ALLOWED_HOSTS", "APP_LINK_BASE", "DATABASE_URL", "DEBUG", "EMAIL_URL", "REDIS_URL"} | {
    "SECRET_KEY",
    "JWT_SIGNING_KEY",
    "WEB_WORKERS",
}
# Files a task that finds nothing to do; its end shows in the worker's log.
FILE_A_TASK = "import uuid; from users.tasks import send_mail; send_mail.enqueue(str(uuid.uuid4()), 0)"


class Service:
    """A machine with a database of its own on which commands of manage.py are started."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        inherited = {name: value for name, value in os.environ.items() if name not in SERVICE_VARIABLES}
        own = {"DEBUG": "true", "DATA_DIR": str(data_dir), "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        self.environment = inherited | own | variables
        self.data_dir = data_dir

    def migrate_sqlite(self) -> None:
        """Put a migrated SQLite file in place, without a process that makes it."""
        self.data_dir.mkdir()
        (self.data_dir / DATABASE).write_bytes(migrated_sqlite())

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def refusal(self, *arguments: str) -> str:
        """The one line in which a command refuses to start."""
        result = self.call(*arguments)
        assert result.returncode == 1, result
        [line] = result.stderr.strip().splitlines()
        return line

    @contextmanager
    def start(self, command: str) -> Iterator["Started"]:
        """Start a command that stays; whatever is left of it on leaving is killed."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started = Started(process)
        try:
            yield started
        finally:
            for member in started.family():
                member.kill()
            process.wait(SECONDS)
            started.close()

    def health(self) -> int:
        """The status of /health, 0 where nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return int(answer.status)
        except OSError:
            return 0


class Started:
    """A command that runs, and everything that it has started."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        # Ends when the last process that holds the other end of the pipe has ended, however it came to be.
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        self.lines.extend(self.process.stdout)

    def close(self) -> None:
        """Give the pipe back."""
        self.reader.join(SECONDS)
        assert self.process.stdout
        self.process.stdout.close()

    @property
    def output(self) -> str:
        """What it and everything below it has printed so far."""
        return "".join(self.lines)

    def family(self) -> list[psutil.Process]:
        """It and all below it that run."""
        try:
            head = psutil.Process(self.process.pid)
            return [head, *head.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def member(self, command: str) -> psutil.Process:
        """The process below it that runs the command."""
        [found] = [one for one in self.family() if one.cmdline()[-2:] == ["manage.py", command]]
        return found

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal to it alone, see that nothing of it stays behind, and return its exit status."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Wait until nothing of it is left, and return its exit status."""
        status = self.process.wait(SECONDS)
        self.reader.join(SECONDS)
        assert not self.reader.is_alive(), f"something stayed behind:\n{self.output}"
        return status


def wait_for(what: Callable[[], object], started: Started) -> None:
    """Return when that is true; fail with the command's output if it never is."""
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline, started.output
        assert started.process.poll() is None, started.output
        time.sleep(0.05)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A machine on which nothing was started yet, with the embedded database."""
    return Service(tmp_path / "data")


# What is refused --------------------------------------------------------------------------------------------------


def test_settings_that_are_missing_are_one_sentence(service: Service) -> None:
    service.environment["DEBUG"] = "false"
    assert "SECRET_KEY, JWT_SIGNING_KEY, ALLOWED_HOSTS, APP_LINK_BASE, EMAIL_URL" in service.refusal("serve")


@pytest.mark.parametrize("command", ["serve", "run"])
def test_a_port_that_is_taken_is_one_sentence(service: Service, command: str) -> None:
    with socket.create_server(("127.0.0.1", service.port)):
        line = service.refusal(command)
    assert line == f"CommandError: Port {service.port} on 127.0.0.1 is taken: end what listens there, or set PORT."


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_that_lacks_migrations_is_one_sentence(service: Service, command: str) -> None:
    assert re.fullmatch(
        r"CommandError: The database lacks \d+ migrations: run `manage.py migrate` first.", service.refusal(command)
    )


def test_a_database_that_is_away_is_one_sentence_which_says_why(service: Service) -> None:
    service.environment["DATABASE_URL"] = f"postgresql://u:p@127.0.0.1:{service.port}/name"
    line = service.refusal("worker")
    assert line.startswith("The database cannot be used: ")
    assert line.endswith("Connection refused")


# What runs --------------------------------------------------------------------------------------------------------


def test_the_server_migrates_if_asked_answers_soon_and_ends_on_sigterm(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", str(service.port))
    monkeypatch.setenv("ALLOWED_HOSTS", "*.localhost")
    assert probe.main() == 1
    assert service.call("migrate").returncode == 0
    began = sum(os.times()[2:4])
    assert service.call("check").returncode == 0
    # What a process needs for importing and checking all of it.
    once = sum(os.times()[2:4]) - began
    with service.start("serve") as server:
        wait_for(service.health, server)
        # On an idle machine it answers within 3 s; how fast the tests' machine is varies, so its work is measured, in
        # that of one process.
        assert sum(sum(one.cpu_times()[:2]) for one in server.family()) < 3 * once
        assert service.health() == 200
        assert probe.main() == 0
        assert server.end() == 0
    assert "Traceback" not in server.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_signal_ends_the_whole_service(service: Service, number: signal.Signals) -> None:
    # That it starts from nothing is shown once.
    if number != signal.SIGTERM:
        service.migrate_sqlite()
    with service.start("run") as everything:
        wait_for(lambda: service.health() and "Starting worker" in everything.output, everything)
        assert f"Preparing the database {service.data_dir / DATABASE}.\n" in everything.output
        for path in ("/guide/", "/api/docs", "/admin/"):
            assert f" http://127.0.0.1:{service.port}{path}\n" in everything.output
        assert everything.end(number) == 0
    assert "Traceback" not in everything.output
    assert service.health() == 0


def test_a_signal_ends_the_service_while_it_starts(service: Service) -> None:
    service.migrate_sqlite()
    with service.start("run") as everything:
        wait_for(lambda: "Ctrl-C ends everything" in everything.output, everything)
        assert everything.end() == 0


@pytest.mark.parametrize("part", ["serve", "worker"])
def test_a_part_that_dies_takes_the_other_with_it(service: Service, part: str) -> None:
    service.migrate_sqlite()
    with service.start("run") as everything:
        wait_for(lambda: service.health() and "Starting worker" in everything.output, everything)
        everything.member(part).kill()
        assert everything.ended() == 1
    assert f"`{part}` ended by itself, so everything was ended" in everything.output
    assert service.health() == 0


def test_a_worker_that_loses_the_database_starts_again_by_itself(tmp_path: Path) -> None:
    with postgresql() as database:
        service = Service(tmp_path / "data", DATABASE_URL=database.url)
        assert service.call("migrate").returncode == 0
        with service.start("worker") as started:
            wait_for(lambda: "Starting worker" in started.output, started)
            database.stop()
            wait_for(lambda: "it starts again in 1 s" in started.output, started)
            database.start()
            assert service.call("shell", "--verbosity=0", "--command", FILE_A_TASK).returncode == 0
            wait_for(lambda: "state=SUCCESSFUL" in started.output, started)
            assert started.end() == 0


def test_replicas_may_migrate_at_once(tmp_path: Path) -> None:
    with postgresql() as database:
        service = Service(tmp_path / "data", DATABASE_URL=database.url)
        with service.start("migrate") as one, service.start("migrate") as other:
            assert [one.ended(), other.ended()] == [0, 0], one.output + other.output
        assert "No migrations to apply" in one.output + other.output
