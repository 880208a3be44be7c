"""Serializer fields that take exactly what the contract says (1.1, 3.1) and say plainly what is wrong.

`null_clears` on a field says that null is taken and never given back: it clears to an empty value, or keeps a value
that must be there.

Nearly all values are plainly right, and a bulk request holds thousands of them. So a field may give a *short judge*,
made once of the field's own settings and validators: it takes what was sent and returns the valid value, or UNSURE.
Then the field's `run_validation` judges as if there were no short judge; it alone knows what is wrong, and says so.
"""

import math
import re
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Final, NamedTuple, cast

from django.core.validators import (
    MaxLengthValidator,
    MinLengthValidator,
    ProhibitNullCharactersValidator,
    URLValidator,
)
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import SkipField, empty
from rest_framework.settings import api_settings
from rest_framework.utils.serializer_helpers import BindingDict
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from profiles_project.api.errors import MOST_FAULTS, faults
from profiles_project.database.values import is_storable, parse_id
from profiles_project.texts import MOST_MARKS, TextFault, address_fault, fault, is_normal, nfc, too_long
from profiles_project.words.places import EMPTY, NO_FIELDS, one_of
from profiles_project.words.sentences import mark, say, say_many

Judge = Callable[[Any], Any]
# What a short judge says of a value that is not plainly right.
UNSURE: Final = object()
# By which methods a field judges.
_JUDGING = {"run_validation", "validate_empty_values", "to_internal_value", "run_validators", "get_validators"}


def short_judge(field: Any) -> Judge | None:
    """The short judge of a field, None where it has none.

    A class that judges in its own way inherits none: the short judge of its base would leave out what it adds.
    """
    if field.read_only or field.source == "*":
        return None
    for kind in type(field).__mro__:
        if "short_judge" in vars(kind):
            short: Judge | None = field.short_judge()
            return short
        if not _JUDGING.isdisjoint(vars(kind)):
            return None
    return None


class FieldJudge(NamedTuple):
    """A field that takes a value, and what judging needs of it. Without a short judge, `short` is the whole one."""

    name: str
    source: str
    field: Any
    short: Judge
    is_required: bool

    @classmethod
    def of(cls, field: Any, short: Judge | None) -> "FieldJudge":
        """The judge of a field with this short judge."""
        return cls(str(field.field_name), str(field.source), field, short or field.run_validation, field.required)

    def judge(self, value: Any) -> Any:
        """The valid value. Raises ValidationError."""
        valid = self.short(value)
        return self.field.run_validation(value) if valid is UNSURE else valid


def judge_of(field: Any) -> FieldJudge:
    """The judge of a field that stands alone."""
    return FieldJudge.of(field, short_judge(field))


class Template(NamedTuple):
    """A field that is bound to no serializer, and its short judge."""

    field: Any
    short: Judge | None


@cache
def templates(serializer_class: Any) -> Mapping[str, Template]:
    """The fields of a serializer class. DRF would make them anew for each instance, which costs more than judging."""
    return {name: Template(field, short_judge(field)) for name, field in serializer_class().get_fields().items()}


def twin(field: Any) -> Any:
    """A field with the settings of an unbound one, to be bound to an instance, as its child is to the field."""
    # As `copy.copy` does, in a fifth of the time.
    made = object.__new__(type(field))
    vars(made).update(vars(field))
    if child := getattr(field, "child", None):
        made.child = twin(child)
        made.child.parent = made
    return made


_LENGTH_AND_STORABILITY = (
    MinLengthValidator,
    MaxLengthValidator,
    ProhibitNullCharactersValidator,
    ProhibitSurrogateCharactersValidator,
)


