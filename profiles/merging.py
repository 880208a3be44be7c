"""An imported career brought into a stored one: nothing twice, and nothing that the person wrote is lost.

What an earlier import from the same source brought is remembered by fingerprints (`Origin`). A field that still is
what that import made of it follows the source; one that is empty and always was is filled; any other is the person's
and stays. In mode `replace` the source wins instead, in the parts that it has.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from profiles.json_resume.mapping import ALL_SECTIONS, IN_SKILLS, SECTIONS, SKILLS, is_empty
from profiles.json_resume.reading import Entry, Path
from profiles.json_resume.values import fingerprint

Document = Mapping[str, Any]
Item = Mapping[str, Any]

MERGE, REPLACE = "merge", "replace"
KINDS = ("technical", "soft")
# By which fields an item is known again, the surest first; all but the first count only where no two items share them.
IDENTITY: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "experiences": (("company", "title", "start_date"), ("company", "start_date"), ("company", "title")),
    "education": (
        ("institution", "degree", "field_of_study", "start_date"),
        ("institution", "degree", "field_of_study"),
        ("institution", "start_date"),
    ),
    "projects": (("name", "start_date"), ("name",)),
    "certifications": (("name", "issuer", "date_obtained"), ("name", "issuer")),
    "languages": (("name",),),
    "volunteering": (("organization", "role", "start_date"), ("organization", "role"), ("organization", "start_date")),
    "awards": (("title", "date"), ("title",)),
    "publications": (("name", "publisher"), ("name",)),
    "interests": (("name",),),
    "references": (("name", "reference"), ("name",)),
}
# Fields that say one thing together: taken over all or none.
_PERIOD = ("start_date", "end_date", "is_current", "date_obtained", "expiry_date")
YOURS_STAYS = "You have written something else here; yours stays."
STAYS_DELETED = "You have deleted this since the last import; it stays deleted."


@dataclass
class Merged:
    """What to store: a document for the API (`partial`), what the source brought, and what is to be told."""

    document: dict[str, Any]
    origin: dict[str, Any]
    entries: list[Entry] = field(default_factory=list)


class Merge:
    """One import into one stored document, which a new profile has too: an empty one."""

    def __init__(
        self, stored: Document, brought: Document, origin: Document, mode: str, new_id: Callable[[], str]
    ) -> None:
        self.stored = stored
        self.brought = brought
        self.origin = origin
        self.is_replace = mode == REPLACE
        self.new_id = new_id
        self.entries: list[Entry] = []
        self.remembered: dict[str, Any] = {
            "fields": dict(origin.get("fields", {})),
            "lists": {},
            "skills": {},
            "aside": dict(origin.get("aside", {})),
        }

    def result(self) -> Merged:
        """Compute it."""
        made: dict[str, Any] = {"personal_info": self._own()}
        if "professional_summary" in made["personal_info"]:
            made["professional_summary"] = made["personal_info"].pop("professional_summary")
        made["extra"] = self._extra()
        if "custom_fields" in self.brought:
            mine = {} if self.is_replace else self.stored["custom_fields"]
            made["custom_fields"] = {**self.brought["custom_fields"], **mine}
        skills = self._skills()
        for section in SECTIONS:
            in_skills = section.plural in IN_SKILLS
            brought = (self.brought.get("skills", {}) if in_skills else self.brought).get(section.plural)
            if brought is None:
                self.remembered["lists"][section.plural] = self._known(section.plural)
                continue
            mine = (self.stored["skills"] if in_skills else self.stored)[section.plural]
            path: Path = ("skills", section.plural) if in_skills else (section.plural,)
            (skills if in_skills else made)[section.plural] = self._list(section.plural, path, mine, brought)
        if skills:
            made["skills"] = skills
        return Merged(made, self.remembered, self.entries)

    def _known(self, plural: str) -> list[dict[str, Any]]:
        known: list[dict[str, Any]] = self.origin.get("lists", {}).get(plural, [])
        return known

    # Fields -----------------------------------------------------------------------------------------------------

    def _own(self) -> dict[str, Any]:
        summary = {name: self.brought[name] for name in ("professional_summary",) if name in self.brought}
        brought = {**self.brought["personal_info"], **summary}
        mine = {**self.stored["personal_info"], "professional_summary": self.stored["professional_summary"]}
        taken, kept = self._taken(mine, brought, self.remembered["fields"])
        for name in kept:
            where: Path = (name,) if name == "professional_summary" else ("personal_info", name)
            self.entries.append(Entry(where, "refused", YOURS_STAYS))
        self.remembered["fields"] |= _marks(brought)
        return taken

    def _taken(self, mine: Item, brought: Item, known: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
        """The values that change, and the names of those that stay although something else came."""
        differ = [name for name in brought if fingerprint(mine.get(name)) != fingerprint(brought[name])]
        stay = [] if self.is_replace else [n for n in differ if fingerprint(mine.get(n)) != known.get(n, "")]
        if any(name in _PERIOD for name in stay):
            stay += [name for name in differ if name in _PERIOD and name not in stay]
        return {name: brought[name] for name in differ if name not in stay}, stay

    def _extra(self) -> dict[str, Any]:
        mine, brought = self.stored["extra"], self.brought["extra"]
        basics = {**_object(mine, "basics"), **_object(brought, "basics")}
        made = {**mine, **brought, "basics": basics} if basics else {**mine, **brought}
        for section in ALL_SECTIONS:
            kept = self._kept_aside(section.name, _object(mine, section.name), _object(brought, section.name))
            made = {name: value for name, value in {**made, section.name: kept}.items() if name != section.name or kept}
        return made

    def _kept_aside(self, section: str, mine: Item, brought: Item) -> Item:
        """What is kept aside of a section: what came now, and what came from elsewhere before."""
        if not _came(self.brought, section):
            return mine
        known = self.origin.get("aside", {}).get(section, ())
        self.remembered["aside"][section] = [fingerprint(each) for each in brought.values()]
        made = dict(brought)
        for place, each in mine.items():
            if fingerprint(each) not in (*known, *self.remembered["aside"][section]):
                free = (str(number) for number in count(len(made)) if str(number) not in made)
                made[place if place not in made else next(free)] = each
        return made

    # Lists ------------------------------------------------------------------------------------------------------

    def _list(self, plural: str, path: Path, mine: Sequence[Item], brought: Sequence[Item]) -> list[Item]:
        by_id = {item["id"]: item for item in mine}
        known = self._known(plural)
        remembered = dict(_pairs(IDENTITY[plural], [_marks(item) for item in brought], [k["fields"] for k in known]))
        claimed = {entry["id"] for entry in known}
        free = [item for item in mine if item["id"] not in claimed]
        rest = [index for index in range(len(brought)) if index not in remembered]
        folded = [_folded(brought[index]) for index in rest]
        found = {rest[i]: free[j] for i, j in _pairs(IDENTITY[plural], folded, [_folded(item) for item in free])}

        placed: list[tuple[Item, bool]] = []
        now_known = {index: known[index] for index in range(len(known))}
        for index, item in enumerate(brought):
            before = known[remembered[index]] if index in remembered else None
            same = by_id.get(before["id"]) if before else found.get(index)
            if before and same is None and not self.is_replace:
                self.entries.append(Entry((*path, index), "refused", STAYS_DELETED))
                continue
            changed = self._item((*path, index), same, item, before["fields"] if before else {})
            placed.append((changed, same is None))
            slot = remembered.get(index, len(now_known))
            now_known[slot] = {"id": changed["id"], "fields": _marks(item)}
        self.remembered["lists"][plural] = list(now_known.values())
        return self._in_order(mine, placed)

    def _item(self, path: Path, same: Item | None, brought: Item, known: Mapping[str, str]) -> dict[str, Any]:
        if same is None:
            return {"id": self.new_id(), **brought}
        taken, kept = self._taken(same, {n: v for n, v in brought.items() if n != "extra"}, known)
        self.entries += [Entry((*path, name), "refused", YOURS_STAYS) for name in kept]
        extra = {**same["extra"], **_useful(brought.get("extra", {}), {**same, **taken})}
        if fingerprint(extra) != fingerprint(same["extra"]):
            taken["extra"] = extra
        names = ", ".join(name for name in taken if name != "extra")
        sentence = f"It was there already; updated: {names}." if names else "It was there already; nothing to update."
        self.entries.append(Entry(path, "mapped", sentence))
        return {"id": same["id"], **taken}

    def _in_order(self, mine: Sequence[Item], placed: Sequence[tuple[Item, bool]]) -> list[Item]:
        """Merged: the stored order, a new item before that which follows it in the source. Replaced: the source's."""
        changed = {item["id"]: item for item, _ in placed}
        if self.is_replace:
            # What is hidden may be missing in the source for that very reason: exports leave it out.
            hidden = [{"id": item["id"]} for item in mine if not item["is_visible"] and item["id"] not in changed]
            return [*(item for item, _ in placed), *hidden]
        made: list[Item] = [changed.get(item["id"], {"id": item["id"]}) for item in mine]
        place = len(made)
        for item, is_new in reversed(placed):
            if is_new:
                made.insert(place, item)
            else:
                place = next(index for index, each in enumerate(made) if each["id"] == item["id"])
        return made

    # Skills -----------------------------------------------------------------------------------------------------

    def _skills(self) -> dict[str, Any]:
        brought, mine = self.brought.get("skills", {}), self.stored["skills"]
        known = self.origin.get("skills", {})
        self.remembered["skills"] = dict(known)
        if "technical" not in brought:
            return {}
        made: dict[str, Any] = {}
        everywhere = {name.casefold() for kind in KINDS for name in mine[kind]}
        for kind in KINDS:
            made[kind] = list(brought[kind]) if self.is_replace else list(mine[kind])
            for index, name in enumerate(() if self.is_replace else brought[kind]):
                if name.casefold() in everywhere:
                    continue
                if fingerprint(name.casefold()) in known.get(kind, ()):
                    self.entries.append(Entry(("skills", kind, index), "refused", STAYS_DELETED))
                else:
                    made[kind].append(name)
            names = {*known.get(kind, ()), *(fingerprint(name.casefold()) for name in brought[kind])}
            self.remembered["skills"][kind] = sorted(names)
        made["details"] = self._details(mine["details"], brought["details"])
        return made

    def _details(self, mine: Sequence[Item], brought: Sequence[Item]) -> list[Item]:
        made = {(each["kind"], each["name"].casefold()): dict(each) for each in mine}
        for each in brought:
            key = (each["kind"], each["name"].casefold())
            same = made.get(key, {})
            made[key] = {**each, **({} if self.is_replace else {n: v for n, v in same.items() if not is_empty(v)})}
        return list(made.values())


