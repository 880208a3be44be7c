"""Model fields of a career: partial dates, web addresses, lists of strings, JSON kept to the letter.

The API judges its input in serializers; what these fields check themselves is for the admin's forms.
"""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models

from profiles import limits, partial_dates


class PartialDateField(models.CharField[Any, Any]):
    """A partial date as its text: `2021`, `2021-03` or `2021-03-15`. Texts of these forms sort as their days do."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["max_length"] = len("2021-03-15")
        super().__init__(*args, **options)

    def to_python(self, value: Any) -> Any:
        if not value:
            return None
        try:
            return partial_dates.parse(value)
        except ValueError as exc:
            raise ValidationError(str(exc), code="invalid") from exc


class HttpUrlField(models.URLField[Any, Any]):
    """An address with http or https and no other scheme."""

    default_validators = [URLValidator(schemes=["http", "https"])]


class _Unescaped(json.JSONEncoder):
    """Texts as they are, so that a list takes the same room on both databases (`limits` measures it)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class StringListField(models.JSONField[Any, Any]):
    """A list of at most `max_items` strings of at most `item_max` characters each."""

    def __init__(self, *args: Any, item_max: int, max_items: int = 50, **options: Any) -> None:
        self.item_max = item_max
        self.max_items = max_items
        options.setdefault("default", list)
        options.setdefault("blank", True)
        options["encoder"] = _Unescaped
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["encoder"]
        return name, path, args, {**kwargs, "item_max": self.item_max, "max_items": self.max_items}

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        value = value or []
        fits = isinstance(value, list) and len(value) <= self.max_items
        if not fits or not all(isinstance(each, str) and len(each) <= self.item_max for each in value):
            text = f"This must be a list of at most {self.max_items} texts of at most {self.item_max} characters each."
            raise ValidationError(text, code="invalid")
        return value


class VerbatimJSONField(models.TextField[Any, Any]):
    """Any JSON value of at most 10 KiB, kept as text: PostgreSQL's jsonb would reorder keys and rewrite numbers."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str:
        return as_text(value)

    def value_to_string(self, obj: models.Model) -> Any:
        return self.value_from_object(obj)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        if not limits.fits_custom_value(as_text(value)):
            raise ValidationError(limits.CUSTOM_VALUE_TOO_LARGE, code="max_size")
        return value

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": forms.JSONField, "max_length": None, "required": False, **options})


def as_text(value: Any) -> str:
    """JSON without white space, as it is stored and measured."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