class Text(serializers.CharField):
    """A string: stripped, in NFC, counted in characters. Where null is allowed, an empty one is null."""

    default_error_messages = {"invalid": mark("This must be text.")}

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def run_validation(self, data: Any = empty) -> Any:
        if data is empty or data is None or self.read_only:
            return super().run_validation(data)
        if not isinstance(data, str):
            # DRF would format any value, however large, to see whether the text is empty.
            self.fail("invalid")
        if not (text := data.strip()):
            return None if self.allow_null else super().run_validation(data)
        value = self.to_internal_value(text)
        shortest, longest = self._lengths
        length = len(value)
        if length > longest:
            # Before the other rules, some of which take long for a long text.
            raise ValidationError(*too_long(longest))
        if length < shortest:
            raise ValidationError(
                say_many("Use at least one character.", "Use at least {n} characters.", shortest), "min_length"
            )
        if not is_storable(value):
            code = "null_characters_not_allowed" if "\0" in value else "surrogate_characters_not_allowed"
            raise ValidationError(mark("This contains a character that can't be stored."), code)
        self.run_validators(value)
        return value

    def short_judge(self) -> Judge | None:
        """The short judge: of texts that need nothing but stripping, and of null."""
        if self._other_validators:
            return None
        shortest, longest = self._lengths
        # What an empty text means depends on more than its length.
        shortest = max(shortest, 1)
        null = None if self.allow_null else UNSURE

        def judge(data: Any) -> Any:
            if data.__class__ is not str:
                return null if data is None else UNSURE
            text = data.strip()
            if not shortest <= len(text) <= longest or "\0" in text:
                return UNSURE
            return text if text.isascii() or (is_normal(text) and is_storable(text)) else UNSURE

        return judge

    def to_internal_value(self, data: Any) -> str:
        text: str = data.strip()
        if text.isascii():
            return text
        # A text this short is cheap to normalise whatever it holds.
        if len(text) > MOST_MARKS and (found := fault(text, self._lengths[1])):
            raise ValidationError(*found)
        return nfc(text)

    @cached_property
    def _lengths(self) -> tuple[int, int]:
        """The shortest and the longest length that the validators let pass."""
        shortest = [each.limit_value for each in self.validators if isinstance(each, MinLengthValidator)]
        longest = [each.limit_value for each in self.validators if isinstance(each, MaxLengthValidator)]
        return max(shortest, default=0), min(longest)

    @property
    def _other_validators(self) -> list[Any]:
        """The validators that check anything but length and storability."""
        return [each for each in self.validators if not isinstance(each, _LENGTH_AND_STORABILITY)]


class Email(Text, serializers.EmailField):
    """An e-mail address of at most 254 characters (RFC 5321)."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 254)
        options["error_messages"] = {"invalid": mark("Enter a complete e-mail address, such as name@example.com.")}
        super().__init__(**options)


# The scheme stands before the first colon, unless a port follows that: `example.com:8080/a` has none.
_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d{1,5}(?:[/?#]|$))")
# Nearly all addresses: a host of Latin letters in lower case without a port, and a path of the usual characters.
_PLAIN_URL = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)++[a-z]{2,63}(?:/[A-Za-z0-9._~/?#@:&=%+,!-]*)?"
)
_LONGEST_HOST = 253


class HttpUrl(Text):
    """An http or https URL. One without a scheme, as people type it, gets `https://`."""

    default_error_messages = {
        "scheme": mark("A web address must begin with https:// or http://."),
        "invalid_url": mark("Enter a complete web address, such as https://example.com/page."),
    }
    _is_url = URLValidator(schemes=["http", "https"], message=default_error_messages["invalid_url"])

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(self._is_url)

    def short_judge(self) -> Judge | None:
        """The short judge: of plain addresses, and of null."""
        if self._other_validators != [self._is_url]:
            return None
        shortest, longest = self._lengths
        # In a longer address the host may be too long.
        longest = min(longest, _LONGEST_HOST)
        null = None if self.allow_null else UNSURE

        def judge(data: Any) -> Any:
            if data.__class__ is not str:
                return null if data is None else UNSURE
            return data if shortest <= len(data) <= longest and _PLAIN_URL.fullmatch(data) else UNSURE

        return judge

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _SCHEME.match(text):
            text = "https://" + text.removeprefix("//")
        elif not text[: len("https://")].lower().startswith(("http://", "https://")):
            self.fail("scheme")
        if found := address_fault(text):
            raise ValidationError(*found)
        return text


class Flag(serializers.BooleanField):
    """Exactly true or false. Null clears to `cleared`."""

    null_clears = True
    default_error_messages = {"invalid": mark("This must be true or false.")}

    def __init__(self, *, cleared: bool = False, **options: Any) -> None:
        self.cleared = cleared
        super().__init__(**options)

    def run_validation(self, data: Any = empty) -> Any:
        if data is None:
            return self.cleared
        if data is not empty and not isinstance(data, bool):
            self.fail("invalid", input=data)
        return super().run_validation(data)

    def short_judge(self) -> Judge | None:
        """The short judge: of true and false."""
        return None if self.validators else (lambda data: data if data is True or data is False else UNSURE)


class Choice(serializers.ChoiceField):
    """One of some words. A refusal names them, where DRF's own sentence sends back what was sent, however long."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except (ValidationError, TypeError):
            raise ValidationError(one_of(tuple(self.choices)), "invalid_choice") from None

    def short_judge(self) -> Judge | None:
        """The short judge: of the words themselves."""
        words = {word: word for word in self.choices if isinstance(word, str)}
        return None if self.validators else (lambda data: words.get(data, UNSURE) if data.__class__ is str else UNSURE)


