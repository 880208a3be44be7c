"""Pulls: what differs from the state that a client has of a profile (contract 8).

One statement finds it for any number of profiles, so that what it tells belongs to one version of each.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple

import orjson
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Case, F, Func, IntegerField, OuterRef, QuerySet, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, StrIndex
from django.db.models.lookups import GreaterThan

from profiles import limits
from profiles.career import history, rendering
from profiles.career.jsonlists import JSONObjects, JSONValues
from profiles.career.past import SKILLS
from profiles.career.sync.states import MAX_VERSION, Place, Seen
from profiles.models import COMPONENTS, CustomField, Part, Profile, Revision, Skill, log
from profiles.models.log import OWN
from profiles_project.database.prepared import Parameter, Prepared
from profiles_project.database.refusals import Expired, Missing

# Of a client that has seen nothing, which need not be told what was deleted.
NOTHING, NOTHING_DELETED = -1, MAX_VERSION
# Profiles of more bytes together come in several answers to /sync.
MOST_BYTES = 8 * 2**20
# The place of a row that has none: it comes before all others.
NO_ROW = ""


class Entry(NamedTuple):
    """An item that was changed, or deleted where there is no `data`.

    `row` tells entries of one kind and version apart.
    """

    version: int
    kind: str
    row: str
    id: str
    data: Mapping[str, Any] | None = None

    @property
    def key(self) -> tuple[int, str, str]:
        """Where the entry stands among all of a profile."""
        return self.version, self.kind, self.row

    def shown(self) -> dict[str, Any]:
        """The entry as the answer has it."""
        named = {"kind": self.kind, "id": self.id, "version": self.version}
        return named if self.data is None else {**named, "data": self.data}


@dataclass
class Page:
    """What a client is to be told of a profile, oldest first, and what it has seen then."""

    profile: Profile
    seen: Seen
    entries: Sequence[Entry] = ()
    order: Mapping[str, Sequence[str]] = field(default_factory=dict)
    full: bool = False
    has_more: bool = False

    def shown(self) -> dict[str, Any]:
        """The members of the answer but the state."""
        return {
            "changed": [each.shown() for each in self.entries if each.data is not None],
            "deleted": [each.shown() for each in self.entries if each.data is None],
            "order": self.order,
            "version": self.profile.version,
            "full": self.full,
            "has_more": self.has_more,
        }


# Finding --------------------------------------------------------------------------------------------------------------


class _Since(Func):
    """A number that the parameter `since` has for the profile of the query: JSON, `{id in hex: [items, deleted]}`."""

    shapes: ClassVar[Mapping[str, str]] = {
        "postgresql": "({since}::json -> replace({pk}::text, '-', '') ->> {place})::integer",
        "sqlite": """json_extract({since}, '$."' || {pk} || '"[{place}]')""",
    }

    def __init__(self, place: int) -> None:
        super().__init__(F("pk"), Parameter("since", TextField()), output_field=IntegerField())
        self.place = place

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]  # no template
        pk, since = self.source_expressions
        sql, parameters = compiler.compile(since)
        key, _ = compiler.compile(pk)
        return self.shapes[connection.vendor].format(since=sql, pk=key, place=self.place), parameters


class _Gone(Func):
    """What an entry of the log says was deleted, as JSON text: ids by the contract's kind. Null where nothing was."""

    shapes: ClassVar[Mapping[str, tuple[str, str]]] = {
        "postgresql": (
            "CASE WHEN strpos({changes}, '\"deleted\":') > 0 THEN json_build_object({lists})::text END",
            "(SELECT json_agg(d ->> '{name}') FROM json_array_elements({changes}::json #> '{{{table},deleted}}') AS d)",
        ),
        "sqlite": (
            "CASE WHEN instr({changes}, '\"deleted\":') > 0 THEN json_object({lists}) END",
            "(SELECT json_group_array(d.value ->> '{name}') FROM json_each({changes}, '$.{table}.deleted') AS d)",
        ),
    }

    def __init__(self) -> None:
        super().__init__(F("changes"), output_field=TextField())

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]  # no template
        changes, _ = compiler.compile(self.source_expressions[0])
        whole, each = self.shapes[connection.vendor]
        named: list[tuple[type[Part], str]] = [*((model, "id") for model in COMPONENTS), (CustomField, "key")]
        lists = (
            f"'{model.plural}', {each.format(changes=changes, table=model._meta.model_name, name=name)}"
            for model, name in named
        )
        return whole.format(changes=changes, lists=", ".join(lists)), []


