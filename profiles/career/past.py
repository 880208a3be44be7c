"""A profile at one version, and how it differs from the same profile at another: nothing here asks the database.

Kinds and ids are those of the contract (7 and 8): a component by its plural, `skills.technical` and `skills.soft` as
one item each, `custom_fields` by key, and the profile's own members as `profile`.
"""

import datetime as dt
import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from profiles.models import COMPONENTS, PARTS, Component, CustomField, Part, Profile, Skill
from profiles.models.log import ORIGINS, OWN
from profiles_project.equality import is_same

Values = dict[str, Any]
TABLES: Mapping[str, type[Part]] = {str(model._meta.model_name): model for model in PARTS}
SKILLS: Mapping[str, str] = {f"skills.{kind}": kind for kind in Skill.Kind.values}
# What a list or a document may show of an own field that is no member of it.
HIDDEN = frozenset({"deleted_at"})


@dataclass
class State:
    """What the rows of a profile were at a version: values by name, below them rows by table and id, all as in JSON.

    `origins` has what imports remembered then, of those sources alone whose memory has changed since.
    """

    version: int
    updated_at: dt.datetime | None
    own: Values
    rows: dict[type[Part], dict[str, Values]]
    origins: Values

    def undo(self, version: int, changes: Mapping[str, Any]) -> None:
        """Go back to the version before this one, whose revision has overwritten that.

        Raises KeyError where rows are missing that no entry has deleted: somebody has written past the gate.
        """
        self.own |= {name: value for name, value in changes.get(OWN, {}).items() if name in self.own}
        self.origins |= changes.get(ORIGINS, {})
        for name, change in changes.items():
            if name in TABLES:
                _undo(TABLES[name], self.rows[TABLES[name]], change)
        before = changes.get("updated_at")
        self.updated_at = dt.datetime.fromisoformat(before) if before else None
        self.version = version - 1

    def listed(self, model: type[Part], **which: Any) -> list[Values]:
        """The rows of a table in the document's order, those with these values."""
        wanted = which.items()
        found = [row for row in self.rows[model].values() if all(row[name] == value for name, value in wanted)]
        return sorted(found, key=_place)

    def items(self) -> dict[tuple[str, str], Values]:
        """What the contract calls items, by kind and id: their members by name."""
        found: dict[tuple[str, str], Values] = {}
        for model in COMPONENTS:
            for pk, row in self.rows[model].items():
                found[model.plural, pk] = {name: row[name] for name in model.content_fields()}
        for name, kind in SKILLS.items():
            found[name, kind] = self._skills(kind)
        for row in self.rows[CustomField].values():
            found[CustomField.plural, row["key"]] = {"value": row["value"]}
        return found

    def _skills(self, kind: str) -> Values:
        rows = self.listed(Skill, kind=kind)
        details = {row["name"]: {name: row[name] for name in Skill.DETAILS} for row in rows if is_detailed(row)}
        return {"names": [row["name"] for row in rows], "details": details}


def _undo(model: type[Part], rows: dict[str, Values], change: Mapping[str, Any]) -> None:
    # An entry may be older than a field, or know one that is gone.
    known = frozenset(model.all_fields())
    for pk in change.get("created", ()):
        rows.pop(pk, None)
    for row in change.get("deleted", ()):
        rows[row["id"]] = {**model.defaults(), **{name: value for name, value in row.items() if name in known}}
    for pk, before in change.get("changed", {}).items():
        rows[pk].update({name: value for name, value in before.items() if name in known})
    for pk, position in zip(*change.get("moved", ((), ())), strict=True):
        rows[pk]["position"] = position


def _place(row: Values) -> tuple[int, str]:
    return row["position"], row["id"]


def is_detailed(row: Values) -> bool:
    """Whether more is known of a skill than its name."""
    return any(row[name] not in (None, [], {}) for name in Skill.DETAILS)


def own_names(fields: Iterable[str]) -> list[str]:
    """Own fields of a profile by the names that they have in the document."""
    shown = (name for name in fields if name not in HIDDEN)
    return [f"personal_info.{name}" if name in Profile.PERSONAL_INFO else name for name in shown]


def title_of(model: type[Part], row: Mapping[str, Any]) -> str:
    """What a person calls the item."""
    return str(row[model.content_fields()[0]])


SKILL_TITLES = {"technical": "Technical skills", "soft": "Soft skills"}


# What a revision did ------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """What happened to one item: `op` is created, changed, deleted or moved; a list that was put in order has no id."""

    kind: str
    id: str | None
    op: str
    title: str | None
    fields: Any = ()

    def reversed(self) -> "Change":
        """The same, told from the newer version to the older one."""
        fields = {name: {"before": each["after"], "after": each["before"]} for name, each in self.fields.items()}
        return self._replace(op={"created": "deleted", "deleted": "created"}.get(self.op, self.op), fields=fields)


def described(after: State, profile_id: uuid.UUID, changes: Mapping[str, Any]) -> Iterator[Change]:
    """What the revision that made a state has done, by what it has overwritten."""
    before = changes.get(OWN, {})
    fields = own_names(before)
    if after.version == 1 or "deleted_at" in before:
        # It went to the trash, or came from there or from nowhere.
        op = "deleted" if after.own["deleted_at"] else "created"
        yield Change(OWN, str(profile_id), op, str(after.own["label"]), fields)
    elif fields:
        yield Change(OWN, str(profile_id), "changed", str(after.own["label"]), fields)
    for name, model in TABLES.items():
        if change := changes.get(name):
            yield from _described(after, model, change)


