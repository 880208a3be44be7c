"""How much one profile may hold (contract 3.1), judged when a revision closes (`models/usage.py`)."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.db.models import Count, F, IntegerField, Sum, Value

from profiles_project.api.parsers import MAX_DEPTH
from profiles_project.words.places import label
from profiles_project.words.sentences import say

MAX_PROFILES = 50
# In bytes of UTF-8, counted over texts, lists and keys as they are stored.
MAX_DOCUMENT_BYTES = 4 * 2**20
MAX_CUSTOM_VALUE_BYTES = 10 * 2**10
# What an imported document had beyond our fields: of one item, and of the document itself.
MAX_EXTRA_BYTES = 10 * 2**10
MAX_PROFILE_EXTRA_BYTES = 256 * 2**10
# In the whole document an item's lies at most in `skills`, a list and the item.
MAX_EXTRA_DEPTH = MAX_DEPTH - 4
# In the whole document two objects lie around the value, and it must be fit to be sent back in it.
MAX_CUSTOM_VALUE_DEPTH = MAX_DEPTH - 2


class Bytes(models.Func):
    """The number of bytes of some columns' texts together; those without a value have none."""

    template = "OCTET_LENGTH(CONCAT(%(expressions)s))"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # SQLite has octet_length() only from 3.43 on, and concat() from 3.44 on.
        template = "LENGTH(CAST(IFNULL(%(expressions)s, '') AS BLOB))"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", '') || IFNULL(", **context)


def texts(part: Any) -> dict[str, Any]:
    """The fields of a part that hold texts, by name: their bytes count."""
    fields = {name: part._meta.get_field(name) for name in part.content_fields()}
    kinds = (models.CharField, models.TextField, models.JSONField)
    return {name: field for name, field in fields.items() if isinstance(field, kinds)}


@functools.cache
def bytes_of_keys(part: Any) -> int:
    """The bytes of a row's keys with their quotes."""
    return sum(len(name) + 6 for name in part.content_fields())


def _bytes_of_row(part: Any) -> models.Expression:
    """The size of a row in the document: its texts, and its keys with their quotes."""
    return Bytes(*texts(part)) + bytes_of_keys(part)


def sizes(part: Any, rows: Any, *by: str) -> Any:
    """Name, rows and bytes of each list that is made of these rows of a part, for each value of the columns `by`."""
    return (
        rows.order_by()
        .values(*by, list_name=F(part.list_field) if part.list_field else Value(part.plural))
        .annotate(row_count=Count("pk"), byte_count=Sum(_bytes_of_row(part)))
        .values_list(*by, "list_name", "row_count", "byte_count")
    )


def broken_limits(found: Mapping[str, tuple[int, int]], parts: tuple[Any, ...]) -> list[str]:
    """What is too much in a profile that has so many rows and bytes in each of its lists, a sentence each."""
    most = {name: part.max_rows for part in parts for name in _list_names(part)}
    errors: list[str] = [
        say(
            "{list!c}: at most {most} are allowed; this would make {n}.",
            list=label(name),
            most=most[name],
            n=rows,
        )
        for name, (rows, _) in found.items()
        if rows > most[name]
    ]
    total = sum(size for _, size in found.values())
    if total > MAX_DOCUMENT_BYTES:
        most_mib, size = MAX_DOCUMENT_BYTES // 2**20, round(total / 2**20, 1)
        errors.append(
            say("A profile can be at most {most} MiB; this would make it {size} MiB.", most=most_mib, size=size)
        )
    return errors


def _list_names(part: Any) -> Iterable[str]:
    if not part.list_field:
        return (part.plural,)
    choices: Iterable[tuple[str, str]] = part._meta.get_field(part.list_field).choices
    return [value for value, _ in choices]
