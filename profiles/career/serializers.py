"""What the API takes in and how it is judged. Answers are rendered by `rendering`; both follow the models' fields."""

import functools
import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

from profiles.career import matching
from profiles.career.fields import CustomFields, ExtraObject, Label, LinkList, PartialDate, SkillNames
from profiles.modelfields import (
    ExtraField,
    LinkListField,
    PartialDateField,
    StringListField,
)
from profiles.models import COMPONENTS, Component, CustomField, Profile, Skill
from profiles.models.parts import Rule
from profiles_project.api.fields import (
    Choice,
    Document,
    Email,
    FieldJudge,
    Flag,
    HttpUrl,
    ItemId,
    Items,
    Number,
    StringList,
    Text,
    judge_each,
    judge_of,
    list_fault,
    most_faults,
)
from profiles_project.texts import fold
from profiles_project.words.sentences import mark

# More than this many items in one bulk request are work for a background job, which takes so many (contract 4).
BULK_LIMIT = 100
JOB_LIMIT = 1_000


class ModelDocument(Document, serializers.ModelSerializer[Any]):
    """A `Document` whose fields and limits are those of a model."""

    # For a serializer of leaves only: its fields keep nothing of a request, so one set of them serves all instances.
    shares_fields = False

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.EmailField: Email,
        models.URLField: HttpUrl,
        models.BooleanField: Flag,
        models.FloatField: Number,
        PartialDateField: PartialDate,
    }
    serializer_choice_field = Choice

    @cached_property
    def fields(self) -> Any:
        return _sharer(type(self)).fields if self.shares_fields else super().fields

    @cached_property
    def judges(self) -> Mapping[str, FieldJudge]:
        return _sharer(type(self)).judges if self.shares_fields else super().judges

    def get_validators(self) -> list[Any]:
        # Uniqueness is the database's to hold; DRF's validators would ask it once for every row.
        return []

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict[str, Any]]:
        if isinstance(model_field, StringListField):
            sizes = {"item_max": model_field.item_max, "max_length": model_field.max_items}
            return StringList, {**sizes, "required": False, "allow_null": True}
        if isinstance(model_field, ExtraField):
            return ExtraObject, {"max_bytes": model_field.max_bytes, "required": False, "allow_null": True}
        if isinstance(model_field, LinkListField):
            return LinkList, {"required": False, "allow_null": True}
        field_class, options = super().build_standard_field(field_name, model_field)
        if issubclass(field_class, HttpUrl):
            # What the model's own kind of field checks, ours does.
            others = options.get("validators", ())
            options["validators"] = [each for each in others if each not in model_field.default_validators]
        if isinstance(model_field, PartialDateField):
            options.pop("max_length", None)
        if options.get("allow_null"):
            # Text makes null of an empty string itself.
            options.pop("allow_blank", None)
        if field_name in getattr(self.Meta.model, "named_if_unknown", ()):
            options |= {"required": True, "help_text": "Null where nobody knows it."}
        aliases = getattr(self.Meta.model, "aliases", {})
        if alias := next((alias for alias, name in aliases.items() if name == field_name), None):
            options["help_text"] = f"`{alias}` is taken for it, too."
        if issubclass(field_class, Flag):
            options |= {"allow_null": True, "required": False, "cleared": model_field.default}
        return field_class, options


@functools.cache
def _sharer(serializer_class: type[ModelDocument]) -> ModelDocument:
    """The instance whose fields and judges all serializers of leaves share. Nothing else of it is used."""
    sharer = serializer_class()
    # It alone has its own.
    sharer.shares_fields = False
    return sharer


