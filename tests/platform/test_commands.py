"""The commands that run the service, as processes of their own: what they refuse, what they start, how they end."""

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from profiles_project import probe
from profiles_project.management.commands import run, worker
from profiles_project.management.commands.run import run_together, stop_on_signal
from profiles_project.management.commands.worker import keep_schedule, supervise
from profiles_project.management.preconditions import require_free_port
from tests.support.service.servers import postgresql
from users.tasks import send_mail

pytestmark = pytest.mark.own_servers

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 30
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


def test_an_address_of_another_machine_is_one_sentence() -> None:
    with pytest.raises(CommandError, match=r"^The service cannot listen on 192\.0\.2\.1, port 8000: .+\.$"):
        require_free_port("192.0.2.1", 8000)


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


def test_several_web_processes_without_a_shared_cache_are_refused(settings: Settings) -> None:
    settings.WEB_WORKERS, settings.REDIS_URL = 2, ""
    with pytest.raises(CommandError, match="WEB_WORKERS above 1 needs REDIS_URL"):
        call_command("serve")


def test_the_development_command_is_refused_in_production() -> None:
    with pytest.raises(CommandError, match="`run` is for development"):
        call_command("run")


# What runs --------------------------------------------------------------------------------------------------------


def test_the_server_migrates_if_asked_answers_soon_and_ends_on_sigterm(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", str(service.port))
    monkeypatch.setenv("ALLOWED_HOSTS", "*.localhost")
    assert probe.main() == 1
    assert service.call("migrate").returncode == 0
    with service.start("serve") as server:
        wait_for(service.health, server)
        # On an idle machine it answers within 3 s; the tests' machine is busy, so its work is measured, not its time.
        assert sum(sum(one.cpu_times()[:2]) for one in server.family()) < 3
        assert service.health() == 200
        assert probe.main() == 0
        assert server.end() == 0
    assert "Traceback" not in server.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_signal_ends_the_whole_service(service: Service, number: signal.Signals) -> None:
    with service.start("run") as everything:
        wait_for(lambda: service.health() and "Starting worker" in everything.output, everything)
        assert f"http://127.0.0.1:{service.port}/api/docs" in everything.output
        assert everything.end(number) == 0
    assert "Traceback" not in everything.output
    assert service.health() == 0


def test_a_signal_ends_the_service_while_it_starts(service: Service) -> None:
    assert service.call("migrate").returncode == 0
    with service.start("run") as everything:
        wait_for(lambda: "Ctrl-C ends everything" in everything.output, everything)
        assert everything.end() == 0


@pytest.mark.parametrize("part", ["serve", "worker"])
def test_a_part_that_dies_takes_the_other_with_it(service: Service, part: str) -> None:
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


# In this process ------------------------------------------------------------------------------------------------


@pytest.fixture
def signals() -> Iterator[None]:
    """Puts the handlers back that a command replaces."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


@contextmanager
def signalled_after(what: Callable[[], object]) -> Iterator[None]:
    """Sends SIGTERM to this process as soon as that is true."""

    def watch() -> None:
        deadline = time.monotonic() + SECONDS
        while not what() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    watcher.join()


STAYS = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"]


def staying() -> int:
    """How many of the two run."""
    return sum("time.sleep(60)" in one.cmdline()[-1] for one in psutil.Process().children())


@pytest.mark.usefixtures("signals")
def test_side_by_side_all_end_with_the_first_that_ends() -> None:
    assert run_together({"one": STAYS, "other": [sys.executable, "--version"]}, stop_on_signal()) == "other"
    assert staying() == 0


@pytest.mark.usefixtures("signals")
def test_a_signal_ends_even_those_that_do_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STOP_SECONDS", 0.5)
    with signalled_after(lambda: staying() == 2):
        assert run_together({"one": STAYS, "other": STUBBORN}, stop_on_signal()) is None
    assert staying() == 0


@pytest.mark.usefixtures("signals")
@pytest.mark.django_db(transaction=True)
def test_the_worker_finishes_the_task_under_way(caplog: pytest.LogCaptureFixture) -> None:
    send_mail.enqueue(str(uuid.uuid4()), 0)
    with signalled_after(lambda: "state=RUNNING" in caplog.text):
        call_command("worker")
    assert "state=SUCCESSFUL" in caplog.text


# The worker's parts -----------------------------------------------------------------------------------------------


class Clock(threading.Event):
    """An event that keeps how long it was waited for instead of waiting, and is set after some waits."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.left = waits
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0)
        self.left -= 1
        if self.left <= 0:
            self.set()
        return self.is_set()


def fail() -> None:
    raise OperationalError("the connection is lost")


def test_the_pauses_of_a_worker_that_keeps_failing_double_up_to_half_a_minute() -> None:
    clock = Clock(7)
    supervise(fail, clock)
    assert clock.waited == [1, 2, 4, 8, 16, 30, 30]


def test_a_worker_that_was_well_for_long_begins_with_a_short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LONGEST_PAUSE_SECONDS", -1)
    clock = Clock(3)
    supervise(fail, clock)
    assert clock.waited == [1, 1, 1]


def test_a_scheduled_function_that_fails_disturbs_no_other_and_has_its_next_turn(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stopping = threading.Event()
    calls: list[float] = []

    def called() -> None:
        calls.append(time.monotonic())
        if len(calls) == 3:
            stopping.set()

    keep_schedule({fail: 0.01, called: 0.05}, stopping)
    assert all(later - earlier >= 0.05 for earlier, later in itertools.pairwise(calls))
    messages = [record.message for record in caplog.records]
    assert set(messages) == {"tests.platform.test_commands.fail failed"}
    assert len(messages) > len(calls)
