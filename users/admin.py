"""Accounts in the admin site: found, looked at, switched off. Passwords are neither shown nor set here."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import Model, QuerySet
from django.dispatch import receiver
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import URLPattern

from profiles_project.http.adminlog import WatchedAdmin
from profiles_project.http.logs import security_event
from users.models import Mail, SecurityEvent, Session, User


@receiver(user_logged_in)
def note_login(sender: object, user: User, **_: object) -> None:
    """Called by Django when staff log in to the admin; the API has sessions of its own."""
    security_event("admin_login", staff=user.pk)


@receiver(user_logged_out)
def note_logout(sender: object, user: User | None, **_: object) -> None:
    """Called by Django when staff log out."""
    security_event("admin_logout", staff=user.pk if user else None)


class ReadOnly:
    """What staff may look at and not touch."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class SessionInline(ReadOnly, admin.TabularInline[Session, User]):
    """The devices on which the person is logged in."""

    model = Session
    fields = ("created_at", "last_used_at", "expires_at", "user_agent")
    readonly_fields = fields
    verbose_name_plural = "live sessions"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return super().get_queryset(request).filter(pk__in=Session.objects.live().values("pk"))


class StaffCreationForm(AdminUserCreationForm[User]):
    """Django's form for a new user, with the fields of ours."""

    class Meta:
        model = User
        fields = ("email", "full_name")


@admin.register(User)
class AccountAdmin(WatchedAdmin, UserAdmin[User]):
    """Accounts. Superusers add staff and hand out permissions; other staff change what people may be helped with."""

    add_form = StaffCreationForm
    # Not Django's form for changes, which shows the hash and leads to a form for a new password.
    form = ModelForm[User]
    inlines = (SessionInline,)
    ordering = ("-id",)
    list_display = ("id", "email", "full_name", "is_active", "is_verified", "is_staff", "created_at")
    list_display_links = ("id", "email")
    list_filter = ("is_active", "is_verified", "is_staff", "created_at")
    search_fields = ("email", "full_name")
    date_hierarchy = None
    readonly_fields = ("email", "last_login", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("email", "full_name", "is_active", "is_verified")}),
        ("Permissions", {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Times", {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "full_name", "usable_password", "password1", "password2")}),
        ("Permissions", {"fields": ("is_staff", "is_superuser")}),
    )
    PERMISSIONS: ClassVar[tuple[str, ...]] = ("is_staff", "is_superuser", "groups", "user_permissions")

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if url.name != "auth_user_password_change"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, *self.PERMISSIONS)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Whoever can change a superuser's account could lock the last one out.
        allowed = request.user.is_superuser or obj is None or not obj.is_superuser
        return allowed and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(Session)
class SessionAdmin(ReadOnly, WatchedAdmin, admin.ModelAdmin[Session]):
    """Every device that is or was logged in."""

    list_display = ("id", "user", "created_at", "last_used_at", "expires_at", "revoked_at", "user_agent")
    list_select_related = ("user",)
    list_filter = ("created_at",)
    search_fields = ("user__email",)
    fields = list_display
    readonly_fields = list_display


@admin.register(Mail)
class MailAdmin(ReadOnly, WatchedAdmin, admin.ModelAdmin[Mail]):
    """Mails that wait, were sent, or never will be."""

    list_display = ("id", "user", "kind", "address", "created_at", "sent_at", "attempts", "problem")
    list_select_related = ("user",)
    list_filter = (
        "kind",
        ("sent_at", admin.EmptyFieldListFilter),
        ("problem", admin.EmptyFieldListFilter),
        "created_at",
    )
    search_fields = ("user__email", "address")
    fields = (*list_display, "next_try_at")
    readonly_fields = fields


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnly, WatchedAdmin, admin.ModelAdmin[SecurityEvent]):
    """What happened to accounts."""

    list_display = ("created_at", "kind", "user", "session_id")
    list_select_related = ("user",)
    list_filter = ("kind", "created_at")
    search_fields = ("user__email",)
    fields = list_display
    readonly_fields = fields
