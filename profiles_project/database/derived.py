"""Recomputes derived columns of rows that an older release wrote without them."""

from collections.abc import Callable
from typing import Any

from django.db import connection, models, transaction

from profiles_project.database.values import FoldedField, SearchField

ROWS_A_BATCH = 500


def derived_fields(model: type[models.Model]) -> list[Any]:
    """The derived columns of a model."""
    return [field for field in model._meta.concrete_fields if isinstance(field, (FoldedField, SearchField))]


def refill(model: type[models.Model], told: Callable[[int], object] | None = None, *, store: bool = True) -> int:
    """Recompute every derived column and store the wrong ones. Returns the number of rows with a wrong one.

    Rows are locked in batches, so that no change is lost. `told` is called with the number of rows checked.
    """
    fields, wrong, last = derived_fields(model), 0, None
    while True:
        with transaction.atomic():
            rows = _next(model, last, lock=store)
            stale = [row for row in rows if _mend(row, fields)]
            if store and stale:
                model._base_manager.bulk_update(stale, [field.name for field in fields])
        if not rows:
            return wrong
        wrong, last = wrong + len(stale), rows[-1].pk
        if told:
            told(len(rows))


def _next(model: type[models.Model], last: Any, *, lock: bool) -> list[Any]:
    # Not the default manager, which may hide rows.
    rows = model._base_manager.order_by("pk")
    if lock and connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    return list((rows.filter(pk__gt=last) if last is not None else rows)[:ROWS_A_BATCH])


def _mend(row: models.Model, fields: list[Any]) -> bool:
    """Set what the columns should hold; whether one held something else."""
    right = {field.attname: field.derive(row) for field in fields}
    was_wrong = any(getattr(row, name) != value for name, value in right.items())
    for name, value in right.items():
        setattr(row, name, value)
    return was_wrong
