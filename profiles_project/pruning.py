"""Deletes rows that nobody needs any more, by the rules that settings.PRUNE names."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from profiles_project.database import clock

# Rows that one transaction deletes: it holds its locks for some milliseconds.
BATCH = 1000


class Rule(Protocol):
    """What may go of a table."""

    @property
    def model(self) -> type[models.Model]:
        """The table's model."""
        ...

    @property
    def table(self) -> str:
        """The table's name."""
        ...

    def count(self) -> int:
        """How many rows may go now."""
        ...

    def delete(self) -> Iterator[int]:
        """Delete all of them batch by batch, giving the number of rows of each."""
        ...

    def turn(self) -> int:
        """What the worker does every minute: delete all of them, or some where looking for all would take long."""
        ...


@dataclass(frozen=True)
class Outdated:
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

    def count(self) -> int:
        """How many rows may go now."""
        return self.rows().count()

    def turn(self) -> int:
        """Delete all that may go, and return how many rows."""
        return sum(self.delete())

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


def rules() -> list[Rule]:
    """The rules of all tables; a table that refers to another one comes first."""
    return [rule for path in settings.PRUNE for rule in import_string(path)]


def prune() -> int:
    """The worker's turn of each minute at deleting what nobody needs any more. Returns how many rows went."""
    return sum(rule.turn() for rule in rules())
