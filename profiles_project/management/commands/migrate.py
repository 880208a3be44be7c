"""`manage.py migrate`, safe to be started by several replicas at once."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

# The number of the advisory lock; nothing else in this database uses it.
LOCK = 5_087_226_431


class Command(migrate.Command):
    """Django's command; on PostgreSQL one process migrates while others wait, and a statement may take its time."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            # Others may wait for the whole migration, but a table that is in use is waited for as briefly as ever.
            cursor.execute("SET lock_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            cursor.execute("RESET lock_timeout")
            try:
                super().handle(*args, **options)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
                cursor.execute("RESET statement_timeout")
