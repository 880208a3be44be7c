"""Makes a copy of the database one for testing: what is personal is invented anew, removed or emptied."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.apps import apps
from django.db import InternalError, connections, models, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import CharField, OuterRef, Subquery, Sum
from django.db.models.functions import Cast, Coalesce

from profiles.maintenance.columns import COLUMNS, Columns, Fate, new_value
from profiles.maintenance.inventions import Inventor
from profiles.models import Profile, Revision
from profiles.models.log import SIZE
from profiles_project.database.derived import derived_fields
from profiles_project.management.progress import bar
from users.models import User

BATCH = 500
# A transaction of another database is waited for so often, for so long.
TRIES, PAUSE_SECONDS = 60, 2.0


class TableWork(NamedTuple):
    """What is to be done to a table; without columns all its rows go."""

    model: type[models.Model]
    columns: Columns
    rows: int

    @property
    def what(self) -> str:
        """The word for it."""
        return "rewritten" if self.columns else "removed"


def plan(using: str) -> list[TableWork]:
    """What is to be done, table by table: first what goes, since what stays may have refused it."""
    removed, rewritten = [], []
    for model in apps.get_models(include_auto_created=True):
        fates = COLUMNS[model._meta.label]
        rows = model._base_manager.using(using).count()
        if isinstance(fates, Fate):
            removed.append(TableWork(model, {}, rows))
        elif columns := {name: fate for name, fate in fates.items() if fate is not Fate.KEPT}:
            rewritten.append(TableWork(model, columns, rows))
    return removed + rewritten


def anonymise(using: str, inventor: Inventor) -> Iterator[TableWork]:
    """Do all of it, table by table, in transactions of some hundred rows; run again after it was broken off."""
    connection = connections[using]
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
    for work in plan(using):
        if work.columns:
            _move_aside(work, using)
            _rewrite(work, using, inventor)
        else:
            with without_triggers(using, work.model._meta.db_table), connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {quote(work.model._meta.db_table)}")  # noqa: S608  # our own name
        yield work
    _count_logs(using)
    _forget(using)


@contextmanager
def without_triggers(using: str, table: str) -> Iterator[None]:
    """The table without what watches over it: the audit log lets nobody delete its entries."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} DISABLE TRIGGER USER")
            yield
            cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} ENABLE TRIGGER USER")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")
        yield
        for _, sql in triggers:
            cursor.execute(sql)


def set_password(using: str, encoded: str) -> None:
    """Give all users the one password."""
    User.objects.using(using).update(password=encoded)


def _move_aside(work: TableWork, using: str) -> None:
    """Put the row's id into columns that must be unique: a new value may be what another row still has."""
    own = {*work.columns, *(field.name for field in derived_fields(work.model))}
    options = work.model._meta
    together = {
        name for rule in options.constraints if isinstance(rule, models.UniqueConstraint) for name in rule.fields
    }
    names = [
        field.name
        for field in options.concrete_fields
        if field.name in own and (field.unique or field.name in together)
    ]
    if names:
        work.model._base_manager.using(using).update(**{name: Cast("pk", CharField()) for name in names})


def _rewrite(work: TableWork, using: str, inventor: Inventor) -> None:
    connection, options = connections[using], work.model._meta
    quote = connection.ops.quote_name
    key: Any = options.pk
    filled = derived_fields(work.model)
    fields: list[Any] = [options.get_field(name) for name in work.columns] + filled
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    assignment = f"UPDATE {quote(options.db_table)} SET {columns} WHERE {quote(key.column)} = %s"  # noqa: S608  # our own names
    with bar(options.db_table, work.rows) as progress:
        for rows in _pages(work.model, using):
            values = []
            for row in rows:
                _set(row, work.columns, inventor)
                new = [
                    field.pre_save(row, add=False) if field in filled else getattr(row, field.attname)
                    for field in fields
                ]
                prepared = [field.get_db_prep_save(each, connection) for field, each in zip(fields, new, strict=True)]
                values.append([*prepared, key.get_db_prep_save(row.pk, connection)])
            with transaction.atomic(using), connection.cursor() as cursor:
                cursor.executemany(assignment, values)
            progress.update(len(rows))


def _pages(model: type[models.Model], using: str) -> Iterator[list[Any]]:
    rows = model._base_manager.using(using).order_by("pk")
    page = list(rows[:BATCH])
    while page:
        last = page[-1].pk
        yield page
        page = list(rows.filter(pk__gt=last)[:BATCH])


def _set(row: models.Model, columns: Columns, inventor: Inventor) -> None:
    """Give the row its new values, each made of the row as it was."""
    new: Mapping[str, Any] = {name: new_value(inventor, row, name, fate) for name, fate in columns.items()}
    for name, value in new.items():
        setattr(row, name, value)


def _count_logs(using: str) -> None:
    """Let each profile know the bytes of its log again."""
    entries = Revision.objects.using(using).filter(profile=OuterRef("pk")).order_by().values("profile")
    total = Coalesce(Subquery(entries.annotate(all=Sum(SIZE)).values("all")), 0)
    Profile.with_trash.using(using).update(log_bytes=total)


def _forget(using: str) -> None:
    """Let no old row stay on disk, and nothing of it in the planner's statistics."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _rewrite_files(cursor)
        else:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rewrite_files(cursor: CursorWrapper) -> None:
    """Have PostgreSQL write all tables anew, its own statistics among them.

    It fails as if data were damaged while a transaction of another database of the server is older than a row of the
    statistics that autovacuum has cleaned up half (PostgreSQL's bugs 18351 and 19519), and does it once that has ended.
    """
    for _ in range(TRIES - 1):
        try:
            cursor.execute("VACUUM (FULL, ANALYZE)")
        except InternalError as error:
            if "missing chunk" not in str(error):
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return
    cursor.execute("VACUUM (FULL, ANALYZE)")
