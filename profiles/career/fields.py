"""Fields of a career: what each takes, and says where it does not (contract 1.1, 3.1)."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from profiles import partial_dates
from profiles.modelfields import LinkListField, custom_value_fault, extra_fault
from profiles.models import CustomField, Profile, Skill
from profiles_project.api.fields import UNSURE, Document, HttpUrl, Items, Judge, Text, too_many
from profiles_project.texts import TextFault, direction_fault, fault, fold, nfc, too_long
from profiles_project.words.places import NO_FIELDS
from profiles_project.words.sentences import mark, say

# What JSON Schema can say of one; that a month has no 31st, and no year is 0000, it can't.
PARTIAL_DATE = "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"


@extend_schema_field({"type": "string", "pattern": PARTIAL_DATE, "examples": ["2021-03"]})
class PartialDate(Text):
    """A partial date: `2021`, `2021-03` or `2021-03-15` (contract 1.1)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=len("2021-03-15"), **options)

    def to_internal_value(self, data: Any) -> str:
        try:
            # Whatever has another form is refused, so that its normal form need not be made.
            return partial_dates.parse(data)
        except ValueError as exc:
            raise ValidationError(str(exc), code="invalid") from exc

    def short_judge(self) -> Judge | None:
        """The short judge: of dates, and of null."""
        judge_text = super().short_judge()
        if judge_text is None:
            return None

        def judge(data: Any) -> Any:
            text = judge_text(data)
            if text is UNSURE or text is None:
                return text
            try:
                return partial_dates.parse(text)
            except ValueError:
                return UNSURE

        return judge


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ExtraObject(serializers.Field):  # type: ignore[type-arg]  # an object with any JSON as values
    """What an imported document had beyond our fields; null clears it."""

    null_clears = True

    def __init__(self, *, max_bytes: int, **options: Any) -> None:
        self.max_bytes = max_bytes
        super().__init__(**options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None:
            return {}
        if data is not serializers.empty and (fault := extra_fault(data, self.max_bytes)):
            raise ValidationError(*fault)
        return super().run_validation(data)

    def short_judge(self) -> Judge | None:
        """The short judge: of an empty object, which takes no room."""
        return None if self.validators else (lambda data: data if data == {} else UNSURE)

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class LinkName(Text):
    """What a link is called."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if found := direction_fault(text):
            raise ValidationError(*found)
        return text


class LinkSerializer(Document):
    """Where else the person is to be found: the network, the name there, the address."""

    network = LinkName(max_length=LinkListField.MEMBERS["network"])
    username = LinkName(max_length=LinkListField.MEMBERS["username"], required=False, allow_null=True)
    url = HttpUrl(max_length=LinkListField.MEMBERS["url"], required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return {**dict.fromkeys(LinkListField.MEMBERS), **super().to_internal_value(data)}


class LinkList(Items):
    """The links of a person."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=LinkSerializer(), max_length=LinkListField.MAX_ITEMS, **options)


class SkillNames(Items):
    """Skills by name: 1 to 100 characters each; one that is named twice (without case) is taken once; null clears."""

    def __init__(self, **options: Any) -> None:
        child = Text(max_length=Skill._meta.get_field("name").max_length or 0)
        options = {"required": False, "allow_null": True, "max_length": Skill.max_rows, **options}
        super().__init__(child=child, **options)

    def to_internal_value(self, data: Any) -> list[str]:
        first: dict[str, str] = {}
        for name in super().to_internal_value(data):
            first.setdefault(fold(name), name)
        return list(first.values())


CUSTOM_KEY_LENGTH = CustomField._meta.get_field("key").max_length or 0


def custom_key(given: str) -> tuple[str, TextFault | None]:
    """The key of a custom field as it is stored, and what is wrong with it, None where nothing is."""
    key = given.strip()
    wrong = fault(key, CUSTOM_KEY_LENGTH)
    if wrong is None:
        key = nfc(key)
    if wrong == too_long(CUSTOM_KEY_LENGTH) or not 1 <= len(key) <= CUSTOM_KEY_LENGTH:
        wrong = say("The name of a field has 1 to {n} characters.", n=CUSTOM_KEY_LENGTH), "key_length"
    return key, wrong


# For the schema: the map of custom fields.
CUSTOM_FIELDS_SCHEMA = {
    "type": "object",
    "description": "The custom fields by their keys.",
    "additionalProperties": {},
    "maxProperties": CustomField.max_rows,
    "propertyNames": {"maxLength": CUSTOM_KEY_LENGTH},
}


@extend_schema_field(CUSTOM_FIELDS_SCHEMA)
class CustomFields(serializers.Field):  # type: ignore[type-arg]  # a map with any JSON as values
    """The map of custom fields: at most 100 keys of 1 to 50 characters, each value at most 10 KiB as JSON.

    Its value is the list of rows `{key, value}`.
    """

    null_clears = True
    # The most fields.
    max_length = CustomField.max_rows

    default_error_messages = {"not_a_dict": NO_FIELDS}

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **options})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return [] if data is None else super().run_validation(data)

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if not isinstance(data, dict):
            self.fail("not_a_dict")
        if len(data) > self.max_length:
            raise ValidationError(*too_many(self.max_length))
        rows: dict[str, Any] = {}
        errors: dict[str, list[ErrorDetail]] = {}
        for given, value in data.items():
            key, wrong = custom_key(given)
            found = [each for each in (custom_value_fault(value), wrong) if each]
            if not wrong and key in rows:
                found.append((mark("Two fields have this name."), "duplicate"))
            if found:
                errors[given] = [ErrorDetail(*each) for each in found]
            rows[key] = value
        if errors:
            raise ValidationError(errors)
        return [{"key": key, "value": value} for key, value in rows.items()]

    def to_representation(self, value: Any) -> Any:
        return value


class Label(Text):
    """What a profile is called, which it always is: null and an empty text keep what is stored."""

    null_clears = True

    def __init__(self) -> None:
        about = "null or an empty text keeps the label that is stored; a new profile is called Master."
        longest = Profile._meta.get_field("label").max_length or 0
        super().__init__(max_length=longest, required=False, allow_null=True, help_text=about)
