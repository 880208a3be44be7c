"""The bulk writes on a profile: each is the same whether a request waits for it or a job does it later."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

from profiles.career import bulk, rendering, serializers
from profiles.models import COMPONENTS, Component, CustomField, Profile, Skill
from profiles_project.api.fields import Document, length_fault


@dataclass(frozen=True)
class Operation:
    """One of them. `kind` is its operation id in the OpenAPI document.

    `judge` finds what is wrong with the request's JSON whatever is stored, and gives what `apply` takes; `apply` works
    inside a revision of the profile, finds the rest, and gives the body of the answer. `list_name` is the member of the
    body that is the list of items, empty where the body itself is the list; `label` names that list in sentences.
    `members` are those of an item. One that `frees` deletes, and is not refused for want of room.
    """

    kind: str
    judge: Callable[[Any], Any]
    apply: Callable[[Profile, Any], Any]
    status: int = 200
    list_name: str = ""
    label: str = ""
    members: Sequence[str] = ()
    frees: bool = False

    def size(self, data: Any) -> int:
        """How many items the request's JSON names."""
        items = data.get(self.list_name) if self.list_name and isinstance(data, Mapping) else data
        return len(items) if isinstance(items, list) else 1

    def kept(self, data: Any) -> Any:
        """What of the request's JSON, once it is judged, a job must keep: without the members that nobody knows."""
        if self.list_name:
            return {self.list_name: data[self.list_name]}
        if isinstance(data, list):
            return [self.kept(item) for item in data]
        return {name: data[name] for name in self.members if name in data}

    def result(self, body: Any, profile: Profile) -> dict[str, Any]:
        """What a job tells of its effect: items by their ids alone, in the order sent."""
        told = {"status": self.status, "etag": rendering.tag(profile)}
        items = [body] if isinstance(body, Mapping) and "id" in body else body
        if isinstance(items, list):
            return {**told, "ids": [item["id"] for item in items]}
        return {**told, **(body or {})}


def _items(model: type[Component], data: Any, *, lenient: bool = False) -> Any:
    options: dict[str, Any] = {"many": True, "min_length": 1, "max_length": serializers.JOB_LIMIT}
    return serializers.ITEM_SERIALIZERS[model](data=data, context={"partial": lenient}, **options)


def _shown(model: type[Component], rows: Sequence[Component]) -> list[dict[str, Any]]:
    return [rendering.item(model, row.values()) for row in rows]


def _judge_new(model: type[Component], data: Any) -> tuple[bool, Sequence[bulk.Row]]:
    many = isinstance(data, list)
    serializer = _items(model, data) if many else serializers.ITEM_SERIALIZERS[model](data=data)
    serializer.is_valid(raise_exception=True)
    return many, serializer.validated_data if many else [serializer.validated_data]


def _create(model: type[Component], profile: Profile, judged: tuple[bool, Sequence[bulk.Row]]) -> Any:
    many, rows = judged
    made = [rendering.item(model, row) for row in bulk.create(profile, model, rows)]
    return made if many else made[0]


def _update(model: type[Component], profile: Profile, data: Any, *, lenient: bool) -> list[dict[str, Any]]:
    serializer = _items(model, data, lenient=lenient)
    serializer.needs_ids = True
    serializer.existing = bulk.named(profile, model, serializer.ids_in(data))
    serializer.is_valid(raise_exception=True)
    changes = [(serializer.existing[values["id"]], values) for values in serializer.validated_data]
    return _shown(model, bulk.update(profile, model, changes))


def _as_sent(data: Any) -> Any:
    """For what can't be judged without the rows that are stored, but for its length, lest all of them be looked up."""
    found = length_fault(data, 0, serializers.JOB_LIMIT) if isinstance(data, list) else None
    if found:
        raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [ErrorDetail(*found)]})
    return data


