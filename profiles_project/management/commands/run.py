"""`manage.py run`: the whole service on a developer's machine."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from profiles_project.management.preconditions import require_free_port

# Longer than the server itself takes at most for the requests under way.
STOP_SECONDS = 12
PARTS = ("serve", "worker")
# Where somebody begins who sees the service for the first time.
PAGES = (
    ("Developers of clients", "/guide/"),
    ("All operations of the API", "/api/docs"),
    ("Support staff", "/admin/"),
)


class Command(BaseCommand):
    """Migrates, makes demo data on the first start, then runs web and worker until one Ctrl-C or SIGTERM ends both."""

    help = "Runs the whole service for development: migrations, demo data, web and worker."

    def handle(self, *args: object, **options: object) -> None:
        if not settings.DEBUG:
            raise CommandError("`run` is for development (DEBUG=true); production has `serve` and `worker`.")
        stopping = stop_on_signal()
        require_free_port(settings.HOST, settings.PORT)
        self.stdout.write(f"Preparing the database {connection.settings_dict['NAME']}.")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("demo", stdout=self.stdout)
        connection.close()
        base = f"http://{settings.HOST}:{settings.PORT}"
        self.stdout.write("Where to go:")
        for page, path in PAGES:
            self.stdout.write(f"  {page + ':':<27}{base}{path}")
        self.stdout.write("Ctrl-C ends everything.")
        self.stdout.flush()
        ended = run_together({part: [sys.executable, "manage.py", part] for part in PARTS}, stopping)
        if ended:
            raise CommandError(f"`{ended}` ended by itself, so everything was ended; its reason stands above.")


def stop_on_signal() -> threading.Event:
    """From now on a signal to end sets this event and does nothing else."""
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return stopping


def run_together(commands: Mapping[str, Sequence[str]], stopping: threading.Event) -> str | None:
    """Run the commands side by side until the event is set or one of them ends, then end all.

    Returns the name of the one that ended by itself, None after a signal. Each one leads a process group of its own: a
    Ctrl-C in the terminal reaches this process alone, and what a command leaves behind can be ended with its group.
    """
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, arguments in commands.items():
            processes[name] = subprocess.Popen(  # noqa: S603  # our own commands
                arguments, cwd=settings.BASE_DIR, start_new_session=True
            )
        while not stopping.wait(0.1):
            for name, process in processes.items():
                if process.poll() is not None:
                    return name
        return None
    finally:
        end(list(processes.values()))


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask every process to end, then kill what is left of their groups."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