class _Bounded:
    """A number within bounds, of which DRF would speak in words of its own."""

    def run_validators(self: Any, value: Any) -> None:
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(say("This must be {n} or less.", n=_plain(self.max_value)), "max_value")
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(say("This must be {n} or more.", n=_plain(self.min_value)), "min_value")


def _plain(bound: float) -> float:
    """The bound without a fraction of nothing."""
    return int(bound) if bound == int(bound) else bound


class Number(_Bounded, serializers.FloatField):
    """A finite JSON number."""

    default_error_messages = {"invalid": mark("This must be a number.")}

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, (int, float)) or not math.isfinite(data):
            self.fail("invalid")
        return float(data)

    def short_judge(self) -> Judge | None:
        """The short judge: of fractions, and of null."""
        least = -sys.float_info.max if self.min_value is None else self.min_value
        most = sys.float_info.max if self.max_value is None else self.max_value
        null = None if self.allow_null else UNSURE

        def judge(data: Any) -> Any:
            if data.__class__ is not float:
                return null if data is None else UNSURE
            return data if least <= data <= most else UNSURE

        return judge


class WholeNumber(_Bounded, serializers.IntegerField):
    """A JSON number without a fraction."""

    default_error_messages = {"invalid": mark("This must be a whole number.")}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class ItemId(serializers.UUIDField):
    """A UUID that a client may choose; an empty one is none."""

    null_clears = True
    default_error_messages = {"invalid": mark("This id is not valid.")}

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("allow_null", True)
        super().__init__(**options)

    def run_validation(self, data: Any = empty) -> uuid.UUID | None:
        value: uuid.UUID | None = super().run_validation(None if data == "" and self.allow_null else data)
        return value

    def to_internal_value(self, data: Any) -> uuid.UUID:
        try:
            return parse_id(data)
        except ValueError:
            self.fail("invalid", value=data)

    def short_judge(self) -> Judge | None:
        """The short judge: of ids, and of none."""
        none = None if self.allow_null else UNSURE

        def judge(data: Any) -> Any:
            if data is None or data == "":
                return none
            try:
                return parse_id(data)
            except ValueError:
                return UNSURE

        return None if self.validators else judge


def list_fault(items: Any, shortest: int, longest: int) -> TextFault | None:
    """What is wrong with a value as a list of such a length, with DRF's codes; None for a valid one."""
    if not isinstance(items, list):
        holds_more = isinstance(items, Mapping) and any(isinstance(each, (list, Mapping)) for each in items.values())
        text = mark("Send the list itself, without anything around it.") if holds_more else mark("This must be a list.")
        return text, "not_a_list"
    if len(items) > longest:
        return too_many(longest)
    if len(items) < shortest:
        return say_many("Add at least one entry.", "Add at least {n} entries.", shortest), "min_length"
    return None


def too_many(longest: int) -> TextFault:
    """The fault of a list of more than `longest` items."""
    return say("Use at most {n} entries.", n=longest), "max_length"


def judge_each(judge: Callable[[Any], Any], items: Sequence[Any], most_faults: int = MOST_FAULTS) -> list[Any]:
    """The results of `judge` for all items. Raises ValidationError with the faults by index.

    Judging stops after `most_faults` faults, which bounds the cost of a refused list.
    """
    values: list[Any] = []
    errors: Any = {}
    found = 0
    for index, item in enumerate(items):
        try:
            values.append(judge(item))
        except ValidationError as exc:
            errors[index] = exc.detail
            found += sum(1 for _ in faults(exc.detail))
            if found > most_faults:
                break
    if errors:
        raise ValidationError(errors)
    return values


def most_faults(field: serializers.Field[Any, Any, Any, Any], items: Sequence[Any]) -> int:
    """After how many faults the field stops judging these items; the context's `most_faults` may allow more."""
    # Looked up for long lists only: DRF walks up to the root serializer for the context.
    return int(field.context.get("most_faults", MOST_FAULTS)) if len(items) > MOST_FAULTS else MOST_FAULTS


class Items(serializers.ListField):
    """A list of at most `max_length` items. How many there are is judged before any of them; null clears it."""

    null_clears = True

    def __init__(self, *, max_length: int, **options: Any) -> None:
        self.max_length: int
        super().__init__(max_length=max_length, **options)

    def run_validation(self, data: Any = empty) -> Any:
        if data is None and self.allow_null:
            return []
        # DRF's own method would judge the length a second time.
        return self.to_internal_value(data) if isinstance(data, list) else super().run_validation(data)

    def short_judge(self) -> Judge | None:
        """The short judge: of lists whose items are plainly right."""
        judge = short_judge(self.child)
        if judge is None:
            return None
        shortest, longest = self.min_length or 0, self.max_length

        def judge_items(data: Any) -> Any:
            if data.__class__ is not list or not shortest <= len(data) <= longest:
                return UNSURE
            values = list(map(judge, data))
            return UNSURE if UNSURE in values else values

        return judge_items

    @cached_property
    def _child_judge(self) -> Judge:
        return judge_of(self.child).judge

    def sized(self, data: Any) -> list[Any]:
        """The value, if it is a list of a length that may be. Raises ValidationError."""
        if found := list_fault(data, self.min_length or 0, self.max_length):
            raise ValidationError(*found)
        return cast("list[Any]", data)

    def to_internal_value(self, data: Any) -> Any:
        data = self.sized(data)
        return judge_each(self._child_judge, data, most_faults(self, data))


