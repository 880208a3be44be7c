"""Hashes of tables' contents: equal where the contents are, on whatever server and in whatever order they lie.

A row is hashed as JSON of its values in the order of the columns' names, rows in the order of their keys. So nothing
counts but the values: neither the server's collation, nor the order of rows on disk, nor that of keys in `jsonb`.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connections, models
from django.db.migrations.recorder import MigrationRecorder

# Rows that are fetched at once: of tables with files in them few, since a row may have 1 MiB.
ROWS_AT_ONCE = 1000
FILES_AT_ONCE = 8


class TableHash(NamedTuple):
    """How many rows a table has, and the SHA-256 over them, in hexadecimal."""

    rows: int
    digest: str


def tables() -> dict[str, type[models.Model]]:
    """Every table of ours by its name, in the order of the names."""
    found = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    found.append(MigrationRecorder.Migration)
    return {
        model._meta.db_table: model
        for model in sorted(found, key=lambda model: model._meta.db_table)
        if not model._meta.proxy
    }


def other_tables(using: str) -> list[str]:
    """The names of tables in the database that are none of ours, and so have no hash."""
    return sorted(set(connections[using].introspection.table_names()) - set(tables()))


def table_hash(model: type[models.Model], using: str, step: Callable[[], object]) -> TableHash:
    """The hash of a table's rows, which are never all in memory; `step` is called for each."""
    columns: list[Any] = sorted(model._meta.concrete_fields, key=lambda field: str(field.column))
    plain = [_plain(field, connections[using].vendor) for field in columns]
    # One for all rows: json.dumps would make one for each.
    encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_text).encode
    names = json.dumps([field.column for field in columns])
    digest, rows = hashlib.sha256(names.encode()), 0
    for row in _rows(model, columns, using):
        values = [convert(value) for convert, value in zip(plain, row, strict=True)]
        digest.update(f"{encode(values)}\n".encode())
        rows += 1
        step()
    return TableHash(rows, digest.hexdigest())


def _rows(model: type[models.Model], columns: list[Any], using: str) -> Iterator[tuple[Any, ...]]:
    """The rows as the database has them, past what the fields make of them, in the order of the keys."""
    connection = connections[using]
    key: Any = model._meta.pk
    quote = connection.ops.quote_name
    order = quote(key.column)
    if isinstance(key, (models.CharField, models.TextField)) and connection.vendor == "postgresql":
        order += ' COLLATE "C"'
    selected = ", ".join(quote(field.column) for field in columns)
    statement = f"SELECT {selected} FROM {quote(model._meta.db_table)} ORDER BY {order}"  # noqa: S608  # our own names
    has_files = any(isinstance(field, models.BinaryField) for field in columns)
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(FILES_AT_ONCE if has_files else ROWS_AT_ONCE):
            yield from rows


def _plain(field: Any, vendor: str) -> Callable[[Any], Any]:
    """What makes a value of a column the same on both databases: SQLite keeps most of them as text or numbers."""
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.ForeignKey):
        return _plain(field.target_field, vendor)
    if isinstance(field, models.UUIDField) and vendor == "sqlite":
        return _uuid
    if isinstance(field, models.BooleanField) and vendor == "sqlite":
        return lambda value: None if value is None else bool(value)
    return lambda value: value


def _json(value: Any) -> Any:
    # Numbers to the letter: two that only Python takes for equal must not hash alike.
    return json.loads(value, parse_float=Decimal) if isinstance(value, (str, bytes)) else value


def _uuid(value: Any) -> Any:
    return value and str(uuid.UUID(value))


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        # SQLite's have no zone; all are UTC.
        moment = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return f"{type(value).__name__} {value}" if isinstance(value, Decimal) else str(value)
