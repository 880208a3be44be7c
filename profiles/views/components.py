"""The routes below a profile: one viewset for every kind of component, small views for the rest (contract 3.3, 3.4)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.http import Http404, HttpResponse
from drf_spectacular.drainage import isolate_view_method
from drf_spectacular.utils import extend_schema_view
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from profiles import bulk, openapi, rendering, serializers
from profiles.models import COMPONENTS, Component, CustomField, Profile, Skill
from profiles.views.documents import BelowProfileView, path_uuid
from profiles_project.http.conditional import tagged
from profiles_project.http.errors import ParameterInvalid, faults
from profiles_project.http.fields import Document
from profiles_project.http.pagination import paginate
from users.idempotency import idempotent


class ComponentViewSet(ViewSetMixin, BelowProfileView):
    """Granular and bulk operations on the items of one kind, in one profile. Every bulk request is all or nothing."""

    model: ClassVar[type[Component]]
    query_name = "ids"

    @property
    def body_label(self) -> str:  # type: ignore[override]  # the same for all requests of a kind
        return self.model.plural

    def is_bulk(self) -> bool:
        if self.action == "bulk_create":
            # One object that is posted is one item, as a person types it.
            return bool(self.request.body.lstrip().startswith(b"["))
        return self.action in {"bulk_update", "bulk_partial_update", "bulk_delete", "reorder"}

    def list(self, request: Request, profile_id: str) -> HttpResponse:
        return self.not_modified() or self._page(self.profile)

    def _page(self, profile: Profile) -> Response:
        rows = self.model.objects.filter(profile=profile).values(*rendering.item_fields(self.model))
        return tagged(paginate(self.request, rows, self.model.plural, dict), rendering.tag(profile))

    @idempotent
    def bulk_create(self, request: Request, profile_id: str) -> Response:
        data = self.body()
        many = isinstance(data, list)
        serializer = self._serializer(data) if many else serializers.ITEM_SERIALIZERS[self.model](data=data)
        serializer.is_valid(raise_exception=True)
        rows = serializer.validated_data if many else [serializer.validated_data]
        with self.revise() as profile:
            made = [rendering.item(self.model, row) for row in bulk.create(profile, self.model, rows)]
        return self.answer(made if many else made[0], profile, status=201)

    def bulk_update(self, request: Request, profile_id: str) -> Response:
        return self._change_many(partial=False)

    def bulk_partial_update(self, request: Request, profile_id: str) -> Response:
        return self._change_many(partial=True)

    def _change_many(self, *, partial: bool) -> Response:
        data = self.body()
        with self.revise() as profile:
            serializer = self._serializer(data, partial=partial)
            serializer.needs_ids = True
            serializer.existing = bulk.named(profile, self.model, serializer.ids_in(data))
            serializer.is_valid(raise_exception=True)
            changes = [(serializer.existing[values["id"]], values) for values in serializer.validated_data]
            changed = [self._item(row) for row in bulk.update(profile, self.model, changes)]
        return self.answer(changed, profile)

    def _item(self, row: Component) -> dict[str, Any]:
        return rendering.item(self.model, row.values())

    def _serializer(self, data: Any, *, partial: bool = False) -> Any:
        options: dict[str, Any] = {"many": True, "min_length": 1, "max_length": serializers.BULK_LIMIT}
        return serializers.ITEM_SERIALIZERS[self.model](data=data, context={"partial": partial}, **options)

    def bulk_delete(self, request: Request, profile_id: str) -> Response:
        ids = self._ids()
        with self.revise() as profile:
            bulk.delete(profile, self.model, list(bulk.named(profile, self.model, ids)))
        return self.answer(None, profile, status=204)

    def _ids(self) -> Sequence[uuid.UUID]:
        """The ids to delete, from the query (`?ids=a,b`) or from the body."""
        body_class = serializers.IDS_BODIES[self.model]
        text = self.request.query_params.get(self.query_name)
        key = f"{self.model.singular}_ids"
        serializer = body_class(data=self.body() if text is None else {key: text.split(",")})
        if text is not None and not serializer.is_valid():
            raise ParameterInvalid(
                self.query_name, f"This must be 1 to {serializers.BULK_LIMIT} UUIDs with commas between them."
            )
        serializer.is_valid(raise_exception=True)
        found: Sequence[uuid.UUID] = serializer.validated_data[key]
        return found

    def reorder(self, request: Request, profile_id: str) -> Response:
        ids = self.read(serializers.OrderBody).validated_data["ids"]
        with self.revise() as profile:
            stored = self.model.of(profile)
            if len(ids) != len(stored) or set(ids) != set(stored):
                text = f"These must be the ids of all {len(stored)} items of the list, each of them once."
                raise ValidationError({"ids": [ErrorDetail(text, "not_a_permutation")]})
            bulk.reorder(profile, self.model, [stored[pk] for pk in ids])
        return self._page(profile)

    def retrieve(self, request: Request, profile_id: str, item_id: str) -> HttpResponse:
        row = self.model.of(self.profile, pk=path_uuid(item_id)).values()
        if not row:
            raise Http404
        return self.not_modified() or self.answer(self._item(next(iter(row))), self.profile)

    def update(self, request: Request, profile_id: str, item_id: str) -> Response:
        return self._change_one(item_id, partial=False)

    def partial_update(self, request: Request, profile_id: str, item_id: str) -> Response:
        return self._change_one(item_id, partial=True)

    def _change_one(self, item_id: str, *, partial: bool) -> Response:
        pk = path_uuid(item_id)
        data = self.body()
        with self.revise() as profile:
            row = bulk.named(profile, self.model, [pk])[pk]
            serializer = serializers.ITEM_SERIALIZERS[self.model](data=data)
            serializer.row, serializer.lenient, serializer.takes_id = row, partial, False
            serializer.is_valid(raise_exception=True)
            bulk.update(profile, self.model, [(row, serializer.validated_data)])
        return self.answer(self._item(row), profile)

    def delete_one(self, request: Request, profile_id: str, item_id: str) -> Response:
        with self.revise() as profile:
            bulk.delete(profile, self.model, list(bulk.named(profile, self.model, [path_uuid(item_id)])))
        return self.answer(None, profile, status=204)


def _viewset(model: type[Component]) -> type[ComponentViewSet]:
    name = f"{model.__name__}ViewSet"
    viewset = type(name, (ComponentViewSet,), {"model": model, "__doc__": model.__doc__, "__module__": __name__})
    for action, describe in openapi.ComponentOperations(model).by_action().items():
        describe(isolate_view_method(viewset, action))
    return viewset


# The viewset of each kind of component.
COMPONENT_VIEWSETS: dict[type[Component], type[ComponentViewSet]] = {model: _viewset(model) for model in COMPONENTS}


def named_in_query_or_body(view: BelowProfileView, body_class: type[Document]) -> Sequence[str]:
    """The valid list that a DELETE names, by `?name=a&name=b` or by its body."""
    name = view.query_name
    given = view.request.query_params.getlist(name)
    serializer = body_class(data={name: given} if given else view.body())
    if given and not serializer.is_valid():
        _, code, text = next(faults(serializer.errors))
        raise ParameterInvalid(name, text, code)
    serializer.is_valid(raise_exception=True)
    named: Sequence[str] = serializer.validated_data[name]
    return named


class SkillsView(BelowProfileView):
    """Answers /profiles/{profile_id}/skills."""

    @openapi.skills_retrieve
    def get(self, request: Request, profile_id: str) -> HttpResponse:
        return self.not_modified() or self.section("skills")

    @openapi.skills_update
    def put(self, request: Request, profile_id: str) -> Response:
        data = self.body()
        with transaction.atomic():
            with self.revise() as profile:
                serializer = serializers.SkillsSerializer(data=data, context={"profile": profile})
                serializer.is_valid(raise_exception=True)
                bulk.store_skills(profile, serializer.validated_data)
            skills = rendering.stored(profile.pk).section("skills")
        return self.answer({"message": "Skills updated successfully", **skills}, profile)


class SkillNamesView(BelowProfileView):
    """Answers /profiles/{profile_id}/skills/technical and …/soft."""

    kind: ClassVar[Skill.Kind]
    query_name = "skills"

    def is_bulk(self) -> bool:
        return self.request.method in {"POST", "DELETE"}

    @idempotent
    def post(self, request: Request, profile_id: str) -> Response:
        names = self.read(serializers.SkillsBody).validated_data["skills"]
        with self.revise() as profile:
            count, stored = bulk.add_skills(profile, self.kind, names)
        return self._answer(count, "added", stored, profile)

    def delete(self, request: Request, profile_id: str) -> Response:
        names = named_in_query_or_body(self, serializers.SkillsBody)
        with self.revise() as profile:
            count, stored = bulk.remove_skills(profile, self.kind, names)
        return self._answer(count, "removed", stored, profile)

    def _answer(self, count: int, done: str, names: Sequence[str], profile: Profile) -> Response:
        skills = "skill" if count == 1 else "skills"
        data = {"message": f"{count} {self.kind.value} {skills} {done} successfully", self.kind.value: names}
        return self.answer(data, profile)


def _skill_names_view(kind: Skill.Kind) -> type[SkillNamesView]:
    described = extend_schema_view(
        post=openapi.skill_names_add(kind.value), delete=openapi.skill_names_delete(kind.value)
    )
    return described(type(f"{kind.name.title()}SkillsView", (SkillNamesView,), {"kind": kind, "__module__": __name__}))


# The view of each kind of skill.
SKILL_NAMES_VIEWS: dict[Skill.Kind, type[SkillNamesView]] = {kind: _skill_names_view(kind) for kind in Skill.Kind}


class CustomFieldsView(BelowProfileView):
    """Answers /profiles/{profile_id}/custom-fields."""

    query_name = "keys"

    def is_bulk(self) -> bool:
        return self.request.method in {"POST", "DELETE"}

    @openapi.custom_fields_retrieve
    def get(self, request: Request, profile_id: str) -> HttpResponse:
        return self.not_modified() or self.section(CustomField.plural)

    @openapi.custom_fields_add
    @idempotent
    def post(self, request: Request, profile_id: str) -> Response:
        entries: Sequence[Mapping[str, Any]] = self.read(serializers.CustomFieldsBody).validated_data["fields"]
        keys = [entry["key"] for entry in entries]
        with self.revise() as profile:
            existing = {row.key: row for row in CustomField.of(profile, key__in=keys).values()}
            new = [entry for entry in entries if entry["key"] not in existing]
            bulk.update(profile, CustomField, [(existing[e["key"]], e) for e in entries if e["key"] in existing])
            bulk.create(profile, CustomField, new)
        fields = "field" if len(keys) == 1 else "fields"
        data = {"message": f"{len(keys)} custom {fields} updated successfully", "updated_fields": keys}
        return self.answer(data, profile, status=201)

    @openapi.custom_fields_update
    def put(self, request: Request, profile_id: str) -> Response:
        rows = serializers.CustomFields().to_internal_value(self.body())
        with self.revise() as profile:
            bulk.store(profile, {CustomField.plural: rows})
        return self.answer({row["key"]: row["value"] for row in rows}, profile)

    @openapi.custom_fields_delete
    def delete(self, request: Request, profile_id: str) -> Response:
        keys = named_in_query_or_body(self, serializers.KeysBody)
        with self.revise() as profile:
            named = CustomField.of(profile, key__in=keys)
            bulk.delete(profile, CustomField, list(named))
        return self.answer(None, profile, status=204)
