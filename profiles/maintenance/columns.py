"""What becomes of every column when a copy of the database is anonymised: kept, emptied or invented.

The columns of parts follow from the classes of their fields; other tables name each of their columns. Keys, references
and what is derived from other columns are kept, and stand here only where they are not. A test, and the command itself,
refuse a column that has no fate.
"""

import calendar
import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from profiles.maintenance.inventions import COUNTRIES, Inventor
from profiles.modelfields import HttpUrlField, PartialDateField, VerbatimJSONField
from profiles.models import PARTS, Certification, CustomField, Education, Job, Part, Profile, Skill
from profiles.models.log import ORIGINS, OWN
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
HUNDREDTHS = 100
_PARTS: Mapping[str, type[Part]] = {str(part._meta.model_name): part for part in PARTS}
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


def number(inventor: Inventor, row: models.Model, name: str) -> float:
    """A number with two digits behind the point, from the least to the most that the column takes, if it says so."""
    field: Any = row._meta.get_field(name)
    limits = {type(rule): rule.limit_value for rule in field.validators}
    if MinValueValidator not in limits or MaxValueValidator not in limits:
        return float(value(inventor, row, name))
    least, most = limits[MinValueValidator], limits[MaxValueValidator]
    steps = int((most - least) * HUNDREDTHS)
    return float(least + inventor.number(steps + 1, *_place(row, name)) / HUNDREDTHS)


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


def overwritten(inventor: Inventor, row: Any, name: str) -> dict[str, Any]:
    """What a revision has overwritten: each value as its column's are made, but another one for each version.

    So history still shows which members have changed. What is no column of ours is left out.
    """
    made: dict[str, Any] = {}
    for table, change in _old(row, name).items():
        if table == OWN:
            made[table] = _values(inventor, row, Profile, str(row.profile_id), change)
        elif table == ORIGINS:
            made[table] = {source: None if brought is None else {} for source, brought in change.items()}
        elif table == "updated_at":
            made[table] = change
        elif table in _PARTS:
            made[table] = _of_table(inventor, row, _PARTS[table], change)
    return made


def _of_table(inventor: Inventor, entry: Any, part: type[Part], change: Mapping[str, Any]) -> dict[str, Any]:
    """What a revision has done to the rows of a part; the ids of those that it created or moved stay."""
    made = {name: change[name] for name in ("created", "moved") if name in change}
    if rows := change.get("changed"):
        made["changed"] = {pk: _values(inventor, entry, part, pk, before) for pk, before in rows.items()}
    if deleted := change.get("deleted"):
        made["deleted"] = [_values(inventor, entry, part, each["id"], each) for each in deleted]
    return made


def _values(
    inventor: Inventor, entry: Any, model: type[models.Model], pk: str, before: Mapping[str, Any]
) -> dict[str, Any]:
    """New values for some of the columns of a row, which had these before a revision."""
    fates = COLUMNS[model._meta.label]
    if isinstance(fates, Fate):
        return {}
    row: Any = model()
    row.pk = f"{pk}-{entry.version}"
    if model is not Profile:
        # Its dates move by the same years as all of the profile.
        row.profile_id = entry.profile_id
    for column, old in before.items():
        setattr(row, column, row.pk if column == "id" else old)
    made = {column: new_value(inventor, row, column, fates[column]) for column in before if column in fates}
    for column, new in made.items():
        setattr(row, column, new)
    made |= {field.name: field.derive(row) for field in derived_fields(model)} | {"id": pk}
    return {column: made[column] for column in before if column in made}


def new_value(inventor: Inventor, row: models.Model, name: str, fate: Any) -> Any:
    """The new value of a column of a row, which is as it was."""
    if fate is EMPTIED:
        field: Any = row._meta.get_field(name)
        return None if field.null else field.get_default()
    old = getattr(row, name)
    is_nothing = old is None or old == ""
    return old if fate is KEPT or (is_nothing and not isinstance(fate, Always)) else fate(inventor, row, name)


class Always:
    """A maker that is called for null and the empty text too."""

    def __init__(self, make: Maker) -> None:
        self.make = make

    def __call__(self, inventor: Inventor, row: models.Model, name: str) -> Any:
        return self.make(inventor, row, name)


Columns = Mapping[str, Fate | Maker]

# What becomes of the columns of parts, by the class of the field; the first class that fits counts.
BY_CLASS: tuple[tuple[type[models.Field[Any, Any]], Fate | Maker], ...] = (
    (PartialDateField, date),
    (HttpUrlField, url),
    (models.CharField, text),
    (VerbatimJSONField, value),
    (models.TextField, text),
    (models.JSONField, value),
    (models.FloatField, number),
    (models.IntegerField, value),
    (models.BooleanField, KEPT),
)
# Columns of parts that need more than their class says.
OF_PARTS: Mapping[type[Part], Columns] = {
    Education: {"score": code},
    Certification: {"credential_id": code},
    # No two rows of a profile may have the same one.
    Skill: {"name": only_text},
    CustomField: {"key": only_text},
}


def _of_part(part: type[Part]) -> Columns:
    """The fate of each column of a part. A column whose class has none is left out, and `unclassified` names it."""
    fates: dict[str, Fate | Maker] = {}
    for field in part._meta.concrete_fields:
        if _by_kind(field) or field in derived_fields(part):
            continue
        if field.choices or field.name in {"position", "version"}:
            fates[field.name] = KEPT
        elif found := next((fate for kind, fate in BY_CLASS if isinstance(field, kind)), None):
            fates[field.name] = found
    return {**fates, **OF_PARTS.get(part, {})}


def _by_kind(field: Any) -> bool:
    """Whether it is a key or a reference, which every copy keeps."""
    number_or_id = isinstance(field, (models.AutoField, models.BigAutoField, models.UUIDField))
    return field.is_relation or (field.primary_key and number_or_id)


TIMES: Columns = {"created_at": KEPT, "updated_at": KEPT}

COLUMNS: Mapping[str, Fate | Columns] = {
    "users.User": {
        "password": password,
        "email": email,
        "full_name": text,
        **dict.fromkeys(("last_login", "is_superuser", "is_active", "is_staff", "is_verified", "language"), KEPT),
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
        **dict.fromkeys(("kind", "created_at", "sent_at", "attempts", "next_try_at", "failure"), KEPT),
    },
    "profiles.Profile": {
        **dict.fromkeys(("label", "full_name", "location", "headline", "address", "city", "region"), text),
        **dict.fromkeys(("linkedin", "github", "website", "image"), url),
        **dict.fromkeys(Profile.SUMMARIES, text),
        "email": email,
        "phone": phone,
        "postal_code": code,
        "country_code": country,
        "links": links,
        "extra": value,
        "is_active": KEPT,
        # The log's bytes are counted anew once it has been rewritten, the others by the worker.
        **dict.fromkeys(("score", "byte_count", "bytes_version", "log_bytes"), EMPTIED),
        **dict.fromkeys(("version", "log_version", "boundary", "versions", "deleted_at"), KEPT),
        **TIMES,
    },
    **{part._meta.label: _of_part(part) for part in PARTS},
    "profiles.Revision": {
        "changes": overwritten,
        "device": text,
        **dict.fromkeys(("born", "version", "created_at", "actor", "action", "reverts", "staff_id"), KEPT),
    },
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