def _came(brought: Document, section: str) -> bool:
    """Whether a section of a résumé was in the source."""
    if section == SKILLS.name:
        return "technical" in brought.get("skills", {})
    plural = next(each.plural for each in SECTIONS if each.name == section)
    return plural in (brought.get("skills", {}) if plural in IN_SKILLS else brought)


def _object(holder: Item, name: str) -> Item:
    found = holder.get(name)
    return found if isinstance(found, Mapping) else {}


def _marks(values: Item) -> dict[str, str]:
    return {name: fingerprint(value) for name, value in values.items() if name not in {"id", "extra"}}


def _folded(item: Item) -> dict[str, Any]:
    return {name: value.casefold() if isinstance(value, str) else value for name, value in item.items()}


def _useful(extra: Mapping[str, Any], values: Item) -> dict[str, Any]:
    """What came beyond our fields, without the originals of values that were not taken over."""
    marks = {fingerprint(value) for value in values.values()} | {""}
    return {
        name: kept
        for name, kept in extra.items()
        if not isinstance(kept, Mapping) or "stored" not in kept or kept["stored"] in marks
    }


def _pairs(
    identity: Sequence[Sequence[str]], ones: Sequence[Item], others: Sequence[Item]
) -> Iterator[tuple[int, int]]:
    """Which of the ones is which of the others, by index."""
    left, right = set(range(len(ones))), set(range(len(others)))
    for names in identity:
        there = _by_key(names, others, right)
        for key, here in _by_key(names, ones, left).items():
            same = there.get(key, [])
            if names is not identity[0] and (len(here) > 1 or len(same) > 1):
                continue
            for one, other in zip(here, same, strict=False):
                left.discard(one)
                right.discard(other)
                yield one, other


def _by_key(names: Sequence[str], items: Sequence[Item], indexes: set[int]) -> dict[tuple[Any, ...], list[int]]:
    made: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for index in sorted(indexes):
        made[tuple(items[index].get(name) or "" for name in names)].append(index)
    return made
