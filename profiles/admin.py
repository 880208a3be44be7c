"""Careers in the admin site: found, read, mended. Every save is a revision, as it is through the API."""

import json
import uuid
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from rest_framework.exceptions import ValidationError

from profiles import rendering
from profiles.models import COMPONENTS, CustomField, Job, Part, Profile, Skill
from profiles_project.http.adminlog import WatchedAdmin
from profiles_project.http.errors import faults
from profiles_project.http.values import fold, nfc
from users.admin import ReadOnly


class CareerForm(ModelForm[Any]):
    """Texts in NFC, as the API stores them; the value of a custom field stays as it is."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        texts = {name for name in values if not isinstance(self.fields[name], forms.JSONField)}
        return {name: nfc(v) if name in texts and isinstance(v, str) else v for name, v in values.items()}


class PartFormSet(BaseInlineFormSet[Part, Profile, ModelForm[Part]]):
    """The rows of one list; new ones go to its end."""

    def save_new(self, form: ModelForm[Part], commit: bool = True) -> Part:  # noqa: FBT001, FBT002  # Django's signature
        last = type(form.instance).objects.filter(profile=self.instance).aggregate(last=Max("position"))["last"]
        form.instance.position = 0 if last is None else last + 1
        return super().save_new(form, commit)


class SkillFormSet(PartFormSet):
    """Skills: unique without case, which the form must say before the database does."""

    def clean(self) -> None:
        super().clean()
        seen: set[tuple[str, str]] = set()
        for form in self.forms:
            if not form.cleaned_data or form.cleaned_data.get("DELETE"):
                continue
            key = (form.cleaned_data.get("kind", ""), fold(form.cleaned_data.get("name", "")))
            if key in seen:
                raise forms.ValidationError(f"“{form.cleaned_data['name']}” stands in the list twice.")
            seen.add(key)


class PartInline(admin.StackedInline[Part, Profile]):
    """The rows of one kind, in their order."""

    extra = 0
    form = CareerForm
    formset = PartFormSet
    # The id stays in the page as a hidden field: as one that can be edited it would make a second row.
    # What an import kept aside is its owner's to read.
    exclude = ("id", "position", "extra")
    ordering = ("position", "id")
    classes = ("collapse",)

    @classmethod
    def of(cls, part: type[Part], **attributes: Any) -> "type[PartInline]":
        """The inline of a kind."""
        return type(f"{part.__name__}Inline", (cls,), {"model": part, **attributes})


INLINES = (
    *(PartInline.of(model, max_num=model.max_rows) for model in COMPONENTS if not model.is_private),
    PartInline.of(Skill, formset=SkillFormSet, template="admin/edit_inline/tabular.html"),
    PartInline.of(CustomField, max_num=CustomField.max_rows, template="admin/edit_inline/tabular.html"),
)


@admin.register(Profile)
class ProfileAdmin(WatchedAdmin, admin.ModelAdmin[Profile]):
    """Profiles with everything in them. They are made, activated and deleted by their users."""

    form = CareerForm
    list_display = ("label", "user", "full_name", "is_active", "items", "version", "updated_at")
    list_filter = ("is_active", "updated_at")
    list_select_related = ("user",)
    search_fields = ("full_name", "email", "label", "user__email")
    ordering = ("-updated_at",)
    readonly_fields = ("id", "user", "is_active", "version", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("id", "user", "label", "is_active")}),
        ("Person", {"fields": Profile.PERSONAL_INFO}),
        ("Summary", {"fields": ("professional_summary",)}),
        ("Revision", {"fields": ("version", "created_at", "updated_at")}),
    )
    inlines = INLINES

    @admin.display(description="items")
    def items(self, profile: Profile) -> int:
        """How many rows lie below the profile."""
        return sum(rendering.summary(profile)["counts"].values())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Profile]:
        return rendering.with_counts(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Profile], search_term: str) -> Any:
        """By id too, in Python's spelling of it: SQLite keeps ids without dashes."""
        with suppress(ValueError):
            return queryset.filter(pk=uuid.UUID(search_term.strip())), False
        return super().get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A save is one revision of the profile: own fields and rows together, or nothing."""
        found = self.get_object(request, object_id or "") if request.method == "POST" else None
        if found is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            with Profile.objects.revise(found.pk) as profile:
                request.revised = profile  # type: ignore[attr-defined]  # from here to save_model and save_formset
                return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as exc:
            for _, _, text in faults(exc.detail):
                messages.error(request, text)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Profile, form: ModelForm[Profile], change: bool) -> None:  # noqa: FBT001  # Django's signature
        for name in form.changed_data:
            setattr(request.revised, name, getattr(obj, name))  # type: ignore[attr-defined]  # set in changeform_view

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        formset.save()
        if formset.has_changed():
            request.revised.touch()  # type: ignore[attr-defined]  # set in changeform_view

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        super().save_related(request, form, formsets, change)
        # Limits are judged here, before Django says that all went well.
        request.revised.close_revision()  # type: ignore[attr-defined]  # set in changeform_view


@admin.register(Job)
class JobAdmin(ReadOnly, WatchedAdmin, admin.ModelAdmin[Job]):
    """Work in the background: how it goes and why it failed. What it was given and what it gave is its owner's."""

    list_display = ("id", "user", "kind", "status", "why", "progress", "attempts", "created_at", "finished_at")
    list_select_related = ("user",)
    list_filter = ("status", "kind", "created_at")
    search_fields = ("user__email",)
    fields = (
        *("id", "user", "kind", "profile_id", "status", "progress", "attempts"),
        *("created_at", "started_at", "finished_at", "lease_until", "why"),
    )
    readonly_fields = fields

    @admin.display
    def progress(self, job: Job) -> str:
        """How many of how many items."""
        return f"{job.done} of {job.total}"

    @admin.display(description="problem")
    def why(self, job: Job) -> str:
        """Why it failed, without what a field's own sentence might quote."""
        if job.problem is None:
            return ""
        problem = json.loads(job.problem)
        return f"{problem['status']} {problem['title']}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).defer("input", "result")
