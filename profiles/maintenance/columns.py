"""What becomes of every column when a copy of the database is anonymised: kept, emptied or invented.

Keys, references and what is derived from other columns are told by their kind and stand here only where they are not
kept. A test, and the command itself, refuse a model whose columns this table doesn't know.
"""

import calendar
import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from django.apps import apps
from django.db import models

from profiles.maintenance.inventions import COUNTRIES, Inventor
from profiles.models import Job
from profiles_project.database.derived import derived_fields

# Gives the new value of a column of a row, which is as it was; never called for null or an empty text.
Maker = Callable[[Inventor, models.Model, str], Any]


class Fate(Enum):
    """What becomes of a column, or of a whole table, that is not invented anew."""

    KEPT = "kept"
    # Null where the column takes it, else its default or the empty text.
    EMPTIED = "emptied"
    # All rows of the table go.
    REMOVED = "removed"


KEPT, EMPTIED, REMOVED = Fate.KEPT, Fate.EMPTIED, Fate.REMOVED
EARLIEST = "1000-01-01"
MOST_YEARS = 5
UNSENT = "It was not sent: the database is an anonymised copy."


def _old(row: models.Model, name: str) -> Any:
    return getattr(row, name)


def _place(row: models.Model, name: str) -> tuple[str, str, str]:
    return row._meta.db_table, name, str(row.pk)


def text(inventor: Inventor, row: models.Model, name: str) -> str:
    """Words of the same length."""
    return inventor.text(_old(row, name), *_place(row, name))


def only_text(inventor: Inventor, row: models.Model, name: str) -> str:
    """Words that no other row has, of whatever length."""
    return inventor.words(*_place(row, name))


def code(inventor: Inventor, row: models.Model, name: str) -> str:
    """Letters and digits of the same form."""
    return inventor.code(_old(row, name), *_place(row, name))


def phone(inventor: Inventor, row: models.Model, name: str) -> str:
    """A number of the same form."""
    return inventor.phone(_old(row, name), *_place(row, name))


def email(inventor: Inventor, row: Any, name: str) -> str:
    """The one address of the user whose row it is, or of the row's own where it is nobody's."""
    return inventor.email("user", row.pk if row._meta.label == "users.User" else row.user_id or str(row.pk))


def url(inventor: Inventor, row: models.Model, name: str) -> str:
    """An address of about the same length."""
    return inventor.url(_old(row, name), *_place(row, name))


def country(inventor: Inventor, row: models.Model, name: str) -> str:
    """A country's code."""
    return COUNTRIES[inventor.number(len(COUNTRIES), *_place(row, name))]


def value(inventor: Inventor, row: models.Model, name: str) -> Any:
    """JSON of the same form; lists of texts too."""
    return inventor.json(_old(row, name), *_place(row, name))


def links(inventor: Inventor, row: models.Model, name: str) -> list[dict[str, Any]]:
    """Links with the members that they had."""
    return [
        {member: inventor.json(each, *_place(row, name), index, member) for member, each in link.items()}
        for index, link in enumerate(_old(row, name))
    ]


def grade(inventor: Inventor, row: models.Model, name: str) -> float:
    """A grade from 0 to 4."""
    return inventor.number(401, *_place(row, name)) / 100


def date(inventor: Inventor, row: Any, name: str) -> str:
    """The partial date some years earlier, for all of a profile alike, so that what comes after what stays."""
    return years_before(_old(row, name), 1 + inventor.number(MOST_YEARS, "years", str(row.profile_id)))


def years_before(old: str, years: int) -> str:
    """The partial date so many years before, in the precision that it has; none lies before the year 1000."""
    year = int(old[:4]) - years
    if year < int(EARLIEST[:4]):
        return EARLIEST[: len(old)]
    if old[4:] == "-02-29" and not calendar.isleap(year):
        return f"{year}-02-28"
    return f"{year}{old[4:]}"


def password(inventor: Inventor, row: models.Model, name: str) -> str:
    """One that nobody can enter, as Django marks it; where one is given, the command sets it for all afterwards."""
    return f"!{inventor.bits(*_place(row, name), size=20).hex()}"


def status(inventor: Inventor, row: Any, name: str) -> str:
    """No worker of the copy shall begin what was asked for in the original."""
    return str(Job.Status.CANCELLED if row.status in Job.UNFINISHED else row.status)


def result(inventor: Inventor, row: models.Model, name: str) -> str:
    """That it went well, and nothing of what came of it."""
    return json.dumps({"status": 200})


def problem(inventor: Inventor, row: models.Model, name: str) -> str:
    """That it failed, and nothing of what it failed at."""
    title = "Removed from this copy"
    return json.dumps({"type": "about:blank", "title": title, "status": 500, "detail": f"{title}."})


class Always:
    """A maker that is called for null and the empty text too."""

    def __init__(self, make: Maker) -> None:
        self.make = make

    def __call__(self, inventor: Inventor, row: models.Model, name: str) -> Any:
        return self.make(inventor, row, name)


Columns = Mapping[str, Fate | Maker]

PART: Columns = {"position": KEPT}
COMPONENT: Columns = {**PART, "is_visible": KEPT, "extra": value}
TIMES: Columns = {"created_at": KEPT, "updated_at": KEPT}

