"""Lists of the admin that stay quick over millions of rows and mask personal data."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

# Nobody pages further than this; people search instead.
MOST_LISTED = 10_000
# A filter counts up to this many rows.
MOST_COUNTED = 1_000
DOTS = "•••"


def masked_email(address: str) -> str:
    """An e-mail address as lists show it: the first letter and the domain."""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}{DOTS}@{host}" if host else ""


def masked_phone(phone: str | None) -> str:
    """A phone number as lists show it: its last two characters."""
    return f"{DOTS} {phone[-2:]}" if phone else ""


class CappedPaginator(Paginator[Any]):
    """Counts up to `MOST_LISTED` rows and shows those."""

    def validate_number(self, number: Any) -> int:
        """The last page where there are fewer: rows of a page that was open may be gone."""
        return min(int(number), self.num_pages) if int(number) >= 1 else super().validate_number(number)

    @cached_property
    def count(self) -> int:
        return count_up_to(self.object_list, MOST_LISTED)  # type: ignore[arg-type]  # the admin gives it a queryset


def count_up_to(rows: QuerySet[Any], most: int) -> int:
    """The number of rows, or `most` where there are more. No further rows are read."""
    return rows.order_by().values("pk")[:most].count()


class WordFilter(admin.SimpleListFilter):
    """A filter by a column of few words, which are named here: Django's own looks through the whole table for them.

    `parameter_name` is the column with `__exact` behind it, as in Django's own addresses.
    """

    words: ClassVar[Sequence[str]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, word.replace("_", " ").replace("-", " ").capitalize()) for word in self.words]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if (chosen := self.value()) is None:
            return queryset
        return queryset.filter(**{str(self.parameter_name): chosen}) if chosen in self.words else queryset.none()

    @classmethod
    def of(cls, column: str, words: Sequence[str]) -> "type[WordFilter]":
        """The filter of a column."""
        named = {"title": column.replace("_", " "), "parameter_name": f"{column}__exact", "words": words}
        return type(f"{column.capitalize()}Filter", (cls,), named)


class CountedFilter(admin.SimpleListFilter):
    """A filter whose choices say how many rows they have in the whole list.

    `choices` maps each query value to its label and its filter.
    """

    choice: ClassVar[Mapping[str, tuple[str, Q]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (name, f"{words} ({self._how_many(model_admin.model, which)})") for name, (words, which) in self.table()
        ]

    def table(self) -> list[tuple[str, tuple[str, Q]]]:
        """The choices in their order."""
        return list(self.choice.items())

    def rows(self, model: type[Model]) -> QuerySet[Any]:
        """What is counted, of all rows of the model."""
        return model._default_manager.all()

    def _how_many(self, model: type[Model], which: Q) -> str:
        found = count_up_to(self.rows(model).filter(which), MOST_COUNTED + 1)
        return f"{found:,}" if found <= MOST_COUNTED else f"more than {MOST_COUNTED:,}"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if (name := self.value()) is None:
            return queryset
        chosen = dict(self.table()).get(name)
        return queryset.filter(chosen[1]) if chosen else queryset.none()