def _newer(name: str, made: Any) -> Case:
    """What is made of a list where the list by this name has changed since."""
    version = Coalesce(Cast(KeyTextTransform(name, "versions"), IntegerField()), 0)
    return Case(When(GreaterThan(version, F("since")), then=made), output_field=TextField())


def _with_changes(profiles: "QuerySet[Profile]", since: Any, since_gone: Any) -> "QuerySet[Profile]":
    """The profiles, each with what has changed in it since one version, and was deleted since another."""
    changed: dict[str, Any] = {m.plural: rendering.items(m, version__gt=OuterRef("since")) for m in COMPONENTS}
    fields = rendering.below(CustomField, version__gt=OuterRef("since"))
    changed[CustomField.plural] = rendering.versioned(fields, "id", "key", "value", "version")
    for kind in Skill.Kind.values:
        details = rendering.DETAILED.filter(kind=kind)
        changed[kind] = _newer(kind, JSONValues(rendering.below(Skill, kind=kind), "name"))
        changed[f"details_{kind}"] = _newer(kind, JSONObjects(details, "name", *Skill.DETAILS))
    own = Profile.objects.filter(pk=OuterRef("pk"))
    changed[OWN] = _newer(OWN, JSONObjects(own, "is_active", *Profile.CONTENT))
    for model in COMPONENTS:
        changed[f"order_{model.plural}"] = _newer(model.plural, JSONValues(rendering.below(model), "id"))
    entries = Revision.objects.filter(profile=OuterRef("pk"), version__gt=OuterRef("since_gone")).order_by("version")
    # Above 0 where it went to the trash with this entry, or came out of it.
    returned = StrIndex("changes", Value('"deleted_at":'))
    changed["log"] = JSONObjects(entries, *_LOGGED, gone=_Gone(), returned=returned)
    numbered = profiles.annotate(since=since, since_gone=since_gone).filter(since__isnull=False)
    return numbered.only(*_KEPT).annotate(**{f"{_PREFIX}{name}": made for name, made in changed.items()})


# Some lists have the name of a relation of the model.
_PREFIX = "new_"
# What of the profile's own row is read in any case.
_KEPT = ("user_id", "version", "created_at", "log_version", "boundary", "versions")
_LOGGED = ("version", "born", "gone", "returned")
# Numbers are looked up for each row, which one profile can do without.
_NUMBERS = [Parameter(name, IntegerField()) for name in ("since", "since_gone")]
_ONE = Prepared(lambda: _with_changes(Profile.objects.filter(pk=Parameter("pk", Profile._meta.pk)), *_NUMBERS))
_OF_USER = Parameter("user", Profile._meta.get_field("user"))
_ALL = Prepared(lambda: _with_changes(Profile.objects.filter(user=_OF_USER), _Since(0), _Since(1)))
# What of each profile tells whether there is anything new, in the order of the model.
_NAMES = ("id", "version", "created_at", "byte_count", "log_version", "boundary")
_LISTED = Prepared(lambda: Profile.objects.filter(user=_OF_USER).values_list(*_NAMES))


Wanted = Mapping[uuid.UUID, tuple[Profile, Seen | None]]


def _numbers(profile: Profile, seen: Seen | None) -> tuple[int, int]:
    """Items of newer versions are told, and what was deleted with newer ones."""
    if seen is None:
        return NOTHING, NOTHING_DELETED
    # The rows may have older versions than those that are shown.
    return NOTHING if profile.floor > seen.oldest_told else seen.oldest_told, seen.gone


# Telling --------------------------------------------------------------------------------------------------------------


