"""The log: what each revision of a profile has overwritten, moved or deleted (docs/decisions/0029).

An entry never holds what its revision wrote: that stands in the rows, or in a later entry. Who walks back from the rows
through the entries (`career/history.py`) finds the profile as it was at each version.
"""

import datetime as dt
import functools
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import orjson
from django.apps import apps
from django.db import models, transaction
from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Greatest

from profiles import limits
from profiles.modelfields import VerbatimJSONField
from profiles.models.parts import Part
from profiles_project.database.prepared import Parameter, PreparedSQL
from profiles_project.database.sizes import octets

# The bytes of an entry beside its texts: the row's header, its numbers, and its places in the indexes.
ROW_BYTES = 160
# Entries of fewer bytes make no room by themselves; the schedule does it within a minute.
SMALL_BYTES = 4 * 2**10
DELETED_AT_ONCE = 1_000
# The database looks for each profile among all that a statement lowers.
LOWERED_AT_ONCE = 50
# How much of what a device says of itself is kept.
DEVICE_LENGTH = 100
# The members of `changes` that are no table of parts.
OWN, ORIGINS = "profile", "origins"


class Actor(models.TextChoices):
    """Who makes a revision (contract 7)."""

    YOU = "you", "The person"
    SUPPORT = "support", "Support"
    IMPORT = "import", "An import"
    JOB = "job", "A job"


class Cause(NamedTuple):
    """Who makes a revision and by what: `action` is the operation's id in openapi.yaml, or a word of the support desk.

    `device` is what the person's device says of itself (at most DEVICE_LENGTH characters), `reverts` the version that a
    restore brings back.
    """

    actor: Actor
    action: str
    device: str = ""
    staff_id: int | None = None
    reverts: int | None = None


class Changes:
    """What the open revision has overwritten so far: for each table what it created, changed, deleted and moved."""

    def __init__(self) -> None:
        self._created: defaultdict[type[Part], dict[str, None]] = defaultdict(dict)
        self._changed: defaultdict[type[Part], dict[str, dict[str, Any]]] = defaultdict(dict)
        self._deleted: defaultdict[type[Part], dict[str, dict[str, Any]]] = defaultdict(dict)
        self._moved: defaultdict[type[Part], dict[str, int]] = defaultdict(dict)
        self._origins: dict[str, Any] = {}
        # The lists whose order or members have changed, and skills, by the names that clients know them by.
        self.lists: set[str] = set()
        # By how many bytes the rows have grown, and whether a list may have more rows than are allowed.
        self.bytes = 0
        self.may_be_too_long = False

    def __bool__(self) -> bool:
        tables = (self._created, self._changed, self._deleted, self._moved)
        return any(rows for table in tables for rows in table.values())

    def created(self, model: type[Part], rows: Collection[Mapping[str, Any]], length: int | None) -> None:
        """These rows are new, and their list has so many at most, None where nobody knows."""
        self.bytes += model.bytes_in(rows) + len(rows) * limits.bytes_of_keys(model)
        self.may_be_too_long |= length is None or length > model.max_rows
        for values in rows:
            self._created[model][str(values["id"])] = None
            self.lists.add(model.list_of(values))

    def overwritten(self, row: Part, before: Mapping[str, Any]) -> None:
        """The row had these values, its `position` or its content with its `version`, before the statement at hand."""
        model, pk = type(row), str(row.pk)
        in_list = "position" in before or model.is_list_versioned
        if in_list:
            self.lists.add(model.list_of({name: getattr(row, name) for name in (model.list_field or "id",)}))
        if before.keys() - {"position"}:
            self.bytes += model.bytes_in([{name: getattr(row, name) for name in before}]) - model.bytes_in([before])
        if pk in self._created[model]:
            return
        if "position" in before:
            self._moved[model].setdefault(pk, before["position"])
        if content := {name: value for name, value in before.items() if name != "position"}:
            kept = self._changed[model].setdefault(pk, {})
            self._changed[model][pk] = {**content, **kept}

    def deleted(self, model: type[Part], rows: Iterable[Part]) -> None:
        """These rows are gone."""
        for row in rows:
            values = row.values()
            pk = str(row.pk)
            self.lists.add(model.list_of(values))
            self.bytes -= model.bytes_in([values]) + limits.bytes_of_keys(model)
            if self._created[model].pop(pk, pk) is None:
                continue
            at = {"position": self._moved[model].pop(pk)} if pk in self._moved[model] else {}
            self._deleted[model][pk] = {**values, "id": pk, **self._changed[model].pop(pk, {}), **at}

    def remembered(self, source: str, before: Any) -> None:
        """What imports from a source remember is replaced; `before` is None where there was nothing."""
        self._origins.setdefault(str(source), before)

    def entry(self, own: Mapping[str, Any], more: Mapping[str, Any]) -> str:
        """The `changes` of a revision that overwrote these of the profile's `own` values, as JSON.

        `more` goes in as it is.
        """
        found: dict[str, Any] = {**more}
        if own:
            found[OWN] = dict(own)
        for model in {**self._created, **self._changed, **self._deleted, **self._moved}:
            table = {
                "created": list(self._created[model]),
                "changed": self._changed[model],
                "deleted": list(self._deleted[model].values()),
                "moved": [list(self._moved[model]), list(self._moved[model].values())] if self._moved[model] else None,
            }
            if filled := {name: value for name, value in table.items() if value}:
                found[str(model._meta.model_name)] = filled
        if self._origins:
            found[ORIGINS] = self._origins
        return orjson.dumps(found).decode()


