"""Deletes rows that nobody needs any more, by the rules that settings.PRUNE names."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from profiles_project.database import clock

# Rows that one transaction deletes: it holds its locks for some milliseconds.
BATCH = 1000


class Outdated(NamedTuple):
    """Which rows of a table may go: those that `which` finds, given the moment before which nothing is kept."""

    model: type[models.Model]
    keep: dt.timedelta
    which: Callable[[dt.datetime], Q]

    @property
    def table(self) -> str:
        """The table's name."""
        return self.model._meta.db_table

    def rows(self) -> models.QuerySet[models.Model]:
        """What may go now."""
        return self.model._default_manager.filter(self.which(clock.now() - self.keep)).order_by()

    def delete(self) -> Iterator[int]:
        """Delete it batch by batch, giving the number of rows of each."""
        rows = self.rows()
        while deleted := self._delete_batch(rows):
            yield deleted

    def _delete_batch(self, rows: models.QuerySet[models.Model]) -> int:
        with transaction.atomic():
            # Of two workers that delete at once each takes what the other has not; neither waits.
            keys = list(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:BATCH])
            # By the key alone, since what else stands in a row, or in what goes with it, may be large.
            self.model._default_manager.filter(pk__in=keys).only("pk").delete()
        return len(keys)


def rules() -> list[Outdated]:
    """The rules of all tables; a table that refers to another one comes first."""
    return [rule for path in settings.PRUNE for rule in import_string(path)]


def prune() -> int:
    """Delete all that nobody needs any more, and return how many rows: what the worker does every minute."""
    return sum(sum(rule.delete()) for rule in rules())
