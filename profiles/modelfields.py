"""Model fields of a career: partial dates, web addresses, lists of strings, JSON kept to the letter.

The API judges its input in serializers; what these fields check themselves is for the admin's forms.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.forms.fields import InvalidJSONInput
from rest_framework.exceptions import ParseError

from profiles import limits, partial_dates
from profiles_project.api.parsers import TooManyParts, depth_exceeds, loads
from profiles_project.texts import TextFault, address_fault, direction_fault, fault, nfc, too_long
from profiles_project.words.places import NO_FIELDS
from profiles_project.words.sentences import mark, say
from profiles_project.words.wording import worded


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
            raise in_form(str(exc), "invalid") from exc


_is_http_url = URLValidator(schemes=["http", "https"])
# In characters, white space and escapes included; the largest list and the largest custom field fit in.
LONGEST_JSON = 400_000


def in_form(sentence: str, code: str) -> ValidationError:
    """The fault as a form shows it."""
    return ValidationError(worded(sentence), code=code)


def _check_address(url: str) -> None:
    if found := address_fault(url):
        raise in_form(*found)


class HttpUrlField(models.URLField[Any, Any]):
    """An address with http or https and no other scheme, which does not mislead."""

    default_validators = [_is_http_url, _check_address]

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"assume_scheme": "https", **options})


class StrictJSON(forms.JSONField):
    """JSON in a form, read as strictly as in the API: all that staff store can be read and sent back."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            if len(value) > LONGEST_JSON:
                raise in_form(*too_long(LONGEST_JSON))
            try:
                loads(value.encode())
            except (ParseError, TooManyParts) as exc:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from exc
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        # Refused text is shown as it was typed: Django would parse it again, less strictly.
        try:
            self.to_python(data)
        except ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)


class StrictJSONList(StrictJSON):
    """The same for a list. An empty box and null are the empty list: the columns take no null."""

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return [] if found is None else found


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
        return super().formfield(**{"form_class": StrictJSONList, **options})

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        value = value or []
        fits = isinstance(value, list) and len(value) <= self.max_items
        if not fits or not all(isinstance(each, str) and len(each) <= self.item_max for each in value):
            text = f"This must be a list of at most {self.max_items} texts of at most {self.item_max} characters each."
            # Not the code "invalid", for which the form has a sentence of its own.
            raise ValidationError(text, code="not_a_list")
        for found in filter(None, (fault(each, self.item_max) for each in value)):
            raise in_form(*found)
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
        return compact_json(value)

    def value_to_string(self, obj: models.Model) -> Any:
        return self.value_from_object(obj)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        if fault := custom_value_fault(value):
            raise in_form(*fault)
        return value

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": StrictJSON, "max_length": None, "required": False, **options})


class ExtraField(VerbatimJSONField):
    """An object of at most `max_bytes` as JSON: what an imported document had beyond our fields."""

    def __init__(self, *args: Any, max_bytes: int = limits.MAX_EXTRA_BYTES, **options: Any) -> None:
        self.max_bytes = max_bytes
        # The previous release, which runs on while this one is rolled out, writes rows without it.
        super().__init__(*args, **{"default": dict, "db_default": {}, "blank": True, **options})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "max_bytes": self.max_bytes}

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        if fault := extra_fault(value, self.max_bytes):
            raise in_form(*fault)
        return value


class LinkListField(models.JSONField[Any, Any]):
    """Where else the person is to be found: a list of at most 50 objects {network, username, url}."""

    MAX_ITEMS = 50
    # Each member with the number of its characters; only the network must be there.
    MEMBERS: ClassVar[dict[str, int]] = {"network": 50, "username": 100, "url": 200}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"default": list, "db_default": [], "blank": True, **options, "encoder": _Unescaped})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["encoder"]
        return name, path, args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        # PostgreSQL's jsonb puts keys into an order of its own; what is shown and compared has ours.
        links = super().from_db_value(value, expression, connection)
        return [{name: each[name] for name in self.MEMBERS} for each in links or ()]

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": StrictJSONList, **options})

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        links = value or []
        if not isinstance(links, list) or len(links) > self.MAX_ITEMS:
            text = f"This must be a list of at most {self.MAX_ITEMS} objects with network, username and url."
            raise ValidationError(text, code="not_a_list")
        if not all(self._resembles_link(each) for each in links):
            raise ValidationError("A link is an object with network, username and url, each a text.", code="not_a_link")
        cleaned = [{name: (each.get(name) or "").strip() or None for name in self.MEMBERS} for each in links]
        for sentence in filter(None, map(self._fault, cleaned)):
            # Not the code "invalid", for which the form has a sentence of its own.
            raise in_form(sentence, "not_a_link")
        return [{name: text and nfc(text) for name, text in link.items()} for link in cleaned]

    def _resembles_link(self, value: Any) -> bool:
        is_object = isinstance(value, dict) and value.keys() <= self.MEMBERS.keys()
        return is_object and all(each is None or isinstance(each, str) for each in value.values())

    def _fault(self, link: Mapping[str, str | None]) -> str | None:
        """What the API would refuse in a link of texts."""
        if link["network"] is None:
            return mark("The name of the network is missing.")
        for name, most in self.MEMBERS.items():
            text = link[name] or ""
            if len(text) > most:
                return too_long(most)[0]
            if found := fault(text, most) or direction_fault(text):
                return found[0]
        if found := address_fault(link["url"] or ""):
            return found[0]
        try:
            _is_http_url(link["url"] or "https://example.org")
        except ValidationError:
            return mark("Enter a complete web address, such as https://example.com/page.")
        return None


# Made once: with options of its own `json.dumps` makes one for each value.
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def compact_json(value: Any) -> str:
    """JSON without white space, as it is stored and measured."""
    return _compact.encode(value)


def _is_larger(value: Any, most: int) -> bool:
    """Whether a value has more bytes as JSON. What is far larger is not written out to be measured."""
    room, rest = most, [value]
    while rest and room >= 0:
        each = rest.pop()
        room -= len(each) if isinstance(each, (str, list, dict)) else 1
        if room >= 0 and isinstance(each, (list, dict)):
            # Of an object these are the keys.
            rest += each
            rest += each.values() if isinstance(each, dict) else ()
    return room < 0 or len(compact_json(value).encode()) > most


def _too_deep(levels: int) -> TextFault:
    return say("This can be nested {n} levels deep at most.", n=levels), "max_depth"


def _too_big(most: int) -> TextFault:
    return say("This can be at most {n} KiB.", n=most // 2**10), "max_size"


def custom_value_fault(value: Any) -> tuple[str, str] | None:
    """What is wrong with the value of a custom field, sentence and code; None where nothing is."""
    if depth_exceeds(value, limits.MAX_CUSTOM_VALUE_DEPTH):
        return _too_deep(limits.MAX_CUSTOM_VALUE_DEPTH)
    if _is_larger(value, limits.MAX_CUSTOM_VALUE_BYTES):
        return _too_big(limits.MAX_CUSTOM_VALUE_BYTES)
    return None


def extra_fault(value: Any, max_bytes: int) -> tuple[str, str] | None:
    """What is wrong with what shall be kept beside our fields, sentence and code; None where nothing is."""
    if not isinstance(value, dict):
        return NO_FIELDS, "invalid"
    if depth_exceeds(value, limits.MAX_EXTRA_DEPTH):
        return _too_deep(limits.MAX_EXTRA_DEPTH)
    if _is_larger(value, max_bytes):
        return _too_big(max_bytes)
    return None
