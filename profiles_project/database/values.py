"""Values that every app shares: identifiers, and columns of texts that compare without case."""

import uuid
from collections.abc import Sequence

import uuid_utils.compat
from django.db import models

from profiles_project.texts import fold, search_key

# The largest number that a column of numbers as ids holds.
LARGEST_ID = 2**63 - 1


def new_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): unique, and later ones sort after earlier ones."""
    return uuid_utils.compat.uuid7()


def parse_id(text: object) -> uuid.UUID:
    """The UUID in a text in its one spelling, in either case; ValueError for anything else.

    Python's own reading takes braces, URNs, dashes anywhere and the digits of every script.
    """
    if not isinstance(text, str) or str(value := uuid.UUID(text)) != text.lower():
        raise ValueError("This is no UUID.")
    return value


def is_storable(text: str) -> bool:
    """Whether a text has neither a NUL nor half of a surrogate pair, which PostgreSQL can't keep."""
    if text.isascii():
        return "\0" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


class FoldedField(models.CharField[str, str]):
    """A column that holds `fold()` of another field of the row, filled whenever the row is saved."""

    def __init__(self, *, source: str, **options: object) -> None:
        self.source = source
        self.sources = (source,)
        options.setdefault("editable", False)
        super().__init__(**options)  # type: ignore[arg-type]  # CharField's options, passed on

    def deconstruct(self) -> tuple[str, str, list[object], dict[str, object]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, list(args), {**kwargs, "source": self.source}

    def derive(self, instance: models.Model) -> str:
        """What the column of this row should hold."""
        return fold(getattr(instance, self.source))

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001  # Django's signature
        value = self.derive(model_instance)
        setattr(model_instance, self.attname, value)
        return value


class SearchField(models.TextField[str, str]):
    """A column that holds `search_key()` of other fields of the row, filled whenever the row is saved.

    A release that does not know the column leaves it empty; `manage.py rebuild_search` fills it then.
    """

    def __init__(self, *, sources: Sequence[str], **options: object) -> None:
        self.sources = tuple(sources)
        options = {"editable": False, "default": "", "db_default": "", **options}
        super().__init__(**options)  # type: ignore[arg-type]  # TextField's options, passed on

    def deconstruct(self) -> tuple[str, str, list[object], dict[str, object]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, list(args), {**kwargs, "sources": self.sources}

    def derive(self, instance: models.Model) -> str:
        """What the column of this row should hold."""
        return search_key(*(getattr(instance, source) for source in self.sources))

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001  # Django's signature
        value = self.derive(model_instance)
        setattr(model_instance, self.attname, value)
        return value
