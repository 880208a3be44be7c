"""The pages of people. They neither show nor set passwords."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.formats import date_format

from profiles.desk import search
from profiles.desk.base import DeskAdmin
from profiles.desk.lists import CountedFilter, masked_email
from profiles.desk.pages import glance
from profiles.desk.pages.timeline import timeline
from profiles.desk.roles import ROLES
from profiles.models import Job, Profile
from profiles_project.web.forms import JudgedForm
from users.accounts import end_admin_sessions
from users.models import Mail, User
from users.tasks import file_mail

# The score from which a profile counts as complete.
COMPLETE_FROM = 80
# On a page of the timeline; the page of the person shows fewer.
MOST_EVENTS = 50
PERMISSIONS = "Permissions"


class AccountFilter(CountedFilter):
    """By the state of the account."""

    title = "account"
    parameter_name = "account"
    choice = {
        "inactive": ("Inactive", Q(is_active=False)),
        "unverified": ("Unverified", Q(is_verified=False)),
        "staff": ("Staff", Q(is_staff=True)),
    }


class TroubleFilter(CountedFilter):
    """By trouble that a person may want help with."""

    title = "trouble"
    parameter_name = "trouble"

    def table(self) -> list[tuple[str, tuple[str, Q]]]:
        failed = Job.objects.filter(status=Job.Status.FAILED).values("user_id")
        incomplete = Profile.objects.filter(score__lt=COMPLETE_FROM, is_active=True).values("user_id")
        return [
            ("failed-jobs", ("Failed jobs", Q(pk__in=failed))),
            ("incomplete", (f"Profile below {COMPLETE_FROM} %", Q(pk__in=incomplete))),
        ]


class AccountForm(JudgedForm, ModelForm[User]):
    """An account as superusers mend it."""

    def clean(self) -> None:
        super().clean()
        now = {name: getattr(self.instance, name) for name in ("is_staff", "is_superuser")} | self.cleaned_data
        if now["is_superuser"] and not now["is_staff"]:
            raise ValidationError("A superuser is a member of the staff: choose both, or take both away.")


@admin.register(User)
class AccountAdmin(DeskAdmin, UserAdmin[User]):
    """Accounts. Superusers add staff and grant permissions; all other staff use the desk's actions."""

    # Not Django's forms, which set a password, or show its hash and lead to a form for a new one.
    add_form = form = AccountForm
    owner = "pk"
    ordering = ("-id",)
    list_display = ("id", "full_name", "address", "is_active", "is_verified", "registered")
    list_display_links = ("id", "full_name")
    list_filter = (AccountFilter, TroubleFilter)
    # The search is ours; Django shows its box where there are fields.
    search_fields = ("search_key",)
    search_help_text = search.HELP
    readonly_fields = ("email", "language", "is_active", "is_verified", "last_login", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("email", "full_name", "language", "is_active", "is_verified")}),
        (PERMISSIONS, {"fields": ("is_staff", "is_superuser", "groups", "user_permissions"), "classes": ("collapse",)}),
        ("Times", {"fields": ("last_login", "created_at", "updated_at"), "classes": ("collapse",)}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": ("email", "full_name"),
                "description": "A mail with a link for a password of their own goes to the address.",
            },
        ),
        (PERMISSIONS, {"fields": ("is_staff", "is_superuser")}),
    )

    @admin.display(description="e-mail", ordering="email")
    def address(self, user: User) -> str:
        """Masked, since a list shows many people at once."""
        return masked_email(user.email)

    @admin.display(ordering="id")
    def registered(self, user: User) -> str:
        """The day."""
        return date_format(user.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).defer("password")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[User], search_term: str) -> Any:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=self.people(request, search_term, queryset)), False

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if url.name != "auth_user_password_change"]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if obj is None or obj.is_staff or obj.is_superuser:
            return sets
        # An account that is not staff has no permissions; a superuser makes it staff first.
        first = (
            [(PERMISSIONS, {"fields": ("is_staff",), "classes": ("collapse",)})] if request.user.is_superuser else []
        )
        return [each for each in sets if each[0] != PERMISSIONS] + first

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_permissions":
            # Each right is called by its table too.
            kwargs["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def facts(self, obj: User) -> list[tuple[str, str]]:
        return glance.facts(obj)

    def tables(self, request: HttpRequest, obj: User) -> Iterable[glance.Table]:
        return glance.tables(obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["timeline"] = timeline(request, obj, glance.MOST_SHOWN)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def has_history(self, request: HttpRequest) -> bool:
        return True

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """The person's timeline, of one kind or of all, a page at a time."""
        person = self.opened(request, object_id)
        chosen = {name: request.GET.get(name, "") for name in ("kind", "before")}
        context = {"person": person, "timeline": timeline(request, person, MOST_EVENTS, **chosen)}
        return self.page(request, "desk/history_of_person.html", f"Timeline of {person.full_name}", context)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:  # noqa: FBT001  # Django's signature
        if not change:
            obj.set_unusable_password()
            obj.save()
            file_mail(Mail.Kind.RESET, obj, obj.email)
            return
        # Only the changed fields, on the current row: others may have changed the account since it was read.
        now = User.objects.select_for_update().get(pk=obj.pk)
        changed = [name for name in form.changed_data if not User._meta.get_field(name).many_to_many]
        for name in changed:
            setattr(now, name, getattr(obj, name))
        now.save(update_fields=[*changed, "search_key", "updated_at"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        super().save_related(request, form, formsets, change)
        if "is_staff" in form.changed_data and not form.instance.is_staff:
            # Else making the account staff again would revive old permissions and sessions unseen.
            end_admin_sessions(form.instance)
            form.instance.groups.clear()
            form.instance.user_permissions.clear()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # A user who grants permissions could grant themselves any, and the last superuser could remove their own.
        return bool(request.user.is_superuser) and (obj is None or obj.pk != request.user.pk)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class RoleForm(JudgedForm, ModelForm[Group]):
    """A role as superusers mend it."""


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(DeskAdmin, GroupAdmin):
    """Roles, which superusers may see and change. Each change has an entry in the audit log."""

    form = RoleForm

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        # The release's own roles would come back with the next `migrate`, without their members.
        return bool(request.user.is_superuser) and (obj is None or obj.name not in ROLES)