COLUMNS: Mapping[str, Fate | Columns] = {
    "users.User": {
        "password": password,
        "email": email,
        "full_name": text,
        **dict.fromkeys(("last_login", "is_superuser", "is_active", "is_staff", "is_verified"), KEPT),
        **TIMES,
    },
    "users.User_groups": {},
    "users.User_user_permissions": {},
    "users.Session": REMOVED,
    "users.IdempotencyRecord": REMOVED,
    "users.AuditEntry": REMOVED,
    "users.SecurityEvent": {"kind": KEPT, "session_id": EMPTIED, "created_at": KEPT},
    "users.Mail": {
        "address": email,
        "problem": Always(lambda _, row, __: "" if _old(row, "sent_at") else UNSENT),
        **dict.fromkeys(("kind", "created_at", "sent_at", "attempts", "next_try_at"), KEPT),
    },
    "profiles.Profile": {
        **dict.fromkeys(("label", "full_name", "location", "headline", "address", "city", "region"), text),
        **dict.fromkeys(("linkedin", "github", "website", "image"), url),
        "professional_summary": text,
        "email": email,
        "phone": phone,
        "postal_code": code,
        "country_code": country,
        "links": links,
        "extra": value,
        "is_active": KEPT,
        **dict.fromkeys(("score", "byte_count", "bytes_version"), EMPTIED),
        "version": KEPT,
        **TIMES,
    },
    "profiles.Experience": {
        **COMPONENT,
        **dict.fromkeys(("title", "company", "location", "description", "company_description"), text),
        **dict.fromkeys(("employment_type", "industry"), text),
        **dict.fromkeys(("start_date", "end_date"), date),
        **dict.fromkeys(("achievements", "technologies"), value),
        "url": url,
        "is_current": KEPT,
    },
    "profiles.Education": {
        **COMPONENT,
        **dict.fromkeys(("institution", "degree", "field_of_study", "description"), text),
        **dict.fromkeys(("start_date", "end_date"), date),
        **dict.fromkeys(("honors", "courses"), value),
        "gpa": grade,
        "score": code,
        "url": url,
        "is_current": KEPT,
    },
    "profiles.Project": {
        **COMPONENT,
        **dict.fromkeys(("name", "description", "entity", "type"), text),
        **dict.fromkeys(("start_date", "end_date"), date),
        **dict.fromkeys(("technologies", "highlights", "roles"), value),
        "url": url,
    },
    "profiles.Certification": {
        **COMPONENT,
        **dict.fromkeys(("name", "issuer"), text),
        **dict.fromkeys(("date_obtained", "expiry_date"), date),
        "credential_id": code,
        "url": url,
    },
    "profiles.Language": {**COMPONENT, "name": text, "proficiency": KEPT},
    "profiles.Volunteering": {
        **COMPONENT,
        **dict.fromkeys(("organization", "role", "summary"), text),
        **dict.fromkeys(("start_date", "end_date"), date),
        "highlights": value,
        "url": url,
    },
    "profiles.Award": {**COMPONENT, **dict.fromkeys(("title", "awarder", "summary"), text), "date": date},
    "profiles.Publication": {
        **COMPONENT,
        **dict.fromkeys(("name", "publisher", "summary"), text),
        "release_date": date,
        "url": url,
    },
    "profiles.Interest": {**COMPONENT, "name": text, "keywords": value},
    "profiles.Reference": {**COMPONENT, "name": text, "reference": text},
    "profiles.Skill": {**PART, "kind": KEPT, "name": only_text, "level": text, "keywords": value, "extra": value},
    "profiles.CustomField": {**PART, "key": only_text, "value": value},
    # Its fingerprints are of what people have written.
    "profiles.Origin": {"source": KEPT, "brought": EMPTIED, **TIMES},
    "profiles.Job": {
        **dict.fromkeys(("kind", "profile_id", "profile_created_at", "total", "done", "attempts"), KEPT),
        **dict.fromkeys(("lease_until", "created_at", "started_at"), KEPT),
        **dict.fromkeys(("if_match", "input"), EMPTIED),
        "result": result,
        "problem": problem,
        "status": status,
        "finished_at": Always(lambda _, row, __: _old(row, "finished_at") or _old(row, "lease_until")),
    },
    "profiles.JobFile": REMOVED,
    "auth.Group": {"name": KEPT},
    "auth.Group_permissions": {},
    "auth.Permission": {"name": KEPT, "codename": KEPT},
    "contenttypes.ContentType": {"app_label": KEPT, "model": KEPT},
    "admin.LogEntry": REMOVED,
    "sessions.Session": REMOVED,
    "otp_totp.TOTPDevice": REMOVED,
    "django_tasks_database.DBTaskResult": REMOVED,
}


def unclassified() -> list[str]:
    """The columns of which the table doesn't say what becomes of them, and those that it has and no model has."""
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        label, fates = model._meta.label, COLUMNS.get(model._meta.label)
        if fates is None:
            wrong.append(f"{label} is missing")
        elif not isinstance(fates, Fate):
            known = {field.name for field in model._meta.concrete_fields}
            told = {field.name for field in (*filter(_by_kind, model._meta.concrete_fields), *derived_fields(model))}
            needed = known - told
            wrong += [f"{label}.{name} is missing" for name in sorted(needed - fates.keys())]
            wrong += [f"{label}.{name} is no column" for name in sorted(fates.keys() - known)]
    return wrong


def _by_kind(field: Any) -> bool:
    number_or_id = isinstance(field, (models.AutoField, models.BigAutoField, models.UUIDField))
    return field.is_relation or (field.primary_key and number_or_id)