def _listed(body_class: type[Document], name: str) -> Callable[[Any], Any]:
    """For a body with one list in it."""

    def judge(data: Any) -> Any:
        serializer = body_class(data=data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data[name]

    return judge


def _delete(model: type[Component], profile: Profile, ids: Sequence[uuid.UUID]) -> None:
    bulk.delete(profile, model, list(bulk.named(profile, model, ids)))


def _reorder(model: type[Component], profile: Profile, ids: Sequence[uuid.UUID]) -> None:
    stored = model.of(profile)
    if len(ids) != len(stored) or set(ids) != set(stored):
        text = f"These must be the ids of all {len(stored)} items of the list, each of them once."
        raise ValidationError({"ids": [ErrorDetail(text, "not_a_permutation")]})
    bulk.reorder(profile, model, [stored[pk] for pk in ids])


def _add_skills(kind: str, profile: Profile, names: Sequence[str]) -> dict[str, Any]:
    return _told(kind, "added", *bulk.add_skills(profile, kind, names))


def _remove_skills(kind: str, profile: Profile, names: Sequence[str]) -> dict[str, Any]:
    return _told(kind, "removed", *bulk.remove_skills(profile, kind, names))


def _told(kind: str, done: str, count: int, names: Sequence[str]) -> dict[str, Any]:
    skills = "skill" if count == 1 else "skills"
    return {"message": f"{count} {kind} {skills} {done} successfully", kind: names}


def _add_fields(profile: Profile, entries: Sequence[bulk.Row]) -> dict[str, Any]:
    keys = [entry["key"] for entry in entries]
    existing = {row.key: row for row in CustomField.of(profile, key__in=keys).values()}
    new = [entry for entry in entries if entry["key"] not in existing]
    bulk.update(profile, CustomField, [(existing[e["key"]], e) for e in entries if e["key"] in existing])
    bulk.create(profile, CustomField, new)
    fields = "field" if len(keys) == 1 else "fields"
    return {"message": f"{len(keys)} custom {fields} updated successfully", "updated_fields": keys}


def _remove_fields(profile: Profile, keys: Sequence[str]) -> None:
    bulk.delete(profile, CustomField, list(CustomField.of(profile, key__in=keys)))


def _of_component(model: type[Component]) -> dict[str, Operation]:
    ids = f"{model.singular}_ids"
    made: dict[str, tuple[Callable[[Any], Any], Callable[[Profile, Any], Any], int, str]] = {
        "bulk_create": (partial(_judge_new, model), partial(_create, model), 201, ""),
        "bulk_update": (_as_sent, partial(_update, model, lenient=False), 200, ""),
        "bulk_partial_update": (_as_sent, partial(_update, model, lenient=True), 200, ""),
        "bulk_delete": (_listed(serializers.IDS_BODIES[model], ids), partial(_delete, model), 204, ids),
        "reorder": (_listed(serializers.OrderBody, "ids"), partial(_reorder, model), 200, "ids"),
    }
    members = rendering.item_fields(model)
    return {
        name: Operation(f"{model.plural}_{name}", *rest, model.plural, members, frees=name == "bulk_delete")
        for name, rest in made.items()
    }


def _on_skills(kind: Skill.Kind, name: str, apply: Callable[[str, Profile, Sequence[str]], Any]) -> Operation:
    judge = _listed(serializers.SkillsBody, "skills")
    frees = name == "delete"
    return Operation(f"skills_{kind.value}_{name}", judge, partial(apply, kind.value), list_name="skills", frees=frees)


# Those of each kind of component, by the names of the viewset's actions.
ON_COMPONENTS: dict[type[Component], dict[str, Operation]] = {model: _of_component(model) for model in COMPONENTS}
ADD_SKILLS = {kind: _on_skills(kind, "add", _add_skills) for kind in Skill.Kind}
REMOVE_SKILLS = {kind: _on_skills(kind, "delete", _remove_skills) for kind in Skill.Kind}
ADD_FIELDS = Operation("custom_fields_add", _listed(serializers.CustomFieldsBody, "fields"), _add_fields, 201, "fields")
REMOVE_FIELDS = Operation(
    "custom_fields_delete", _listed(serializers.KeysBody, "keys"), _remove_fields, 204, "keys", frees=True
)

_OF_COMPONENTS = (operation for of_model in ON_COMPONENTS.values() for operation in of_model.values())
# All of them by kind.
OPERATIONS: dict[str, Operation] = {
    operation.kind: operation
    for operation in (*_OF_COMPONENTS, *ADD_SKILLS.values(), *REMOVE_SKILLS.values(), ADD_FIELDS, REMOVE_FIELDS)
}