class ItemListSerializer(serializers.ListSerializer[Any]):
    """A list of items, each judged together with the row that is stored for it.

    `existing` holds those rows by id; without it they are those of the context's `profile`, the one under revision.
    With `needs_ids` each item must name one of them; without it, one that has no id is looked for among them. Where the
    change is partial (the argument, or the context's `partial` for a list in a document) a known item may lack required
    fields; a new one never may.
    """

    null_clears = True

    def __init__(
        self,
        *args: Any,
        existing: Mapping[uuid.UUID, Component] | None = None,
        needs_ids: bool = False,
        is_partial: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.existing = existing
        self.needs_ids = needs_ids
        self.is_partial = is_partial
        # DRF gives the child what was said of the list: a list may be null, an item in it never.
        cast("ItemSerializer", self.child).allow_null = False

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return [] if data is None and self.allow_null else super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        # Before anything is looked up for the items, or they themselves are looked at.
        sized: Any = self
        check_list(data, sized.min_length or 0, sized.max_length)
        stored = self._stored()
        is_partial = self.is_partial or bool(self.context.get("partial"))
        child = cast("ItemSerializer", self.child)
        seen: set[uuid.UUID] = set()

        def judge(named: tuple[Any, uuid.UUID | None]) -> dict[str, Any]:
            item, item_id = named
            row = stored.get(item_id) if item_id else None
            values, errors = child.judge(item, row is not None and is_partial, row=row, needs_id=self.needs_ids)
            if item_id in seen:
                errors["id"] = [ErrorDetail(mark("This id appears twice."), "duplicate")]
            if item_id:
                seen.add(item_id)
            if errors:
                raise ValidationError(errors)
            return values | {"id": row.pk} if row else values

        return judge_each(judge, list(zip(data, self._ids(data, stored), strict=True)), most_faults(self, data))

    def _ids(self, data: list[Any], stored: Mapping[uuid.UUID, Component]) -> list[uuid.UUID | None]:
        """The id that each item carries, or that of the stored item that it is (contract 1.1)."""
        ids = [read_id(item) for item in data]
        if self.needs_ids or not stored:
            return ids
        child = cast("ItemSerializer", self.child)
        names = child.Meta.model.identities()[0]
        sent = [matching.Sent(pk, {} if pk else child.identifying(item)) for pk, item in zip(ids, data, strict=True)]
        rows = {pk: {name: getattr(row, name) for name in names} for pk, row in stored.items()}
        matched = matching.stored_ids(sent, rows)
        return [matched.get(index, pk) for index, pk in enumerate(ids)]

    def _stored(self) -> Mapping[uuid.UUID, Component]:
        if self.existing is not None:
            return self.existing
        profile: Profile | None = self.context.get("profile")
        model: type[Component] = self.child.Meta.model  # type: ignore[union-attr]  # of an ItemSerializer
        return profile.stored(model) if profile else {}


def check_list(data: Any, shortest: int, longest: int) -> None:
    """Raises ValidationError for what is no list of items of a length that may be."""
    if found := list_fault(data, shortest, longest):
        raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [ErrorDetail(*found)]})


def wraps_list(model: type[Component], data: Any) -> bool:
    """Whether what was sent as an item is an object around a list of them: a list in it, and no member of an item."""
    if not isinstance(data, Mapping) or not data.keys().isdisjoint(model.content_fields()):
        return False
    return model.plural in data or any(isinstance(value, list) for value in data.values())


_ANY_ID = judge_of(ItemId())


def read_id(item: Any) -> uuid.UUID | None:
    """The id that an item carries, which must be known before the item can be judged; None for one at fault."""
    given = item.get("id") if isinstance(item, dict) else None
    # Most new items have none.
    if not given:
        return None
    try:
        found: uuid.UUID | None = _ANY_ID.judge(given)
    except ValidationError:
        # Reported with the item's other faults.
        return None
    return found


def ids_in(data: Any) -> list[uuid.UUID]:
    """The ids that can be read in a list of items, before it is judged."""
    ids = map(read_id, data) if isinstance(data, list) else ()
    return [item_id for item_id in ids if item_id is not None]


# An item's tag would be taken for its profile's.
OWN_ID: Rule = ("id", mark("This is the id of the profile; choose another, or send none."), "id_of_profile")