class StringList(Items):
    """A list of strings of at most `item_max` characters each."""

    def __init__(self, *, item_max: int, max_length: int = 50, **options: Any) -> None:
        super().__init__(child=Text(max_length=item_max, allow_blank=True), max_length=max_length, **options)


class NamedMembers(serializers.DictField):
    """A map of what its clients name."""

    default_error_messages = {"not_a_dict": NO_FIELDS}


@extend_schema_field({"description": "Any JSON value, null included."})
class AnyJSON(serializers.Field):  # type: ignore[type-arg]  # any JSON value in, the same out
    """Any JSON value, kept as it was sent."""

    def run_validation(self, data: Any = empty) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class Document(serializers.Serializer[Any]):
    """A serializer that leaves absent fields alone and reports all faults at once.

    An absent field keeps its stored value, so nothing is filled in for it. A required field may be absent only where
    the row is stored already and the request changes a part of it (`partial`).
    """

    default_error_messages = {"invalid": NO_FIELDS, "null": EMPTY}
    # For the schema: the fields that a request must carry, where that differs from what the fields themselves say.
    schema_required: tuple[str, ...] | None = None
    # For the schema: whether a request may come without a body. Elsewhere an empty one is 400.
    may_be_absent = False

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None and self.root is self:
            # DRF's own words for a whole body that is null are no sentence.
            raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [self.error_messages["invalid"]]}, code="null")
        return super().validate_empty_values(data)

    @cached_property
    def fields(self) -> BindingDict:
        """The fields of this instance, which hold nothing of their own but to whom they belong."""
        fields = BindingDict(self)
        for name, template in templates(type(self)).items():
            fields[name] = twin(template.field)
        return fields

    @cached_property
    def judges(self) -> Mapping[str, FieldJudge]:
        """The judges of the fields that take a value, by name."""
        known = templates(type(self))
        fields = self.fields.items()
        return {name: FieldJudge.of(field, known[name].short) for name, field in fields if not field.read_only}

    def member(self, name: str, data: Mapping[str, Any]) -> Any:
        """What knows the keys in a member of this object: its field, None where nobody knows the member."""
        return self.fields.get(name)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return self.valid(data, is_partial=self.partial)

    def valid(self, data: Any, *, is_partial: bool, **known: Any) -> dict[str, Any]:
        """The values of `judge`. Raises ValidationError with all faults where there is any."""
        values, errors = self.judge(data, is_partial, **known)
        if errors:
            raise ValidationError(errors)
        return values

    def judge(self, data: Any, is_partial: bool, **known: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: FBT001  # one flag, named by all callers
        """The valid value of each field that was sent, and the faults of the others by field.

        `known` is what `broken_rules` needs to know beside them. Raises ValidationError for what is no object.
        """
        values, errors = self.judge_fields(data, is_partial=is_partial)
        valid = {name: value for name, value in values.items() if name not in errors} if errors else values
        for name, message, code in self.broken_rules(valid, errors, **known):
            errors.setdefault(name, [ErrorDetail(message, code)])
        return values, errors

    def judge_fields(self, data: Any, *, is_partial: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """The same, each field by itself: no rule between fields counts."""
        if data is None:
            self.fail("null")
        if not isinstance(data, dict):
            raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [self.error_messages["invalid"]]}, code="invalid")
        values: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        get = data.get
        for name, source, field, short, is_required in self.judges.values():
            sent = get(name, empty)
            if sent is empty:
                if is_required and not is_partial:
                    errors[name] = [ErrorDetail(str(field.error_messages["required"]), "required")]
                continue
            try:
                # As `FieldJudge.judge` does, without a call for each value.
                value = short(sent)
                values[source] = field.run_validation(sent) if value is UNSURE else value
            except ValidationError as exc:
                errors[name] = exc.detail
            except SkipField:
                pass
        return values, errors

    def broken_rules(self, values: Mapping[str, Any], errors: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Field, sentence and code of each rule between fields that is broken; rules of faulty fields are left out."""
        return []
