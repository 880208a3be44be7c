"""The routes below a profile: one viewset for every kind of component, small views for the rest (contract 3.3, 3.4)."""

from typing import Any, ClassVar

from django.db import transaction
from django.http import Http404, HttpResponse
from drf_spectacular.drainage import isolate_view_method
from drf_spectacular.utils import extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from profiles.api import openapi
from profiles.api.views.documents import BelowProfileView, path_uuid
from profiles.api.views.replays import ItemsAnswer, SkillsAnswer
from profiles.career import bulk, operations, rendering, serializers
from profiles.career.operations import Operation
from profiles.models import COMPONENTS, Component, CustomField, Profile, Skill
from profiles_project.api.conditional import tagged
from profiles_project.api.errors import ParameterInvalid, faults
from profiles_project.api.pagination import paginate
from users.api.idempotency import idempotent


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

    @idempotent(ItemsAnswer())
    def bulk_create(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.CreateItems(self.model), self.body())

    def bulk_update(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.UpdateItems(self.model), self.body())

    def bulk_partial_update(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.PatchItems(self.model), self.body())

    def bulk_delete(self, request: Request, profile_id: str) -> Response:
        operation = operations.DeleteItems(self.model)
        if (text := request.query_params.get(self.query_name)) is None:
            return self.carry_out(operation, self.body())
        ids = {operation.list_name: text.split(",")}
        try:
            operation.judge(ids)
        except ValidationError as exc:
            sentence = f"This must be 1 to {serializers.JOB_LIMIT} UUIDs with commas between them."
            raise ParameterInvalid(self.query_name, sentence) from exc
        return self.carry_out(operation, ids)

    def reorder(self, request: Request, profile_id: str) -> Response:
        operation = operations.ReorderItems(self.model)
        return self.carry_out(operation, self.body(), limit=serializers.JOB_LIMIT, show=self._page)

    def _item(self, row: Component) -> dict[str, Any]:
        return rendering.item(self.model, row.values())

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
            serializer = serializers.ITEM_SERIALIZERS[self.model](data=data, row=row, partial=partial)
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


def named_in_query_or_body(view: BelowProfileView, operation: Operation) -> Any:
    """What a DELETE names, by `?name=a&name=b` or by its body, as the body's JSON."""
    if not (given := view.request.query_params.getlist(view.query_name)):
        return view.body()
    named = {operation.list_name: given}
    try:
        operation.judge(named)
    except ValidationError as exc:
        _, code, text = next(faults(exc.detail))
        raise ParameterInvalid(view.query_name, text, code) from exc
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

    @idempotent(SkillsAnswer())
    def post(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.AddSkills(self.kind), self.body())

    def delete(self, request: Request, profile_id: str) -> Response:
        operation = operations.RemoveSkills(self.kind)
        return self.carry_out(operation, named_in_query_or_body(self, operation))


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
    @idempotent()
    def post(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.AddFields(), self.body())

    @openapi.custom_fields_update
    def put(self, request: Request, profile_id: str) -> Response:
        rows = serializers.CustomFields().to_internal_value(self.body())
        with self.revise() as profile:
            bulk.store(profile, {CustomField.plural: rows})
        return self.answer({row["key"]: row["value"] for row in rows}, profile)

    @openapi.custom_fields_delete
    def delete(self, request: Request, profile_id: str) -> Response:
        operation = operations.RemoveFields()
        return self.carry_out(operation, named_in_query_or_body(self, operation))
