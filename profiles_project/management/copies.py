"""A second database for commands that must never touch the service's own."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from profiles_project.management.preconditions import lacking, pending_migrations, why_unusable
from profiles_project.settings import database

COPY = "copy"


def use_copy(url: str) -> str:
    """Make the database at the address known under the alias COPY; its name.

    CommandError where that is the service's own database by whatever address, can't be reached or isn't migrated.
    """
    try:
        connections.settings[COPY] = connections.configure_settings({DEFAULT_DB_ALIAS: {}, COPY: database(url)})[COPY]
    except ImproperlyConfigured as error:
        raise CommandError(str(error).replace("DATABASE_URL", "--database-url")) from error
    own, copy = connections[DEFAULT_DB_ALIAS], connections[COPY]
    if _address(own.settings_dict) == _address(copy.settings_dict):
        raise CommandError("--database-url is the service's own database (DATABASE_URL): give that of a copy.")
    if copy.vendor == "sqlite" and not Path(copy.settings_dict["NAME"]).is_file():
        # SQLite would make it.
        raise CommandError(f"There is no file {copy.settings_dict['NAME']}.")
    try:
        pending = pending_migrations(copy)
    except OperationalError as error:
        raise CommandError(f"The copy cannot be used: {why_unusable(error)}") from error
    if _is_same_server_and_database(own, copy):
        raise CommandError("--database-url is the service's own database under another address: give that of a copy.")
    if pending:
        raise CommandError(lacking(pending))
    return str(copy.settings_dict["NAME"])


def _address(described: dict[str, Any]) -> tuple[str, ...]:
    if described["ENGINE"] == "django.db.backends.sqlite3":
        return (str(Path(described["NAME"]).resolve()),)
    return tuple(str(described[name]) for name in ("HOST", "PORT", "NAME"))


def _is_same_server_and_database(own: Any, copy: Any) -> bool:
    """Whether two connections lead to one database: a host has many names, and a file may have several."""
    if own.vendor != copy.vendor:
        return False
    if own.vendor == "sqlite":
        path = Path(own.settings_dict["NAME"])
        return path.is_file() and path.samefile(copy.settings_dict["NAME"])
    try:
        return bool(_identity(own) == _identity(copy))
    except OperationalError:
        # The service's own can't be reached from here, and so can't be harmed.
        return False


def _identity(connection: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()")
        return cursor.fetchone()
