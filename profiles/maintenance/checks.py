"""Checks invariants of the whole database, for example after a restore or a repair by hand.

Each check is one statement, or one pass that never holds a whole table in memory. Findings name table and id, never a
value, since values are personal.
"""

import datetime as dt
import json
import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Sum, TextField
from django.db.models.functions import Cast

from profiles import limits
from profiles.modelfields import VerbatimJSONField
from profiles.models import PARTS, Job, JobFile, Profile, Revision, log, usage
from profiles.models.jobs import MAX_ATTEMPTS, longest_lease
from profiles_project.database import clock
from profiles_project.database.derived import derived_fields
from profiles_project.management.progress import bar
from profiles_project.words.wording import worded

CHUNK = 1000
# The number of places in a table from which a sample is taken.
PLACES = 20
# The text columns that hold JSON.
JSON_TEXTS: dict[type[models.Model], tuple[str, ...]] = {Job: ("input", "result", "problem")}
# What reading an invalid value raises.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


class Finding(NamedTuple):
    """A row at fault, and what is wrong with it, without a value of it."""

    table: str
    id: object
    what: str


Findings = Iterator[Finding]


def our_models() -> list[type[models.Model]]:
    """The models of our own apps."""
    return [model for app in ("profiles", "users") for model in apps.get_app_config(app).get_models()]


def counts() -> dict[str, int]:
    """The number of rows of each table."""
    every = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model._base_manager.count() for model in every}


def _of(model: type[models.Model], rows: Any, what: str) -> Findings:
    for key in rows.order_by("pk").values_list("pk", flat=True).iterator(CHUNK):
        yield Finding(model._meta.db_table, key, what)


def active_profiles() -> Findings:
    """A user with profiles has exactly one active one, and no more profiles than allowed."""
    people = Profile.objects.order_by("user_id").values_list("user_id")
    numbers = people.annotate(all=Count("pk"), active=Count("pk", filter=Q(is_active=True)))
    wrong = numbers.filter(~Q(active=1) | Q(all__gt=limits.MAX_PROFILES))
    for user, total, active in wrong.iterator(CHUNK):
        yield Finding("users_user", user, f"has {total} profiles, {active} of them active")


def versions() -> Findings:
    """Versions begin at 1, and nothing was changed before it was made."""
    yield from _of(Profile, Profile.with_trash.filter(version__lt=1), "version is below 1")
    for model in our_models():
        if {"created_at", "updated_at"} <= {field.name for field in model._meta.concrete_fields}:
            # The first release asked the clock twice when it made an origin.
            rows = model._base_manager.filter(updated_at__lt=F("created_at") - dt.timedelta(seconds=1))
            yield from _of(model, rows, "updated_at is before created_at")


def positions() -> Findings:
    """In each list every place is taken once."""
    for part in PARTS:
        by = ("profile_id", "position", *((part.list_field,) if part.list_field else ()))
        groups = part.objects.order_by(*by).values_list(*by).annotate(rows=Count("pk")).filter(rows__gt=1)
        for profile, position, *_, rows in groups.iterator(CHUNK):
            yield Finding(part._meta.db_table, profile, f"this profile has {rows} rows at position {position}")
        yield from _of(part, part.objects.filter(position__lt=0), "position is below 0")


def sizes() -> Findings:
    """No profile has more or longer lists than a request could give it (`limits`), and each knows its bytes.

    Where the bytes are of another version, the worker has not counted them yet.
    """
    keys = Profile.with_trash.order_by("pk").values_list("pk", flat=True).iterator(CHUNK)
    with bar("sizes", Profile.with_trash.count(), " profiles") as progress:
        while page := list(islice(keys, CHUNK)):
            found: defaultdict[uuid.UUID, dict[str, tuple[int, int]]] = defaultdict(dict)
            for part in PARTS:
                rows = part.objects.filter(profile__in=page)
                for profile, name, number, size in limits.sizes(part, rows, "profile_id"):
                    found[profile][name] = number, size or 0
            for profile in page:
                for fault in map(worded, limits.broken_limits(found[profile], PARTS)):
                    yield Finding("profiles_profile", profile, fault)
            below = {profile: sum(size for _, size in found[profile].values()) for profile in page}
            yield from _byte_counts(below)
            progress.update(len(page))


def _byte_counts(below: Mapping[uuid.UUID, int]) -> Findings:
    """Of these profiles, with what their lists take: those whose number is another."""
    known = Profile.with_trash.filter(pk__in=below, bytes_version=F("version")).order_by("pk")
    for key in list(known.values_list("pk", flat=True)):
        try:
            row = known.get(pk=key)
        except (*UNREADABLE, Profile.DoesNotExist):
            # Another check tells of what can't be read, and it may be gone by now.
            continue
        if row.byte_count != usage.own_bytes(row.own_values()) + below[key]:
            yield Finding("profiles_profile", key, "byte_count is not what the profile takes")


