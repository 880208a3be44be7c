"""Model fields of a career: partial dates, web addresses, lists of strings, JSON kept to the letter.

The API judges its input in serializers; what these fields check themselves is for the admin's forms.
"""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.forms.fields import InvalidJSONInput
from rest_framework.exceptions import ParseError

from profiles import limits, partial_dates
from profiles_project.http.parsers import depth_exceeds, loads
from profiles_project.http.values import nfc


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

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"assume_scheme": "https", **options})


class StrictJSON(forms.JSONField):
    """JSON in a form, read as strictly as in the API: all that staff store can be read and sent back."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            try:
                loads(value.encode())
            except ParseError as exc:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from exc
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        # What is refused is shown as it was typed: Django's own would read it once more, less strictly.
        try:
            self.to_python(data)
        except ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)


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

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": StrictJSON, **options})

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        value = value or []
        fits = isinstance(value, list) and len(value) <= self.max_items
        if not fits or not all(isinstance(each, str) and len(each) <= self.item_max for each in value):
            text = f"This must be a list of at most {self.max_items} texts of at most {self.item_max} characters each."
            # Not the code "invalid", for which the form has a sentence of its own.
            raise ValidationError(text, code="not_a_list")
        return [nfc(each.strip()) for each in value]


class VerbatimJSONField(models.TextField[Any, Any]):
    """Any JSON value of at most 10 KiB, kept as text: PostgreSQL's jsonb would reorder keys and rewrite numbers."""

    # For the type checker, which takes what a TextField takes for a text.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str:
        return as_text(value)

    def value_to_string(self, obj: models.Model) -> Any:
        return self.value_from_object(obj)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        if fault := custom_value_fault(value):
            raise ValidationError(*fault)
        return value

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": StrictJSON, "max_length": None, "required": False, **options})


def as_text(value: Any) -> str:
    """JSON without white space, as it is stored and measured."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def custom_value_fault(value: Any) -> tuple[str, str] | None:
    """What is wrong with the value of a custom field, sentence and code; None where nothing is."""
    if depth_exceeds(value, limits.MAX_CUSTOM_VALUE_DEPTH):
        return f"A value is nested at most {limits.MAX_CUSTOM_VALUE_DEPTH} levels deep.", "max_depth"
    if len(as_text(value).encode()) > limits.MAX_CUSTOM_VALUE_BYTES:
        return "A value has at most 10 KiB as JSON.", "max_size"
    return None