def _described(after: State, model: type[Part], change: Mapping[str, Any]) -> Iterator[Change]:
    rows = after.rows[model]
    if model is Skill:
        yield from _skills_described(rows, change)
        return
    gone = {_id(model, row): row for row in change.get("deleted", ())}
    for row in (rows[pk] for pk in change.get("created", ())):
        # What was deleted and came back within one revision has changed.
        old = gone.pop(_id(model, row), None)
        fields = [name for name in model.content_fields() if old and old.get(name) != row[name]]
        yield Change(model.plural, _id(model, row), "changed" if old else "created", title_of(model, row), fields)
    for pk, before in change.get("changed", {}).items():
        fields = [name for name in before if name not in _DERIVED]
        yield Change(model.plural, _id(model, rows[pk]), "changed", title_of(model, rows[pk]), fields)
    for pk, row in gone.items():
        yield Change(model.plural, pk, "deleted", title_of(model, row))
    if issubclass(model, Component) and _is_moved(rows, change):
        yield Change(model.plural, None, "moved", None, ["order"])


def _skills_described(rows: Mapping[str, Values], change: Mapping[str, Any]) -> Iterator[Change]:
    fields: dict[str, set[str]] = {}
    for pk in (*change.get("created", ()), *change.get("moved", ((), ()))[0]):
        fields.setdefault(rows[pk]["kind"], set()).add("names")
    for row in change.get("deleted", ()):
        fields.setdefault(row["kind"], set()).add("names")
    for pk, before in change.get("changed", {}).items():
        names = fields.setdefault(rows[pk]["kind"], set())
        if "kind" in before:
            fields.setdefault(before["kind"], set()).add("names")
        names |= {"names" if name in {"name", "kind"} else "details" for name in before if name not in _DERIVED}
    for kind, names in fields.items():
        yield Change(f"skills.{kind}", kind, "changed", SKILL_TITLES[kind], sorted(names, reverse=True))


_DERIVED = frozenset({"version", "name_key"})


def _id(model: type[Part], row: Values) -> str:
    return str(row["key"] if model is CustomField else row["id"])


def _is_moved(rows: Mapping[str, Values], change: Mapping[str, Any]) -> bool:
    """Whether the rows that were there before and after stand in another order."""
    if "moved" not in change:
        return False
    before = dict(zip(*change["moved"], strict=True))
    created = set(change.get("created", ()))
    stayed = sorted((row for pk, row in rows.items() if pk not in created), key=_place)
    earlier = [(before.get(row["id"], row["position"]), row["id"]) for row in stayed]
    return any(one > other for one, other in itertools.pairwise(earlier))


# How two versions differ ----------------------------------------------------------------------------------------------


def differences(before: State | None, after: State, profile_id: uuid.UUID) -> list[Change]:
    """What has changed from one version to another, with each field's values; None is before the profile was there."""
    found = []
    own = _fields(before.own if before else {}, {name: after.own[name] for name in Profile.REVISED})
    if own := {name: own[name] for name in own if name not in HIDDEN}:
        named = dict(zip(own_names(own), own.values(), strict=True))
        op = "changed" if before else "created"
        found.append(Change(OWN, str(profile_id), op, str(after.own["label"]), named))
    old, new = before.items() if before else {}, after.items()
    found += filter(None, (_difference(*key, old.get(key), new.get(key)) for key in {**old, **new}))
    return [*found, *_moves(before, after)]


def _difference(kind: str, pk: str, old: Values | None, new: Values | None) -> Change | None:
    fields = _fields(old or {}, new or {})
    title = SKILL_TITLES.get(pk) if kind in SKILLS else pk if kind == CustomField.plural else _first(new or old or {})
    if old is None and kind not in SKILLS:
        return Change(kind, pk, "created", title, fields)
    if new is None:
        return Change(kind, pk, "deleted", title, fields)
    return Change(kind, pk, "changed", title, fields) if fields else None


def _first(values: Values) -> str:
    return str(next(iter(values.values())))


def _fields(old: Values, new: Values) -> dict[str, Any]:
    names = {**old, **new}
    pairs = {name: (old.get(name), new.get(name)) for name in names}
    return {name: {"before": one, "after": other} for name, (one, other) in pairs.items() if not _is_equal(one, other)}


def _is_equal(one: Any, other: Any) -> bool:
    """Nothing is nothing, whether it is absent, null or empty."""
    empty: tuple[Any, ...] = (None, "", [], {})
    return is_same(one, other) or (one in empty and other in empty)


def _moves(before: State | None, after: State) -> Iterator[Change]:
    for model in COMPONENTS if before else ():
        old = [row["id"] for row in before.listed(model)] if before else []
        new = [row["id"] for row in after.listed(model)]
        both = set(old) & set(new)
        if [pk for pk in old if pk in both] != [pk for pk in new if pk in both]:
            yield Change(model.plural, None, "moved", None, {"order": {"before": old, "after": new}})