class Revision(models.Model):
    """An entry of the log: the revision that made a version of a profile, and what it has overwritten.

    The profile is referred to without a constraint in the database, so that a release that knows no log can delete
    profiles; the worker removes what such a release leaves behind. `born` tells a profile from a later one with the
    same id.
    """

    id = models.BigAutoField(primary_key=True)
    # No index of its own: the constraint's begins with it.
    profile = models.ForeignKey(
        "profiles.Profile", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="revisions"
    )
    # When the profile was created, in microseconds since 1970.
    born = models.BigIntegerField()
    version = models.PositiveIntegerField()
    # The profile's `updated_at` at this version.
    created_at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=10, choices=Actor.choices)
    action = models.CharField(max_length=60)
    device = models.CharField(max_length=DEVICE_LENGTH, blank=True)
    # Not a foreign key: the entry stays when they go.
    staff_id = models.BigIntegerField(null=True)
    reverts = models.PositiveIntegerField(null=True)
    changes = VerbatimJSONField()

    objects: ClassVar[models.Manager["Revision"]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["profile", "born", "version"], name="one_entry_a_version"),)

    def __str__(self) -> str:
        return f"{self.action} at {self.version}"


def make_room(profile: Any, excess: int) -> None:
    """Free so many bytes of the user's history: the oldest entries of the profile with the most go first.

    Of a locked profile, whose own count is changed in memory alone. What another writer holds is passed by.
    """
    if excess <= 0:
        return
    profiles = type(profile).with_trash
    most = profiles.filter(user=profile.user_id, log_bytes__gt=0).order_by("-log_bytes")
    for each in list(most.only("created_at")):
        if each.pk == profile.pk:
            freed = _forget_oldest(profile, excess)
            profile.log_bytes = max(profile.log_bytes - freed, 0)
        elif profiles.select_for_update(no_key=True, skip_locked=True).filter(pk=each.pk).values_list("pk"):
            freed = _forget_oldest(each, excess)
            profiles.filter(pk=each.pk).update(log_bytes=Greatest(F("log_bytes") - freed, 0))
        else:
            continue
        excess -= freed
        if excess <= 0:
            return


def _forget_oldest(profile: Any, wanted: int) -> int:
    """Delete the oldest entries of a locked profile until so many bytes are free; how many are."""
    gone = dict(oldest(Revision.objects.filter(profile=profile.pk, born=profile.born), wanted))
    keys = list(gone)
    for start in range(0, len(keys), DELETED_AT_ONCE):
        Revision.objects.filter(pk__in=keys[start : start + DELETED_AT_ONCE]).delete()
    return sum(gone.values())


