"""The bulk writes on a profile: each is the same whether a request waits for it or a job does it later."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from rest_framework.exceptions import ErrorDetail, ValidationError

from profiles.career import bulk, rendering, requests, serializers
from profiles.models import COMPONENTS, Component, CustomField, Profile, Skill
from profiles_project.api.fields import Document
from profiles_project.words.sentences import say

Revise = Callable[[], AbstractContextManager[Profile]]


class Operation(ABC):
    """One kind of bulk write; `kind` is its operation id in the OpenAPI document, by which jobs name it."""

    kind: str
    # The status of the answer.
    status: ClassVar[int] = 200
    # The member of the body that is the list of items; empty where the body itself is the list.
    list_name: str = ""
    # What sentences about faults call a list that is the body itself.
    label: str = ""
    # Whether it deletes, and so is not refused for want of room.
    frees: ClassVar[bool] = False

    @abstractmethod
    def judge(self, data: Any) -> Any:
        """What `apply` takes, made of the request's JSON. Raises ValidationError for what is wrong in any profile."""

    @abstractmethod
    def apply(self, profile: Profile, judged: Any) -> Any:
        """Do it, inside a revision of the profile; the body of the answer. Raises what is wrong with what is stored."""

    def carry_out(self, revise: Revise, judged: Any) -> tuple[Any, Profile]:
        """Do it, inside the revision that `revise` opens; the body of the answer, and the profile."""
        with revise() as profile:
            body = self.apply(profile, judged)
        return body, profile

    def size(self, data: Any) -> int:
        """How many items the request's JSON names."""
        items = data.get(self.list_name) if self.list_name and isinstance(data, Mapping) else data
        return len(items) if isinstance(items, list) else 1

    def kept(self, data: Any) -> Any:
        """What a job keeps of the request's JSON once it is judged: no members that nobody knows."""
        return {self.list_name: data[self.list_name]}

    def result(self, body: Any, profile: Profile) -> dict[str, Any]:
        """What a job tells of its effect: items by their ids alone, in the order sent."""
        told = {"status": self.status, "etag": rendering.tag(profile)}
        items = [body] if isinstance(body, Mapping) and "id" in body else body
        if isinstance(items, list):
            return {**told, "ids": [item["id"] for item in items]}
        return {**told, **(body or {})}


