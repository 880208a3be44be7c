"""Expressions for the bytes that columns take."""

from typing import Any

from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce


class Octets(models.Func):
    """The number of bytes of a column's text or content, as it was given; null where it is null.

    PostgreSQL knows it without reading what lies outside the row.
    """

    function = "OCTET_LENGTH"
    output_field = models.BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # SQLite has octet_length() only from 3.43 on.
        return self.as_sql(compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))", **context)


def octets(*columns: str, more: int = 0) -> Any:
    """The bytes of some columns of a row together, and so many more for the row itself."""
    total: Any = Value(more, models.BigIntegerField())
    for column in columns:
        total += Coalesce(Octets(column), 0)
    return total