def oldest(entries: "models.QuerySet[Revision]", wanted: int, most: int | None = None) -> Iterator[tuple[int, int]]:
    """Key and bytes of the oldest of a profile's entries: as many as take so many bytes, at most `most` of them."""
    rows = entries.order_by("version").values_list("pk", SIZE)
    for pk, size in rows[:most] if most else rows.iterator():
        if wanted <= 0:
            return
        wanted -= size
        yield pk, size


def forget(keys: Iterable[int]) -> tuple[int, set[uuid.UUID]]:
    """Delete these entries, a short transaction, and lower what their profiles' logs take by what went.

    Entries of profiles that somebody else has locked stay. Returns how many went, and the profiles that were free.
    """
    profiles = apps.get_model("profiles", "Profile").with_trash
    entries = Revision.objects.filter(pk__in=list(keys))
    with transaction.atomic():
        whose = list(entries.order_by().values_list("profile_id", flat=True).distinct())
        free = profiles.select_for_update(no_key=True, skip_locked=True).filter(pk__in=whose).order_by("pk")
        taken = {profile.pk: profile.born for profile in free.only("created_at")}
        # Looked at again under the lock: somebody may have forgotten some of them meanwhile.
        found = list(entries.filter(profile__in=taken).values_list("pk", "profile_id", "born", SIZE))
        Revision.objects.filter(pk__in=[pk for pk, *_ in found]).delete()
        freed: defaultdict[uuid.UUID, int] = defaultdict(int)
        for _, profile_id, born, size in found:
            # No profile counts those of an earlier one with its id.
            freed[profile_id] += size if born == taken[profile_id] else 0
        _lower(profiles, freed)
    return len(found), set(taken)


def _lower(profiles: Any, freed: Mapping[uuid.UUID, int]) -> None:
    """Take these bytes off the `log_bytes` of locked profiles."""
    changes = list(freed.items())
    for start in range(0, len(changes), LOWERED_AT_ONCE):
        some = dict(changes[start : start + LOWERED_AT_ONCE])
        size = Case(
            *(When(pk=pk, then=Value(each)) for pk, each in some.items()), output_field=models.BigIntegerField()
        )
        profiles.filter(pk__in=some).update(log_bytes=Greatest(F("log_bytes") - size, 0))


def born_at(created_at: dt.datetime) -> int:
    """The `born` of a profile that was created then."""
    return int(created_at.timestamp() * 1_000_000)


# Rarely given, so that most entries leave them to the database.
_RARE = ("staff_id", "reverts")


@functools.cache
def insertion(*names: str) -> PreparedSQL:
    """The statement that stores an entry with these columns."""
    fields = [field for field in Revision._meta.concrete_fields if field.attname in names]
    columns, places = ", ".join(str(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    # The changes come as JSON already.
    text = TextField()
    return PreparedSQL(
        lambda: f'INSERT INTO "{Revision._meta.db_table}" ({columns}) VALUES ({places})',  # noqa: S608  # the model's own names
        *(Parameter(field.attname, text if field.name == "changes" else field) for field in fields),
    )


# The bytes that an entry takes.
SIZE = octets("action", "device", "changes", more=ROW_BYTES)


def size_of(cause: Cause, changes: str) -> int:
    """The bytes that an entry takes, as `SIZE` counts them."""
    return ROW_BYTES + sum(len(text.encode()) for text in (cause.action, cause.device, changes))


def values_of(profile: Any, changes: str) -> dict[str, Any]:
    """What `insertion` takes for the entry of the version that the profile has now."""
    cause: Cause = profile.cause
    values = {
        "profile_id": profile.pk,
        "born": profile.born,
        "version": profile.version,
        "created_at": profile.updated_at,
        "actor": cause.actor.value,
        "action": cause.action,
        "device": cause.device,
        "changes": changes,
    }
    return values | {name: value for name in _RARE if (value := getattr(cause, name)) is not None}
