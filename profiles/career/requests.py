"""The bodies of requests that are neither documents nor items: what to copy, put in order, add, delete or restore."""

from collections.abc import Mapping
from typing import Any

from profiles.career.fields import CUSTOM_KEY_LENGTH, SkillNames
from profiles.career.past import SKILLS
from profiles.career.serializers import JOB_LIMIT
from profiles.modelfields import custom_value_fault
from profiles.models import COMPONENTS, Component, CustomField
from profiles.models.log import OWN
from profiles.models.parts import Rule
from profiles_project.api.fields import AnyJSON, Choice, Document, ItemId, Items, Text, WholeNumber
from profiles_project.words.sentences import mark
from users.api.serializers import Password


class DuplicateBody(Document):
    """The label of the copy; without it the copy has its original's."""

    may_be_absent = True

    label = Text(max_length=100, required=False, allow_null=True)  # type: ignore[assignment]  # a field, not DRF's attribute of that name


class OrderBody(Document):
    """All ids of a list, in the order in which it shall be."""

    ids = Items(child=ItemId(allow_null=False), max_length=JOB_LIMIT)


class NamedItem(Document):
    """An item by its kind and id, as the history names it."""

    kind = Choice([OWN, *(model.plural for model in COMPONENTS), *SKILLS, CustomField.plural])
    id = Text(max_length=CustomField._meta.get_field("key").max_length or 0)


class RestoreBody(Document):
    """A version of the profile; of `items` these alone are brought back, without them all of it."""

    version = WholeNumber(min_value=1, max_value=2**31 - 1)
    items = Items(child=NamedItem(), min_length=1, max_length=JOB_LIMIT, required=False)


class SkillsBody(Document):
    """Skills to add; one that is named twice counts once."""

    skills = SkillNames(required=True, allow_null=False, min_length=1)


class SkillsToRemove(Document):
    """Skills to remove; an empty list removes none."""

    skills = SkillNames(required=True, allow_null=False)


class CustomFieldEntry(Document):
    """One key with its value."""

    key = Text(max_length=CUSTOM_KEY_LENGTH)
    value = AnyJSON()

    def broken_rules(self, values: Mapping[str, Any], errors: Mapping[str, Any]) -> list[Rule]:
        fault = custom_value_fault(values.get("value"))
        return [("value", *fault)] if fault else []


class CustomFieldsBody(Document):
    """Custom fields to add or overwrite."""

    # The metaclass takes the declaration away, so that DRF's own `fields` stays what it is.
    fields = Items(  # type: ignore[assignment]  # a field, not DRF's attribute of that name
        child=CustomFieldEntry(), min_length=1, max_length=CustomField.max_rows
    )

    def broken_rules(self, values: Mapping[str, Any], errors: Mapping[str, Any]) -> list[Rule]:
        keys = [entry["key"] for entry in values.get("fields", [])]
        if len(set(keys)) == len(keys):
            return []
        return [("fields", mark("Two fields have this name."), "duplicate")]


class PasswordBody(Document):
    """The account's password, to confirm what can't be undone."""

    password = Password()


class KeysBody(Document):
    """Keys of custom fields to remove; an empty list removes none."""

    keys = Items(child=Text(max_length=CUSTOM_KEY_LENGTH), max_length=CustomField.max_rows)


def _ids_body(model: type[Component]) -> type[Document]:
    ids = Items(child=ItemId(allow_null=False), max_length=JOB_LIMIT)
    about = "The items to delete; an empty list deletes none."
    return type(f"{model.schema_name()}Ids", (Document,), {f"{model.singular}_ids": ids, "__doc__": about})


# The body of each kind's bulk DELETE: `{"experience_ids": [...]}`.
IDS_BODIES: dict[type[Component], type[Document]] = {model: _ids_body(model) for model in COMPONENTS}
