"""Careers in the desk: found, read, and mended by superusers. Every save is a revision, as it is through the API."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError, connection
from django.db.models import Model, Q, QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from profiles.career import bulk, completeness, history, rendering
from profiles.desk import search
from profiles.desk.base import offered
from profiles.desk.lists import CountedFilter, masked_email, masked_phone
from profiles.desk.pages.revisions import RevisedAdmin, named_version
from profiles.desk.rows import person_link, read_address
from profiles.desk.wording import lines, shown
from profiles.models import COMPONENTS, Actor, Cause, CustomField, Part, Profile, Skill
from profiles.models.trash import KEPT_IN_TRASH
from profiles.portability import kinds
from profiles.portability.json_resume import HIDDEN, write
from profiles.portability.printing import sheet_of
from profiles_project.database import clock
from profiles_project.database.refusals import LimitPassed
from profiles_project.database.values import FoldedField
from profiles_project.texts import fold, nfc
from profiles_project.web.forms import JudgedForm
from profiles_project.words.wording import worded

TWICE = (
    "Nothing was stored: the profile has a skill or a custom field of that name by now, or two of them trade names, "
    "which takes two saves, the first with another name."
)

IN_TRASH = "trash"


class CareerForm(JudgedForm, ModelForm[Any]):
    """Texts as the API stores them: in NFC, null where they are empty. The value of a custom field stays as it is."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        clearable = {field.name for field in self._meta.model._meta.concrete_fields if field.null}
        for name, value in values.items():
            if isinstance(value, str) and not isinstance(self.fields[name], forms.JSONField):
                values[name] = None if not value and name in clearable else nfc(value)
        return values


class SkillFormSet(BaseInlineFormSet[Skill, Profile, ModelForm[Skill]]):
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


class CompletenessFilter(CountedFilter):
    """By how complete a profile is."""

    title = "completeness"
    parameter_name = "complete"
    choice = {
        "low": ("Below 50 %", Q(score__lt=50)),
        "middle": ("50 to 79 %", Q(score__gte=50, score__lt=80)),
        "high": ("80 to 99 %", Q(score__gte=80, score__lt=100)),
        "full": ("100 %", Q(score=100)),
        "unknown": ("Not computed yet", Q(score=None)),
    }


class ActiveFilter(CountedFilter):
    """By whether it is the one that its person uses, or lies in the trash."""

    title = "use"
    parameter_name = "use"
    choice = {
        "active": ("Active", Q(is_active=True, deleted_at=None)),
        "spare": ("Not active", Q(is_active=False, deleted_at=None)),
        IN_TRASH: ("In the trash", Q(deleted_at__isnull=False)),
    }

    def rows(self, model: type[Model]) -> QuerySet[Any]:
        return Profile.with_trash.all()


