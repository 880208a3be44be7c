"""Model fields of a career: partial dates, lists of strings, JSON kept to the letter."""

import json
from typing import Any

from django.db import models


class PartialDateField(models.CharField[Any, Any]):
    """A partial date as its text: `2021`, `2021-03` or `2021-03-15`. Texts of these forms sort as their days do."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["max_length"] = len("2021-03-15")
        super().__init__(*args, **options)


class StringListField(models.JSONField[Any, Any]):
    """A list of at most `max_items` strings of at most `item_max` characters each."""

    def __init__(self, *args: Any, item_max: int, max_items: int = 50, **options: Any) -> None:
        self.item_max = item_max
        self.max_items = max_items
        options.setdefault("default", list)
        options.setdefault("blank", True)
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "item_max": self.item_max, "max_items": self.max_items}


class VerbatimJSONField(models.TextField[Any, Any]):
    """Any JSON value, kept as text: PostgreSQL's jsonb would reorder keys and rewrite numbers."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def value_to_string(self, obj: models.Model) -> Any:
        return self.value_from_object(obj)
