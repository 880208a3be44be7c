"""Checks before a server or a worker starts. Each refusal is one sentence."""

import errno
import socket

from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor


def require_free_port(host: str, port: int, variable: str = "PORT") -> None:
    """CommandError unless the service can listen there; `variable` is where the port comes from."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(f"Port {port} on {host} is taken: end what listens there, or set {variable}.") from error
        raise CommandError(f"The service cannot listen on {host}, port {port}: {error.strerror}.") from error


def require_migrated_database() -> None:
    """CommandError unless every migration is applied; OperationalError if the database can't be reached.

    No connection is left, so that no process which is started afterwards inherits one.
    """
    try:
        pending = pending_migrations(connection)
    finally:
        connection.close()
    if pending:
        raise CommandError(lacking(pending))


def pending_migrations(database: BaseDatabaseWrapper) -> int:
    """How many migrations that database lacks."""
    executor = MigrationExecutor(database)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def lacking(pending: int) -> str:
    """The sentence that says so."""
    return f"The database lacks {pending} migration{'s' if pending > 1 else ''}: run `manage.py migrate` first."


def why_unusable(error: OperationalError) -> str:
    """One line that says what is wrong with the database."""
    return str(error).strip().splitlines()[0]
