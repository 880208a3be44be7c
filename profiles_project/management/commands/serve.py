"""`manage.py serve`: the production server."""

import copy
import gc
import importlib
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.module_loading import import_string
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from profiles_project.management.preconditions import require_free_port, require_migrated_database
from profiles_project.memory import give_back
from profiles_project.observe.prometheus import FOLDER, listen

# How many seconds a connection may be silent between two requests, and a request's head may take.
IDLE_SECONDS = 15
# The longest head of a request: a thousand ids in the query fit.
HEAD_BYTES = 64 * 1024
# The most open connections of a process; further ones wait until others are closed.
CONNECTIONS = 4096
# What a process needs beside its connections: files, libraries, the database's and the cache's.
OTHER_FILES = 200
# Seconds for the requests under way when the server is told to stop; container engines wait 10 s.
STOP_SECONDS = 8


def load_application(target: str) -> Any:
    """The RSGI application, for granian, which calls this in each web process."""
    threading.Thread(target=_end_with_main_process, name="main process", daemon=True).start()
    threading.Thread(target=give_back, name="memory", daemon=True).start()
    application = import_string(target)
    # Only here, since it needs Django to be set up.
    importlib.import_module("profiles_project.serving.scheduling").schedule_directly(application)
    # What the application is made of stays; nobody need look through it for garbage.
    gc.freeze()
    # What a request has made refers to itself in circles, its body included, and waits for the collector: who looks
    # through everything five times as often keeps a fifth of the waste.
    gc.set_threshold(700, 10, 1)
    return application


def _end_with_main_process() -> None:
    """A killed main process must not leave web processes behind, which hold the port and nobody would stop."""
    if main := multiprocessing.parent_process():
        main.join()
        # It could not do so itself.
        if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            shutil.rmtree(folder, ignore_errors=True)
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _metrics() -> Iterator[None]:
    """Inside, web processes find the folder in which they count together, and METRICS_PORT is served."""
    if not (settings.METRICS_TOKEN or settings.METRICS_PORT):
        yield
        return
    # Before any web process starts, which takes it over with the environment.
    with tempfile.TemporaryDirectory(prefix="profiles-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        server = None
        if settings.METRICS_PORT:
            server = listen(settings.METRICS_HOST, settings.METRICS_PORT)
        try:
            yield
        finally:
            if server:
                server.shutdown()
                server.server_close()


def _connections() -> int:
    """The number of connections of a process, after raising the limit of open files as far as allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Each may have a file that is sent by it.
    wanted = 2 * CONNECTIONS + OTHER_FILES
    files = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return max(CONNECTIONS // 16, (files - OTHER_FILES) // 2)


class Command(BaseCommand):
    """Serves the API on HOST and PORT with WEB_WORKERS processes until SIGTERM or SIGINT."""

    help = "Serves the API (HOST, PORT, WEB_WORKERS); docs/operations.md explains the settings."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="apply missing migrations first")

    def handle(self, *args: object, migrate: bool, **options: object) -> None:
        if settings.WEB_WORKERS > 1 and not settings.REDIS_URL:
            raise CommandError("WEB_WORKERS above 1 needs REDIS_URL, since local memory is not shared by processes.")
        require_free_port(settings.HOST, settings.PORT)
        if settings.METRICS_PORT:
            require_free_port(settings.METRICS_HOST, settings.METRICS_PORT, "METRICS_PORT")
        if migrate:
            call_command("migrate", interactive=False, verbosity=options["verbosity"])
            connection.close()
        require_migrated_database()
        # Fresh processes instead of forks: nothing of this one is inherited, neither a connection nor a handler that
        # would swallow a SIGTERM which comes while a worker starts.
        multiprocessing.set_start_method("spawn")
        with _metrics():
            self._serve()

    def _serve(self) -> None:
        Granian(
            "profiles_project.rsgi.application",
            address=settings.HOST,
            port=settings.PORT,
            interface=Interfaces.RSGI,
            loop=Loops.uvloop,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=IDLE_SECONDS * 1000, max_buffer_size=HEAD_BYTES),
            websockets=False,
            workers=settings.WEB_WORKERS,
            backlog=CONNECTIONS,
            backpressure=_connections(),
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_SECONDS,
            log_level=LogLevels.warning,
            log_dictconfig=copy.deepcopy(settings.LOGGING),
        ).serve(target_loader=load_application)
