"""The commands that run the service, called in this process: what they refuse, and how their parts are looked after."""

import itertools
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from profiles_project.management.commands import run, worker
from profiles_project.management.commands.run import run_together, stop_on_signal
from profiles_project.management.commands.worker import keep_schedule, supervise
from profiles_project.management.preconditions import require_free_port
from users.tasks import send_mail

SECONDS = 90


@pytest.mark.pure
def test_an_address_of_another_machine_is_one_sentence() -> None:
    with pytest.raises(CommandError, match=r"^The service cannot listen on 192\.0\.2\.1, port 8000: .+\.$"):
        require_free_port("192.0.2.1", 8000)


@pytest.mark.pure
def test_several_web_processes_without_a_shared_cache_are_refused(settings: Settings) -> None:
    settings.WEB_WORKERS, settings.REDIS_URL = 2, ""
    with pytest.raises(CommandError, match="WEB_WORKERS above 1 needs REDIS_URL"):
        call_command("serve")


@pytest.mark.pure
def test_the_development_command_is_refused_in_production() -> None:
    with pytest.raises(CommandError, match="`run` is for development"):
        call_command("run")


# Side by side -----------------------------------------------------------------------------------------------------


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


@pytest.mark.pure
@pytest.mark.usefixtures("signals")
def test_side_by_side_all_end_with_the_first_that_ends() -> None:
    assert run_together({"one": STAYS, "other": [sys.executable, "--version"]}, stop_on_signal()) == "other"
    assert staying() == 0


@pytest.mark.pure
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


@pytest.mark.pure
@pytest.mark.django_db
def test_the_pauses_of_a_worker_that_keeps_failing_double_up_to_half_a_minute() -> None:
    clock = Clock(7)
    supervise(fail, clock)
    assert clock.waited == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.pure
@pytest.mark.django_db
def test_a_worker_that_was_well_for_long_begins_with_a_short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LONGEST_PAUSE_SECONDS", -1)
    clock = Clock(3)
    supervise(fail, clock)
    assert clock.waited == [1, 1, 1]


@pytest.mark.pure
@pytest.mark.django_db
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
    assert set(messages) == {"tests.platform.test_supervision.fail failed"}
    assert len(messages) > len(calls)