class ItemSerializer(ModelDocument):
    """One item of a component: a new one, or what is sent for the stored `row` that the request's address names.

    In the latter case an id in the body counts for nothing.
    """

    id = ItemId()
    version = serializers.IntegerField(
        read_only=True, min_value=1, help_text="The profile's version with which the item last changed."
    )
    shares_fields = True

    class Meta:
        model: type[Component]
        list_serializer_class = ItemListSerializer

    def __init__(self, *args: Any, row: Component | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.row = row

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # An item has neither validators nor a `validate` for which DRF's own way would be needed.
        return self.to_internal_value(data) if isinstance(data, dict) else super().run_validation(data)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if self.row is not None and isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if name != "id"}
        return self.valid(data, is_partial=self.partial, row=self.row)

    def judge(
        self,
        data: Any,
        is_partial: bool,  # noqa: FBT001  # as the base has it
        *,
        row: Component | None = None,
        **known: Any,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What `Document.judge` says; a date that is stored as unknown may be absent, since it stays unknown."""
        values, errors = super().judge(data, is_partial, row=row, **known)
        for name in self.Meta.model.named_if_unknown if row and errors else ():
            if name not in data and getattr(row, name) is None:
                errors.pop(name, None)
        return values, errors

    def identifying(self, item: Any) -> dict[str, Any]:
        """What an item without an id says of the fields that identify it: nothing where one of them is at fault.

        A required field that is absent counts as null; of any other that is absent nothing is said.
        """
        if not isinstance(item, Mapping) or item.get("id") not in (None, ""):
            return {}
        told = {}
        for name in self.Meta.model.identities()[0]:
            if name in item:
                try:
                    told[name] = self.judges[name].judge(item[name])
                except ValidationError:
                    return {}
            elif self.fields[name].required:
                told[name] = None
        return told

    def member(self, name: str, data: Mapping[str, Any]) -> Any:
        return super().member(self.Meta.model.aliases.get(name, name), data)

    def judge_fields(self, data: Any, *, is_partial: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        aliases = self.Meta.model.aliases if isinstance(data, dict) else {}
        sent_as = {name: alias for alias, name in aliases.items() if alias in data and name not in data}
        if not sent_as:
            return super().judge_fields(data, is_partial=is_partial)
        renamed = {**data, **{name: data[alias] for name, alias in sent_as.items()}}
        values, errors = super().judge_fields(renamed, is_partial=is_partial)
        return values, {sent_as.get(name, name): found for name, found in errors.items()}

    def broken_rules(
        self,
        values: Mapping[str, Any],
        errors: Mapping[str, Any],
        *,
        row: Component | None = None,
        needs_id: bool = False,
    ) -> list[Rule]:
        model = self.Meta.model
        broken = [("id", "", "required")] if needs_id and not values.get("id") else []
        if row is None and values.get("id") and values["id"] == self._profile_id:
            broken.append(OWN_ID)
        whole = {**(row.values() if row else model.defaults()), **values}
        for name in errors:
            whole.pop(name, None)
        return [*broken, *model.broken_rules(whole)]

    @cached_property
    def _profile_id(self) -> uuid.UUID | None:
        """The id of the profile whose document the item is in, which may be chosen with it; None outside of one."""
        if profile := self.context.get("profile"):
            return cast("Profile", profile).pk
        root = self.root
        return read_id(root.initial_data) if isinstance(root, ProfileSerializer) else None


def _item_serializer(model: type[Component]) -> type[ItemSerializer]:
    meta = type("Meta", (ItemSerializer.Meta,), {"model": model, "fields": ("id", "version", *model.content_fields())})
    return type(
        model.schema_name(), (ItemSerializer,), {"Meta": meta, "__doc__": model.__doc__, "__module__": __name__}
    )


# The serializer of each kind of component.
ITEM_SERIALIZERS: dict[type[Component], type[ItemSerializer]] = {model: _item_serializer(model) for model in COMPONENTS}


def item_list(model: type[Component], **options: Any) -> ItemListSerializer:
    """The serializer of a list of new items; `options` are those of `ItemListSerializer`."""
    return ItemListSerializer(child=ITEM_SERIALIZERS[model](), **{"min_length": 1, "max_length": JOB_LIMIT, **options})


def nested_list(model: type[Component]) -> Any:
    """A field for the whole list of a kind in a document."""
    return item_list(model, min_length=None, max_length=model.max_rows, required=False, allow_null=True)


class SkillDetail(ModelDocument):
    """What is known of a skill beyond its name; `kind` and `name` say which one it is."""

    shares_fields = True

    class Meta:
        model = Skill
        fields = ("kind", "name", *Skill.DETAILS)


class SkillDetails(Items):
    """The details of skills; null clears them. Those of a skill that is in no list are left out.

    The same of one skill twice is taken once, two different things are refused.
    """

    default_error_messages = {"duplicate": mark("The list says two different things about this skill.")}

    def __init__(self) -> None:
        most = Skill.max_rows * len(Skill.Kind)
        super().__init__(child=SkillDetail(), required=False, allow_null=True, max_length=most)

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        details: list[dict[str, Any]] = super().to_internal_value(data)
        first: dict[tuple[str, str], dict[str, Any]] = {}
        again: Any = {}
        for index, each in enumerate(details):
            known = first.setdefault((each["kind"], fold(each["name"])), each)
            if known | {"name": each["name"]} != each:
                again[index] = [ErrorDetail(str(self.error_messages["duplicate"]), "duplicate")]
        if again:
            raise ValidationError(again)
        return list(first.values())


class SkillsSerializer(Document):
    """The skills section: technical and soft by name with their details, languages and certifications as items."""

    null_clears = True

    technical = SkillNames()
    soft = SkillNames()
    details = SkillDetails()
    languages = nested_list(next(model for model in COMPONENTS if model.plural == "languages"))
    certifications = nested_list(next(model for model in COMPONENTS if model.plural == "certifications"))


class PersonalInfoSerializer(ModelDocument):
    """Who the person is and how to reach them."""

    shares_fields = True

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        # Of a stored profile, in whose document it is nested, a part may be sent.
        return self.valid(data, is_partial=self.root.partial)

    class Meta:
        model = Profile
        fields = Profile.PERSONAL_INFO


class ProfileSerializer(ModelDocument):
    """The whole career document."""

    # A new profile; or what is sent of a stored one, the context's `profile`, which need not be all (`partial`). The
    # context's `partial` says the same of its known items.

    id = ItemId()
    user_id = serializers.IntegerField(read_only=True)
    label = Label()  # type: ignore[assignment]  # a field, not DRF's attribute of that name
    is_active = serializers.BooleanField(read_only=True)
    version = serializers.IntegerField(read_only=True, min_value=1)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    personal_info = PersonalInfoSerializer()
    skills = SkillsSerializer(required=False, allow_null=True)
    custom_fields = CustomFields()

    class Meta:
        model = Profile
        fields = (
            "id",
            "user_id",
            "label",
            "is_active",
            "version",
            "created_at",
            "updated_at",
            "personal_info",
            *Profile.SUMMARIES,
            "extra",
            "skills",
            "custom_fields",
        )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        custom_fields = fields.pop("custom_fields")
        lists = {model.plural: nested_list(model) for model in COMPONENTS if not model.in_skills}
        return {**fields, **lists, "custom_fields": custom_fields}


class ProfileCounts(serializers.Serializer[Any]):
    """How many items each list of a profile has."""

    def get_fields(self) -> dict[str, Any]:
        lists = (model.plural for model in COMPONENTS if not model.is_private)
        names = (*lists, *Skill.Kind.values, CustomField.plural)
        return {name: serializers.IntegerField(min_value=0) for name in names}


class ProfileSummarySerializer(serializers.Serializer[Any]):
    """A profile in a list: without its components' details, with how many there are of each."""

    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not DRF's attribute of that name
    is_active = serializers.BooleanField()
    version = serializers.IntegerField(min_value=1)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    personal_info = PersonalInfoSerializer()
    professional_summary = serializers.CharField(allow_null=True)
    counts = ProfileCounts()
