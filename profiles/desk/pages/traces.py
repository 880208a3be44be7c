"""The pages of sessions, mails, security events and the audit log."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from profiles.desk import search
from profiles.desk.actions import ACTIONS
from profiles.desk.base import OfPerson, ReadOnly
from profiles.desk.lists import CountedFilter, WordFilter, masked_email
from profiles.desk.pages import glance
from profiles.desk.rows import name_of, named
from users.events import KINDS
from users.models import AuditEntry, Mail, SecurityEvent, Session

# The audit log's names for changes by Django's own forms.
FORMS = ("view", "add", "change", "delete")


class TraceAdmin(ReadOnly, OfPerson):
    """A person's rows, read-only."""

    list_select_related = ("user",)
    search_fields = ("user__search_key",)
    search_help_text = search.HELP

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(user_id__in=self.people(request, search_term, queryset)), False


@admin.register(Session)
class SessionAdmin(TraceAdmin):
    """Every device that is or was logged in."""

    list_display = ("device", "person", "created_at", "last_used_at", "expires_at", "revoked_at")
    fields = ("id", "person", "user_agent", "created_at", "last_used_at", "expires_at", "revoked_at")
    readonly_fields = fields

    @admin.display(ordering="user_agent")
    def device(self, session: Session) -> str:
        """The device's User-Agent."""
        return session.user_agent or "unknown device"


class MailFilter(CountedFilter):
    """By the state of a mail."""

    title = "state"
    parameter_name = "state"
    choice = {
        "waiting": ("Waiting", Q(sent_at=None, problem="")),
        "failed": ("Will not be sent", ~Q(problem="")),
        "sent": ("Sent", Q(sent_at__isnull=False)),
    }


@admin.register(Mail)
class MailAdmin(TraceAdmin):
    """Mails that wait, were sent, or never will be."""

    list_display = ("kind", "person", "masked", "created_at", "state")
    list_filter = (MailFilter, WordFilter.of("kind", Mail.Kind.values))
    fields = (
        *("id", "person", "kind", "address", "created_at", "sent_at"),
        *("attempts", "next_try_at", "problem", "failure"),
    )
    readonly_fields = fields

    @admin.display(description="address")
    def masked(self, mail: Mail) -> str:
        """Masked, as in all lists."""
        return masked_email(mail.address)

    @admin.display
    def state(self, mail: Mail) -> str:
        """Its state in words."""
        return glance.state_of(mail)


@admin.register(SecurityEvent)
class SecurityEventAdmin(TraceAdmin):
    """What happened to accounts."""

    list_display = ("created_at", "kind", "person", "session_id")
    list_filter = (WordFilter.of("kind", KINDS), "created_at")
    fields = list_display
    readonly_fields = list_display


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, OfPerson):
    """What staff did and opened. Nobody can change it, not even superusers."""

    list_display = ("created_at", "action", "by", "person", "object_kind", "object_id", "reason")
    list_filter = (WordFilter.of("action", (*FORMS, *(each.name for each in ACTIONS))), "created_at")
    search_fields = ("reason",)
    search_help_text = "The reason; what finds who did it, or to whom; or the id of what it was done to."
    fields = list_display
    readonly_fields = list_display

    @admin.display(description="by", ordering="staff_id")
    def by(self, entry: Any) -> str:
        """The member of staff; only the id where the account is gone."""
        return named(entry.staff_id, entry.staff_name)

    @admin.display(description="person", ordering="user_id")
    def person(self, row: Any) -> str:
        """The person concerned."""
        return named(row.user_id, row.user_name)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        rows: QuerySet[AuditEntry] = super().get_queryset(request)
        return rows.annotate(staff_name=name_of("staff_id"), user_name=name_of("user_id"))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not (term := search_term.strip().replace("\0", "")):
            return queryset, False
        # Among all people, since who did it need not be whom the rows are about.
        people = self.people(request, term, AuditEntry.objects.all())
        which = Q(reason__icontains=term) | Q(object_id=term) | Q(user_id__in=people) | Q(staff_id__in=people)
        return queryset.filter(which), False

    def note_opened(self, request: HttpRequest, obj: Any) -> None:
        """Not an entry of its own: the log would tell of nothing but itself."""

    def has_history(self, request: HttpRequest) -> bool:
        """An entry is never changed."""
        return False