@admin.register(Profile)
class ProfileAdmin(RevisedAdmin):
    """Profiles with everything in them. They are made and deleted by their users."""

    form = CareerForm
    list_display = (
        *("read_link", "person", "full_name", "masked", "telephone", "is_active", "complete", "items"),
        "updated_at",
    )
    list_display_links = None
    list_filter = (CompletenessFilter, ActiveFilter)
    list_select_related = ("user",)
    # The search is ours; Django shows its box where there are fields.
    search_fields = ("search_key",)
    search_help_text = search.HELP
    # By when they were made, which their ids tell.
    ordering = ("-id",)
    readonly_fields = ("id", "user", "is_active", "version", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("id", "user", "label", "is_active")}),
        ("Person", {"fields": Profile.PERSONAL_INFO}),
        ("Summary", {"fields": Profile.SUMMARIES}),
        ("Revision", {"fields": ("version", "created_at", "updated_at")}),
    )
    inlines = INLINES

    @admin.display(description="profile", ordering="label")
    def read_link(self, profile: Profile) -> str:
        """Its label, which leads to the page where it is read."""
        where = " (in the trash)" if profile.deleted_at else ""
        return format_html('<a href="{}">{}</a>{}', read_address(profile), profile.label, where)

    @admin.display(description="e-mail", ordering="email")
    def masked(self, profile: Profile) -> str:
        """Masked, since a list shows many people at once. Not `address`: Django would show the field of that name."""
        return masked_email(profile.email)

    @admin.display(description="phone")
    def telephone(self, profile: Profile) -> str:
        """Masked, as above."""
        return masked_phone(profile.phone)

    @admin.display(description="complete", ordering="score")
    def complete(self, profile: Profile) -> str:
        """In percent, as the worker computed it last."""
        return "" if profile.score is None else f"{profile.score} %"

    @admin.display(description="items")
    def items(self, profile: Profile) -> int:
        """How many rows lie below the profile."""
        return sum(rendering.summary(profile)["counts"].values())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Profile]:
        return rendering.with_counts(Profile.with_trash.order_by(*self.get_ordering(request)))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Profile], search_term: str) -> Any:
        """What lies in the trash is found by its id, or where it was chosen in the filter."""
        if (pk := search.profile_id(search_term)) is not None:
            return queryset.filter(pk=pk), False
        if request.GET.get(ActiveFilter.parameter_name) == IN_TRASH:
            rows = queryset
        else:
            rows = queryset.filter(deleted_at=None)
        if not search_term.strip():
            return rows, False
        # Without the filter by trash: an unfiltered list is searched quicker.
        return rows.filter(user__in=self.people(request, search_term, queryset)), False

    def get_urls(self) -> list[URLPattern]:
        read = path("<path:object_id>/read/", self.admin_site.admin_view(self.read), name="profiles_profile_read")
        return [read, *super().get_urls()]

    def read(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page on which a career is read, as a résumé and not as a form; with `?version=` as it was then."""
        profile = self.opened(request, object_id)
        version = named_version(request.GET.get("version", ""), profile.version)
        document = _document(profile, version)
        may_edit = self.has_change_permission(request, profile)
        context = {
            "profile": profile,
            "person": person_link(profile.user),
            "version": version,
            "kept_until": profile.deleted_at and profile.deleted_at + KEPT_IN_TRASH,
            "sheet": sheet_of(write(shown(document), kinds.SECTIONS, include={HIDDEN})),
            "custom_fields": [(key, lines(value)) for key, value in document["custom_fields"].items()],
            "analytics": completeness.said(completeness.analyse(document, clock.now().date()), worded),
            "offered": offered(self.allowed(request), request.user, profile),
            "edit": reverse("admin:profiles_profile_change", args=[profile.pk]) if may_edit else "",
        }
        return self.page(request, "desk/career.html", document["label"], context)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Who can't mend it reads it."""
        if request.method == "GET" and self.has_view_permission(request) and not self._may_mend(request, object_id):
            return HttpResponseRedirect(reverse("admin:profiles_profile_read", args=[object_id]))
        return super().change_view(request, object_id, *args, **kwargs)

    def _may_mend(self, request: HttpRequest, object_id: str) -> bool:
        may: bool = self.has_change_permission(request)
        return may and self.has_change_permission(request, self.get_object(request, object_id))

    def has_change_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        """What lies in the trash is taken out first."""
        return super().has_change_permission(request, obj) and not (obj and obj.deleted_at)

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
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except LimitPassed as exc:
            for text in exc.sentences:
                messages.error(request, worded(text))
        except IntegrityError:
            # Form sets look for it before, but not at rows that came since, nor at two rows that trade names: they are
            # stored in turn.
            messages.error(request, TWICE)
        return HttpResponseRedirect(request.path)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Profile | None:
        """The profile of a page; of a form that was sent the locked one, in the transaction that Django has begun."""
        profile = super().get_object(request, object_id, from_field)
        is_change = request.method == "POST" and connection.in_atomic_block
        if profile is None or not is_change:
            return profile
        return Profile.objects.locked(profile.pk, Cause(Actor.SUPPORT, "support_change", staff_id=request.user.pk))

    def save_model(self, request: HttpRequest, obj: Profile, form: ModelForm[Profile], change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Nothing: `close_revision` stores what the form has changed."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        # Django's form sets write row by row; the engine writes what they have found, and notes it for the history.
        formset.save(commit=False)
        profile, model = form.instance, formset.model
        stored = profile.stored(model)
        bulk.delete(profile, model, [stored[row.pk] for row in formset.deleted_objects])
        changed = [(stored[row.pk], _content(row)) for row, _ in formset.changed_objects]
        bulk.update(profile, model, changed)
        bulk.create(profile, model, [_content(row) for row in formset.new_objects])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        super().save_related(request, form, formsets, change)
        # Limits are judged here, before Django says that all went well.
        form.instance.close_revision()


def _document(profile: Profile, version: int | None) -> Any:
    """The document of a profile, in the trash or out of it, at a version or as it is.

    Raises Missing and Forgotten as `Walk.to` does.
    """
    if version or profile.deleted_at:
        return json.loads(history.rendered(profile.pk, version or profile.version).body)
    return json.loads(rendering.current(profile).body)


def _content(row: Part) -> dict[str, Any]:
    """The content of a row that a form has filled, with what follows from it."""
    for field in row._meta.concrete_fields:
        if isinstance(field, FoldedField):
            setattr(row, field.attname, field.derive(row))
    return {name: getattr(row, name) for name in row.content_fields()}