def _list_in(body_class: type[Document], name: str, data: Any) -> Any:
    """The valid list in a body that has no other member."""
    serializer = body_class(data=data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data[name]


# Components -------------------------------------------------------------------------------------------------------


class OnItems(Operation):
    """A bulk write on the items of one kind of component; `action` is the viewset's."""

    action: ClassVar[str]

    def __init__(self, model: type[Component]) -> None:
        self.model = model
        self.kind = f"{model.plural}_{self.action}"
        self.label = model.plural

    def kept(self, data: Any) -> Any:
        if self.list_name:
            return super().kept(data)
        if isinstance(data, list):
            return [self.kept(item) for item in data]
        return {name: data[name] for name in ("id", *self.model.content_fields()) if name in data}

    def shown(self, profile: Profile, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The items as the answer has them, from the values of their rows."""
        return [rendering.item(profile, self.model, values) for values in rows]


class CreateItems(OnItems):
    """Appends new items: a list of them, or a single one, which is answered as such."""

    action = "bulk_create"
    status = 201

    def judge(self, data: Any) -> tuple[bool, Sequence[bulk.Row]]:
        is_list = isinstance(data, list) or serializers.wraps_list(self.model, data)
        serializer: Any = serializers.ITEM_SERIALIZERS[self.model](data=data)
        if is_list:
            serializer = serializers.item_list(self.model, data=data)
        serializer.is_valid(raise_exception=True)
        return is_list, serializer.validated_data if is_list else [serializer.validated_data]

    def apply(self, profile: Profile, judged: tuple[bool, Sequence[bulk.Row]]) -> Any:
        is_list, rows = judged
        for index, row in enumerate(rows):
            if row.get("id") == profile.pk:
                name, text, code = serializers.OWN_ID
                fault: Any = {name: [ErrorDetail(text, code)]}
                in_list: Any = {index: fault}
                raise ValidationError(in_list if is_list else fault)
        made = self.shown(profile, bulk.create(profile, self.model, rows))
        return made if is_list else made[0]


class UpdateItems(OnItems):
    """Gives each named item what is sent for it; required fields must be sent."""

    action = "bulk_update"
    is_partial: ClassVar[bool] = False

    def judge(self, data: Any) -> Any:
        # The rest needs the stored rows; a list that is too long is refused before all of them are looked up.
        serializers.check_list(data, 0, serializers.JOB_LIMIT)
        return data

    def apply(self, profile: Profile, judged: Any) -> list[dict[str, Any]]:
        stored = bulk.named(profile, self.model, serializers.ids_in(judged))
        serializer = serializers.item_list(
            self.model, data=judged, existing=stored, needs_ids=True, is_partial=self.is_partial
        )
        serializer.is_valid(raise_exception=True)
        changes = [(stored[values["id"]], values) for values in serializer.validated_data]
        return self.shown(profile, (row.values() for row in bulk.update(profile, self.model, changes)))


class PatchItems(UpdateItems):
    """The same, with whatever fields are sent."""

    action = "bulk_partial_update"
    is_partial = True


class DeleteItems(OnItems):
    """Deletes the named items, or none where one of them is not there."""

    action = "bulk_delete"
    status = 204
    frees = True

    def __init__(self, model: type[Component]) -> None:
        super().__init__(model)
        self.list_name = f"{model.singular}_ids"

    def judge(self, data: Any) -> Sequence[uuid.UUID]:
        ids: Sequence[uuid.UUID] = _list_in(requests.IDS_BODIES[self.model], self.list_name, data)
        return ids

    def apply(self, profile: Profile, judged: Sequence[uuid.UUID]) -> None:
        bulk.delete(profile, self.model, bulk.named(profile, self.model, judged).values())


class ReorderItems(OnItems):
    """Puts all items of the list in order."""

    action = "reorder"
    list_name = "ids"

    def judge(self, data: Any) -> Sequence[uuid.UUID]:
        ids: Sequence[uuid.UUID] = _list_in(requests.OrderBody, self.list_name, data)
        return ids

    def apply(self, profile: Profile, judged: Sequence[uuid.UUID]) -> None:
        stored = self.model.of(profile)
        if len(judged) != len(stored) or set(judged) != set(stored):
            text = say("List all {n} entries, each exactly once.", n=len(stored))
            raise ValidationError({"ids": [ErrorDetail(text, "not_a_permutation")]})
        bulk.reorder(profile, self.model, [stored[pk] for pk in judged])


# Skills and custom fields -----------------------------------------------------------------------------------------


class OnSkills(Operation):
    """A bulk write on the skills of one kind, by their names."""

    action: ClassVar[str]
    list_name = "skills"
    body: ClassVar[type[Document]] = requests.SkillsBody

    def __init__(self, skill_kind: Skill.Kind) -> None:
        self.skill_kind = skill_kind.value
        self.kind = f"skills_{self.skill_kind}_{self.action}"

    def judge(self, data: Any) -> Sequence[str]:
        names: Sequence[str] = _list_in(self.body, self.list_name, data)
        return names

    def answer(self, count: int, done: str, names: Sequence[str]) -> dict[str, Any]:
        """How many skills were added or removed, and all names of the kind."""
        skills = "skill" if count == 1 else "skills"
        return {"message": f"{count} {self.skill_kind} {skills} {done} successfully", self.skill_kind: names}


class AddSkills(OnSkills):
    """Appends the skills that are not there yet."""

    action = "add"

    def apply(self, profile: Profile, judged: Sequence[str]) -> dict[str, Any]:
        count, names = bulk.add_skills(profile, self.skill_kind, judged)
        return self.answer(count, "added", names)


class RemoveSkills(OnSkills):
    """Deletes the skills that are there."""

    action = "delete"
    body = requests.SkillsToRemove
    frees = True

    def apply(self, profile: Profile, judged: Sequence[str]) -> dict[str, Any]:
        count, names = bulk.remove_skills(profile, self.skill_kind, judged)
        return self.answer(count, "removed", names)


class AddFields(Operation):
    """Adds custom fields, and overwrites those whose keys are there."""

    kind = "custom_fields_add"
    status = 201
    list_name = "fields"

    def judge(self, data: Any) -> Sequence[bulk.Row]:
        entries: Sequence[bulk.Row] = _list_in(requests.CustomFieldsBody, self.list_name, data)
        return entries

    def apply(self, profile: Profile, judged: Sequence[bulk.Row]) -> dict[str, Any]:
        keys = [entry["key"] for entry in judged]
        stored = {row.key: row for row in CustomField.of(profile, key__in=keys).values()}
        bulk.update(profile, CustomField, [(stored[entry["key"]], entry) for entry in judged if entry["key"] in stored])
        bulk.create(profile, CustomField, [entry for entry in judged if entry["key"] not in stored])
        fields = "field" if len(keys) == 1 else "fields"
        return {"message": f"{len(keys)} custom {fields} updated successfully", "updated_fields": keys}


class RemoveFields(Operation):
    """Deletes the custom fields that are there."""

    kind = "custom_fields_delete"
    status = 204
    list_name = "keys"
    frees = True

    def judge(self, data: Any) -> Sequence[str]:
        keys: Sequence[str] = _list_in(requests.KeysBody, self.list_name, data)
        return keys

    def apply(self, profile: Profile, judged: Sequence[str]) -> None:
        bulk.delete(profile, CustomField, CustomField.of(profile, key__in=judged).values())


_ALL: list[Operation] = [
    *(
        made(model)
        for model in COMPONENTS
        for made in (CreateItems, UpdateItems, PatchItems, DeleteItems, ReorderItems)
    ),
    *(made(kind) for kind in Skill.Kind for made in (AddSkills, RemoveSkills)),
    AddFields(),
    RemoveFields(),
]
# All of them by kind.
OPERATIONS: dict[str, Operation] = {operation.kind: operation for operation in _ALL}
