"""What lies below a profile: one viewset for every kind of component, and those of skills and custom fields.

Contract 3.3 and 3.4.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.drainage import isolate_view_method
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.api import openapi
from profiles.api.views.base import ProfileScopedViewSet, path_uuid
from profiles.api.views.replays import ItemsAnswer, SkillsAnswer
from profiles.career import bulk, operations, rendering, serializers
from profiles.career.fields import CustomFields
from profiles.models import COMPONENTS, Component, CustomField, Profile, Skill
from profiles_project.api.conditional import IfMatch, tagged
from profiles_project.api.errors import ParameterInvalid
from profiles_project.api.pagination import paginate
from profiles_project.database.refusals import Missing, Stale
from profiles_project.words.sentences import mark, say
from users.api.idempotency import idempotent

CHANGED = mark("This entry has changed since you read it.")
GONE = mark("This entry no longer exists.")


class ComponentViewSet(ProfileScopedViewSet):
    """Granular and bulk operations on the items of one kind, in one profile. Every bulk request is all or nothing."""

    model: ClassVar[type[Component]]
    lookup_url_kwarg = "item_id"
    query_name = "ids"

    @property
    def body_label(self) -> str:  # type: ignore[override]  # the same for all requests of a kind
        return self.model.plural

    def is_bulk(self) -> bool:
        if self.action == "create":
            # A single object is one item, such as a person types.
            return bool(self.request.body.lstrip().startswith(b"["))
        return self.action in {"bulk_update", "bulk_partial_update", "bulk_destroy", "reorder"}

    def list(self, request: Request, profile_id: str) -> HttpResponse:
        return self.not_modified() or self._page(self.profile)

    def _page(self, profile: Profile) -> Response:
        rows = self.model.objects.filter(profile=profile).values(*rendering.item_fields(self.model))
        shown = partial(rendering.floored, profile.floor)
        return tagged(paginate(self.request, rows, self.model.plural, shown), rendering.tag(profile))

    @idempotent(ItemsAnswer())
    def create(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.CreateItems(self.model), self.body())

    def bulk_update(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.UpdateItems(self.model), self.body())

    def bulk_partial_update(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.PatchItems(self.model), self.body())

    def bulk_destroy(self, request: Request, profile_id: str) -> Response:
        operation = operations.DeleteItems(self.model)
        if not (texts := request.query_params.getlist(self.query_name)):
            return self.carry_out(operation, self.body())
        # Some generators of clients repeat the name, whatever the document says.
        ids = {operation.list_name: [each for text in texts if text for each in text.split(",")]}
        try:
            operation.judge(ids)
        except ValidationError as exc:
            sentence = say("List at most {n} ids, separated by commas.", n=serializers.JOB_LIMIT)
            raise ParameterInvalid(self.query_name, sentence) from exc
        return self.carry_out(operation, ids)

    @action(detail=False, methods=["put"], url_path="order")
    def reorder(self, request: Request, profile_id: str) -> Response:
        operation = operations.ReorderItems(self.model)
        return self.carry_out(operation, self.body(), limit=serializers.JOB_LIMIT, show=self._page)

    def retrieve(self, request: Request, profile_id: str, item_id: str) -> HttpResponse:
        row = self.model.named(self.profile, [path_uuid(item_id, self.model)]).values()
        if not row:
            raise Missing.of(self.model)
        return self.not_modified() or self._answer_item(self.profile, next(iter(row)))

    def _answer_item(self, profile: Profile, row: Component) -> Response:
        return self.answer(rendering.item(profile, self.model, row.values()), profile)

    def update(self, request: Request, profile_id: str, item_id: str) -> Response:
        return self._change_one(item_id, partial=False)

    def partial_update(self, request: Request, profile_id: str, item_id: str) -> Response:
        return self._change_one(item_id, partial=True)

    def _change_one(self, item_id: str, *, partial: bool) -> Response:
        pk = path_uuid(item_id, self.model)
        data = self.body()
        with self._revise_one(pk, self.action) as (profile, row):
            serializer = serializers.ITEM_SERIALIZERS[self.model](data=data, row=row, partial=partial)
            serializer.is_valid(raise_exception=True)
            bulk.update(profile, self.model, [(row, serializer.validated_data)])
        return self._answer_item(profile, row)

    def destroy(self, request: Request, profile_id: str, item_id: str) -> Response:
        with self._revise_one(path_uuid(item_id, self.model), "delete") as (profile, row):
            bulk.delete(profile, self.model, [row])
        return self.answer(None, profile, status=204)

    @contextmanager
    def _revise_one(self, pk: uuid.UUID, action: str) -> Iterator[tuple[Profile, Component]]:
        """The profile, locked for a change of one item that `If-Match` allows, and the item.

        Raises Stale, and Missing where there is no such item.
        """
        with Profile.objects.revise(self.profile.pk, self.cause(f"{self.model.plural}_{action}")) as profile:
            try:
                row = bulk.named(profile, self.model, [pk])[pk]
            except Missing as exc:
                # What changed elsewhere comes first, as on every route.
                self._expect(profile, pk, None)
                raise Missing.of(self.model) from exc
            self._expect(profile, pk, row)
            yield profile, row

    def _expect(self, profile: Profile, pk: uuid.UUID, row: Component | None) -> None:
        """Judge `If-Match`, whose tags may name the item or the profile. Raises Stale where none of them matches."""
        of_item, of_profile = IfMatch.of(self.request).split(pk)
        if of_profile.matches(profile.pk, profile.version):
            return
        current = rendering.item(profile, self.model, row.values()) if row else None
        if current and of_item.matches(pk, current["version"]):
            return
        sentence = CHANGED if current else GONE
        raise Stale(profile.version, profile, sentence=sentence if of_item.tags else "", current=current)


def _viewset(model: type[Component]) -> type[ComponentViewSet]:
    name = f"{model.__name__}ViewSet"
    viewset = type(name, (ComponentViewSet,), {"model": model, "__doc__": model.__doc__, "__module__": __name__})
    _describe(viewset, openapi.ComponentOperations(model).by_action())
    return viewset


def _describe(viewset: type[ProfileScopedViewSet], by_action: Mapping[str, Callable[[Any], Any]]) -> None:
    """Decorate actions that a viewset inherits, without a change to those of its base."""
    for name, describe in by_action.items():
        describe(isolate_view_method(viewset, name))


# The viewset of each kind of component.
COMPONENT_VIEWSETS: dict[type[Component], type[ComponentViewSet]] = {model: _viewset(model) for model in COMPONENTS}


class SkillsViewSet(ProfileScopedViewSet):
    """The skills section as a whole."""

    @openapi.skills_retrieve
    def retrieve(self, request: Request, profile_id: str) -> HttpResponse:
        return self.not_modified() or self.section("skills")

    @openapi.skills_update
    def update(self, request: Request, profile_id: str) -> Response:
        data = self.body()
        with transaction.atomic():
            with self.revise("skills_update") as profile:
                serializer = serializers.SkillsSerializer(data=data, context={"profile": profile})
                serializer.is_valid(raise_exception=True)
                bulk.store_skills(profile, serializer.validated_data)
            skills = rendering.stored(profile.pk).section("skills")
        return self.answer({"message": "Skills updated successfully", **skills}, profile)


class SkillNamesViewSet(ProfileScopedViewSet):
    """The skills of one kind, by name."""

    kind: ClassVar[Skill.Kind]
    query_name = "skills"

    def is_bulk(self) -> bool:
        return self.action in {"create", "destroy"}

    @idempotent(SkillsAnswer())
    def create(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.AddSkills(self.kind), self.body())

    def destroy(self, request: Request, profile_id: str) -> Response:
        operation = operations.RemoveSkills(self.kind)
        return self.carry_out(operation, self.named_in_query_or_body(operation))


def _skill_names_viewset(kind: Skill.Kind) -> type[SkillNamesViewSet]:
    name = f"{kind.name.title()}SkillsViewSet"
    viewset = type(name, (SkillNamesViewSet,), {"kind": kind, "__module__": __name__})
    _describe(
        viewset,
        {"create": openapi.skill_names_add(kind.value), "destroy": openapi.skill_names_delete(kind.value)},
    )
    return viewset


# The viewset of each kind of skill.
SKILL_NAMES_VIEWSETS = {kind: _skill_names_viewset(kind) for kind in Skill.Kind}


class CustomFieldsViewSet(ProfileScopedViewSet):
    """The map of custom fields."""

    query_name = "keys"

    def is_bulk(self) -> bool:
        return self.action in {"create", "destroy"}

    @openapi.custom_fields_retrieve
    def retrieve(self, request: Request, profile_id: str) -> HttpResponse:
        return self.not_modified() or self.section(CustomField.plural)

    @openapi.custom_fields_add
    @idempotent()
    def create(self, request: Request, profile_id: str) -> Response:
        return self.carry_out(operations.AddFields(), self.body())

    @openapi.custom_fields_update
    def update(self, request: Request, profile_id: str) -> Response:
        rows = CustomFields().to_internal_value(self.body())
        with self.revise("custom_fields_update") as profile:
            bulk.store(profile, {CustomField.plural: rows})
        return self.answer({row["key"]: row["value"] for row in rows}, profile)

    @openapi.custom_fields_delete
    def destroy(self, request: Request, profile_id: str) -> Response:
        operation = operations.RemoveFields()
        return self.carry_out(operation, self.named_in_query_or_body(operation))