class _Found:
    """A profile of `_with_changes`, and what the client had seen of it."""

    def __init__(self, profile: Profile, seen: Seen | None) -> None:
        self.profile = profile
        self.seen = seen
        self.changed = list(self._changed())
        self.log = [entry for entry in self._made("log") if entry["born"] == profile.born]

    @property
    def is_expired(self) -> bool:
        """Whether the log no longer tells all that was deleted since."""
        seen, profile = self.seen, self.profile
        if seen is None:
            return False
        # Versions follow each other without a gap, so their number tells.
        is_told = len(self.log) == profile.version - seen.gone and profile.floor <= seen.gone
        return not is_told or seen.born != profile.born

    @property
    def was_away(self) -> bool:
        """Whether the profile was in the trash since."""
        return any(entry["returned"] for entry in self.log)

    def page(self, limit: int) -> Page:
        """At most so many entries for the client."""
        last = self._last()
        entries = [each for each in chain(self.changed, self._gone()) if each.key > last]
        entries.sort(key=attrgetter("key"))
        page = Page(self.profile, all_of(self.profile), entries[:limit], self._order(), full=self.seen is None)
        page.has_more = len(entries) > limit
        if page.has_more:
            page.seen = self._up_to(entries[limit - 1], entries[limit])
        return page

    def _made(self, name: str) -> Any:
        """What the statement made under this name; null where it has not changed."""
        text = getattr(self.profile, f"{_PREFIX}{name}")
        return orjson.loads(text) if text else None

    def _changed(self) -> Iterator[Entry]:
        profile: Any = self.profile
        for model in COMPONENTS:
            for item in self._made(model.plural):
                yield Entry(item["version"], model.plural, item["id"], item["id"], item)
        for row in self._made(CustomField.plural):
            yield Entry(row["version"], CustomField.plural, row["id"], row["key"], {"value": row["value"]})
        for name, kind in SKILLS.items():
            if (names := self._made(kind)) is not None:
                details = {each.pop("name"): each for each in self._made(f"details_{kind}")}
                yield Entry(profile.version_of(kind), name, NO_ROW, kind, {"names": names, "details": details})
        for own in self._made(OWN) or ():
            info = {name: own.pop(name) for name in Profile.PERSONAL_INFO}
            yield Entry(profile.version_of(OWN), OWN, NO_ROW, str(profile.pk), {**own, "personal_info": info})

    def _gone(self) -> Iterator[Entry]:
        """What was deleted since, and is not there again."""
        last: dict[tuple[str, str], int] = {}
        for entry in self.log:
            for kind, ids in orjson.loads(entry["gone"]).items() if entry["gone"] else ():
                last |= {(kind, pk): entry["version"] for pk in ids or ()}
        there = {(each.kind, each.id) for each in self.changed}
        for (kind, pk), version in last.items():
            if (kind, pk) not in there:
                yield Entry(version, kind, pk.encode().hex(), pk)

    def _order(self) -> dict[str, list[str]]:
        """The ids of each list whose order or members have changed. Who has seen nothing knows that lists are empty."""
        orders = {model.plural: self._made(f"order_{model.plural}") for model in COMPONENTS}
        return {name: ids for name, ids in orders.items() if ids or (ids is not None and self.seen)}

    def _last(self) -> tuple[int, str, str]:
        """The key of the last entry that the client has seen of a version that was cut apart."""
        if self.seen is None or self.seen.place is None:
            # All that the statement finds is newer.
            return NOTHING, "", ""
        return self.seen.version, self.seen.place.kind, self.seen.place.row

    def _up_to(self, last: Entry, following: Entry) -> Seen:
        """What a client has seen whose page ends between these two."""
        is_whole = following.version > last.version
        # Who began with nothing holds nothing that was deleted before.
        began = self.seen.gone if self.seen else self.profile.version
        place = None if is_whole else Place(last.kind, last.row)
        gone = max(last.version if is_whole else last.version - 1, began)
        return Seen(self.profile.pk, self.profile.born, last.version, gone, place)


def all_of(profile: Profile) -> Seen:
    """What a client has seen that has seen all."""
    return Seen.all_of(profile.pk, profile.born, profile.version)


