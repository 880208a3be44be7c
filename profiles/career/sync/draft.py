"""What a push has found and made so far: items as they were stored, as they are by now, and what they were before.

Everything is found before the first change is carried out, and stored after the last one, in a number of statements
that does not depend on how many changes there are.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rest_framework.exceptions import ValidationError

from profiles.career import bulk
from profiles.career.past import State
from profiles.career.sync import pulls
from profiles.career.sync.chains import Budget, Link, Ordering, Setting, stored_before
from profiles.career.sync.kinds import KINDS, Item, Kind, Members, OfComponent
from profiles.career.sync.trails import ORDER, Key, Reader, Trail, followed
from profiles.career.sync.wanted import Change
from profiles.models import Component, Part, Profile
from profiles_project.database.values import parse_id
from profiles_project.equality import is_same


@dataclass
class Ordered:
    """The order of a component's list: as it was stored, as it is by now, and as the client last wanted it."""

    model: type[Component]
    version: int
    stored: list[str]
    now: list[str]
    view: list[str] | None = None


class Draft:
    """The items and lists that the changes of a push name, in a profile under revision."""

    def __init__(self, profile: Profile, changes: Sequence[Change]) -> None:
        self.profile = profile
        self.items: dict[Key, Item] = {}
        self.lists: dict[str, Ordered] = {}
        # Items that are to be created, of which the log says that somebody has deleted them.
        self.deleted: set[Key] = set()
        self._find(changes)
        self._judge(changes)
        sound = [change for change in changes if not change.faults]
        self.trail = self._follow(sound)
        for change in (each for each in sound if each.values):
            item = self.items[change.key]
            change.values = dict(item.kind.completed(change.values, change.given, self.base(change, item) or {}))
        self.stored_before = self._stored_before(sound)

    # Finding ------------------------------------------------------------------------------------------------------

    def _find(self, changes: Sequence[Change]) -> None:
        wanted: dict[Kind, dict[str, None]] = defaultdict(dict)
        for change in (each for each in changes if not each.faults):
            kind = KINDS[change.kind]
            if change.order is not None:
                self._list(kind)
                continue
            try:
                change.id = kind.named(self.profile, change.id or "")
            except ValidationError as exc:
                change.faults = exc.detail
            else:
                wanted[kind][change.id] = None
        for kind, ids in wanted.items():
            self.items |= {(kind.name, pk): Item(kind, pk) for pk in ids}
            self.items |= {item.key: item for item in kind.find(self.profile, ids)}

    def _list(self, kind: Kind) -> None:
        if kind.name not in self.lists and isinstance(kind, OfComponent):
            ids = [str(pk) for pk in self.profile.stored(kind.model)]
            self.lists[kind.name] = Ordered(kind.model, self.profile.version_of(kind.name), ids, ids)

    def _judge(self, changes: Sequence[Change]) -> None:
        known: dict[Key, dict[str, Any]] = {}
        for change in changes:
            if change.faults or change.order is not None or change.is_deletion:
                continue
            item = self.items[change.key]
            members = known.setdefault(item.key, {**(item.stored or {})})
            try:
                change.values, change.errors = item.kind.judge(members, change.given)
            except ValidationError as exc:
                change.errors = exc.detail
            members |= {} if change.errors else change.values

    # The past -----------------------------------------------------------------------------------------------------

    def _follow(self, changes: Sequence[Change]) -> Trail | None:
        """What items were since the oldest base for which that matters; None where it matters for none."""
        bases = [base for change in changes if (base := self._needed(change)) is not None]
        absent = [
            self.items[each.key]
            for each in changes
            if each.base == 0 and each.order is None and not each.is_deletion and self.items[each.key].stored is None
        ]
        if absent:
            self.deleted = pulls.deleted_among(self.profile, {item.key for item in absent})
        if self.deleted:
            bases.append(0)
        if not bases:
            return None
        wanted, state = self._state()
        return followed(self.profile, state, wanted, dict(self._readers()), min(bases))

    def _needed(self, change: Change) -> int | None:
        """The version to which a change must be followed back, None where it need not be."""
        if change.order is not None:
            return None if self.is_order_current(change, self.lists[change.kind]) else change.base
        item = self.items[change.key]
        if change.errors or self.is_current(change, item):
            return None
        if item.stored is None:
            return None if change.is_deletion or change.base == 0 else change.base
        stored = item.stored
        if not change.is_deletion and all(is_same(value, stored.get(n)) for n, value in change.values.items()):
            return None
        return change.base

    def _state(self) -> tuple[dict[type[Part], set[str] | None], State]:
        """The rows of which the trail tells, by table these ids or all, and their values as they are stored."""
        wanted: dict[type[Part], set[str] | None] = {}
        rows: dict[type[Part], dict[str, Any]] = {}
        for item in self.items.values():
            model = item.kind.model
            if isinstance(item.kind, OfComponent):
                ids = wanted.setdefault(item.kind.model, set())
                if ids is not None:
                    ids.add(item.id)
                if item.row:
                    rows.setdefault(item.kind.model, {})[item.id] = _values(item.row)
            elif model is not None:
                wanted[model] = None
        for ordered in self.lists.values():
            wanted[ordered.model] = None
        for model, ids in wanted.items():
            if ids is None:
                rows[model] = {str(pk): _values(row) for pk, row in self.profile.stored(model).items()}
            rows.setdefault(model, {})
        own = {name: getattr(self.profile, name) for name in Profile.REVISED}
        return wanted, State(self.profile.version, None, own, rows, {})

    def _readers(self) -> Iterator[tuple[Key, Reader]]:
        for item in self.items.values():
            yield item.key, partial(item.kind.read, pk=item.id)
        for name, ordered in self.lists.items():
            yield (ORDER, name), partial(_ids, model=ordered.model)

    def knows(self, base: int) -> bool:
        """Whether it is known what was there at this version."""
        return self.trail is not None and self.trail.reaches <= base <= self.profile.version

    def is_current(self, change: Change, item: Item) -> bool:
        """Whether the client changed what is stored, or what this push has made."""
        if item.stored is None:
            return item.now is not None
        return item.version <= change.base <= self.profile.version

    def base(self, change: Change, item: Item) -> Members | None:
        """What the client had before all its changes, None where nobody knows."""
        if self.is_current(change, item):
            return item.stored
        if change.base == 0 or self.trail is None or not self.knows(change.base):
            return None
        found: Members | None = self.trail.at(item.key, change.base)
        return found

    def last(self, item: Item) -> Members | None:
        """What an item that is gone was last."""
        steps = self.trail.since(item.key, 0) if self.trail and item.stored is None else []
        if not steps or steps[0].after is not None:
            return None
        item.version = item.version or steps[0].version
        found: Members | None = steps[0].before
        return found

    def _stored_before(self, changes: Sequence[Change]) -> dict[int, int]:
        """The changes that the log shows to have been stored before: by place the version that did it."""
        if self.trail is None:
            return {}
        chains: dict[Key, list[Link]] = defaultdict(list)
        # What the client has by then: members that it has set, None of what it has deleted.
        views: dict[Key, dict[str, Any] | None] = defaultdict(dict)
        for change in changes:
            if change.order is not None:
                chains[ORDER, change.kind].append(self._ordering(change, chains[ORDER, change.kind]))
            elif not change.errors:
                item, view = self.items[change.key], views[change.key]
                seen = None if view is None else self.seen(change, item, view)
                yours = None if change.is_deletion else change.values
                chains[item.key].append(Setting(change.place, change.base, seen, yours, item.kind))
                views[item.key] = None if yours is None else {**(view or {}), **yours}
        budget = Budget()
        found = (stored_before(chain, self.trail.since(key, 0)[::-1], budget) for key, chain in chains.items())
        return {place: version for places in found for place, version in places.items()}

    def _ordering(self, change: Change, before: Sequence[Link]) -> Ordering:
        wanted = self.ids_in(change.order or ())
        last = before[-1] if before else None
        seen = last.wanted if isinstance(last, Ordering) else self.order_base(change, self.lists[change.kind])
        return Ordering(change.place, change.base, seen, wanted)

    def seen(self, change: Change, item: Item, view: Members | None) -> Members | None:
        """What the client had before a change: its base, with what it has set since then (`view`)."""
        base = self.base(change, item)
        if base is not None:
            return {**item.kind.filled(base, change.values), **(view or {})}
        # Of what the client made itself it knows the members that it did not send, too.
        return {**item.kind.defaults(), **view} if view and change.base == 0 else view or None

    # Order --------------------------------------------------------------------------------------------------------

    def ids_in(self, sent: Iterable[Any]) -> list[str]:
        """The ids of a list, without whatever is none."""
        return list(dict.fromkeys(filter(None, map(_id, sent))))

    def present(self, ordered: Ordered) -> list[str]:
        """The ids of a list by now, those that were created last."""
        name = ordered.model.plural
        mine = {item.id: item for item in self.items.values() if item.kind.name == name}
        created = (pk for pk, item in mine.items() if item.stored is None)
        ids = dict.fromkeys((*ordered.now, *created))
        return [pk for pk in ids if pk not in mine or mine[pk].now is not None]

    def is_order_current(self, change: Change, ordered: Ordered) -> bool:
        """Whether the client moved items of the order that is stored."""
        return ordered.version <= change.base <= self.profile.version

    def order_seen(self, change: Change, ordered: Ordered) -> list[str] | None:
        """The order that the client had before a change, None where nobody knows."""
        return ordered.view if ordered.view is not None else self.order_base(change, ordered)

    def order_base(self, change: Change, ordered: Ordered) -> list[str] | None:
        """The order that the client had before all its changes, None where nobody knows."""
        if self.is_order_current(change, ordered):
            return ordered.stored
        found: list[str] | None = None
        if self.trail and change.base and self.knows(change.base):
            found = self.trail.at((ORDER, change.kind), change.base)
        return found

    # Storing ------------------------------------------------------------------------------------------------------

    def store(self) -> None:
        """Store all items and lists that have changed, and give them the version with which they did."""
        changed: dict[Kind, list[Item]] = defaultdict(list)
        for item in self.items.values():
            if item.is_changed:
                changed[item.kind].append(item)
        for kind, items in changed.items():
            kind.store(self.profile, items)
        for ordered in self.lists.values():
            self._store_order(ordered)
        for items in changed.values():
            for item in items:
                item.version = self.profile.next_version

    def _store_order(self, ordered: Ordered) -> None:
        is_moved = ordered.now != ordered.stored
        ordered.now = self.present(ordered)
        if is_moved:
            # Some of them may have been created just now.
            rows = ordered.model.of(self.profile)
            bulk.reorder(self.profile, ordered.model, [rows[uuid.UUID(pk)] for pk in ordered.now])
        if ordered.model.plural in self.profile.changes.lists:
            ordered.version = self.profile.next_version


def _values(row: Part) -> dict[str, Any]:
    return {**row.values(), "id": str(row.pk)}


def _ids(state: State, model: type[Part]) -> list[str]:
    return [row["id"] for row in state.listed(model)]


def _id(sent: Any) -> str | None:
    try:
        return str(parse_id(sent))
    except ValueError:
        return None