def logs() -> Findings:
    """The log tells of each version up to `log_version`, from its oldest entry behind the boundary on.

    Nothing is of a later version than its profile, and each profile knows the bytes of its log. What an earlier profile
    with the same id has left behind is no part of its log; the worker deletes it.
    """
    profiles = Profile.with_trash.all()
    yield from _of(Profile, profiles.filter(log_version__gt=F("version")), "log_version is above version")
    yield from _of(Profile, profiles.filter(boundary__gt=F("version")), "boundary is above version")
    yield from _of(Profile, profiles.filter(deleted_at__isnull=False, is_active=True), "is active in the trash")
    for part in PARTS:
        yield from _of(part, part.objects.filter(version__gt=F("profile__version")), "version is above its profile's")
    columns = ("version", "log_version", "boundary", "log_bytes", "versions", "created_at")
    rows = profiles.order_by("pk").only(*columns).iterator(CHUNK)
    with bar("logs", profiles.count(), " profiles") as progress:
        while page := list(islice(rows, CHUNK)):
            found = _logs_of(page)
            for profile in page:
                for fault in _faults_of_log(profile, found.get((profile.pk, profile.born), Log())):
                    yield Finding("profiles_profile", profile.pk, fault)
            progress.update(len(page))


class Log(NamedTuple):
    """The bytes of a profile's entries; how many there are behind the boundary, and the first and last of these."""

    bytes: int = 0
    number: int = 0
    first: int | None = None
    last: int | None = None


def _logs_of(profiles: list[Profile]) -> dict[tuple[uuid.UUID, int], Log]:
    """The logs of profiles, by id and time of creation."""
    entries = Revision.objects.filter(profile__in=[profile.pk for profile in profiles]).order_by()
    later = Q(version__gt=F("profile__boundary"))
    told = {
        "size": Sum(log.SIZE),
        "number": Count("pk", filter=later),
        "first": Min("version", filter=later),
        "last": Max("version", filter=later),
    }
    rows = entries.values_list("profile_id", "born").annotate(**told)
    return {(pk, born): Log(*numbers) for pk, born, *numbers in rows}


def _faults_of_log(profile: Profile, found: Log) -> Iterator[str]:
    if found.bytes != profile.log_bytes:
        yield "log_bytes is not what its log takes"
    if found.first is not None and found.last is not None:
        if found.last != profile.log_version:
            yield "its log does not end with log_version"
        if found.number != found.last - found.first + 1:
            yield "a version is missing in its log"
    if any(version > profile.version for version in profile.versions.values()):
        yield "versions names a version above its own"


def derived_columns() -> Findings:
    """A column that is filled when its row is saved holds what it would be filled with."""
    for model in apps.get_models():
        if derived := derived_fields(model):
            yield from _derived(model, derived)


def _derived(model: type[models.Model], derived: list[Any]) -> Findings:
    needed = {name for field in derived for name in (field.name, *field.sources)}
    rows = model._base_manager.order_by("pk").only(*needed)
    with bar(model._meta.db_table, rows.count()) as progress:
        for row in rows.iterator(CHUNK):
            for field in derived:
                stored = getattr(row, field.attname)
                if field.derive(row) != stored:
                    sources = " and ".join(field.sources)
                    yield Finding(model._meta.db_table, row.pk, f"{field.name} is not what {sources} makes it")
            progress.update()


def jobs() -> Findings:
    """A job's state, its times, its texts and its files belong together."""
    over = Q(finished_at__isnull=False)
    unfinished = Q(status__in=Job.UNFINISHED)
    latest = clock.now() + longest_lease()
    done = (Job.Status.SUCCEEDED, Job.Status.CANCELLED)
    for rule, what in (
        (unfinished & over, "has ended and is unfinished"),
        (~unfinished & ~over, "has ended without finished_at"),
        (unfinished & Q(lease_until__gt=latest), "nobody would take it up when its worker dies: its lease is too long"),
        (Q(done__gt=F("total")), "has done more than there is to do"),
        (Q(attempts__gt=MAX_ATTEMPTS), "was begun too often"),
        (Q(status=Job.Status.SUCCEEDED, result=None), "has succeeded without a result"),
        (Q(status=Job.Status.FAILED, problem=None), "has failed without a problem"),
        (Q(status__in=done) & ~Q(input=""), "keeps its input although it has ended"),
        (Q(status__in=done, pieces__is_input=True), "keeps the file that it was given although it has ended"),
    ):
        yield from _of(Job, Job.objects.filter(rule).distinct(), what)
    pieces = JobFile.objects.order_by("job_id").values_list("job_id").annotate(pieces=Count("pk"), last=Max("number"))
    for job, *_ in pieces.exclude(pieces=F("last") + 1).iterator(CHUNK):
        yield Finding("profiles_jobfile", job, "a piece of this job's file is missing")


def json_texts() -> Findings:
    """What is kept as JSON can be read."""
    for model in our_models():
        for field in model._meta.concrete_fields:
            # PostgreSQL's jsonb holds nothing else.
            is_text = isinstance(field, models.JSONField) and connection.vendor == "sqlite"
            if is_text or isinstance(field, VerbatimJSONField) or field.name in JSON_TEXTS.get(model, ()):
                yield from _unreadable(model, field.name)