def changes(profile: Profile, seen: Seen | None, limit: int) -> Page:
    """What differs in a profile from what a client has seen, at most so many entries; all of it where that is None.

    Raises Expired where what was seen is too old, and Missing where the profile is gone.
    """
    if seen == all_of(profile):
        return Page(profile, seen)
    since, since_gone = _numbers(profile, seen)
    for row in _ONE.objects(pk=profile.pk, since=since, since_gone=since_gone):
        found = _Found(row, seen)
        if found.was_away and not found.is_expired:
            return changes(profile, None, limit)
        if found.is_expired:
            raise Expired
        return found.page(limit)
    raise Missing.of(Profile)


def _found(user_id: int, wanted: Wanted) -> dict[uuid.UUID, _Found]:
    """What was found of these profiles, for a client that has seen this of them; nothing of those that are gone."""
    since = orjson.dumps({pk.hex: _numbers(*each) for pk, each in wanted.items()}).decode()
    return {row.pk: _Found(row, wanted[row.pk][1]) for row in _ALL.objects(user=user_id, since=since)}


@dataclass
class AllPages:
    """What a client is to be told of all profiles of a user, and what it has seen then."""

    seen: list[Seen]
    pages: list[Page] = field(default_factory=list)
    removed: list[uuid.UUID] = field(default_factory=list)
    has_more: bool = False


def all_changes(user_id: int, seen: Mapping[uuid.UUID, Seen], limit: int) -> AllPages:
    """`changes` for all profiles of a user, oldest first, at most so many entries together.

    A profile that the client has not seen, or has seen too long ago, comes as a whole.
    """
    rows = {row[0]: row for row in _LISTED.rows(user=user_id)}
    told = AllPages([each for pk, each in seen.items() if pk in rows], removed=[pk for pk in seen if pk not in rows])
    differ = [
        Profile.from_db(DEFAULT_DB_ALIAS, _NAMES, row)
        for pk, row in rows.items()
        if seen.get(pk) != Seen.all_of(pk, log.born_at(row[2]), row[1])
    ]
    # What was begun is ended first, so that a state never has two places.
    differ.sort(key=lambda profile: profile.pk not in seen or seen[profile.pk].place is None)
    # What each has to tell fills the answer, but for a moved list: more than so many would be read in vain.
    now = _within_bytes(differ)[:limit]
    told.has_more = len(now) < len(differ)
    found = _each(user_id, {profile.pk: (profile, seen.get(profile.pk)) for profile in now})
    for pk in (profile.pk for profile in now if profile.pk in found):
        if limit <= 0:
            told.has_more = True
            break
        page = found[pk].page(limit)
        limit -= len(page.entries)
        told.pages.append(page)
        told.has_more |= page.has_more
    news = {page.seen.profile_id: page.seen for page in told.pages}
    told.seen = [*(each for each in told.seen if each.profile_id not in news), *news.values()]
    return told


def _each(user_id: int, wanted: Wanted) -> dict[uuid.UUID, _Found]:
    """What differs in these profiles. What the log can't tell any more is found anew, as a whole."""
    found = _found(user_id, wanted) if wanted else {}
    anew: Wanted = {pk: (each.profile, None) for pk, each in found.items() if each.is_expired or each.was_away}
    if not anew:
        return found
    return {pk: each for pk, each in found.items() if pk not in anew} | _found(user_id, anew)


def _within_bytes(profiles: Sequence[Profile]) -> list[Profile]:
    """As many of the profiles, from the first, as one answer takes: one, and more as long as they are small.

    One whose size nobody has counted yet may be as large as any.
    """
    sizes = accumulate(limits.MAX_DOCUMENT_BYTES if p.byte_count is None else p.byte_count for p in profiles)
    return [each for each, size in zip(profiles, sizes, strict=True) if each is profiles[0] or size <= MOST_BYTES]


def deleted_among(profile: Profile, items: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these items, named by kind and id, the log says that somebody has deleted, in one statement."""
    entries = history.logged(profile).annotate(gone=_Gone()).filter(gone__isnull=False).values_list("gone", flat=True)
    return {
        (kind, pk)
        for gone in entries.iterator()
        for kind, ids in orjson.loads(gone).items()
        for pk in ids or ()
        if (kind, pk) in items
    }
