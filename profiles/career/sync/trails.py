"""What items were since a version: the base of a merge, and whether a change was stored before."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from profiles.career.history import read_back
from profiles.career.past import SKILLS, TABLES, State
from profiles.career.sync.chains import Step
from profiles.models import Component, CustomField, Part, Profile, Skill
from profiles.models.log import OWN
from profiles_project.equality import is_same

# Kind and id of an item; of a list's order its name is the id.
Key = tuple[str, str]
ORDER = "order"
# By table these ids, or all of a table.
Wanted = Mapping[type[Part], Collection[str] | None]
# How many members may be read, which takes about two seconds: what was before that is not known.
MOST_READ = 250_000
# Reads an item from a state; None where it is not there.
Reader = Callable[[State], Any]


@dataclass
class Trail:
    """What some items were at earlier versions of a locked profile; `reaches` is the oldest that is known."""

    reaches: int
    now: Mapping[Key, Any]
    steps: dict[Key, list[Step]] = field(default_factory=dict)

    def since(self, key: Key, version: int) -> list[Step]:
        """The revisions after this version that changed the item, as far as they are known, the newest first."""
        return [step for step in self.steps.get(key, ()) if step.version > version]

    def at(self, key: Key, version: int) -> Any:
        """What the item was at a version that is known."""
        later = self.since(key, version)
        return later[-1].before if later else self.now[key]


def followed(
    profile: Profile,
    state: State,
    wanted: Wanted,
    keys: Mapping[Key, Reader],
    oldest: int,
) -> Trail:
    """The trail of items back to a version, as far as the log is kept and not too much is to be read.

    `state` holds the rows that are `wanted`: by table these ids, or all of a table (None). `keys` maps each item to the
    function that reads it from the state.
    """
    now = {key: read(state) for key, read in keys.items()}
    trail = Trail(profile.version, dict(now))
    members = 0
    for entry in read_back(profile, max(oldest, profile.floor) + 1, profile.version):
        if entry.version != trail.reaches or members > MOST_READ:
            break
        changes = dict(_about(entry.changes, wanted))
        try:
            state.undo(entry.version, changes)
        except KeyError:
            # Somebody has written past the gate.
            break
        trail.reaches = entry.version - 1
        for key in _touched(changes, keys):
            before = keys[key](state)
            members += len(before or ())
            # The quicker comparison finds most differences.
            if before != now[key] or not is_same(before, now[key]):
                trail.steps.setdefault(key, []).append(Step(entry.version, before, now[key]))
                now[key] = before
    return trail


def _about(changes: Mapping[str, Any], wanted: Wanted) -> Iterator[tuple[str, Any]]:
    """What an entry says of the rows that are wanted."""
    if OWN in changes:
        yield OWN, changes[OWN]
    for name, model in TABLES.items():
        if name not in changes or model not in wanted:
            continue
        ids = wanted[model]
        change = changes[name] if ids is None else _narrowed(changes[name], ids)
        if any(change.values()):
            yield name, change


def _narrowed(change: Mapping[str, Any], ids: Collection[str]) -> dict[str, Any]:
    # Where they stood is of no interest.
    return {
        "created": [pk for pk in change.get("created", ()) if pk in ids],
        "deleted": [row for row in change.get("deleted", ()) if row["id"] in ids],
        "changed": {pk: before for pk, before in change.get("changed", {}).items() if pk in ids},
    }


def _touched(changes: Mapping[str, Any], keys: Collection[Key]) -> Iterator[Key]:
    """The items among the keys that an entry may have changed."""
    if OWN in changes:
        yield from (key for key in keys if key[0] == OWN)
    for name, model in TABLES.items():
        if (change := changes.get(name)) is None:
            continue
        if issubclass(model, Component):
            ids = (
                *change.get("created", ()),
                *change.get("changed", ()),
                *(r["id"] for r in change.get("deleted", ())),
            )
            yield from (key for pk in dict.fromkeys(ids) if (key := (model.plural, pk)) in keys)
            yield from (key for key in ((ORDER, model.plural),) if key in keys)
        else:
            kinds = SKILLS if model is Skill else (CustomField.plural,)
            yield from (key for key in keys if key[0] in kinds)
