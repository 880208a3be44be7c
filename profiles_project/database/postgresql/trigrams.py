"""The index by which PostgreSQL finds a word anywhere in a text: a step of migrations, which elsewhere does nothing."""

from typing import Any

from django.db.migrations import RunPython

CREATE = """
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX {name} ON {table} USING gin ({column} gin_trgm_ops)
"""


def trigram_index(table: str, column: str) -> RunPython:
    """Makes the index, and the extension pg_trgm, which comes with PostgreSQL and needs no superuser."""
    name = f"{table}_{column}_words"

    def make(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(CREATE.format(name=name, table=table, column=column))

    def drop(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            # The extension stays, since another index may use it.
            schema_editor.execute(f"DROP INDEX {name}")

    return RunPython(make, drop)
