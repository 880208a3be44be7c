"""Rows as the desk names them: their person, the address of their page, and their entries of the audit log."""

from typing import Any

from django.db.models import Model, OuterRef, Subquery
from django.urls import reverse
from django.utils.html import format_html

from profiles.desk.lists import masked_email
from users.models import AuditEntry, User


def person_of(row: Any) -> User | None:
    """The person whose row it is, if any: a mail or an event may be nobody's."""
    person: User | None = row if isinstance(row, User) else getattr(row, "user", None)
    return person


def page_of(row: Model) -> str:
    """The address of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def page_link(row: Model, text: str) -> str:
    """A link to a row's page."""
    return format_html('<a href="{}">{}</a>', page_of(row), text)


def person_link(user: User | None) -> str:
    """A person in a list: a link to their page."""
    if user is None:
        return ""
    return page_link(user, f"{user.full_name} ({masked_email(user.email)})")


def name_of(key: str) -> Subquery:
    """A subquery for the name of the account whose id is in a column without a foreign key."""
    return Subquery(User.objects.filter(pk=OuterRef(key)).values("full_name"))


def named(key: int | None, name: str | None) -> str:
    """A person's label, from the name that `name_of` found."""
    if key is None:
        return ""
    return f"{key} (erased)" if name is None else page_link(User(pk=key), f"{name} ({key})")


def audit(staff: Any, action: str, row: Model, reason: str = "") -> None:
    """Write an entry of the audit log about a row."""
    person = person_of(row)
    AuditEntry.objects.create(
        staff_id=staff.pk,
        user_id=person.pk if person else None,
        object_kind=row._meta.label_lower,
        object_id=str(row.pk),
        action=action,
        reason=reason,
    )
