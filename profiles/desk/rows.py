"""Rows as the desk names them: their person, the address of their page, and their entries of the audit log."""

from contextlib import suppress
from typing import Any

from django.apps import apps
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from profiles.desk.lists import masked_email
from users.models import AuditEntry, User

MOST_LOOKED_THROUGH = 1_000


def person_of(row: Any) -> User | None:
    """The person whose row it is, if any: a mail or an event may be nobody's."""
    person: User | None = row if isinstance(row, User) else getattr(row, "user", None)
    return person


def everything(model: type[Model]) -> QuerySet[Any]:
    """All rows of a model: of profiles those in the trash too, which their usual manager hides."""
    rows: QuerySet[Any] = getattr(model, "with_trash", model._default_manager).all()
    return rows


def page_of(row: Model) -> str:
    """The address of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def read_address(profile: Model) -> str:
    """The address of the page on which a profile is read."""
    return reverse("admin:profiles_profile_read", args=[profile.pk])


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


def object_link(entry: AuditEntry) -> str:
    """What an entry of the audit log is about: its kind and id, as a link to its page. Of a person nothing more."""
    try:
        model = apps.get_model(entry.object_kind)
    except (LookupError, ValueError):
        return f"{entry.object_kind} {entry.object_id}"
    if model is User:
        return ""
    text = f"{model._meta.verbose_name} {entry.object_id}"
    with suppress(NoReverseMatch):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        return format_html('<a href="{}">{}</a>', reverse(name, args=[entry.object_id]), text)
    return text


def entries_about(row: Model) -> QuerySet[Any]:
    """The entries of the audit log about a row, newest first, each with the name of who did it (`by`)."""
    person = person_of(row)
    # By the person too, for whom there is an index.
    mine = AuditEntry.objects.filter(user_id=person.pk if person else None)
    about = mine.filter(object_kind=row._meta.label_lower, object_id=str(row.pk))
    return about.order_by("-id").annotate(by=name_of("staff_id"))


def own_deeds(staff: Any, most: int) -> list[Any]:
    """What a member of the staff did last, each with the name of the person concerned (`person`); not whom they saw."""
    # Many look at many pages: no more of their entries are looked through than these.
    newest = AuditEntry.objects.filter(staff_id=staff.pk).order_by("-id").values("pk")[:MOST_LOOKED_THROUGH]
    deeds = AuditEntry.objects.filter(pk__in=newest).exclude(action="view").order_by("-id")
    return list(deeds.annotate(person=name_of("user_id"))[:most])


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