def _unreadable(model: type[models.Model], name: str) -> Findings:
    rows = model._base_manager.order_by("pk").annotate(raw=Cast(name, TextField()))
    # Most rows have nothing there, which needs no look.
    rows = rows.exclude(raw__isnull=True).exclude(raw__in=["{}", "[]", "null"])
    if name in JSON_TEXTS.get(model, ()):
        rows = rows.exclude(raw="")
    with bar(f"{model._meta.db_table}.{name}", rows.count()) as progress:
        for key, raw in rows.values_list("pk", "raw").iterator(CHUNK // 10):
            if not _is_json(raw):
                yield Finding(model._meta.db_table, key, f"{name} is no JSON")
            progress.update()


def _is_json(raw: str) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


def references() -> Findings:
    """Every foreign key leads to a row: a dump that was restored without triggers, or SQLite, might have others.

    Not those that need not: the worker deletes what a release that knows no log leaves behind.
    """
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.ForeignKey) or not getattr(field, "db_constraint", True):
                continue
            target = field.remote_field.model._base_manager.filter(
                **{field.target_field.attname: OuterRef(field.attname)}
            )
            rows = model._base_manager.filter(~Exists(target), **{f"{field.attname}__isnull": False})
            yield from _of(model, rows, f"{field.attname} leads to no row")


def sequences() -> Findings:
    """The next number that PostgreSQL gives to a row is free."""
    if connection.vendor != "postgresql":
        return
    for model in apps.get_models(include_auto_created=True):
        key: Any = model._meta.pk
        if not isinstance(key, models.AutoField | models.BigAutoField):
            continue
        highest = model._base_manager.aggregate(highest=Max("pk"))["highest"] or 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [model._meta.db_table, key.column])
            [name] = cursor.fetchone()
            cursor.execute(f"SELECT last_value FROM {name}")  # noqa: S608  # as the server quotes it
            [last] = cursor.fetchone()
        if last < highest:
            yield Finding(model._meta.db_table, highest, "its table's sequence will give numbers that are taken")


def values(sample: int) -> Findings:
    """What is stored is what the models themselves take; of large tables a sample, another one each time."""
    for model in our_models():
        files = {field.name for field in model._meta.concrete_fields if isinstance(field, models.BinaryField)}
        keys = _sample(model, sample)
        with bar(model._meta.db_table, len(keys)) as progress:
            for key in keys:
                if what := _refusal(model, key, files):
                    yield Finding(model._meta.db_table, key, what)
                progress.update()


def _sample(model: type[models.Model], size: int) -> list[Any]:
    """The keys of all rows, or of a sample where there are more: blocks from places all over the table."""
    rows = model._base_manager.order_by("pk").values_list("pk", flat=True)
    if rows.count() <= size:
        return list(rows)
    first, last = (_number(rows.order_by(order)[0]) for order in ("pk", "-pk"))
    key: Any = model._meta.pk
    chosen: dict[Any, None] = {}
    for _ in range(PLACES):
        number = random.randint(first, last)  # noqa: S311  # a sample, no secret
        place = uuid.UUID(int=number) if isinstance(key, models.UUIDField) else number
        chosen |= dict.fromkeys(rows.filter(pk__gte=place)[: max(1, size // PLACES)])
    return list(chosen)[:size]


def _number(key: uuid.UUID | int) -> int:
    return key.int if isinstance(key, uuid.UUID) else key


def _refusal(model: type[models.Model], key: Any, files: set[str]) -> str:
    """Which fields of a row its model refuses and by which rule; empty where it takes all of them."""
    try:
        row = model._base_manager.defer(*files).filter(pk=key).first()
        if row is None:
            return ""
        # Of references and of what must be unique there are checks of their own; a default needs none.
        skipped = {
            field.name for field in model._meta.concrete_fields if field.is_relation or _is_given(row, field, files)
        }
        row.full_clean(exclude=skipped, validate_unique=False, validate_constraints=False)
    except ValidationError as exc:
        codes = [(name, error.code or "invalid") for name, errors in exc.error_dict.items() for error in errors]
        return f"its model refuses {', '.join(f'{name} ({code})' for name, code in codes)}"
    except UNREADABLE as exc:
        return f"it can't be read ({type(exc).__name__})"
    return ""


def _is_given(row: models.Model, field: Any, files: set[str]) -> bool:
    if field.name in files:
        return True
    value = getattr(row, field.attname)
    return bool((value is None and field.null) or (field.has_default() and value == field.get_default()))


# What the command says of each, in this order.
CHECKS: dict[str, Callable[[], Findings]] = {
    "one active profile a user": active_profiles,
    "versions and times": versions,
    "positions in lists": positions,
    "sizes of profiles": sizes,
    "logs": logs,
    "derived columns": derived_columns,
    "jobs and their files": jobs,
    "JSON": json_texts,
    "references": references,
    "sequences": sequences,
}
